//! What DHIS2 should say, counted from the documents by the plainest code there is.
//!
//! It shares nothing with the product: its own week arithmetic, its own walk up the places, one pass
//! a data element. The definitions are those of WHO's aggregate COVID-19 packages for DHIS2: v2.0
//! (weekly) and v1.0.1 (daily). Dates are read in UTC. Impossible dates count like any other; their
//! period is simply outside what is reported.

pub mod quality;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::godata::{Document, Documents};
use crate::population::OrgUnit;

mod around;

pub use around::{Samples, Visits, exposed_cases, samples, tested, visits};

/// Where a count belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The data element's uid.
    pub data_element: String,
    /// The period: `2020W7` or `20200210`.
    pub period: String,
    /// The organisation unit's uid.
    pub org_unit: String,
    /// The uids of the category options; for the default combination the one default option.
    pub options: BTreeSet<String>,
}

/// The only option of the default category.
const DEFAULT_OPTION: &str = "xYerKDKCefk";

const MALE: &str = "MP15bHaQh2x";
const FEMALE: &str = "FFA9e1yIXCT";
const SEX_UNKNOWN: &str = "kuP5EmQRFke";
const AGE_UNKNOWN: &str = "WNPpyVkVaL3";

/// Age bands of the weekly package: the first age of the band and its option.
const WEEKLY_AGES: [(i64, &str); 13] = [
    (0, "UPvKbcqTEY3"),
    (5, "J205eXYNH7q"),
    (10, "ftXCKvbuGgj"),
    (15, "dENFBee17Oi"),
    (20, "GERCWxK3mvz"),
    (30, "bY3NyagrzeD"),
    (40, "tTmsWzvoEUv"),
    (50, "BOCPEdURsYX"),
    (60, "TEBfAmuOSJk"),
    (65, "gHA96noC0iO"),
    (70, "Po7T5dd3tQs"),
    (75, "xWXUBYNycnE"),
    (80, "c2hLbh0drQI"),
];

/// Age bands of the daily package.
const DAILY_AGES: [(i64, &str); 10] = [
    (0, "UPvKbcqTEY3"),
    (5, "pa0cY66MrG6"),
    (15, "ls9vGYWbvwG"),
    (25, "O6UJSfL4psp"),
    (35, "utyLRFta4ie"),
    (45, "nkQw9lhkbGV"),
    (55, "Lo1gxiS8zap"),
    (65, "AlUYlzoMVvN"),
    (75, "R4m7KraS4aZ"),
    (85, "F3RlEj6nnR3"),
];

/// The weekly package: new cases and deaths, confirmed and probable, by age and sex; health workers,
/// hospitalised and discharged in total.
pub fn weekly(documents: &Documents, org_units: &[OrgUnit]) -> BTreeMap<Key, u64> {
    let mut counts = BTreeMap::new();
    let places = Places::new(documents, org_units);
    for case in documents.cases() {
        if is_deleted(case) {
            continue;
        }
        let Some(org_unit) = places.org_unit(case) else {
            continue;
        };
        let confirmed = is(case, "classification", "CASE_CLASSIFICATION_CONFIRMED");
        let probable = is(case, "classification", "CASE_CLASSIFICATION_PROBABLE");
        if !confirmed && !probable {
            continue;
        }
        let mut add = |data_element: &str, day: Option<&str>, options: &[&str]| {
            if let Some(period) = day.and_then(week) {
                let options = options.iter().map(|option| (*option).to_owned()).collect();
                let key = Key { data_element: data_element.into(), period, org_unit: org_unit.into(), options };
                *counts.entry(key).or_insert(0) += 1;
            }
        };
        let age = age(case).map_or(AGE_UNKNOWN, |age| band(age, &WEEKLY_AGES));
        let sex = sex(case).unwrap_or(SEX_UNKNOWN);
        let health_worker = is(case, "occupation", "OCCUPATION_HEALTH_CARE_WORKER");

        let fell_ill = day(case, "dateOfOnset").or_else(|| day(case, "dateOfReporting"));
        add(if confirmed { "bmbNyNoJcXP" } else { "VnkErE22ELJ" }, fell_ill, &[age, sex]);
        if health_worker {
            add("SU1j9CmCuW9", fell_ill, &[DEFAULT_OPTION]);
        }
        if is(case, "outcomeId", "OUTCOME_DECEASED") {
            let died = day(case, "dateOfOutcome");
            add(if confirmed { "rBw83gVQLHK" } else { "N59eghaBpM7" }, died, &[age, sex]);
            if health_worker {
                add("DI9JgEJ3t8v", died, &[DEFAULT_OPTION]);
            }
        }
        let in_hospital = hospital_stays(case);
        let admitted = in_hospital.iter().filter_map(|stay| day(stay, "startDate")).min();
        add("cW0odY9vhrd", admitted, &[DEFAULT_OPTION]);
        // A death ends a stay as well, and is no discharge.
        if !is(case, "outcomeId", "OUTCOME_DECEASED") {
            let left = in_hospital.iter().filter_map(|stay| day(stay, "endDate")).max();
            add("fJ7Qi1zcdAR", left, &[DEFAULT_OPTION]);
        }
    }
    counts
}

