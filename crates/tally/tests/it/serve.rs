//! The daemon, as systemd would run it: started, told things by signals, and started again.

use crate::daemon::{Daemon, PATIENCE};
use crate::site::{Site, command_in};
use jiff::{SignedDuration, Timestamp};
use pipeline::store::{Came, DueRow, Job, JobState, PlanId, RunState, State};
use sandbox::fault::{Fault, FaultRule, Method};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;

/// Due at midnight of New Year's Day, when no test runs.
pub(crate) const YEARLY: &str = "0 0 1 1 *";

/// A site whose report has a schedule, and covers the weeks of its outbreak from today.
pub(crate) fn scheduled() -> Site {
    let mut site = Site::weekly();
    schedule(&site);
    site.settle();
    site
}

/// Gives the weekly report a schedule and a look-back of ten years, whose slices are not registered one by one.
pub(crate) fn schedule(site: &Site) {
    site.configure("complete = true", "complete = false");
    site.configure("name = \"weekly\"", &format!("name = \"weekly\"\nschedule = \"{YEARLY}\""));
    site.configure("look_back = 30", "look_back = 500");
}

pub(crate) fn state(site: &Site) -> State {
    State::open(&site.path(".tally").join("state.sqlite")).unwrap()
}

/// As if a daemon had watched the schedule for years, so that it owes something.
fn owing(site: &Site) {
    let long_ago = Timestamp::now() - SignedDuration::from_hours(24 * 366 * 3);
    let row = DueRow {
        report: "weekly".into(),
        schedule: format!("{YEARLY} UTC"),
        came: Came::Watched,
        first: long_ago,
        last: long_ago,
        n: 0,
        run: None,
        recorded_at: long_ago,
    };
    state(site).record_due(&[row]).unwrap();
}

#[test]
fn once_catches_up_with_what_is_owed_and_is_then_at_rest() {
    let site = scheduled();
    let first = site.tally(&["serve", "--once"]).with_code(0);
    assert!(first.err.contains("event=watching") && site.values().is_empty(), "nothing is owed yet:\n{first}");
    let site = scheduled();
    owing(&site);
    let ended = site.tally(&["serve", "--once"]).with_code(0);
    assert!(ended.err.contains("verdict=clean"), "{ended}");
    assert_eq!(site.values(), site.world.weekly_truth());
    let rows = state(&site).due_rows(None, 10).unwrap();
    assert_eq!(rows.iter().map(|row| row.came).collect::<Vec<_>>(), [Came::Covered, Came::Ran, Came::Watched]);
    let n_writes = site.n_writes();
    let again = site.tally(&["serve", "--once"]).with_code(0);
    assert!(!again.err.contains("event=due") && site.n_writes() == n_writes, "{again}");
}

#[test]
fn the_lines_of_a_run_carry_its_number() {
    let site = scheduled();
    owing(&site);
    let ended = site.tally(&["serve", "--once", "--output", "json"]).with_code(0);
    let lines: Vec<serde_json::Value> = ended.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let run = &of("ran")[0]["run"];
    assert!(run.is_i64(), "{ended}");
    let steps = of("step");
    assert!(steps.len() > 4 && steps.iter().all(|line| line["run"] == *run && line["report"] == "weekly"), "{ended}");
}

#[test]
fn the_lines_of_a_plan_have_no_number_and_those_of_its_application_have_one() {
    let site = scheduled();
    let mut daemon = Daemon::start(&site);
    daemon.says("idle");
    let config = pipeline::config::load(&site.path("tally.toml")).unwrap();
    let ask = |job| pipeline::daemon::ask(&config, &mut state(&site), &job, "ana", Timestamp::now()).unwrap();
    let steps = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| line.contains(" event=step ")).cloned().collect()
    };
    ask(Job::Plan { report: "weekly".into(), from: None, to: None });
    assert!(daemon.says("job_ended").contains("plan=1"), "{:#?}", daemon.said);
    let planned = steps(&daemon.said);
    assert!(planned.len() > 2 && planned.iter().all(|line| !line.contains(" run=")), "{planned:#?}");
    let n = daemon.said.len();
    ask(Job::Apply { plan: PlanId(1) });
    assert!(daemon.says("job_ended").contains("run=1"), "{:#?}", daemon.said);
    let applied = steps(&daemon.said[n..]);
    assert!(applied.len() > 2 && applied.iter().all(|line| line.contains(" run=1 ")), "{applied:#?}");
    daemon.signal("TERM");
    daemon.ends().with_code(0);
}

