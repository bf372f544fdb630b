//! Cases, contacts and contacts of contacts: one struct, since Go.Data converts one into the other in place.

use super::answers::Answers;
use super::field::{Field, List, Text};
use super::record::wire;

wire! {
    /// A case, contact or contact of contact, without anything that identifies a person to people.
    ///
    /// Files exported with database columns name the id `_id`; both are read.
    pub record Person<'a> {
        /// The stable key, kept across conversions. Opaque: not always a UUID.
        "id" | "_id" => id: Field<Text<'a>>,
        /// The number that people know the case by; editable, and null once deleted.
        "visualId" => visual_id: Field<Text<'a>>,
        /// The person type, which only exports tell: lists are of one type each.
        "type" => person_type: Field<Text<'a>>,
        /// The current classification, a reference-data id; missing means unclassified.
        "classification" => classification: Field<Text<'a>>,
        /// Alive, recovered or deceased, a reference-data id; missing means unknown.
        "outcomeId" => outcome: Field<Text<'a>>,
        /// A reference-data id; missing means unknown.
        "gender" => gender: Field<Text<'a>>,
        /// Years, and months for infants.
        "age" => age: Field<Age>,
        /// A reference-data id.
        "occupation" => occupation: Field<Text<'a>>,
        /// A reference-data id.
        "riskLevel" => risk_level: Field<Text<'a>>,
        /// A reference-data id.
        "pregnancyStatus" => pregnancy_status: Field<Text<'a>>,
        /// First symptoms; may be missing.
        "dateOfOnset" => date_of_onset: Field<Text<'a>>,
        /// Whether the onset is a guess.
        "isDateOfOnsetApproximate" => date_of_onset_approximate: Field<bool>,
        /// When the person was reported.
        "dateOfReporting" => date_of_reporting: Field<Text<'a>>,
        /// Whether the day of reporting is a guess.
        "isDateOfReportingApproximate" => date_of_reporting_approximate: Field<bool>,
        /// When the person was infected.
        "dateOfInfection" => date_of_infection: Field<Text<'a>>,
        /// When a contact became a case.
        "dateBecomeCase" => date_become_case: Field<Text<'a>>,
        /// When a case or a contact of a contact became a contact.
        "dateBecomeContact" => date_become_contact: Field<Text<'a>>,
        /// Recovery or death.
        "dateOfOutcome" => date_of_outcome: Field<Text<'a>>,
        /// When the person was buried.
        "dateOfBurial" => date_of_burial: Field<Text<'a>>,
        /// A location id.
        "deathLocationId" => death_location: Field<Text<'a>>,
        /// The last contact with a case.
        "dateOfLastContact" => date_of_last_contact: Field<Text<'a>>,
        /// The location that the server derives from the current address; exports lack it.
        "usualPlaceOfResidenceLocationId" => residence: Field<Text<'a>>,
        /// Only what locates: for files that lack the derived residence.
        "addresses" => addresses: List<Address<'a>>,
        /// Hospital, isolation and other stays.
        "dateRanges" => date_ranges: List<DateRange<'a>>,
        /// What the server noted at each save that changed the classification.
        "classificationHistory" => classification_history: List<ClassificationChange<'a>>,
        /// Vaccines received or refused.
        "vaccinesReceived" => vaccines_received: List<Vaccination<'a>>,
        /// Answers to the outbreak's own questions.
        "questionnaireAnswers" => questionnaire_answers: Field<Answers<'a>>,
        /// Whether the case was a contact before.
        "wasContact" => was_contact: Field<bool>,
        /// Whether the contact was a case before.
        "wasCase" => was_case: Field<bool>,
        /// Whether the person was a contact of a contact before.
        "wasContactOfContact" => was_contact_of_contact: Field<bool>,
        /// Whether the burial was safe.
        "safeBurial" => safe_burial: Field<bool>,
        /// Whether the person refused to be transferred.
        "transferRefused" => transfer_refused: Field<bool>,
        /// How far the investigation is, a reference-data id.
        "investigationStatus" => investigation_status: Field<Text<'a>>,
        /// When the investigation was completed.
        "dateInvestigationCompleted" => date_investigation_completed: Field<Text<'a>>,
        /// In how many relationships the person is the target; recounted without a stamp.
        "numberOfExposures" => number_of_exposures: Field<f64>,
        /// In how many relationships the person is the source; recounted without a stamp.
        "numberOfContacts" => number_of_contacts: Field<f64>,
        /// The follow-up of a contact as a whole.
        "followUp" => follow_up: Field<FollowUpPeriod<'a>>,
        /// Whether the record is (softly) deleted.
        "deleted" => deleted: Field<bool>,
        /// When it was deleted; null again after a restore.
        "deletedAt" => deleted_at: Field<Text<'a>>,
        /// When it was created on the server where it was created.
        "createdAt" => created_at: Field<Text<'a>>,
        /// When it was last saved; synchronisation keeps the other server's time.
        "updatedAt" => updated_at: Field<Text<'a>>,
        /// When this server's database last saved it; bulk updates skip it, old records lack it.
        "dbUpdatedAt" => db_updated_at: Field<Text<'a>>,
    }
}

