//! Records in the order of their ids, so that what is told of them has the same order every time.

use epi::record::{Linked, Person};

use super::{LineList, linked};
use crate::store::error::StoreError;

impl LineList {
    /// As [`LineList::for_each_found`], in the order of the ids' bytes.
    pub fn for_each_by_id(&self, mut with: impl FnMut(&Linked)) -> Result<(), StoreError> {
        self.each_by_id(|linked| {
            with(linked);
            true
        })
    }

    /// As [`LineList::for_each_by_id`], until the answer is false.
    pub fn each_by_id(&self, mut with: impl FnMut(&Linked) -> bool) -> Result<(), StoreError> {
        self.database.read(|conn| linked::each(conn, " ORDER BY r.id, r.of", |linked, _| with(linked)))
    }

    /// The persons in the order of their ids' bytes.
    pub fn for_each_person_by_id(&self, mut with: impl FnMut(Person)) -> Result<(), StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT id, json FROM records WHERE of = 0 ORDER BY id")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                with(linked::decode_person(linked::needed(row, 0)?, linked::needed(row, 1)?)?);
            }
            Ok(())
        })
    }
}
