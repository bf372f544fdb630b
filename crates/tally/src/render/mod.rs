//! How results look on a terminal.

pub(crate) mod error;
pub(crate) mod number;
pub(crate) mod progress;
pub(crate) mod quality;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod tie_out;
pub(crate) mod verify;
