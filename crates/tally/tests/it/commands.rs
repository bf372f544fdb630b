//! What every command says, word for word.

use crate::site::{Site, WEEKS, shape, snapshot};

fn with_weeks(command: &'static str) -> Vec<&'static str> {
    [command].into_iter().chain(WEEKS).collect()
}

#[test]
fn run_pushes_once_and_show_repeats_it() {
    let site = Site::weekly();
    let first = site.tally(&with_weeks("run")).with_code(0);
    snapshot("run", &first.to_string());
    assert_eq!(site.values(), site.truth());

    site.world.dhis2.clear_requests();
    let second = site.tally(&with_weeks("run")).with_code(0);
    snapshot("run_again", &second.to_string());
    assert_eq!(site.n_writes(), 0);

    let show = site.tally(&["show", "1"]).with_code(0);
    assert_eq!(show.out, first.out, "show repeats what the run said");
    assert_eq!(show.err, "");
    assert_eq!(site.tally(&["show", "2"]).with_code(0).out, second.out);
    snapshot("history", &site.tally(&["history"]).with_code(0).to_string());
    snapshot("show_no_such_run", &site.tally(&["show", "7"]).with_code(10).to_string());
}

#[test]
fn everything_as_json() {
    let site = Site::weekly();
    let pretty = |value: serde_json::Value| serde_json::to_string_pretty(&shape(&value)).unwrap();
    let json = |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--output", "json", "--quiet"]).collect();
        let ended = site.tally(&arguments).with_code(0);
        assert_eq!(ended.err, "", "quiet means quiet");
        ended.json()
    };
    snapshot("check_json", &pretty(json(&["check"])));
    snapshot("plan_json", &pretty(json(&with_weeks("plan"))));
    let run = json(&with_weeks("run"));
    snapshot("run_json", &pretty(run.clone()));
    assert_eq!(json(&["show", "1"]), run);
    snapshot("history_json", &pretty(json(&["history"])));
    snapshot("explain_period_json", &pretty(json(&["explain", "period", "2021-01-03"])));
}

#[test]
fn an_error_as_json() {
    let site = Site::weekly();
    site.configure("period = \"Weekly\"", "period = \"Weekley\"");
    let ended = site.tally(&["plan", "--output", "json"]).with_code(10);
    ended.json();
    snapshot("error_json", &ended.to_string());
}

#[test]
fn plan_and_check_change_nothing() {
    let site = Site::weekly();
    let check = site.tally(&["check"]).with_code(0);
    let plan = site.tally(&with_weeks("plan")).with_code(0);
    assert_eq!(site.n_writes(), 0);
    assert!(site.values().is_empty());
    assert!(site.path(".tally/line-list.sqlite").exists(), "a plan brings the line list up to date");
    snapshot("check", &check.to_string());
    snapshot("plan", &plan.to_string());

    site.tally(&with_weeks("run")).with_code(0);
    site.world.dhis2.clear_requests();
    snapshot("check_after_a_run", &site.tally(&["check"]).with_code(0).to_string());
    snapshot("plan_after_a_run", &site.tally(&with_weeks("plan")).with_code(0).to_string());
    assert_eq!(site.n_writes(), 0);
    let history = site.tally(&["history", "--output", "json"]).json();
    assert_eq!(history.as_array().map(Vec::len), Some(1), "a plan is not in the history");
}

#[test]
fn late_reports_and_corrections_become_changes() {
    let site = Site::weekly();
    site.tally(&with_weeks("run")).with_code(0);
    let ids: Vec<String> = {
        let documents = site.world.godata.documents();
        let confirmed = documents.cases().filter(|case| {
            let classification = case.get("classification").and_then(|value| value.as_str());
            let deleted = case.get("deleted").and_then(serde_json::Value::as_bool);
            classification.is_some_and(|text| text.ends_with("_CONFIRMED")) && deleted != Some(true)
        });
        confirmed.filter_map(|case| Some(case.get("id")?.as_str()?.to_owned())).take(6).collect()
    };
    site.world.godata.edit(|editor| {
        for id in &ids[..3] {
            editor
                .reclassify(id, Some("LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_NOT_A_CASE_DISCARDED"))
                .unwrap();
        }
        for id in &ids[3..5] {
            editor.delete(id).unwrap();
        }
        editor.move_to(&ids[5], "SN010").unwrap();
    });
    let plan = site.tally(&[&with_weeks("plan")[..], &["--all"]].concat()).with_code(0);
    snapshot("plan_of_corrections", &plan.to_string());
    assert_ne!(site.values(), site.truth());
    site.tally(&with_weeks("run")).with_code(0);
    assert_eq!(site.values(), site.truth());
}

