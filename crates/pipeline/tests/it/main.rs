//! The integration tests of the pipeline, in one binary.

mod config;
