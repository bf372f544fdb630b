//! How the runs of a report ended, in numbers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::column::{At, N};
use super::error::StoreError;
use super::state::State;

impl State {
    /// How many runs of a report ended how: by its verdict (`clean`, `partial`, `held`), `failed`, `cancelled`. Runs under
    /// way, and those that a crash left and no later run has marked, are not counted.
    ///
    /// # Errors
    /// What the file says.
    pub fn endings(&self, report: &str) -> Result<BTreeMap<String, u64>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT coalesce(outcome, state), count(*) FROM run \
                 WHERE report = ?1 AND finished_at IS NOT NULL GROUP BY 1",
            )?;
            let rows = statement.query_map([report], |row| Ok((row.get(0)?, row.get::<_, N>(1)?.0)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// When the last run of a report ended of which it was proved that DHIS2 says everything it should.
    ///
    /// # Errors
    /// What the file says.
    pub fn last_proved(&self, report: &str) -> Result<Option<Timestamp>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT finished_at FROM run WHERE report = ?1 AND outcome = 'clean' ORDER BY id DESC LIMIT 1",
            )?;
            Ok(statement.query_row([report], |row| row.get::<_, At>(0)).optional()?.map(|at| at.0))
        })
    }
}
