//! Statements: values that follow from the numbers by rules, or that a person stated, as texts, options and yes.

use std::collections::BTreeMap;

use pipeline::ErrorKind;
use pipeline::report::Verdict;
use sandbox::dhis2::{DEFAULT_COMBO, DEFAULT_OPTION_COMBO, DataElement, ValueKey};

use super::stage::{CONFIRMED, DATA_SET, Values, changes, held_keys, key_of, naive_changes, reasons, text};
use super::{BOTH, Stage};

/// The transmission classification.
const CLASS: &str = "sWCFbUawFDa";

fn weeks() -> Vec<String> {
    (6..=13).map(|week| format!("2020W{week}")).collect()
}

/// A stage with the whole example.
fn whole(version: &str, change: impl FnOnce(String) -> String) -> Stage {
    let stage = Stage::new(version);
    stage.configure_whole(change);
    stage
}

/// What DHIS2 should say of numbers, classes and people tested.
fn all_truth(stage: &Stage) -> Values {
    let tested = stage.world.weekly_tested().into_iter().filter(|(key, _)| weeks().contains(&key.1));
    stage.truth().into_iter().chain(stage.world.weekly_transmission(&weeks())).chain(tested).collect()
}

fn class_key(unit: &str, week: &str) -> ValueKey {
    let default = || DEFAULT_OPTION_COMBO.to_owned();
    (CLASS.to_owned(), week.to_owned(), unit.to_owned(), default(), default())
}

fn reason(report: &pipeline::report::RunReport, key: &ValueKey) -> String {
    let change = report.plan.changes.iter().find(|change| key_of(change) == *key);
    let change = change.unwrap_or_else(|| panic!("{key:?} does not change"));
    change.cause.as_ref().map(|cause| cause.reasons.join("; ")).unwrap_or_default()
}

#[tokio::test]
async fn classes_follow_the_numbers_and_are_told_with_the_rule() {
    for version in BOTH {
        let stage = whole(version, |config| config);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(naive_changes(&all_truth(&stage), &stage.values()), BTreeMap::new());
        let n_slices = 8 * stage.world.population.org_units.len();
        let row = report.tie_out.iter().find(|row| row.indicator == "transmission").unwrap();
        assert_eq!((row.ours.clone(), row.dhis2.clone()), (n_slices.to_string(), Some(n_slices.to_string())));
        assert!(row.agrees);
        assert!(report.tie_out.iter().all(|row| row.indicator != "linked_cases"), "it is not sent");
        let certified = report.certificate.as_ref().unwrap();
        let certified = certified.indicators.iter().find(|one| one.indicator == "transmission").unwrap();
        assert_eq!(certified.total().ours, n_slices.to_string());
        assert!(certified.total().dhis2_agrees);

        // Every case of the smallest busy slice goes: its class becomes NO_CASES, and the plan says why.
        let before = stage.world.weekly_transmission(&weeks());
        for id in stage.cases(|case| text(case, "classification") == CONFIRMED) {
            stage.world.godata.edit(|e| e.delete(&id)).unwrap();
        }
        let after = stage.world.weekly_transmission(&weeks());
        let gone = after.iter().find(|(key, class)| *class == "NO_CASES" && before[*key] != "NO_CASES").unwrap().0;
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        let told = changes(&report);
        assert_eq!(
            told.get(gone).map(|change| change.0.as_str()),
            Some("update"),
            "{gone:?}: {:?} {:?}",
            stage.values().get(gone),
            reasons(&report)
        );
        let expected = format!("rule 1 holds, cases = 0: cases = 0; Tally wrote {} before", before[gone]);
        assert_eq!(reason(&report, gone), expected);
        assert_eq!(naive_changes(&all_truth(&stage), &stage.values()), BTreeMap::new());
        stage.world.dhis2.clear_requests();
        assert_eq!(stage.run().await.plan.changes.len(), 0);
        assert_eq!(stage.n_posts(), 0, "another run pushes nothing");
    }
}

#[tokio::test]
async fn what_a_person_stated_comes_before_the_rules() {
    for version in BOTH {
        let stage = whole(version, |config| config);
        stage.run().await;
        let truth = all_truth(&stage);
        let quiet = truth.iter().find(|(key, value)| key.0 == CLASS && *value == "NO_CASES").unwrap().0.clone();
        stage.write("transmission.csv", &format!("org_unit,period,value\n{},{},SPORADIC\n", quiet.2, quiet.1));
        stage.configure_whole(|config| config.replace("# stated = ", "stated = "));
        let report = stage.run().await;
        assert_eq!(changes(&report).keys().collect::<Vec<_>>(), [&quiet]);
        assert_eq!(reason(&report, &quiet), "a person stated it; Tally wrote NO_CASES before");
        assert_eq!(stage.values()[&quiet], "SPORADIC");
        stage.write("transmission.csv", "org_unit,period,value\n");
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        assert_eq!(naive_changes(&truth, &stage.values()), BTreeMap::new());
    }
}

