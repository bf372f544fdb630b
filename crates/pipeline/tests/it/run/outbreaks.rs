//! Several outbreaks in one report.

use super::BOTH;
use super::destinations::add_combo;
use super::stage::{CONFIRMED, CONFIRMED_CASES, DATA_SET, SUSPECT, Stage, Values, naive_changes, text};
use jiff::civil::date;
use pipeline::certificate::CertifiedIndicator;
use pipeline::comparison::Read;
use pipeline::report::{RunReport, Verdict};
use pipeline::store::{LineList, QueryLimits, QueryValue};
use sandbox::population::Population;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const FIRST: &str = "COVID-19 in Sandland";
const SECOND: &str = "COVID-19 at the coast";
const ONE: &str = "outbreak = \"COVID-19 in Sandland\"";
const TWO: &str = "outbreak = [\"COVID-19 in Sandland\", \"COVID-19 at the coast\"]";

/// A Go.Data that holds two outbreaks; returns the ids of both too.
fn two(version: &str, change: impl FnOnce(String) -> String) -> (Stage, [String; 2]) {
    let other = Population::covid19(23, 120, date(2020, 2, 10), 6);
    let first = Population::covid19(7, 300, date(2020, 2, 3), 8);
    let ids = [first.outbreak_id.clone(), other.outbreak_id.clone()];
    (Stage::of(first.and_second(SECOND, other), version, change), ids)
}

/// Live cases of an outbreak with a classification, of whom each counts.
fn counted(stage: &Stage, outbreak: &str, classification: &str) -> Vec<String> {
    stage.cases(|case| {
        let onset = text(case, "dateOfOnset");
        let in_span = ("2020-02-10".."2020-03-20").contains(&onset.get(..10).unwrap_or_default());
        let at_home = text(case, "usualPlaceOfResidenceLocationId").starts_with("SN0");
        text(case, "outbreakId") == outbreak && text(case, "classification") == classification && in_span && at_home
    })
}

/// The lists of which a page of records was asked for, and how often.
fn lists_read(stage: &Stage) -> BTreeMap<String, usize> {
    let mut lists = BTreeMap::new();
    for request in stage.world.godata.requests() {
        if request.path.ends_with("/cases") {
            *lists.entry(request.path).or_default() += 1;
        }
    }
    lists
}

fn agrees(report: &RunReport) {
    let certificate = report.certificate.as_ref().unwrap();
    assert!(certificate.godata_agrees(), "{:?}", certificate.godata_disagreement());
    assert!(certificate.dhis2_agrees());
    let is_counted = |indicator: &CertifiedIndicator| {
        !indicator.spans.is_empty() || indicator.periods.iter().any(|period| period.godata.is_some())
    };
    assert!(certificate.indicators.iter().any(is_counted), "Go.Data was asked");
}

#[tokio::test]
async fn several_outbreaks_are_counted_together() {
    for version in BOTH {
        for keep in ["records", "nothing"] {
            let (stage, ids) = two(version, |config| {
                config.replace(ONE, TWO).replace("keep = \"records\"", &format!("keep = \"{keep}\""))
            });
            let report = stage.run().await;
            assert_eq!(report.verdict, Verdict::Clean);
            assert_eq!(report.godata.outbreak.as_deref(), Some("COVID-19 in Sandland; COVID-19 at the coast"));
            agrees(&report);
            let certificate = report.certificate.unwrap();
            assert!(ids.iter().all(|id| certificate.outbreak_id.contains(id.as_str())));
            stage.at_rest(&[]).await;
            let alone = stage.in_span(stage.world.weekly_truth_of(&ids[0]));
            assert_ne!(naive_changes(&alone, &stage.values()), BTreeMap::new(), "the second one counts");
        }
    }
}

#[tokio::test]
async fn changes_of_each_outbreak_arrive() {
    for version in BOTH {
        let (stage, [first, second]) = two(version, |config| config.replace(ONE, TWO));
        stage.run().await;
        stage.at_rest(&[]).await;
        // An edit in one of them.
        let suspects = counted(&stage, &second, SUSPECT);
        stage.clock.advance(jiff::SignedDuration::from_hours(1));
        stage.world.godata.edit(|e| e.reclassify(&suspects[0], Some(CONFIRMED))).unwrap();
        stage.world.godata.clear_requests();
        let report = stage.run().await;
        assert_eq!(report.godata.extraction, "changes");
        assert!(report.godata.n_travelled < report.godata.n_records);
        assert_eq!(lists_read(&stage).len(), 2, "both are asked for what changed");
        assert!(report.plan.changes.iter().all(|change| change.cause.is_some()));
        agrees(&report);
        stage.at_rest(&[]).await;
        // A deletion in the other.
        stage.clock.advance(jiff::SignedDuration::from_hours(1));
        let confirmed = counted(&stage, &first, CONFIRMED);
        stage.world.godata.edit(|e| e.delete(&confirmed[0])).unwrap();
        let report = stage.run().await;
        assert_eq!((report.godata.extraction.as_str(), report.verdict), ("changes", Verdict::Clean));
        stage.at_rest(&[]).await;
    }
}

