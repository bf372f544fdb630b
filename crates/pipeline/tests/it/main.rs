//! The crate's behaviour from outside, one module a subject.

mod catalogue;
mod config;
mod docs;
mod past;
mod run;
mod store;
