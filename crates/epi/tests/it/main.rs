//! The crate's behaviour from outside, one module a subject.

mod age;
mod aggregate;
mod basis;
mod calendar;
mod cause;
mod condition;
mod contribution;
mod docs;
mod explanation;
mod matching;
mod outbreak;
mod period_text;
mod place;
mod plan;
mod plan_walk;
mod quality;
mod reckoning;
mod records;
mod span;
mod suppress;
mod week;
