//! Where the parts of a TOML string stand in the file, escapes and several lines included.

use super::problem::SourceText;
use std::ops::Range;

/// Where a text that the user wrote stands in the file.
#[derive(Clone, Debug)]
pub struct TextPlace {
    /// The whole value, quotes included.
    pub whole: Range<usize>,
    /// Where stretches of the text begin, in the text and in the file; within a stretch both run alike. Empty when the
    /// value does not stand in the file.
    stretches: Vec<(usize, usize)>,
    /// Bytes of the text.
    len: usize,
}

impl TextPlace {
    /// Finds the text of a TOML string, whose value, quotes included, is at `whole`.
    pub(super) fn new(source: &SourceText, text: &str, whole: Range<usize>) -> Self {
        let written = source.text.get(whole.clone()).unwrap_or_default();
        let (decoded, mut stretches) = decode(written);
        if decoded != text {
            stretches.clear();
        }
        stretches.iter_mut().for_each(|(_, in_file)| *in_file += whole.start);
        Self { whole, stretches, len: text.len() }
    }

    /// The place in the file of a part of the text; the whole value if it is not known.
    pub fn part(&self, span: &Range<usize>) -> Range<usize> {
        let Some(start) = self.byte(span.start) else { return self.whole.clone() };
        // The end belongs to the last byte inside: an escape behind it is not underlined.
        let end = match span.end.checked_sub(1).filter(|last| *last >= span.start) {
            Some(last) => self.byte(last).map_or(start, |last| last + 1),
            None => start,
        };
        start..end.max(start)
    }

    /// The place of the rest of the text, from a byte on.
    #[must_use]
    pub fn from(&self, start: usize) -> Self {
        let first = self.byte(start).map(|in_file| (0, in_file));
        let later = self.stretches.iter().filter(|(from, _)| *from > start).map(|(from, at)| (from - start, *at));
        let stretches = first.into_iter().chain(later).collect();
        Self { whole: self.whole.clone(), stretches, len: self.len.saturating_sub(start) }
    }

    fn byte(&self, in_text: usize) -> Option<usize> {
        let in_text = in_text.min(self.len);
        let (from, in_file) = self.stretches.iter().rev().find(|(from, _)| *from <= in_text)?;
        Some(in_file + (in_text - from))
    }
}

/// The value of a TOML string, and where its stretches begin in the value and in the written string.
fn decode(written: &str) -> (String, Vec<(usize, usize)>) {
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        let Some(inner) = written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) else { continue };
        let mut start = quote.len();
        let mut body = inner;
        if quote.len() == 3 {
            let without_first_line_end = body.strip_prefix("\r\n").or(body.strip_prefix('\n')).unwrap_or(body);
            start += body.len() - without_first_line_end.len();
            body = without_first_line_end;
        }
        return if quote.starts_with('"') { unescape(body, start) } else { (body.to_owned(), vec![(0, start)]) };
    }
    (String::new(), Vec::new())
}

fn unescape(body: &str, start: usize) -> (String, Vec<(usize, usize)>) {
    let mut text = String::new();
    let mut stretches = vec![(0, start)];
    let mut rest = body;
    while let Some(position) = rest.find('\\') {
        text.push_str(&rest[..position]);
        let escape = &rest[position..];
        let (meaning, len) = meaning(escape);
        // The escape is a stretch of its own, so that its place is where it begins.
        stretches.push((text.len(), start + body.len() - escape.len()));
        text.extend(meaning);
        rest = &escape[len..];
        stretches.push((text.len(), start + body.len() - rest.len()));
    }
    text.push_str(rest);
    (text, stretches)
}

/// What an escape means and how many bytes it takes.
fn meaning(escape: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| match escape.get(2..2 + digits) {
        Some(code) => (u32::from_str_radix(code, 16).ok().and_then(char::from_u32), 2 + digits),
        None => (None, 1),
    };
    match escape.chars().nth(1) {
        Some('b') => (Some('\u{8}'), 2),
        Some('t') => (Some('\t'), 2),
        Some('n') => (Some('\n'), 2),
        Some('f') => (Some('\u{c}'), 2),
        Some('r') => (Some('\r'), 2),
        Some('e') => (Some('\u{1b}'), 2),
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        // The end of a line: it and all that is blank behind it vanish.
        Some(blank) if blank.is_ascii_whitespace() => {
            (None, escape.len() - escape[1..].trim_start_matches([' ', '\t', '\r', '\n']).len())
        }
        Some(other) => (Some(other), 1 + other.len_utf8()),
        None => (None, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Where a word of the text is found in the file, and what stands there.
    #[track_caller]
    fn found(value: &str, word: &str) -> String {
        let file = format!("where = {value}\n");
        let table: toml::Table = toml::from_str(&file).unwrap();
        let text = table["where"].as_str().unwrap();
        let source = SourceText::new(Path::new("tally.toml"), file.as_str());
        let place = TextPlace::new(&source, text, 8..8 + value.len());
        let start = text.find(word).unwrap();
        let part = place.part(&(start..start + word.len()));
        assert!(!part.contains(&8), "the whole value is not the exact place");
        file[part].to_owned()
    }

    #[test]
    fn a_word_is_found_in_every_kind_of_string() {
        for value in [
            r#""a = 'é' AND bad""#,
            "'a = 1 AND bad'",
            "\"\"\"\na = 1\nAND bad\"\"\"",
            "'''\r\na = 1\r\nAND bad'''",
            "\"\"\"a = 1 \\\n      AND bad\"\"\"",
            r#""a = \"x\" AND bad""#,
            r#""a = \u00e9\U0001F600 AND bad\n""#,
        ] {
            assert_eq!(found(value, "bad"), "bad", "in {value}");
        }
    }

    #[test]
    fn an_escape_inside_a_part_is_part_of_it() {
        assert_eq!(found(r#""a = \"x\" AND bad""#, "x"), "x");
        assert_eq!(found(r#""a = \"x\" AND bad""#, "\"x\" AND"), r#"\"x\" AND"#);
    }

    #[test]
    fn a_text_that_is_not_in_the_file_is_at_the_whole_value() {
        let source = SourceText::new(Path::new("tally.toml"), "when = 5");
        let place = TextPlace::new(&source, "other", 7..8);
        assert_eq!(place.part(&(1..2)), 7..8);
    }
}
