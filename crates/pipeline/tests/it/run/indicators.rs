//! Every kind of indicator, into every kind of data element, against the plainest count.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use pipeline::report::Verdict;
use pipeline::{ErrorKind, config};
use rust_decimal::Decimal;
use sandbox::dhis2::{
    Category, CategoryCombo, CategoryOption, CategoryOptionCombo, DEFAULT_COMBO, DEFAULT_OPTION_COMBO, DataElement,
};
use sandbox::godata::{Document, PersonType};

use super::stage::{CONFIRMED, DATA_SET, Values, changes, naive_changes, text};
use super::{BOTH, Stage};

/// The configuration with other indicators.
pub(super) fn with_indicators(indicators: &str) -> impl FnOnce(String) -> String + use<> {
    let indicators = indicators.to_owned();
    move |config| {
        let head = &config[..config.find("# Cases count in the week of onset").unwrap()];
        format!("{head}{indicators}")
    }
}

pub(super) fn indicator(code: &str, rest: &str, data_element: &str) -> String {
    format!("[[report.indicator]]\ncode = \"{code}\"\n{rest}\ndata_element = \"{data_element}\"\n\n")
}

/// Adds a data element to the data set.
pub(super) fn add_element(stage: &Stage, uid: &str, value_type: &str, aggregation_type: &str) {
    stage.world.dhis2.edit(|m| {
        m.data_elements.push(DataElement {
            uid: uid.into(),
            code: Some(format!("CODE_{uid}")),
            name: format!("Element {uid}"),
            short_name: None,
            value_type: value_type.into(),
            aggregation_type: aggregation_type.into(),
            zero_is_significant: false,
            category_combo: DEFAULT_COMBO.into(),
            option_set: None,
            comment_option_set: None,
        });
        m.data_set_mut(DATA_SET).data_elements.push(uid.into());
    });
}

pub(super) fn day(document: &Document, field: &str) -> Option<Date> {
    text(document, field).get(..10)?.parse().ok()
}

pub(super) fn weeks() -> Vec<(String, Date, Date)> {
    (0..8)
        .map(|n| {
            let monday = date(2020, 2, 3).saturating_add(jiff::Span::new().days(7 * n));
            let week = monday.iso_week_date();
            let sunday = monday.saturating_add(jiff::Span::new().days(6));
            (format!("{}W{}", week.year(), week.week()), monday, sunday)
        })
        .collect()
}

/// The organisation unit of a person: that of the residence, or of the nearest place above it.
fn unit_of(stage: &Stage, person: &Document) -> Option<String> {
    let documents = stage.world.godata.documents();
    let mut place = text(person, "usualPlaceOfResidenceLocationId").to_owned();
    loop {
        if let Some(unit) = stage.world.population.org_units.iter().find(|unit| unit.location_id == place) {
            return Some(unit.uid.clone());
        }
        let location = documents.locations.iter().find(|location| text(location, "id") == place)?;
        place = location.get("parentLocationId")?.as_str()?.to_owned();
    }
}

/// Persons by week and organisation unit: those for whom `counts` says that they belong to the week.
pub(super) fn persons(
    stage: &Stage,
    kind: PersonType,
    counts: impl Fn(&Document, Date, Date) -> bool,
) -> BTreeMap<(String, String), Vec<Document>> {
    let all: Vec<Document> = stage.world.godata.documents().persons_of(kind).cloned().collect();
    let mut found: BTreeMap<_, Vec<Document>> = BTreeMap::new();
    for person in all.into_iter().filter(|person| person["deleted"] == false) {
        let Some(unit) = unit_of(stage, &person) else { continue };
        for (week, first, last) in weeks() {
            if counts(&person, first, last) {
                found.entry((week, unit.clone())).or_default().push(person.clone());
            }
        }
    }
    found
}

/// The data values of an element without disaggregation.
pub(super) fn values_of<T: ToString>(element: &str, cells: impl IntoIterator<Item = ((String, String), T)>) -> Values {
    let key = |(week, unit): (String, String)| {
        (element.to_owned(), week, unit, DEFAULT_OPTION_COMBO.to_owned(), DEFAULT_OPTION_COMBO.to_owned())
    };
    cells.into_iter().map(|(cell, value)| (key(cell), value.to_string())).collect()
}

