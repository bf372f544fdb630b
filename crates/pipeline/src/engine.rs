//! Another engine than this process: one that counts a snapshot of the line list, on as many machines as it has.
//!
//! The pipeline knows only what is asked of it and what comes back. A program brings its engine with
//! [`crate::run::Request::engine`]; where a configuration asks for one that the program does not have, the run is refused.

use crate::aggregate::Aggregation;
use crate::config::Config;
use crate::config::model::EngineModel;
use crate::error::{Error, ErrorKind};
use crate::normalise::RULES_VERSION;
use crate::progress::Progress;
use epi::indicator::Definitions;
use epi::record::PersonKind;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

/// Counts snapshots.
pub trait Engine: Send + Sync {
    /// Counts all records of the question's kinds in the newest snapshot of its outbreak.
    ///
    /// # Errors
    /// No snapshot, or one that does not hold what is asked; an engine that does not answer.
    fn aggregate<'a>(&'a self, question: Question<'a>) -> Answering<'a>;
}

/// An answer that is on its way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// What is asked of an engine.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Where it is and where the snapshot lies.
    pub settings: &'a EngineModel,
    /// Go.Data's id of the outbreak.
    pub outbreak: &'a str,
    /// What decides the numbers.
    pub definitions: &'a Arc<Definitions>,
    /// Kinds of persons that are counted.
    pub kinds: &'a BTreeSet<PersonKind>,
    /// What the records of the snapshot have to be.
    pub wanted: &'a Wanted,
    /// Listens.
    pub progress: &'a dyn Progress,
}

/// What came of it.
#[derive(Debug)]
pub struct Answer {
    /// Cells, account and findings.
    pub aggregation: Aggregation,
    /// The moment whose line list the snapshot holds.
    pub as_of: Timestamp,
}

/// What records have to be, so that definitions may be held against them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What they hold, at least.
    pub contents: Contents,
    /// The time zone in which instants became days.
    pub time_zone: String,
}

/// What normalised records hold: by which rules, of which lists, and which fields of the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Version of the rules of normalisation.
    pub rules: u32,
    /// Names of the kinds of records.
    pub kinds: BTreeSet<String>,
    /// Names on the wire of what was read of each.
    pub fields: BTreeSet<String>,
}

impl Contents {
    /// What records hold that this version makes from these lists and fields.
    pub fn of(kinds: &BTreeSet<PersonKind>, fields: &BTreeSet<&'static str>) -> Self {
        Self {
            rules: RULES_VERSION,
            kinds: kinds.iter().map(|kind| kind.name().to_owned()).collect(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        }
    }

    /// Why these are not enough for what is wanted; none if they are.
    pub fn lack(&self, wanted: &Self) -> Option<String> {
        if self.rules != wanted.rules {
            return Some(format!(
                "it was made by rules {} of normalisation, and these are {}",
                self.rules, wanted.rules
            ));
        }
        let missing = |what: &str, has: &BTreeSet<String>, wants: &BTreeSet<String>| {
            let missing: Vec<&str> = wants.difference(has).map(String::as_str).collect();
            (!missing.is_empty()).then(|| format!("it has no {what} {}", missing.join(", ")))
        };
        missing("records of kind", &self.kinds, &wanted.kinds)
            .or_else(|| missing("field", &self.fields, &wanted.fields))
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        write!(f, "{} {} {}", self.rules, list(&self.kinds), list(&self.fields))
    }
}

/// A text that no line list says of its contents.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` does not say what records hold")]
pub struct NoContents(String);

impl FromStr for Contents {
    type Err = NoContents;

    fn from_str(text: &str) -> Result<Self, NoContents> {
        let list = |names: &str| names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match text.split(' ').collect::<Vec<_>>().as_slice() {
            [rules, kinds, fields] => match rules.parse() {
                Ok(rules) => Ok(Self { rules, kinds: list(kinds), fields: list(fields) }),
                Err(_) => Err(NoContents(text.to_owned())),
            },
            _ => Err(NoContents(text.to_owned())),
        }
    }
}

/// After so many hours a snapshot is told to be old: a report of yesterday's records is a matter of course, an older one may
/// be a forgotten step.
const OLD_AFTER_HOURS: i64 = 36;

/// What a person should know of a snapshot's age, if anything.
pub(crate) fn age_warning(as_of: Timestamp, now: Timestamp) -> Option<String> {
    (now.duration_since(as_of) > SignedDuration::from_hours(OLD_AFTER_HOURS)).then(|| {
        format!("the snapshot is of {as_of}: what changed in Go.Data since then is not counted; take a new one")
    })
}

/// The engine that a configuration asks for, if it does.
///
/// # Errors
/// The program has none.
pub fn asked<'a>(
    config: &'a Config,
    engine: Option<&'a Arc<dyn Engine>>,
) -> Result<Option<(&'a EngineModel, &'a dyn Engine)>, Error> {
    match (&config.engine, engine) {
        (None, _) => Ok(None),
        (Some(settings), Some(engine)) => Ok(Some((settings, engine.as_ref()))),
        (Some(settings), None) => {
            let message = "the report is to be computed by Ballista, and this program has no such engine";
            let problem = config.problem(&settings.scheduler.span, message).advice(
                "Run it with `tally-cluster`, which has all of these commands; or remove `[engine]`, and the report is \
                 computed here.",
            );
            Err(Error::at(ErrorKind::Config, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(kinds: &[PersonKind], fields: &[&'static str]) -> Contents {
        Contents::of(&kinds.iter().copied().collect(), &fields.iter().copied().collect())
    }

    #[test]
    fn contents_are_read_as_they_were_written() {
        for contents in [
            contents(&[PersonKind::Case, PersonKind::ContactOfContact], &["age", "wasContact"]),
            contents(&[PersonKind::Case], &[]),
        ] {
            assert_eq!(contents.to_string().parse::<Contents>().unwrap(), contents);
        }
        for text in ["", "1", "one a b", "1 a b c"] {
            assert!(text.parse::<Contents>().is_err(), "{text}");
        }
    }

    #[test]
    fn records_may_hold_more_than_is_wanted_and_not_less() {
        use PersonKind::{Case, Contact};
        let has = contents(&[Case, Contact], &["age", "gender"]);
        assert_eq!(has.lack(&contents(&[Case], &["age"])), None);
        let lack = |wanted: Contents| has.lack(&wanted).unwrap();
        assert_eq!(lack(contents(&[Case], &["age", "outcomeId"])), "it has no field outcomeId");
        assert_eq!(
            lack(contents(&[PersonKind::ContactOfContact], &["age"])),
            "it has no records of kind contact_of_contact"
        );
        let other = Contents { rules: RULES_VERSION + 1, ..has.clone() };
        assert!(lack(other).starts_with("it was made by rules "));
    }

    #[test]
    fn an_old_snapshot_is_told() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let as_of = at("2020-03-01T00:00:00Z");
        assert_eq!(age_warning(as_of, at("2020-03-02T12:00:00Z")), None);
        assert_eq!(age_warning(as_of, at("2020-02-02T12:00:00Z")), None);
        assert!(age_warning(as_of, at("2020-03-02T12:00:01Z")).unwrap().contains("2020-03-01T00:00:00Z"));
    }
}
