//! A typed async client for the reading side of WHO Go.Data's web API (2.38 and later).
//!
//! It logs in once, pages through lists by key, retries what is safe to retry, and hands out small typed records that
//! hold nothing which identifies a person. It writes nothing, and it knows of no other system.
//!
//! ```no_run
//! use godata::{Client, OutbreakId, Resource, Settings, wire::Person};
//!
//! # async fn run(settings: Settings) -> Result<(), godata::Error> {
//! let client = Client::new(settings)?;
//! let cases = Resource::Cases(OutbreakId::new("cd936eee-5bfb-433b-a80e-e26c66bf6a48"));
//! let mut pages = client.pages(cases, &["classification", "dateOfReporting"]);
//! let mut n_unclassified = 0;
//! while let Some(page) = pages.next().await {
//!     page?.decode(|case: &mut Person<'_>| n_unclassified += u64::from(case.classification.is_absent()))?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod wire;

mod client;
mod decode;
mod error;
mod exchange;
mod file;
mod filter;
mod page;
mod resource;
mod retry;
mod session;
mod settings;

pub use client::{Client, Counts};
pub use decode::Decoded;
pub use error::{Error, Kind, OrderRule};
pub use file::RecordFile;
pub use filter::{Selection, format_instant};
pub use page::{Page, Pages};
pub use resource::{OutbreakId, Resource};
pub use settings::Settings;
