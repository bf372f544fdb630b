//! The crate's behaviour from outside, one module a subject.

mod age;
mod aggregate;
mod basis;
mod calendar;
mod contribution;
mod outbreak;
mod period_text;
mod place;
mod plan;
mod reckoning;
mod span;
mod week;

mod condition;
