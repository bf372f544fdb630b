//! A planned or done visit to a contact (or case).

use super::answers::Answers;
use super::field::{Field, Text};
use super::person::Address;
use super::record::wire;

wire! {
    /// One follow-up. Those of the future exist already, as not performed.
    pub record FollowUp<'a> {
        /// The stable key.
        "id" | "_id" => id: Field<Text<'a>>,
        /// The person who is followed.
        "personId" => person: Field<Text<'a>>,
        /// The day of the visit.
        "date" => date: Field<Text<'a>>,
        /// Seen ok, seen not ok, missed ..., a reference-data id.
        "statusId" => status: Field<Text<'a>>,
        /// The number of the day in the follow-up period, from 1.
        "index" => index: Field<f64>,
        /// The team that visits.
        "teamId" => team: Field<Text<'a>>,
        /// Whether the visit was planned.
        "targeted" => targeted: Field<bool>,
        /// The person's type when the follow-up was made: contact or case.
        "createdAs" => created_as: Field<Text<'a>>,
        /// The person's location as the server derives it.
        "usualPlaceOfResidenceLocationId" => residence: Field<Text<'a>>,
        /// Where the visit takes place.
        "address" => address: Field<Address<'a>>,
        /// Answers to the outbreak's follow-up questions.
        "questionnaireAnswers" => questionnaire_answers: Field<Answers<'a>>,
        /// Whether the record is (softly) deleted.
        "deleted" => deleted: Field<bool>,
        /// When it was deleted.
        "deletedAt" => deleted_at: Field<Text<'a>>,
        /// When it was created.
        "createdAt" => created_at: Field<Text<'a>>,
        /// When it was last saved.
        "updatedAt" => updated_at: Field<Text<'a>>,
        /// When this server's database last saved it.
        "dbUpdatedAt" => db_updated_at: Field<Text<'a>>,
    }
}
