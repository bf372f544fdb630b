//! Every record with a finding, by its id: read from the line list that the last run kept, with Go.Data's locations and
//! reference data as they are now.

use super::{PlaceNames, QualityReport, persons, report, scope};
use crate::config::model::{Config, Report};
use crate::error::{Error, ErrorKind};
use crate::normalise::RULES_VERSION;
use crate::source;
use crate::store::LineList;
use epi::quality::{Alike, CHECKS, Duplicates, Findings, Likeness, Quality, Rule, Where};
use epi::record::Person;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Records listed. Beyond, they are counted: a list that nobody can read helps nobody to correct Go.Data.
const LISTED_MAX: usize = 1_000_000;

/// Which findings to list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of this rule; all when absent.
    pub rule: Option<Rule>,
    /// Those of this place, by organisation unit or name; all when absent.
    pub place: Option<String>,
}

/// What the line list says.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// The numbers, of all rules and all places.
    pub quality: QualityReport,
    /// The wanted findings, one for each record, in the order of rule, place and id.
    pub records: Vec<RecordFinding>,
    /// Findings beyond those.
    pub n_more: u64,
    /// Groups of records that may be one person's.
    pub groups: Vec<Group>,
}

/// A record that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordFinding {
    /// The rule.
    pub rule: &'static str,
    /// The field or list.
    pub field: &'static str,
    /// Organisation unit, as the map of places names it.
    pub org_unit: Option<String>,
    /// Its name in the map, or why there is none.
    pub place: String,
    /// Id of the record in Go.Data.
    pub record: String,
}

/// Records that may be one person's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Group {
    /// What they have in common.
    pub likeness: &'static str,
    /// Their ids.
    pub records: Vec<String>,
}

/// Looks at every record of the line list.
///
/// # Errors
/// No line list is kept; what it says; what Go.Data says of locations and reference data.
pub async fn list(config: &Config, of: &Report, wanted: &Wanted, now: Timestamp) -> Result<Listing, Error> {
    let path = config.line_list_file();
    if !path.exists() {
        let message = format!("no line list is kept in `{}`", config.state_folder.display());
        let advice = "Run the report with `keep = \"records\"` under `[state]`, or leave --records out for the numbers \
                      and samples of the last run.";
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    }
    let line_list = LineList::open_read_only(&path)?;
    let opened = source::open(config, of).await?;
    let today = now.to_zoned(of.time_zone.clone()).date();
    let span = of.look_back(today).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
    let definitions = config.definitions(of, span, now, opened.places.clone());
    let normalisation = line_list.belonging().normalisation.clone();
    let (read, kinds) = (read_by(&normalisation), persons(&of.kinds()));
    let scope = Arc::new(scope(&definitions, &opened, &read, &kinds));
    let places = &definitions.places;

    let mut quality = Quality::new(Arc::clone(&scope));
    let mut found: BTreeSet<(usize, Where, String)> = BTreeSet::new();
    let mut n_more = 0;
    let names = PlaceNames::of(config, places);
    let is_wanted = |check: usize, at: Where| {
        wanted.rule.is_none_or(|rule| CHECKS[check].rule == rule)
            && wanted
                .place
                .as_deref()
                .is_none_or(|named| names.org_unit(at) == Some(named) || names.name(at).eq_ignore_ascii_case(named))
    };
    let judged: Vec<Likeness> = Likeness::ALL.into_iter().filter(|likeness| likeness.is_judged(&scope)).collect();
    let mut alike: Vec<Duplicates> = judged.iter().map(|_| Duplicates::unlimited()).collect();
    line_list.for_each_found(|linked, unreadable| {
        let Some(person) = linked.joined().person().filter(|person| kinds.contains(&person.kind)) else { return };
        let unreadable = !unreadable.is_empty();
        quality.add(person, unreadable, places);
        let findings = Findings::of(person, unreadable, &scope, places);
        for check in findings.checks().filter(|check| is_wanted(*check, findings.place)) {
            if found.len() < LISTED_MAX {
                found.insert((check, findings.place, person.id.to_string()));
            } else {
                n_more += 1;
            }
        }
        judged.iter().zip(&mut alike).for_each(|(likeness, duplicates)| duplicates.add(*likeness, person));
    })?;
    let mut quality = report(&quality, places, config);
    let groups = groups(&line_list, &judged, &alike, |person| kinds.contains(&person.kind))?;
    // However many there were: here all are compared.
    for (likeness, duplicates) in judged.iter().zip(&alike) {
        let row = quality.duplicates.iter_mut().find(|row| row.likeness == likeness.name());
        if let (Some(row), Some(Alike { n_groups, n_records })) = (row, duplicates.alike()) {
            row.found = Some(super::Alike { n_groups, n_records });
        }
    }
    let records = found.into_iter().map(|(check, at, record)| RecordFinding {
        rule: CHECKS[check].rule.name(),
        field: CHECKS[check].field,
        org_unit: names.org_unit(at).map(str::to_owned),
        place: names.name(at).to_owned(),
        record,
    });
    Ok(Listing { records: records.collect(), quality, n_more, groups })
}

/// The ids of the records whose keys occur more than once: a second reading, if there are any.
fn groups(
    line_list: &LineList,
    judged: &[Likeness],
    alike: &[Duplicates],
    counts: impl Fn(&Person) -> bool,
) -> Result<Vec<Group>, Error> {
    let mut groups: Vec<BTreeMap<u64, Vec<String>>> = Vec::new();
    for duplicates in alike {
        let shared = duplicates.shared().unwrap_or_default();
        groups.push(shared.into_iter().map(|(key, _)| (key, Vec::new())).collect());
    }
    if groups.iter().all(BTreeMap::is_empty) {
        return Ok(Vec::new());
    }
    line_list.for_each(|person| {
        if counts(&person) {
            for (likeness, groups) in judged.iter().zip(&mut groups) {
                let group = likeness.key(&person).and_then(|key| groups.get_mut(&key));
                group.into_iter().for_each(|group| group.push(person.id.to_string()));
            }
        }
    })?;
    let mut told = Vec::new();
    for (likeness, groups) in judged.iter().zip(groups) {
        for mut records in groups.into_values() {
            records.sort();
            told.push(Group { likeness: likeness.name(), records });
        }
    }
    told.sort();
    Ok(told)
}

/// The names on the wire of what the records of a line list were made of: see [`crate::store::Belonging`].
fn read_by(normalisation: &str) -> BTreeSet<&str> {
    let mut words = normalisation.split(' ');
    // Of other rules nothing is known; nothing is judged then, and that is told.
    let is_ours = words.next() == Some(&RULES_VERSION.to_string());
    let persons = words.find_map(|word| word.strip_prefix("person(")?.strip_suffix(')'));
    persons.filter(|_| is_ours).map(|fields| fields.split(',').collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Contents;
    use epi::field::{LAB_RESULTS, Needs};
    use epi::record::RecordKind;

    #[test]
    fn what_was_read_stands_in_the_line_list() {
        let mut needs = Needs::nothing();
        needs.persons(["age", "dateOfOnset"]);
        needs.field(&LAB_RESULTS, LAB_RESULTS.field("result").unwrap());
        let kinds = [RecordKind::Case, RecordKind::LabResult].into();
        let normalisation = Contents::of(&kinds, &needs).to_string();
        assert!(normalisation.ends_with(" lab_result(result)"), "{normalisation}");
        assert_eq!(read_by(&normalisation), BTreeSet::from(["age", "dateOfOnset"]));
        assert!(read_by("0 case person(age)").is_empty(), "of other rules nothing is known");
        assert!(read_by("").is_empty());
    }
}
