//! Data-quality findings: a sample of each rule to look at, and how many there are in all.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::column::{At, N};
use super::error::StoreError;
use super::run::RunId;
use super::runs::check_open;
use super::state::State;

/// Findings kept of one rule in one run. More would help nobody to correct Go.Data; all are counted.
pub const ISSUES_PER_RULE_MAX: u64 = 1_000;

/// One finding. Nothing in it may be a person's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssueRow {
    /// The rule, such as `end_before_start`.
    pub rule: String,
    /// The record's field.
    pub field: String,
    /// The record's id.
    pub record_id: String,
    /// What is odd about it, in words that hold for many records.
    pub detail: String,
}

/// How often a rule was broken in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssueTotal {
    /// The rule.
    pub rule: String,
    /// All findings.
    pub n: u64,
    /// Findings that were kept: at most [`ISSUES_PER_RULE_MAX`], none once expired.
    pub n_kept: u64,
}

impl State {
    /// Adds findings to a run; may be called page by page.
    pub fn record_issues(&mut self, run: RunId, issues: &[IssueRow]) -> Result<(), StoreError> {
        self.database.write("state/issues", |tx| {
            check_open(tx, run)?;
            let mut totals: FxHashMap<&str, IssueTotal> = FxHashMap::default();
            let mut total = tx.prepare_cached("SELECT n, n_kept FROM issue_total WHERE run = ?1 AND rule = ?2")?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO issue (run, rule, seq, field, record_id, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for issue in issues {
                if !totals.contains_key(issue.rule.as_str()) {
                    let found: Option<(N, N)> =
                        total.query_row(params![run.0, issue.rule], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                    let (n, n_kept) = found.map_or((0, 0), |(n, n_kept)| (n.0, n_kept.0));
                    totals.insert(&issue.rule, IssueTotal { rule: issue.rule.clone(), n, n_kept });
                }
                let Some(total) = totals.get_mut(issue.rule.as_str()) else { continue };
                total.n += 1;
                if total.n_kept < ISSUES_PER_RULE_MAX {
                    total.n_kept += 1;
                    insert.execute(params![
                        run.0,
                        issue.rule,
                        N(total.n_kept),
                        issue.field,
                        issue.record_id,
                        issue.detail
                    ])?;
                }
            }
            let mut set = tx.prepare_cached(
                "INSERT INTO issue_total (run, rule, n, n_kept) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET n = excluded.n, n_kept = excluded.n_kept",
            )?;
            for total in totals.values() {
                set.execute(params![run.0, total.rule, N(total.n), N(total.n_kept)])?;
            }
            Ok(())
        })
    }

    /// The kept findings of a run, of one rule or of all, in the order in which they were found.
    pub fn issues(&self, run: RunId, rule: Option<&str>) -> Result<Vec<IssueRow>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT rule, field, record_id, detail FROM issue WHERE run = ?1 AND rule = coalesce(?2, rule) \
                 ORDER BY rule, seq",
            )?;
            let rows = statement.query_map(params![run.0, rule], |row| {
                Ok(IssueRow { rule: row.get(0)?, field: row.get(1)?, record_id: row.get(2)?, detail: row.get(3)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How often each rule was broken, most often first.
    pub fn issue_totals(&self, run: RunId) -> Result<Vec<IssueTotal>, StoreError> {
        self.database.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT rule, n, n_kept FROM issue_total WHERE run = ?1 ORDER BY n DESC, rule")?;
            let rows = statement.query_map([run.0], |row| {
                Ok(IssueTotal { rule: row.get(0)?, n: row.get::<_, N>(1)?.0, n_kept: row.get::<_, N>(2)?.0 })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets the record ids of the runs that ended before an instant: their findings, and the documents of their plans,
    /// whose causes name records. Totals and hashes stay. Returns how many runs were touched.
    ///
    /// To be called when the line list expires: an id is a person's as long as something can be looked up with it.
    pub fn expire_record_ids(&mut self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.database.write("state/record-ids-expired", |tx| {
            let mut runs = tx.prepare_cached(
                "SELECT id FROM run WHERE finished_at < ?1 AND (EXISTS (SELECT 1 FROM issue WHERE issue.run = run.id) \
                 OR EXISTS (SELECT 1 FROM plan WHERE plan.run = run.id AND document IS NOT NULL)) ORDER BY id",
            )?;
            let runs: Vec<i64> = runs.query_map([At(ended_before)], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for run in &runs {
                tx.execute("DELETE FROM issue WHERE run = ?1", [run])?;
                tx.execute("UPDATE issue_total SET n_kept = 0 WHERE run = ?1", [run])?;
                tx.execute("UPDATE plan SET document = NULL WHERE run = ?1", [run])?;
            }
            // A plan that waits names records as well, and without its document it cannot be carried out.
            tx.execute(
                "UPDATE kept_plan SET state = 'expired', document = NULL, decided_at = ?1, decided_by = 'daemon' \
                 WHERE state = 'open' AND made_at < ?1",
                [At(ended_before)],
            )?;
            Ok(runs.len() as u64)
        })
    }
}
