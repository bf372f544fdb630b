//! Category prefixes of Go.Data's reference data; a value is stored without the prefix of its field's category.

/// Case classification.
pub const CLASSIFICATION: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION";
/// Outcome.
pub const OUTCOME: &str = "LNG_REFERENCE_DATA_CATEGORY_OUTCOME";
/// Gender.
pub const GENDER: &str = "LNG_REFERENCE_DATA_CATEGORY_GENDER";
/// Risk level.
pub const RISK_LEVEL: &str = "LNG_REFERENCE_DATA_CATEGORY_RISK_LEVEL";
/// Occupation.
pub const OCCUPATION: &str = "LNG_REFERENCE_DATA_CATEGORY_OCCUPATION";
/// Pregnancy status.
pub const PREGNANCY_STATUS: &str = "LNG_REFERENCE_DATA_CATEGORY_PREGNANCY_STATUS";
/// State of the investigation of a case.
pub const INVESTIGATION_STATUS: &str = "LNG_REFERENCE_DATA_CATEGORY_INVESTIGATION_STATUS";
/// Final follow-up status; its ids carry no `CATEGORY`.
pub const FOLLOW_UP_STATUS: &str = "LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE";
/// Status of one follow-up visit; its ids carry no `CATEGORY`.
pub const DAILY_STATUS: &str = "LNG_REFERENCE_DATA_CONTACT_DAILY_FOLLOW_UP_STATUS_TYPE";
/// Case, contact, contact of contact, event.
pub const PERSON_TYPE: &str = "LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE";
/// Type of a date range.
pub const STAY_TYPE: &str = "LNG_REFERENCE_DATA_CATEGORY_PERSON_DATE_TYPE";
/// Centre of a date range.
pub const CENTRE: &str = "LNG_REFERENCE_DATA_CATEGORY_CENTRE_NAME";
/// Vaccine.
pub const VACCINE: &str = "LNG_REFERENCE_DATA_CATEGORY_VACCINE";
/// Whether a vaccine was given.
pub const VACCINE_STATUS: &str = "LNG_REFERENCE_DATA_CATEGORY_VACCINE_STATUS";
/// Laboratory.
pub const LAB_NAME: &str = "LNG_REFERENCE_DATA_CATEGORY_LAB_NAME";
/// Type of a sample.
pub const SAMPLE_TYPE: &str = "LNG_REFERENCE_DATA_CATEGORY_TYPE_OF_SAMPLE";
/// Type of a laboratory test.
pub const TEST_TYPE: &str = "LNG_REFERENCE_DATA_CATEGORY_TYPE_OF_LAB_TEST";
/// Result of a laboratory test.
pub const LAB_RESULT: &str = "LNG_REFERENCE_DATA_CATEGORY_LAB_TEST_RESULT";
/// Whether a laboratory test is completed.
pub const LAB_STATUS: &str = "LNG_REFERENCE_DATA_CATEGORY_LAB_TEST_RESULT_STATUS";
/// Disease.
pub const DISEASE: &str = "LNG_REFERENCE_DATA_CATEGORY_DISEASE";
/// Certainty of an exposure.
pub const CERTAINTY_LEVEL: &str = "LNG_REFERENCE_DATA_CATEGORY_CERTAINTY_LEVEL";
/// Type of an exposure; its labels do not say what its ids say.
pub const EXPOSURE_TYPE: &str = "LNG_REFERENCE_DATA_CATEGORY_EXPOSURE_TYPE";
/// Frequency of an exposure.
pub const EXPOSURE_FREQUENCY: &str = "LNG_REFERENCE_DATA_CATEGORY_EXPOSURE_FREQUENCY";
/// Duration of an exposure.
pub const EXPOSURE_DURATION: &str = "LNG_REFERENCE_DATA_CATEGORY_EXPOSURE_DURATION";
/// Context of transmission.
pub const CONTEXT_OF_TRANSMISSION: &str = "LNG_REFERENCE_DATA_CATEGORY_CONTEXT_OF_TRANSMISSION";
/// Category of an event.
pub const EVENT_CATEGORY: &str = "LNG_REFERENCE_DATA_CATEGORY_EVENT_CATEGORY";
