//! A server with a script: every request gets the next answer, and is kept.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use dhis2::{Client, Credentials, DataValue, DataValueSet, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
    }

    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        self.query().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
    }

    /// The body as DHIS2 reads it: gzip is known by its first bytes.
    pub(crate) fn json(&self) -> serde_json::Value {
        if self.body.starts_with(&[0x1f, 0x8b]) {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&*self.body).read_to_string(&mut text).unwrap();
            return serde_json::from_str(&text).unwrap();
        }
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An answer of the script.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

pub(crate) fn reply(status: u16, body: impl AsRef<[u8]>) -> Reply {
    let body = Bytes::copy_from_slice(body.as_ref());
    Reply { status, headers: vec![("content-type", "application/json".into())], body }
}

pub(crate) fn page(status: u16) -> Reply {
    let headers = vec![("content-type", "text/html;charset=UTF-8".into())];
    Reply { status, headers, body: "<!DOCTYPE html><title>DHIS 2</title>".into() }
}

impl Reply {
    /// With a header, instead of one of the same name.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    seen: Vec<Seen>,
}

/// A running server.
pub(crate) struct Server {
    script: Arc<Mutex<Script>>,
    url: String,
}

impl Server {
    pub(crate) async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Mutex::new(Script { replies: replies.into_iter().collect(), seen: Vec::new() }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hmis/api", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { script, url }
    }

    /// The address of a path on it.
    pub(crate) fn address(&self, path: &str) -> String {
        self.url.replace("/hmis/api", path)
    }

    pub(crate) fn settings(&self) -> Settings {
        settings(&self.url, Credentials::Token("d2p_canary".into()))
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.url, Credentials::Token("d2p_canary".into()))
    }

    pub(crate) fn client_with(&self, credentials: Credentials) -> Client {
        client(&self.url, credentials)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// Asserts that the whole script was played, and gives what was asked.
    pub(crate) fn finished(&self) -> Vec<Seen> {
        assert_eq!(self.script.lock().unwrap().replies.len(), 0, "answers that nobody asked for");
        self.seen()
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut script = script.lock().unwrap();
    script.seen.push(Seen { method, uri, headers, body });
    let reply = script.replies.pop_front().unwrap_or_else(|| reply(418, r#"{"message":"the script is over"}"#));
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// A server that reads a whole request, sends `bytes` and hangs up, every time. It gives its address.
pub(crate) async fn hanging_up_after(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 64 * 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    url
}

pub(crate) fn client(url: &str, credentials: Credentials) -> Client {
    Client::new(&settings(url, credentials)).unwrap()
}

pub(crate) fn settings(url: &str, credentials: Credentials) -> Settings {
    Settings {
        retries: 2,
        retry_delay: Duration::from_millis(1),
        timeout: Duration::from_secs(20),
        ..Settings::new(url.parse().unwrap(), credentials)
    }
}

/// As many values as are wanted; the position is the value.
pub(crate) fn values(count: usize) -> DataValueSet {
    let data_values = (0..count)
        .map(|position| DataValue {
            data_element: "CnPsS2xE8UN".into(),
            period: "20200327".into(),
            org_unit: "O6uvpzGd5pu".into(),
            category_option_combo: "HllvX50cXC0".into(),
            value: Some(position.to_string().into()),
            ..DataValue::default()
        })
        .collect();
    DataValueSet { data_set: "kIfMNugiTgd".into(), data_values }
}
