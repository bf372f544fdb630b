//! The crate from the outside.

mod config;
mod store;