/// Runs twice; DHIS2 then says exactly `expected`.
pub(super) async fn says(stage: &Stage, expected: &Values) {
    let report = stage.run().await;
    assert_eq!(report.verdict, Verdict::Clean);
    assert!(!expected.is_empty());
    assert_eq!(naive_changes(expected, &stage.values()), BTreeMap::new());
    assert!(report.tie_out.iter().all(|row| row.agrees));
    let again = stage.run().await;
    assert_eq!((again.push.unwrap().requests, again.plan.changes.len()), (0, 0));
}

fn is_confirmed(case: &Document) -> bool {
    text(case, "classification") == CONFIRMED
}

fn reported_in(person: &Document, first: Date, last: Date) -> bool {
    day(person, "dateOfReporting").is_some_and(|day| first <= day && day <= last)
}

#[tokio::test]
async fn contacts_are_counted_beside_cases() {
    for version in BOTH {
        let stage = Stage::with(
            version,
            with_indicators(
                &(indicator("contacts", "of = \"contact\"\nwhen = \"date_of_reporting\"", "E1pXvzyZzKB")
                    + &indicator("everybody", "of = \"person\"\nwhen = \"date_of_reporting\"", "pZtyMNtYPLM")),
            ),
        );
        let n = |kind| persons(&stage, kind, reported_in).into_iter().map(|(cell, of)| (cell, of.len()));
        let mut expected = values_of("E1pXvzyZzKB", n(PersonType::Contact));
        let mut everybody: BTreeMap<_, usize> = BTreeMap::new();
        for kind in [PersonType::Case, PersonType::Contact, PersonType::ContactOfContact] {
            n(kind).for_each(|(cell, n)| *everybody.entry(cell).or_default() += n);
        }
        expected.extend(values_of("pZtyMNtYPLM", everybody));
        says(&stage, &expected).await;
    }
}

#[tokio::test]
async fn measures_of_a_number() {
    const ELEMENTS: [(&str, &str, &str); 6] = [
        ("AverageAge1", "average age_years", "AVERAGE"),
        ("MedianAge01", "median age_years", "AVERAGE"),
        ("MinAge00001", "min age_years", "AVERAGE"),
        ("MaxAge00001", "max age_years", "MAX"),
        ("SumAge00001", "sum age_years", "SUM"),
        ("Occupation1", "count distinct occupation", "SUM"),
    ];
    for version in BOTH {
        let indicators: String = ELEMENTS
            .iter()
            .map(|(uid, measure, _)| {
                let rest = format!(
                    "where = \"classification = 'CONFIRMED'\"\nwhen = \"date_of_reporting\"\nmeasure = \"{measure}\""
                );
                indicator(uid, &rest, uid)
            })
            .collect();
        let stage = Stage::with(version, with_indicators(&indicators));
        for (uid, _, aggregation) in ELEMENTS {
            add_element(&stage, uid, "NUMBER", aggregation);
        }
        // An infant alone in its cell: a smallest age of zero, which an averaged data element stores.
        let lonely = {
            let cells = persons(&stage, PersonType::Case, |c, f, l| is_confirmed(c) && reported_in(c, f, l));
            let alone = cells.values().find(|of| of.len() == 1 && age(&of[0]).is_some()).unwrap();
            text(&alone[0], "id").to_owned()
        };
        let infant = serde_json::json!({ "years": 0, "months": 3 });
        stage.world.godata.edit(|e| e.edit(&lonely, |c| drop(c.insert("age".into(), infant)))).unwrap();

        let cells = persons(&stage, PersonType::Case, |c, f, l| is_confirmed(c) && reported_in(c, f, l));
        let mut expected = Values::new();
        for (cell, of) in &cells {
            let mut ages: Vec<i64> = of.iter().filter_map(age).collect();
            ages.sort_unstable();
            let mut put = |element: &str, value: Decimal| {
                expected.extend(values_of(element, [(cell.clone(), value.normalize())]));
            };
            if let (Some(first), Some(last)) = (ages.first(), ages.last()) {
                let sum = Decimal::from(ages.iter().sum::<i64>());
                let middle = ages[ages.len() / 2] + ages[(ages.len() - 1) / 2];
                let round = |value: Decimal| {
                    value.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
                };
                put("AverageAge1", round(sum / Decimal::from(ages.len())));
                put("MedianAge01", round(Decimal::from(middle) / Decimal::TWO));
                put("MinAge00001", Decimal::from(*first));
                put("MaxAge00001", Decimal::from(*last));
                put("SumAge00001", sum);
            }
            let occupations: BTreeSet<_> = of.iter().map(|c| text(c, "occupation")).filter(|o| !o.is_empty()).collect();
            if !occupations.is_empty() {
                put("Occupation1", Decimal::from(occupations.len()));
            }
        }
        let zeros = |values: &Values, element: &str| values.iter().filter(|(k, v)| k.0 == element && *v == "0").count();
        assert!(zeros(&expected, "MinAge00001") > 0 && zeros(&expected, "MaxAge00001") > 0);
        if version == "2.42.1" {
            // Zeros that are not significant, of data elements that are not averaged, are not stored there.
            expected
                .retain(|key, value| value != "0" || matches!(&*key.0, "AverageAge1" | "MedianAge01" | "MinAge00001"));
        }
        says(&stage, &expected).await;
    }
}

