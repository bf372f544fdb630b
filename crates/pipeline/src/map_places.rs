//! `tally map places`: the organisation unit of every location, found in both servers and kept in the map of places.
//!
//! What people decided stands in the map and is never changed. What is left is matched by [`epi::matching`]; sure matches
//! are written into the map, open ones stand there with their candidates, so that a person can choose in a spreadsheet or at
//! the terminal. Nothing is written to a server.

mod decided;
mod outcome;
mod records;
mod sheet;
mod survey;

pub use outcome::{CandidateRow, Counted, Outcome, Shared, Standing, Tally};
pub use sheet::{HOW_ABOVE, HOW_CODE, HOW_ID, HOW_NAME, HOW_OPEN, HOW_PERSON, Sheet};
pub use survey::{Request, Survey};
