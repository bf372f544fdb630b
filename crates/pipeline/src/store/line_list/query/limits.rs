//! What a query may cost.

use std::time::Duration;

/// Statements are written by people; some hundred ids in a list still fit.
pub(super) const SQL_BYTES_MAX: usize = 64 * 1024;
/// A text in between, such as a `group_concat` over ids, and a stored record. What one function does to a text cannot be
/// interrupted, so it has to be short.
pub(super) const TEXT_BYTES_MAX: i32 = 1024 * 1024;
/// A pattern of `LIKE` or `GLOB`, whose time grows with its length.
pub(super) const PATTERN_BYTES_MAX: i32 = 256;
/// Columns of an answer: ten times the widest view would still be read by nobody.
pub(super) const COLUMNS_MAX: i32 = 256;
/// Depth of an expression; SQLite walks it by recursion.
pub(super) const DEPTH_MAX: i32 = 200;
/// SELECTs joined by UNION.
pub(super) const COMPOUND_MAX: i32 = 64;
/// Steps of the compiled statement.
pub(super) const PROGRAM_MAX: i32 = 100_000;
/// Arguments of a function.
pub(super) const ARGUMENTS_MAX: i32 = 64;
/// Steps between two looks at the clock: some tens of microseconds.
pub(super) const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// How much longer than its time a statement is waited for that is inside one function, where it cannot be interrupted.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// What a query may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// After so long it is ended.
    pub timeout: Duration,
    /// Rows of the answer; more are left out, and the answer says so.
    pub rows_max: usize,
    /// Bytes of the answer; more are left out, and the answer says so.
    pub bytes_max: usize,
    /// Bytes that all of SQLite in this process may allocate from now on, for good; none leaves it as it is. For processes
    /// that do nothing else than to answer one query.
    pub heap_max: Option<u64>,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), rows_max: 10_000, bytes_max: 64 * 1024 * 1024, heap_max: None }
    }
}

/// Enough to sort a million short rows, and little enough for a small machine.
pub const QUERY_HEAP_MAX: u64 = 256 * 1024 * 1024;
