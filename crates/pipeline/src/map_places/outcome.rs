//! What became of every location, for people, for programs and for the map.

use super::sheet::{HOW_ABOVE, HOW_CODE, HOW_ID, HOW_NAME, HOW_OPEN, HOW_PERSON, Sheet};
use super::survey::Survey;
use epi::matching::{Candidate, Matched, Matching, Reason, State};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// Where records were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// In the line list that the last run kept.
    LineList,
    /// In Go.Data, now.
    Godata,
    /// Nowhere.
    NotAtAll,
}

/// What became of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The map had an organisation unit for it.
    Kept,
    /// The map leaves it to the location above.
    Left,
    /// A person has chosen since: at the terminal, or in the map.
    Chosen,
    /// The match is sure.
    Accepted,
    /// A person has to choose.
    Open,
}

/// An organisation unit that a location may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CandidateRow {
    /// The organisation unit, as the map calls it.
    pub org_unit: String,
    /// Its name.
    pub name: String,
    /// What it lies in, from the root.
    pub parents: Vec<String>,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// What speaks for it and against it.
    pub reasons: Vec<String>,
}

/// A location and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tally {
    /// The location's id.
    pub location_id: String,
    /// Its name.
    pub location: String,
    /// What it lies in, from the root.
    pub parents: Vec<String>,
    /// What became of it.
    pub standing: Standing,
    /// The organisation unit, as the map calls it.
    pub org_unit: Option<String>,
    /// Its name.
    pub org_unit_name: Option<String>,
    /// How the two were found to be one.
    pub how: String,
    /// Records that name the location itself.
    pub records: u64,
    /// Records that would count here if it had an organisation unit: its own and those of what lies in it and has none.
    pub records_hanging: u64,
    /// What it may be; the one that it is, where that was accepted now.
    pub candidates: Vec<CandidateRow>,
}

/// An organisation unit that is several locations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    /// Its name.
    pub org_unit_name: String,
    /// The names of the locations.
    pub locations: Vec<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Address of Go.Data.
    pub godata: String,
    /// Address of DHIS2.
    pub dhis2: String,
    /// The map.
    pub map: String,
    /// Whether the map was written.
    pub is_written: bool,
    /// Organisation units that the account sees, and how many of them a location may become.
    pub n_units: usize,
    /// How many of them a location may become.
    pub n_units_taking: usize,
    /// Locations that have the id of an organisation unit.
    pub n_same_ids: usize,
    /// The locations were made from DHIS2's organisation units.
    pub is_converted: bool,
    /// From which confidence on a match is accepted.
    pub accept: f64,
    /// Where records were counted.
    pub counted: Counted,
    /// Records that name a location.
    pub n_records: u64,
    /// Records that count nowhere: neither their location nor one above it has an organisation unit.
    pub n_records_nowhere: u64,
    /// Every location, those above first.
    pub locations: Vec<Tally>,
    /// Organisation units that are several locations: their values are added up there.
    pub shared: Vec<Shared>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// How many locations stand so.
    pub fn count(&self, standing: Standing) -> usize {
        self.locations.iter().filter(|one| one.standing == standing).count()
    }

    /// The open locations, those with most records first.
    pub fn open(&self) -> Vec<&Tally> {
        let mut open: Vec<&Tally> = self.locations.iter().filter(|one| one.standing == Standing::Open).collect();
        open.sort_by_key(|one| std::cmp::Reverse(one.records_hanging));
        open
    }
}

impl Survey {
    /// Says what became of every location.
    pub fn outcome(&self, matching: &Matching) -> Outcome {
        let (hanging, n_records_nowhere) = self.hanging(matching);
        let rows = self.sheet.positions();
        let of = |(at, matched): (usize, &Matched)| self.tally(at, matched, hanging[at], &rows);
        let shared = matching.shared.iter().map(|(unit, locations)| Shared {
            org_unit_name: self.units[*unit].name.clone(),
            locations: locations.iter().map(|at| self.locations[*at].name.clone()).collect(),
        });
        Outcome {
            godata: self.godata.clone(),
            dhis2: self.dhis2.clone(),
            map: self.sheet.path().display().to_string(),
            is_written: false,
            n_units: self.units.len(),
            n_units_taking: self.units.iter().filter(|unit| unit.may_take).count(),
            n_same_ids: matching.n_same_ids,
            is_converted: matching.is_converted(),
            accept: self.rules.accept,
            counted: self.counted,
            n_records: self.records.values().sum(),
            n_records_nowhere,
            locations: matching.locations.iter().enumerate().map(of).collect(),
            shared: shared.collect(),
            warnings: self.warnings.clone(),
        }
    }

