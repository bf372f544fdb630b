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
use epi::field::{Needs, OUTBREAK_WIRE, TableName};
use epi::indicator::Definitions;
use epi::record::{Outbreak, RecordKind};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Kinds of records that are counted.
    pub kinds: &'a BTreeSet<RecordKind>,
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

/// What normalised records hold: by which rules, of which lists, and of each table which fields of the wire.
///
/// As a text it is what a line list remembers of itself: `1 case,lab_result person(age,dateOfOnset) lab_result(result)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Version of the rules of normalisation.
    pub rules: u32,
    /// Names of the kinds of records.
    pub kinds: BTreeSet<String>,
    /// Of each table, the names on the wire of what was read.
    pub fields: BTreeMap<TableName, BTreeSet<String>>,
}

impl Contents {
    /// What records hold that this version makes from these lists and fields.
    pub fn of(kinds: &BTreeSet<RecordKind>, needs: &Needs) -> Self {
        let of_table = |table: TableName| {
            let names: BTreeSet<String> = needs.of(table).into_iter().map(str::to_owned).collect();
            (!names.is_empty()).then_some((table, names))
        };
        Self {
            rules: RULES_VERSION,
            kinds: kinds.iter().map(|kind| kind.name().to_owned()).collect(),
            fields: TableName::ALL.into_iter().filter_map(of_table).collect(),
        }
    }

    /// As these, of records that remember these outbreaks by the names that they have now. In a line list of other names they
    /// are other records.
    #[must_use]
    pub fn named(mut self, outbreaks: &[Outbreak]) -> Self {
        let remember = self.fields.values().any(|names| names.contains(OUTBREAK_WIRE));
        if remember {
            let mut hasher = Sha256::new();
            let mut sorted: Vec<&Outbreak> = outbreaks.iter().collect();
            sorted.sort_by_key(|outbreak| outbreak.id());
            for outbreak in sorted {
                hasher.update(outbreak.id().as_bytes());
                hasher.update([0]);
                hasher.update(outbreak.name().as_bytes());
                hasher.update([0]);
            }
            let hex: String = hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            self.fields.entry(TableName::Person).or_default().insert(format!("{OUTBREAK_WIRE}:{hex}"));
        }
        self
    }

    /// Why these are not enough for what is wanted; none if they are.
    pub fn lack(&self, wanted: &Self) -> Option<String> {
        if self.rules != wanted.rules {
            return Some(format!(
                "it was made by rules {} of normalisation, and these are {}",
                self.rules, wanted.rules
            ));
        }
        let missing = |has: &BTreeSet<String>, wants: &BTreeSet<String>| {
            let missing: Vec<&str> = wants.difference(has).map(String::as_str).collect();
            (!missing.is_empty()).then(|| missing.join(", "))
        };
        if let Some(kinds) = missing(&self.kinds, &wanted.kinds) {
            return Some(format!("it has no records of kind {kinds}"));
        }
        let nothing = BTreeSet::new();
        wanted.fields.iter().find_map(|(table, fields)| {
            let fields = missing(self.fields.get(table).unwrap_or(&nothing), fields)?;
            Some(format!("its records of table {} have no field {fields}", table.name()))
        })
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        write!(f, "{} {}", self.rules, list(&self.kinds))?;
        self.fields.iter().try_for_each(|(table, fields)| write!(f, " {}({})", table.name(), list(fields)))
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
        let table = |word: &str| {
            let (table, fields) = word.strip_suffix(')')?.split_once('(')?;
            Some((TableName::from_name(table)?, list(fields)))
        };
        let mut words = text.split(' ');
        let contents = match (words.next().map(str::parse), words.next()) {
            (Some(Ok(rules)), Some(kinds)) => {
                let fields = words.map(table).collect::<Option<_>>();
                fields.map(|fields| Self { rules, kinds: list(kinds), fields })
            }
            _ => None,
        };
        contents.ok_or_else(|| NoContents(text.to_owned()))
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

    fn contents(kinds: &[RecordKind], person: &[&'static str], lab_result: &[&str]) -> Contents {
        let mut needs = Needs::nothing();
        needs.persons(person.iter().copied());
        for name in lab_result {
            needs.field(TableName::LabResult.table(), TableName::LabResult.table().field(name).unwrap());
        }
        Contents::of(&kinds.iter().copied().collect(), &needs)
    }

    #[test]
    fn contents_are_read_as_they_were_written() {
        use RecordKind::{Case, ContactOfContact, LabResult};
        let both = contents(&[Case, ContactOfContact, LabResult], &["age", "wasContact"], &["result"]);
        for contents in [&both, &contents(&[Case], &[], &[])] {
            assert_eq!(&contents.to_string().parse::<Contents>().unwrap(), contents);
        }
        let text = "case,contact_of_contact,lab_result person(age,wasContact) lab_result(result)";
        assert_eq!(both.to_string(), format!("{RULES_VERSION} {text}"));
        for text in ["", "1", "one a", "1 a b", "1 a person(age", "1 a people(age)"] {
            assert!(text.parse::<Contents>().is_err(), "{text}");
        }
    }

    #[test]
    fn records_may_hold_more_than_is_wanted_and_not_less() {
        use RecordKind::{Case, Contact, ContactOfContact};
        let has = contents(&[Case, Contact], &["age", "gender"], &[]);
        assert_eq!(has.lack(&contents(&[Case], &["age"], &[])), None);
        let lack = |wanted: Contents| has.lack(&wanted).unwrap();
        let no_outcome = lack(contents(&[Case], &["age", "outcomeId"], &[]));
        assert_eq!(no_outcome, "its records of table person have no field outcomeId");
        let no_result = lack(contents(&[Case], &["age"], &["result"]));
        assert_eq!(no_result, "its records of table lab_result have no field result");
        let no_kind = lack(contents(&[ContactOfContact], &["age"], &[]));
        assert_eq!(no_kind, "it has no records of kind contact_of_contact");
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
