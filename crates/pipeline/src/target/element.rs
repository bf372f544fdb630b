//! Data elements: what they hold, and which values fit.

use dhis2::DataElement;
use epi::plan::Reading;
use jiff::civil::{Date, DateTime, Time};

/// What a run has to know of a data element of its data sets.
#[derive(Clone, Debug)]
pub struct Element {
    /// The data set to which its values go, by its position in the report.
    pub data_set: usize,
    /// How two of its values are compared.
    pub reading: Reading,
    /// Zeros say more than no value.
    pub zero_is_significant: bool,
    /// It is averaged, so that DHIS2 stores its zeros although they are not significant
    /// (`ValidationUtils.dataValueIsZeroAndInsignificant`).
    pub is_averaged: bool,
    /// The codes that are its values, if it has an option set.
    pub options: Option<Vec<String>>,
    /// Its comments are free text.
    pub takes_comments: bool,
}

impl Element {
    /// A data element whose values go to the data set at this position.
    pub(super) fn of(element: &DataElement, data_set: usize) -> Self {
        Self {
            data_set,
            reading: reading(element),
            zero_is_significant: element.zero_is_significant,
            is_averaged: matches!(element.aggregation_type.as_str(), "AVERAGE" | "AVERAGE_SUM_ORG_UNIT"),
            options: element.option_set.as_ref().map(|set| set.codes.clone()),
            takes_comments: element.comment_option_set.is_none(),
        }
    }

    /// A value to send with a deletion: up to 2.42 a deletion without a value ends the whole import where the data element
    /// has an option set (`DataValueSetImportValidator` asks a list for null). What stood there, if it is still an option.
    pub fn value_of_deletion<'e>(&'e self, stood: Option<&'e str>) -> Option<&'e str> {
        let options = self.options.as_ref()?;
        let stood = stood.filter(|stood| options.iter().any(|option| option == stood));
        stood.or_else(|| options.first().map(String::as_str))
    }
}

/// Whether DHIS2 takes the values of a type for numbers.
pub(super) fn is_numeric(value_type: &str) -> bool {
    value_type.starts_with("INTEGER") || matches!(value_type, "NUMBER" | "UNIT_INTERVAL" | "PERCENTAGE")
}

/// An option is a word even where it looks like a number.
fn reading(element: &DataElement) -> Reading {
    if is_numeric(&element.value_type) && element.option_set.is_none() { Reading::Number } else { Reading::Text }
}

/// Characters of a value that DHIS2 takes.
const VALUE_CHARS_MAX: usize = 50_000;

/// Why a statement's value does not fit a data element: what is wrong, and what to do. The patterns are DHIS2's
/// (`ValidationUtils`, `MathUtils`); where DHIS2 takes several spellings and stores one, only that one is taken, or every
/// run would find another value than it wrote.
pub(super) fn misfit(value: &str, element: &DataElement) -> Option<(String, String)> {
    let (name, value_type) = (&element.name, element.value_type.as_str());
    if value.is_empty() || value.trim() != value || value.chars().count() > VALUE_CHARS_MAX {
        let message = format!("`{value}` cannot be a value of \"{name}\"");
        return Some((message, "DHIS2 trims values and takes at most 50,000 characters: write it so.".to_owned()));
    }
    if let Some(set) = &element.option_set {
        if set.codes.iter().any(|code| code == value) {
            return None;
        }
        let codes: Vec<&str> = set.codes.iter().map(String::as_str).collect();
        let folded = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
        let alike = codes.iter().find(|code| folded(code) == folded(value)).copied();
        let advice = match alike.or_else(|| epi::nearest(value, &codes)) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("Its options have the codes: {}.", codes.join(", ")),
        };
        return Some((format!("`{value}` is no option of \"{name}\""), advice));
    }
    let advice = match value_type {
        "TEXT" | "LONG_TEXT" => return None,
        "BOOLEAN" => (!matches!(value, "true" | "false")).then_some("Write `true` or `false`."),
        "TRUE_ONLY" => (value != "true").then_some("Write `true`, or give no value."),
        "LETTER" => (value.len() != 1 || !value.as_bytes()[0].is_ascii_alphabetic()).then_some("Write one letter."),
        "DATE" | "AGE" => (!is_canonical::<Date>(value)).then_some("Write the date as 2020-01-31."),
        "DATETIME" => value.parse::<DateTime>().is_err().then_some("Write it as 2020-01-31T12:00:00."),
        "TIME" => (value.len() != 5 || value.parse::<Time>().is_err()).then_some("Write it as 09:30."),
        numeric if is_numeric(numeric) => {
            (!is_number(value, numeric)).then_some("Write a number as DHIS2 does: 12 or 0.5.")
        }
        _ => {
            let message = format!("\"{name}\" holds {value_type} values, which a statement cannot give");
            return Some((
                message,
                "Name a data element that holds a text, an option, a number, a date or yes and no.".to_owned(),
            ));
        }
    }?;
    Some((format!("`{value}` does not fit \"{name}\", which holds {value_type} values"), advice.to_owned()))
}

