//! Pages go into the line list on a thread of its own, in their order, while the next ones are decoded and counted.

use super::increment::Deciding;
use super::{PassError, Reading, give_up_interrupted};
use crate::aggregate::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::source::Opened;
use crate::store::{ExtractionId, LineList, Mode, NewPage};
use epi::record::{Person, Record, RecordKind};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Pages that wait for the disk: one in work, one ready. A worker that has another waits with it.
const PAGES_WAITING: usize = 1;

/// The line list while everything goes into it.
pub(super) struct Kept {
    list: LineList,
    outbreak: String,
    now: Timestamp,
    begun: Option<ExtractionId>,
}

/// A page as a worker leaves it.
struct Written {
    /// Its place in the order of the pages.
    turn: u64,
    kind: RecordKind,
    page: NewPage,
    /// The id of its last row; none of a page without rows.
    last_id: Option<String>,
    /// The server's time when it was read.
    server_date: Option<Timestamp>,
}

impl Kept {
    /// What an interrupted extraction left is given up: this one reads everything again.
    pub(super) fn new(mut list: LineList, opened: &Opened, now: Timestamp) -> Result<Self, Error> {
        give_up_interrupted(&mut list, &opened.outbreak_id, now)?;
        Ok(Self { list, outbreak: opened.outbreak_id.clone(), now, begun: None })
    }

    /// As [`Kept::new`], for records that come in no order.
    pub(super) fn scattered(list: LineList, opened: &Opened, now: Timestamp) -> Result<Self, Error> {
        let mut kept = Self::new(list, opened, now)?;
        kept.list.scatter();
        Ok(kept)
    }

    /// Begins the extraction, once.
    pub(super) fn begin(&mut self, watermark: Option<Timestamp>) -> Result<ExtractionId, Error> {
        if let Some(begun) = self.begun {
            return Ok(begun);
        }
        let begun = self.list.begin_extraction(&self.outbreak, Mode::Full, watermark, self.now)?;
        self.begun = Some(begun);
        Ok(begun)
    }

    /// Ends it, and keeps what was counted for the next run, if that is to go on from it.
    pub(super) fn finish(
        mut self,
        counted: Option<&Aggregation>,
        reading: &Reading<'_>,
    ) -> Result<ExtractionId, Error> {
        let id = self.begin(None)?;
        match Deciding::of(reading, &self.list)?.filter(|_| counted.is_some()) {
            Some(deciding) => deciding.finish(&mut self.list, id, true, reading, counted)?,
            None => self.list.finish_extraction(id, true, self.now)?,
        }
        Ok(id)
    }

    /// Keeps a page.
    pub(super) fn keep(&mut self, kind: RecordKind, page: &NewPage, last_id: &str) -> Result<(), Error> {
        let extraction = self.begin(None)?;
        Ok(self.list.keep_page(extraction, kind, page, &[], last_id)?)
    }

    /// The persons whom a record names, as this extraction brought them.
    pub(super) fn persons_of(&self, record: &Record) -> Result<[Option<Person>; 2], Error> {
        match self.begun {
            Some(begun) => Ok(self.list.persons_of(record, begun)?),
            None => Ok([None, None]),
        }
    }

    /// What a worker can look persons up in while pages of other lists are written.
    pub(super) fn lookup(&self) -> Result<Option<Lookup>, Error> {
        let Some(begun) = self.begun else { return Ok(None) };
        Ok(Some(Lookup { list: LineList::open_read_only(self.list.path())?, begun }))
    }

    /// A writer and the side on which workers give their pages.
    pub(super) fn writer(self) -> (Writer, ToWriter) {
        let (sender, pages) = sync_channel(PAGES_WAITING);
        (Writer { kept: self, pages }, ToWriter(sender))
    }

    fn write(&mut self, written: &Written) -> Result<(), Error> {
        // The first answer of all says what the server's time was before anything was read.
        self.begin(written.server_date)?;
        match &written.last_id {
            Some(last_id) => self.keep(written.kind, &written.page, last_id),
            None => Ok(()),
        }
    }
}

/// The line list of a running extraction, to look at.
pub(super) struct Lookup {
    list: LineList,
    begun: ExtractionId,
}

impl Lookup {
    /// The persons whom a record names, as the extraction brought them.
    pub(super) fn persons_of(&self, record: &Record) -> Result<[Option<Person>; 2], Error> {
        Ok(self.list.persons_of(record, self.begun)?)
    }
}

/// Writes what workers give it.
pub(super) struct Writer {
    kept: Kept,
    pages: Receiver<Written>,
}

impl Writer {
    /// Writes the pages in their order until no worker gives any more, and gives the line list back. What follows a page that
    /// never came is not written.
    pub(super) fn run(self) -> Result<Kept, PassError> {
        let Self { mut kept, pages } = self;
        // A worker is ahead of another by what waits for it, a page or two.
        let mut early = BTreeMap::new();
        let mut turn = 0;
        for page in pages {
            early.insert(page.turn, page);
            while let Some(next) = early.remove(&turn) {
                kept.write(&next)?;
                turn += 1;
            }
        }
        Ok(kept)
    }
}

/// Where a worker gives its pages.
#[derive(Clone)]
pub(super) struct ToWriter(SyncSender<Written>);

impl ToWriter {
    /// Gives the page of a turn to the writer; waits while others wait.
    ///
    /// # Errors
    /// The writer has failed; its own error says why.
    pub(super) fn give(
        &self,
        turn: u64,
        kind: RecordKind,
        page: NewPage,
        last_id: Option<String>,
        server_date: Option<Timestamp>,
    ) -> Result<(), Error> {
        let written = Written { turn, kind, page, last_id, server_date };
        self.0.send(written).map_err(|_| Error::new(ErrorKind::Internal, "the line list is no longer written"))
    }
}
