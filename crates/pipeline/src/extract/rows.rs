//! The rows of a page or a file as records, whatever list they stand in.

use crate::normalise::{Normaliser, Row};
use compact_str::CompactString;
use epi::issue::Issue;
use epi::record::{Person, Record, RecordKind};
use godata::wire::{self, Record as _};
use godata::{Decoded, Page, RecordFile};

/// What a row turned out to be.
pub(super) enum Came<'a> {
    /// A record. Who keeps it takes it out; otherwise its memory is used again for the next one.
    Record(&'a mut Record),
    /// A record that Go.Data marks as deleted.
    Deleted,
    /// A row without an id: nobody can tell it from others.
    Unusable,
}

/// What rows are read from.
pub(super) trait Rows {
    /// Gives each row to `each`.
    fn rows<'p, T: wire::Record<'p>>(&'p self, each: impl FnMut(&mut T)) -> Result<Decoded, godata::Error>;
}

impl Rows for Page {
    fn rows<'p, T: wire::Record<'p>>(&'p self, each: impl FnMut(&mut T)) -> Result<Decoded, godata::Error> {
        self.decode(each)
    }
}

impl Rows for RecordFile {
    fn rows<'p, T: wire::Record<'p>>(&'p self, each: impl FnMut(&mut T)) -> Result<Decoded, godata::Error> {
        self.decode(each)
    }
}

/// Gives what each row of a kind's list came to, with its id and what could not be read of it.
///
/// # Errors
/// What the page or the file says.
pub(super) fn records(
    rows: &impl Rows,
    kind: RecordKind,
    normaliser: &Normaliser,
    each: impl FnMut(Came<'_>, Option<&str>, &mut Vec<Issue>),
) -> Result<Decoded, godata::Error> {
    match kind {
        RecordKind::Case | RecordKind::Contact | RecordKind::ContactOfContact => {
            of::<wire::Person<'_>>(rows, kind, normaliser, each)
        }
        RecordKind::FollowUp => of::<wire::FollowUp<'_>>(rows, kind, normaliser, each),
        RecordKind::LabResult => of::<wire::LabResult<'_>>(rows, kind, normaliser, each),
        RecordKind::Relationship => of::<wire::Relationship<'_>>(rows, kind, normaliser, each),
        RecordKind::Event => of::<wire::Event<'_>>(rows, kind, normaliser, each),
    }
}

fn of<'p, W: Row<'p>>(
    rows: &'p impl Rows,
    kind: RecordKind,
    normaliser: &Normaliser,
    mut each: impl FnMut(Came<'_>, Option<&str>, &mut Vec<Issue>),
) -> Result<Decoded, godata::Error> {
    let mut issues = Vec::new();
    let mut record = Record::Person(Person::default());
    rows.rows(|wire: &mut W| {
        issues.clear();
        let came = if wire.is_deleted() {
            Came::Deleted
        } else if wire.record(normaliser, kind, &mut issues, &mut record) {
            Came::Record(&mut record)
        } else {
            Came::Unusable
        };
        each(came, wire.id(), &mut issues);
    })
}

/// The ids of a page.
pub(super) fn ids(page: &Page, mut each: impl FnMut(CompactString)) -> Result<Decoded, godata::Error> {
    // Any list has ids, and of the rows nothing else was asked for.
    page.decode(|wire: &mut wire::Person<'_>| wire.id().into_iter().for_each(|id| each(id.into())))
}
