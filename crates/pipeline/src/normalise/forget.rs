//! Empties what no definition asks for: a server is not asked for it, a file holds it all the same.

use epi::field::{Needs, OUTBREAK_WIRE, TableName};
use epi::record::{Event, FollowUp, LabResult, Person, Record, Relationship};
use std::collections::BTreeSet;

/// Empties fields of records.
#[derive(Clone, Debug, Default)]
pub struct Forgetting {
    persons: Vec<Empty<Person>>,
    follow_ups: Vec<Empty<FollowUp>>,
    lab_results: Vec<Empty<LabResult>>,
    relationships: Vec<Empty<Relationship>>,
    events: Vec<Empty<Event>>,
}

impl Forgetting {
    /// Keeps what is needed, and the ids always.
    pub fn all_but(needs: &Needs) -> Self {
        Self {
            persons: unasked(PERSON, &needs.of(TableName::Person)),
            follow_ups: unasked(FOLLOW_UP, &needs.of(TableName::FollowUp)),
            lab_results: unasked(LAB_RESULT, &needs.of(TableName::LabResult)),
            relationships: unasked(RELATIONSHIP, &needs.of(TableName::Relationship)),
            events: unasked(EVENT, &needs.of(TableName::Event)),
        }
    }

    /// Keeps of persons what other records need of them.
    pub fn all_but_joined(needs: &Needs) -> Self {
        Self { persons: unasked(PERSON, needs.joined()), ..Self::default() }
    }

    /// Empties the fields of a record.
    pub fn forget(&self, record: &mut Record) {
        match record {
            Record::Person(person) => self.forget_of(person),
            Record::FollowUp(follow_up) => self.follow_ups.iter().for_each(|empty| empty(follow_up)),
            Record::LabResult(result) => self.lab_results.iter().for_each(|empty| empty(result)),
            Record::Relationship(relationship) => self.relationships.iter().for_each(|empty| empty(relationship)),
            Record::Event(event) => self.events.iter().for_each(|empty| empty(event)),
        }
    }

    /// Empties the fields of a person.
    pub fn forget_of(&self, person: &mut Person) {
        self.persons.iter().for_each(|empty| empty(person));
    }
}

fn unasked<R>(all: &[(&str, Empty<R>)], asked: &BTreeSet<&'static str>) -> Vec<Empty<R>> {
    all.iter().filter(|(name, _)| !asked.contains(name)).map(|(_, empty)| *empty).collect()
}

/// Empties a field.
type Empty<R> = fn(&mut R);

/// How to empty each field of a person by its name on the wire.
const PERSON: &[(&str, Empty<Person>)] = &[
    (OUTBREAK_WIRE, |p| p.outbreak = None),
    ("visualId", |p| p.visual_id = None),
    ("classification", |p| p.classification = None),
    ("outcomeId", |p| p.outcome = None),
    ("gender", |p| p.gender = None),
    ("age", |p| (p.age_years, p.age_months) = (None, None)),
    ("dateOfOnset", |p| p.date_of_onset = None),
    ("isDateOfOnsetApproximate", |p| p.date_of_onset_approximate = None),
    ("dateOfReporting", |p| p.date_of_reporting = None),
    ("isDateOfReportingApproximate", |p| p.date_of_reporting_approximate = None),
    ("dateOfInfection", |p| p.date_of_infection = None),
    ("dateBecomeCase", |p| p.date_became_case = None),
    ("dateBecomeContact", |p| p.date_became_contact = None),
    ("dateOfOutcome", |p| p.date_of_outcome = None),
    ("dateOfBurial", |p| p.date_of_burial = None),
    ("deathLocationId", |p| p.death_location = None),
    ("dateOfLastContact", |p| p.date_of_last_contact = None),
    ("usualPlaceOfResidenceLocationId", |p| p.residence = None),
    ("riskLevel", |p| p.risk_level = None),
    ("occupation", |p| p.occupation = None),
    ("pregnancyStatus", |p| p.pregnancy_status = None),
    ("wasContact", |p| p.was_contact = None),
    ("wasCase", |p| p.was_case = None),
    ("wasContactOfContact", |p| p.was_contact_of_contact = None),
    ("followUp", |p| (p.follow_up_status, p.follow_up_start, p.follow_up_end) = (None, None, None)),
    ("safeBurial", |p| p.safe_burial = None),
    ("transferRefused", |p| p.transfer_refused = None),
    ("investigationStatus", |p| p.investigation_status = None),
    ("dateInvestigationCompleted", |p| p.date_investigation_completed = None),
    ("numberOfExposures", |p| p.n_exposures = None),
    ("numberOfContacts", |p| p.n_contacts = None),
    ("createdAt", |p| p.created_at = None),
    ("updatedAt", |p| p.updated_at = None),
    ("dateRanges", |p| p.stays.clear()),
    ("classificationHistory", |p| p.classifications.clear()),
    ("vaccinesReceived", |p| p.vaccinations.clear()),
    ("questionnaireAnswers", |p| p.answers.clear()),
];

