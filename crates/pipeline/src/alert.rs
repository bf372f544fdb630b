//! Somebody notices: what happened to a report becomes messages to those whom `[alerts]` names. A message says which report,
//! which periods, how many, and what to do; it holds no person's data, and no text that a server sent.
//!
//! - [`Observation`]: what became known of a report (pure);
//! - [`fold`]: what of it is worth a message, so that a problem is told when it begins, when it goes on for long, and when it
//!   is over (pure);
//! - [`tell`]: delivers, and remembers what was told.

mod event;
mod folding;
mod letter;
mod message;
mod telling;

pub use event::{Count, Event, Observation, Overdue};
pub use folding::{Folded, Notice, Standing, fold};
pub use letter::letter;
pub use message::{MESSAGE_SCHEMA, Message};
pub use telling::{Delivery, tell, test};
