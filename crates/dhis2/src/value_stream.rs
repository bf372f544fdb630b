//! Reading a data value set while it arrives: one value at a time, so that an answer of hundreds of thousands of them
//! never stands in memory as a whole.

use std::fmt;

use compact_str::CompactString;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::decode;
use crate::error::{Error, ErrorKind, RESPONSE_BODY};

/// What may stand beside the values of a data value set. A set without values may leave them out.
const MEMBERS: [&str; 6] = ["dataSet", "completeDate", "period", "orgUnit", "attributeOptionCombo", "dataValues"];

/// What was read is let go when it takes as many bytes as this.
const DONE_BYTES_MAX: usize = 256 * 1024;

/// The largest value, or other member of the document, that is read: it is looked at again with every piece until it is
/// whole. DHIS2 keeps 50,000 characters of a value and as many of a comment, and each may be written as six bytes.
const VALUE_BYTES_MAX: usize = 1024 * 1024;

/// One value of an answer, as far as somebody wants to know it.
pub trait ValueRow: DeserializeOwned + Send {
    /// Period, organisation unit and attribute option combo, which all values of an answer may share.
    fn shared_parts(&mut self) -> [&mut CompactString; 3];
}

/// Takes the values of an answer as they come.
pub trait ValueSink<T>: Send {
    /// A value.
    fn value(&mut self, value: T);

    /// The answer broke off and is asked for again: what it told so far is void.
    fn void(&mut self);

    /// The answer is whole.
    fn whole(&mut self);
}

impl<T: Send> ValueSink<T> for Vec<T> {
    fn value(&mut self, value: T) {
        self.push(value);
    }

    fn void(&mut self) {
        self.clear();
    }

    fn whole(&mut self) {}
}

/// Where in the document the reading stands: what is expected next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Document,
    Member,
    Value,
    MemberOrEnd,
    ValueOrEnd,
    Nothing,
}

/// A document of which the bytes come in pieces.
pub(crate) struct ValueReader<'s, T> {
    sink: &'s mut dyn ValueSink<T>,
    bytes: Vec<u8>,
    /// So many of `bytes` were read.
    at: usize,
    expected: Expected,
    shared: Shared,
    n_values: usize,
    has_values: bool,
    has_strangers: bool,
    /// Values that lack a part of their key, which all values share and which may stand behind them.
    incomplete: Vec<(usize, T)>,
}

/// What the values of a set have in common: since 2.43 it stands at the top only.
#[derive(Default)]
struct Shared {
    period: CompactString,
    org_unit: CompactString,
    attribute_option_combo: CompactString,
}

/// Where something stands, for an error.
#[derive(Clone, Copy)]
enum Path<'n> {
    Member(&'n str),
    Value(usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') => {
                f.write_str(name)
            }
            Self::Member(_) => f.write_str("?"),
            Self::Value(position) => write!(f, "dataValues[{position}]"),
        }
    }
}

/// One step on.
enum Step {
    Done,
    /// The piece at hand ends here.
    Starved,
}

impl<'s, T: ValueRow> ValueReader<'s, T> {
    pub(crate) fn new(sink: &'s mut dyn ValueSink<T>) -> Self {
        Self {
            sink,
            bytes: Vec::new(),
            at: 0,
            expected: Expected::Document,
            shared: Shared::default(),
            n_values: 0,
            has_values: false,
            has_strangers: false,
            incomplete: Vec::new(),
        }
    }

