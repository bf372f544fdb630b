//! Somebody notices: the real binary tells servers of the test's own what came of its runs.

use crate::site::Site;
use sandbox::dhis2::ValueKey;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What came, one text for each request or letter.
pub(crate) type Came = Arc<Mutex<Vec<String>>>;

/// A server that talks with one visitor after another, and keeps what `talk` heard.
fn listen(talk: fn(TcpStream) -> std::io::Result<String>) -> (u16, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Came::default();
    let all = Arc::clone(&came);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Ok(heard) = talk(stream) {
                all.lock().unwrap().push(heard);
            }
        }
    });
    (port, came)
}

/// A receiver of webhooks.
pub(crate) fn listener() -> (u16, Came) {
    listen(http)
}

/// Answers a request with 204, and keeps it whole.
fn http(stream: TcpStream) -> std::io::Result<String> {
    answer(stream, "204 CANARY")
}

/// Answers a request with 410, which is not tried again.
fn gone(stream: TcpStream) -> std::io::Result<String> {
    answer(stream, "410 CANARY")
}

fn answer(stream: TcpStream, status: &str) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(value) = head[start..].to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n");
    reader.get_mut().write_all(answer.as_bytes())?;
    Ok(head + &String::from_utf8(body).unwrap())
}

/// Takes a letter without asking who it is.
fn smtp(stream: TcpStream) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream);
    let mut letter = String::new();
    reader.get_mut().write_all(b"220 ready\r\n")?;
    let (mut line, mut is_letter) = (String::new(), false);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(letter);
        }
        let answer = match line.trim_end() {
            "." if is_letter => {
                is_letter = false;
                "250 queued\r\n"
            }
            _ if is_letter => {
                letter.push_str(&line);
                continue;
            }
            "DATA" => {
                is_letter = true;
                "354 go ahead\r\n"
            }
            "QUIT" => {
                reader.get_mut().write_all(b"221 bye\r\n")?;
                return Ok(letter);
            }
            _ => "250 ok\r\n",
        };
        reader.get_mut().write_all(answer.as_bytes())?;
    }
}

/// Runs reach the last week, as by a schedule: what only fills in old weeks is no success.
fn current(site: &mut Site) {
    site.configure("complete = true", "complete = false");
    site.configure("look_back = 30", "look_back = 500");
    site.arguments = vec!["run".to_owned()];
}

/// A site that tells a webhook, a mail server and a monitor.
struct Told {
    site: Site,
    hooks: Came,
    letters: Came,
    beats: Came,
}

impl Told {
    fn new() -> Self {
        let mut site = Site::weekly();
        current(&mut site);
        let ((hook, hooks), (mail, letters), (beat, beats)) = (listen(http), listen(smtp), listen(http));
        site.write("hook-secret", "CANARY-SECRET");
        let alerts = format!(
            "[alerts]\ndashboard_url = \"https://tally.example.org\"\n\n\
             [[alerts.webhook]]\nurl = \"http://127.0.0.1:{hook}/CANARY-PATH\"\nsecret_file = \"hook-secret\"\n\n\
             [alerts.email]\nhost = \"127.0.0.1\"\nport = {mail}\nsecurity = \"none\"\n\
             from = \"tally@example.org\"\nto = [\"who@example.org\"]\n\n\
             [alerts.heartbeat]\nurl = \"http://127.0.0.1:{beat}/ping\"\n\n[places]"
        );
        site.configure("[places]", &alerts);
        Self { site, hooks, letters, beats }
    }

    /// The messages that the webhook got since the last look.
    fn messages(&self) -> Vec<Json> {
        let requests: Vec<String> = self.hooks.lock().unwrap().drain(..).collect();
        let read = |request: &String| {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("tally-signature: t="), "{head}");
            assert!(!request.contains("CANARY-SECRET"), "{request}");
            self.silent(body);
            serde_json::from_str(body).unwrap()
        };
        requests.iter().map(read).collect()
    }

    fn letters(&self) -> Vec<String> {
        let letters: Vec<String> = self.letters.lock().unwrap().drain(..).collect();
        letters.iter().for_each(|letter| self.silent(letter));
        letters
    }

    fn n_beats(&self) -> usize {
        self.beats.lock().unwrap().drain(..).count()
    }

    /// Nothing of a person, no secret, nothing that a server said.
    fn silent(&self, text: &str) {
        let found = self.site.world.canaries().found_in(text.as_bytes());
        assert!(found.is_none() && !text.contains("CANARY"), "{}:\n{text}", found.unwrap_or_default());
    }
}

fn words(message: &Json) -> [&str; 3] {
    ["state", "event", "report"].map(|key| message[key].as_str().unwrap_or_default())
}

