//! Every value that a run computed, stored where it changed.

use std::collections::BTreeSet;

use compact_str::CompactString;
use epi::period::{Period, Span};
use rusqlite::{OptionalExtension, Transaction, params};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::column::N;
use super::database::Fault;
use super::error::StoreError;
use super::run::RunId;
use super::runs::check_open;
use super::state::State;

/// Cells of one run: fifty times the budgeted plan. Beyond it the definitions are wrong, not the outbreak large.
const CELLS_MAX: usize = 10_000_000;

/// The key of a data value in DHIS2. All are UIDs but the period.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellKey {
    /// Data element.
    pub data_element: CompactString,
    /// Period, as DHIS2 writes it: `2026W5`.
    pub period: CompactString,
    /// Organisation unit.
    pub org_unit: CompactString,
    /// Category option combo.
    pub category_option_combo: CompactString,
    /// Attribute option combo.
    pub attribute_option_combo: CompactString,
}

/// A computed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellRow {
    /// Where it stands.
    #[serde(flatten)]
    pub key: CellKey,
    /// Code of the indicator that it belongs to.
    pub indicator: CompactString,
    /// The value as DHIS2 gets it.
    pub value: String,
    /// Records that contribute to it.
    pub n_records: u64,
}

/// A computed value by numbers of names, which stand beside it.
#[derive(Clone, Copy, Debug)]
pub struct NumberedCell<'c> {
    /// Data element.
    pub data_element: u32,
    /// Period.
    pub period: u32,
    /// Organisation unit.
    pub org_unit: u32,
    /// Category option combo.
    pub category_option_combo: u32,
    /// Attribute option combo.
    pub attribute_option_combo: u32,
    /// Code of the indicator.
    pub indicator: u32,
    /// The value as DHIS2 gets it.
    pub value: &'c str,
    /// Records that contribute to it.
    pub n_records: u64,
}

impl State {
    /// Stores the cells of a run in one transaction, as far as they are others than those that runs of the same report
    /// computed last: what changed, what is new, and that what lay in the periods of the run went away. Cells of other
    /// periods stay as they are. Earlier ones of the same run are replaced. Returns how many rows were stored.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if two cells have the same key and indicator, if one lies outside the periods of the run, or
    /// if there are more than 10 million.
    pub fn record_cells(&mut self, run: RunId, cells: &[CellRow]) -> Result<u64, StoreError> {
        let (mut names, mut numbers) = (Vec::new(), FxHashMap::default());
        let mut number = |name: &'_ CompactString| -> u32 {
            *numbers.entry(name.clone()).or_insert_with(|| {
                names.push(name.clone());
                names.len() as u32 - 1
            })
        };
        let numbered = cells.iter().map(|cell| NumberedCell {
            data_element: number(&cell.key.data_element),
            period: number(&cell.key.period),
            org_unit: number(&cell.key.org_unit),
            category_option_combo: number(&cell.key.category_option_combo),
            attribute_option_combo: number(&cell.key.attribute_option_combo),
            indicator: number(&cell.indicator),
            value: &cell.value,
            n_records: cell.n_records,
        });
        let numbered = numbered.collect();
        let names: Vec<&str> = names.iter().map(CompactString::as_str).collect();
        self.record_numbered_cells(run, &names, numbered)
    }

    /// Like [`State::record_cells`], of cells whose numbers are positions in `names`.
    ///
    /// # Errors
    /// As [`State::record_cells`].
    pub fn record_numbered_cells(
        &mut self,
        run: RunId,
        names: &[&str],
        mut cells: Vec<NumberedCell<'_>>,
    ) -> Result<u64, StoreError> {
        let path = self.path().to_owned();
        let refuse = |detail| StoreError::Refused { path: path.clone(), detail };
        if cells.len() > CELLS_MAX {
            return Err(refuse(format!("{} cells in one run, and {CELLS_MAX} are the most", cells.len())));
        }
        self.database.write("state/cells", |tx| {
            check_open(tx, run)?;
            let (report, span, is_repeated) = run_of(tx, run)?;
            let mut known = Names::load(tx)?;
            let report = known.number(tx, &report)?;
            let mut periods = BTreeSet::new();
            for period in span.iter() {
                periods.insert(known.number(tx, &period.id())?);
            }
            let mut stored_as = StoredAs { known, names, numbers: vec![None; names.len()] };
            for cell in &mut cells {
                let period = cell.period;
                stored_as.renumber(tx, cell)?;
                if !periods.contains(&i64::from(cell.period)) {
                    let period = names[period as usize];
                    return Err(refuse(format!("a cell of {period} in run {run}, which covers {span:?}")).into());
                }
            }
            cells.sort_unstable_by_key(|cell| (cell.period, cell.parts()));
            let place = |cell: &NumberedCell<'_>| (cell.period, cell.parts());
            if cells.windows(2).any(|pair| place(&pair[0]) == place(&pair[1])) {
                return Err(refuse(format!("two cells with the same key in run {run}")).into());
            }
            let (mut stored, mut rest) = (0, cells.as_slice());
            for period in periods {
                let n_cells = rest.partition_point(|cell| i64::from(cell.period) <= period);
                let (of_period, behind) = rest.split_at(n_cells);
                rest = behind;
                stored += store_period(tx, Place { report, period, run: run.0, is_repeated }, of_period)?;
            }
            tx.execute("UPDATE run SET n_cells = ?2 WHERE id = ?1", params![run.0, N(cells.len() as u64)])?;
            Ok(stored)
        })
    }
}

