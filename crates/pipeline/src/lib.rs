//! The steps of a run in their order: extract, normalise, aggregate, map, diff, push, verify, record. The only crate that
//! orders effects.

pub mod aggregate;
pub mod config;
pub mod error;
pub mod failure;
pub mod normalise;
pub mod progress;

pub use error::{Error, ErrorKind};
pub mod report;
pub mod source;
pub mod store;
pub mod target;
