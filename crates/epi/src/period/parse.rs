//! Reading a period's id.

use jiff::civil::Date;

use super::period_type::Number;
use super::{Period, PeriodType};

/// How much of a refused text an error repeats, in characters: the longest id has 11, and a text from outside has any.
const EXCERPT_CHARS_MAX: usize = 32;

/// A day for examples.
const EXAMPLE_DAY: Date = jiff::civil::date(2026, 2, 2);

/// Why a text is not the period that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// No period of any type is written like this.
    #[error("`{text}` is not a period{}", hint(*.meant))]
    NotAPeriod {
        /// The text, shortened if long.
        text: String,
        /// What was probably meant.
        meant: Option<Period>,
    },
    /// A period of this type is not written like this.
    #[error("`{text}` is not a {expected} period, which is written {}{}", written(*.expected), hint(*.meant))]
    Malformed {
        /// The type that was expected.
        expected: PeriodType,
        /// The text, shortened if long.
        text: String,
        /// What was probably meant.
        meant: Option<Period>,
    },
    /// It is a period, but of another type.
    #[error("`{found}` is a {} period, not a {expected} one, which is written {}", .found.period_type(), written(*.expected))]
    OtherType {
        /// The type that was expected.
        expected: PeriodType,
        /// The period that the text is.
        found: Period,
    },
    /// It is written well, but the year has no such period: week 53 of a year of 52 weeks, month 13.
    #[error("`{text}` does not exist: {period_type} periods of {year} are numbered 1 to {count}")]
    NoSuchNumber {
        /// The text.
        text: String,
        /// The type that it is written as.
        period_type: PeriodType,
        /// The year.
        year: i32,
        /// How many periods of the type the year has.
        count: i32,
    },
    /// It is written as a day that no month has.
    #[error("`{text}` does not exist: there is no such day")]
    NoSuchDay {
        /// The text.
        text: String,
    },
}

impl Period {
    /// Reads the id of a period of any type, which shows in how it is written.
    ///
    /// As in DHIS2 letters must have their case and blanks are not trimmed; a week may be padded (`2020W01`), and a month
    /// and a day may be written with hyphens (`2020-01`, `2020-01-31`). The period shows itself canonically afterwards.
    ///
    /// # Errors
    /// When the text is written like no period, or the year has no such one: `2021W53`, `202113`.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        match read(text, Case::Exact) {
            Some(written) => written.period(text),
            None => Err(PeriodError::NotAPeriod { text: excerpt(text), meant: guess(text, None) }),
        }
    }
}

impl PeriodType {
    /// Reads the id of a period of this type; see [`Period::parse`].
    ///
    /// # Errors
    /// When the text is no period of this type; the error shows how one is written, and what the text is instead.
    pub fn parse(self, text: &str) -> Result<Period, PeriodError> {
        match read(text, Case::Exact) {
            Some(written) if written.period_type == self => written.period(text),
            Some(written) => match written.period(text) {
                Ok(found) => Err(PeriodError::OtherType { expected: self, found }),
                Err(_) => Err(PeriodError::Malformed { expected: self, text: excerpt(text), meant: None }),
            },
            None => Err(PeriodError::Malformed { expected: self, text: excerpt(text), meant: guess(text, Some(self)) }),
        }
    }

    /// The id of some period of the type, for messages and forms.
    #[must_use]
    pub fn example(self) -> Period {
        self.containing(EXAMPLE_DAY)
    }
}

/// What a text says when it is written like a period of this type, true or not.
struct Written {
    period_type: PeriodType,
    year: i32,
    number: i32,
    day: i32,
}

impl Written {
    fn period(&self, text: &str) -> Result<Period, PeriodError> {
        if self.period_type == PeriodType::Daily {
            return Date::new(self.year as i16, self.number as i8, self.day as i8)
                .map(|date| PeriodType::Daily.containing(date))
                .map_err(|_| PeriodError::NoSuchDay { text: excerpt(text) });
        }
        Period::in_year(self.period_type, self.year, self.number).map_err(|count| PeriodError::NoSuchNumber {
            text: excerpt(text),
            period_type: self.period_type,
            year: self.year,
            count,
        })
    }
}

#[derive(Clone, Copy)]
enum Case {
    Exact,
    Any,
}

/// Recognises the type, without asking whether the year has such a period.
fn read(text: &str, case: Case) -> Option<Written> {
    let (year, rest) = text.as_bytes().split_at_checked(4)?;
    let year = digits(year)?;
    let written = |period_type, number, day| Some(Written { period_type, year, number, day });
    match *rest {
        [] => written(PeriodType::Yearly, 1, 0),
        [a, b] | [b'-', a, b] if a.is_ascii_digit() => written(PeriodType::Monthly, digits(&[a, b])?, 0),
        [a, b, c, d] | [b'-', a, b, b'-', c, d] if a.is_ascii_digit() => {
            written(PeriodType::Daily, digits(&[a, b])?, digits(&[c, d])?)
        }
        [a, b, b'B'] => written(PeriodType::BiMonthly, digits(&[a, b])?, 0),
        _ => {
            let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let (mark, number) = rest.split_at(letters);
            let period_type = marked(mark, number.len(), case)?;
            written(period_type, if number.is_empty() { 1 } else { digits(number)? }, 0)
        }
    }
}

/// The type whose ids have this mark between the year and a number of this length.
fn marked(mark: &[u8], number_len: usize, case: Case) -> Option<PeriodType> {
    PeriodType::ALL.into_iter().find(|period_type| {
        let traits = period_type.traits();
        let fits = match traits.number {
            Number::None => number_len == 0,
            Number::Digit => number_len == 1,
            Number::Digits => number_len == 1 || number_len == 2,
            Number::Calendar => false,
        };
        fits && !traits.mark.is_empty()
            && match case {
                Case::Exact => traits.mark.as_bytes() == mark,
                Case::Any => traits.mark.as_bytes().eq_ignore_ascii_case(mark),
            }
    })
}

/// The value of up to four ASCII digits.
fn digits(bytes: &[u8]) -> Option<i32> {
    bytes.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i32::from(byte - b'0')))
}

/// What was probably meant: the same without blanks, in whatever case, without ISO 8601's hyphen before a week
/// (`2020-w01` for `2020W1`).
fn guess(text: &str, expected: Option<PeriodType>) -> Option<Period> {
    if text.len() > EXCERPT_CHARS_MAX {
        return None;
    }
    let mut plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if let [_, _, _, _, b'-', letter, ..] = plain.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        plain.remove(4);
    }
    let meant = read(&plain, Case::Any)?.period(text).ok()?;
    expected.is_none_or(|expected| meant.period_type() == expected).then_some(meant)
}

/// The text as far as a message may repeat it: short, and without characters that a terminal would obey.
fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    if shown.contains(char::is_control) { shown.escape_debug().collect() } else { shown }
}

fn written(period_type: PeriodType) -> String {
    format!("{}, such as {}", period_type.format(), period_type.example())
}

fn hint(meant: Option<Period>) -> String {
    meant.map(|period| format!("; was `{period}` meant?")).unwrap_or_default()
}