#[tokio::test]
async fn a_class_that_somebody_changed_is_held_and_one_that_leaves_the_report_is_deleted() {
    for version in BOTH {
        let stage = whole(version, |config| config);
        stage.run().await;
        let (key, _) = stage.some_value(|key, value| key.0 == CLASS && value == "COMMUNITY");
        stage.world.dhis2.set_value(&key, Some("SPORADIC"));
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held);
        assert_eq!(held_keys(&report), [key.clone()].into());
        assert!(reason(&report, &key).starts_with("somebody changed what Tally wrote; no rule holds: cases = "));
        stage.world.dhis2.set_value(&key, Some("COMMUNITY"));

        // Without the statement its values go. Up to 2.42 a deletion without a value would end the whole import.
        stage.configure(|config| config);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(report.push.as_ref().unwrap().rejected.len(), 0);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn values_that_are_no_options_are_refused_at_their_places() {
    let stage = whole("2.42.1", |config| {
        config
            .replace("value = \"NO_CASES\"", "value = \"No cases\"")
            .replace("otherwise = \"COMMUNITY\"", "otherwise = \"COMMUNITIES\"")
            .replace("# stated = ", "stated = ")
    });
    let unit = stage.world.population.org_units[3].uid.clone();
    stage.write("transmission.csv", &format!("org_unit,period,value\n{unit},2020W7,CLUSTER\n"));
    let error = stage.failure().await;
    assert_eq!(error.kind, ErrorKind::Config);
    let told: Vec<_> = error
        .problems
        .iter()
        .map(|p| (p.message.clone(), p.advice.clone().unwrap_or_default(), p.location().unwrap_or_default()))
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0].0, "`No cases` is no option of \"COVID19 - Transmission Classification\"");
    assert_eq!(told[0].1, "Did you mean `NO_CASES`?");
    assert_eq!(told[1].1, "Did you mean `COMMUNITY`?");
    assert_eq!(told[2].1, "Did you mean `CLUSTERS`?");
    assert!(told[2].2.contains("transmission.csv:2:1"), "{}", told[2].2);
    assert!(stage.world.godata.requests().iter().all(|request| !request.path.ends_with("/cases")));
}

/// Text, yes, date, and numbers that only look like ones.
#[tokio::test]
async fn statements_fill_every_kind_of_data_element() {
    let kinds = [
        ("StTextElem1", "TEXT", "01", "1"),
        ("StTextElem2", "LONG_TEXT", "0", "0.0"),
        ("StBoolElem1", "BOOLEAN", "true", "false"),
        ("StDateElem1", "DATE", "2020-02-29", "2020-03-01"),
        ("StNumbElem1", "INTEGER_ZERO_OR_POSITIVE", "7", "12"),
    ];
    for version in BOTH {
        let stage = Stage::new(version);
        stage.world.dhis2.edit(|m| {
            for (uid, value_type, ..) in kinds {
                m.data_elements.push(DataElement {
                    uid: uid.into(),
                    code: None,
                    name: format!("Element {uid}"),
                    short_name: None,
                    value_type: value_type.into(),
                    aggregation_type: "NONE".into(),
                    // A text is no zero, whatever this says.
                    zero_is_significant: true,
                    category_combo: DEFAULT_COMBO.into(),
                    option_set: None,
                    comment_option_set: None,
                });
                m.data_set_mut(DATA_SET).data_elements.push(uid.into());
            }
        });
        let statements = |pick: fn(&(&str, &str, &'static str, &'static str)) -> &'static str| {
            let one = |(n, kind): (usize, &(&str, &str, &'static str, &'static str))| {
                let (uid, value) = (kind.0, pick(kind));
                format!("[[report.statement]]\ncode = \"s{n}\"\ndata_element = \"{uid}\"\notherwise = \"{value}\"\n\n")
            };
            kinds.iter().enumerate().map(one).collect::<String>()
        };
        let says = |pick: fn(&(&str, &str, &'static str, &'static str)) -> &'static str| -> Values {
            let units = &stage.world.population.org_units;
            let default = || DEFAULT_OPTION_COMBO.to_owned();
            let of_kind = |kind: &(&str, &str, &'static str, &'static str)| {
                let (uid, value) = (kind.0.to_owned(), pick(kind).to_owned());
                let slices =
                    units.iter().flat_map(|unit| weeks().into_iter().map(move |week| (unit.uid.clone(), week)));
                slices
                    .map(|(unit, week)| ((uid.clone(), week, unit, default(), default()), value.clone()))
                    .collect::<Vec<_>>()
            };
            kinds.iter().flat_map(of_kind).chain(stage.truth()).collect()
        };
        for pick in [
            |kind: &(&str, &str, &'static str, &'static str)| kind.2,
            |kind: &(&str, &str, &'static str, &'static str)| kind.3,
        ] {
            stage.configure(|config| config + "\n" + &statements(pick));
            let report = stage.run().await;
            assert_eq!(report.verdict, Verdict::Clean);
            assert_eq!(naive_changes(&says(pick), &stage.values()), BTreeMap::new());
            stage.world.dhis2.clear_requests();
            stage.run().await;
            assert_eq!(stage.n_posts(), 0, "another run pushes nothing");
        }
        stage.configure(|config| config);
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_lost_answer_and_a_repeated_tie_out_know_texts() {
    use sandbox::fault::Fault;
    for version in BOTH {
        let stage = whole(version, |config| config);
        stage.on_import(Fault::FailAfterWrite { status: 504, body: String::new() }, 1);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(naive_changes(&all_truth(&stage), &stage.values()), BTreeMap::new());
        let run = report.certificate.unwrap();
        let found = super::tie_out::verify(&stage).await;
        assert!(found.agrees, "{:?} {:?}", found.warnings, found.differences);
        assert_eq!(found.certificate.indicators, run.indicators);
        // Another class there is a difference, told with both words.
        let key = class_key(&stage.world.population.org_units[2].uid, "2020W8");
        let was = stage.values()[&key].clone();
        stage.world.dhis2.set_value(&key, Some("elsewhere"));
        let found = super::tie_out::verify(&stage).await;
        assert!(!found.agrees);
        let told: Vec<_> = found.differences.iter().map(|one| (one.should.clone(), one.says.clone())).collect();
        assert_eq!(told, [(Some(was), Some("elsewhere".to_owned()))]);
    }
}
