//! See the crate's description.

pub mod day;
pub mod period;
pub mod week;
