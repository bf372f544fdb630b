//! What can go wrong with the two files, each with the file it happened to and what to do about it.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::run::{RunId, RunState};

/// A failure of the state file or of the line list.
///
/// Messages carry paths, table names and ids, never the values of a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A newer Tally wrote the file.
    #[error("{} has schema {found}, and this version knows {known} at most", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema that the file has.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// The file has an older schema and was opened for reading only, so it cannot be brought up to date.
    #[error("{} has schema {found}, older than {known}, and is open for reading only", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// The schema that the file has.
        found: u32,
        /// The schema that it should have.
        known: u32,
    },
    /// The file is no SQLite database, or is encrypted.
    #[error("{} is not a database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of something else.
    #[error("{} is a database, but not {wanted} of Tally", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it should be: `a state file` or `a line list`.
        wanted: &'static str,
    },
    /// The database is damaged.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// The file or its folder could not be created or secured.
    #[error("cannot {action} {}: {source}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
    /// SQLite could not open the file, or a file beside it.
    #[error("cannot open {}: {detail}", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        detail: String,
    },
    /// The file or its folder cannot be written.
    #[error("{} cannot be written", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// No room left. The transaction was rolled back.
    #[error("no room left for {}", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed below SQLite.
    #[error("{} cannot be read or written: {detail}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        detail: String,
    },
    /// Another process kept the file locked for longer than we wait.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file system offers no shared memory, so the write-ahead log cannot be used.
    #[error("{} cannot use a write-ahead log (journal mode stays {mode})", path.display())]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
        /// The mode that SQLite fell back to.
        mode: String,
    },
    /// A rule of the schema refused a row. Nothing of the transaction was kept.
    #[error("{} refuses a row: {detail}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The constraint.
        detail: String,
    },
    /// A stored row cannot be understood.
    #[error("a row of {} cannot be understood: {detail}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Which row or column, and why.
        detail: String,
    },
    /// The line list holds another outbreak.
    #[error("{} holds outbreak {found}, not {wanted}", path.display())]
    OtherOutbreak {
        /// The file.
        path: PathBuf,
        /// The outbreak of the file.
        found: String,
        /// The outbreak asked for.
        wanted: String,
    },
    /// The records of the line list were normalised in another way than they would be today.
    #[error("{} was normalised with {what} {found}, not {wanted}", path.display())]
    OtherNormalisation {
        /// The file.
        path: PathBuf,
        /// `version` or `time zone`.
        what: &'static str,
        /// As stored.
        found: String,
        /// As asked for.
        wanted: String,
    },
    /// An extraction was interrupted and neither resumed nor discarded.
    #[error("extraction {extraction} is unfinished")]
    UnfinishedExtraction {
        /// The extraction.
        extraction: i64,
    },
    /// The extraction does not exist, or is finished or discarded.
    #[error("extraction {extraction} is not open")]
    NoOpenExtraction {
        /// The extraction.
        extraction: i64,
    },
    /// What records were at the end of that extraction is no longer known, or never was in this file.
    #[error("{} no longer knows what records were after extraction {extraction}", path.display())]
    NoLongerKept {
        /// The file.
        path: PathBuf,
        /// The extraction.
        extraction: i64,
    },
    /// No such run.
    #[error("run {run} does not exist")]
    NoSuchRun {
        /// The run.
        run: RunId,
    },
    /// A run may not go that way.
    #[error("run {run} cannot go from {from} to {to}")]
    ForbiddenArrow {
        /// The run.
        run: RunId,
        /// Where it stands.
        from: RunState,
        /// Where it was to go.
        to: RunState,
    },
    /// A run stands elsewhere than the caller believes: another process moved it.
    #[error("run {run} is {found}, not {expected}")]
    MovedOn {
        /// The run.
        run: RunId,
        /// The caller's belief.
        expected: RunState,
        /// Where it stands.
        found: RunState,
    },
    /// A run has ended and takes nothing more.
    #[error("run {run} is {state} and takes nothing more")]
    Ended {
        /// The run.
        run: RunId,
        /// How it ended.
        state: RunState,
    },
    /// No such intent.
    #[error("intent {intent} does not exist")]
    NoSuchIntent {
        /// The intent.
        intent: i64,
    },
    /// The intent has a receipt that settles it.
    #[error("intent {intent} is settled already")]
    Settled {
        /// The intent.
        intent: i64,
    },
    /// A receipt that says nothing was written came with changes of the ledger.
    #[error("intent {intent}: a receipt of kind {kind} cannot change the ledger")]
    NothingWritten {
        /// The intent.
        intent: i64,
        /// The kind of the receipt.
        kind: &'static str,
    },
    /// The lease is no longer ours: it was released, or someone took it after it expired.
    #[error("lease {name} with token {token} is lost")]
    LeaseLost {
        /// The lease.
        name: String,
        /// The token that was current once.
        token: u64,
    },
    /// The caller's time to live goes beyond the calendar.
    #[error("{at} plus {seconds} seconds is beyond the calendar")]
    BeyondCalendar {
        /// The caller's now.
        at: Timestamp,
        /// The caller's time to live.
        seconds: u64,
    },
    /// SQLite failed in another way: a fault of ours.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// What to do next, in full sentences.
    pub fn advice(&self) -> String {
        match self {
            Self::Newer { found, .. } => {
                format!(
                    "Use the version of Tally that wrote schema {found}, or restore a backup made before the upgrade."
                )
            }
            Self::Older { .. } => "Run any command that writes once; it brings the file up to date.".into(),
            Self::NotADatabase { .. } | Self::Foreign { .. } => {
                "Point the configuration to another path, or move this file away.".into()
            }
            Self::Corrupt { .. } | Self::Row { .. } => {
                "Move the file and its -wal and -shm away. Restore a state file from a \
                backup; a line list is rebuilt from Go.Data by the next run."
                    .into()
            }
            Self::Folder { .. } | Self::CannotOpen { .. } | Self::ReadOnly { .. } => {
                "Give the account that runs Tally the right to read and write the folder and the file.".into()
            }
            Self::DiskFull { .. } => "Make room on the disk and run again; nothing was half written.".into(),
            Self::Disk { .. } => "Check the disk and the file system, then run again.".into(),
            Self::Locked { .. } => {
                "Wait for the other run to end, or look for a process that keeps the file open.".into()
            }
            Self::NoWriteAheadLog { .. } => "Keep the file on a local disk, not on a network share.".into(),
            Self::OtherOutbreak { .. } => "Give every outbreak a line list of its own.".into(),
            Self::OtherNormalisation { .. } => "Expire the line list; the next run extracts it again.".into(),
            Self::UnfinishedExtraction { .. } => "Resume the extraction or discard it.".into(),
            _ if self.is_overtaken() => {
                "Stop: another process has taken over. Look at its run before starting a new one.".into()
            }
            Self::NoLongerKept { .. } => {
                "Versions of records are kept for 92 days, and only as long as the line list is the same file.".into()
            }
            Self::NoSuchRun { .. } | Self::NoSuchIntent { .. } => "List the runs to find the right number.".into(),
            Self::ForbiddenArrow { .. }
            | Self::LeaseLost { .. }
            | Self::NoOpenExtraction { .. }
            | Self::MovedOn { .. }
            | Self::Settled { .. }
            | Self::Ended { .. }
            | Self::NothingWritten { .. }
            | Self::Refused { .. }
            | Self::BeyondCalendar { .. }
            | Self::Sqlite { .. } => "This is a fault of Tally. Please report it with this message.".into(),
        }
    }

    /// Whether another process has taken over what the caller was doing: its lease, its run, its extraction or its intent.
    pub fn is_overtaken(&self) -> bool {
        match self {
            Self::LeaseLost { .. } | Self::MovedOn { .. } | Self::Settled { .. } | Self::Ended { .. } => true,
            Self::NoOpenExtraction { .. } => true,
            Self::ForbiddenArrow { from, .. } => from.is_final(),
            _ => false,
        }
    }

    /// Whether it is a fault of Tally, which no configuration mends.
    pub fn is_defect(&self) -> bool {
        let is_fault = matches!(
            self,
            Self::ForbiddenArrow { .. }
                | Self::NothingWritten { .. }
                | Self::Refused { .. }
                | Self::BeyondCalendar { .. }
                | Self::Sqlite { .. }
        );
        is_fault && !self.is_overtaken()
    }

    /// Whether the same call may succeed later without anyone doing anything.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Locked { .. })
    }
}
