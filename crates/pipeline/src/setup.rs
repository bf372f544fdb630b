//! `tally init`: a first configuration from what both servers say.
//!
//! The wizard asks for two addresses and two accounts. The rest is proposed: for each data element of a data set a block of the
//! catalogue, by the words of its name and code; for each category of its combos a dimension, by the names of its options. What
//! is not beyond doubt is left to a person, in the file as a comment. Nothing is written to a server.

mod document;
mod draft;
mod option;
mod propose;
mod reading;
mod servers;
mod term;

pub use document::{Secret, Servers, configuration, dimension_text, environment, updated};
pub use draft::{Choice, Dimension, Draft, Element};
pub use option::{Group, Named, NotUnderstood, Understood, understand};
pub use propose::{Proposal, propose};
pub use servers::{Dhis2Access, Dhis2Found, GodataAccess, GodataFound};
