//! Delivers a message to somebody outside: by a signed webhook, by e-mail, or as a heartbeat. It knows nothing of reports
//! and runs, and repeats nothing that a server said: an answer is a number here, never a text.

mod address;
mod courier;
mod failure;
mod heartbeat;
mod mail;
mod patience;
mod signature;
mod webhook;

pub use address::{AddressError, check_url, is_loopback_host};
pub use courier::Courier;
pub use failure::DeliveryError;
pub use heartbeat::{Heartbeat, HeartbeatMethod};
pub use mail::{Letter, MailServer, Security, is_mail_address};
pub use patience::Patience;
pub use signature::{SIGNATURE_HEADER, signature};
pub use webhook::Webhook;
