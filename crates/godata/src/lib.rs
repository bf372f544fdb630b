//! A typed async client for the reading side of WHO Go.Data's web API (2.38 and later).
//!
//! It logs in once, pages through lists by key, retries what is safe to retry, and hands out small typed records that
//! hold nothing which identifies a person. It writes nothing, and it knows of no other system.

pub mod wire;