fn age(case: &Document) -> Option<i64> {
    case.get("age")?.get("years")?.as_i64()
}

#[tokio::test]
async fn windows_over_stays_and_dates() {
    const TODAY: Date = date(2020, 3, 31);
    let stays = |case: &Document| -> Vec<(Date, Date)> {
        let stays = case.get("dateRanges").and_then(|ranges| ranges.as_array()).into_iter().flatten();
        let stays = stays.filter_map(|stay| stay.as_object());
        let hospital = "LNG_REFERENCE_DATA_CATEGORY_PERSON_DATE_TYPE_HOSPITALIZATION";
        stays
            .filter(|stay| text(stay, "typeId") == hospital)
            .filter_map(|stay| Some((day(stay, "startDate")?, day(stay, "endDate").unwrap_or(TODAY))))
            .collect()
    };
    for version in BOTH {
        let when = "when = \"stays WHERE type = 'HOSPITALIZATION'\"";
        let stage = Stage::with(
            version,
            with_indicators(
                &(indicator("in_hospital", &format!("{when}\nwindow = \"at_end\""), "cW0odY9vhrd")
                    + &indicator("treated", &format!("{when}\nwindow = \"overlapping\""), "fJ7Qi1zcdAR")
                    + &indicator("so_far", "when = \"date_of_reporting\"\nwindow = \"up_to\"", "SU1j9CmCuW9")),
            ),
        );
        let n = |counts: &dyn Fn(&Document, Date, Date) -> bool| {
            persons(&stage, PersonType::Case, counts).into_iter().map(|(cell, of)| (cell, of.len())).collect::<Vec<_>>()
        };
        let at_end = n(&|c, _, last| stays(c).iter().any(|(start, end)| *start <= last && last <= *end));
        let overlapping =
            n(&|c, first, last| stays(c).iter().any(|(start, end)| start <= end && *start <= last && first <= *end));
        let up_to = n(&|c, _, last| day(c, "dateOfReporting").is_some_and(|day| day <= last));
        let mut expected = values_of("cW0odY9vhrd", at_end);
        expected.extend(values_of("fJ7Qi1zcdAR", overlapping));
        expected.extend(values_of("SU1j9CmCuW9", up_to));
        says(&stage, &expected).await;
    }
}

#[tokio::test]
async fn values_that_a_data_element_cannot_hold_are_refused_before_anything_is_read() {
    let stage = Stage::with(
        "2.42.1",
        with_indicators(&indicator(
            "age",
            "when = \"date_of_reporting\"\nmeasure = \"average age_years\"",
            "E1pXvzyZzKB",
        )),
    );
    let error = stage.failure().await;
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("takes whole numbers"), "{error}");
    assert!(stage.world.godata.requests().iter().all(|request| !request.path.ends_with("/cases")));
    assert_eq!(stage.n_posts(), 0);
}

