//! The quality of the records, as a run tells and keeps it: numbers by rule, field and place, likely duplicates, delays.
//!
//! The record ids in it are samples; [`records`] lists all of them from the line list.

pub mod records;

use crate::config::model::Config;
use crate::error::Error;
use crate::kept;
use crate::source::Opened;
use crate::store::State;
use epi::indicator::Definitions;
use epi::place::Places;
use epi::quality::{CHECKS, Delay, Likeness, Quality, Scope, Spread, Surroundings, Where};
use epi::record::{PersonKind, RecordKind};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// The quality of the records that a report counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QualityReport {
    /// Records looked at.
    pub n_records: u64,
    /// Where they live; the rows below name a place by its position here.
    pub places: Vec<QualityPlace>,
    /// What is missing or cannot be, in the order of the documentation.
    pub findings: Vec<Finding>,
    /// Rules that could not judge, because a field was not read or the reference data are not known: not zero.
    pub not_looked_at: Vec<NotLookedAt>,
    /// Records that may be one person's.
    pub duplicates: Vec<LikelyDuplicates>,
    /// How long things took.
    pub delays: Vec<DelayRow>,
}

/// A place with records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QualityPlace {
    /// Organisation unit, as the map of places names it; none where the records belong to none.
    pub org_unit: Option<String>,
    /// Its name in the map, or why there is none.
    pub name: String,
    /// Cases that live there.
    pub cases: u64,
    /// Contacts.
    pub contacts: u64,
    /// Contacts of contacts.
    pub contacts_of_contacts: u64,
}

impl QualityPlace {
    /// All records that live there.
    pub fn n_records(&self) -> u64 {
        self.cases + self.contacts + self.contacts_of_contacts
    }

    /// Whether somebody means it: by the organisation unit or by the name.
    pub fn is(&self, named: &str) -> bool {
        self.org_unit.as_deref() == Some(named) || self.name.eq_ignore_ascii_case(named)
    }
}

/// A rule broken in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// The field or list.
    pub field: String,
    /// Records that break it.
    pub n_records: u64,
    /// Records that were held against it.
    pub of: u64,
    /// Where: the position of the place and the number of records.
    pub places: Vec<(usize, u64)>,
    /// Some of the records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
}

/// A rule that could not judge a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NotLookedAt {
    /// The rule.
    pub rule: String,
    /// The field or list.
    pub field: String,
}

/// Records that may be one person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LikelyDuplicates {
    /// What they have in common.
    pub likeness: String,
    /// Groups of such records and the records in them; none if there were too many records to compare while they passed.
    pub found: Option<Alike>,
}

/// How many records are like another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alike {
    /// Groups.
    pub n_groups: u64,
    /// Records in them.
    pub n_records: u64,
}

/// A delay: of all records, of a place, or of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DelayRow {
    /// Between which dates.
    pub delay: String,
    /// Position of the place; none for all places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
    /// Month of the second date, such as `2020-03`; none for all months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// Records with both dates.
    pub n_records: u64,
    /// Records whose second date is before the first.
    pub n_negative: u64,
    /// First quartile, in days; 366 is more than a year, -60 is sixty days or more before.
    pub lower_quartile: i32,
    /// Median.
    pub median: i32,
    /// Third quartile.
    pub upper_quartile: i32,
    /// 90th percentile.
    pub percentile_90: i32,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Number of the run.
    pub run: i64,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What it found; without record ids once those have expired.
    pub quality: QualityReport,
}

/// Runs among which the last one that looked at records is searched: failed runs of some days of a schedule lie on top.
const RUNS_LOOKED_AT: u32 = 1_000;

/// The kinds of persons among those of records: only persons are judged.
pub(crate) fn persons(kinds: &BTreeSet<RecordKind>) -> BTreeSet<PersonKind> {
    kinds.iter().filter_map(|kind| kind.person()).collect()
}

/// What the last run of a report found; none if no run looked at records yet.
///
/// # Errors
/// What the state says.
pub fn last(state: &State, report: &str) -> Result<Option<Kept>, Error> {
    for run in state.runs(Some(report), RUNS_LOOKED_AT)? {
        let kept = kept::report(state, run.id)?;
        if let Some((finished_at, Some(quality))) = kept.map(|kept| (kept.finished_at, kept.quality)) {
            return Ok(Some(Kept { run: run.id.0, finished_at, quality }));
        }
    }
    Ok(None)
}

/// What can be judged of what is read.
pub fn scope(definitions: &Definitions, opened: &Opened, read: &BTreeSet<&str>, kinds: &BTreeSet<PersonKind>) -> Scope {
    let around = Surroundings {
        read: read.clone(),
        kinds: kinds.clone(),
        outbreak_start: opened.outbreak_start,
        reference_data: opened.reference_data.as_ref(),
    };
    Scope::new(definitions, &around)
}

