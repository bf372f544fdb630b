//! A simulator of WHO Go.Data 2.50.3, as far as a reader of line lists sees it.
//!
//! It answers as recordings of the real server do, its traps included: three query engines that read
//! the same filter differently, one session a user, a `Bearer` token that the database has forgotten
//! and that is never answered, an order whose ties fall differently from call to call.
//!
//! Not simulated: writes over HTTP (see [`Documents::edit`]), exports, `include`, sub-queries such as
//! `where.relationship`, the over-time counts; of geographic restriction only that persons of other places are not seen.

mod answer;
mod arguments;
mod condition;
mod counts;
mod documents;
mod edit;
mod instant;
mod outbreak;
mod query;
mod routes;
mod server;
mod session;
mod tree;

pub use documents::{Document, Documents, PersonType, document};
pub use edit::{Editor, UnknownId};
pub use server::{GodataHandle, GodataOptions, GodataServer, RequestLine, StaleBearer};
pub use session::{Permissions, User};

pub(crate) use documents::{CATEGORY, is_deleted, text};
