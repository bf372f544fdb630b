//! The persons whom other records name, while a source is read without a line list to look them up in.
//!
//! They are held in memory, one for each id, and of each only what other records need: some hundred bytes a person. Where
//! records stay, the line list is asked instead, and nothing is held.

use crate::error::{Error, ErrorKind};
use crate::normalise::Forgetting;
use compact_str::CompactString;
use epi::field::Needs;
use epi::record::{Person, Record};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Persons by their ids, as short JSON.
type ById = FxHashMap<CompactString, Box<[u8]>>;

/// Who is known by now.
pub(super) enum Persons {
    /// Nobody needs to be.
    NotNeeded,
    /// They are being read.
    Gathering {
        /// What nobody needs of them.
        forgetting: Arc<Forgetting>,
        /// Who came.
        by_id: ById,
    },
    /// All were read.
    Known(Arc<ById>),
}

impl Persons {
    /// To be gathered, if other records need them.
    pub(super) fn new(needs: &Needs) -> Self {
        match needs.joins() {
            true => Self::Gathering { forgetting: Arc::new(Forgetting::all_but_joined(needs)), by_id: ById::default() },
            false => Self::NotNeeded,
        }
    }

    /// As known as these, for another worker.
    pub(super) fn beside(&self) -> Self {
        match self {
            Self::NotNeeded => Self::NotNeeded,
            Self::Gathering { forgetting, .. } => {
                Self::Gathering { forgetting: Arc::clone(forgetting), by_id: ById::default() }
            }
            Self::Known(by_id) => Self::Known(Arc::clone(by_id)),
        }
    }

    /// Remembers a person.
    pub(super) fn gather(&mut self, person: &Person) -> Result<(), Error> {
        let Self::Gathering { forgetting, by_id } = self else { return Ok(()) };
        let mut person = person.clone();
        forgetting.forget_of(&mut person);
        // The message of a JSON error may quote a person's value.
        let json = serde_json::to_vec(&person)
            .map_err(|_| Error::new(ErrorKind::Internal, format!("record {} has no JSON", person.id)))?;
        by_id.insert(person.id, json.into());
        Ok(())
    }

    /// Adds those that another worker gathered.
    pub(super) fn merge(&mut self, other: Self) {
        if let (Self::Gathering { by_id, .. }, Self::Gathering { by_id: more, .. }) = (self, other) {
            by_id.extend(more);
        }
    }

    /// All persons were read.
    pub(super) fn all_read(&mut self) {
        if let Self::Gathering { by_id, .. } = self {
            *self = Self::Known(Arc::new(std::mem::take(by_id)));
        }
    }

    /// Whom a record names.
    pub(super) fn of(&self, record: &Record) -> Result<[Option<Person>; 2], Error> {
        let Self::Known(by_id) = self else { return Ok([None, None]) };
        let find = |id: Option<&str>| -> Result<Option<Person>, Error> {
            let Some(json) = id.and_then(|id| by_id.get(id)) else { return Ok(None) };
            let unreadable = |_| Error::new(ErrorKind::Internal, "a person that was held cannot be read");
            serde_json::from_slice(json).map(Some).map_err(unreadable)
        };
        Ok([find(record.person_id())?, find(record.source_id())?])
    }
}
