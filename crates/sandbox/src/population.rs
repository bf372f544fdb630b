//! A seeded outbreak: COVID-19 cases in 40 places over some weeks, with the oddities of real line
//! lists in small, stated shares. The same seed gives the same bytes.
//!
//! Everybody is invented. Every name, phone number, address, document number and free text starts with [`CANARY`];
//! everybody was born on [`BIRTHDAY`] and lives at one point of the map. A test that finds one of these anywhere outside
//! Go.Data has found a leak (see [`crate::canary`]).

mod border;
mod cases;
mod hostile;
mod others;
mod places;
mod reference;

use jiff::civil::Date;
use serde_json::json;

use crate::godata::{Documents, document};
use crate::random::Random;

pub use hostile::HOSTILE_SCRIPT;
pub use places::OrgUnit;

/// How every name, phone number, address, document number and free text of the population starts.
pub const CANARY: &str = "CANARY-";

/// Everybody's date of birth: a day that nothing else has.
pub const BIRTHDAY: &str = "1899-11-23";

/// The latitude of every home: digits that nothing else has.
pub const LATITUDE: f64 = 71.414_213_5;

/// The longitude of every home.
pub const LONGITUDE: f64 = -17.320_508_1;

/// A classification that the country added, held by some cases.
pub const CUSTOM_CLASSIFICATION: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMADO_POR_NEXO";

/// A location id that some cases live in and that no location has.
pub const UNKNOWN_LOCATION: &str = "SN999";

/// An outbreak in Go.Data and the organisation units of the DHIS2 beside it.
#[derive(Clone)]
pub struct Population {
    /// What Go.Data stores.
    pub documents: Documents,
    /// The DHIS2 tree that mirrors the places; a few places have none.
    pub org_units: Vec<OrgUnit>,
    /// The outbreak's id in Go.Data.
    pub outbreak_id: String,
}

impl Population {
    /// An outbreak with `n_cases` cases, whose onsets lie in `n_weeks` weeks from a Monday on, in
    /// two waves; an eighth as many contacts, and some follow-ups, lab results and events.
    pub fn covid19(seed: u64, n_cases: usize, first_week_monday: Date, n_weeks: u32) -> Self {
        let mut random = Random::new(seed);
        let outbreak_id = random.uuid();
        let locations = places::locations();
        let setting = cases::Setting::new(&outbreak_id, first_week_monday, n_weeks);
        let mut documents = Documents {
            locations,
            reference_data: reference::items(),
            tokens: reference::tokens(),
            languages: vec![reference::language()],
            ..Documents::default()
        };
        for number in 0..n_cases {
            documents.persons.push(cases::case(&setting, number, &mut random));
        }
        others::add(&setting, n_cases, &mut documents, &mut random);
        documents.outbreaks.push(document(outbreak(&outbreak_id, first_week_monday)));
        Self { documents, org_units: places::org_units(), outbreak_id }
    }

    /// The default of the demo and of the tests: 2,000 cases in the 30 weeks from 3 February 2020.
    pub fn demo() -> Self {
        Self::covid19(19, 2000, jiff::civil::date(2020, 2, 3), 30)
    }

    /// As this one, with a second outbreak on the same server: of another name, in the same places, of other people.
    #[must_use]
    pub fn and_second(mut self, name: &str, other: Self) -> Self {
        for mut outbreak in other.documents.outbreaks {
            outbreak.insert("name".to_owned(), json!(name));
            self.documents.outbreaks.push(outbreak);
        }
        self.documents.persons.extend(other.documents.persons);
        self.documents.relationships.extend(other.documents.relationships);
        self.documents.follow_ups.extend(other.documents.follow_ups);
        self.documents.lab_results.extend(other.documents.lab_results);
        self
    }

    /// The map of places that people would edit, in the design's columns.
    pub fn places_csv(&self) -> String {
        places::csv(&self.documents.locations, &self.org_units)
    }
}

fn outbreak(id: &str, start: Date) -> serde_json::Value {
    let stamp = format!("{start}T08:00:00.000Z");
    json!({
        "id": id, "name": "COVID-19 in Sandland", "description": "An invented outbreak",
        "disease": "LNG_REFERENCE_DATA_CATEGORY_DISEASE_COVID_19", "countries": [],
        "locationIds": [places::COUNTRY], "startDate": format!("{start}T00:00:00.000Z"), "endDate": null,
        "periodOfFollowup": 14, "frequencyOfFollowUp": 1, "frequencyOfFollowUpPerDay": 1,
        "noDaysAmongContacts": 3, "noDaysInChains": 3, "noDaysNotSeen": 3, "noLessContacts": 3,
        "longPeriodsBetweenCaseOnset": 7, "caseInvestigationTemplate": [], "contactInvestigationTemplate": [],
        "eventInvestigationTemplate": [], "caseFollowUpTemplate": [], "contactFollowUpTemplate": [],
        "labResultsTemplate": [], "eventIdMask": "EV-9999", "caseIdMask": "CASE-*", "contactIdMask": "CON-*",
        "contactOfContactIdMask": "COC-*",
        "reportingGeographicalLevelId": "LNG_REFERENCE_DATA_CATEGORY_LOCATION_GEOGRAPHICAL_LEVEL_ADMIN_LEVEL_1",
        "isContactLabResultsActive": false, "isContactsOfContactsActive": true,
        "applyGeographicRestrictions": false, "allowCasesFollowUp": false,
        "createdAt": stamp, "createdBy": "system", "updatedAt": stamp, "updatedBy": "system",
        "dbUpdatedAt": stamp, "createdOn": "API", "deleted": false,
    })
}
