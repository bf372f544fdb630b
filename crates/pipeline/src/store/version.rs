//! What computed values were at any time, from the versions that were stored where they changed.

use compact_str::CompactString;
use epi::period::{Period, Span};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;

use super::cell::{CellKey, CellRow, span_between};
use super::column::{At, N};
use super::database::Fault;
use super::error::StoreError;
use super::run::RunId;
use super::runs::{Run, read_run};
use super::state::State;

/// The most runs whose values are looked up: ten years of one every hour.
const COMPUTED_RUNS_MAX: u32 = 100_000;

/// What a cell was from a run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'v> {
    /// Which cell of the period it belongs to, counted from 0.
    pub cell: usize,
    /// Data element, organisation unit, category option combo, attribute option combo.
    pub key: [&'v str; 4],
    /// Code of the indicator.
    pub indicator: &'v str,
    /// The first run that computed it so.
    pub run: RunId,
    /// The value; none: it went away.
    pub value: Option<&'v str>,
    /// Records that contribute to it.
    pub n_records: u64,
}

impl Version<'_> {
    /// The cell with this version's value in a period; none where it went away.
    pub fn row(&self, period: &str) -> Option<CellRow> {
        let [data_element, org_unit, coc, aoc] = self.key.map(CompactString::from);
        let period = period.into();
        Some(CellRow {
            key: CellKey { data_element, period, org_unit, category_option_combo: coc, attribute_option_combo: aoc },
            indicator: self.indicator.into(),
            value: self.value?.to_owned(),
            n_records: self.n_records,
        })
    }
}

/// The versions of a report's cells.
#[derive(Debug)]
pub struct CellHistory<'s> {
    state: &'s State,
    report: Option<i64>,
    names: FxHashMap<i64, CompactString>,
}

impl CellHistory<'_> {
    /// All versions of all cells of a period: cell by cell, and of each the oldest first.
    ///
    /// # Errors
    /// What the file says.
    pub fn for_each(&self, period: &str, mut with: impl FnMut(Version<'_>)) -> Result<(), StoreError> {
        let Some(report) = self.report else { return Ok(()) };
        self.state.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT indicator, data_element, org_unit, coc, aoc, run, value, n_records FROM cell_version \
                 WHERE report = ?1 AND period = (SELECT id FROM cell_name WHERE name = ?2) \
                 ORDER BY indicator, data_element, org_unit, coc, aoc, run",
            )?;
            let mut rows = statement.query(params![report, period])?;
            let mut before: Option<(usize, [i64; 5])> = None;
            while let Some(row) = rows.next()? {
                let mut parts = [0; 5];
                for (column, part) in parts.iter_mut().enumerate() {
                    *part = row.get(column)?;
                }
                let cell = match before {
                    None => 0,
                    Some((cell, same)) if same == parts => cell,
                    Some((cell, _)) => cell + 1,
                };
                before = Some((cell, parts));
                let name = |part: usize| -> Result<&str, Fault> {
                    let name = self.names.get(&parts[part]).map(CompactString::as_str);
                    name.ok_or_else(|| Fault::Row(format!("a cell names {}, which is no name", parts[part])))
                };
                with(Version {
                    cell,
                    key: [name(1)?, name(2)?, name(3)?, name(4)?],
                    indicator: name(0)?,
                    run: RunId(row.get(5)?),
                    value: row.get_ref(6)?.as_str_or_null().map_err(rusqlite::Error::from)?,
                    n_records: row.get::<_, N>(7)?.0,
                });
            }
            Ok(())
        })
    }

    /// The values of a period as a run left them, or those before it.
    ///
    /// # Errors
    /// What the file says.
    pub fn values_at(&self, period: &str, run: RunId) -> Result<Vec<CellRow>, StoreError> {
        let mut last: Vec<(usize, Option<CellRow>)> = Vec::new();
        self.for_each(period, |version| {
            if version.run > run {
                return;
            }
            let row = version.row(period);
            match last.last_mut().filter(|(cell, _)| *cell == version.cell) {
                Some((_, earlier)) => *earlier = row,
                None => last.push((version.cell, row)),
            }
        })?;
        Ok(last.into_iter().filter_map(|(_, row)| row).collect())
    }
}