/// What leaves no trace in the changes is found by the counts of each outbreak, even where those of both together agree.
#[tokio::test]
async fn records_that_vanish_are_found_in_their_outbreak() {
    let (stage, [first, second]) = two("2.42.1", |config| config.replace(ONE, TWO));
    stage.run().await;
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    let gone = counted(&stage, &second, CONFIRMED);
    let copied = counted(&stage, &first, CONFIRMED);
    stage.world.godata.edit(|e| {
        let mut newcomer = e.vanish(&gone[0]).unwrap();
        newcomer.insert("outbreakId".into(), json!(first));
        newcomer.insert("id".into(), json!("0newcomer"));
        e.insert_person(newcomer);
    });
    assert!(!copied.is_empty());
    let report = stage.run().await;
    assert_eq!(report.godata.extraction, "changes");
    agrees(&report);
    stage.at_rest(&[]).await;
    let kept = stage.line_list().len_by_outbreak().unwrap();
    let n = |outbreak: &str| {
        let documents = stage.world.godata.documents();
        let live = documents.cases().filter(|case| case["deleted"] == false && text(case, "outbreakId") == outbreak);
        live.count() as u64
    };
    for outbreak in [&first, &second] {
        assert_eq!(kept[&(Some(outbreak.clone()), "case".to_owned())], n(outbreak), "nothing of the other was lost");
    }
}

#[tokio::test]
async fn an_outbreak_that_is_taken_out_takes_its_share_away() {
    for version in BOTH {
        let (stage, [first, _]) = two(version, |config| config.replace(ONE, TWO));
        stage.run().await;
        let losing = |config: String| config.replace("losses_max_percent = 100", "losses_max_percent = 10");
        stage.configure(losing);
        let held = stage.run().await;
        assert_eq!(held.verdict, Verdict::Held, "a loss like that is looked at by a person");
        assert_eq!(stage.release().await.verdict, Verdict::Clean);
        let expected = stage.in_span(stage.world.weekly_truth_of(&first));
        assert_eq!(naive_changes(&expected, &stage.values()), BTreeMap::new());
        stage.world.dhis2.clear_requests();
        stage.run().await;
        assert_eq!(stage.n_posts(), 0);
        // And back again.
        stage.configure(|config| config.replace(ONE, TWO));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
        // In another order they are the same line list.
        stage.configure(|config| {
            config.replace(ONE, "outbreak = [\"COVID-19 at the coast\", \"COVID-19 in Sandland\"]")
        });
        assert_eq!(stage.run().await.godata.extraction, "changes");
    }
}

#[tokio::test]
async fn a_dimension_keeps_outbreaks_apart() {
    for version in BOTH {
        let dimension = format!(
            "[[dimension]]\ncode = \"outbreak\"\nfield = \"outbreak\"\nunknown = \"Op00000none\"\ngroups = [\n    \
             {{ values = \"{FIRST}\", option = \"Op0000first\" }},\n    {{ values = \"{SECOND}\", option = \
             \"Op000second\" }},\n]\n\n"
        );
        let (stage, ids) = two(version, |config| {
            let at = config.find("# --- The report.").unwrap();
            let config = format!("{}{dimension}{}", &config[..at], &config[at..]).replace(ONE, TWO);
            let config = config.replace("look_back = 8", "look_back = 8\nattribute_options = [\"Op00000none\"]");
            let element = format!("data_element = \"{CONFIRMED_CASES}\"");
            config.replace(&element, &format!("attribute_by = [\"outbreak\"]\nattribute_options = []\n{element}"))
        });
        stage.world.dhis2.edit(|m| {
            let combo = add_combo(m, "outbreak", &["first", "second", "none"]);
            m.data_set_mut(DATA_SET).category_combo = combo;
        });
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        let under = |attribute: &str, values: Values, own: bool| {
            let values = values.into_iter().filter(move |(key, _)| (key.0 == CONFIRMED_CASES) == own);
            let attribute = attribute.to_owned();
            values.map(move |(k, v)| ((k.0, k.1, k.2, k.3, attribute.clone()), v))
        };
        let of = |id: &str| stage.in_span(stage.world.weekly_truth_of(id));
        let mut expected: Values = under("Oc00000none", stage.truth(), false).collect();
        expected.extend(under("Oc0000first", of(&ids[0]), true));
        expected.extend(under("Oc000second", of(&ids[1]), true));
        assert_eq!(naive_changes(&expected, &stage.values()), BTreeMap::new());
        stage.world.dhis2.clear_requests();
        stage.run().await;
        assert_eq!(stage.n_posts(), 0);
    }
}

