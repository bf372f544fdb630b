//! The crate from the outside.

mod docs;
mod store;
