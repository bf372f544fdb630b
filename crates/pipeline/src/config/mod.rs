//! The configuration: what a person wrote ([`raw`]), held against its schema, checked, and turned into what Tally uses
//! ([`model`]). All problems are reported at once, each at its place in the file.

mod check;
pub mod model;
pub mod places;
pub mod problem;
pub mod raw;
mod schema;
mod secret;

pub use check::load;
pub use model::{Config, Report};
pub use problem::{Problem, SourceText};
pub use raw::json_schema;
pub use secret::SecretPlace;
