//! The configuration: what a person wrote ([`raw`]), held against its schema, checked, and turned into what Tally uses
//! ([`model`]). All problems are reported at once, each at its place in the file.

pub mod alerting;
mod block;
mod check;
pub mod dashboard;
mod environment;
mod limits;
pub mod model;
mod near;
pub mod places;
pub mod problem;
pub mod raw;
mod schema;
mod secret;
pub mod stated;
mod syntax;
mod text_place;

pub use check::{check_texts, load, load_before_dhis2, load_with_env, load_without_map};
pub use limits::Limits;
pub use model::{Config, Report};
pub use problem::{Problem, SourceText};
pub use raw::json_schema;
pub use secret::{SecretPlace, Whereabouts};
