//! What the pages of a report ask: one cell, and whether anything changed.

use compact_str::CompactString;
use rusqlite::OptionalExtension;

use super::cell::{CellKey, key_params};
use super::column::N;
use super::error::StoreError;
use super::run::RunId;
use super::state::State;

/// What one cell was from a run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellVersion {
    /// Code of the indicator.
    pub indicator: CompactString,
    /// The first run that computed it so.
    pub run: RunId,
    /// The value; none: it went away.
    pub value: Option<String>,
    /// Records that contribute to it.
    pub n_records: u64,
}

/// What a picture of the state is made from: while it is the same, so is the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    newest_run: i64,
    n_unfinished: i64,
    newest_audit: i64,
}

impl State {
    /// All versions of one cell, the oldest first. It looks at the cells of one period of the report, and at no other.
    ///
    /// # Errors
    /// What the file says.
    pub fn cell_versions(&self, report: &str, key: &CellKey) -> Result<Vec<CellVersion>, StoreError> {
        let [data_element, period, org_unit, coc, aoc] = key_params(key);
        self.database.read(|conn| {
            let mut number = conn.prepare_cached("SELECT id FROM cell_name WHERE name = ?1")?;
            let mut numbers = [0_i64; 6];
            for (of, name) in numbers.iter_mut().zip([report, period, data_element, org_unit, coc, aoc]) {
                match number.query_row([name], |row| row.get(0)).optional()? {
                    Some(known) => *of = known,
                    None => return Ok(Vec::new()),
                }
            }
            let mut statement = conn.prepare_cached(
                "SELECT n.name, v.run, v.value, v.n_records FROM cell_version AS v JOIN cell_name AS n ON n.id = v.indicator \
                 WHERE v.report = ?1 AND v.period = ?2 AND v.data_element = ?3 AND v.org_unit = ?4 AND v.coc = ?5 \
                 AND v.aoc = ?6 ORDER BY v.run, n.name",
            )?;
            let rows = statement.query_map(numbers, |row| {
                Ok(CellVersion {
                    indicator: row.get_ref(0)?.as_str()?.into(),
                    run: RunId(row.get(1)?),
                    value: row.get(2)?,
                    n_records: row.get::<_, N>(3)?.0,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What changes whenever a run begins or ends, and whenever somebody does something by hand.
    ///
    /// # Errors
    /// What the file says.
    pub fn stamp(&self) -> Result<Stamp, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT (SELECT coalesce(max(id), 0) FROM run), (SELECT count(*) FROM run WHERE finished_at IS NULL), \
                 (SELECT coalesce(max(id), 0) FROM audit)",
            )?;
            let stamp = |row: &rusqlite::Row<'_>| {
                Ok(Stamp { newest_run: row.get(0)?, n_unfinished: row.get(1)?, newest_audit: row.get(2)? })
            };
            Ok(statement.query_row([], stamp)?)
        })
    }
}
