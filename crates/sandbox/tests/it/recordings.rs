//! The recordings of the real Go.Data: requests, answers, and the documents behind them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sandbox::godata::{Document, Documents, PersonType, document};
use serde_json::{Value, json};

pub(crate) struct Recording {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) method: String,
    /// Path and query, from `/api` on.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    /// `None` when the server never answered.
    pub(crate) status: Option<u16>,
    pub(crate) content_type: Option<String>,
    pub(crate) answer: Vec<u8>,
}

fn folder() -> PathBuf {
    let shared = std::env::var_os("TALLY_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("reference/godata-recordings");
    assert!(folder.is_dir(), "no {}: set TALLY_SHARED to the folder with reference/ and data/", folder.display());
    folder
}

/// All recordings, in the order in which they were taken.
pub(crate) fn all() -> Vec<Recording> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "http")).collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|path| parse(path.file_stem().unwrap().to_str().unwrap(), &std::fs::read(path).unwrap())).collect()
}

fn parse(name: &str, bytes: &[u8]) -> Recording {
    let split = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let comments = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let raw = &bytes[split + 2..];
    let curl = comments.lines().find_map(|line| line.strip_prefix("# $ ")).unwrap();
    let words = shell_words(curl);
    let after = |flag: &str| words.iter().position(|word| word == flag).map(|at| words[at + 1].clone());
    let url = words.iter().find(|word| word.starts_with("http://")).unwrap();
    let body = after("--data-binary").or_else(|| after("--data"));
    let mut headers: Vec<(String, String)> = words
        .iter()
        .zip(&words[1..])
        .filter(|(flag, _)| *flag == "-H")
        .filter_map(|(_, header)| header.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if words.iter().any(|word| word == "--data") {
        headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
    }
    let (status, content_type, answer) = parse_answer(raw);
    Recording {
        number: name[..3].parse().unwrap(),
        name: name.to_owned(),
        method: after("-X").unwrap(),
        target: url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap(),
        headers,
        body,
        status,
        content_type,
        answer,
    }
}

fn parse_answer(raw: &[u8]) -> (Option<u16>, Option<String>, Vec<u8>) {
    if !raw.starts_with(b"HTTP/1.1 ") {
        return (None, None, Vec::new());
    }
    let text = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let status = head[9..12].parse().unwrap();
    let kind = head.lines().find_map(|line| line.strip_prefix("Content-Type: "));
    (Some(status), kind.map(str::to_owned), body.trim_end_matches('\n').as_bytes().to_vec())
}

/// The words of a shell command with single quotes and without escapes.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// The database behind the recordings, as far as they show it.
pub(crate) fn documents(recordings: &[Recording]) -> Documents {
    let body = |number: u32| -> Vec<Document> {
        let recording = recordings.iter().find(|recording| recording.number == number).unwrap();
        let value: Value = serde_json::from_slice(&recording.answer).unwrap();
        value.as_array().unwrap().iter().cloned().map(document).collect()
    };
    let outbreak = body(43)[0]["outbreakId"].clone();
    let person = |mut row: Document, kind: PersonType| {
        row.insert("type".into(), json!(kind.id()));
        row.insert("outbreakId".into(), outbreak.clone());
        // The empty address is an artefact of reading.
        if row.get("address") == Some(&json!({})) {
            row.remove("address");
        }
        row
    };
    let mut documents = Documents::default();
    let mut seen = BTreeSet::new();
    for (number, kind) in [
        (43, PersonType::Case),
        (104, PersonType::Case),
        (127, PersonType::Contact),
        (130, PersonType::Contact),
        (141, PersonType::Event),
    ] {
        for mut row in body(number) {
            // The list of changes shows the deleted cases, which the full list does not.
            row.entry("visualId").or_insert(Value::Null);
            if seen.insert(row["id"].to_string()) {
                documents.persons.push(person(row, kind));
            }
        }
    }
    let inside = |mut row: Document, joined: &str| {
        row.remove(joined);
        row.remove("fillLocation");
        row
    };
    documents.follow_ups = [132, 135].into_iter().flat_map(body).map(|row| inside(row, "contact")).collect();
    documents.lab_results = body(139).into_iter().map(|row| inside(row, "person")).collect();
    // No recording shows the third live lab result; the counts do.
    documents.lab_results.push(document(json!({ "id": "lab-3", "outbreakId": outbreak, "deleted": false,
        "personId": "unseen", "personType": PersonType::Case.id() })));
    for row in body(143).into_iter().chain(body(144)) {
        if seen.insert(row["id"].to_string()) {
            documents.relationships.push(row);
        }
    }
    let tree = recordings.iter().find(|recording| recording.number == 118).unwrap();
    flatten(&serde_json::from_slice(&tree.answer).unwrap(), &mut documents.locations);
    documents.locations.extend(body(114));
    documents.reference_data = body(123).into_iter().chain(body(124)).collect();
    documents.teams = body(145);
    documents.languages = body(125);
    let token = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";
    documents.tokens = vec![(token.to_owned(), "Confirmed".to_owned())];
    documents.outbreaks = body(27);
    documents.outbreaks.extend(body(29).into_iter().filter(|row| row["deleted"] == true));
    documents
}

fn flatten(level: &Value, into: &mut Vec<Document>) {
    for node in level.as_array().unwrap() {
        into.push(document(node["location"].clone()));
        flatten(&node["children"], into);
    }
}