#[tokio::test]
async fn conditions_choose_an_outbreak_by_its_name_or_its_id() {
    let (stage, [first, second]) = two("2.43.1", |config| config.replace(ONE, TWO));
    let by = |condition: &str| {
        let condition = format!("classification = 'CONFIRMED' AND {condition}");
        move |config: String| config.replace(ONE, TWO).replacen("classification = 'CONFIRMED'", &condition, 1)
    };
    for (condition, chosen) in [
        (format!("outbreak = '{SECOND}'"), &second),
        (format!("outbreak_id = '{first}'"), &first),
        (format!("outbreak <> '{SECOND}'"), &first),
    ] {
        stage.configure(by(&condition));
        let report = stage.run().await;
        agrees(&report);
        let confirmed = |values: Values| -> Values {
            stage.in_span(values).into_iter().filter(|(key, _)| key.0 == CONFIRMED_CASES).collect()
        };
        let expected = confirmed(stage.world.weekly_truth_of(chosen));
        assert_eq!(naive_changes(&expected, &confirmed(stage.values())), BTreeMap::new(), "{condition}");
    }
    for (condition, advice) in [
        ("outbreak = 'COVID-19 at the cost'".to_owned(), "Did you mean `COVID-19 at the coast`?".to_owned()),
        (format!("outbreak = '{second}'"), "Compare it with `outbreak_id`.".to_owned()),
        ("outbreak = 'Measles'".to_owned(), "`[godata]` has: COVID-19 in Sandland, COVID-19 at the coast.".to_owned()),
    ] {
        stage.configure(by(&condition));
        let error = stage.failure().await;
        assert!(error.problems[0].message.starts_with("no record is of outbreak '"), "{error}");
        assert_eq!(error.problems[0].advice.as_ref(), Some(&advice));
        assert!(error.problems[0].place.is_some());
    }
}

#[tokio::test]
async fn outbreaks_that_are_not_there_are_told_together() {
    let (stage, [first, _]) = two("2.42.1", |config| {
        config.replace(ONE, "outbreak = [\"COVID-19 in Sandlund\", \"COVID-19 at the coast\", \"Mumps\"]")
    });
    let error = stage.failure().await;
    let advice: Vec<&str> = error.problems.iter().filter_map(|problem| problem.advice.as_deref()).collect();
    let all = "The account sees: COVID-19 at the coast, COVID-19 in Sandland.";
    let all = if advice[1] == all { all } else { "The account sees: COVID-19 in Sandland, COVID-19 at the coast." };
    assert_eq!(advice, ["Did you mean `COVID-19 in Sandland`?", all]);
    stage.configure(|config| config.replace(ONE, &format!("outbreak = [\"{FIRST}\", \"{first}\"]")));
    let error = stage.failure().await;
    assert_eq!(error.problems.len(), 1);
    assert!(error.message.contains("stands twice, by its name and by its id"), "{error}");
    // An account that is not to see one of them is told as for a single outbreak.
    stage.configure(|config| config.replace(ONE, TWO));
    stage.world.godata.handle().edit_users(|user| user.outbreak_ids = vec![first.clone()]);
    let error = stage.failure().await;
    assert!(error.message.contains("shows this account no outbreak `COVID-19 at the coast`"), "{error}");
}

/// Go.Data gives every record an id of its own; if it ever does not, that is said and nobody counts twice.
#[tokio::test]
async fn an_id_in_two_outbreaks_is_told_and_counts_once() {
    for keep in ["records", "nothing"] {
        let (stage, [first, second]) = two("2.42.1", |config| {
            config.replace(ONE, TWO).replace("keep = \"records\"", &format!("keep = \"{keep}\""))
        });
        let twice = |report: &RunReport| report.warnings.iter().any(|warning| warning.contains("stand twice"));
        assert!(!twice(&stage.run().await));
        stage.clock.advance(jiff::SignedDuration::from_hours(1));
        let confirmed = counted(&stage, &first, CONFIRMED);
        stage
            .world
            .godata
            .edit(|e| e.edit(&confirmed[0], |case| _ = case.insert("visualId".into(), json!("x"))).unwrap());
        let mut double = stage.world.godata.documents().find(&confirmed[0]).unwrap().clone();
        double.insert("outbreakId".into(), json!(second));
        stage.world.godata.documents().persons.push(double);
        let report = stage.run().await;
        assert!(twice(&report), "{keep}: {:?}", report.warnings);
        let n_ids: BTreeSet<String> = stage.cases(|_| true).into_iter().collect();
        assert_eq!(report.godata.n_records, n_ids.len() as u64);
    }
}

