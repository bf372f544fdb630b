//! Reading JSON with an error that names the place, and DHIS2's dates.

use compact_str::CompactString;
use jiff::civil::{Date, DateTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::error::{Error, ErrorKind, bounded};

/// Reads a document. Only a failure pays for finding its place.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|first| {
        let mut reader = serde_json::Deserializer::from_slice(body);
        let (path, message) = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Ok(_) => (".".to_owned(), unreadable(&first)),
            Err(placed) => (place(placed.path()), unreadable(placed.inner())),
        };
        Error::new(ErrorKind::Decode { path: bounded(&path), message })
    })
}

/// The error of a part of a document that stands at `path`; what follows the part does not matter.
pub(crate) fn placed<T: DeserializeOwned>(part: &[u8], path: &str) -> Error {
    let mut reader = serde_json::Deserializer::from_slice(part);
    let (inner, message) = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => (".".to_owned(), "an unexpected value".to_owned()),
        Err(placed) => (place(placed.path()), unreadable(placed.inner())),
    };
    let path = if inner == "." { path.to_owned() } else { format!("{path}.{inner}") };
    Error::new(ErrorKind::Decode { path: bounded(&path), message })
}

/// What is wrong with a document, without any of its values: the library's texts would quote them.
pub(crate) fn unreadable(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data if error.line() == 0 => "an unexpected value".to_owned(),
        serde_json::error::Category::Data => {
            format!("an unexpected value at line {} column {}", error.line(), error.column())
        }
        _ => bounded(&error.to_string()),
    }
}

/// The place in the document. Of its keys only those are named that look like DHIS2's.
fn place(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => {
                text += &format!("[{index}]");
                continue;
            }
            Segment::Map { key } if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) => key.as_str(),
            _ => "?",
        };
        text += if text.is_empty() { "" } else { "." };
        text += name;
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

/// A text that may be null or absent: empty then.
pub(crate) fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CompactString, D::Error> {
    Ok(Option::<CompactString>::deserialize(deserializer)?.unwrap_or_default())
}

/// A flag that may be null or absent: false then.
pub(crate) fn or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(deserializer)?.unwrap_or(false))
}

/// A date, or the date of an instant: DHIS2 writes `2020-03-28`, `2020-03-28T00:00:00.000` and with `+0000` behind.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    text.get(..10).unwrap_or(&text).parse().map(Some).map_err(serde::de::Error::custom)
}

/// A date and time of day as the server writes it, in the server's time zone.
pub(crate) fn date_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    text.get(..19).unwrap_or(&text).parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Dated {
        #[serde(default, deserialize_with = "date")]
        day: Option<Date>,
        #[serde(default, deserialize_with = "date_time")]
        time: Option<DateTime>,
    }

    #[test]
    fn dates_as_dhis2_writes_them() {
        for text in ["2020-03-28", "2020-03-28T00:00:00.000", "2020-03-28T00:00:00.000+0000"] {
            let dated: Dated = json(format!(r#"{{"day":"{text}","time":"{text}"}}"#).as_bytes()).unwrap();
            assert_eq!(dated.day, Some(jiff::civil::date(2020, 3, 28)));
            assert_eq!(dated.time, Some(jiff::civil::date(2020, 3, 28).at(0, 0, 0, 0)));
        }
        let none: Dated = json(br#"{"day":null}"#).unwrap();
        assert_eq!((none.day, none.time), (None, None));
    }

    #[test]
    fn a_failure_names_the_place() {
        #[derive(Debug, Deserialize)]
        struct Outer {
            #[expect(dead_code)]
            values: Vec<Dated>,
        }
        let error = json::<Outer>(br#"{"values":[{"day":"2020-01-01"},{"day":"soon"}]}"#).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode { path, .. } if path == "values[1].day"), "{error}");
    }
}
