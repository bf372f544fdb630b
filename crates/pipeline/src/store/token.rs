//! What programs show instead of signing in. What is changed is in the audit, in the same transaction.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::audit::{AuditRow, add_audit};
use super::column::{At, unknown_word};
use super::error::StoreError;
use super::state::State;
use crate::access::Right;

/// A token, without what the program shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its name, as it was given; capitals of A to Z make no difference.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Right>,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Until when; for ever if absent.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to a minute or so.
    pub last_used_at: Option<Timestamp>,
}

impl State {
    /// Adds a token by the SHA-256 of what the program shows, in hexadecimal digits; false if the name is taken.
    ///
    /// # Errors
    /// What the file says.
    pub fn add_token(&mut self, token: &Token, token_hash: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        let scopes = token.scopes.iter().map(|right| right.name()).collect::<Vec<_>>().join(" ");
        self.database.write("state/access", |tx| {
            let n = tx.execute(
                "INSERT INTO token (name, token_hash, scopes, created_at, created_by, expires_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING",
                params![
                    token.name,
                    token_hash,
                    scopes,
                    At(token.created_at),
                    token.created_by,
                    token.expires_at.map(At)
                ],
            )?;
            if n > 0 {
                add_audit(tx, audit)?;
            }
            Ok(n > 0)
        })
    }

    /// All tokens, by name.
    ///
    /// # Errors
    /// What the file says.
    pub fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM token ORDER BY name"))?;
            Ok(statement.query_map([], read_token)?.collect::<Result<_, _>>()?)
        })
    }

    /// The token of a hash. Whether it is over is for the caller to say.
    ///
    /// # Errors
    /// What the file says.
    pub fn token(&self, token_hash: &str) -> Result<Option<Token>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM token WHERE token_hash = ?1"))?;
            Ok(statement.query_row([token_hash], read_token).optional()?)
        })
    }

    /// Notes that a token was used. After a power failure it may seem unused for as long as the disk was behind.
    ///
    /// # Errors
    /// What the file says.
    pub fn touch_token(&mut self, name: &str, at: Timestamp) -> Result<(), StoreError> {
        self.database.write_soon("state/access", |tx| {
            tx.execute("UPDATE token SET last_used_at = ?2 WHERE name = ?1", params![name, At(at)])?;
            Ok(())
        })
    }

    /// Removes a token, which is refused from then on; false if there is none of this name.
    ///
    /// # Errors
    /// What the file says.
    pub fn remove_token(&mut self, name: &str, audit: &AuditRow) -> Result<bool, StoreError> {
        self.database.write("state/access", |tx| {
            let n = tx.execute("DELETE FROM token WHERE name = ?1", [name])?;
            if n > 0 {
                add_audit(tx, audit)?;
            }
            Ok(n > 0)
        })
    }
}

const COLUMNS: &str = "name, scopes, created_at, created_by, expires_at, last_used_at";

fn read_token(row: &Row<'_>) -> rusqlite::Result<Token> {
    let scopes: String = row.get(1)?;
    let scopes = scopes.split(' ').map(|word| Right::of(word).ok_or_else(|| unknown_word(1, word)));
    Ok(Token {
        name: row.get(0)?,
        scopes: scopes.collect::<Result<_, _>>()?,
        created_at: row.get::<_, At>(2)?.0,
        created_by: row.get(3)?,
        expires_at: row.get::<_, Option<At>>(4)?.map(|at| at.0),
        last_used_at: row.get::<_, Option<At>>(5)?.map(|at| at.0),
    })
}
