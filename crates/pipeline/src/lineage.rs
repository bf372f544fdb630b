//! From a number to its records and back: the same pure function that the aggregate is the fold of, used as a filter over
//! the line list.

mod named;

use crate::config::model::{Config, Report};
use crate::error::{Error, ErrorKind};
use crate::query::line_list_file;
use crate::source;
use crate::store::LineList;
use crate::target::Target;
use epi::contribution::{Contributions, Outcome, contributions};
use epi::explanation::{Meaning, explain};
use epi::indicator::Definitions;
use epi::period::Period;
use epi::record::{Joined, Linked, Record};
use jiff::Timestamp;
use serde::Serialize;

/// Records that are told of one value. A page of them is read by nobody, and a country's total may have a million.
pub const RECORDS_MAX: usize = 10_000;

/// A cell as people name it.
#[derive(Clone, Debug)]
pub struct CellName {
    /// UID, code or name of the data element, or what the configuration calls it, or code or title of one of its indicators.
    pub data_element: String,
    /// Period.
    pub period: Period,
    /// UID, code or name of the organisation unit, or as the map of places names it.
    pub org_unit: String,
    /// UID or name of the category option combo; all of them when absent.
    pub combo: Option<String>,
}

/// The records in a cell.
#[derive(Clone, Debug, Serialize)]
pub struct CellRecords {
    /// The records, in the order of their ids.
    pub records: Vec<RecordInCell>,
    /// More records that are in the cell and are not told.
    pub n_more: u64,
}

/// A record that counts in a cell.
#[derive(Clone, Debug, Serialize)]
pub struct RecordInCell {
    /// Id in Go.Data.
    pub record: String,
    /// Code of the indicator.
    pub indicator: String,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// Its name.
    pub category_option_combo_name: Option<String>,
    /// The date basis by which it counts.
    pub by_date: String,
    /// What the indicator saw in it.
    pub meaning: Meaning,
}

/// What the indicators make of a record.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedRecord {
    /// Id in Go.Data.
    pub record: String,
    /// `case`, `contact` ...
    pub kind: &'static str,
    /// One for each indicator, in order.
    pub indicators: Vec<RecordMeaning>,
}

/// What one indicator makes of a record.
#[derive(Clone, Debug, Serialize)]
pub struct RecordMeaning {
    /// Code of the indicator.
    pub indicator: String,
    /// The cells that the record counts in.
    pub cells: Vec<CellOfRecord>,
    /// The one reason why it counts in none.
    pub excluded: Option<String>,
    /// That reason with what the record has there.
    pub because: Option<String>,
    /// What the indicator saw in it.
    pub meaning: Meaning,
}

/// A cell that a record counts in.
#[derive(Clone, Debug, Serialize)]
pub struct CellOfRecord {
    /// UID of the data element.
    pub data_element: String,
    /// Its name.
    pub data_element_name: String,
    /// Period.
    pub period: String,
    /// Organisation unit, as the map of places names it.
    pub org_unit: String,
    /// Its name in DHIS2.
    pub org_unit_name: Option<String>,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// Its name.
    pub category_option_combo_name: Option<String>,
    /// UID of the attribute option combo.
    pub attribute_option_combo: String,
}

/// The line list beside the definitions that it is read with.
pub struct Lineage {
    line_list: LineList,
    definitions: Definitions,
    target: Target,
}

impl Lineage {
    /// Opens the line list that the last run kept, and reads from both servers what the definitions need.
    ///
    /// # Errors
    /// No line list was kept; what the servers say.
    pub async fn open(
        config: &Config,
        report: &Report,
        span: epi::period::Span,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let line_list = LineList::open_read_only(&line_list_file(config)?)?;
        let target = Target::prepare(config, report).await?;
        let opened = source::open(config, report).await?;
        let definitions = config.definitions(report, span, now, opened.places);
        Ok(Self { line_list, definitions, target })
    }

