//! Records and computed values, one after the other, for whoever writes them to a file.

use crate::config::model::{Config, Report};
use crate::config::{Problem, SourceText};
use crate::error::{Error, ErrorKind};
use crate::query::line_list_file;
use crate::run::open_state;
use crate::store::{CellRow, LineList, Run, RunId, State};
use crate::target::Target;
use epi::condition::Condition;
use epi::field::{self, Field, List, Table};
use epi::period::Period;
use epi::record::{Joined, Linked, RecordKind};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// Runs looked at for the last one that came to its end.
const RUNS_LOOKED_AT: u32 = 1_000;

const CONDITION_ADVICE: &str = "A condition compares fields with values, such as `classification = 'CONFIRMED'`.";

/// Which records, and what of them.
#[derive(Clone, Debug)]
pub struct RecordSelection {
    /// The table that they are of.
    pub table: &'static Table,
    /// Kinds; all of the table when empty.
    pub kinds: BTreeSet<RecordKind>,
    /// Fields and lists, in the order in which they were named; all of the record's own when empty.
    pub columns: Vec<Named>,
    /// Which of them; all when absent.
    pub condition: Option<Condition>,
}

/// A field or a list of the catalogue.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// A field.
    Field(&'static Field),
    /// A list.
    List(&'static List),
}

impl Named {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name,
            Self::List(list) => list.name,
        }
    }
}

impl RecordSelection {
    /// Reads what a command line says. Without a kind it is all persons.
    ///
    /// # Errors
    /// Unknown kinds and fields with what was probably meant; kinds of several tables; everything that is wrong with the
    /// condition.
    pub fn parse(kinds: &[String], columns: &[String], condition: Option<&str>) -> Result<Self, Error> {
        let mut selection =
            Self { table: &field::PERSONS, kinds: BTreeSet::new(), columns: Vec::new(), condition: None };
        for name in kinds {
            let known = RecordKind::ALL.map(RecordKind::name);
            let kind = RecordKind::from_name(name).ok_or_else(|| unknown("kind of record", name, &known))?;
            if !selection.kinds.is_empty() && selection.table.name != kind.table().name {
                let message = format!("`{name}` records have other fields than those before them");
                let advice = "Export each kind of its own; case, contact and contact_of_contact go together.";
                return Err(Error::new(ErrorKind::Config, message).advice(advice));
            }
            selection.table = kind.table();
            selection.kinds.insert(kind);
        }
        let table = selection.table;
        for name in columns {
            let named = table.field(name).map(Named::Field).or_else(|| table.list(name).map(Named::List));
            let lists = table.all_lists().map(|list| list.name);
            let known: Vec<_> = table.all_fields().map(|field| field.name).chain(lists).collect();
            selection.columns.push(named.ok_or_else(|| unknown("field", name, &known))?);
        }
        if let Some(text) = condition {
            let source = SourceText::new(Path::new("--where"), text);
            selection.condition = Some(Condition::parse_of(table, text).map_err(|errors| {
                let problem = |error: epi::condition::ConditionError| Problem {
                    advice: error.hint.or_else(|| Some(CONDITION_ADVICE.to_owned())),
                    ..Problem::at(&source, error.span, error.message)
                };
                Error {
                    message: "the condition is not possible".into(),
                    ..Error::config(errors.into_iter().map(problem).collect())
                }
            })?);
        }
        Ok(selection)
    }

    fn has(&self, record: Joined<'_>) -> bool {
        let kind = record.kind();
        (if self.kinds.is_empty() { kind.table().name == self.table.name } else { self.kinds.contains(&kind) })
            && self.condition.as_ref().is_none_or(|condition| condition.matches(record) == Some(true))
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Error {
    let advice = match epi::nearest(name, known) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Known: {}.", known.join(", ")),
    };
    Error::new(ErrorKind::Config, format!("unknown {what} `{name}`")).advice(advice)
}

/// Gives every selected record of the line list beside its persons, in the order of the ids, until the answer is false.
///
/// # Errors
/// No line list was kept; what it says.
pub fn records(
    config: &Config,
    selection: &RecordSelection,
    mut with: impl FnMut(&Linked) -> bool,
) -> Result<(), Error> {
    let line_list = LineList::open_read_only(&line_list_file(config)?)?;
    Ok(line_list.each_by_id(|linked| !selection.has(linked.joined()) || with(linked))?)
}

/// Which computed values.
#[derive(Clone, Copy, Debug)]
pub struct CellSelection<'a> {
    /// The report.
    pub report: &'a Report,
    /// The run; the last one that came to its end when absent.
    pub run: Option<RunId>,
    /// First period; all when absent.
    pub from: Option<Period>,
    /// Last period; all when absent.
    pub to: Option<Period>,
}

