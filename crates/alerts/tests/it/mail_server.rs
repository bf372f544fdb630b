//! A mail server in small: the lines of SMTP that a letter needs, with TLS by STARTTLS or from the first byte.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How the server behaves.
#[derive(Clone, Default)]
pub(crate) struct Manners {
    /// It offers STARTTLS.
    pub(crate) offers_tls: bool,
    /// It speaks TLS from the first byte.
    pub(crate) is_wrapped: bool,
    /// What it says to `RCPT TO`, one connection after another; `250` when there is no more.
    pub(crate) recipients: Vec<&'static str>,
}

/// A letter that came, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Came {
    pub(crate) commands: Vec<String>,
    pub(crate) is_secure: bool,
    pub(crate) letter: String,
}

/// A mail server that runs until the test ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Its certificate.
    pub(crate) pem: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    pub(crate) fn start(manners: &Manners) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let (tls, manners) = (Arc::new(tls), manners.clone());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&came);
        thread::spawn(move || {
            for (n, stream) in listener.incoming().flatten().enumerate() {
                let answer = manners.recipients.get(n).copied().unwrap_or("250 ok");
                let mut one = Came::default();
                // A client that goes away in the middle is one of the cases.
                let _ = serve(stream, &tls, &manners, answer, &mut one);
                all.lock().unwrap().push(one);
            }
        });
        Self { port, pem: cert.pem(), came }
    }

    /// The connections that are over; there must be `n`.
    pub(crate) fn came(&self, n: usize) -> Vec<Came> {
        loop {
            let came = self.came.lock().unwrap().clone();
            if came.len() >= n {
                return came;
            }
            thread::yield_now();
        }
    }
}

fn serve(
    mut stream: TcpStream,
    tls: &Arc<ServerConfig>,
    manners: &Manners,
    recipient: &str,
    came: &mut Came,
) -> std::io::Result<()> {
    let secured = |stream: TcpStream| {
        let connection = ServerConnection::new(Arc::clone(tls)).map_err(std::io::Error::other)?;
        std::io::Result::Ok(StreamOwned::new(connection, stream))
    };
    if manners.is_wrapped {
        came.is_secure = true;
        return talk(secured(stream)?, true, false, recipient, came).map(|_| ());
    }
    if talk(&mut stream, true, manners.offers_tls, recipient, came)? == Ended::StartTls {
        came.is_secure = true;
        talk(secured(stream)?, false, false, recipient, came)?;
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Ended {
    StartTls,
    Over,
}

fn talk(
    stream: impl Read + Write,
    greets: bool,
    offers_tls: bool,
    recipient: &str,
    came: &mut Came,
) -> std::io::Result<Ended> {
    let mut stream = BufReader::new(stream);
    if greets {
        write_line(stream.get_mut(), "220 mail.example.org ready")?;
    }
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(Ended::Over);
        }
        let command = line.trim_end().to_owned();
        came.commands.push(command.clone());
        let word = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" if offers_tls => write_line(stream.get_mut(), "250-mail.example.org\r\n250 STARTTLS")?,
            "EHLO" => write_line(stream.get_mut(), "250-mail.example.org\r\n250 AUTH PLAIN LOGIN")?,
            "STARTTLS" => {
                write_line(stream.get_mut(), "220 go ahead")?;
                return Ok(Ended::StartTls);
            }
            "AUTH" => write_line(stream.get_mut(), "235 accepted")?,
            "RCPT" => write_line(stream.get_mut(), recipient)?,
            "DATA" => {
                write_line(stream.get_mut(), "354 go ahead")?;
                let mut row = String::new();
                while stream.read_line(&mut row)? > 0 && row.trim_end() != "." {
                    came.letter.push_str(&row);
                    row.clear();
                }
                write_line(stream.get_mut(), "250 queued")?;
            }
            "QUIT" => {
                write_line(stream.get_mut(), "221 bye")?;
                return Ok(Ended::Over);
            }
            _ => write_line(stream.get_mut(), "250 ok")?,
        }
    }
}

fn write_line(stream: &mut impl Write, text: &str) -> std::io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.flush()
}
