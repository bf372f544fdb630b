//! What a field of a record can hold.

use jiff::civil::Date;
use rust_decimal::Decimal;
use std::fmt;

/// The type of a field, as conditions check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A short text: an id, or a value of reference data.
    Text,
    /// An exact decimal number.
    Number,
    /// A civil date in the time zone of the Go.Data server.
    Date,
    /// True or false.
    Bool,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Bool => "true or false",
        })
    }
}

/// The value of a field in one record. `Null` stands for both *absent* and *null* on the wire: Go.Data uses either for
/// a field that nobody filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nobody filled it in.
    Null,
    /// A text.
    Text(&'a str),
    /// A number.
    Number(Decimal),
    /// A date.
    Date(Date),
    /// True or false.
    Bool(bool),
}

impl<'a> Value<'a> {
    /// Whether the field was not filled in.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The date, if it is one.
    pub fn date(self) -> Option<Date> {
        match self {
            Self::Date(date) => Some(date),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn number(self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("(none)"),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{}", number.normalize()),
            Self::Date(date) => write!(f, "{date}"),
            Self::Bool(flag) => write!(f, "{flag}"),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<Date> for Value<'_> {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Decimal> for Value<'_> {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Number(Decimal::from(number))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}
