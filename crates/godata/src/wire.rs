//! What Go.Data sends, read leniently.
//!
//! A line list is typed in the field, imported from spreadsheets and synchronised between servers of several versions.
//! So nothing here fails a page for one odd value: unknown keys are skipped, an absent key and `null` are the same, and
//! a value of an unexpected JSON type is kept apart as [`Field::Odd`]. Judging the values is the caller's task.
//!
//! The structs ask for no names, telephone numbers or documents, so none are ever held, and no `Debug` of theirs prints
//! a value. Texts borrow from the page's bytes. Instants stay texts, exactly as sent.

pub(crate) mod answer;
mod answers;
mod event;
mod field;
mod follow_up;
mod keys;
mod lab_result;
mod location;
mod outbreak;
mod person;
mod record;
mod reference_item;
mod relationship;

pub use answer::{User, Version};
pub use answers::{Answer, AnswerValue, Answers, VariableAnswers};
pub use event::Event;
pub use field::{Field, FromWire, HasOdd, List, Text};
pub use follow_up::FollowUp;
pub use lab_result::LabResult;
pub use location::{GeoPoint, Location, LocationIdentifier};
pub use outbreak::Outbreak;
pub use person::{Address, Age, ClassificationChange, DateRange, FollowUpPeriod, Person, Vaccination};
pub(crate) use record::Keyed;
pub use record::Record;
pub use reference_item::ReferenceItem;
pub use relationship::{Participant, Relationship};
