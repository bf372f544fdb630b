//! Who is told: what is taken, and what is wrong with it.

use super::{Folder, SOUND, problems_after};
use insta::assert_snapshot;
use pipeline::config::model::WebhookAddress;
use pipeline::config::raw::EventKind;

const PLACES_TABLE: &str = "[places]\n";

fn with(alerts: &str) -> String {
    problems_after(&[(PLACES_TABLE, &format!("{alerts}\n{PLACES_TABLE}"))])
}

#[test]
fn everything_is_told_each_day_when_nothing_is_said() {
    let text = SOUND.replace(PLACES_TABLE, &format!("[[alerts.webhook]]\nurl = \"https://a.org/x\"\n{PLACES_TABLE}"));
    let config = Folder::new(&text).load(&[]).unwrap();
    let alerts = config.alerts.unwrap();
    assert_eq!(alerts.events.into_iter().collect::<Vec<_>>(), EventKind::ALL);
    assert_eq!(alerts.repeat.as_hours(), 24);
    assert_eq!(alerts.webhooks.len(), 1);
    assert!(alerts.email.is_none() && alerts.heartbeat.is_none());
    assert!(Folder::new(SOUND).load(&[]).unwrap().alerts.is_none());
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    let all = [
        with("[alerts]\nevents = [\"failed\", \"helt\"]\nrepeat_hours = 0\nrepeat = 1"),
        with("[[alerts.webhook]]\nurl = \"http://hooks.example.org/x\"\n[[alerts.webhook]]\nurl = \"hooks\""),
        with("[[alerts.webhook]]\nurl = \"https://a.org\"\nheaders_env = { \"a b\" = \"TOKEN\" }"),
        with(
            "[alerts.email]\nhost = \"mail.example.org\"\nsecurity = \"none\"\nusername = \"tally\"\nfrom = \"tally\"\nto = []",
        ),
        with("[alerts.email]\nfrom = \"a@example.org\"\nto = [\"who\"]\npassword_env = \"P\""),
        with("[alerts.heartbeat]\nurl = \"https://me:hunter2@a.org\"\nmethod = \"PUT\""),
    ];
    assert_snapshot!(all.join("---\n"));
}

#[test]
fn an_address_that_is_a_secret_is_read_from_where_it_is() {
    let address = |file: &str, more: &str| {
        let hook = format!("[[alerts.webhook]]\nurl_file = \"hook\"\n{more}\n{PLACES_TABLE}");
        let folder = Folder::new(&SOUND.replace(PLACES_TABLE, &hook));
        std::fs::write(folder.path("hook"), file).unwrap();
        let alerts = folder.load(&[]).unwrap().alerts.unwrap();
        let address: WebhookAddress = alerts.webhooks[0].address.clone();
        let read = address.read().map(|url| url.to_string()).map_err(|problem| problem.to_string());
        (read, address.host())
    };
    let (read, host) = address("https://hooks.example.org/CANARY\n", "");
    assert_eq!(
        (read.unwrap().as_str(), host.as_deref()),
        ("https://hooks.example.org/CANARY", Some("hooks.example.org"))
    );
    for (file, said) in [
        ("CANARY", "is no good: this is not a web address"),
        ("http://hooks.example.org/CANARY", "is no good: this is `http://` to another machine"),
        ("", "is empty"),
    ] {
        let (read, host) = address(file, "");
        let why = read.unwrap_err();
        assert!(why.contains(said) && !why.contains("CANARY") && host.is_none(), "{why}");
    }
    assert!(address("http://hooks.example.org/CANARY", "allow_http = true").0.is_ok());
    let twice = with("[[alerts.webhook]]\nurl = \"https://a.org\"\nurl_env = \"HOOK\"");
    assert!(twice.contains("the address of the webhook is given twice"), "{twice}");
    let twice = with("[[alerts.webhook]]\nurl_file = \"hook\"\nurl_env = \"HOOK\"");
    assert!(twice.contains("the place of the address of the webhook is given twice"), "{twice}");
    let none = with("[[alerts.webhook]]\nsecret_env = \"HOOK\"");
    assert!(none.contains("`url` is missing in `[[alerts.webhook]]`"), "{none}");
}

#[test]
fn a_secret_of_a_destination_in_the_configuration_is_refused_and_never_shown() {
    let alerts = "[[alerts.webhook]]\nurl = \"https://a.org\"\nsecret = \"hunter2\"\n\n\
                  [alerts.email]\nhost = \"h\"\nfrom = \"a@a.org\"\nto = [\"b@a.org\"]\nusername = \"u\"\npassword = \"hunter3\"";
    let said = with(alerts);
    assert!(said.contains("secret_env") && said.contains("password_env"), "{said}");
    assert!(!said.contains("hunter"), "{said}");
}
