//! How results look on a terminal.

pub(crate) mod csv;
pub(crate) mod error;
pub(crate) mod lineage;
pub(crate) mod map_places;
pub(crate) mod number;
pub(crate) mod past;
pub(crate) mod phrase;
pub(crate) mod progress;
pub(crate) mod quality;
pub(crate) mod query;
pub(crate) mod run;
pub(crate) mod severity;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod tie_out;
pub(crate) mod verify;
pub(crate) mod worked;
