//! Which DHIS2 answered at a configured address when it was last checked: another one later must stop the run.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::column::At;
use super::error::StoreError;
use super::state::State;

/// A DHIS2 as a check saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// The `systemId` of `/api/system/info`.
    pub system_id: String,
    /// When it was seen.
    pub seen_at: Timestamp,
}

impl State {
    /// Who answered at an address when it was last checked. The address is compared as text: give it normalised.
    pub fn destination(&self, url: &str) -> Result<Option<Destination>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT system_id, seen_at FROM destination WHERE url = ?1")?;
            let found = statement
                .query_row([url], |row| Ok(Destination { system_id: row.get(0)?, seen_at: row.get::<_, At>(1)?.0 }));
            Ok(found.optional()?)
        })
    }

    /// Remembers who answers at an address; whoever was there before is forgotten, so this is for a check that a person
    /// asked for.
    pub fn set_destination(&mut self, url: &str, seen: &Destination) -> Result<(), StoreError> {
        self.database.write("state/destination", |tx| {
            tx.execute(
                "INSERT INTO destination (url, system_id, seen_at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET system_id = excluded.system_id, seen_at = excluded.seen_at",
                params![url, seen.system_id, At(seen.seen_at)],
            )?;
            Ok(())
        })
    }
}