/// The transmission classification of the weekly package as the example's rules have it, for every organisation unit in
/// every one of `weeks`: the cases of a unit are those that live there or below.
pub fn transmission(documents: &Documents, org_units: &[OrgUnit], weeks: &[String]) -> BTreeMap<Key, &'static str> {
    let places = Places::new(documents, org_units);
    let parents: HashMap<&str, Option<&str>> =
        org_units.iter().map(|unit| (unit.uid.as_str(), unit.parent.as_deref())).collect();
    // Cases, and those of them who were contacts.
    let mut counts: HashMap<(String, String), (u64, u64)> = HashMap::new();
    for case in documents.cases() {
        let counted = ["CONFIRMED", "PROBABLE"].map(|word| format!("CASE_CLASSIFICATION_{word}"));
        if is_deleted(case) || !counted.iter().any(|word| is(case, "classification", word)) {
            continue;
        }
        let fell_ill = day(case, "dateOfOnset").or_else(|| day(case, "dateOfReporting"));
        let (Some(own), Some(period)) = (places.org_unit(case), fell_ill.and_then(week)) else {
            continue;
        };
        let was_contact = case.get("wasContact") == Some(&Value::Bool(true));
        let mut unit = Some(own);
        while let Some(uid) = unit {
            let count = counts.entry((uid.to_owned(), period.clone())).or_default();
            count.0 += 1;
            count.1 += u64::from(was_contact);
            unit = parents.get(uid).copied().flatten();
        }
    }
    let mut found = BTreeMap::new();
    for unit in org_units {
        for period in weeks {
            let (cases, linked) = counts.get(&(unit.uid.clone(), period.clone())).copied().unwrap_or_default();
            let class = match cases {
                0 => "NO_CASES",
                2.. if linked * 2 >= cases => "CLUSTERS",
                1..=3 => "SPORADIC",
                _ => "COMMUNITY",
            };
            let options = [DEFAULT_OPTION.to_owned()].into();
            let (period, org_unit) = (period.clone(), unit.uid.clone());
            found.insert(Key { data_element: "sWCFbUawFDa".into(), period, org_unit, options }, class);
        }
    }
    found
}

/// The daily package: new confirmed cases by day of reporting, age and sex. It has no option for
/// what is unknown, so those cases are not counted.
pub fn daily(documents: &Documents, org_units: &[OrgUnit]) -> BTreeMap<Key, u64> {
    let mut counts = BTreeMap::new();
    let places = Places::new(documents, org_units);
    for case in documents.cases() {
        if is_deleted(case) || !is(case, "classification", "CASE_CLASSIFICATION_CONFIRMED") {
            continue;
        }
        let (Some(org_unit), Some(age), Some(sex)) = (places.org_unit(case), age(case), sex(case)) else {
            continue;
        };
        let Some(day) = day(case, "dateOfReporting") else {
            continue;
        };
        let options = [band(age, &DAILY_AGES), sex].map(str::to_owned).into();
        let period = day.replace('-', "");
        let key = Key { data_element: "CnPsS2xE8UN".into(), period, org_unit: org_unit.into(), options };
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

fn is(case: &Document, field: &str, value: &str) -> bool {
    let value = format!("LNG_REFERENCE_DATA_CATEGORY_{value}");
    case.get(field).and_then(Value::as_str) == Some(value.as_str())
}

fn is_deleted(case: &Document) -> bool {
    case.get("deleted") == Some(&Value::Bool(true))
}

fn day<'a>(document: &'a Document, field: &str) -> Option<&'a str> {
    document.get(field)?.as_str()?.get(..10)
}

