//! Questionnaire answers: for each variable of the outbreak's template, a list of dated values.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::field::{Field, FromWire, HasOdd, Key, List, Text, skip_array, skip_object};
use super::record::wire;

/// The answers of a record by variable, in the order of the answer.
///
/// Very old data holds a bare value where newer data holds a list: it is read as a list of that one value, without date.
#[derive(Clone, Default)]
pub struct Answers<'a> {
    /// The variables that the record has.
    pub variables: Vec<VariableAnswers<'a>>,
}

/// What was answered to one question.
#[derive(Clone)]
pub struct VariableAnswers<'a> {
    /// The question's variable in the outbreak's template.
    pub variable: Text<'a>,
    /// The values; of questions with several dated answers the newest comes first.
    pub answers: List<Answer<'a>>,
}

wire! {
    /// One dated value.
    pub struct Answer<'a> {
        /// When it was answered; only questions with several answers have it.
        "date" => date: Field<Text<'a>>,
        /// The value, which equals the template answer's value and not its label.
        "value" => value: AnswerValue<'a>,
    }
}

/// The value of an answer. Its `Debug` tells the kind and never the value.
#[derive(Clone, Default, PartialEq)]
pub enum AnswerValue<'a> {
    /// No value, or `null`.
    #[default]
    Absent,
    /// Free text, a date, or the value of a single choice.
    Text(Text<'a>),
    /// A number.
    Number(f64),
    /// A boolean, which Go.Data itself does not write but importers do.
    Bool(bool),
    /// The values of a multiple choice.
    List(Vec<AnswerValue<'a>>),
    /// An object, or a list within a list.
    Odd,
}

impl<'a> Answers<'a> {
    /// The answers to one question.
    pub fn of(&self, variable: &str) -> Option<&List<Answer<'a>>> {
        self.variables.iter().find(|of| of.variable == variable).map(|of| &of.answers)
    }
}

impl fmt::Debug for Answers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers({} variables)", self.variables.len())
    }
}

impl fmt::Debug for VariableAnswers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VariableAnswers({}, {})", self.variable, self.answers.len())
    }
}

impl fmt::Debug for AnswerValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Text(_) => "Text(..)",
            Self::Number(_) => "Number(..)",
            Self::Bool(_) => "Bool(..)",
            Self::List(_) => "List(..)",
            Self::Odd => "Odd",
        })
    }
}

impl HasOdd for Answers<'_> {
    fn has_odd(&self) -> bool {
        self.variables.iter().any(|of| of.answers.has_odd())
    }
}

impl HasOdd for AnswerValue<'_> {
    fn has_odd(&self) -> bool {
        match self {
            Self::Odd => true,
            Self::List(values) => values.iter().any(HasOdd::has_odd),
            Self::Absent | Self::Text(_) | Self::Number(_) | Self::Bool(_) => false,
        }
    }
}

impl<'de> FromWire<'de> for Answers<'de> {
    fn from_object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut variables = Vec::new();
        while let Some(Key(variable)) = map.next_key()? {
            let OneOrMore(answers) = map.next_value()?;
            variables.push(VariableAnswers { variable, answers });
        }
        Ok(Some(Self { variables }))
    }
}

/// A list of answers, or the bare value of very old data.
struct OneOrMore<'a>(List<Answer<'a>>);

impl<'de> Deserialize<'de> for OneOrMore<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Field::<Self>::deserialize(deserializer)?;
        Ok(match read {
            Field::Absent => Self(List::default()),
            Field::Is(answers) => answers,
            Field::Odd => Self(List::odd()),
        })
    }
}

impl<'a> OneOrMore<'a> {
    fn bare(value: AnswerValue<'a>) -> Option<Self> {
        Some(Self(List::from(vec![Answer { date: Field::Absent, value }])))
    }
}

impl<'de> FromWire<'de> for OneOrMore<'de> {
    fn from_text(text: Text<'de>) -> Option<Self> {
        Self::bare(AnswerValue::Text(text))
    }

    fn from_bool(value: bool) -> Option<Self> {
        Self::bare(AnswerValue::Bool(value))
    }

    fn from_number(value: f64) -> Option<Self> {
        Self::bare(AnswerValue::Number(value))
    }

    fn from_array<A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        Ok(List::from_array(seq)?.map(Self))
    }
}

impl<'de> Deserialize<'de> for AnswerValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueSeed { in_list: false }.deserialize(deserializer)
    }
}

/// Reads a value; inside a list, another list is odd, so that the depth is bounded.
struct ValueSeed {
    in_list: bool,
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = AnswerValue<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = AnswerValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(AnswerValue::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(AnswerValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(AnswerValue::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(AnswerValue::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(AnswerValue::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(AnswerValue::Text(Text::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(AnswerValue::Text(Text::Owned(value.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_object(map)?;
        Ok(AnswerValue::Odd)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        if self.in_list {
            skip_array(seq)?;
            return Ok(AnswerValue::Odd);
        }
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Self { in_list: true })? {
            values.push(value);
        }
        Ok(AnswerValue::List(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Answers<'_> {
        serde_json::from_str::<Field<Answers<'_>>>(json).unwrap().into_option().unwrap()
    }

    #[test]
    fn each_kind_of_value_is_kept_apart() {
        let answers = read(
            r#"{"fever": [{"value": "yes"}], "n": [{"date": "2025-03-01T00:00:00.000Z", "value": 3}], "both": [{"value": ["a", 1]}],
                "old": "bare", "nothing": null, "empty": [], "none": [{"value": null}], "odd": [{"value": {"x": 1}}],
                "deep": [{"value": [["a"]]}], "worse": {"value": 1}}"#,
        );
        let value = |variable| answers.of(variable).and_then(|list| list.first()).map(|answer| answer.value.clone());
        assert!(value("fever") == Some(AnswerValue::Text("yes".into())));
        assert!(value("n") == Some(AnswerValue::Number(3.0)));
        assert_eq!(answers.of("n").unwrap()[0].date.text(), Some("2025-03-01T00:00:00.000Z"));
        assert!(
            value("both") == Some(AnswerValue::List(vec![AnswerValue::Text("a".into()), AnswerValue::Number(1.0)]))
        );
        assert!(value("old") == Some(AnswerValue::Text("bare".into())));
        assert!(value("nothing").is_none() && value("empty").is_none());
        assert!(value("none") == Some(AnswerValue::Absent));
        assert!(value("odd") == Some(AnswerValue::Odd));
        assert!(value("deep").unwrap().has_odd());
        assert_eq!(answers.of("worse").unwrap().n_odd(), 1);
    }

    #[test]
    fn debug_prints_no_answer() {
        let answers = read(r#"{"secret": [{"value": "canary"}]}"#);
        assert!(!format!("{answers:?} {:?}", answers.variables[0].answers[0].value).contains("canary"));
    }
}
