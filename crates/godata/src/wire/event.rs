//! A gathering where people were exposed.

use super::answers::Answers;
use super::field::{Field, Text};
use super::person::Address;
use super::record::wire;

wire! {
    /// An event, without its name and description, which may name people.
    pub record Event<'a> {
        /// The stable key.
        "id" | "_id" => id: Field<Text<'a>>,
        /// The number that people know it by.
        "visualId" => visual_id: Field<Text<'a>>,
        /// The (first) day.
        "date" => date: Field<Text<'a>>,
        /// The last day.
        "endDate" => end_date: Field<Text<'a>>,
        /// When it was reported.
        "dateOfReporting" => date_of_reporting: Field<Text<'a>>,
        /// A reference-data id.
        "eventCategory" => event_category: Field<Text<'a>>,
        /// Where it took place.
        "address" => address: Field<Address<'a>>,
        /// The location that the server derives from the address.
        "usualPlaceOfResidenceLocationId" => residence: Field<Text<'a>>,
        /// Answers to the outbreak's event questions.
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