/// Report, periods, and whether cells of the run were stored before.
fn run_of(tx: &Transaction<'_>, run: RunId) -> Result<(String, Span, bool), Fault> {
    let (report, first, last, n_cells): (String, String, String, Option<i64>) =
        tx.query_row("SELECT report, period_first, period_last, n_cells FROM run WHERE id = ?1", [run.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    Ok((report, span_between(&first, &last)?, n_cells.is_some()))
}

/// The periods of a run by the ids of the first and the last.
pub(super) fn span_between(first: &str, last: &str) -> Result<Span, Fault> {
    let parse = |text: &str| Period::parse(text).map_err(|error| Fault::Row(error.to_string()));
    Span::between(parse(first)?, parse(last)?).map_err(|error| Fault::Row(error.to_string()))
}

/// Indicator, data element, organisation unit, category option combo, attribute option combo, as numbers of names.
type Parts = [u32; 5];

impl NumberedCell<'_> {
    fn parts(&self) -> Parts {
        [self.indicator, self.data_element, self.org_unit, self.category_option_combo, self.attribute_option_combo]
    }
}

/// From the numbers of a caller to those in the file.
struct StoredAs<'n> {
    known: Names,
    names: &'n [&'n str],
    numbers: Vec<Option<u32>>,
}

impl StoredAs<'_> {
    fn renumber(&mut self, tx: &Transaction<'_>, cell: &mut NumberedCell<'_>) -> Result<(), Fault> {
        for part in [
            &mut cell.indicator,
            &mut cell.data_element,
            &mut cell.period,
            &mut cell.org_unit,
            &mut cell.category_option_combo,
            &mut cell.attribute_option_combo,
        ] {
            let position = *part as usize;
            *part = match self.numbers[position] {
                Some(number) => number,
                None => {
                    let number = self.known.number(tx, self.names[position])?;
                    let number = u32::try_from(number).map_err(|error| Fault::Row(error.to_string()))?;
                    *self.numbers[position].insert(number)
                }
            };
        }
        Ok(())
    }
}

/// The numbers of the names, in memory: a report has some thousands of them.
#[derive(Default)]
pub(super) struct Names(FxHashMap<CompactString, i64>);

impl Names {
    fn load(tx: &Transaction<'_>) -> Result<Self, Fault> {
        let mut statement = tx.prepare_cached("SELECT name, id FROM cell_name")?;
        let rows = statement.query_map([], |row| Ok((row.get_ref(0)?.as_str()?.into(), row.get(1)?)))?;
        Ok(Self(rows.collect::<Result<_, _>>()?))
    }

    /// The number of a name, which may be new.
    pub(super) fn number(&mut self, tx: &Transaction<'_>, name: &str) -> Result<i64, Fault> {
        if let Some(number) = self.0.get(name) {
            return Ok(*number);
        }
        let mut known = tx.prepare_cached("SELECT id FROM cell_name WHERE name = ?1")?;
        let number = match known.query_row([name], |row| row.get(0)).optional()? {
            Some(number) => number,
            None => tx.prepare_cached("INSERT INTO cell_name (name) VALUES (?1)")?.insert([name])?,
        };
        self.0.insert(name.into(), number);
        Ok(number)
    }
}

