//! The client against a small server that answers as DHIS2 does.

mod asynchronous;
mod completion;
mod failures;
mod imports;
mod metadata;
mod packages;
mod reading;
mod server;
mod sessions;
mod trust;