/// What was found, for a report.
pub fn report(quality: &Quality, places: &Places, config: &Config) -> QualityReport {
    let names = PlaceNames::of(config, places);
    let mut positions = HashMap::new();
    let mut rows = Vec::new();
    for (at, n) in quality.places() {
        positions.insert(at, rows.len());
        let of = |kind: PersonKind| n[kind as usize];
        rows.push(QualityPlace {
            org_unit: names.org_unit(at).map(str::to_owned),
            name: names.name(at).to_owned(),
            cases: of(PersonKind::Case),
            contacts: of(PersonKind::Contact),
            contacts_of_contacts: of(PersonKind::ContactOfContact),
        });
    }
    QualityReport {
        n_records: rows.iter().map(QualityPlace::n_records).sum(),
        places: rows,
        findings: findings(quality, &positions),
        not_looked_at: not_looked_at(quality.scope()),
        duplicates: duplicates(quality),
        delays: delays(quality, &positions),
    }
}

fn findings(quality: &Quality, positions: &HashMap<Where, usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, check) in CHECKS.iter().enumerate() {
        let places: Vec<(usize, u64)> =
            quality.broken(place).filter_map(|(at, n)| Some((*positions.get(&at)?, n))).collect();
        if !places.is_empty() {
            findings.push(Finding {
                rule: check.rule.name().to_owned(),
                field: check.field.to_owned(),
                n_records: places.iter().map(|(_, n)| n).sum(),
                of: quality.n_looked_at(check),
                places,
                records: quality.samples(place).map(ToString::to_string).collect(),
            });
        }
    }
    findings
}

fn not_looked_at(scope: &Scope) -> Vec<NotLookedAt> {
    let row = |rule: &str, field: &str| NotLookedAt { rule: rule.to_owned(), field: field.to_owned() };
    let checks = scope.not_looked_at().map(|check| row(check.rule.name(), check.field));
    let likenesses = Likeness::ALL.into_iter().filter(|likeness| !likeness.is_judged(scope));
    let likenesses = likenesses.map(|likeness| row(likeness.name(), "duplicates"));
    let delays = Delay::ALL.into_iter().filter(|delay| !scope.delays().contains(delay));
    checks.chain(likenesses).chain(delays.map(|delay| row(delay.name(), "delays"))).collect()
}

fn duplicates(quality: &Quality) -> Vec<LikelyDuplicates> {
    let row = |likeness: Likeness| {
        let alike = quality.alike(likeness)?;
        let found = alike.map(|alike| Alike { n_groups: alike.n_groups, n_records: alike.n_records });
        Some(LikelyDuplicates { likeness: likeness.name().to_owned(), found })
    };
    Likeness::ALL.into_iter().filter_map(row).collect()
}

fn delays(quality: &Quality, positions: &HashMap<Where, usize>) -> Vec<DelayRow> {
    let mut rows = Vec::new();
    for delay in Delay::ALL {
        let row = |place, month, spread: Spread| DelayRow {
            delay: delay.name().to_owned(),
            place,
            month,
            n_records: spread.n,
            n_negative: spread.n_negative,
            lower_quartile: spread.lower_quartile,
            median: spread.median,
            upper_quartile: spread.upper_quartile,
            percentile_90: spread.percentile_90,
        };
        rows.extend(quality.delay(delay).map(|spread| row(None, None, spread)));
        let by_place = quality.delay_by_place(delay);
        rows.extend(by_place.filter_map(|(at, spread)| Some(row(Some(*positions.get(&at)?), None, spread))));
        let by_month = quality.delay_by_month(delay);
        rows.extend(by_month.map(|((year, month), spread)| row(None, Some(format!("{year:04}-{month:02}")), spread)));
    }
    rows
}

/// What places are called: the map of places has a name beside each location.
struct PlaceNames<'a> {
    org_units: &'a [String],
    names: HashMap<&'a str, &'a str>,
}

impl<'a> PlaceNames<'a> {
    fn of(config: &'a Config, places: &'a Places) -> Self {
        let mut names = HashMap::new();
        for row in config.places.rows.iter().filter(|row| !row.name.is_empty()) {
            if let Some(org_unit) = &row.org_unit {
                // Where several locations count in one organisation unit, the first in the file gives the name.
                names.entry(org_unit.as_str()).or_insert(row.name.as_str());
            }
        }
        Self { org_units: places.org_units(), names }
    }

    fn org_unit(&self, at: Where) -> Option<&'a str> {
        match at {
            Where::OrgUnit(place) => self.org_units.get(place).map(String::as_str),
            _ => None,
        }
    }

    fn name(&self, at: Where) -> &'a str {
        match at {
            Where::OrgUnit(_) => {
                let org_unit = self.org_unit(at).unwrap_or_default();
                self.names.get(org_unit).copied().unwrap_or(org_unit)
            }
            Where::NotMapped => "(not mapped)",
            Where::Unknown => "(unknown location)",
            Where::NoPlace => "(no place)",
        }
    }
}
