//! From a number to its records and back: the same pure function that the aggregate is the fold of, used as a filter over
//! the line list.

use crate::config::model::{Config, Report};
use crate::error::{Error, ErrorKind};
use crate::source;
use crate::store::{LineList, StoreError};
use crate::target::{Address, Target};
use epi::contribution::{Contributions, Outcome, contributions};
use epi::indicator::Definitions;
use epi::period::Period;
use epi::record::Person;
use jiff::Timestamp;
use serde::Serialize;

/// A cell as people name it.
#[derive(Clone, Debug)]
pub struct CellName {
    /// The data element: its UID, its code, or what the configuration calls it.
    pub data_element: String,
    /// Period.
    pub period: Period,
    /// Organisation unit, as the map of places names it.
    pub org_unit: String,
    /// UID of the category option combo; all of them when absent.
    pub combo: Option<String>,
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
    /// The date basis by which it counts.
    pub by_date: String,
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
}

/// A cell that a record counts in.
#[derive(Clone, Debug, Serialize)]
pub struct CellOfRecord {
    /// UID of the data element.
    pub data_element: String,
    /// Period.
    pub period: String,
    /// Organisation unit, as the map of places names it.
    pub org_unit: String,
    /// UID of the category option combo.
    pub category_option_combo: String,
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
        let path = config.line_list_file();
        if !path.exists() {
            let message = format!("no line list is kept in `{}`", config.state_folder.display());
            let advice = "Run the report with `keep = \"records\"` under `[state]`; then every number can be followed to its records.";
            return Err(Error::new(ErrorKind::Config, message).advice(advice));
        }
        let line_list = LineList::open_read_only(&path).map_err(|error: StoreError| Error::from(error))?;
        let target = Target::prepare(config, report).await?;
        let opened = source::open(config, report).await?;
        let definitions = config.definitions(report, span, now, opened.places);
        Ok(Self { line_list, definitions, target })
    }

    /// The records in a cell, in the order of their ids.
    ///
    /// # Errors
    /// What the line list says.
    pub fn records_in(&self, cell: &CellName) -> Result<Vec<RecordInCell>, Error> {
        let mut found = Vec::new();
        self.line_list.for_each(|person| {
            for (indicator, meaning) in self.meaning(&person).into_iter().enumerate() {
                let by_date = match meaning.1 {
                    Outcome::Counted { basis } => {
                        self.definitions.indicators[indicator].when[usize::from(basis)].to_string()
                    }
                    Outcome::Excluded(_) => continue,
                };
                let hits = meaning.0.iter().filter(|of| self.is(of, cell));
                found.extend(hits.map(|of| RecordInCell {
                    record: person.id.to_string(),
                    indicator: self.definitions.indicators[indicator].code.clone(),
                    category_option_combo: of.category_option_combo.clone(),
                    by_date: by_date.clone(),
                }));
            }
        })?;
        found.sort_by(|a, b| a.record.cmp(&b.record).then(a.indicator.cmp(&b.indicator)));
        Ok(found)
    }

    /// What every indicator makes of a record; `None` when the line list has no record of that id.
    ///
    /// # Errors
    /// What the line list says.
    pub fn cells_of(&self, record: &str) -> Result<Option<Vec<RecordMeaning>>, Error> {
        let Some(person) = self.line_list.get(record)? else { return Ok(None) };
        let meanings = self.meaning(&person).into_iter().zip(&self.definitions.indicators);
        Ok(Some(
            meanings
                .map(|((cells, outcome), indicator)| RecordMeaning {
                    indicator: indicator.code.clone(),
                    cells,
                    excluded: match outcome {
                        Outcome::Excluded(reason) => Some(reason.to_string()),
                        Outcome::Counted { .. } => None,
                    },
                })
                .collect(),
        ))
    }

    fn is(&self, of: &CellOfRecord, cell: &CellName) -> bool {
        let element = |uid: &str| {
            let mut elements = self.target.data_sets.iter().flat_map(|one| &one.data_set.elements);
            let element = elements.find(|element| element.data_element.id.as_str() == uid);
            let is_written_so = |address: &Address| address.data_element == uid && address.written == cell.data_element;
            uid == cell.data_element
                || element.is_some_and(|e| e.data_element.code.as_deref() == Some(cell.data_element.as_str()))
                || self.target.addresses().any(is_written_so)
        };
        of.period == cell.period.id().as_str()
            && (of.org_unit == cell.org_unit || self.unit_is(&of.org_unit, &cell.org_unit))
            && cell.combo.as_ref().is_none_or(|combo| *combo == of.category_option_combo)
            && element(&of.data_element)
    }

    /// Whether a unit of the map is the one that somebody names by UID or by name.
    fn unit_is(&self, in_map: &str, named: &str) -> bool {
        self.target.org_units.get(in_map).is_some_and(|unit| unit.unit.id.as_str() == named || unit.unit.name == named)
    }

    fn meaning(&self, person: &Person) -> Vec<(Vec<CellOfRecord>, Outcome)> {
        let mut found = Contributions::default();
        contributions(person, &self.definitions, &mut found);
        let mut meanings: Vec<(Vec<CellOfRecord>, Outcome)> =
            found.outcomes.iter().map(|outcome| (Vec::new(), *outcome)).collect();
        for contribution in &found.cells {
            let cell = contribution.cell;
            let indicator = usize::from(cell.indicator);
            let Some(address) = &self.target.indicators[indicator] else { continue };
            let (combo, attribute) = &address.cells[cell.combo as usize];
            let Some(period) = self.definitions.span.span().get(usize::from(cell.period)) else { continue };
            meanings[indicator].0.push(CellOfRecord {
                data_element: address.data_element.to_string(),
                period: period.id().to_string(),
                org_unit: self.definitions.places.org_units()[cell.place as usize].clone(),
                category_option_combo: combo.to_string(),
                attribute_option_combo: attribute.to_string(),
            });
        }
        meanings
    }
}