#[test]
fn a_failure_is_told_once_and_again_when_it_is_over() {
    let told = Told::new();
    told.site.write("dhis2-password", "wrong");
    let code = told.site.run().code;
    assert_eq!(code, Some(30));
    let messages = told.messages();
    let [failed] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(words(failed), ["begun", "failed", "weekly"]);
    assert_eq!((&failed["schema"], &failed["code"]), (&1.into(), &"dhis2_login".into()));
    assert!(failed["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    assert_eq!(failed["link"], "https://tally.example.org/decisions");
    let letters = told.letters();
    assert!(letters.len() == 1 && letters[0].contains("Subject: Tally: weekly failed"), "{letters:?}");
    assert_eq!(told.n_beats(), 0);

    told.site.run().with_code(30);
    assert_eq!((told.messages().len(), told.letters().len()), (0, 0), "it is told once");

    told.site.write("dhis2-password", sandbox::world::account::DHIS2_PASSWORD);
    told.site.run().with_code(0);
    let messages = told.messages();
    let [over] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(words(over), ["resolved", "failed", "weekly"]);
    assert_eq!((&over["since"], &over["n_seen"]), (&failed["since"], &2.into()));
    assert!(told.letters()[0].contains("Subject: Tally: resolved: weekly failed"));
    assert_eq!(told.n_beats(), 1);

    told.site.run().with_code(0);
    assert_eq!((told.messages().len(), told.letters().len(), told.n_beats()), (0, 0, 1));
}

#[test]
fn values_that_somebody_changed_are_told() {
    let told = Told::new();
    told.site.run().with_code(0);
    assert_eq!((told.messages().len(), told.n_beats()), (0, 1));
    let key: ValueKey = told.site.values().into_keys().next().unwrap();
    told.site.world.dhis2.set_value(&key, Some("9999"));
    told.site.run().with_code(40);
    let messages = told.messages();
    let [drifted] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(words(drifted), ["begun", "drifted", "weekly"]);
    assert_eq!(drifted["counts"], serde_json::json!([{ "name": "drifted", "n": 1 }]));
    // Five hundred weeks back from the day on which the test runs.
    let is_week = |name: &str| drifted[name].as_str().is_some_and(|period| period.contains('W'));
    assert!(is_week("first") && is_week("last"), "{drifted}");
    assert_eq!(told.n_beats(), 0);
}

#[test]
fn a_test_message_goes_everywhere_and_what_came_of_it_is_said() {
    let told = Told::new();
    let said = told.site.tally(&["alert", "test"]).with_code(0).out;
    assert_eq!(said, "webhook 127.0.0.1: arrived\ne-mail 127.0.0.1: arrived\nheartbeat 127.0.0.1: arrived\n");
    assert_eq!(words(&told.messages()[0]), ["test", "", ""]);
    assert!(told.letters()[0].contains("Subject: Tally: a test message"));
    assert_eq!(told.n_beats(), 1);

    told.site.write("hook-secret", "");
    let ended = told.site.tally(&["alert", "test"]).with_code(40);
    assert!(ended.out.starts_with("webhook 127.0.0.1: did not arrive: the secret of the webhook is empty"), "{ended}");
    assert_eq!((told.messages().len(), told.letters().len(), told.n_beats()), (0, 1, 1));
}

#[test]
fn an_alert_that_does_not_arrive_changes_no_exit_code() {
    let mut site = Site::weekly();
    current(&mut site);
    let (port, _) = listen(gone);
    let alerts = format!(
        "[[alerts.webhook]]\nurl = \"http://127.0.0.1:{port}/CANARY-PATH\"\n\n\
         [alerts.heartbeat]\nurl = \"http://127.0.0.1:{port}/CANARY-PATH\"\n\n[places]"
    );
    site.configure("[places]", &alerts);
    let ended = site.run().with_code(0);
    assert!(ended.err.contains("an alert did not arrive") && !ended.err.contains("CANARY-PATH"), "{ended}");
    site.write("dhis2-password", "wrong");
    let ended = site.run().with_code(30);
    assert!(ended.err.contains("an alert did not arrive") && !ended.err.contains("CANARY-PATH"), "{ended}");
    let state = pipeline::store::State::open_read_only(&site.path(".tally/state.sqlite")).unwrap();
    let audit = state.audit(10).unwrap();
    let details: Vec<&str> = audit.iter().map(|row| row.detail.as_str()).collect();
    assert!(details.iter().any(|detail| detail.contains("weekly failed")), "{details:?}");
    assert!(details.iter().any(|detail| detail.contains("heartbeat")), "{details:?}");
}

#[test]
fn without_a_destination_there_is_nothing_to_test() {
    let site = Site::weekly();
    let ended = site.tally(&["alert", "test"]).with_code(10);
    assert!(ended.err.contains("the configuration has no `[alerts]`"), "{ended}");
    site.configure("[places]", "[alerts]\nrepeat_hours = 1\n\n[places]");
    let ended = site.tally(&["alert", "test"]).with_code(10);
    assert!(ended.err.contains("names no destination"), "{ended}");
}
