//! The crate's behaviour from outside, one module a subject.

mod calendar;
mod period_text;
mod reckoning;
mod span;
mod week;
