//! The steps of a run in their order: extract, normalise, aggregate, map, diff, push, verify, record. The only crate that
//! orders effects.

pub mod aggregate;
pub mod as_of;
pub mod catalogue;
pub mod cause;
pub mod certificate;
pub mod check;
pub mod clock;
pub mod comparison;
pub mod config;
pub mod control;
pub mod crash;
pub mod diff;
pub mod engine;
pub mod error;
pub mod export;
pub mod extract;
pub mod failure;
pub mod kept;
pub mod lineage;
pub mod losses;
pub mod normalise;
pub mod plan;
pub mod plan_document;
pub mod progress;
pub mod push;
pub mod quality;
pub mod query;
pub mod renamed;
pub mod repeat;
pub mod report;
pub mod revisions;
pub mod run;
pub mod snapshot;
pub mod source;
pub mod standing;
pub mod statement;
pub mod store;
mod suppress;
pub mod target;
pub mod tie_out;
pub mod upkeep;
pub mod verify;

pub use error::{Error, ErrorKind};