fn is_canonical<T: std::str::FromStr + ToString>(value: &str) -> bool {
    value.parse::<T>().is_ok_and(|parsed| parsed.to_string() == value)
}

fn is_number(value: &str, value_type: &str) -> bool {
    let Ok(number) = rust_decimal::Decimal::from_str_exact(value) else { return false };
    let digits = value.strip_prefix('-').unwrap_or(value);
    let whole = digits.split('.').next().unwrap_or_default();
    let is_plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && (whole == "0" || !whole.starts_with('0'))
        && !value.contains('_')
        && !value.ends_with('.');
    let is_integer = value.parse::<i32>().is_ok();
    is_plain
        && match value_type {
            "INTEGER" => is_integer,
            "INTEGER_POSITIVE" => is_integer && number.is_sign_positive() && !number.is_zero(),
            "INTEGER_NEGATIVE" => is_integer && number.is_sign_negative() && !number.is_zero(),
            "INTEGER_ZERO_OR_POSITIVE" => is_integer && !value.starts_with('-'),
            "UNIT_INTERVAL" => number >= rust_decimal::Decimal::ZERO && number <= rust_decimal::Decimal::ONE,
            "PERCENTAGE" => number >= rust_decimal::Decimal::ZERO && number <= rust_decimal::Decimal::ONE_HUNDRED,
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dhis2::{OptionSet, Uid};

    fn element(value_type: &str, options: Option<&[&str]>) -> DataElement {
        let uid = |text: &str| Uid::parse(text).unwrap();
        DataElement {
            id: uid("sWCFbUawFDa"),
            code: None,
            name: "Class".into(),
            value_type: value_type.into(),
            aggregation_type: "NONE".into(),
            domain_type: "AGGREGATE".into(),
            zero_is_significant: false,
            option_set: options.map(|codes| OptionSet {
                id: uid("QLANS0Gen0m"),
                codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            }),
            comment_option_set: None,
            attribute_values: Vec::new(),
        }
    }

    #[test]
    fn values_fit_their_types() {
        for (value_type, fits, misfits) in [
            ("TEXT", &["a", "0", "01"][..], &["", " a", "a "][..]),
            ("BOOLEAN", &["true", "false"], &["yes", "1", "True"]),
            ("TRUE_ONLY", &["true"], &["false"]),
            ("DATE", &["2020-02-29"], &["2020-2-29", "29.2.2020", "2021-02-29"]),
            ("TIME", &["09:30"], &["9:30 am", "25:00"]),
            ("LETTER", &["a"], &["ab", "1"]),
            ("INTEGER", &["-3", "0", "12"], &["012", "1.0", "+1", "3000000000", "1_0"]),
            ("INTEGER_ZERO_OR_POSITIVE", &["0", "7"], &["-1", "-0"]),
            ("INTEGER_POSITIVE", &["7"], &["0"]),
            ("INTEGER_NEGATIVE", &["-7"], &["0", "7"]),
            ("NUMBER", &["0.5", "-1.25"], &[".5", "5.", "1e3", "00.5"]),
            ("PERCENTAGE", &["99.5"], &["101", "-1"]),
            ("UNIT_INTERVAL", &["1"], &["1.1"]),
            ("COORDINATE", &[], &["[1,2]"]),
        ] {
            let element = element(value_type, None);
            for value in fits {
                assert_eq!(misfit(value, &element), None, "{value_type} {value}");
            }
            for value in misfits {
                assert!(misfit(value, &element).is_some(), "{value_type} {value}");
            }
        }
    }

    #[test]
    fn options_are_their_codes_and_words_are_recognised() {
        let element = element("TEXT", Some(&["CLUSTERS", "NO_CASES"]));
        assert_eq!(misfit("CLUSTERS", &element), None);
        let advice = |value: &str| misfit(value, &element).unwrap().1;
        assert_eq!(advice("No cases"), "Did you mean `NO_CASES`?");
        assert_eq!(advice("CLUSTER"), "Did you mean `CLUSTERS`?");
        assert_eq!(advice("pandemic"), "Its options have the codes: CLUSTERS, NO_CASES.");
    }

    #[test]
    fn a_deletion_carries_an_option() {
        let options = Element::of(&element("TEXT", Some(&["A", "B"])), 0);
        assert_eq!(options.value_of_deletion(Some("B")), Some("B"));
        assert_eq!(options.value_of_deletion(Some("gone")), Some("A"));
        assert_eq!(Element::of(&element("TEXT", None), 0).value_of_deletion(Some("B")), None);
        assert_eq!(Element::of(&element("INTEGER", Some(&["01"])), 0).reading, Reading::Text);
    }
}
