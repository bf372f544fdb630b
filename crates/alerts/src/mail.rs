//! E-mail by SMTP (RFC 5321), with TLS from the start or by STARTTLS (RFC 3207).

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

use crate::address::is_loopback_host;
use crate::failure::DeliveryError;

/// How the way to a mail server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS begins after the greeting, and nothing is said if the server offers none.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None; only for a server on this machine.
    None,
}

impl Security {
    /// The port where servers listen for it: 587 (RFC 6409), 465 (RFC 8314), 25.
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// A mail server, and between whom it carries letters.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Host name or IP address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the way there is kept secret.
    pub security: Security,
    /// User name and password, if it wants them.
    pub account: Option<(String, SecretString)>,
    /// Sender, such as `Tally <tally@example.org>`.
    pub from: String,
    /// Recipients, at least one.
    pub to: Vec<String>,
    /// Certificates in PEM that are trusted besides those of this machine.
    pub authorities: Vec<String>,
}

/// A letter of plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The left half of its message id: letters, digits, full stops and hyphens.
    pub id: String,
    /// Subject; what is no text in it becomes a space.
    pub subject: String,
    /// The text, with `\n` at the ends of lines.
    pub text: String,
}

/// Whether a text is an address, with or without a name before it.
pub fn is_mail_address(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

impl MailServer {
    pub(crate) async fn send(&self, letter: &Letter, timeout: Duration) -> Result<(), DeliveryError> {
        if self.security == Security::None && !is_loopback_host(&self.host) {
            return Err(DeliveryError::Unsendable("a mail server on another machine needs a secure connection"));
        }
        let (message, transport) = (self.message(letter)?, self.transport(timeout)?);
        let host = format!("{}:{}", self.host, self.port);
        let sending = tokio::task::spawn_blocking(move || transport.send(&message));
        match sending.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refused(host, &error)),
            Err(_) => Err(DeliveryError::Broken { host }),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, DeliveryError> {
        let unsendable = |_| DeliveryError::Unsendable("the sender or a recipient is not an e-mail address");
        let from: Mailbox = self.from.parse().map_err(unsendable)?;
        let subject: String = letter.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let id = format!("<{}@{}>", letter.id, from.email.domain());
        // RFC 3834: no absence notice answers it.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut builder = Message::builder()
            .from(from)
            .subject(subject)
            .message_id(Some(id))
            .date_now()
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            builder = builder.to(to.parse().map_err(unsendable)?);
        }
        builder.body(letter.text.clone()).map_err(|_| DeliveryError::Unsendable("the letter has no recipient"))
    }

    fn transport(&self, timeout: Duration) -> Result<SmtpTransport, DeliveryError> {
        let tls = match self.security {
            Security::StartTls => Tls::Required(self.tls()?),
            Security::Tls => Tls::Wrapper(self.tls()?),
            Security::None => Tls::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(&self.host).port(self.port).tls(tls).timeout(Some(timeout));
        if let Some((name, password)) = &self.account {
            builder = builder.credentials(Credentials::new(name.clone(), password.expose_secret().to_owned()));
        }
        Ok(builder.build())
    }

    fn tls(&self) -> Result<TlsParameters, DeliveryError> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let unusable = |_| DeliveryError::Unsendable("a trusted certificate for the mail server cannot be used");
        let mut parameters = TlsParameters::builder(self.host.clone());
        for pem in &self.authorities {
            parameters = parameters.add_root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(unusable)?);
        }
        parameters.build_rustls().map_err(unusable)
    }
}

/// What a refusal means. Of the server's words only the code stays.
fn refused(host: String, error: &SmtpError) -> DeliveryError {
    if let Some(code) = error.status() {
        DeliveryError::Smtp { host, code: code.into() }
    } else if error.is_tls() {
        DeliveryError::Tls { host }
    } else if error.is_timeout() {
        DeliveryError::Timeout { host }
    } else if error.is_client() {
        DeliveryError::SignIn { host }
    } else if error.is_response() {
        DeliveryError::Broken { host }
    } else {
        DeliveryError::Connect { host }
    }
}
