//! Reference data: the default items that a case may hold, and the country's own.

use serde_json::json;

use super::CUSTOM_CLASSIFICATION;
use crate::godata::{CATEGORY, Document, document};

/// Category and values; an item's id is the category, `_`, the value.
const DEFAULTS: [(&str, &[&str]); 24] = [
    ("CASE_CLASSIFICATION", &["CONFIRMED", "PROBABLE", "SUSPECT", "NOT_A_CASE_DISCARDED"]),
    ("OUTCOME", &["ALIVE", "RECOVERED", "DECEASED"]),
    ("GENDER", &["MALE", "FEMALE"]),
    ("PERSON_TYPE", &["CASE", "CONTACT", "EVENT", "CONTACT_OF_CONTACT"]),
    (
        "PERSON_DATE_TYPE",
        &[
            "HOSPITALIZATION",
            "ISOLATION",
            "HOSPITALIZATION_FOR_OTHER_MEDICAL_CONDITIONS",
            "OTHER",
            "A_E_VISIT",
            "ICU_ADMISSION",
            "PRIMARY_HEALTH_CARE_PHC_GP_ETC_VISIT",
            "OUTPATIENT_VISIT",
        ],
    ),
    ("OCCUPATION", &["HEALTH_CARE_WORKER", "FARMER", "TEACHER", "STUDENT", "OTHER"]),
    (
        "LAB_TEST_RESULT",
        &["POSITIVE", "NEGATIVE", "INCONCLUSIVE", "POSITIVE_FOR_OTHER_PATHOGENS_SPECIFY_IN_NOTES_FIELD"],
    ),
    ("LAB_TEST_RESULT_STATUS", &["IN_PROGRESS", "COMPLETED"]),
    ("TYPE_OF_LAB_TEST", &["RT_PCR", "PCR", "IG_C_OR_IG_M", "ANTIGEN_DETECTED"]),
    ("RISK_LEVEL", &["1_LOW", "2_MEDIUM", "3_HIGH"]),
    ("VACCINE", &["COVID_19"]),
    ("VACCINE_STATUS", &["VACCINATED", "NOT_VACCINATED"]),
    (
        "PREGNANCY_STATUS",
        &[
            "NONE",
            "NOT_PREGNANT",
            "YES_FIRST_TRIMESTER",
            "YES_SECOND_TRIMESTER",
            "YES_THIRD_TRIMESTER",
            "YES_TRIMESTER_UNKNOWN",
        ],
    ),
    ("ADDRESS_TYPE", &["USUAL_PLACE_OF_RESIDENCE", "PREVIOUS_USUAL_PLACE_OF_RESIDENCE", "OTHER"]),
    ("DISEASE", &["COVID_19", "CHOLERA"]),
    ("CERTAINTY_LEVEL", &["1_LOW", "2_MEDIUM", "3_HIGH"]),
    (
        "CONTEXT_OF_TRANSMISSION",
        &["FAMILY", "NOSOCOMIAL_TRANSMISSION", "CO_WORKERS", "FRIENDS", "TRAVEL_TO_OUTBREAK_AREA", "UNKNOWN"],
    ),
    ("EXPOSURE_TYPE", &["DIRECT_PHYSICAL_CONTACT", "SLEPT_ATE_OR_SPEND_TIME_IN_SAME_HOUSEHOLD", "TOUCHED_BODY_FLUIDS"]),
    ("EXPOSURE_FREQUENCY", &["1_5_TIMES", "6_10_TIMES", "11_20_TIMES", "OVER_21_TIMES", "UNKNOWN"]),
    ("EXPOSURE_DURATION", &["VERY_SHORT_SECONDS", "SHORT_MINUTES", "MEDIUM_HOURS", "LONG_DAYS"]),
    ("TYPE_OF_SAMPLE", &["BLOOD", "SWAB"]),
    ("LAB_NAME", &["NATIONAL_LABORATORY", "DISTRICT_LABORATORY"]),
    ("INVESTIGATION_STATUS", &["IN_PROGRESS", "REACHED", "NOT_REACHED", "COMPLETE"]),
    ("LOCATION_GEOGRAPHICAL_LEVEL", &["ADMIN_LEVEL_0", "ADMIN_LEVEL_1", "ADMIN_LEVEL_2", "ADMIN_LEVEL_3"]),
];

/// The two sets whose ids lack the word `CATEGORY`.
const FOLLOW_UP_DEFAULTS: [(&str, &[&str]); 2] = [
    (
        "LNG_REFERENCE_DATA_CONTACT_DAILY_FOLLOW_UP_STATUS_TYPE",
        &["SEEN_OK", "SEEN_NOT_OK", "MISSED", "NOT_ATTEMPTED", "NOT_PERFORMED"],
    ),
    (
        "LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE",
        &["UNDER_FOLLOW_UP", "FOLLOW_UP_COMPLETED", "LOST_TO_FOLLOW_UP", "DIED"],
    ),
];

/// The full id of a default item.
pub(super) fn id(category: &str, value: &str) -> String {
    format!("{CATEGORY}{category}_{value}")
}

pub(super) fn items() -> Vec<Document> {
    let mut items = Vec::new();
    let categories = DEFAULTS.iter().map(|(category, values)| (format!("{CATEGORY}{category}"), *values));
    let follow_ups = FOLLOW_UP_DEFAULTS.iter().map(|(category, values)| ((*category).to_owned(), *values));
    for (category, values) in categories.chain(follow_ups) {
        for (at, value) in values.iter().enumerate() {
            items.push(item(&category, &format!("{category}_{value}"), at + 1, true));
        }
    }
    items.push(item(&format!("{CATEGORY}CASE_CLASSIFICATION"), CUSTOM_CLASSIFICATION, 5, false));
    items
}

fn item(category: &str, id: &str, order: usize, is_default: bool) -> Document {
    let stamp = "2018-01-01T01:00:00.000Z";
    document(json!({
        "id": id, "categoryId": category, "value": id, "description": format!("{id}_DESCRIPTION"), "code": "",
        "colorCode": "#a59c9c", "readOnly": is_default, "active": true, "order": order,
        "isDefaultReferenceData": is_default, "createdAt": stamp, "createdBy": "system", "updatedAt": stamp,
        "updatedBy": "system", "dbUpdatedAt": stamp, "createdOn": "API", "deleted": false,
    }))
}

/// English labels of all items.
pub(super) fn tokens() -> Vec<(String, String)> {
    let label = |id: &str, category: &str| {
        let words = id.strip_prefix(category).unwrap_or(id).trim_matches('_').replace('_', " ").to_lowercase();
        let mut letters = words.chars();
        letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
    };
    let text = |item: &Document, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    items()
        .iter()
        .map(|item| {
            let id = text(item, "id");
            let label = label(&id, &text(item, "categoryId"));
            (id, label)
        })
        .collect()
}

pub(super) fn language() -> Document {
    let stamp = "2018-01-01T01:00:00.000Z";
    document(json!({ "name": "English", "readOnly": true, "id": "english_us", "createdAt": stamp,
        "createdBy": "system", "updatedAt": stamp, "updatedBy": "system", "dbUpdatedAt": stamp,
        "createdOn": "API", "deleted": false }))
}