#[test]
fn history_before_any_run() {
    let site = Site::weekly();
    snapshot("history_before_any_run", &site.tally(&["history"]).with_code(0).to_string());
}

#[test]
fn history_and_show_of_a_run_that_failed() {
    let site = Site::weekly();
    site.write("godata-password", "not-the-password");
    site.tally(&with_weeks("run")).with_code(20);
    let said = format!("{}\n{}", site.tally(&["history"]).with_code(0), site.tally(&["show", "1"]).with_code(0));
    snapshot("history_of_a_failed_run", &said);
}

/// From a number to its records and back: every value of a run has as many records as it says, and each record says that
/// it counts there.
#[test]
fn a_value_leads_to_its_records_and_they_lead_back() {
    let site = Site::weekly();
    let weeks = with_weeks("run");
    let run = site.tally(&[&weeks[..], &["--output", "json"]].concat()).with_code(0).json();
    let changes = run["plan"]["changes"].as_array().expect("the first run changes values");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    for change in changes.iter().step_by(changes.len() / 5) {
        let (element, period) = (text(&change["data_element"]), text(&change["period"]));
        let (unit, combo) = (text(&change["org_unit"]), text(&change["category_option_combo"]));
        let value = ["explain", "value", "--output", "json", "--data-element", &element, "--period", &period];
        let place = ["--org-unit", &unit, "--category-option-combo", &combo];
        let records = site.tally(&[&value[..], &place].concat()).with_code(0).json();
        let records = records["records"].as_array().expect("a list of records");
        assert_eq!(records.len().to_string(), text(&change["new"]), "{change}");
        for record in records {
            let id = text(&record["record"]);
            let case = ["explain", "case", &id, "--from", &period, "--to", &period, "--output", "json"];
            let explained = site.tally(&case).with_code(0).json();
            let meanings = explained["indicators"].as_array().expect("a list");
            let cells = meanings.iter().flat_map(|m| m["cells"].as_array().expect("cells"));
            let is_there = cells.into_iter().any(|cell| {
                cell["data_element"] == element.as_str() && cell["category_option_combo"] == combo.as_str()
            });
            assert!(is_there, "{id} does not lead back to {change}");
        }
    }
    site.tally(&["explain", "case", "nobody"]).with_code(10);
}

#[test]
fn what_no_line_list_holds_cannot_be_explained() {
    let site = Site::weekly();
    let value = ["explain", "value", "--data-element", "bmbNyNoJcXP", "--period", "2020W12", "--org-unit", "x"];
    snapshot("explain_without_line_list", &site.tally(&value).with_code(10).to_string());
}

#[test]
fn explain_a_day() {
    let site = Site::weekly();
    snapshot("explain_period", &site.tally(&["explain", "period", "2021-01-03"]).with_code(0).to_string());
    snapshot("explain_no_day", &site.tally(&["explain", "period", "2021-02-30"]).with_code(2).to_string());
}

#[test]
fn the_sandbox_lists_its_faults_and_knows_no_other() {
    let site = Site::weekly();
    let listed = site.tally(&["sandbox", "--list-faults"]).with_code(0).out;
    assert_eq!(listed.lines().count(), sandbox::fault_catalogue::all().count());
    for fault in sandbox::fault_catalogue::all() {
        assert!(
            listed.lines().any(|line| line.starts_with(fault.name) && line.ends_with(fault.what)),
            "{}",
            fault.name
        );
    }
    let json = site.tally(&["sandbox", "--list-faults", "--output", "json"]).with_code(0).json();
    assert_eq!(json[0]["name"], "godata-token-expires");
    let unknown = site.tally(&["sandbox", "--fault", "dhis2-unavailabel"]).with_code(10);
    assert!(unknown.err.contains("Did you mean `dhis2-unavailable`?"), "{unknown}");
}

