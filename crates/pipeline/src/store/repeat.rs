//! The cells of a run that computed what the last one had computed.

use rusqlite::params;

use super::error::StoreError;
use super::run::RunId;
use super::runs::check_open;
use super::state::State;

impl State {
    /// Notes that a run computed exactly the cells that an earlier one of its report left: cells are stored where they change,
    /// so there is nothing to store but their number.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the earlier one is not the last of the report that computed values and came through, or if
    /// it covered other periods.
    pub fn repeat_cells(&mut self, run: RunId, earlier: RunId) -> Result<(), StoreError> {
        let path = self.path().to_owned();
        self.database.write("state/cells", |tx| {
            check_open(tx, run)?;
            let n = tx.execute(
                "UPDATE run SET n_cells = earlier.n_cells FROM run AS earlier WHERE run.id = ?1 AND earlier.id = ?2 \
                 AND earlier.report = run.report AND earlier.period_first = run.period_first \
                 AND earlier.period_last = run.period_last AND earlier.state = 'done' AND earlier.n_cells IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM run AS later WHERE later.report = run.report AND later.id > earlier.id \
                   AND later.id <> run.id AND later.n_cells IS NOT NULL)",
                params![run.0, earlier.0],
            )?;
            if n != 1 {
                let detail = format!("run {run} cannot repeat the cells of run {earlier}");
                return Err(StoreError::Refused { path, detail }.into());
            }
            Ok(())
        })
    }
}
