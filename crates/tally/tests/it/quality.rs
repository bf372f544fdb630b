//! `tally quality`: the numbers are those of an independent count, the ids are the records', and both come by any way of
//! reading.

use crate::site::{Site, WEEKS, snapshot};
use sandbox::oracle::quality::{quality, reporting_delays};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// By rule, field and organisation unit.
type Found = BTreeMap<(String, String, String), BTreeSet<String>>;

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// What an independent count finds, whatever it looks at.
fn truth(site: &Site) -> Found {
    let found = quality(&site.world.godata.documents(), &site.world.population.org_units, &today());
    found.into_iter().map(|((rule, field, unit), ids)| ((rule.to_owned(), field.to_owned(), unit), ids)).collect()
}

/// Of what tally found, what the independent count looks at too.
fn of(found: Found, truth: &Found) -> Found {
    let looked_at: BTreeSet<_> = truth.keys().map(|(rule, field, _)| (rule, field)).collect();
    found.into_iter().filter(|((rule, field, _), _)| looked_at.contains(&(rule, field))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The record ids of a listing.
fn listed(json: &Value) -> Found {
    let mut found = Found::new();
    for row in json["listed"]["records"].as_array().expect("records are listed") {
        let key = (text(&row["rule"]), text(&row["field"]), text(&row["org_unit"]));
        found.entry(key).or_default().insert(text(&row["record"]));
    }
    found
}

/// The numbers of a run's findings; places without an organisation unit are one.
fn numbers(json: &Value) -> BTreeMap<(String, String, String), u64> {
    let mut found = BTreeMap::new();
    for finding in json["findings"].as_array().expect("there are findings") {
        for at in finding["places"].as_array().expect("they have places") {
            let key = (text(&finding["rule"]), text(&finding["field"]), text(&at["org_unit"]));
            *found.entry(key).or_default() += at["n_records"].as_u64().unwrap_or_default();
        }
    }
    found
}

fn run(site: &Site, extra: &[&str]) {
    let arguments: Vec<&str> = ["run"].into_iter().chain(WEEKS).chain(extra.iter().copied()).collect();
    site.tally(&arguments).with_code(0);
}

fn told(site: &Site, extra: &[&str]) -> Value {
    let arguments: Vec<&str> = ["quality", "--output", "json"].into_iter().chain(extra.iter().copied()).collect();
    site.tally(&arguments).with_code(0).json()
}

#[test]
fn the_numbers_and_the_ids_are_those_of_an_independent_count() {
    let mut site = Site::weekly();
    site.configure("[places]", "[quality]\nall_rules = true\n\n[places]");
    site.settle();
    run(&site, &[]);
    let truth_now = truth(&site);
    assert!(truth_now.len() > 20 && truth_now.keys().map(|(rule, ..)| rule).collect::<BTreeSet<_>>().len() > 5);
    assert_eq!(of(listed(&told(&site, &["--records"])), &truth_now), truth_now);
    let counted: BTreeMap<_, u64> = truth_now.iter().map(|(key, ids)| (key.clone(), ids.len() as u64)).collect();
    let json = told(&site, &[]);
    let known = numbers(&json).into_iter().filter(|(key, _)| counted.contains_key(key)).collect::<BTreeMap<_, _>>();
    assert_eq!(known, counted);

    let days = reporting_delays(&site.world.godata.documents(), &today());
    let delays = json["delays"].as_array().unwrap();
    let all = delays.iter().find(|row| row["delay"] == "onset_to_reporting").unwrap();
    assert_eq!((all["n_records"].as_u64(), &all["place"]), (Some(days.len() as u64), &Value::Null));
    assert_eq!(all["median"].as_i64(), Some(days[days.len().div_ceil(2) - 1]));
    assert_eq!(all["percentile_90"].as_i64(), Some(days[(days.len() * 9).div_ceil(10) - 1]));

    // What is corrected in Go.Data is gone with the next run, of which only the changes travel.
    let ((_, _, unit), ids) = truth_now
        .iter()
        .find(|((rule, field, unit), _)| {
            (rule.as_str(), field.as_str()) == ("missing", "date_of_onset") && !unit.is_empty()
        })
        .expect("an onset is missing somewhere");
    let (id, before) = (ids.first().unwrap().clone(), ids.len());
    site.world.godata.edit(|editor| {
        editor.edit(&id, |case| drop(case.insert("dateOfOnset".into(), "2020-03-01T00:00:00.000Z".into()))).unwrap();
    });
    run(&site, &[]);
    let truth_then = truth(&site);
    let key = ("missing".to_owned(), "date_of_onset".to_owned(), unit.clone());
    assert_eq!(truth_then.get(&key).map_or(0, BTreeSet::len), before - 1);
    assert_eq!(of(listed(&told(&site, &["--records"])), &truth_then), truth_then);
    let by_changes = told(&site, &[]);
    run(&site, &["--full"]);
    let in_full = told(&site, &[]);
    for part in ["findings", "places", "delays", "duplicates", "not_looked_at"] {
        assert_eq!(by_changes[part], in_full[part], "{part}");
    }
    // Without a line list the same is found; only the ids are samples.
    site.configure("keep = \"records\"", "keep = \"nothing\"");
    run(&site, &[]);
    let streamed = told(&site, &[]);
    for part in ["findings", "places", "delays", "duplicates", "not_looked_at"] {
        assert_eq!(streamed[part], in_full[part], "{part}");
    }
}

#[test]
fn a_record_that_is_entered_twice_is_a_likely_duplicate() {
    let mut site = Site::weekly();
    site.configure("[places]", "[quality]\nall_rules = true\n\n[places]");
    site.settle();
    let twin = |site: &Site, new_id: &str, change: fn(&mut sandbox::godata::Document)| {
        let documents = site.world.godata.documents();
        let complete = documents.cases().find(|case| {
            let known =
                ["dateOfOnset", "dateOfReporting", "gender", "age", "usualPlaceOfResidenceLocationId", "visualId"];
            known.iter().all(|field| case.get(*field).is_some_and(|value| !value.is_null())) && case["deleted"] == false
        });
        let mut case = complete.expect("a case about whom all is known").clone();
        drop(documents);
        let old = text(&case["id"]);
        case.insert("id".into(), new_id.into());
        change(&mut case);
        site.world.godata.edit(|editor| editor.insert_person(case));
        old
    };
    run(&site, &[]);
    assert_eq!(told(&site, &["--records"])["listed"]["groups"], serde_json::json!([]));
    let new_id = "ffffffff-0000-4000-8000-000000000000";
    let old = twin(&site, new_id, |case| drop(case.insert("visualId".into(), "CASE-99999".into())));
    run(&site, &[]);
    let json = told(&site, &["--records"]);
    let mut ids = [old, new_id.to_owned()];
    ids.sort();
    assert_eq!(json["listed"]["groups"], serde_json::json!([{ "likeness": "same_traits", "records": ids }]));
    let kept = told(&site, &["--rule", "same_traits"]);
    assert_eq!(
        kept["duplicates"],
        serde_json::json!([{ "likeness": "same_traits", "found": { "n_groups": 1, "n_records": 2 } }])
    );
    let csv = site.tally(&["quality", "--records", "--rule", "same_traits", "--output", "csv"]).with_code(0).out;
    let expected = format!(
        "rule,field,org_unit,place,record,group\r\nsame_traits,,,,{},1\r\nsame_traits,,,,{},1\r\n",
        ids[0], ids[1]
    );
    assert_eq!(csv, expected);
}

#[test]
fn only_what_a_report_reads_is_asked_for_and_judged() {
    let site = Site::weekly();
    run(&site, &[]);
    let asked: String = site.world.godata.requests().iter().map(|request| format!("{request:?}")).collect();
    for field in ["visualId", "classificationHistory", "createdAt", "dateOfBurial"] {
        assert!(!asked.contains(&format!("\"{field}\"")) && !asked.contains(&format!("%22{field}%22")), "{field}");
    }
    let json = told(&site, &[]);
    let unseen: BTreeSet<_> = json["not_looked_at"].as_array().unwrap().iter().map(|row| text(&row["field"])).collect();
    assert!(
        unseen.contains("visual_id") && unseen.contains("delays") && !unseen.contains("date_of_onset"),
        "{unseen:?}"
    );
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["field"] != "visual_id"), "not looked at is not zero and not all");
}