#[test]
fn the_past_of_a_report() {
    let site = Site::weekly();
    site.tally(&with_weeks("run")).with_code(0);
    let between = jiff::Timestamp::now().to_string();
    let case = {
        let documents = site.world.godata.documents();
        let confirmed = |text: &str| text.ends_with("_CONFIRMED");
        let found = documents.cases().find(|case| {
            case.get("classification").and_then(|value| value.as_str()).is_some_and(confirmed)
                && case.get("deleted").and_then(serde_json::Value::as_bool) != Some(true)
                && case
                    .get("dateOfOnset")
                    .and_then(|value| value.as_str())
                    .is_some_and(|day| day.starts_with("2020-03"))
        });
        found.unwrap().get("id").unwrap().as_str().unwrap().to_owned()
    };
    let suspect = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_SUSPECT";
    site.world.godata.edit(|e| e.reclassify(&case, Some(suspect))).unwrap();
    site.tally(&with_weeks("run")).with_code(0);
    let cases = ["--indicator", "confirmed_cases"];
    let show = |arguments: &[&str]| site.tally(&[&["show"], arguments].concat()).with_code(0);
    snapshot("show_as_of", &show(&[&["--as-of", "2099-12-31"][..], &cases].concat()).to_string());
    let march = ["--from", "2020W10", "--to", "2020W13"];
    snapshot("show_as_of_between", &show(&[&["--as-of", &between][..], &cases, &march].concat()).to_string());
    snapshot("show_revisions", &show(&[&["--revisions", "--delays", "2"][..], &cases, &march].concat()).to_string());
    let json = |arguments: &[&str]| show(&[arguments, &["--output", "json"]].concat()).json();
    let (then, now) = (json(&["--as-of", &between]), json(&["--as-of", "2099-12-31"]));
    assert_eq!((&then["run"]["run"], &now["run"]["run"]), (&1.into(), &2.into()));
    assert_ne!(then["values"], now["values"]);
    let pretty = |value: serde_json::Value| serde_json::to_string_pretty(&shape(&value)).unwrap();
    snapshot("show_as_of_json", &pretty(now));
    snapshot("show_revisions_json", &pretty(json(&["--revisions", "--delays", "2"])));
    snapshot("show_as_of_too_early", &site.tally(&["show", "--as-of", "2001-01-01"]).with_code(10).to_string());
    snapshot("show_as_of_no_day", &site.tally(&["show", "--as-of", "2020W31"]).with_code(10).to_string());
    let unknown = ["show", "--revisions", "--indicator", "confirmed_case"];
    snapshot("show_unknown_indicator", &site.tally(&unknown).with_code(10).to_string());
    snapshot("show_nothing", &site.tally(&["show"]).with_code(2).to_string());
}

#[test]
fn help_teaches() {
    let site = Site::weekly();
    snapshot("help", &site.tally(&["--help"]).with_code(0).to_string());
    let commands = [
        "demo", "run", "plan", "apply", "verify", "check", "sandbox", "explain", "query", "export", "history", "show",
        "state", "reset",
    ];
    for command in commands {
        snapshot(&format!("help_{command}"), &site.tally(&[command, "--help"]).with_code(0).to_string());
    }
    assert_eq!(site.tally(&[]).code, Some(2));
    snapshot("unknown_command", &site.tally(&["plon"]).with_code(2).to_string());
}

/// Several reports in one configuration: all of them without `--report`, and one that fails does not stop the others.
#[test]
fn all_reports_run_unless_one_is_named() {
    let mut site = Site::weekly();
    site.configure(
        "[[report.indicator]]\ncode = \"health_worker_cases\"",
        "[[report]]\nname = \"rest\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\nlook_back = 30\n\n\
         [[report.indicator]]\ncode = \"health_worker_cases\"",
    );
    let ended = site.run().with_code(0);
    assert_eq!(site.values(), site.truth(), "{ended}");
    site.arguments.extend(["--output".to_owned(), "json".to_owned()]);
    let json: serde_json::Value = serde_json::from_str(&site.run().with_code(0).out).unwrap();
    let names: Vec<_> = json.as_array().unwrap().iter().map(|report| report["report"].as_str().unwrap()).collect();
    assert_eq!(names, ["weekly", "rest"]);
    let read: Vec<_> = json.as_array().unwrap().iter().map(|report| &report["godata"]["extraction"]).collect();
    assert_eq!(read, ["changes", "shared"], "the line list is read once for both");

    site.configure("data_element = \"bmbNyNoJcXP\"", "data_element = \"bmbNyNoJcXX\"");
    let ended = site.run().with_code(10);
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(json[0]["failure"]["error"]["kind"], "configuration", "{ended}");
    assert_eq!(json[1]["verdict"], "clean");
}

#[test]
fn an_engine_that_this_program_does_not_have_is_refused_before_any_request() {
    let site = Site::weekly();
    let engine = "[engine]\nballista = \"df://scheduler.example.org:50050\"\nsnapshot = \"s3://outbreaks/tally\"\n";
    site.configure("[places]", &format!("{engine}\n[places]"));
    let refused = site.tally(&["run"]).with_code(10);
    snapshot("no_such_engine", &refused.to_string());
    for command in ["plan", "check"] {
        assert_eq!(site.tally(&[command]).with_code(10).err, refused.err);
    }
    assert!(site.world.dhis2.requests().is_empty() && site.world.godata.requests().is_empty());

    site.configure("df://", "http://");
    site.configure("s3://outbreaks", "gs://outbreaks");
    snapshot("engine_that_is_none", &site.tally(&["check"]).with_code(10).to_string());
}
