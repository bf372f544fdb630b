//! A server that answers what a test tells it, down to the byte, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use godata::{Client, Settings};
use serde_json::{Value, json};
use url::Url;

pub(crate) struct Server {
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) enum Reply {
    /// A well-framed answer; the connection stays open.
    Answer { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    /// These bytes, and then the connection is closed.
    Raw(Vec<u8>),
    /// Nothing: the connection is closed.
    Close,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl ToString) -> Self {
        let headers = vec![
            ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()),
            ("Date".to_owned(), "Sun, 22 Nov 2026 19:16:39 GMT".to_owned()),
        ];
        Self::Answer { status, headers, body: body.to_string().into_bytes() }
    }

    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        let error = json!({ "error": { "statusCode": status, "name": "Error", "message": "canary", "code": code } });
        Self::json(status, error)
    }

    pub(crate) fn login(token: &str) -> Self {
        Self::json(200, json!({ "id": token, "ttl": 600, "userId": "the-user" }))
    }
}

impl Request {
    pub(crate) fn is_login(&self) -> bool {
        self.path == "/api/users/login"
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.headers.get("x-access-token").map(String::as_str)
    }

    pub(crate) fn filter(&self) -> Value {
        serde_json::from_str(&self.query["filter"]).expect("a filter")
    }
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                thread::spawn(move || serve(stream, &*answer, &log));
            }
        });
        Self { url: url.parse().expect("an address"), asked }
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no panic").clone()
    }

    pub(crate) fn n_logins(&self) -> usize {
        self.asked().iter().filter(|request| request.is_login()).count()
    }

    pub(crate) fn n_readings(&self) -> usize {
        self.asked().iter().filter(|request| request.method == "GET").count()
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.url.clone(), "robot@example.org", "canary-password");
        settings.retry_delay = Duration::from_millis(1);
        settings.retries = 2;
        settings
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.settings()).expect("a client")
    }
}

fn serve(stream: TcpStream, answer: &dyn Fn(&Request) -> Reply, log: &Mutex<Vec<Request>>) {
    let mut writer = stream.try_clone().expect("a second handle");
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        log.lock().expect("no panic").push(request.clone());
        let (bytes, stays) = match answer(&request) {
            Reply::Answer { status, headers, body } => (frame(status, &headers, &body), true),
            Reply::Raw(bytes) => (bytes, false),
            Reply::Close => (Vec::new(), false),
        };
        // The client may have gone away already.
        if writer.write_all(&bytes).is_err() || !stays {
            return;
        }
    }
}

fn frame(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let n_bytes = headers.get("content-length").map_or(0, |n| n.parse().expect("a length"));
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body).ok()?;
    let url: Url = format!("http://x{target}").parse().ok()?;
    let query = url.query_pairs().into_owned().collect();
    Some(Request { method, path: url.path().to_owned(), query, headers, body })
}
