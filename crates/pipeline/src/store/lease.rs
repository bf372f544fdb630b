//! One process at a time: a lease that runs out by itself, with a token that only ever grows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::audit::{AuditRow, add_audit};
use super::column::{At, N};
use super::database::Fault;
use super::error::StoreError;
use super::state::State;

/// A lease that we hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// What it guards.
    pub name: String,
    /// The fencing token: greater than that of every holder before.
    pub token: u64,
    /// When it runs out unless renewed.
    pub expires_at: Timestamp,
}

/// The answer to the wish for a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Acquired {
    /// It is ours.
    Granted(Lease),
    /// Someone has it.
    HeldBy {
        /// Who, in the words they gave.
        holder: String,
        /// Until when, unless renewed.
        until: Timestamp,
    },
}

impl State {
    /// Takes a lease if it is free or has run out. `holder` is what another process reads: a host and a process id.
    ///
    /// A held lease is held even for a holder of the same name: two tasks of one process must not both have it.
    pub fn acquire_lease(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.take_lease(name, holder, None, now, ttl)
    }

    /// Takes a lease over from `gone`, a holder that is known to live no more, whether or not it has run out. If somebody
    /// else has it by now, it is as in [`State::acquire_lease`].
    pub fn take_over_lease(
        &mut self,
        name: &str,
        holder: &str,
        gone: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.take_lease(name, holder, Some(gone), now, ttl)
    }

    fn take_lease(
        &mut self,
        name: &str,
        holder: &str,
        gone: Option<&str>,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        let expires_at = after(now, ttl)?;
        self.database.write("state/lease-taken", |tx| {
            let held = holder_of(tx, name)?.filter(|(holder, until)| now < *until && Some(holder.as_str()) != gone);
            if let Some((holder, until)) = held {
                return Ok(Acquired::HeldBy { holder, until });
            }
            let token: N = tx.query_row(
                "INSERT INTO lease (name, token, holder, expires_at) VALUES (?1, 1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET token = token + 1, holder = excluded.holder, expires_at = excluded.expires_at \
                 RETURNING token",
                params![name, holder, At(expires_at)],
                |row| row.get(0),
            )?;
            Ok(Acquired::Granted(Lease { name: name.to_owned(), token: token.0, expires_at }))
        })
    }

    /// Keeps a lease for another `ttl` from now. One that has run out is kept as well if nobody took it meanwhile.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it was released or taken: stop at once.
    pub fn renew_lease(&mut self, lease: &mut Lease, now: Timestamp, ttl: Duration) -> Result<(), StoreError> {
        let expires_at = after(now, ttl)?;
        let n = self.database.write("state/lease-kept", |tx| {
            Ok(tx.execute(
                "UPDATE lease SET expires_at = ?3 WHERE name = ?1 AND token = ?2 AND holder IS NOT NULL",
                params![lease.name, N(lease.token), At(expires_at)],
            )?)
        })?;
        if n == 0 {
            return Err(lost(lease));
        }
        lease.expires_at = expires_at;
        Ok(())
    }

    /// Gives a lease back. Its token is not used again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it was no longer ours.
    pub fn release_lease(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let n = self.database.write("state/lease-returned", |tx| {
            Ok(tx.execute(
                "UPDATE lease SET holder = NULL, expires_at = NULL WHERE name = ?1 AND token = ?2 AND holder IS NOT NULL",
                params![lease.name, N(lease.token)],
            )?)
        })?;
        if n == 0 { Err(lost(lease)) } else { Ok(()) }
    }

    /// Takes a lease away from its holder, if that is still `holder`. Whoever it was notices before it writes again.
    /// Returns whether it was; if so, `row` says in the audit who did it.
    pub fn break_lease(&mut self, name: &str, holder: &str, row: &AuditRow) -> Result<bool, StoreError> {
        self.database.write("state/lease-broken", |tx| {
            let n = tx.execute(
                "UPDATE lease SET holder = NULL, expires_at = NULL WHERE name = ?1 AND holder = ?2",
                params![name, holder],
            )?;
            if n > 0 {
                add_audit(tx, row)?;
            }
            Ok(n > 0)
        })
    }

    /// Whether `token` is the current one and has not run out: to be asked before every call that changes DHIS2.
    pub fn lease_is(&self, name: &str, token: u64, now: Timestamp) -> Result<bool, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT 1 FROM lease WHERE name = ?1 AND token = ?2 AND expires_at > ?3")?;
            Ok(statement.exists(params![name, N(token), At(now)])?)
        })
    }

    /// Who holds a lease and until when, run out or not; `None` if it is free.
    pub fn lease_holder(&self, name: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        self.database.read(|conn| holder_of(conn, name))
    }
}

fn holder_of(conn: &rusqlite::Connection, name: &str) -> Result<Option<(String, Timestamp)>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT holder, expires_at FROM lease WHERE name = ?1 AND holder IS NOT NULL")?;
    Ok(statement.query_row([name], |row| Ok((row.get(0)?, row.get::<_, At>(1)?.0))).optional()?)
}

fn after(now: Timestamp, ttl: Duration) -> Result<Timestamp, StoreError> {
    SignedDuration::try_from(ttl)
        .ok()
        .and_then(|ttl| now.checked_add(ttl).ok())
        .ok_or(StoreError::BeyondCalendar { at: now, seconds: ttl.as_secs() })
}

fn lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost { name: lease.name.clone(), token: lease.token }
}
