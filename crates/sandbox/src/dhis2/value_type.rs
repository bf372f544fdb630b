//! Which texts a value type accepts, and how each importer rewrites them first.

/// Longest value in characters.
const VALUE_CHARS_MAX: usize = 50_000;
/// Longest numeric value in characters.
const NUMBER_CHARS_MAX: usize = 249;

/// Whether the type is one whose zero may be insignificant.
pub(crate) fn is_numeric(value_type: &str) -> bool {
    value_type.starts_with("INTEGER") || matches!(value_type, "NUMBER" | "UNIT_INTERVAL" | "PERCENTAGE")
}

/// `0`, `0.`, `0.0`, `0.00` …
pub(crate) fn is_zero(value: &str) -> bool {
    value == "0" || value.strip_prefix("0.").is_some_and(|rest| rest.bytes().all(|b| b == b'0'))
}

/// The row importer's spelling of a boolean; other values stay.
pub(crate) fn normalise_row<'a>(value_type: &str, value: &'a str) -> &'a str {
    match (value_type, value) {
        ("BOOLEAN" | "TRUE_ONLY", "true" | "True" | "TRUE" | "t" | "T" | "1") => "true",
        ("BOOLEAN" | "TRUE_ONLY", "false" | "False" | "FALSE" | "f" | "F" | "0") => "false",
        _ => value,
    }
}

/// The group importer's spelling: booleans in any case and language of one letter, and integers
/// without a trailing `.0`.
pub(crate) fn normalise_group(value_type: &str, value: &str) -> String {
    if value_type.starts_with("INTEGER") {
        return value.strip_suffix(".0").unwrap_or(value).to_owned();
    }
    if matches!(value_type, "BOOLEAN" | "TRUE_ONLY") {
        return match value.to_ascii_lowercase().as_str() {
            "f" | "n" | "0" | "no" | "false" => "false".to_owned(),
            "t" | "y" | "1" | "yes" | "true" => "true".to_owned(),
            _ => value.to_owned(),
        };
    }
    value.to_owned()
}

/// The key of what is wrong with a value, if anything. Blank values are fine at this step.
pub(crate) fn fault(value_type: &str, value: &str) -> Option<&'static str> {
    if value.trim().is_empty() {
        return None;
    }
    if value.chars().count() > VALUE_CHARS_MAX {
        return Some("value_length_greater_than_max_length");
    }
    let (accepted, key) = match value_type {
        "INTEGER" => (integer(value).is_some(), "value_not_integer"),
        "INTEGER_POSITIVE" => (integer(value).is_some_and(|n| n > 0), "value_not_positive_integer"),
        "INTEGER_NEGATIVE" => (integer(value).is_some_and(|n| n < 0), "value_not_negative_integer"),
        "INTEGER_ZERO_OR_POSITIVE" => (integer(value).is_some_and(|n| n >= 0), "value_not_zero_or_positive_integer"),
        "NUMBER" => (number(value).is_some(), "value_not_numeric"),
        "UNIT_INTERVAL" => (number(value).is_some_and(|n| (0.0..=1.0).contains(&n)), "value_not_unit_interval"),
        "PERCENTAGE" => (number(value).is_some_and(|n| (0.0..=100.0).contains(&n)), "value_not_percentage"),
        "BOOLEAN" => (matches!(value, "true" | "false"), "value_not_bool"),
        "TRUE_ONLY" => (value == "true", "value_not_true_only"),
        "DATE" => (is_date(value), "value_not_valid_date"),
        "AGE" => (is_date(value), "value_not_valid_age"),
        "DATETIME" => (is_datetime(value), "value_not_valid_datetime"),
        "TIME" => (is_time(value), "value_not_valid_time"),
        "LETTER" => (value.chars().count() == 1 && value.chars().all(char::is_alphabetic), "value_not_valid_letter"),
        "EMAIL" => (is_email(value), "value_not_valid_email"),
        "URL" => (value.starts_with("http://") || value.starts_with("https://"), "value_not_url"),
        "PHONE_NUMBER" => (is_phone_number(value), "value_not_valid_phone_number"),
        "USERNAME" => ((4..=255).contains(&value.chars().count()), "value_not_valid_username"),
        "COORDINATE" => (is_coordinate(value), "value_not_coordinate"),
        "FILE_RESOURCE" | "IMAGE" => (is_uid(value), "value_not_valid_file_resource_uid"),
        "ORGANISATION_UNIT" => (is_uid(value), "value_not_valid_org_unit_uid"),
        _ => (true, ""),
    };
    (!accepted).then_some(key)
}

/// The English sentence that the row importer prints for a key.
pub(crate) fn sentence(key: &str) -> &'static str {
    match key {
        "value_length_greater_than_max_length" => "Data value is greater than max length",
        "value_not_integer" => "Data value is not an integer",
        "value_not_positive_integer" => "Data value is not a positive integer",
        "value_not_negative_integer" => "Data value is not a negative integer",
        "value_not_zero_or_positive_integer" => "Data value is not a zero or positive integer",
        "value_not_numeric" => "Data value is not numeric",
        "value_not_unit_interval" => "Data value is not a unit interval",
        "value_not_percentage" => "Data value is not a percentage",
        "value_not_bool" => "Data value is not a boolean",
        "value_not_true_only" => "Data value is not true",
        _ => "Data value is not valid",
    }
}