fn hospital_stays(case: &Document) -> Vec<&Document> {
    let stays = case.get("dateRanges").and_then(Value::as_array).into_iter().flatten();
    let hospital = |stay: &&Document| is(stay, "typeId", "PERSON_DATE_TYPE_HOSPITALIZATION");
    stays.filter_map(Value::as_object).filter(hospital).collect()
}

fn age(case: &Document) -> Option<i64> {
    case.get("age")?.get("years")?.as_i64()
}

fn sex(case: &Document) -> Option<&'static str> {
    if is(case, "gender", "GENDER_MALE") {
        Some(MALE)
    } else if is(case, "gender", "GENDER_FEMALE") {
        Some(FEMALE)
    } else {
        None
    }
}

fn band<'a>(age: i64, bands: &[(i64, &'a str)]) -> &'a str {
    let mut found = bands[0].1;
    for (from, option) in bands {
        if age >= *from {
            found = option;
        }
    }
    found
}

/// The nearest organisation unit above a residence.
struct Places<'a> {
    parents: HashMap<&'a str, Option<&'a str>>,
    units: HashMap<&'a str, &'a str>,
}

impl<'a> Places<'a> {
    fn new(documents: &'a Documents, org_units: &'a [OrgUnit]) -> Self {
        let mut parents = HashMap::new();
        for location in &documents.locations {
            if let Some(id) = location.get("id").and_then(Value::as_str) {
                parents.insert(id, location.get("parentLocationId").and_then(Value::as_str));
            }
        }
        let units = org_units.iter().map(|unit| (unit.location_id.as_str(), unit.uid.as_str())).collect();
        Self { parents, units }
    }

    fn org_unit(&self, case: &'a Document) -> Option<&'a str> {
        self.of_location(case.get("usualPlaceOfResidenceLocationId")?.as_str()?)
    }

    fn of_location(&self, location: &'a str) -> Option<&'a str> {
        let mut place = location;
        loop {
            if let Some(unit) = self.units.get(place) {
                return Some(unit);
            }
            place = (*self.parents.get(place)?)?;
        }
    }
}

/// The ISO 8601 week of a day, as DHIS2 writes it, by the count of days: the week belongs to the
/// year of its Thursday.
fn week(day: &str) -> Option<String> {
    let year: i64 = day.get(..4)?.parse().ok()?;
    let month: i64 = day.get(5..7)?.parse().ok()?;
    let date: i64 = day.get(8..10)?.parse().ok()?;
    let number = day_number(year, month, date);
    // Day 0, 1 March of the year 0, was a Wednesday: day 5 is a Monday.
    let monday = number - (number - 5).rem_euclid(7);
    let thursday = monday + 3;
    let mut week_year = year;
    if thursday < day_number(year, 1, 1) {
        week_year -= 1;
    } else if thursday >= day_number(year + 1, 1, 1) {
        week_year += 1;
    }
    let week = (thursday - day_number(week_year, 1, 1)) / 7 + 1;
    Some(format!("{week_year}W{week}"))
}

/// Days since 1 March of the year 0, in the Gregorian calendar.
fn day_number(year: i64, month: i64, date: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + date - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_at_the_edges_of_years() {
        for (day, expected) in [
            ("2020-02-10", "2020W7"),
            ("2020-02-16", "2020W7"),
            ("2019-12-30", "2020W1"),
            ("2020-12-31", "2020W53"),
            ("2021-01-03", "2020W53"),
            ("2021-01-04", "2021W1"),
            ("2016-01-03", "2015W53"),
            ("2024-12-29", "2024W52"),
            ("2024-12-30", "2025W1"),
            ("2099-12-31", "2099W53"),
            ("1920-03-01", "1920W10"),
        ] {
            assert_eq!(week(day).as_deref(), Some(expected), "{day}");
        }
    }

    #[test]
    fn weeks_agree_with_the_calendar_of_another_library() {
        let mut day = jiff::civil::date(1999, 12, 20);
        for _ in 0..12_000 {
            let iso = day.iso_week_date();
            assert_eq!(week(&day.to_string()), Some(format!("{}W{}", iso.year(), iso.week())), "{day}");
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn bands_start_at_their_first_age() {
        assert_eq!(band(4, &WEEKLY_AGES), "UPvKbcqTEY3");
        assert_eq!(band(5, &WEEKLY_AGES), "J205eXYNH7q");
        assert_eq!(band(29, &WEEKLY_AGES), "GERCWxK3mvz");
        assert_eq!(band(120, &WEEKLY_AGES), "c2hLbh0drQI");
        assert_eq!(band(84, &DAILY_AGES), "R4m7KraS4aZ");
    }
}
