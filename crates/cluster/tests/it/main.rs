//! The crate's behaviour from outside, one module a subject.

mod agreement;
mod loss;
mod machines;
mod people;
mod refusals;
mod s3;
mod site;
mod snapshots;
