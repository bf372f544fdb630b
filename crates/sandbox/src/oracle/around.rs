//! Visits, samples and exposures, recounted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::{DEFAULT_OPTION, Key, Places, day, is, is_deleted, week};
use crate::godata::{Document, Documents};
use crate::population::OrgUnit;

/// Visits of a day in an organisation unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// All of them.
    pub due: u64,
    /// Those in which somebody was seen.
    pub seen: u64,
}

/// Samples of a week in an organisation unit, by the day of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    /// With a result.
    pub done: u64,
    /// With a positive one.
    pub positive: u64,
}

/// Visits by day and organisation unit: where they took place, else where the person lives.
pub fn visits(documents: &Documents, org_units: &[OrgUnit]) -> BTreeMap<(String, String), Visits> {
    let (places, persons) = (Places::new(documents, org_units), persons(documents));
    let mut found: BTreeMap<(String, String), Visits> = BTreeMap::new();
    for visit in documents.follow_ups.iter().filter(|visit| !is_deleted(visit)) {
        let own = field(visit, "usualPlaceOfResidenceLocationId");
        let person = field(visit, "personId").and_then(|id| persons.get(id));
        let home = person.and_then(|person| field(person, "usualPlaceOfResidenceLocationId"));
        let Some(unit) = own.or(home).and_then(|place| places.of_location(place)) else { continue };
        let Some(day) = day(visit, "date") else { continue };
        let counted = found.entry((day.to_owned(), unit.to_owned())).or_default();
        counted.due += 1;
        let status = field(visit, "statusId").unwrap_or_default();
        if status.ends_with("_SEEN_OK") || status.ends_with("_SEEN_NOT_OK") {
            counted.seen += 1;
        }
    }
    found
}

/// Samples of cases by ISO week of the result and organisation unit of the case's residence. Those of contacts are hidden by
/// Go.Data unless the outbreak has them switched on, which the population's has not.
pub fn samples(documents: &Documents, org_units: &[OrgUnit]) -> BTreeMap<(String, String), Samples> {
    let (places, persons) = (Places::new(documents, org_units), persons(documents));
    let mut found: BTreeMap<(String, String), Samples> = BTreeMap::new();
    for sample in documents.lab_results.iter().filter(|sample| !is_deleted(sample)) {
        if !is(sample, "personType", "PERSON_TYPE_CASE") {
            continue;
        }
        let Some(person) = field(sample, "personId").and_then(|id| persons.get(id)) else { continue };
        let Some(unit) = places.org_unit(person) else { continue };
        let Some(week) = day(sample, "dateOfResult").and_then(week) else { continue };
        if field(sample, "result").is_none() {
            continue;
        }
        let counted = found.entry((week, unit.to_owned())).or_default();
        counted.done += 1;
        counted.positive += u64::from(is(sample, "result", "LAB_TEST_RESULT_POSITIVE"));
    }
    found
}

/// The people tested of the weekly package, by any test and by PCR: different cases with a result in the ISO week of the result,
/// else of the test, else of the sample, in the organisation unit of their residence.
pub fn tested(documents: &Documents, org_units: &[OrgUnit]) -> BTreeMap<Key, u64> {
    let (places, persons) = (Places::new(documents, org_units), persons(documents));
    let mut found: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
    for sample in documents.lab_results.iter().filter(|sample| !is_deleted(sample)) {
        let id = field(sample, "personId").filter(|_| is(sample, "personType", "PERSON_TYPE_CASE"));
        let Some((id, person)) = id.and_then(|id| Some((id, persons.get(id)?))) else { continue };
        let date = ["dateOfResult", "dateTesting", "dateSampleTaken"].into_iter().find_map(|name| day(sample, name));
        let (Some(unit), Some(period)) = (places.org_unit(person), date.and_then(week)) else { continue };
        if field(sample, "result").is_none() {
            continue;
        }
        let is_pcr = ["PCR", "RT_PCR"].iter().any(|kind| is(sample, "testType", &format!("TYPE_OF_LAB_TEST_{kind}")));
        for data_element in ["E1pXvzyZzKB", "pZtyMNtYPLM"].into_iter().take(1 + usize::from(is_pcr)) {
            let options = [DEFAULT_OPTION.to_owned()].into();
            let (period, org_unit) = (period.clone(), unit.to_owned());
            let key = Key { data_element: data_element.to_owned(), period, org_unit, options };
            found.entry(key).or_default().insert(id);
        }
    }
    found.into_iter().map(|(key, people)| (key, people.len() as u64)).collect()
}

/// Cases who were exposed in a context of transmission (the end of its id), by ISO week of onset and organisation unit of
/// residence; each case once in a cell, however many exposed it.
pub fn exposed_cases(documents: &Documents, org_units: &[OrgUnit], context: &str) -> BTreeMap<(String, String), u64> {
    let (places, persons) = (Places::new(documents, org_units), persons(documents));
    let mut found: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    let context = format!("CONTEXT_OF_TRANSMISSION_{context}");
    for relationship in documents.relationships.iter().filter(|relationship| !is_deleted(relationship)) {
        if !is(relationship, "socialRelationshipTypeId", &context) {
            continue;
        }
        let ends = relationship.get("persons").and_then(Value::as_array).into_iter().flatten();
        let target = ends.filter_map(Value::as_object).find(|end| end.get("target") == Some(&Value::Bool(true)));
        let Some(case) = target.and_then(|end| persons.get(field(end, "id")?)) else { continue };
        if !is(case, "type", "PERSON_TYPE_CASE") {
            continue;
        }
        let Some(unit) = places.org_unit(case) else { continue };
        let Some(week) = day(case, "dateOfOnset").and_then(week) else { continue };
        if let Some(id) = field(case, "id") {
            found.entry((week, unit.to_owned())).or_default().insert(id);
        }
    }
    found.into_iter().map(|(key, cases)| (key, cases.len() as u64)).collect()
}

/// Persons who are not deleted, by their ids.
fn persons(documents: &Documents) -> HashMap<&str, &Document> {
    let is_event = |person: &Document| is(person, "type", "PERSON_TYPE_EVENT");
    let persons = documents.persons.iter().filter(|person| !is_deleted(person) && !is_event(person));
    persons.filter_map(|person| Some((field(person, "id")?, person))).collect()
}

fn field<'a>(document: &'a Document, name: &str) -> Option<&'a str> {
    document.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::Population;

    #[test]
    fn every_kind_occurs_and_no_share_is_larger_than_its_whole() {
        let population = Population::covid19(7, 300, jiff::civil::date(2020, 2, 3), 8);
        let (documents, units) = (&population.documents, &population.org_units);
        let visits = visits(documents, units);
        assert!(visits.values().any(|n| n.seen > 0) && visits.values().any(|n| n.seen < n.due));
        assert!(visits.values().all(|n| n.seen <= n.due));
        let samples = samples(documents, units);
        assert!(samples.values().any(|n| n.positive > 0) && samples.values().any(|n| n.positive < n.done));
        for context in ["FAMILY", "CO_WORKERS"] {
            assert!(exposed_cases(documents, units, context).len() > 5, "{context}");
        }
        assert!(exposed_cases(documents, units, "NOWHERE").is_empty());
    }
}