/// Of a follow-up.
const FOLLOW_UP: &[(&str, Empty<FollowUp>)] = &[
    (OUTBREAK_WIRE, |f| f.outbreak = None),
    ("personId", |f| f.person_id = None),
    ("date", |f| f.date = None),
    ("statusId", |f| f.status = None),
    ("index", |f| f.day_number = None),
    ("targeted", |f| f.targeted = None),
    ("teamId", |f| f.team = None),
    ("usualPlaceOfResidenceLocationId", |f| f.residence = None),
    ("createdAs", |f| f.created_as = None),
    ("createdAt", |f| f.created_at = None),
    ("updatedAt", |f| f.updated_at = None),
    ("questionnaireAnswers", |f| f.answers.clear()),
];

/// Of a laboratory result.
const LAB_RESULT: &[(&str, Empty<LabResult>)] = &[
    (OUTBREAK_WIRE, |l| l.outbreak = None),
    ("personId", |l| l.person_id = None),
    ("dateSampleTaken", |l| l.date_sample_taken = None),
    ("dateSampleDelivered", |l| l.date_sample_delivered = None),
    ("dateTesting", |l| l.date_testing = None),
    ("dateOfResult", |l| l.date_of_result = None),
    ("labName", |l| l.lab_name = None),
    ("sampleType", |l| l.sample_type = None),
    ("testType", |l| l.test_type = None),
    ("result", |l| l.result = None),
    ("status", |l| l.status = None),
    ("testedFor", |l| l.tested_for = None),
    ("createdAt", |l| l.created_at = None),
    ("updatedAt", |l| l.updated_at = None),
    ("questionnaireAnswers", |l| l.answers.clear()),
];

/// Of a relationship.
const RELATIONSHIP: &[(&str, Empty<Relationship>)] = &[
    (OUTBREAK_WIRE, |r| r.outbreak = None),
    ("persons", |r| (r.source, r.target) = (None, None)),
    ("contactDate", |r| r.contact_date = None),
    ("dateOfFirstContact", |r| r.date_of_first_contact = None),
    ("certaintyLevelId", |r| r.certainty_level = None),
    ("exposureTypeId", |r| r.exposure_type = None),
    ("exposureFrequencyId", |r| r.exposure_frequency = None),
    ("exposureDurationId", |r| r.exposure_duration = None),
    ("socialRelationshipTypeId", |r| r.context_of_transmission = None),
    ("clusterId", |r| r.cluster = None),
    ("active", |r| r.active = None),
    ("createdAt", |r| r.created_at = None),
    ("updatedAt", |r| r.updated_at = None),
];

/// Of an event.
const EVENT: &[(&str, Empty<Event>)] = &[
    (OUTBREAK_WIRE, |e| e.outbreak = None),
    ("visualId", |e| e.visual_id = None),
    ("date", |e| e.date = None),
    ("endDate", |e| e.end_date = None),
    ("dateOfReporting", |e| e.date_of_reporting = None),
    ("eventCategory", |e| e.category = None),
    ("usualPlaceOfResidenceLocationId", |e| e.residence = None),
    ("createdAt", |e| e.created_at = None),
    ("updatedAt", |e| e.updated_at = None),
    ("questionnaireAnswers", |e| e.answers.clear()),
];

#[cfg(test)]
mod tests {
    use super::*;
    use epi::field::TABLES;

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        fn names<R>(all: &[(&'static str, Empty<R>)]) -> BTreeSet<&'static str> {
            all.iter().map(|(name, _)| *name).collect()
        }
        for table in TABLES {
            let forgotten = match table.name {
                TableName::Person => names(PERSON),
                TableName::FollowUp => names(FOLLOW_UP),
                TableName::LabResult => names(LAB_RESULT),
                TableName::Relationship => names(RELATIONSHIP),
                TableName::Event => names(EVENT),
            };
            let own = table.fields.iter().chain(&epi::field::OUTBREAK);
            let fields = own.flat_map(|field| field.wire);
            for name in fields.chain(table.lists.iter().flat_map(|list| list.wire)) {
                // The address is another way to the place of residence.
                assert!(["id", "address"].contains(name) || forgotten.contains(name), "{name} could not be forgotten");
            }
        }
    }
}
