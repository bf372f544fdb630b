//! Where values go: several data sets, attribute option combos by record, combos that a data set overrules, names by
//! attribute, comments.

use std::collections::{BTreeMap, BTreeSet};

use dhis2::{IdSchemes, Time, ValueQuery};
use jiff::civil::date;
use pipeline::config;
use pipeline::report::Verdict;
use pipeline::target::Target;
use sandbox::dhis2::{Category, CategoryCombo, CategoryOption, CategoryOptionCombo, Metadata};

use super::stage::{CONFIRMED_CASES, DATA_SET, Values, naive_changes, reasons, text};
use super::{BOTH, Stage};

/// The second weekly data set of the packages: four yes-only data elements.
const PROVINCIAL: &str = "Vs7Bd0pHjS9";
const NO_CASES: &str = "njg6PAh5gw6";

/// Adds a category combo of one category with these options; its option combos are named after them.
pub(super) fn add_combo(m: &mut Metadata, name: &str, options: &[&str]) -> String {
    let uid = |kind: &str, of: &str| format!("{kind}{:0>9}", of.to_lowercase()).chars().take(11).collect::<String>();
    for option in options {
        m.category_options.push(CategoryOption {
            uid: uid("Op", option),
            code: Some(format!("OPTION_{option}")),
            name: (*option).into(),
            start_date: None,
            end_date: None,
            org_units: Vec::new(),
            data_write: true,
        });
        m.category_option_combos.push(CategoryOptionCombo {
            uid: uid("Oc", option),
            code: None,
            name: (*option).into(),
            category_combo: uid("Cm", name),
            category_options: vec![uid("Op", option)],
        });
    }
    let category_options = options.iter().map(|option| uid("Op", option)).collect();
    m.categories.push(Category { uid: uid("Ca", name), code: None, name: name.into(), category_options });
    let categories = vec![uid("Ca", name)];
    m.category_combos.push(CategoryCombo { uid: uid("Cm", name), code: None, name: name.into(), categories });
    uid("Cm", name)
}

/// A statement of the second data set: yes where nobody fell ill.
const QUIET: &str = r#"
[[report.statement]]
code = "quiet"
data_element = "njg6PAh5gw6"
rules = [{ where = "confirmed_cases = 0 AND probable_cases = 0", value = "true" }]
"#;

#[tokio::test]
async fn one_report_fills_two_data_sets_and_each_keeps_its_own_locks() {
    for version in BOTH {
        let stage = Stage::with(version, |config| {
            let both = format!("data_set = [\"{DATA_SET}\", \"{PROVINCIAL}\"]");
            let config = config.replace(&format!("data_set = \"{DATA_SET}\""), &both);
            config.replace("complete = false", "complete = true") + QUIET
        });
        let weeks: Vec<String> = (6..=13).map(|week| format!("2020W{week}")).collect();
        let quiet: Values = stage
            .world
            .weekly_transmission(&weeks)
            .into_iter()
            .filter(|(_, class)| class == "NO_CASES")
            .map(|((_, week, unit, combo, attribute), _)| {
                ((NO_CASES.to_owned(), week, unit, combo, attribute), "true".to_owned())
            })
            .collect();
        let (locked, _) = quiet.iter().next().unwrap();
        stage.world.dhis2.lock_slice(PROVINCIAL, &locked.1, &locked.2);
        let report = stage.run().await;
        assert_eq!(report.verdict, Verdict::Held, "{:?}", reasons(&report));
        let mut expected: Values = stage.truth().into_iter().chain(quiet.clone()).collect();
        expected.remove(locked);
        assert_eq!(naive_changes(&expected, &stage.values()), BTreeMap::new());
        let registered: BTreeSet<_> = stage.world.dhis2.completions().into_keys().collect();
        let n_slices = 8 * stage.world.population.org_units.len();
        let of = |set: &str| registered.iter().filter(|key| key.0 == set).count();
        assert_eq!((of(DATA_SET), of(PROVINCIAL)), (n_slices, n_slices - 1));

        stage.world.dhis2.unlock_slice(PROVINCIAL, &locked.1, &locked.2);
        // One unit leaves the second data set: what goes there is held, what goes to the first is not.
        let unit = quiet.keys().map(|key| &key.2).find(|unit| **unit != locked.2).unwrap();
        stage.world.dhis2.unassign(PROVINCIAL, unit);
        let report = stage.run().await;
        assert_eq!(naive_changes(&stage.truth().into_iter().chain(quiet).collect(), &stage.values()), BTreeMap::new());
        assert_eq!(report.verdict, Verdict::Clean, "{:?}", reasons(&report));
        assert_eq!(stage.world.dhis2.completions().len(), 2 * n_slices);
        stage.world.dhis2.clear_requests();
        stage.run().await;
        assert_eq!(stage.n_posts(), 0, "another run pushes nothing");
    }
}

