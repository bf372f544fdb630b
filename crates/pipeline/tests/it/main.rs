//! The crate from the outside.

mod store;