    /// The records in a cell, in the order of their ids.
    ///
    /// # Errors
    /// A name that nothing has, or several things have; what the line list says.
    pub fn records_in(&self, cell: &CellName) -> Result<CellRecords, Error> {
        let wanted = self.find(cell)?;
        let mut found = CellRecords { records: Vec::new(), n_more: 0 };
        self.line_list.for_each_by_id(|linked| {
            for (index, (cells, outcome)) in self.cells(linked.joined()).into_iter().enumerate() {
                let Outcome::Counted { basis } = outcome else { continue };
                let indicator = &self.definitions.indicators[index];
                for of in cells.into_iter().filter(|of| wanted.has(index, of)) {
                    if found.records.len() == RECORDS_MAX {
                        found.n_more += 1;
                        continue;
                    }
                    found.records.push(RecordInCell {
                        record: linked.record.id().to_owned(),
                        indicator: indicator.code.clone(),
                        category_option_combo: of.category_option_combo,
                        category_option_combo_name: of.category_option_combo_name,
                        by_date: indicator.when[usize::from(basis)].to_string(),
                        meaning: explain(linked.joined(), indicator, &self.definitions),
                    });
                }
            }
        })?;
        Ok(found)
    }

    /// What every indicator makes of a record, named by its id in Go.Data or by its case number.
    ///
    /// # Errors
    /// No such record; several records of that case number; what the line list says.
    pub fn explain(&self, named: &str) -> Result<ExplainedRecord, Error> {
        let linked = self.record(named)?;
        let record = linked.joined();
        let meanings = self.cells(record).into_iter().zip(&self.definitions.indicators);
        let indicators = meanings.map(|((cells, outcome), indicator)| {
            let meaning = explain(record, indicator, &self.definitions);
            let reason = match outcome {
                Outcome::Excluded(reason) => Some(reason),
                Outcome::Counted { .. } => None,
            };
            RecordMeaning {
                indicator: indicator.code.clone(),
                cells,
                excluded: reason.map(|reason| reason.to_string()),
                because: reason.map(|reason| meaning.because(reason)),
                meaning,
            }
        });
        Ok(ExplainedRecord {
            record: linked.record.id().to_owned(),
            kind: record.kind().name(),
            indicators: indicators.collect(),
        })
    }

    fn record(&self, named: &str) -> Result<Linked, Error> {
        let mut found = self.line_list.linked(named)?;
        if let Some(first) = found.pop() {
            return Ok(first);
        }
        self.line_list.for_each_by_id(|linked| {
            let visual_id = match &linked.record {
                Record::Person(person) => person.visual_id.as_deref(),
                Record::Event(event) => event.visual_id.as_deref(),
                _ => None,
            };
            if visual_id == Some(named) {
                found.push(linked.clone());
            }
        })?;
        let refuse = |message: String, advice: &str| Error::new(ErrorKind::Config, message).advice(advice);
        match found.len() {
            0 => Err(refuse(
                format!("the line list has no record `{named}`"),
                "It holds what the last run read: deleted records are not in it. Give Go.Data's id; case numbers are kept \
                 only if a report names `visual_id`.",
            )),
            1 => Ok(found.remove(0)),
            n => {
                let ids: Vec<_> = found.iter().map(|linked| linked.record.id()).collect();
                Err(refuse(
                    format!("{n} records have the case number `{named}`: {}", ids.join(", ")),
                    "Give one of their ids.",
                ))
            }
        }
    }

    /// The cells of every indicator that a record counts in, and what became of it.
    fn cells(&self, record: Joined<'_>) -> Vec<(Vec<CellOfRecord>, Outcome)> {
        let mut found = Contributions::default();
        contributions(record, &self.definitions, &mut found);
        let mut meanings: Vec<(Vec<CellOfRecord>, Outcome)> =
            found.outcomes.iter().map(|outcome| (Vec::new(), *outcome)).collect();
        for contribution in &found.cells {
            let cell = contribution.cell;
            let indicator = usize::from(cell.indicator);
            let Some(address) = &self.target.indicators[indicator] else { continue };
            let (combo, attribute) = &address.cells[cell.combo as usize];
            let Some(period) = self.definitions.span.span().get(usize::from(cell.period)) else { continue };
            let org_unit = &self.definitions.places.org_units()[cell.place as usize];
            meanings[indicator].0.push(CellOfRecord {
                data_element: address.data_element.to_string(),
                data_element_name: address.name.clone(),
                period: period.id().to_string(),
                org_unit: org_unit.clone(),
                org_unit_name: self.target.org_units.get(org_unit).map(|unit| unit.unit.name.clone()),
                category_option_combo: combo.to_string(),
                category_option_combo_name: self.target.combo_names.get(combo).cloned(),
                attribute_option_combo: attribute.to_string(),
            });
        }
        meanings
    }
}