#[test]
fn a_request_that_is_refused_is_a_line_without_its_secrets() {
    let site = scheduled();
    let mut daemon = Daemon::of(command_in(site.folder(), &["serve", "--listen", "127.0.0.1:0"], &site.environment));
    let listening = daemon.says("listening");
    let address = listening.rsplit("http://").next().unwrap().trim_end_matches('"').to_owned();
    daemon.says("idle");
    let mut line = TcpStream::connect(&address).unwrap();
    let request = format!(
        "POST /api/v1/jobs?CANARY HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: 6\r\n\r\nCANARY"
    );
    line.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let told = daemon.says("refused");
    for field in ["from=127.0.0.1", "method=POST", "path=/api/v1/jobs ", "status=401", "why=not-signed-in"] {
        assert!(told.contains(field), "{told}");
    }
    daemon.signal("TERM");
    let ended = daemon.ends().with_code(0);
    assert!(!ended.err.contains("CANARY"), "{ended}");
}

#[test]
fn a_daemon_that_is_stopped_while_it_pushes_finishes_the_request_and_the_next_one_goes_on() {
    let site = scheduled();
    site.configure("[dhis2]", "[dhis2]\nbatch_values = 20");
    owing(&site);
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", Fault::Hold).method(Method::POST));
    let mut daemon = Daemon::start(&site);
    daemon.says("due");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(site.world.dhis2_faults.wait_held(1));
    daemon.signal("TERM");
    daemon.says("stopping");
    site.world.dhis2_faults.release();
    let ended = daemon.ends().with_code(0);
    assert!(ended.err.contains("event=interrupted") && ended.err.ends_with("event=stopped"), "{ended}");
    let before = site.values();
    assert!(!before.is_empty() && before != site.world.weekly_truth(), "{} values were written", before.len());
    let runs = state(&site).runs(None, 10).unwrap();
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Cancelled]);
    let mut daemon = Daemon::start(&site);
    daemon.says("ran");
    daemon.signal("TERM");
    daemon.ends().with_code(0);
    assert_eq!(site.values(), site.world.weekly_truth());
}

#[test]
fn a_hang_up_reads_the_configuration_anew_and_a_bad_one_is_told_and_not_taken() {
    let site = scheduled();
    let mut daemon = Daemon::start(&site);
    daemon.says("idle");
    site.configure(YEARLY, "61 * * * *");
    daemon.signal("HUP");
    let told = daemon.says("not_reloaded");
    assert!(told.contains("tally.toml:") && told.contains("code=configuration"), "{told}");
    site.configure("61 * * * *", "0 0 2 1 *");
    daemon.signal("HUP");
    daemon.says("reloaded");
    assert!(daemon.says("watching").contains("\"0 0 2 1 * "), "{:#?}", daemon.said);
    assert!(daemon.says("idle").contains("-01-0"), "{:#?}", daemon.said);
    daemon.signal("INT");
    daemon.ends().with_code(0);
}

#[test]
fn two_daemons_keep_apart() {
    let site = scheduled();
    let mut one = Daemon::start(&site);
    one.says("idle");
    let mut other = Daemon::start(&site);
    other.says("waiting");
    let refused = site.tally(&["serve", "--once"]).with_code(75);
    assert!(refused.err.contains("another daemon works on this state"), "{refused}");
    one.signal("TERM");
    one.ends().with_code(0);
    other.says("working");
    other.signal("TERM");
    other.ends().with_code(0);
}

#[test]
fn systemd_is_told_that_it_is_ready_alive_reloading_and_stopping() {
    let site = scheduled();
    let path = site.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut environment = site.environment.clone();
    environment.insert("NOTIFY_SOCKET".to_owned(), path.to_str().unwrap().to_owned());
    environment.insert("WATCHDOG_USEC".to_owned(), "40000".to_owned());
    let mut daemon = Daemon::of(command_in(site.folder(), &["serve"], &environment));
    let is_told = |wanted: &str| {
        let mut bytes = [0; 512];
        while let Ok(n) = socket.recv(&mut bytes) {
            if String::from_utf8_lossy(&bytes[..n]).contains(wanted) {
                return;
            }
        }
        panic!("{wanted} did not come");
    };
    is_told("READY=1");
    is_told("STATUS=next due at ");
    is_told("WATCHDOG=1");
    is_told("WATCHDOG=1");
    daemon.says("idle");
    daemon.signal("HUP");
    is_told("RELOADING=1\nMONOTONIC_USEC=");
    is_told("READY=1");
    daemon.signal("TERM");
    is_told("STOPPING=1");
    daemon.ends().with_code(0);
}

