//! The account of a run (who was counted, who was not and why) and the places that lead nowhere.

use rusqlite::params;
use serde::Serialize;

use super::column::N;
use super::error::StoreError;
use super::run::RunId;
use super::runs::check_open;
use super::state::State;

/// One line of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    /// Code of the indicator.
    pub indicator: String,
    /// `counted`, or the one reason why not.
    pub reason: String,
    /// Records.
    pub n: u64,
}

/// A location without an organisation unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// Go.Data's location id.
    pub location: String,
    /// Records that hang on it.
    pub n: u64,
}

impl State {
    /// Sets the account of a run; an earlier one of the same run is replaced.
    pub fn record_account(&mut self, run: RunId, rows: &[AccountRow]) -> Result<(), StoreError> {
        self.database.write("state/account", |tx| {
            check_open(tx, run)?;
            tx.execute("DELETE FROM account WHERE run = ?1", [run.0])?;
            let mut insert =
                tx.prepare_cached("INSERT INTO account (run, indicator, reason, n) VALUES (?1, ?2, ?3, ?4)")?;
            for row in rows {
                insert.execute(params![run.0, row.indicator, row.reason, N(row.n)])?;
            }
            Ok(())
        })
    }

    /// The account of a run, by indicator and reason.
    pub fn account(&self, run: RunId) -> Result<Vec<AccountRow>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn
                .prepare_cached("SELECT indicator, reason, n FROM account WHERE run = ?1 ORDER BY indicator, reason")?;
            let rows = statement.query_map([run.0], |row| {
                Ok(AccountRow { indicator: row.get(0)?, reason: row.get(1)?, n: row.get::<_, N>(2)?.0 })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Sets the unmapped places of a run; earlier ones of the same run are replaced.
    pub fn record_unmapped(&mut self, run: RunId, places: &[Unmapped]) -> Result<(), StoreError> {
        self.database.write("state/unmapped", |tx| {
            check_open(tx, run)?;
            tx.execute("DELETE FROM unmapped WHERE run = ?1", [run.0])?;
            let mut insert = tx.prepare_cached("INSERT INTO unmapped (run, location, n) VALUES (?1, ?2, ?3)")?;
            for place in places {
                insert.execute(params![run.0, place.location, N(place.n)])?;
            }
            Ok(())
        })
    }

    /// The unmapped places of a run, those with most records first.
    pub fn unmapped(&self, run: RunId) -> Result<Vec<Unmapped>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT location, n FROM unmapped WHERE run = ?1 ORDER BY n DESC, location")?;
            let rows =
                statement.query_map([run.0], |row| Ok(Unmapped { location: row.get(0)?, n: row.get::<_, N>(1)?.0 }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