#[tokio::test]
async fn a_data_element_of_two_data_sets_waits_for_a_word() {
    let two = format!("data_set = [\"{DATA_SET}\", \"{PROVINCIAL}\"]");
    let stage = Stage::with("2.43.1", |config| config.replace(&format!("data_set = \"{DATA_SET}\""), &two));
    stage.world.dhis2.edit(|m| m.data_set_mut(PROVINCIAL).data_elements.push("cW0odY9vhrd".into()));
    let error = stage.failure().await;
    assert_eq!(error.problems.len(), 1, "{:?}", error.problems);
    assert!(error.message.contains("`cW0odY9vhrd` is in the data sets"), "{error}");
    let said = |set: &str| format!("data_element = \"cW0odY9vhrd\"\ndata_set = \"{set}\"");
    let with = |config: String, set: &str| {
        let config = config.replace(&format!("data_set = \"{DATA_SET}\""), &two);
        config.replace("data_element = \"cW0odY9vhrd\"", &said(set))
    };
    stage.configure(|config| with(config, "Vs7Bd0pHjS8"));
    let error = stage.failure().await;
    assert_eq!(error.problems[0].advice.as_deref(), Some("Did you mean `Vs7Bd0pHjS9`?"));
    stage.configure(|config| with(config, PROVINCIAL));
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_dimension_may_decide_the_attribute_option_combo() {
    for version in BOTH {
        let dimension = "[[dimension]]\ncode = \"risk\"\nfield = \"occupation\"\nunknown = \"Op00000none\"\n\
                         groups = [{ values = \"HEALTH_CARE_WORKER\", option = \"Op0000staff\" }]\n\n";
        let stage = Stage::with(version, |config| {
            let at = config.find("# --- The report.").unwrap();
            let config = format!("{}{dimension}{}", &config[..at], &config[at..]);
            // All others go under `none`.
            let config = config.replace("look_back = 8", "look_back = 8\nattribute_options = [\"Op00000none\"]");
            let config = config.replace("complete = false", "complete = true");
            let element = format!("data_element = \"{CONFIRMED_CASES}\"");
            config.replace(&element, &format!("attribute_by = [\"risk\"]\nattribute_options = []\n{element}"))
        });
        stage.world.dhis2.edit(|m| {
            let combo = add_combo(m, "risk", &["staff", "none"]);
            m.data_set_mut(DATA_SET).category_combo = combo;
        });
        let truth = stage.truth();
        // The oracle again, on the outbreak without its health workers and on these alone.
        let staff = |case: &sandbox::godata::Document| text(case, "occupation").ends_with("HEALTH_CARE_WORKER");
        let without = |gone: &[String], stage: &Stage| -> Values {
            gone.iter().for_each(|id| stage.world.godata.edit(|e| e.delete(id)).unwrap());
            let truth = stage.truth();
            gone.iter().for_each(|id| stage.world.godata.edit(|e| e.restore(id)).unwrap());
            truth.into_iter().filter(|(key, _)| key.0 == CONFIRMED_CASES).collect()
        };
        let (workers, others) = (stage.cases(staff), stage.cases(|case| !staff(case)));
        assert!(!workers.is_empty());
        let under = |attribute: &str, values: Values| -> Vec<_> {
            values.into_iter().map(|(k, v)| ((k.0, k.1, k.2, k.3, attribute.to_owned()), v)).collect()
        };
        let rest: Values = truth.into_iter().filter(|(key, _)| key.0 != CONFIRMED_CASES).collect();
        let mut expected: Values = under("Oc00000none", rest).into_iter().collect();
        expected.extend(under("Oc00000none", without(&workers, &stage)));
        expected.extend(under("Oc0000staff", without(&others, &stage)));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        assert_eq!(naive_changes(&expected, &stage.values()), BTreeMap::new());
        // Completeness stands for each of the two.
        let attributes: BTreeSet<String> = stage.world.dhis2.completions().into_keys().map(|key| key.3).collect();
        assert_eq!(attributes.into_iter().collect::<Vec<_>>(), ["Oc00000none", "Oc0000staff"]);
        assert_eq!(stage.world.dhis2.completions().len(), 2 * 8 * stage.world.population.org_units.len());
        stage.world.dhis2.clear_requests();
        let again = stage.run().await;
        assert_eq!((stage.n_posts(), again.verify.unwrap().completed), (0, 0));
    }
}

#[tokio::test]
async fn a_data_set_may_overrule_the_category_combo_of_an_element() {
    for version in BOTH {
        let element = "data_element = \"cW0odY9vhrd\"";
        let with = |option: &str| format!("options = [\"{option}\"]\n{element}");
        let stage = Stage::with(version, |config| config.replace(element, &with("Op0000awrd")));
        stage.world.dhis2.edit(|m| {
            let combo = add_combo(m, "bed", &["ward", "icu"]);
            m.data_set_mut(DATA_SET).combo_overrides.push(("cW0odY9vhrd".into(), combo));
        });
        let error = stage.failure().await;
        assert_eq!(error.problems[0].advice.as_deref(), Some("Did you mean `Op00000ward`?"));
        stage.configure(|config| config.replace(element, &with("Op00000ward")));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        let expected: Values = stage
            .truth()
            .into_iter()
            .map(|(mut key, value)| {
                if key.0 == "cW0odY9vhrd" {
                    key.3 = "Oc00000ward".to_owned();
                }
                (key, value)
            })
            .collect();
        assert_eq!(naive_changes(&expected, &stage.values()), BTreeMap::new());
    }
}

/// An attribute by which the ministry numbers things.
const NUMBER: &str = "MinistryNr1";

#[tokio::test]
async fn names_by_attribute_are_resolved_once_and_must_be_unique() {
    for version in BOTH {
        let stage = Stage::new(version);
        let units: Vec<String> = stage.world.population.org_units.iter().map(|unit| unit.uid.clone()).collect();
        let number_of = |uid: &str| format!("nr {}", units.iter().position(|unit| unit == uid).unwrap());
        stage.world.dhis2.edit(|m| {
            let key = |uid: &str| (uid.to_owned(), NUMBER.to_owned());
            m.attribute_values.insert(key(CONFIRMED_CASES), "A-17".into());
            m.attribute_values.insert(key("VnkErE22ELJ"), "A-18".into());
            units.iter().for_each(|uid| _ = m.attribute_values.insert(key(uid), number_of(uid)));
        });
        let mut csv = stage.world.population.places_csv();
        for uid in &units {
            csv = csv.replace(uid.as_str(), &number_of(uid));
        }
        stage.write("places.csv", &csv);
        let scheme = format!("org_unit_id_scheme = \"attribute:{NUMBER}\"");
        let with = |config: String, more: &str| {
            config.replace("username = \"tally\"", &format!("username = \"tally\"\n{scheme}\n{more}"))
        };
        stage.configure(|config| with(config, ""));
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;

        // A number that two units have means neither, and one that none has is told with the nearest.
        let duplicate = (units[2].clone(), NUMBER.to_owned());
        let saved = stage.world.dhis2.edit(|m| m.attribute_values.insert(duplicate.clone(), number_of(&units[5])));
        let error = stage.failure().await;
        let told: Vec<&str> = error.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(told.contains(&"DHIS2 has several organisation units `nr 5`"), "{told:?}");
        assert!(told.contains(&"DHIS2 has no organisation unit `nr 2` that this account can read"), "{told:?}");
        assert!(error.problems.iter().all(|p| p.location().is_some_and(|at| at.contains("places.csv"))));
        stage.world.dhis2.edit(|m| m.attribute_values.insert(duplicate, saved.unwrap()));

        // Data elements by the same attribute: a slip is recognised, and two of one number are refused.
        let elements = format!("data_element_id_scheme = \"attribute:{NUMBER}\"");
        let only = |config: String, number: &str| {
            let at = config.find("[[report.indicator]]\ncode = \"probable_cases\"").unwrap();
            with(config[..at].to_owned(), &elements).replace(CONFIRMED_CASES, number)
        };
        stage.configure(|config| only(config, "A-16"));
        let advice = stage.failure().await.problems[0].advice.clone().unwrap();
        assert!(advice.starts_with("Did you mean `A-1"), "{advice}");
        stage.configure(|config| only(config, "A-17"));
        assert_eq!(stage.plan().await.dhis2.data_set, DATA_SET);
        stage.world.dhis2.edit(|m| m.attribute_values.insert(("VnkErE22ELJ".into(), NUMBER.into()), "A-17".into()));
        let error = stage.failure().await;
        assert!(error.message.contains("`A-17` means several data elements"), "{error}");
    }
}

#[tokio::test]
async fn comments_say_where_a_value_comes_from_and_change_nothing_by_themselves() {
    for version in BOTH {
        let comment = |text: &str| format!("look_back = 8\ncomment = \"{text}\"");
        let stage = Stage::with(version, |config| {
            config.replace("look_back = 8", &comment("Tally, {report}, run {run} of {date}"))
        });
        stage.run().await;
        let comments = async || -> BTreeSet<Option<String>> {
            let config = stage.config();
            let target = Target::prepare(&config, &config.reports[0]).await.unwrap();
            let query = ValueQuery {
                data_sets: vec![DATA_SET.to_owned()],
                data_elements: Vec::new(),
                time: Time::Between { start: date(2020, 2, 3), end: date(2020, 3, 29) },
                org_units: stage.world.population.org_units.iter().map(|unit| unit.uid.clone()).collect(),
                children: false,
                include_deleted: false,
                id_schemes: IdSchemes::default(),
            };
            let values = target.client.data_values(&query).await.unwrap();
            assert!(values.len() > 100);
            values.into_iter().map(|value| value.comment.map(String::from)).collect()
        };
        let expected: BTreeSet<_> = [Some("Tally, weekly, run 1 of 2020-03-31".to_owned())].into();
        assert_eq!(comments().await, expected);
        // The next run has another number and other words. No value changes, so nothing is sent.
        stage.configure(|config| config.replace("look_back = 8", &comment("other words of run {run}")));
        stage.at_rest(&[]).await;
        assert_eq!(comments().await, expected);
        let gone = stage.counted()[..5].to_vec();
        for id in &gone {
            stage.world.godata.edit(|e| e.delete(id)).unwrap();
        }
        stage.run().await;
        for id in &gone {
            stage.world.godata.edit(|e| e.restore(id)).unwrap();
        }
        stage.run().await;
        stage.at_rest(&[]).await;
        assert!(comments().await.contains(&Some("other words of run 4".to_owned())));
    }
    let stage = Stage::with("2.42.1", |config| {
        config.replace("look_back = 8", "look_back = 8\ncomment = \"by {name}, {run}\"")
    });
    let problems = config::load(&stage.path("tally.toml")).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "a comment has no placeholder `{name}`");
}

#[tokio::test]
async fn the_same_cell_in_two_reports_is_found_without_a_server() {
    let second = format!(
        "\n[[report]]\nname = \"again\"\ndata_set = \"{DATA_SET}\"\nperiod = \"Weekly\"\n\n[[report.indicator]]\n\
         code = \"beds\"\nwhen = \"date_of_reporting\"\ndata_element = \"cW0odY9vhrd\"\n"
    );
    let stage = Stage::with("2.42.1", |config| config + &second);
    let problems = config::load(&stage.path("tally.toml")).unwrap_err();
    assert_eq!(problems.len(), 1);
    let expected = "`hospitalised` of report `weekly` and `beds` both write data element `cW0odY9vhrd`";
    assert_eq!(problems[0].message, expected);
    assert!(stage.world.dhis2.requests().is_empty());
}
