//! What the state file holds, in numbers.

use std::collections::BTreeMap;

use super::column::{At, N};
use super::destination::Destination;
use super::error::StoreError;
use super::migration;
use super::state::State;

impl State {
    /// The version of the file's schema.
    pub fn schema(&self) -> Result<u32, StoreError> {
        self.database.read(|conn| Ok(migration::version(conn)?))
    }

    /// Every DHIS2 that was ever written to, by address.
    pub fn destinations(&self) -> Result<BTreeMap<String, Destination>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT url, system_id, seen_at FROM destination ORDER BY url")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, Destination { system_id: row.get(1)?, seen_at: row.get::<_, At>(2)?.0 }))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many values the ledger holds of each report: those that stand in DHIS2 because a run of it was the last to
    /// write them, and those that it took away.
    pub fn ledger_sizes(&self) -> Result<BTreeMap<String, (u64, u64)>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT run.report, count(ledger.value), count(*) - count(ledger.value) FROM ledger \
                 JOIN run ON run.id = ledger.run GROUP BY run.report",
            )?;
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, (row.get::<_, N>(1)?.0, row.get::<_, N>(2)?.0))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
