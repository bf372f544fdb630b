//! See the crate's description.

pub mod age;
pub mod day;
pub mod period;
pub mod place;
pub mod week;