/// A Java `int` in canonical decimal form.
fn integer(value: &str) -> Option<i32> {
    let number: i32 = value.parse().ok()?;
    (number.to_string() == value).then_some(number)
}

/// A plain decimal: no exponent, no leading plus or zeros, digits on both sides of a point.
fn number(value: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let shape = digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits);
    (shape && value.len() <= NUMBER_CHARS_MAX).then(|| value.parse().ok()).flatten()
}

fn is_date(value: &str) -> bool {
    value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok()
}

fn is_datetime(value: &str) -> bool {
    value.contains('T') && (value.parse::<jiff::civil::DateTime>().is_ok() || value.parse::<jiff::Timestamp>().is_ok())
}

fn is_time(value: &str) -> bool {
    let Some((hour, minute)) = value.split_once(':') else {
        return false;
    };
    let within = |text: &str, lengths: std::ops::RangeInclusive<usize>, below: u8| {
        lengths.contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit())
            && text.parse::<u8>().is_ok_and(|n| n < below)
    };
    within(hour, 1..=2, 24) && within(minute, 2..=2, 60)
}

fn is_email(value: &str) -> bool {
    let Some((name, host)) = value.split_once('@') else {
        return false;
    };
    !name.is_empty() && host.contains('.') && !value.contains(char::is_whitespace)
}

fn is_phone_number(value: &str) -> bool {
    (6..=50).contains(&value.len()) && value.chars().all(|c| c.is_ascii_digit() || "+()#./-ext ".contains(c))
}

fn is_coordinate(value: &str) -> bool {
    let inner = value.strip_prefix('[').and_then(|v| v.strip_suffix(']'));
    let Some((lon, lat)) = inner.and_then(|v| v.split_once(',')) else {
        return false;
    };
    let within = |text: &str, max: f64| text.trim().parse::<f64>().is_ok_and(|n| n.abs() <= max);
    within(lon, 180.0) && within(lat, 90.0)
}

fn is_uid(value: &str) -> bool {
    super::catalogue::Uid::parse(value).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_draws_its_line() {
        for (value_type, good, bad) in [
            ("INTEGER", &["0", "-7", "2147483647"][..], &["-0", "+1", "01", "1.0", "2147483648", "1e3"][..]),
            ("INTEGER_POSITIVE", &["1", "12"], &["0", "-1", "012"]),
            ("INTEGER_NEGATIVE", &["-1"], &["0", "1", "-01"]),
            ("INTEGER_ZERO_OR_POSITIVE", &["0", "5"], &["-1", "00", "abc", "0.0"]),
            ("NUMBER", &["0", "-0", "-0.5", "12.50"], &[".5", "1.", "1e3", "+1", "01.5", "NaN"]),
            ("UNIT_INTERVAL", &["0", "0.5", "1"], &["1.01", "-0.1"]),
            ("PERCENTAGE", &["0", "99.9", "100"], &["100.1", "-1"]),
            ("BOOLEAN", &["true", "false"], &["maybe"]),
            ("TRUE_ONLY", &["true"], &["false"]),
            ("DATE", &["2020-02-29"], &["2021-02-29", "20200229", "29/02/2020"]),
            ("TIME", &["7:05", "23:59"], &["24:00", "7:5"]),
            ("LETTER", &["a"], &["ab", "1"]),
            ("COORDINATE", &["[1.5,-2]"], &["1,2", "[200,0]"]),
            ("ORGANISATION_UNIT", &["HllvX50cXC0"], &["short", "1llvX50cXC0"]),
            ("TEXT", &["anything at all"], &[]),
        ] {
            for value in good {
                assert_eq!(fault(value_type, value), None, "{value_type} {value}");
            }
            for value in bad {
                assert!(fault(value_type, value).is_some(), "{value_type} {value}");
            }
        }
        assert_eq!(fault("INTEGER", "abc"), Some("value_not_integer"));
        assert_eq!(fault("INTEGER", " "), None, "blank is judged elsewhere");
        assert!(fault("TEXT", &"x".repeat(50_001)).is_some());
    }

    #[test]
    fn the_importers_rewrite_differently() {
        assert_eq!(normalise_row("BOOLEAN", "T"), "true");
        assert_eq!(normalise_row("BOOLEAN", "yes"), "yes");
        assert_eq!(normalise_row("INTEGER", "12.0"), "12.0");
        assert_eq!(normalise_group("BOOLEAN", "YES"), "true");
        assert_eq!(normalise_group("INTEGER", "12.0"), "12");
        assert_eq!(normalise_group("NUMBER", "12.0"), "12.0");
    }

    #[test]
    fn zero_has_many_spellings() {
        assert!(["0", "0.0", "0.000"].into_iter().all(is_zero));
        assert!(!["", "00", "0.01", "-0"].into_iter().any(is_zero));
    }
}