#[tokio::test]
async fn queries_show_the_outbreak() {
    let (stage, [_, second]) = two("2.42.1", |config| config.replace(ONE, TWO));
    stage.run().await;
    let ask =
        |sql: &str| LineList::query(&stage.path(".tally/line-list.sqlite"), sql, &QueryLimits::default()).unwrap().rows;
    let rows = ask("SELECT outbreak, count(*) FROM cases GROUP BY outbreak ORDER BY outbreak");
    let names: Vec<&QueryValue> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(names, [&QueryValue::Text(SECOND.into()), &QueryValue::Text(FIRST.into())]);
    let rows = ask(&format!("SELECT DISTINCT outbreak FROM cases WHERE outbreak_id = '{second}'"));
    assert_eq!(rows, [[QueryValue::Text(SECOND.into())]]);
    // A new name is what the next run shows.
    let rename = |row: &mut sandbox::godata::Document| _ = row.insert("name".into(), json!("Coast"));
    stage.world.godata.documents().outbreaks.iter_mut().filter(|row| text(row, "id") == second).for_each(rename);
    stage.configure(|config| config.replace(ONE, "outbreak = [\"COVID-19 in Sandland\", \"Coast\"]"));
    stage.run().await;
    assert_eq!(ask("SELECT DISTINCT outbreak FROM cases ORDER BY 1").len(), 2);
    assert_eq!(ask("SELECT DISTINCT outbreak FROM cases ORDER BY 1")[1], [QueryValue::Text("Coast".into())]);
}

/// Each outbreak has an order of its own: what the pages of one lack, the other may have.
#[tokio::test]
async fn everything_is_read_again_and_nothing_is_lost() {
    for version in BOTH {
        let (mut stage, [first, second]) = two(version, |config| config.replace(ONE, TWO));
        let before = stage.run().await;
        stage.full = true;
        stage.clock.advance(jiff::SignedDuration::from_hours(1));
        let again = stage.run().await;
        assert_eq!((again.godata.extraction.as_str(), again.godata.n_records), ("full", before.godata.n_records));
        assert_eq!(again.plan.changes.len(), 0);
        stage.at_rest(&[]).await;
        // What leaves no trace in the one is noticed, and nothing of the other goes with it.
        let gone = counted(&stage, &second, CONFIRMED);
        stage.clock.advance(jiff::SignedDuration::from_hours(1));
        stage.world.godata.edit(|e| e.vanish(&gone[0])).unwrap();
        let after = stage.run().await;
        assert_eq!((after.godata.extraction.as_str(), after.godata.n_records), ("full", before.godata.n_records - 1));
        assert!(!after.plan.changes.is_empty());
        agrees(&after);
        stage.at_rest(&[]).await;
        let kept = stage.line_list().len_by_outbreak().unwrap();
        for outbreak in [&first, &second] {
            let documents = stage.world.godata.documents();
            let live =
                documents.cases().filter(|case| case["deleted"] == false && text(case, "outbreakId") == outbreak);
            assert_eq!(kept[&(Some(outbreak.clone()), "case".to_owned())], live.count() as u64);
        }
    }
}

/// A name may be given to another outbreak while the configuration stays as it is.
#[tokio::test]
async fn a_name_that_another_outbreak_has_now_is_another_report() {
    let (stage, [first, second]) = two("2.42.1", |config| config);
    stage.run().await;
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(stage.run().await.comparison.unwrap().read, Read::Same);
    for row in &mut stage.world.godata.documents().outbreaks {
        let name = if text(row, "id") == second { FIRST } else { "Formerly" };
        row.insert("name".into(), json!(name));
    }
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    let report = stage.run().await;
    assert_eq!((report.godata.extraction.as_str(), report.comparison.unwrap().read), ("full", Read::Full));
    let of = |outbreak: &str| stage.in_span(stage.world.weekly_truth_of(outbreak));
    assert_eq!(naive_changes(&of(&second), &stage.values()), BTreeMap::new());
    assert_ne!(naive_changes(&of(&first), &stage.values()), BTreeMap::new());
}
