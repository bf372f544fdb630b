//! Numbered changes of a schema, applied once and in order.

use rusqlite::{Connection, Transaction};

/// One step of a schema. Steps are never edited once released; a new one is added behind.
#[derive(Debug)]
pub(super) struct Migration {
    /// The `user_version` after this step; steps count 1, 2, 3 …
    pub(super) version: u32,
    /// The statements.
    pub(super) sql: &'static str,
}

/// The newest version of a list of steps.
pub(super) fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(0, |m| m.version)
}

/// The version that a file has; 0 is a new file.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies the steps that the file lacks. The version is read again inside the transaction, because another process may
/// have been first.
pub(super) fn apply(tx: &Transaction<'_>, migrations: &[Migration]) -> rusqlite::Result<()> {
    let found = version(tx)?;
    for migration in migrations.iter().filter(|m| m.version > found) {
        tx.execute_batch(migration.sql)?;
        tx.pragma_update(None, "user_version", migration.version)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Migration; 2] = [
        Migration { version: 1, sql: "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);" },
        Migration { version: 2, sql: "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 0;" },
    ];

    fn migrate(conn: &mut Connection, steps: &[Migration]) -> rusqlite::Result<()> {
        let tx = conn.transaction()?;
        apply(&tx, steps)?;
        tx.commit()
    }

    #[test]
    fn each_step_is_applied_once() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &TWO[..1]).unwrap();
        assert_eq!(version(&conn).unwrap(), 1);
        migrate(&mut conn, &TWO).unwrap();
        migrate(&mut conn, &TWO).unwrap();
        assert_eq!(version(&conn).unwrap(), newest(&TWO));
        let rows: (i64, i64, i64) = conn
            .query_row("SELECT count(*), sum(x), sum(y) FROM a", [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .unwrap();
        assert_eq!(rows, (1, 7, 0));
    }

    #[test]
    fn a_failing_step_leaves_the_file_as_it_was() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &TWO[..1]).unwrap();
        let bad = [
            Migration { version: 1, sql: "" },
            Migration { version: 2, sql: "CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT;" },
        ];
        assert!(migrate(&mut conn, &bad).is_err());
        assert_eq!(version(&conn).unwrap(), 1);
        assert!(conn.prepare("SELECT x FROM b").is_err());
    }
}
