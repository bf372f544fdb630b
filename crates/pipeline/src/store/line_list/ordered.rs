//! Records in the order of their ids, so that what is told of them has the same order every time.

use epi::record::Person;

use super::{LineList, decode};
use crate::store::error::StoreError;

impl LineList {
    /// As [`LineList::for_each`], in the order of the ids' bytes.
    pub fn for_each_by_id(&self, mut with: impl FnMut(Person)) -> Result<(), StoreError> {
        self.each_by_id(|person| {
            with(person);
            true
        })
    }

    /// As [`LineList::for_each_by_id`], until the answer is false.
    pub fn each_by_id(&self, mut with: impl FnMut(Person) -> bool) -> Result<(), StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT id, json FROM records ORDER BY id")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                let json = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                if !with(decode(id, json)?) {
                    break;
                }
            }
            Ok(())
        })
    }
}
