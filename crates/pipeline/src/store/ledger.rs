//! What we last wrote into each cell of each DHIS2: the third leg of the comparison, and the only leave to retract.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::cell::{CellKey, key_params};
use super::column::At;
use super::database::Fault;
use super::error::StoreError;
use super::run::RunId;
use super::state::State;

/// What a receipt teaches the ledger about one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerUpdate {
    /// The DHIS2 that took it.
    pub system_id: String,
    /// The cell.
    pub key: CellKey,
    /// What stands there now because of us; `None`: we removed it.
    pub value: Option<String>,
}

/// What we last wrote into a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerValue {
    /// The value; `None`: we removed it.
    pub value: Option<String>,
    /// The run that did.
    pub run: RunId,
    /// When its receipt came.
    pub written_at: Timestamp,
}

impl State {
    /// What we last wrote into a DHIS2, for some data elements and periods; `periods` of `None` means all. One seek for each
    /// pair: the span of a run, not the history, is what it costs.
    pub fn ledger_load(
        &self,
        system_id: &str,
        data_elements: &[&str],
        periods: Option<&[&str]>,
    ) -> Result<FxHashMap<CellKey, LedgerValue>, StoreError> {
        const COLUMNS: &str = "SELECT data_element, period, org_unit, coc, aoc, value, run, written_at FROM ledger";
        let mut ledger = FxHashMap::default();
        self.database.read(|conn| {
            let mut of_all = conn.prepare_cached(&format!("{COLUMNS} WHERE system_id = ?1 AND data_element = ?2"))?;
            let mut of_one =
                conn.prepare_cached(&format!("{COLUMNS} WHERE system_id = ?1 AND data_element = ?2 AND period = ?3"))?;
            for data_element in data_elements {
                let Some(periods) = periods else {
                    for row in of_all.query_map([system_id, data_element], read_row)? {
                        let (key, value) = row?;
                        ledger.insert(key, value);
                    }
                    continue;
                };
                for period in periods {
                    for row in of_one.query_map([system_id, data_element, period], read_row)? {
                        let (key, value) = row?;
                        ledger.insert(key, value);
                    }
                }
            }
            Ok(())
        })?;
        Ok(ledger)
    }

    /// What runs of one report last wrote into a DHIS2, in some periods. Reports that share a data element but not its
    /// cells do not meet here, so none retracts what another wrote.
    pub fn ledger_of_report(
        &self,
        system_id: &str,
        report: &str,
        periods: &[&str],
    ) -> Result<Vec<(CellKey, Option<String>)>, StoreError> {
        let mut ledger = Vec::new();
        self.database.read(|conn| {
            let mut of_report = conn.prepare_cached("SELECT id FROM run WHERE report = ?1")?;
            let runs: FxHashSet<i64> = of_report.query_map([report], |row| row.get(0))?.collect::<Result<_, _>>()?;
            // The data elements, one seek for each; then the rows of each in each period, in the order of the primary key.
            let mut elements = conn.prepare_cached(
                "WITH RECURSIVE next (e) AS ( \
                   SELECT min(data_element) FROM ledger WHERE system_id = ?1 UNION ALL \
                   SELECT (SELECT min(data_element) FROM ledger WHERE system_id = ?1 AND data_element > e) FROM next WHERE e IS NOT NULL \
                 ) SELECT e FROM next WHERE e IS NOT NULL",
            )?;
            let elements: Vec<String> = elements.query_map([system_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut rows = conn.prepare_cached(
                "SELECT data_element, period, org_unit, coc, aoc, value, run FROM ledger \
                 WHERE system_id = ?1 AND data_element = ?2 AND period = ?3",
            )?;
            for element in &elements {
                for period in periods {
                    let mut found = rows.query([system_id, element, period])?;
                    while let Some(row) = found.next()? {
                        if runs.contains(&row.get::<_, i64>(6)?) {
                            ledger.push((CellKey::from_columns(row, 0)?, row.get(5)?));
                        }
                    }
                }
            }
            Ok(())
        })?;
        Ok(ledger)
    }

    /// The names of all reports that ever ran.
    ///
    /// # Errors
    /// What the disk has to say.
    pub fn reports(&self) -> Result<Vec<String>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT DISTINCT report FROM run ORDER BY report")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// Takes over what stands in DHIS2 as if the run had written it, because it is what the run would have written. No
    /// intent leads here: nothing was sent.
    ///
    /// # Errors
    /// What the disk has to say.
    pub fn adopt(&mut self, run: RunId, at: Timestamp, updates: &[LedgerUpdate]) -> Result<(), StoreError> {
        self.database.write("state/adopted", |tx| update_ledger(tx, run, at, updates))
    }

    /// What we last wrote into one cell.
    pub fn ledger_value(&self, system_id: &str, key: &CellKey) -> Result<Option<LedgerValue>, StoreError> {
        let [data_element, period, org_unit, coc, aoc] = key_params(key);
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT data_element, period, org_unit, coc, aoc, value, run, written_at FROM ledger WHERE system_id = ?1 \
                 AND data_element = ?2 AND period = ?3 AND org_unit = ?4 AND coc = ?5 AND aoc = ?6",
            )?;
            let found =
                statement.query_row([system_id, data_element, period, org_unit, coc, aoc], read_row).optional()?;
            Ok(found.map(|(_, value)| value))
        })
    }
}

/// Writes the updates of one receipt inside its transaction.
pub(super) fn update_ledger(
    tx: &Transaction<'_>,
    run: RunId,
    at: Timestamp,
    updates: &[LedgerUpdate],
) -> Result<(), Fault> {
    let mut upsert = tx.prepare_cached(
        "INSERT INTO ledger (system_id, data_element, period, org_unit, coc, aoc, value, run, written_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT DO UPDATE SET value = excluded.value, run = excluded.run, written_at = excluded.written_at",
    )?;
    for update in updates {
        let [data_element, period, org_unit, coc, aoc] = key_params(&update.key);
        upsert.execute(params![
            update.system_id,
            data_element,
            period,
            org_unit,
            coc,
            aoc,
            update.value,
            run.0,
            At(at)
        ])?;
    }
    Ok(())
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<(CellKey, LedgerValue)> {
    let value = LedgerValue { value: row.get(5)?, run: RunId(row.get(6)?), written_at: row.get::<_, At>(7)?.0 };
    Ok((CellKey::from_columns(row, 0)?, value))
}