#[tokio::test]
async fn explicit_zeros() {
    for (version, significant, stored) in [("2.42.1", false, false), ("2.42.1", true, true), ("2.43.1", false, true)] {
        let stage = Stage::with(version, |config| {
            with_indicators(&indicator("reported", "when = \"date_of_reporting\"", "E1pXvzyZzKB"))(config)
                .replace("look_back = 8", "look_back = 8\nzeros = true")
        });
        stage.world.dhis2.edit(|m| m.data_element_mut("E1pXvzyZzKB").zero_is_significant = significant);
        let expected = |stage: &Stage| {
            let counted = persons(stage, PersonType::Case, reported_in);
            let units = stage.world.population.org_units.iter();
            let cells = units.flat_map(|unit| weeks().into_iter().map(|week| (week.0, unit.uid.clone())));
            let cells = cells.map(|cell| (counted.get(&cell).map_or(0, Vec::len), cell));
            values_of("E1pXvzyZzKB", cells.filter(|(n, _)| stored || *n > 0).map(|(n, cell)| (cell, n)))
        };
        says(&stage, &expected(&stage)).await;
        // A cell falls back to none.
        let cells = persons(&stage, PersonType::Case, reported_in);
        let alone = cells.values().find(|of| of.len() == 1).unwrap();
        stage.world.godata.edit(|e| e.delete(text(&alone[0], "id"))).unwrap();
        says(&stage, &expected(&stage)).await;
    }
}

#[tokio::test]
async fn attribute_options() {
    for version in BOTH {
        let stage = Stage::with(version, |c| {
            c.replace("look_back = 8", "look_back = 8\nattribute_options = [\"ProjectOpt2\"]")
        });
        stage.world.dhis2.edit(|m| {
            for option in ["ProjectOpt1", "ProjectOpt2"] {
                m.category_options.push(CategoryOption {
                    uid: option.into(),
                    code: None,
                    name: option.into(),
                    start_date: None,
                    end_date: None,
                    org_units: Vec::new(),
                    data_write: true,
                });
                m.category_option_combos.push(CategoryOptionCombo {
                    uid: option.replace("Opt", "Coc"),
                    code: None,
                    name: option.into(),
                    category_combo: "ProjectCmb1".into(),
                    category_options: vec![option.into()],
                });
            }
            m.categories.push(Category {
                uid: "ProjectCat1".into(),
                code: None,
                name: "Project".into(),
                category_options: vec!["ProjectOpt1".into(), "ProjectOpt2".into()],
            });
            m.category_combos.push(CategoryCombo {
                uid: "ProjectCmb1".into(),
                code: None,
                name: "Project".into(),
                categories: vec!["ProjectCat1".into()],
            });
            m.data_set_mut(DATA_SET).category_combo = "ProjectCmb1".into();
        });
        // Another project's values are nobody's business.
        let truth = stage.truth();
        let with = |attribute: &str, values: &Values| -> Values {
            values
                .iter()
                .map(|(k, v)| ((k.0.clone(), k.1.clone(), k.2.clone(), k.3.clone(), attribute.into()), v.clone()))
                .collect()
        };
        let others: Values =
            with("ProjectCoc1", &truth).into_iter().take(10).map(|(key, _)| (key, "9".into())).collect();
        for (key, value) in &others {
            stage.world.dhis2.set_value(key, Some(value));
        }
        let mut expected = with("ProjectCoc2", &truth);
        expected.extend(others);
        says(&stage, &expected).await;
    }
}

