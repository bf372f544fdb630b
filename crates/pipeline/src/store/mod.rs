//! The two files that Tally keeps, and the only code that speaks to SQLite.
//!
//! - [`State`] is what happened: runs, computed cells, plans, what was about to be written and what came of it, what we
//!   last wrote. It holds no person's data. Losing it loses history and the right to retract, so it is worth a backup.
//! - [`LineList`] is the normalised records of one outbreak. It can be rebuilt from Go.Data and expires by policy.
//!
//! Both are SQLite files with a write-ahead log and `synchronous = FULL`: what a call has returned from survives a power
//! cut, and what it has not returned from either happened whole or not at all. There is no clock inside: instants are given.

mod acceptance;
mod account;
mod alert;
mod audit;
mod cell;
mod column;
mod database;
mod destination;
mod due;
mod endings;
mod error;
mod forget;
mod intent;
mod issue;
mod job;
mod kept_plan;
mod lease;
mod ledger;
mod line_list;
mod migration;
mod overview;
mod picture;
mod repeat;
mod run;
mod runs;
mod session;
mod state;
mod step;
mod token;
mod user;
mod version;

pub use acceptance::{Acceptance, Accepted};
pub use account::{AccountRow, Unmapped};
pub use alert::{OpenAlert, ReportAlert};
pub use audit::AuditRow;
pub use cell::{CellKey, CellRow, NumberedCell};
pub use destination::Destination;
pub use due::{Came, DueRow, Ended, Settled};
pub use error::StoreError;
pub use intent::{Intent, IntentId, NewIntent, Receipt, ReceiptKind, StoredPlan};
pub use issue::{ISSUES_PER_RULE_MAX, IssueRow, IssueTotal};
pub use job::{Asked, JOB_WAITS_MAX, JOBS_WAITING_MAX, Job, JobEnd, JobId, JobRow, JobState, Queued};
pub use kept_plan::{KeptPlan, NewKeptPlan, PlanAction, PlanId, PlanState};
pub use lease::{Acquired, Lease};
pub use ledger::{LedgerUpdate, LedgerValue};
pub use line_list::{Answer, QUERY_HEAP_MAX, QueryError, QueryLimits, QueryValue, View, ViewColumn, views};
pub use line_list::{
    Base, Belonging, Changed, Extraction, ExtractionId, LineList, Mark, Mode, NewBase, NewPage, NewRecord,
};
pub use line_list::{Resumable, Texts, Unreadable};
pub use picture::{CellVersion, Stamp};
pub use run::{Outcome, RunId, RunState};
pub use runs::{Dhis2Seen, GodataSeen, NewRun, Run, RunError};
pub use session::{SESSIONS_PER_USER_MAX, Session};
pub use state::State;
pub use step::Step;
pub use token::Token;
pub use user::User;
pub use version::{CellHistory, Version, last_covering};
