//! What an outbreak's records mean.
//!
//! Pure: no async, no I/O, no clock, no database. The same input gives the same bytes.

pub mod condition;
pub mod field;
pub mod record;
pub mod value;
