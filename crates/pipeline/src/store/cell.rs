//! Every value that a run computed, so that revisions can be shown.

use compact_str::CompactString;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::column::{At, N};
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

impl CellKey {
    /// Reads five columns from `first` on.
    pub(super) fn from_columns(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let text = |i: usize| -> rusqlite::Result<CompactString> { Ok(row.get_ref(first + i)?.as_str()?.into()) };
        Ok(Self {
            data_element: text(0)?,
            period: text(1)?,
            org_unit: text(2)?,
            category_option_combo: text(3)?,
            attribute_option_combo: text(4)?,
        })
    }
}

/// A computed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellRow {
    /// Where it stands.
    pub key: CellKey,
    /// Code of the indicator that it belongs to.
    pub indicator: CompactString,
    /// The value as DHIS2 gets it.
    pub value: String,
    /// Records that contribute to it.
    pub n_records: u64,
}

/// What a cell was in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellVersion {
    /// The run.
    pub run: RunId,
    /// When the run began.
    pub started_at: Timestamp,
    /// Code of the indicator.
    pub indicator: CompactString,
    /// The value.
    pub value: String,
    /// Records that contributed to it.
    pub n_records: u64,
}

impl State {
    /// Stores the cells of a run in one transaction; earlier ones of the same run are replaced.
    ///
    /// Best given in the order of their keys, which is that of the index that they are looked up in.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if two cells have the same key and indicator, or if there are more than 10 million.
    pub fn record_cells(&mut self, run: RunId, cells: &[CellRow]) -> Result<(), StoreError> {
        if cells.len() > CELLS_MAX {
            let detail = format!("{} cells in one run, and {CELLS_MAX} are the most", cells.len());
            return Err(StoreError::Refused { path: self.path().to_owned(), detail });
        }
        self.database.write("state/cells", |tx| {
            check_open(tx, run)?;
            tx.execute("DELETE FROM cell WHERE run = ?1", [run.0])?;
            let mut find = tx.prepare_cached(
                "SELECT id FROM cell_key WHERE data_element = ?1 AND period = ?2 AND org_unit = ?3 AND coc = ?4 AND aoc = ?5 \
                 AND indicator = ?6",
            )?;
            let mut add = tx.prepare_cached(
                "INSERT INTO cell_key (data_element, period, org_unit, coc, aoc, indicator) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let mut insert =
                tx.prepare_cached("INSERT INTO cell (run, key, value, n_records) VALUES (?1, ?2, ?3, ?4)")?;
            for cell in cells {
                let key = key_params(&cell.key);
                let columns = params![key[0], key[1], key[2], key[3], key[4], cell.indicator.as_str()];
                let key: Option<i64> = find.query_row(columns, |row| row.get(0)).optional()?;
                let key = match key {
                    Some(key) => key,
                    None => add.insert(columns)?,
                };
                insert.execute(params![run.0, key, cell.value, N(cell.n_records)])?;
            }
            Ok(())
        })
    }

    /// The cells of a run by key, one after the other, in memory only as long as the call lasts.
    pub fn for_each_cell(&self, run: RunId, mut with: impl FnMut(CellRow)) -> Result<(), StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT k.data_element, k.period, k.org_unit, k.coc, k.aoc, k.indicator, c.value, c.n_records \
                 FROM cell AS c JOIN cell_key AS k ON k.id = c.key WHERE c.run = ?1 \
                 ORDER BY k.data_element, k.period, k.org_unit, k.coc, k.aoc, k.indicator",
            )?;
            let mut rows = statement.query([run.0])?;
            while let Some(row) = rows.next()? {
                with(CellRow {
                    key: CellKey::from_columns(row, 0)?,
                    indicator: row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?.into(),
                    value: row.get(6)?,
                    n_records: row.get::<_, N>(7)?.0,
                });
            }
            Ok(())
        })
    }

    /// The cells of a run by key.
    pub fn cells(&self, run: RunId) -> Result<Vec<CellRow>, StoreError> {
        let mut cells = Vec::new();
        self.for_each_cell(run, |cell| cells.push(cell))?;
        Ok(cells)
    }

    /// What a cell was in every run that computed it, newest first; at most `limit`.
    pub fn cell_history(&self, key: &CellKey, limit: u32) -> Result<Vec<CellVersion>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT c.run, r.started_at, k.indicator, c.value, c.n_records \
                 FROM cell_key AS k JOIN cell AS c ON c.key = k.id JOIN run AS r ON r.id = c.run \
                 WHERE k.data_element = ?1 AND k.period = ?2 AND k.org_unit = ?3 AND k.coc = ?4 AND k.aoc = ?5 \
                 ORDER BY c.run DESC LIMIT ?6",
            )?;
            let [data_element, period, org_unit, coc, aoc] = key_params(key);
            let versions = statement.query_map(params![data_element, period, org_unit, coc, aoc, limit], |row| {
                Ok(CellVersion {
                    run: RunId(row.get(0)?),
                    started_at: row.get::<_, At>(1)?.0,
                    indicator: row.get_ref(2)?.as_str()?.into(),
                    value: row.get(3)?,
                    n_records: row.get::<_, N>(4)?.0,
                })
            })?;
            Ok(versions.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets the cells of the runs that ended before an instant, so that the file does not grow for ever. The runs stay.
    /// Returns how many cells went.
    pub fn expire_cells(&mut self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.database.write("state/cells-expired", |tx| -> Result<u64, Fault> {
            let n = tx.execute(
                "DELETE FROM cell WHERE run IN (SELECT id FROM run WHERE finished_at < ?1)",
                [At(ended_before)],
            )?;
            if n > 0 {
                tx.execute("DELETE FROM cell_key WHERE NOT EXISTS (SELECT 1 FROM cell WHERE key = cell_key.id)", [])?;
            }
            Ok(n as u64)
        })
    }
}

/// The five parts in the order of the columns.
pub(super) fn key_params(key: &CellKey) -> [&str; 5] {
    [&key.data_element, &key.period, &key.org_unit, &key.category_option_combo, &key.attribute_option_combo]
}
