//! Letters.

use crate::mail_server::{Manners, Server};
use alerts::{Courier, DeliveryError, Letter, MailServer, Patience, Security};
use secrecy::SecretString;
use std::time::Duration;

fn courier() -> Courier {
    Courier::new(Patience { attempts: 3, delay: Duration::ZERO, timeout: Duration::from_secs(10) }).unwrap()
}

fn to(server: &Server, security: Security) -> MailServer {
    MailServer {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security,
        account: (security != Security::None).then(|| ("tally".to_owned(), SecretString::from("CANARY-PASSWORD"))),
        from: "Tally <tally@example.org>".to_owned(),
        to: vec!["who@example.org".to_owned(), "Duty officer <duty@example.org>".to_owned()],
        authorities: vec![server.pem.clone()],
    }
}

fn letter() -> Letter {
    Letter {
        id: "1.failed".to_owned(),
        subject: "Tally: weekly failed\r\nBcc: x@example.org".to_owned(),
        text: "Le rapport a échoué.\n.\nA line of one full stop stands above.\n".to_owned(),
    }
}

#[tokio::test]
async fn a_letter_goes_to_all_recipients() {
    let server = Server::start(&Manners::default());
    courier().mail(&to(&server, Security::None), &letter()).await.unwrap();
    let came = &server.came(1)[0];
    let envelope: Vec<&str> = came.commands.iter().map(String::as_str).filter(|c| c.contains("@")).collect();
    assert_eq!(envelope, ["MAIL FROM:<tally@example.org>", "RCPT TO:<who@example.org>", "RCPT TO:<duty@example.org>"]);
    let head = came.letter.split("\r\n\r\n").next().unwrap();
    for line in
        ["From: Tally <tally@example.org>", "Message-ID: <1.failed@example.org>", "Auto-Submitted: auto-generated"]
    {
        assert!(head.contains(line), "{line} is not in\n{head}");
    }
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "a subject adds a header\n{head}");
    assert!(!came.is_secure);
}

#[tokio::test]
async fn with_tls_the_password_is_said_only_when_nobody_else_hears_it() {
    for security in [Security::StartTls, Security::Tls] {
        let is_wrapped = security == Security::Tls;
        let server = Server::start(&Manners { offers_tls: true, is_wrapped, ..Manners::default() });
        courier().mail(&to(&server, security), &letter()).await.unwrap();
        let came = &server.came(1)[0];
        assert!(came.is_secure);
        let place = |word: &str| came.commands.iter().position(|command| command.starts_with(word));
        assert!(place("AUTH").is_some(), "{:?}", came.commands);
        assert!(place("STARTTLS") < place("AUTH"), "{:?}", came.commands);
        assert!(came.letter.contains("Subject: "));
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let server = Server::start(&Manners::default());
    let error = courier().mail(&to(&server, Security::StartTls), &letter()).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("127.0.0.1") && !said.contains("CANARY"), "{said}");
    let commands: Vec<String> = server.came(1).into_iter().flat_map(|came| came.commands).collect();
    assert!(!commands.iter().any(|c| c.starts_with("AUTH") || c.starts_with("MAIL")), "{commands:?}");
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused() {
    let server = Server::start(&Manners { offers_tls: true, ..Manners::default() });
    let stranger = MailServer { authorities: Vec::new(), ..to(&server, Security::StartTls) };
    let error = courier().mail(&stranger, &letter()).await.unwrap_err();
    let commands: Vec<String> = server.came(1).into_iter().flat_map(|came| came.commands).collect();
    assert!(!commands.iter().any(|command| command.starts_with("AUTH")), "{commands:?}");
    assert!(!error.to_string().contains("answers with"), "{error}");
}

#[tokio::test]
async fn another_machine_gets_no_letter_in_the_open() {
    let server = Server::start(&Manners::default());
    let elsewhere = MailServer { host: "mail.example.org".to_owned(), ..to(&server, Security::None) };
    let error = courier().mail(&elsewhere, &letter()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Unsendable(_)), "{error}");
}

#[tokio::test]
async fn a_greylisted_letter_is_sent_again_and_a_refused_one_is_not() {
    let server = Server::start(&Manners { recipients: vec!["451 CANARY later", "250 ok"], ..Manners::default() });
    courier().mail(&to(&server, Security::None), &letter()).await.unwrap();
    assert!(server.came(2)[1].letter.contains("Subject: "));

    let server = Server::start(&Manners { recipients: vec!["550 CANARY no such user"; 9], ..Manners::default() });
    let error = courier().mail(&to(&server, Security::None), &letter()).await.unwrap_err();
    assert_eq!(error, DeliveryError::Smtp { host: format!("127.0.0.1:{}", server.port), code: 550 });
    assert_eq!(server.came(1).len(), 1);
}
