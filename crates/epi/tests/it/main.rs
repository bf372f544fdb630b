//! The crate's behaviour from outside, one module a subject.

mod age;
mod calendar;
mod docs;
mod period_text;
mod place;
mod reckoning;
mod span;
mod week;

mod condition;
