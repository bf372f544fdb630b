//! How instants, counts and documents stand in a column.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// An instant as UTC text with nine decimals: exact, readable, and in order when compared as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At(pub(super) Timestamp);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(format!("{:.9}", self.0)))
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// An instant in nanoseconds since 1970, where there are very many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nanos(pub(super) Timestamp);

impl ToSql for Nanos {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let nanos = i64::try_from(self.0.as_nanosecond());
        nanos.map(ToSqlOutput::from).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
    }
}

impl FromSql for Nanos {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let at = Timestamp::from_nanosecond(i128::from(value.as_i64()?));
        at.map(Self).map_err(FromSqlError::other)
    }
}

/// A count. SQLite's integers are signed; a count beyond them is refused rather than wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct N(pub(super) u64);

impl ToSql for N {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        i64::try_from(self.0).map(ToSqlOutput::from).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
    }
}

impl FromSql for N {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let n = value.as_i64()?;
        u64::try_from(n).map(Self).map_err(|_| FromSqlError::OutOfRange(n))
    }
}

/// A JSON document as text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Json(pub(super) serde_json::Value);

impl ToSql for Json {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.to_string()))
    }
}

impl FromSql for Json {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// The error of a column whose text is none of the words that it may hold.
pub(super) fn unknown_word(column: usize, word: &str) -> rusqlite::Error {
    let why = format!("`{word}` is none of the words known here");
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: &str) -> String {
        match At(at.parse().unwrap()).to_sql().unwrap() {
            ToSqlOutput::Owned(rusqlite::types::Value::Text(s)) => s,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn instants_sort_as_text_and_lose_nothing() {
        let (whole, half, tiny) =
            (text("2026-01-05T00:00:00Z"), text("2026-01-05T00:00:00.5Z"), text("2026-01-05T00:00:00.500000001Z"));
        assert!(whole < half && half < tiny, "{whole} {half} {tiny}");
        let back = At::column_result(ValueRef::Text(tiny.as_bytes())).unwrap();
        assert_eq!(back.0, "2026-01-05T00:00:00.500000001Z".parse().unwrap());
    }

    #[test]
    fn counts_never_wrap() {
        assert!(N(u64::MAX).to_sql().is_err());
        assert!(matches!(N::column_result(ValueRef::Integer(-1)), Err(FromSqlError::OutOfRange(-1))));
    }
}
