//! Forgetting what was written for a report, so that its values belong to nobody again.

use rusqlite::params;

use super::audit::{AuditRow, add_audit};
use super::error::StoreError;
use super::state::State;

impl State {
    /// Forgets every value that runs of a report were the last to write, and the problems that people were told of, and says
    /// so in the audit, in one transaction. The
    /// runs stay, and DHIS2 is not touched. Returns how many values are forgotten.
    ///
    /// From then on what stands there counts as somebody else's: it is taken over where it is as it should be, and held
    /// where it is not.
    pub fn forget_ledger(&mut self, report: &str, row: &AuditRow) -> Result<u64, StoreError> {
        self.database.write("state/forgotten", |tx| {
            let n =
                tx.execute("DELETE FROM ledger WHERE run IN (SELECT id FROM run WHERE report = ?1)", params![report])?;
            // What was told of it is over: nothing that would end it is sure to come.
            tx.execute("DELETE FROM alert WHERE report = ?1", params![report])?;
            add_audit(tx, row)?;
            Ok(n as u64)
        })
    }
}
