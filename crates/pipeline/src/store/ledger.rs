//! What we last wrote into each cell of each DHIS2: the third leg of the comparison, and the only leave to retract.

use compact_str::CompactString;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::cell::{CellKey, Names, key_params};
use super::column::Nanos;
use super::database::Fault;
use super::error::StoreError;
use super::run::RunId;
use super::state::State;

/// What a receipt teaches the ledger about one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerUpdate {
    /// The DHIS2 that took it.
    pub system_id: CompactString,
    /// The cell.
    pub key: CellKey,
    /// What stands there now because of us; `None`: we removed it.
    pub value: Option<CompactString>,
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
        let mut ledger = FxHashMap::default();
        self.database.read(|conn| {
            let names = NamesByNumber::load(conn)?;
            let numbers: FxHashMap<&str, i64> = names.numbers();
            let Some(system) = numbers.get(system_id) else { return Ok(()) };
            let mut of_all = conn.prepare_cached(&format!("{COLUMNS} WHERE system_id = ?1 AND data_element = ?2"))?;
            let mut of_one =
                conn.prepare_cached(&format!("{COLUMNS} WHERE system_id = ?1 AND data_element = ?2 AND period = ?3"))?;
            for element in data_elements.iter().filter_map(|name| numbers.get(name)) {
                let Some(periods) = periods else {
                    let mut rows = of_all.query([system, element])?;
                    while let Some(row) = rows.next()? {
                        ledger.insert(names.key(row)?, value_of(row)?);
                    }
                    continue;
                };
                for period in periods.iter().filter_map(|name| numbers.get(name)) {
                    let mut rows = of_one.query([system, element, period])?;
                    while let Some(row) = rows.next()? {
                        ledger.insert(names.key(row)?, value_of(row)?);
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
            let names = NamesByNumber::load(conn)?;
            let numbers: FxHashMap<&str, i64> = names.numbers();
            let Some(system) = numbers.get(system_id) else { return Ok(()) };
            let mut of_report = conn.prepare_cached("SELECT id FROM run WHERE report = ?1")?;
            let runs: FxHashSet<i64> = of_report.query_map([report], |row| row.get(0))?.collect::<Result<_, _>>()?;
            // The data elements, one seek for each; then the rows of each in each period, in the order of the primary key.
            let mut elements = conn.prepare_cached(
                "WITH RECURSIVE next (e) AS ( \
                   SELECT min(data_element) FROM ledger WHERE system_id = ?1 UNION ALL \
                   SELECT (SELECT min(data_element) FROM ledger WHERE system_id = ?1 AND data_element > e) FROM next WHERE e IS NOT NULL \
                 ) SELECT e FROM next WHERE e IS NOT NULL",
            )?;
            let elements: Vec<i64> = elements.query_map([system], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut rows =
                conn.prepare_cached(&format!("{COLUMNS} WHERE system_id = ?1 AND data_element = ?2 AND period = ?3"))?;
            for element in &elements {
                for period in periods.iter().filter_map(|name| numbers.get(name)) {
                    let mut found = rows.query([system, element, period])?;
                    while let Some(row) = found.next()? {
                        if runs.contains(&row.get::<_, i64>(6)?) {
                            ledger.push((names.key(row)?, row.get(5)?));
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
            let mut number = conn.prepare_cached("SELECT id FROM cell_name WHERE name = ?1")?;
            let mut numbers = [0_i64; 6];
            for (number_of, name) in numbers.iter_mut().zip([system_id, data_element, period, org_unit, coc, aoc]) {
                match number.query_row([name], |row| row.get(0)).optional()? {
                    Some(known) => *number_of = known,
                    None => return Ok(None),
                }
            }
            let mut statement = conn.prepare_cached(&format!(
                "{COLUMNS} WHERE system_id = ?1 AND data_element = ?2 AND period = ?3 AND org_unit = ?4 AND coc = ?5 \
                 AND aoc = ?6"
            ))?;
            Ok(statement.query_row(numbers, value_of).optional()?)
        })
    }
}

const COLUMNS: &str = "SELECT data_element, period, org_unit, coc, aoc, value, run, written_at FROM ledger";

/// Writes the updates of one receipt inside its transaction.
pub(super) fn update_ledger(
    tx: &Transaction<'_>,
    run: RunId,
    at: Timestamp,
    updates: &[LedgerUpdate],
) -> Result<(), Fault> {
    let mut names = Names::default();
    let mut rows = Vec::with_capacity(updates.len());
    for update in updates {
        // The table refuses a system without a name.
        let system = if update.system_id.is_empty() { 0 } else { names.number(tx, &update.system_id)? };
        let mut numbers = [system, 0, 0, 0, 0, 0];
        for (number, name) in numbers[1..].iter_mut().zip(key_params(&update.key)) {
            *number = names.number(tx, name)?;
        }
        rows.push((numbers, update.value.as_deref()));
    }
    // In the order of the table, so that neighbours are written together. Of two updates of a cell the later one holds.
    rows.sort_by_key(|(numbers, _)| *numbers);
    let mut upsert = tx.prepare_cached(
        "INSERT INTO ledger (system_id, data_element, period, org_unit, coc, aoc, value, run, written_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT DO UPDATE SET value = excluded.value, run = excluded.run, written_at = excluded.written_at",
    )?;
    for ([system_id, data_element, period, org_unit, coc, aoc], value) in rows {
        upsert.execute(params![system_id, data_element, period, org_unit, coc, aoc, value, run.0, Nanos(at)])?;
    }
    Ok(())
}

/// The names behind the numbers of the file.
struct NamesByNumber(FxHashMap<i64, CompactString>);

impl NamesByNumber {
    fn load(conn: &Connection) -> Result<Self, Fault> {
        let mut statement = conn.prepare_cached("SELECT id, name FROM cell_name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get_ref(1)?.as_str()?.into())))?;
        Ok(Self(rows.collect::<Result<_, _>>()?))
    }

    fn numbers(&self) -> FxHashMap<&str, i64> {
        self.0.iter().map(|(number, name)| (name.as_str(), *number)).collect()
    }

    /// The key in the first five columns.
    fn key(&self, row: &Row<'_>) -> Result<CellKey, Fault> {
        let name = |column: usize| -> Result<CompactString, Fault> {
            let number = row.get(column)?;
            let missing = || Fault::Row(format!("the ledger has a name number {number}, which there is not"));
            self.0.get(&number).cloned().ok_or_else(missing)
        };
        Ok(CellKey {
            data_element: name(0)?,
            period: name(1)?,
            org_unit: name(2)?,
            category_option_combo: name(3)?,
            attribute_option_combo: name(4)?,
        })
    }
}

fn value_of(row: &Row<'_>) -> rusqlite::Result<LedgerValue> {
    Ok(LedgerValue { value: row.get(5)?, run: RunId(row.get(6)?), written_at: row.get::<_, Nanos>(7)?.0 })
}
