//! The state file: opened, checked, copied. What it holds is said beside each kind of row.

use std::path::Path;
use std::time::Duration;

use super::database::{Access, Database, Format};
use super::error::StoreError;
use super::migration::Migration;

/// `Tals` as bytes.
const FORMAT: Format = Format {
    application_id: i32::from_be_bytes(*b"Tals"),
    name: "a state file",
    page_bytes: 4_096,
    schema_commit: "state/schema",
    migrations: &[
        Migration { version: 1, sql: include_str!("schema/state_001.sql") },
        Migration { version: 2, sql: include_str!("schema/state_002.sql") },
        Migration { version: 3, sql: include_str!("schema/state_003.sql") },
        Migration { version: 4, sql: include_str!("schema/state_004.sql") },
        Migration { version: 5, sql: include_str!("schema/state_005.sql") },
        Migration { version: 6, sql: include_str!("schema/state_006.sql") },
        Migration { version: 7, sql: include_str!("schema/state_007.sql") },
        Migration { version: 8, sql: include_str!("schema/state_008.sql") },
        Migration { version: 9, sql: include_str!("schema/state_009.sql") },
    ],
};

/// The state file.
///
/// Several processes may have it open. Each call that writes is one transaction of its own.
#[derive(Debug)]
pub struct State {
    pub(super) database: Database,
}

impl State {
    /// Opens the file, creates it (0600) and its folder (0700) where absent, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::NotADatabase`], [`StoreError::Foreign`], [`StoreError::Corrupt`],
    /// [`StoreError::Locked`], and what the disk has to say.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(path, &FORMAT, Access::Write)? })
    }

    /// Opens an existing file to look at it. Whatever would write fails with [`StoreError::ReadOnly`].
    ///
    /// # Errors
    /// As [`State::open`], and [`StoreError::Older`], because the schema cannot be brought up to date.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(path, &FORMAT, Access::Read)? })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// How long a call waits for another process's transaction before it fails with [`StoreError::Locked`]; 10 s if never
    /// said.
    pub fn wait_at_most(&self, wait: Duration) -> Result<(), StoreError> {
        self.database.wait_at_most(wait)
    }

    /// Reads the whole file and checks it, references included.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first problems.
    pub fn integrity_check(&self) -> Result<(), StoreError> {
        self.database.integrity_check()
    }

    /// Writes a consistent, compact copy (0600) to a path that must not exist yet. Runs may go on meanwhile.
    pub fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        self.database.backup_to(target)
    }
}