/// A computed value with its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedCell {
    /// UID of the data element.
    pub data_element: String,
    /// Its name, if names are asked for.
    pub data_element_name: Option<String>,
    /// Code of the indicator.
    pub indicator: String,
    /// Period.
    pub period: String,
    /// UID of the organisation unit.
    pub org_unit: String,
    /// Its name.
    pub org_unit_name: Option<String>,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// Its name.
    pub category_option_combo_name: Option<String>,
    /// UID of the attribute option combo.
    pub attribute_option_combo: String,
    /// The value as DHIS2 gets it.
    pub value: String,
    /// Records that contribute to it.
    pub n_records: u64,
}

/// The computed values of a run, ready to be read.
pub struct Cells {
    state: State,
    /// The run.
    pub run: Run,
    names: Option<Target>,
    first: Option<Period>,
    last: Option<Period>,
    report: String,
}

impl Cells {
    /// Finds the run and, if `names` are asked for, reads them from DHIS2.
    ///
    /// # Errors
    /// No such run; what DHIS2 says.
    pub async fn open(config: &Config, selection: &CellSelection<'_>, names: bool) -> Result<Self, Error> {
        let refuse = |message: String, advice: &str| Error::new(ErrorKind::Config, message).advice(advice.to_owned());
        let report = &selection.report.name;
        if !config.state_file().exists() {
            return Err(refuse(format!("report `{report}` has not run yet"), "Run it with `tally run`."));
        }
        let state = open_state(config)?;
        let run = match selection.run {
            Some(id) => state.run(id)?.filter(|run| run.report == *report).ok_or_else(|| {
                refuse(format!("report `{report}` has no run {id}"), "`tally history` lists the runs.")
            })?,
            None => {
                let mut runs = state.runs(Some(report), RUNS_LOOKED_AT)?.into_iter();
                runs.find(|run| run.n_cells.is_some() && run.outcome.is_some()).ok_or_else(|| {
                    refuse(format!("no run of report `{report}` has ended"), "Run it with `tally run`.")
                })?
            }
        };
        let names = if names { Some(Target::prepare(config, selection.report).await?) } else { None };
        Ok(Self { state, run, names, first: selection.from, last: selection.to, report: report.clone() })
    }

    /// Gives every value in the order of its key, until the answer is false.
    ///
    /// # Errors
    /// What the state says; a run that kept no values.
    pub fn for_each(&self, mut with: impl FnMut(NamedCell) -> bool) -> Result<(), Error> {
        if self.run.n_cells.is_none() {
            let message = format!("run {} of report `{}` kept no values", self.run.id, self.report);
            return Err(Error::new(ErrorKind::Config, message).advice("It did not come to its end."));
        }
        if self.run.cells_expired {
            let message = format!("the values of run {} of report `{}` are forgotten", self.run.id, self.report);
            let advice = "Choose a later run from `tally history`; `[state]` says how long values are kept.";
            return Err(Error::new(ErrorKind::Config, message).advice(advice));
        }
        for cell in self.state.cells(self.run.id)? {
            if self.is_in_span(&cell) && !with(self.named(cell)) {
                break;
            }
        }
        Ok(())
    }

    fn is_in_span(&self, cell: &CellRow) -> bool {
        if self.first.is_none() && self.last.is_none() {
            return true;
        }
        // What was computed for another type of period lies in no span of this one.
        let Ok(period) = Period::parse(&cell.key.period) else { return false };
        self.first.is_none_or(|first| period.start() >= first.start())
            && self.last.is_none_or(|last| period.end() <= last.end())
    }

    fn named(&self, cell: CellRow) -> NamedCell {
        let element = |target: &Target| {
            let known = target.addresses().find(|one| one.data_element == cell.key.data_element)?;
            Some(known.name.clone())
        };
        let unit = |target: &Target| {
            let known = target.org_units.values().find(|one| one.unit.id.as_str() == cell.key.org_unit)?;
            Some(known.unit.name.clone())
        };
        let names = self.names.as_ref();
        NamedCell {
            data_element_name: names.and_then(element),
            org_unit_name: names.and_then(unit),
            category_option_combo_name: names
                .and_then(|target| target.combo_names.get(&cell.key.category_option_combo).cloned()),
            data_element: cell.key.data_element.into(),
            indicator: cell.indicator.into(),
            period: cell.key.period.into(),
            org_unit: cell.key.org_unit.into(),
            category_option_combo: cell.key.category_option_combo.into(),
            attribute_option_combo: cell.key.attribute_option_combo.into(),
            value: cell.value,
            n_records: cell.n_records,
        }
    }
}
