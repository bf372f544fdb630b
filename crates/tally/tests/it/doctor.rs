//! `tally doctor`: everything that can be set right before a run, to the end and with a remedy.

use crate::site::{Site, command_in, snapshot, tally_in};
use jiff::Timestamp;
use jiff::civil::date;
use sandbox::clock::Clock;
use sandbox::dhis2::Metadata;
use sandbox::population::Population;
use sandbox::world::WorldOptions;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

/// Code and severity of all findings that are not well.
#[track_caller]
fn findings(site: &Site, code: i32) -> Vec<(String, String)> {
    let json = site.tally(&["doctor", "--output", "json"]).with_code(code).json();
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().expect("findings").clone();
    let bad = findings.iter().filter(|finding| finding["severity"] != "ok");
    bad.inspect(|finding| assert!(!text(finding, "remedy").is_empty(), "every finding has a remedy: {finding}"))
        .map(|finding| (text(finding, "code"), text(finding, "severity")))
        .collect()
}

fn only(code: &str, severity: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), severity.to_owned())]
}

#[test]
fn a_sound_site_is_told_in_words() {
    let site = Site::weekly();
    let told = site.tally(&["doctor"]).to_string();
    // The look-back ends today.
    let line = told.lines().find(|line| line.contains("takes all periods from")).expect("a line about the periods");
    snapshot("doctor", &told.replace(line, "  ok       `weekly`: DHIS2 takes all periods from [FIRST] to [LAST]"));
}

#[test]
fn each_thing_that_can_be_set_right_is_found_alone() {
    let mut site = Site::weekly();
    let before = findings(&site, 40);
    let others = |mut now: Vec<(String, String)>| {
        for known in &before {
            let at = now.iter().position(|one| one == known).expect("what was found before is found again");
            now.remove(at);
        }
        now
    };

    site.world.dhis2.edit(|m| m.users[0].authorities.insert("ALL".to_owned()));
    assert_eq!(others(findings(&site, 40)), only("dhis2_authorities", "warning"));
    site.world.dhis2.edit(|m| m.users[0].authorities.remove("ALL"));

    // As metadata from another server bring it along: a default of their own, in a category combo of its own.
    let second = |m: &mut Metadata| {
        let mut combo = m.category_combos.iter().find(|one| one.name == "default").unwrap().clone();
        combo.uid = "SecondCombo".to_owned();
        let mut other = m.category_option_combos.iter().find(|one| one.name == "default").unwrap().clone();
        (other.uid, other.category_combo) = ("SecondDeflt".to_owned(), combo.uid.clone());
        m.category_combos.push(combo);
        m.category_option_combos.push(other);
    };
    site.world.dhis2.edit(second);
    assert_eq!(others(findings(&site, 40)), only("dhis2_defaults", "warning"));
    site.world.dhis2.edit(|m| (m.category_option_combos.pop(), m.category_combos.pop()));

    site.configure("look_back = 30", "look_back = 30\nzeros = true");
    site.world.dhis2.edit(|m| m.data_elements.iter_mut().for_each(|element| element.zero_is_significant = false));
    assert_eq!(others(findings(&site, 40)), only("report_zeros", "warning"));
    site.restore();

    site.world.dhis2.edit(|m| {
        let of_report = m.data_sets.iter().find(|set| set.uid == "uKtOZwDnIpM").expect("the report's data set");
        let uid = of_report.data_elements[0].clone();
        m.changed_at.insert(uid, date(2199, 1, 1).at(0, 0, 0, 0));
    });
    assert_eq!(others(findings(&site, 40)), [], "nothing was run yet that it could have changed since");
    site.tally(&["run", "--from", "2020W6", "--to", "2020W7"]).with_code(0);
    assert_eq!(others(findings(&site, 40)), only("report_changed", "warning"));
}

#[test]
fn what_would_end_a_run_is_found_and_the_rest_is_looked_at_all_the_same() {
    let site = Site::weekly();
    std::fs::remove_file(site.path("dhis2-password")).unwrap();
    let found = findings(&site, 10);
    let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["secret", "dhis2_sign_in"], "Go.Data is looked at all the same");

    let folder = tempfile::tempdir().unwrap();
    let ended = tally_in(folder.path(), &["doctor"], &BTreeMap::new()).with_code(10);
    assert!(ended.out.contains("tally.toml") && ended.out.contains("do: "), "{ended}");
}

/// What `tally serve` needs besides: nothing of it is asked of anybody.
#[test]
fn schedules_the_dashboard_and_alerts_are_looked_at_without_a_message() {
    let mut site = Site::weekly();
    let before = findings(&site, 40);
    let others = |now: Vec<(String, String)>| now.into_iter().filter(|one| !before.contains(one)).collect::<Vec<_>>();
    let scheduled = "name = \"weekly\"\nschedule = \"30 6 * * 1\"\nschedule_time_zone = \"Africa/Dakar\"";
    site.configure("name = \"weekly\"", &format!("{scheduled}\ndeadline = \"6h\""));
    assert_eq!(others(findings(&site, 40)), only("schedule", "warning"), "nobody hears of the deadline");
    let told = site.tally(&["doctor"]).with_code(40);
    assert!(told.out.contains("`weekly` is next due on ") && told.out.contains("06:30"), "{told}");

    let (port, came) = crate::alerts::listener();
    site.configure("[state]", "[[alerts.webhook]]\nurl_file = \"hook\"\nsecret_env = \"HOOK_KEY\"\n\n[state]");
    let unread = findings(&site, 40);
    assert_eq!(others(unread), [only("alerts", "warning"), only("alerts", "warning")].concat());
    site.write("hook", format!("http://127.0.0.1:{port}/CANARY"));
    site.environment.insert("HOOK_KEY".to_owned(), "key".to_owned());
    assert_eq!(others(findings(&site, 40)), []);
    let told = site.tally(&["doctor"]).with_code(40);
    assert!(told.out.contains("alerts go to 1 destination") && !told.out.contains("CANARY"), "{told}");
    assert!(came.lock().unwrap().is_empty(), "no message is sent");
    // And they arrive.
    site.tally(&["alert", "test"]).with_code(0);
    assert_eq!(came.lock().unwrap().len(), 1);

    site.configure("[state]", "[dashboard]\nlisten = \"0.0.0.0:8420\"\n\n[state]");
    assert_eq!(others(findings(&site, 10)), only("dashboard", "error"));
    let mut add = command_in(site.folder(), &["user", "add", "ana", "--role", "admin"], &site.environment);
    let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"CANARY horse battery\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(others(findings(&site, 40)), []);
    site.configure("8420\"\n", "8420\"\nsecure_cookies = false\n");
    assert_eq!(others(findings(&site, 40)), only("dashboard", "warning"));
}

#[test]
fn clocks_that_differ_are_told_with_what_comes_of_it() {
    let later = Timestamp::now() + jiff::SignedDuration::from_hours(3);
    let options = WorldOptions { clock: Clock::fixed(later), ..WorldOptions::default() };
    let site = Site::of(crate::site::weekly_numbers(), Population::covid19(19, 60, date(2020, 2, 3), 12), &options);
    let found = findings(&site, 40);
    let of = |code: &str| found.iter().filter(|(one, _)| one == code).count();
    assert_eq!((of("godata_clock"), of("dhis2_clock")), (1, 1), "{found:?}");
}