#[test]
fn the_page_the_csv_and_the_refusals_are_for_people() {
    let mut site = Site::weekly();
    site.configure("[places]", "[quality]\nall_rules = true\n\n[places]");
    site.settle();
    snapshot("quality_before_any_run", &site.tally(&["quality"]).with_code(10).to_string());
    snapshot("quality_no_line_list", &site.tally(&["quality", "--records"]).with_code(10).to_string());
    run(&site, &[]);
    snapshot("quality", &site.tally(&["quality"]).with_code(0).to_string());
    snapshot("quality_rule", &site.tally(&["quality", "--rule", "no_start", "--records"]).with_code(0).to_string());
    snapshot(
        "quality_csv",
        &site.tally(&["quality", "--rule", "outcome_before_onset", "--output", "csv"]).with_code(0).to_string(),
    );
    let delays = site.tally(&["quality", "--delays", "--output", "csv"]).with_code(0).out;
    let mut lines = delays.lines();
    let head = "delay,org_unit,place,month,n_records,n_negative,lower_quartile,median,upper_quartile,percentile_90";
    assert_eq!(lines.next(), Some(head));
    assert!(lines.next().is_some_and(|line| line.starts_with("onset_to_reporting,,,,")), "{delays}");
    assert!(delays.contains(",2020-03,"), "by month as well: {delays}");

    let json = told(&site, &["--rule", "missing"]);
    let place = text(&json["findings"][0]["places"][0]["place"]);
    let one = told(&site, &["--org-unit", &place]);
    assert!(one["findings"].as_array().unwrap().iter().all(|f| f["places"].as_array().unwrap().len() == 1));
    let unit = text(&json["findings"][0]["places"][0]["org_unit"]);
    assert_eq!(told(&site, &["--org-unit", &unit])["findings"], one["findings"], "by its id or by its name");

    snapshot("quality_unknown_rule", &site.tally(&["quality", "--rule", "mising"]).with_code(10).to_string());
    snapshot(
        "quality_unknown_place",
        &site.tally(&["quality", "--org-unit", &format!("{place}x")]).with_code(10).to_string(),
    );
    snapshot("quality_delays_as_text", &site.tally(&["quality", "--delays"]).with_code(10).to_string());
    site.configure("all_rules = true", "all_rules = true\noutbreak_start = \"2020-2-1\"");
    snapshot("quality_bad_start", &site.tally(&["check"]).with_code(10).to_string());
}
