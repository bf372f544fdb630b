//! Numbers and names for people.

use crate::language::Language;

/// A whole number with its thousands set apart, as the language does it: `1,234,567`.
pub(crate) fn grouped(n: u64) -> String {
    grouped_by(Language::current().between_thousands(), n)
}

/// As [`grouped`], in English whatever the language: for files that a run leaves behind.
pub(crate) fn in_english(n: u64) -> String {
    grouped_by(Language::English.between_thousands(), n)
}

/// As [`grouped`], with this sign between the thousands.
pub(crate) fn grouped_by(separator: char, n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// Seconds with two decimals, as the language writes them.
pub(crate) fn seconds(secs: f64) -> String {
    format!("{secs:.2}").replace('.', Language::current().before_decimals())
}

/// A number and its noun in English: `1 value`, `2 values`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", in_english(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 7, 999, 1000, 1_234_567].map(grouped), ["0", "7", "999", "1,000", "1,234,567"]);
        assert_eq!((counted(1, "value"), counted(2, "value")), ("1 value".into(), "2 values".into()));
    }
}