    /// Reads on.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.at >= DONE_BYTES_MAX {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(piece);
        while let Some(next) = self.peek() {
            let before = (self.at, self.expected);
            match self.step(next)? {
                Step::Done => {}
                Step::Starved => {
                    (self.at, self.expected) = before;
                    if self.bytes.len() - self.at > VALUE_BYTES_MAX {
                        let what = RESPONSE_BODY;
                        return Err(Error::new(ErrorKind::TooLarge { what, limit: VALUE_BYTES_MAX }));
                    }
                    break;
                }
            }
        }
        Ok(())
    }

    /// The end of the document.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if self.expected != Expected::Nothing {
            return Err(unreadable(".", "it ends too early"));
        }
        if !self.has_values && self.has_strangers {
            // A gateway's message under a good status: read as an empty set it would say that somebody deleted every value.
            return Err(unreadable(".", "a data value set was expected, and something else came"));
        }
        for (position, mut value) in std::mem::take(&mut self.incomplete) {
            self.shared.complete(&mut value);
            let [period, org_unit, _] = value.shared_parts();
            for (part, name) in [(period, "period"), (org_unit, "orgUnit")] {
                if part.is_empty() {
                    let path = format!("dataValues[{position}].{name}");
                    return Err(unreadable(&path, "neither the value nor its group has one"));
                }
            }
            self.sink.value(value);
        }
        self.sink.whole();
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        let n_blank = rest.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
        self.at += n_blank.unwrap_or(rest.len());
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self, next: u8) -> Result<Step, Error> {
        match (self.expected, next) {
            (Expected::Document, b'{') => self.pass(Expected::Member),
            (Expected::Member | Expected::MemberOrEnd, b'}') => self.pass(Expected::Nothing),
            (Expected::MemberOrEnd, b',') => self.pass(Expected::Member),
            (Expected::Member, b'"') => return self.member(),
            (Expected::Value | Expected::ValueOrEnd, b']') => self.pass(Expected::MemberOrEnd),
            (Expected::ValueOrEnd, b',') => self.pass(Expected::Value),
            (Expected::Value, _) => return self.data_value(),
            _ => return Err(unreadable(".", "no JSON of a data value set")),
        }
        Ok(Step::Done)
    }

    fn pass(&mut self, expected: Expected) {
        self.at += 1;
        self.expected = expected;
    }

    /// A member of the document: its name, and its value unless that is the list.
    fn member(&mut self) -> Result<Step, Error> {
        let Some(name) = self.read::<String>(Path::Member("."))? else { return Ok(Step::Starved) };
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(unreadable(".", "no JSON of a data value set")),
            None => return Ok(Step::Starved),
        }
        let Some(next) = self.peek() else { return Ok(Step::Starved) };
        if name == "dataValues" && next == b'[' {
            self.has_values = true;
            self.pass(Expected::Value);
            return Ok(Step::Done);
        }
        let read = match name.as_str() {
            "period" | "orgUnit" | "attributeOptionCombo" => self.read::<Option<CompactString>>(Path::Member(&name))?,
            // Not a list: `null`, or nothing that can be understood.
            "dataValues" => self.read::<Option<Vec<T>>>(Path::Member(&name))?.map(|_| None),
            _ => self.read::<IgnoredAny>(Path::Member(&name))?.map(|_| None),
        };
        let read = read.map(Option::unwrap_or_default);
        // A number may go on in the next piece; behind a member there is always something.
        let (Some(text), Some(_)) = (read, self.peek()) else { return Ok(Step::Starved) };
        match name.as_str() {
            "period" => self.shared.period = text,
            "orgUnit" => self.shared.org_unit = text,
            "attributeOptionCombo" => self.shared.attribute_option_combo = text,
            name => self.has_strangers |= !MEMBERS.contains(&name),
        }
        self.expected = Expected::MemberOrEnd;
        Ok(Step::Done)
    }

    fn data_value(&mut self) -> Result<Step, Error> {
        let Some(mut value) = self.read::<T>(Path::Value(self.n_values))? else { return Ok(Step::Starved) };
        self.shared.complete(&mut value);
        if value.shared_parts().iter().any(|part| part.is_empty()) {
            self.incomplete.push((self.n_values, value));
        } else {
            self.sink.value(value);
        }
        self.n_values += 1;
        self.expected = Expected::ValueOrEnd;
        Ok(Step::Done)
    }

    /// Reads what comes next, if all of it is at hand.
    fn read<R: DeserializeOwned>(&mut self, path: Path<'_>) -> Result<Option<R>, Error> {
        let rest = &self.bytes[self.at..];
        let mut reader = serde_json::Deserializer::from_slice(rest).into_iter::<R>();
        match reader.next() {
            Some(Ok(read)) => {
                self.at += reader.byte_offset();
                Ok(Some(read))
            }
            Some(Err(error)) if error.is_eof() => Ok(None),
            Some(Err(_)) => Err(decode::placed::<R>(rest, &path.to_string())),
            None => Ok(None),
        }
    }
}

impl Shared {
    fn complete(&self, value: &mut impl ValueRow) {
        let shared = [&self.period, &self.org_unit, &self.attribute_option_combo];
        for (own, shared) in value.shared_parts().into_iter().zip(shared) {
            if own.is_empty() {
                own.clone_from(shared);
            }
        }
    }
}

