//! Pictures: pure functions from data to SVG or HTML. Each has a title and a description, says nothing by colour alone, and has
//! its numbers beside it in a table. Colours are attributes and classes, never `style`, for the pages' policy allows none.

pub(in crate::web) mod bars;
pub(in crate::web) mod heat;
pub(in crate::web) mod land;
pub(in crate::web) mod spark;
pub(in crate::web) mod triangle;

mod draw;
mod figure;
mod twin;

pub(in crate::web) use figure::figure;
