//! Who may look at the dashboard. What is changed is in the audit, in the same transaction.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::audit::{AuditRow, add_audit};
use super::column::{At, unknown_word};
use super::error::StoreError;
use super::state::State;
use crate::access::Role;

/// A user of the dashboard, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name, as it was given; capitals of A to Z make no difference.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

impl State {
    /// Adds a user with the hash of a password as a PHC string; false if the name is taken.
    ///
    /// # Errors
    /// What the file says.
    pub fn add_user(&mut self, user: &User, password_hash: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        self.database.write("state/access", |tx| {
            let n = tx.execute(
                "INSERT INTO user (name, role, password_hash, created_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (name) DO NOTHING",
                params![user.name, user.role.name(), password_hash, At(user.created_at)],
            )?;
            if n > 0 {
                add_audit(tx, audit)?;
            }
            Ok(n > 0)
        })
    }

    /// All users, by name.
    ///
    /// # Errors
    /// What the file says.
    pub fn users(&self) -> Result<Vec<User>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT name, role, created_at FROM user ORDER BY name")?;
            Ok(statement.query_map([], read_user)?.collect::<Result<_, _>>()?)
        })
    }

    /// Whether there is any user.
    ///
    /// # Errors
    /// What the file says.
    pub fn has_users(&self) -> Result<bool, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM user)")?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
    }

    /// A user and the hash of the password.
    ///
    /// # Errors
    /// What the file says.
    pub fn user_with_hash(&self, name: &str) -> Result<Option<(User, String)>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT name, role, created_at, password_hash FROM user WHERE name = ?1")?;
            Ok(statement.query_row([name], |row| Ok((read_user(row)?, row.get(3)?))).optional()?)
        })
    }

    /// Removes a user, who is signed out with the next request; false if there is none of this name.
    ///
    /// # Errors
    /// What the file says.
    pub fn remove_user(&mut self, name: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        self.change_user(name, "DELETE FROM user WHERE name = ?1", "", audit, false)
    }

    /// Gives a user another role, from the next request on; false if there is none of this name.
    ///
    /// # Errors
    /// What the file says.
    pub fn set_role(&mut self, name: &str, role: Role, audit: &AuditRow) -> Result<bool, StoreError> {
        self.change_user(name, "UPDATE user SET role = ?2 WHERE name = ?1", role.name(), audit, false)
    }

    /// Gives a user another password, and ends all sessions that the old one began; false if there is none of this name.
    ///
    /// # Errors
    /// What the file says.
    pub fn set_password(&mut self, name: &str, password_hash: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        self.change_user(name, "UPDATE user SET password_hash = ?2 WHERE name = ?1", password_hash, audit, true)
    }

    fn change_user(
        &mut self,
        name: &str,
        sql: &str,
        value: &str,
        audit: &AuditRow,
        sign_out: bool,
    ) -> Result<bool, StoreError> {
        self.database.write("state/access", |tx| {
            let n = if value.is_empty() { tx.execute(sql, [name])? } else { tx.execute(sql, [name, value])? };
            if sign_out {
                tx.execute("DELETE FROM session WHERE user = ?1", [name])?;
            }
            if n > 0 {
                add_audit(tx, audit)?;
            }
            Ok(n > 0)
        })
    }
}

/// The first three columns of a row.
pub(super) fn read_user(row: &Row<'_>) -> rusqlite::Result<User> {
    let role: String = row.get(1)?;
    Ok(User {
        name: row.get(0)?,
        role: Role::of(&role).ok_or_else(|| unknown_word(1, &role))?,
        created_at: row.get::<_, At>(2)?.0,
    })
}