#[tokio::test]
async fn everything_by_code() {
    for version in BOTH {
        let stage = Stage::new(version);
        let codes: BTreeMap<String, String> = stage.world.dhis2.edit(|m| {
            let mut codes = BTreeMap::new();
            for option in &mut m.category_options {
                let code = option.code.get_or_insert_with(|| format!("OPTION {}", option.uid));
                codes.insert(option.uid.clone(), code.clone());
            }
            for element in &m.data_elements {
                codes.extend(element.code.clone().map(|code| (element.uid.clone(), code)));
            }
            for set in &m.data_sets {
                codes.extend(set.code.clone().map(|code| (set.uid.clone(), code)));
            }
            codes
        });
        stage.configure(|config| {
            let config = config.replace("username = \"tally\"", "username = \"tally\"\nid_scheme = \"code\"");
            codes
                .iter()
                .fold(config, |config, (uid, code)| config.replace(&format!("\"{uid}\""), &format!("\"{code}\"")))
        });
        let mut csv = stage.world.population.places_csv();
        for unit in &stage.world.population.org_units {
            csv = csv.replace(&unit.uid, &unit.code);
        }
        stage.write("places.csv", &csv);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn two_reports_of_one_data_set_leave_each_other_alone() {
    for version in BOTH {
        let stage = Stage::with(version, |config| {
            let at = config.find("[[report.indicator]]\ncode = \"health_worker_cases\"").unwrap();
            let second = "[[report]]\nname = \"rest\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\nlook_back = 8\nlosses_max_percent = 100\n\n";
            format!("{}{second}{}", &config[..at], &config[at..])
        });
        let both = async |first: &str, second: &str| {
            for name in [first, second] {
                let report = stage.attempt(Some(name)).await.unwrap();
                assert_eq!(report.verdict, Verdict::Clean);
                assert!(changes(&report).values().all(|change| change.0 != "existing"));
            }
            assert_eq!(naive_changes(&stage.truth(), &stage.values()), BTreeMap::new());
            stage.world.dhis2.clear_requests();
            for name in [second, first] {
                stage.attempt(Some(name)).await.unwrap();
            }
            assert_eq!(stage.n_posts(), 0);
        };
        both("weekly", "rest").await;
        let ids = stage.counted();
        for id in &ids[..20] {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
        }
        both("rest", "weekly").await;
        for id in &ids[..20] {
            stage.world.godata.edit(|e| e.restore(id)).unwrap();
        }
        both("weekly", "rest").await;
    }
}

#[tokio::test]
async fn an_indicator_that_leaves_the_report_takes_its_values_along() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        stage.configure(|config| config[..config.find("# A person with several stays").unwrap()].to_owned());
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        let expected: Values =
            stage.truth().into_iter().filter(|(k, _)| !matches!(&*k.0, "cW0odY9vhrd" | "fJ7Qi1zcdAR")).collect();
        assert_eq!(naive_changes(&expected, &stage.values()), BTreeMap::new());
        stage.configure(|config| config);
        stage.run().await;
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_report_that_is_renamed_keeps_its_values() {
    for version in BOTH {
        let stage = Stage::new(version);
        stage.run().await;
        // At the same time cells fall to none and others change.
        for id in &stage.counted()[..25] {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
        }
        stage.configure(|config| config.replace("name = \"weekly\"", "name = \"surveillance\""));
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert!(changes(&report).values().any(|change| change.0 == "retract"));
        assert_eq!(naive_changes(&stage.truth(), &stage.values()), BTreeMap::new());
        assert_eq!(stage.run().await.push.unwrap().requests, 0);
    }
}

#[tokio::test]
async fn two_indicators_may_not_write_one_value() {
    let twice = |one: &str, other: &str, element: &str| {
        let rest = |more: &str| format!("when = \"date_of_reporting\"\n{more}");
        with_indicators(&(indicator("one", &rest(one), element) + &indicator("other", &rest(other), element)))
    };
    let by_age = "by = [\"age_group\", \"sex\"]";
    let of = |option: &str| format!("by = [\"age_group\"]\noptions = [\"{option}\"]");
    for (one, other, element) in
        [("", "", "E1pXvzyZzKB"), (by_age, by_age, "bmbNyNoJcXP"), (by_age, &of("FFA9e1yIXCT"), "bmbNyNoJcXP")]
    {
        let stage = Stage::with("2.42.1", twice(one, other, element));
        stage.world.dhis2.clear_requests();
        let problems = config::load(&stage.path("tally.toml")).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].message, format!("`one` and `other` both write data element `{element}`"));
        assert!(problems[0].location().is_some());
        assert!(stage.world.dhis2.requests().is_empty(), "no server was asked");
    }
    // Men by one, women by the other.
    let stage = Stage::with("2.42.1", twice(&of("MP15bHaQh2x"), &of("FFA9e1yIXCT"), "bmbNyNoJcXP"));
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
}
