//! What an outbreak's records mean.
//!
//! Pure: no async, no I/O, no clock, no database, and no knowledge that Go.Data or DHIS2 exist as servers. The same input
//! gives the same output. The heart is [`contribution::contributions`]: what one record adds to which cells, or the one
//! reason why it adds to none.

pub mod account;
pub mod age;
pub mod basis;
pub mod cause;
pub mod cell;
pub mod condition;
pub mod contribution;
mod counts;
pub mod day;
pub mod dimension;
pub mod explanation;
pub mod field;
pub mod headcount;
pub mod increment;
pub mod indicator;
pub mod issue;
pub mod mapping;
pub mod matching;
mod nearest;
pub mod packed;
pub mod period;
pub mod place;
pub mod plan;
pub mod portable;
pub mod quality;
pub mod record;
pub mod statement;
pub mod suppress;
pub mod value;
pub mod week;

pub use nearest::nearest;
