//! Who is signed in to the dashboard.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::audit::{AuditRow, add_audit};
use super::column::At;
use super::error::StoreError;
use super::state::State;
use super::user::{User, read_user};

/// Sessions of one user: a person has a few browsers. Another one ends the oldest.
pub const SESSIONS_PER_USER_MAX: u32 = 20;

/// A session, by the SHA-256 of what the browser shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's token, in hexadecimal digits.
    pub token_hash: String,
    /// Name of the user.
    pub user: String,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When the session was last used, to a minute or so.
    pub last_seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
}

impl State {
    /// Begins a session, forgets those that are over by then, and ends the oldest of a user who has too many.
    ///
    /// # Errors
    /// What the file says, also when there is no such user any more.
    pub fn begin_session(
        &mut self,
        session: &Session,
        idle_since: Timestamp,
        audit: &AuditRow,
    ) -> Result<(), StoreError> {
        self.database.write("state/access", |tx| {
            tx.execute(
                "DELETE FROM session WHERE expires_at <= ?1 OR last_seen_at <= ?2",
                params![At(session.created_at), At(idle_since)],
            )?;
            tx.execute(
                "INSERT INTO session (token_hash, user, created_at, last_seen_at, expires_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    session.token_hash,
                    session.user,
                    At(session.created_at),
                    At(session.last_seen_at),
                    At(session.expires_at)
                ],
            )?;
            tx.execute(
                "DELETE FROM session WHERE user = ?1 AND token_hash NOT IN \
                 (SELECT token_hash FROM session WHERE user = ?1 ORDER BY created_at DESC, token_hash LIMIT ?2)",
                params![session.user, SESSIONS_PER_USER_MAX],
            )?;
            add_audit(tx, audit)
        })
    }

    /// The session of a token, with the user as the user is now. Whether it is over is for the caller to say.
    ///
    /// # Errors
    /// What the file says.
    pub fn session(&self, token_hash: &str) -> Result<Option<(Session, User)>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT user.name, user.role, user.created_at, session.created_at, last_seen_at, expires_at \
                 FROM session JOIN user ON user.name = session.user WHERE token_hash = ?1",
            )?;
            let found = statement.query_row([token_hash], |row| {
                let user = read_user(row)?;
                let session = Session {
                    token_hash: token_hash.to_owned(),
                    user: user.name.clone(),
                    created_at: row.get::<_, At>(3)?.0,
                    last_seen_at: row.get::<_, At>(4)?.0,
                    expires_at: row.get::<_, At>(5)?.0,
                };
                Ok((session, user))
            });
            Ok(found.optional()?)
        })
    }

    /// Notes that a session was used. After a power failure it may seem unused for as long as the disk was behind.
    ///
    /// # Errors
    /// What the file says.
    pub fn touch_session(&mut self, token_hash: &str, at: Timestamp) -> Result<(), StoreError> {
        self.database.write_soon("state/access", |tx| {
            let sql = "UPDATE session SET last_seen_at = ?2 WHERE token_hash = ?1 AND last_seen_at < ?2";
            tx.execute(sql, params![token_hash, At(at)])?;
            Ok(())
        })
    }

    /// Ends a session; false if there was none.
    ///
    /// # Errors
    /// What the file says.
    pub fn end_session(&mut self, token_hash: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        self.database.write("state/access", |tx| {
            let n = tx.execute("DELETE FROM session WHERE token_hash = ?1", [token_hash])?;
            if n > 0 {
                add_audit(tx, audit)?;
            }
            Ok(n > 0)
        })
    }
}
