//! What the TOML parser found, in the words of people who do not program.

use super::problem::{Problem, SourceText};

/// The problems of a text that is not TOML: one a line, for the parser stumbles on over the same mistake.
pub(super) fn problems(source: &SourceText, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut lines = std::collections::BTreeSet::new();
    errors
        .iter()
        .filter(|error| error.span().is_none_or(|span| lines.insert(source.line(span.start))))
        .map(|error| problem(source, error))
        .collect()
}

/// An error of the parser or of the reader behind it.
pub(super) fn problem(source: &SourceText, error: &toml::de::Error) -> Problem {
    let given = error.message().lines().next().unwrap_or("this is not TOML");
    let written = error.span().and_then(|span| source.text.get(span)).unwrap_or_default();
    let (message, advice) = match WORDS.iter().find(|(part, ..)| given.contains(part)) {
        Some((_, message, advice)) => (message.replace("{}", written), Some((*advice).to_owned())),
        None => (given.to_owned(), None),
    };
    let problem = match error.span() {
        Some(span) => Problem::at(source, span, message),
        None => Problem::of(source, message),
    };
    Problem { advice, ..problem }
}

/// A part of the parser's message, our words for it, and what to do. `{}` stands for what is written there.
const WORDS: [(&str, &str, &str); 11] = [
    (
        "string values must be quoted",
        "a text must stand in quotes",
        "Put it between double quotes, as in `name = \"weekly\"`.",
    ),
    (
        "invalid basic string",
        "this text has no closing quote",
        "It begins and ends with a double quote, on one line; a text of several lines with three.",
    ),
    (
        "invalid literal string",
        "this text has no closing quote",
        "It begins and ends with a single quote, on one line; a text of several lines with three.",
    ),
    ("invalid multi-line", "a text of several lines has no end", "It begins and ends with three quotes."),
    ("duplicate key", "`{}` stands twice in the same table", "Keep one of the two."),
    ("unclosed array table", "the closing brackets are missing", "Write for example `[[report]]`."),
    ("unclosed table", "the closing bracket is missing", "Write for example `[godata]`."),
    (
        "array",
        "a list is not written as it should be",
        "It begins with `[` and ends with `]`; its items stand in quotes, with commas between them.",
    ),
    (
        "inline table",
        "what stands in braces is not written as it should be",
        "It begins with `{` and ends with `}`; commas stand between its parts.",
    ),
    (
        "escape",
        "a backslash stands before a character that it does not go with",
        "Write two backslashes, or put the text in single quotes.",
    ),
    ("key with no value", "this key has no value", "Write `=` and a value behind it."),
];
