//! A laboratory result of a case or contact.

use super::answers::Answers;
use super::field::{Field, Text};
use super::record::wire;

wire! {
    /// One sample and what was found.
    pub record LabResult<'a> {
        /// The stable key.
        "id" | "_id" => id: Field<Text<'a>>,
        /// The person whose sample it is.
        "personId" => person: Field<Text<'a>>,
        /// Case, contact ..., a reference-data id.
        "personType" => person_type: Field<Text<'a>>,
        /// When the sample was taken.
        "dateSampleTaken" => date_sample_taken: Field<Text<'a>>,
        /// When the laboratory received it.
        "dateSampleDelivered" => date_sample_delivered: Field<Text<'a>>,
        /// When it was tested.
        "dateTesting" => date_testing: Field<Text<'a>>,
        /// When the result was known.
        "dateOfResult" => date_of_result: Field<Text<'a>>,
        /// The laboratory, a reference-data id.
        "labName" => lab_name: Field<Text<'a>>,
        /// A reference-data id.
        "sampleType" => sample_type: Field<Text<'a>>,
        /// A reference-data id.
        "testType" => test_type: Field<Text<'a>>,
        /// Positive, negative, inconclusive ..., a reference-data id.
        "result" => result: Field<Text<'a>>,
        /// In progress or completed, a reference-data id.
        "status" => status: Field<Text<'a>>,
        /// The disease, a reference-data id.
        "testedFor" => tested_for: Field<Text<'a>>,
        /// Answers to the outbreak's laboratory questions.
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