#[test]
fn a_configuration_without_a_schedule_is_nothing_to_serve() {
    let site = Site::weekly();
    let refused = site.tally(&["serve", "--once"]).with_code(10);
    assert!(refused.err.contains("no report has a schedule") && refused.err.contains("0 23 * * 1"), "{refused}");
}

#[test]
fn a_daemon_does_what_is_asked_and_tells_people_what_came_of_it() {
    let site = scheduled();
    let (port, came) = crate::alerts::listener();
    site.configure("[state]", &format!("[[alerts.webhook]]\nurl = \"http://127.0.0.1:{port}/\"\n\n[state]"));
    let mut daemon = Daemon::start(&site);
    daemon.says("idle");
    let config = pipeline::config::load(&site.path("tally.toml")).unwrap();
    let ask =
        |job| pipeline::daemon::ask(&config, &mut state(&site), &job, "dashboard: ana", Timestamp::now()).unwrap();
    let run = |full| Job::Run { report: "weekly".into(), from: None, to: None, full };
    let first = ask(run(false));
    let began = daemon.says("job_began");
    assert!(began.contains("by=\"dashboard: ana\"") && began.contains("job=run"), "{began}");
    assert!(daemon.says("job_ended").contains("verdict=clean"));
    assert_eq!(site.values(), site.world.weekly_truth());
    let row = state(&site).job(first.id).unwrap().unwrap();
    let of_job = state(&site).run(row.end.run.unwrap()).unwrap().unwrap();
    assert_eq!((row.state, of_job.trigger.as_str()), (JobState::Done, "dashboard: ana"));
    let shown = site.tally(&["state", "show"]).with_code(0);
    assert!(shown.out.contains("Daemon     process") && shown.out.contains("counts from here"), "{shown}");
    // What the daemon was still telling when it was stopped, it tells to its end.
    site.write("dhis2-password", "wrong");
    ask(run(true));
    assert!(daemon.says("job_ended").contains("state=failed"));
    daemon.signal("TERM");
    daemon.ends().with_code(0);
    let told = came.lock().unwrap().concat();
    assert!(told.contains("\"event\":\"failed\"") && told.contains("\"state\":\"begun\""), "{told}");
    let open = site.tally(&["--output", "json", "alert", "list"]).with_code(0).json();
    assert_eq!((&open[0]["event"], &open[0]["acknowledged_by"]), (&"failed".into(), &serde_json::Value::Null));
    let mine = site.tally(&["--output", "json", "alert", "acknowledge", "weekly", "failed"]).with_code(0).json();
    assert!(mine[0]["acknowledged_by"].is_string(), "{mine}");
    site.tally(&["alert", "acknowledge", "weekly", "held"]).with_code(10);
    assert!(site.tally(&["alert", "list"]).with_code(0).out.contains("command line"));
    // With what was written for the report, its problems are forgotten.
    site.tally(&["reset", "weekly", "--yes"]).with_code(0);
    assert!(site.tally(&["alert", "list"]).with_code(0).out.contains("No problem"));
}

#[test]
fn the_lease_of_a_daemon_that_is_gone_can_be_freed_and_that_of_a_living_one_is_left_alone() {
    let site = scheduled();
    let mut daemon = Daemon::start(&site);
    daemon.says("idle");
    let unlocked = site.tally(&["state", "unlock"]).with_code(0);
    assert!(unlocked.out.contains("Nobody holds the lease"), "{unlocked}");
    daemon.dies();
    let shown = site.tally(&["state", "show"]).with_code(0);
    assert!(shown.out.contains("Daemon") && shown.out.contains("is gone"), "{shown}");
    let unlocked = site.tally(&["--output", "json", "state", "unlock"]).with_code(0).json();
    assert!(unlocked["daemon"].as_str().unwrap().starts_with("process "), "{unlocked}");
    assert_eq!(unlocked["holder"], serde_json::Value::Null);
    assert_eq!(
        site.tally(&["--output", "json", "state", "show"]).with_code(0).json()["daemon"],
        serde_json::Value::Null
    );
    let audit = state(&site).audit(1).unwrap();
    assert!(audit[0].detail.starts_with("lease `serve`"), "{audit:?}");
}