fn unreadable(path: &str, message: &str) -> Error {
    Error::new(ErrorKind::Decode { path: path.to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::StoredValue;

    /// Reads a document in pieces of so many bytes.
    fn read(body: &[u8], n_bytes: usize) -> Result<Vec<StoredValue>, Error> {
        let mut values = Vec::new();
        let mut reader = ValueReader::new(&mut values);
        for piece in body.chunks(n_bytes) {
            reader.feed(piece)?;
        }
        reader.finish()?;
        Ok(values)
    }

    fn refused(body: &str) -> String {
        let errors: Vec<Error> =
            [1, 7, 4096].iter().map(|n_bytes| read(body.as_bytes(), *n_bytes).unwrap_err()).collect();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(errors.iter().all(|error| matches!(error.kind(), ErrorKind::Decode { .. })), "{texts:?}");
        texts[2].clone()
    }

    #[test]
    fn what_the_group_shares_is_given_to_its_values_wherever_it_stands() {
        let list = r#""dataValues":[{"dataElement":"a","categoryOptionCombo":"c","value":"1"},
            {"dataElement":"b","period":"2","categoryOptionCombo":"c","value":null,"comment":"}],\"","followup":true}]"#;
        let shared = r#""period":"1","orgUnit":"o","attributeOptionCombo":"d""#;
        for body in [
            format!(r#"{{"dataSet":"s", {list} ,{shared}}}"#),
            format!(r#"{{"dataSet":"s",{shared},{list}}}"#),
            format!(r#" {{ {shared} , {list} }} "#),
        ] {
            for n_bytes in [1, 2, 3, 5, 64, 4096] {
                let values = read(body.as_bytes(), n_bytes).unwrap();
                assert_eq!(values.len(), 2);
                assert_eq!(values[0].key(), ("a", "1", "o", "c", "d"), "{n_bytes} bytes of {body}");
                assert_eq!(values[1].key(), ("b", "2", "o", "c", "d"));
                assert_eq!((values[1].value.as_deref(), values[1].followup), (None, true));
            }
        }
    }

    #[test]
    fn nothing_is_an_empty_list() {
        for body in ["{}", r#"{"dataValues":[]}"#, r#"{"dataValues":null}"#, r#"{"dataSet":"s","period":"2020W7"}"#] {
            for n_bytes in [1, 4096] {
                assert_eq!(read(body.as_bytes(), n_bytes).unwrap(), []);
            }
        }
    }

    #[test]
    fn what_is_no_data_value_set_is_not_an_empty_one() {
        for body in [
            r#"{"status":"OK"}"#,
            r#"{"httpStatusCode":200,"message":"Welcome"}"#,
            r#"{"dataValue":[]}"#,
            r#"{"error":{"message":"no"}}"#,
            "",
            "[]",
            "{\"dataValues\":[",
            "{\"dataValues\":[]",
            "{\"dataValues\":{}}",
            "{\"dataValues\":[]}}",
        ] {
            refused(body);
        }
    }

    #[test]
    fn an_error_names_the_place_and_repeats_no_value() {
        let nowhere = refused(r#"{"period":"1","dataValues":[{"dataElement":"a","value":"1"}]}"#);
        assert!(nowhere.contains("dataValues[0].orgUnit"), "{nowhere}");
        let odd = refused(r#"{"dataValues":[{"dataElement":"a"},{"dataElement":"a","value":{"secret":1}}]}"#);
        assert!(odd.contains("dataValues[1].value") && !odd.contains("secret"), "{odd}");
    }

    #[test]
    fn a_value_without_end_is_given_up() {
        let mut values = Vec::<StoredValue>::new();
        let mut reader = ValueReader::new(&mut values);
        let begun = reader.feed(br#"{"dataValues":[{"dataElement":"a","comment":""#);
        let piece = vec![b'x'; VALUE_BYTES_MAX / 4];
        let error = (0..8).map(|_| reader.feed(&piece)).fold(begun, Result::and).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::TooLarge { limit: VALUE_BYTES_MAX, .. }), "{error}");
    }

    #[test]
    fn what_was_told_before_a_break_is_void() {
        let mut values: Vec<u8> = vec![1, 2];
        ValueSink::void(&mut values);
        assert!(values.is_empty());
    }
}
