//! `tally-cluster`: all of tally's commands, and an engine that computes a report on many machines.
//!
//! A *snapshot* holds the records of an outbreak as Parquet where all machines see it. Ballista reads it, asks one scalar
//! function what each record adds ([`contributions`]), groups and counts that on its own shuffle, retry and spill, and the
//! client enters the counts into the aggregation from which a run goes on. The function is `epi`'s own code, and the
//! definitions travel in its first argument, so that a scheduler and an executor need no configuration.

pub mod contributions;
pub mod engine;
pub mod executor;
pub mod failure;
pub mod manifest;
pub mod scheduler;
pub mod sealed;
pub mod session;
pub mod smallest;
pub mod snapshot;
pub mod store;
pub mod table;

mod commands;

pub use commands::program;