impl State {
    /// The versions of a report's cells.
    ///
    /// # Errors
    /// What the file says.
    pub fn cell_history(&self, report: &str) -> Result<CellHistory<'_>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT id, name FROM cell_name")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get_ref(1)?.as_str()?.into())))?;
            let names: FxHashMap<i64, CompactString> = rows.collect::<Result<_, _>>()?;
            let report = names.iter().find(|(_, name)| name.as_str() == report).map(|(number, _)| *number);
            Ok(CellHistory { state: self, report, names })
        })
    }

    /// The cells that a run computed, by key; none of a run that computed none. See [`Run::cells_expired`].
    ///
    /// # Errors
    /// What the file says.
    pub fn cells(&self, run: RunId) -> Result<Vec<CellRow>, StoreError> {
        let Some(run) = self.run(run)?.filter(|run| run.n_cells.is_some()) else { return Ok(Vec::new()) };
        let history = self.cell_history(&run.report)?;
        let mut cells = Vec::new();
        for period in self.span_of_run(&run)?.iter() {
            cells.extend(history.values_at(&period.id(), run.id)?);
        }
        cells.sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| a.indicator.cmp(&b.indicator)));
        Ok(cells)
    }

    /// The periods that a run covered.
    ///
    /// # Errors
    /// What the file says.
    pub fn span_of_run(&self, run: &Run) -> Result<Span, StoreError> {
        self.database.read(|_| span_between(&run.period_first, &run.period_last))
    }

    /// The runs of a report that computed values and came through, oldest first; at most the newest 100,000.
    ///
    /// # Errors
    /// What the file says.
    pub fn computed_runs(&self, report: &str) -> Result<Vec<Run>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT * FROM run WHERE report = ?1 AND n_cells IS NOT NULL AND state = 'done' ORDER BY id DESC LIMIT ?2",
            )?;
            let mut runs: Vec<Run> =
                statement.query_map(params![report, COMPUTED_RUNS_MAX], read_run)?.collect::<Result<_, _>>()?;
            runs.reverse();
            Ok(runs)
        })
    }

    /// Forgets what values of a report were before its last run that came through before an instant, so that the file does not
    /// grow for ever. What that run left, and all that came later, stays exact. Returns how many rows went.
    ///
    /// # Errors
    /// What the file says.
    pub fn expire_cells(&mut self, report: &str, finished_before: Timestamp) -> Result<u64, StoreError> {
        self.database.write("state/cells-expired", |tx| {
            let horizon: Option<i64> = tx
                .query_row(
                    "SELECT max(id) FROM run WHERE report = ?1 AND n_cells IS NOT NULL AND state = 'done' AND finished_at < ?2",
                    params![report, At(finished_before)],
                    |row| row.get(0),
                )
                .optional()?
                .flatten();
            let Some(horizon) = horizon else { return Ok(0) };
            let due = tx.execute(
                "UPDATE run SET cells_expired = 1 WHERE report = ?1 AND id < ?2 AND cells_expired = 0 AND n_cells IS NOT NULL",
                params![report, horizon],
            )?;
            if due == 0 {
                return Ok(0);
            }
            // A version goes when a run that came through, up to the horizon, had another one: a failed run may have computed
            // what nobody saw, and what stood before is what counts.
            let superseded = tx.execute(
                "DELETE FROM cell_version AS v WHERE v.report = (SELECT id FROM cell_name WHERE name = ?1) AND v.run < ?2 \
                 AND EXISTS (SELECT 1 FROM cell_version AS w JOIN run ON run.id = w.run AND run.state = 'done' \
                 WHERE w.report = v.report AND w.period = v.period AND w.indicator = v.indicator \
                 AND w.data_element = v.data_element AND w.org_unit = v.org_unit AND w.coc = v.coc AND w.aoc = v.aoc \
                 AND w.run > v.run AND w.run <= ?2)",
                params![report, horizon],
            )?;
            Ok(superseded as u64)
        })
    }
}

/// The last of some runs, oldest first, that ended by an instant and covered a period.
pub fn last_covering(runs: &[(Run, Span)], period: Period, at: Timestamp) -> Option<&Run> {
    let ended = |run: &Run| run.finished_at.is_some_and(|finished| finished <= at);
    let found = runs.iter().rev().find(|(run, span)| ended(run) && span.contains(period));
    found.map(|(run, _)| run)
}