    fn tally(&self, at: usize, matched: &Matched, records_hanging: u64, rows: &HashMap<String, usize>) -> Tally {
        let location = &self.locations[at];
        let row = rows.get(&location.id);
        let cell = |column: &str| row.map_or("", |row| self.sheet.cell(*row, column));
        let chosen = self.chosen.get(&location.id);
        let standing = match matched.state {
            State::Open => Standing::Open,
            State::Accepted => Standing::Accepted,
            State::Decided(_) if chosen.is_some() || self.filled.contains_key(&location.id) => Standing::Chosen,
            State::Decided(None) if cell("org_unit").is_empty() => Standing::Left,
            State::Decided(_) => Standing::Kept,
        };
        let unit = matched.unit();
        let how = match standing {
            Standing::Open => HOW_OPEN,
            Standing::Chosen if unit.is_none() => HOW_ABOVE,
            Standing::Chosen => HOW_PERSON,
            Standing::Accepted => matched.candidates.first().map_or(HOW_NAME, how),
            Standing::Kept | Standing::Left => cell("how"),
        };
        let org_unit = unit.and_then(|unit| self.keys[unit].clone());
        let as_written = || (standing == Standing::Kept).then(|| cell("org_unit").to_owned());
        Tally {
            location_id: location.id.clone(),
            location: location.name.clone(),
            parents: self.parents_of_location(at),
            standing,
            org_unit: org_unit.or_else(as_written),
            org_unit_name: unit.map(|unit| self.units[unit].name.clone()),
            how: how.to_owned(),
            records: self.records.get(&location.id).copied().unwrap_or(0),
            records_hanging,
            candidates: match standing {
                Standing::Open | Standing::Accepted => matched.candidates.iter().map(|one| self.row(one)).collect(),
                _ => Vec::new(),
            },
        }
    }

    fn row(&self, candidate: &Candidate) -> CandidateRow {
        let unit = candidate.unit;
        CandidateRow {
            org_unit: self.keys[unit].clone().unwrap_or_default(),
            name: self.units[unit].name.clone(),
            parents: self.parents_of_unit(unit),
            confidence: candidate.confidence,
            reasons: candidate.reasons.iter().map(ToString::to_string).collect(),
        }
    }

    /// The records that hang on each location, and how many hang on none that is mapped.
    fn hanging(&self, matching: &Matching) -> (Vec<u64>, u64) {
        let positions = &self.positions;
        let (mut hanging, mut n_nowhere) = (vec![0; self.locations.len()], 0);
        for (location, n) in &self.records {
            let mut at = positions.get(location).copied();
            let mut seen = 0;
            loop {
                let Some(position) = at.filter(|_| seen <= self.locations.len()) else {
                    n_nowhere += n;
                    break;
                };
                hanging[position] += n;
                if matching.locations[position].unit().is_some() {
                    break;
                }
                at = self.locations[position].parent.as_deref().and_then(|id| positions.get(id).copied());
                seen += 1;
            }
        }
        (hanging, n_nowhere)
    }

    /// The map with what was found: rows of people stay, sure matches are filled in, open ones have their candidates.
    /// `neutral` makes a text that a spreadsheet takes for no formula.
    pub fn mapped(&self, outcome: &Outcome, neutral: fn(&str) -> Cow<'_, str>) -> Sheet {
        let mut sheet = self.sheet.clone();
        let rows = sheet.positions();
        for one in &outcome.locations {
            let row = rows.get(&one.location_id).copied();
            if row.is_some() && matches!(one.standing, Standing::Kept | Standing::Left) {
                continue;
            }
            let row = row.unwrap_or_else(|| sheet.add(&one.location_id));
            let mut set = |column: &str, text: &str| sheet.set(row, column, neutral(text));
            set("location", &one.location);
            set("parent", one.parents.last().map_or("", String::as_str));
            set("org_unit_name", one.org_unit_name.as_deref().unwrap_or_default());
            set("how", &one.how);
            let confidence = one.candidates.first().filter(|_| one.standing == Standing::Accepted);
            set("confidence", &confidence.map(|best| best.confidence.to_string()).unwrap_or_default());
            let is_open = one.standing == Standing::Open;
            let records = (is_open && outcome.counted != Counted::NotAtAll).then(|| one.records_hanging.to_string());
            set("records", &records.unwrap_or_default());
            let candidates = one
                .candidates
                .iter()
                .filter(|_| is_open)
                .map(|candidate| format!("{} {} ({})", candidate.org_unit, candidate.name, candidate.confidence));
            set("candidates", &candidates.collect::<Vec<_>>().join("; "));
            // Ids are compared byte by byte.
            sheet.set(row, "org_unit", one.org_unit.as_deref().unwrap_or_default());
        }
        sheet
    }
}

fn how(candidate: &Candidate) -> &'static str {
    match candidate.reasons.first() {
        Some(Reason::SameId) => HOW_ID,
        Some(Reason::SameCode) => HOW_CODE,
        _ => HOW_NAME,
    }
}
