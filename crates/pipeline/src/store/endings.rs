//! How the runs of a report ended, in numbers.

use std::collections::BTreeMap;

use super::column::N;
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
}
