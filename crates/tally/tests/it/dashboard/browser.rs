//! A browser without JavaScript, as far as a dashboard needs one: pages, forms, cookies, and a stream that goes on.

use crate::daemon::PATIENCE;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// Somebody, or a program, before a dashboard.
#[derive(Clone)]
pub(super) struct Browser {
    address: String,
    /// By which name it is asked for.
    host: String,
    cookies: BTreeMap<String, String>,
    headers: BTreeMap<&'static str, String>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Answer {
    #[track_caller]
    pub(super) fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Where it leads.
    pub(super) fn location(&self) -> &str {
        self.headers.get("location").map_or("", String::as_str)
    }

    #[track_caller]
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Whether the page says this, its marks left out.
    pub(super) fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// What a person reads.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for piece in self.body.split('<') {
            text += piece.split_once('>').map_or(piece, |(_, after)| after);
        }
        plain(&text)
    }

    /// The form that is sent to `action`: its fields as the page fills them in.
    #[track_caller]
    fn form(&self, action: &str) -> BTreeMap<String, String> {
        let mark = format!("<form method=\"post\" action=\"{action}\"");
        let form = self.body.split_once(&mark).unwrap_or_else(|| panic!("no form for {action}: {}", self.text())).1;
        let form = form.split("</form>").next().unwrap_or_default();
        let attribute = |tag: &str, name: &str| {
            let tag = format!(" {tag}");
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(plain(value))
        };
        let inputs = form.split("<input ").skip(1).filter_map(|tag| tag.split('>').next());
        let filled = inputs.filter(|tag| !tag.contains("type=\"checkbox\"") || tag.ends_with(" checked"));
        filled.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect()
    }
}

/// Text without the signs that stand for others.
fn plain(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    signs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)).replace("&amp;", "&")
}

impl Browser {
    pub(super) fn at(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            host: address.to_owned(),
            cookies: BTreeMap::new(),
            headers: BTreeMap::new(),
        }
    }

    /// With a header in every request.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.to_owned());
        self
    }

    /// As if another name led here.
    pub(super) fn by_name(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    /// A page that has to be there.
    #[track_caller]
    pub(super) fn page(&mut self, path: &str) -> Answer {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer
    }

    pub(super) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask("POST", path, Some(("application/x-www-form-urlencoded", &body)))
    }

    pub(super) fn post_json(&mut self, path: &str, body: &serde_json::Value) -> Answer {
        self.ask("POST", path, Some(("application/json", &body.to_string())))
    }

    /// Fills in the form on a page and sends it, as a browser does.
    #[track_caller]
    pub(super) fn fill_in(&mut self, page: &str, more: &[(&str, &str)]) -> Answer {
        self.send_form(page, page.split('?').next().unwrap_or(page), more)
    }

    #[track_caller]
    fn send_form(&mut self, page: &str, action: &str, more: &[(&str, &str)]) -> Answer {
        let shown = self.page(page);
        let mut fields = shown.form(action);
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.headers.insert("Origin", format!("http://{}", self.address));
        self.headers.insert("Sec-Fetch-Site", "same-origin".to_owned());
        let answer = self.post(action, &fields);
        self.headers.retain(|name, _| !["Origin", "Sec-Fetch-Site"].contains(name));
        answer
    }

    /// Presses the button for it on the overview.
    #[track_caller]
    pub(super) fn sign_out(&mut self) -> Answer {
        self.send_form("/", "/sign-out", &[])
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    fn ask(&mut self, method: &str, path: &str, body: Option<(&str, &str)>) -> Answer {
        let mut from = self.send(method, path, body, "close");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(from.read_line(&mut head).unwrap() > 0, "{method} {path} was not answered: {head}");
        }
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap();
        let mut headers = BTreeMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = name.to_ascii_lowercase();
            if let Some((name, rest)) = value.split_once('=').filter(|_| name == "set-cookie") {
                self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
            }
            headers.insert(name, value.to_owned());
        }
        let mut body = String::new();
        from.read_to_string(&mut body).unwrap();
        Answer { status, headers, body }
    }

    fn send(&self, method: &str, path: &str, body: Option<(&str, &str)>, connection: &str) -> BufReader<TcpStream> {
        let mut to = TcpStream::connect(&self.address).unwrap();
        to.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: {connection}\r\n", self.host);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        let (kind, body) = body.unwrap_or_default();
        if !kind.is_empty() {
            head += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        }
        to.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        BufReader::new(to)
    }

    /// A stream of events that stays open.
    pub(super) fn stream(&self, path: &str) -> Stream {
        Stream(self.send("GET", path, None, "keep-alive"))
    }

    /// Asks for a page until it says something.
    #[track_caller]
    pub(super) fn until(&mut self, path: &str, holds: impl Fn(&Answer) -> bool) -> Answer {
        let began = Instant::now();
        loop {
            let answer = self.get(path);
            if holds(&answer) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{path} never came to say it: {}", answer.text());
            std::thread::yield_now();
        }
    }
}

/// Events of a page that moves.
pub(super) struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Reads on until a line holds this; none if the stream ends before.
    pub(super) fn until(&mut self, text: &str) -> Option<String> {
        let mut line = String::new();
        while self.0.read_line(&mut line).is_ok_and(|n| n > 0) {
            if line.contains(text) {
                return Some(line);
            }
            line.clear();
        }
        None
    }
}