wire! {
    /// An age as entered or derived.
    pub struct Age {
        /// Full years.
        "years" => years: Field<f64>,
        /// Months beyond the years; used for infants.
        "months" => months: Field<f64>,
    }
}

wire! {
    /// Of an address only what locates it.
    pub struct Address<'a> {
        /// A reference-data id; the usual place of residence is the current one.
        "typeId" => address_type: Field<Text<'a>>,
        /// A location id.
        "locationId" => location: Field<Text<'a>>,
    }
}

wire! {
    /// A stay: either end may be missing.
    pub struct DateRange<'a> {
        /// Hospitalisation, isolation, ICU admission ..., a reference-data id.
        "typeId" => range_type: Field<Text<'a>>,
        /// The first day.
        "startDate" => start: Field<Text<'a>>,
        /// The last day; missing means open.
        "endDate" => end: Field<Text<'a>>,
        /// The centre, a reference-data id.
        "centerName" => centre: Field<Text<'a>>,
        /// A location id.
        "locationId" => location: Field<Text<'a>>,
    }
}

wire! {
    /// A classification and how long it stood. The instants are of data entry, not of epidemiology.
    pub struct ClassificationChange<'a> {
        /// A reference-data id.
        "classification" => classification: Field<Text<'a>>,
        /// When it was entered.
        "startDate" => start: Field<Text<'a>>,
        /// When it was replaced; missing for the one that stands.
        "endDate" => end: Field<Text<'a>>,
    }
}

wire! {
    /// A vaccine received, or not.
    pub struct Vaccination<'a> {
        /// A reference-data id.
        "vaccine" => vaccine: Field<Text<'a>>,
        /// The day of the dose.
        "date" => date: Field<Text<'a>>,
        /// Vaccinated or not, a reference-data id.
        "status" => status: Field<Text<'a>>,
    }
}

wire! {
    /// A contact's follow-up period.
    pub struct FollowUpPeriod<'a> {
        /// The first day.
        "startDate" => start: Field<Text<'a>>,
        /// The last day.
        "endDate" => end: Field<Text<'a>>,
        /// The final follow-up status, a reference-data id.
        "status" => status: Field<Text<'a>>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Record;

    #[test]
    fn both_names_of_the_id_are_read_and_unknown_keys_skipped() {
        let api: Person<'_> = serde_json::from_str(r#"{"firstName":"x","id":"a","address":{},"x":[[1]]}"#).unwrap();
        let export: Person<'_> = serde_json::from_str(r#"{"_id":"b","deathLocationId Identifiers":[]}"#).unwrap();
        assert_eq!((api.id(), export.id()), (Some("a"), Some("b")));
        assert!(api.odd_fields().is_empty());
    }

    #[test]
    fn what_is_odd_is_named_and_fails_nothing() {
        let person: Person<'_> = serde_json::from_str(
            r#"{"id":"a","gender":["M"],"age":{"years":"34","months":1},"dateRanges":[null,{"typeId":"T"}],"deleted":"no",
                "followUp":{"status":1},"classificationHistory":{}}"#,
        )
        .unwrap();
        assert_eq!(
            person.odd_fields(),
            ["gender", "age", "dateRanges", "classificationHistory", "followUp", "deleted"]
        );
        assert_eq!(person.age.get().unwrap().months.get(), Some(&1.0));
        assert_eq!(person.date_ranges[0].range_type.text(), Some("T"));
    }

    #[test]
    fn debug_prints_no_value() {
        let person: Person<'_> = serde_json::from_str(r#"{"id":"canary","visualId":"canary"}"#).unwrap();
        assert_eq!(format!("{person:?} {:?}", person.visual_id), "Person(..) Is(..)");
    }

    #[test]
    fn what_is_asked_for_names_no_person() {
        for private in ["firstName", "middleName", "lastName", "dob", "documents", "_id"] {
            assert!(!Person::FIELDS.contains(&private), "{private}");
        }
    }
}
