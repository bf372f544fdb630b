//! The steps of a run in their order: extract, normalise, aggregate, map, diff, push, verify, record. The only crate that
//! orders effects.

pub mod aggregate;
pub mod config;
pub mod error;
pub mod normalise;
pub mod progress;

pub use error::{Error, ErrorKind};
pub mod report;