/// Where versions are stored.
#[derive(Clone, Copy)]
struct Place {
    report: i64,
    period: i64,
    run: i64,
    is_repeated: bool,
}

/// Stores what changed in a period. Nothing is read if the values are those of the last time.
fn store_period(tx: &Transaction<'_>, place: Place, cells: &[NumberedCell<'_>]) -> Result<u64, Fault> {
    let digest = digest(cells);
    let known: Option<Vec<u8>> = tx
        .prepare_cached("SELECT digest FROM cell_digest WHERE report = ?1 AND period = ?2")?
        .query_row([place.report, place.period], |row| row.get(0))
        .optional()?;
    if known.as_deref() == Some(&digest) {
        return Ok(0);
    }
    if place.is_repeated {
        tx.execute(
            "DELETE FROM cell_version WHERE report = ?1 AND period = ?2 AND run = ?3",
            [place.report, place.period, place.run],
        )?;
    }
    let last = last_versions(tx, place)?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO cell_version (report, period, indicator, data_element, org_unit, coc, aoc, run, value, n_records) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut stored = 0;
    let mut store = |parts: Parts, value: Option<&str>, n_records: u64| -> Result<(), Fault> {
        let [indicator, data_element, org_unit, coc, aoc] = parts;
        stored += insert.execute(params![
            place.report,
            place.period,
            indicator,
            data_element,
            org_unit,
            coc,
            aoc,
            place.run,
            value,
            N(n_records)
        ])?;
        Ok(())
    };
    let mut before = last.into_iter().peekable();
    for cell in cells {
        while let Some((gone, value, _)) = before.next_if(|(parts, ..)| *parts < cell.parts()) {
            if value.is_some() {
                store(gone, None, 0)?;
            }
        }
        let same = before.next_if(|(parts, ..)| *parts == cell.parts());
        if same.is_none_or(|(_, value, n)| value.as_deref() != Some(cell.value) || n != cell.n_records) {
            store(cell.parts(), Some(cell.value), cell.n_records)?;
        }
    }
    for (gone, _, _) in before.filter(|(_, value, _)| value.is_some()) {
        store(gone, None, 0)?;
    }
    tx.prepare_cached("INSERT OR REPLACE INTO cell_digest (report, period, digest) VALUES (?1, ?2, ?3)")?
        .execute(params![place.report, place.period, digest.as_slice()])?;
    Ok(stored as u64)
}

/// The last version of every cell of a period, in the order of the numbers.
fn last_versions(tx: &Transaction<'_>, place: Place) -> Result<Vec<(Parts, Option<CompactString>, u64)>, Fault> {
    let mut statement = tx.prepare_cached(
        "SELECT indicator, data_element, org_unit, coc, aoc, value, n_records FROM cell_version \
         WHERE report = ?1 AND period = ?2 ORDER BY indicator, data_element, org_unit, coc, aoc, run",
    )?;
    let mut rows = statement.query([place.report, place.period])?;
    let mut last: Vec<(Parts, Option<CompactString>, u64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let mut parts = Parts::default();
        for (column, part) in parts.iter_mut().enumerate() {
            *part = row.get(column)?;
        }
        let value = row.get_ref(5)?.as_str_or_null().map_err(rusqlite::Error::from)?.map(CompactString::from);
        let version = (parts, value, row.get::<_, N>(6)?.0);
        match last.last_mut().filter(|(earlier, ..)| *earlier == parts) {
            Some(earlier) => *earlier = version,
            None => last.push(version),
        }
    }
    Ok(last)
}

/// A hash over the cells of a period, in their order.
fn digest(cells: &[NumberedCell<'_>]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(64);
    for cell in cells {
        bytes.clear();
        cell.parts().iter().for_each(|part| bytes.extend_from_slice(&i64::from(*part).to_le_bytes()));
        bytes.extend_from_slice(&cell.n_records.to_le_bytes());
        bytes.extend_from_slice(&(cell.value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(cell.value.as_bytes());
        hasher.update(&bytes);
    }
    hasher.finalize().into()
}

/// The five parts in the order of the columns.
pub(super) fn key_params(key: &CellKey) -> [&str; 5] {
    [&key.data_element, &key.period, &key.org_unit, &key.category_option_combo, &key.attribute_option_combo]
}
