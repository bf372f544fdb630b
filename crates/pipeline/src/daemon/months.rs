//! Daemons over months, with a clock of their own.

use super::{Asked, Carried, Event, Job, JobState, Woken, World, ask, serve};
use crate::alert::Observation;
use crate::config::{Config, Report, check_texts};
use crate::error::{Code, Error, ErrorKind};
use crate::report::Verdict;
use crate::store::{Came, DueRow, NewRun, Outcome, RunId, RunState, State};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const SERVERS: &str = r#"
[godata]
url = "https://godata.example.org"
outbreak = "COVID-19 in Sandland"
email = "tally@example.org"
password_env = "GODATA_PASSWORD"

[dhis2]
url = "https://dhis2.example.org"
username = "tally"
password_env = "DHIS2_PASSWORD"

[places]
map = "places.csv"
"#;

/// A configuration: the name of each report and what it says of its schedule.
fn config(folder: &Path, reports: &[(&str, &str)]) -> Config {
    // Each writes to a data element of its own.
    let report = |(i, (name, scheduled)): (usize, &(&str, &str))| {
        format!(
            "[[report]]\nname = \"{name}\"\ndata_set = \"uKtOZwDnIpM\"\nperiod = \"Weekly\"\n{scheduled}\n\
             [[report.indicator]]\ncode = \"cases\"\nwhen = \"date_of_onset\"\ndata_element = \"bmbNyNoJcX{i}\"\n"
        )
    };
    let text = SERVERS.to_owned() + &reports.iter().enumerate().map(report).collect::<String>();
    check_texts(&folder.join("tally.toml"), &text, "location_id,org_unit\nL1,ImspTQPwCqd\n").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What a run does: how long it takes, and how it ends.
type Course = (SignedDuration, Result<Verdict, ErrorKind>);

const CLEAN: Course = (SignedDuration::from_mins(3), Ok(Verdict::Clean));

/// A world whose clock moves when somebody waits or works.
struct Fake {
    folder: TempDir,
    now: Arc<Mutex<Timestamp>>,
    /// When it is stopped.
    end: Timestamp,
    /// What comes of the next runs; clean ones afterwards.
    courses: VecDeque<Course>,
    /// At these instants somebody says that the configuration is another one.
    reloads: VecDeque<(Timestamp, Vec<(&'static str, &'static str)>)>,
    /// When runs began.
    began: Vec<(String, Timestamp)>,
    told: Vec<Event>,
    /// At these instants somebody asks for something.
    wishes: VecDeque<(Timestamp, Job)>,
    /// What comes of the next jobs; clean ones afterwards.
    ends: VecDeque<Course>,
    /// What people would hear of deadlines: since when a report is overdue.
    observed: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Fake {
    fn new(now: &str, end: &str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            now: Arc::new(Mutex::new(at(now))),
            end: at(end),
            courses: VecDeque::new(),
            reloads: VecDeque::new(),
            began: Vec::new(),
            told: Vec::new(),
            wishes: VecDeque::new(),
            ends: VecDeque::new(),
            observed: Vec::new(),
        }
    }

    async fn serve(&mut self, reports: &[(&str, &str)], once: bool) -> Result<u8, Error> {
        let config = config(self.folder.path(), reports);
        serve(config, self, once).await
    }

    /// Serves again, from an instant to another.
    async fn again(&mut self, reports: &[(&str, &str)], from: &str, end: &str) {
        *self.now.lock().unwrap() = at(from);
        self.end = at(end);
        self.serve(reports, false).await.unwrap();
    }

    fn state(&self) -> State {
        State::open(&self.folder.path().join("state/state.sqlite")).unwrap()
    }

    /// What came of due times, oldest first.
    fn rows(&self) -> Vec<DueRow> {
        let mut rows = self.state().due_rows(None, 10_000).unwrap();
        rows.reverse();
        rows
    }

    /// As [`Fake::rows`], short: what came, of which, how many.
    fn came(&self) -> Vec<(Came, String, u32)> {
        self.rows().into_iter().map(|row| (row.came, row.last.to_string(), row.n)).collect()
    }

    fn began(&self) -> Vec<String> {
        self.began.iter().map(|(report, at)| format!("{report} {at}")).collect()
    }
}

impl World for Fake {
    fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        let now = Arc::clone(&self.now);
        Arc::new(move || *now.lock().unwrap())
    }

    async fn wait(&mut self, until: Option<Timestamp>) -> Woken {
        let reload = self.reloads.front().map(|(at, _)| *at);
        let wish = self.wishes.front().map(|(at, _)| *at);
        let until = until.unwrap_or(self.end).min(self.end);
        let until = until.min(reload.unwrap_or(self.end)).min(wish.unwrap_or(self.end));
        let mut now = self.now.lock().unwrap();
        *now = until.max(*now);
        let (now, _) = (*now, drop(now));
        match () {
            () if wish.is_some_and(|wish| wish <= now) => {
                self.grant(now);
                Woken::Asked
            }
            () if reload.is_some_and(|reload| reload <= now) => Woken::Reload,
            () if now >= self.end => Woken::Stop,
            () => Woken::Time,
        }
    }

    fn is_stopping(&self) -> bool {
        *self.now.lock().unwrap() >= self.end
    }

    fn configuration(&mut self) -> Result<Config, Error> {
        let (_, reports) = self.reloads.pop_front().expect("somebody asked");
        if reports.is_empty() {
            return Err(Error::new(ErrorKind::Config, "the configuration has no report"));
        }
        Ok(config(self.folder.path(), &reports))
    }

    async fn run(&mut self, _: &Config, report: &Report) -> Result<Verdict, Error> {
        let course = self.courses.pop_front().unwrap_or(CLEAN);
        self.act((&report.name, &report.name), "schedule", course).1
    }

    async fn carry_out(&mut self, _: &Config, asked: &Asked) -> Result<Carried, Error> {
        let course = self.ends.pop_front().unwrap_or(CLEAN);
        let report = asked.job.report().unwrap_or("plan");
        let (run, ended) = self.act((&format!("{} {report}", asked.job.name()), report), &asked.by, course);
        Ok(Carried { verdict: Some(ended?), run: Some(run), ..Carried::default() })
    }

    fn observe(&mut self, _: &Config, observation: Observation) {
        let due = observation.events.first().and_then(|event| event.overdue).map(|overdue| overdue.due_at);
        self.observed.push((*self.now.lock().unwrap(), due));
    }

    fn tell(&mut self, event: &Event) {
        self.told.push(event.clone());
    }
}

impl Fake {
    /// Somebody asks for what is wished by now.
    fn grant(&mut self, now: Timestamp) {
        let mut state = self.state();
        let config = config(self.folder.path(), &MONDAYS);
        while let Some((_, job)) = self.wishes.pop_front_if(|(at, _)| *at <= now) {
            ask(&config, &mut state, &job, "dashboard: ana", now).unwrap();
        }
    }

    /// A run, or something that looks like one from here.
    fn act(
        &mut self,
        (name, report): (&str, &str),
        trigger: &str,
        (long, ends): Course,
    ) -> (RunId, Result<Verdict, Error>) {
        let now = *self.now.lock().unwrap();
        self.began.push((name.to_owned(), now));
        let mut state = self.state();
        let run = state
            .begin_run(&NewRun {
                report: report.to_owned(),
                trigger: trigger.to_owned(),
                started_at: now,
                period_first: "2026W1".into(),
                period_last: "2026W5".into(),
                definitions_hash: "d".repeat(64),
                tally_version: "0.1.0".into(),
            })
            .unwrap();
        let ended = now + long;
        *self.now.lock().unwrap() = ended;
        if let (Ok(_), true) = (ends, ended > self.end) {
            state.cancel(run, ended).unwrap();
            let error = Error::new(ErrorKind::Temporary, "the run was asked to stop");
            return (run, Err(error.coded(Code::Stopped)));
        }
        let ended = match ends {
            Ok(verdict) => {
                use RunState as S;
                let arrows = [S::Extracting, S::Extracted, S::Aggregated, S::Diffed, S::Pushing { done: 0, total: 0 }];
                for to in arrows.into_iter().chain([S::Pushed, S::Verifying]) {
                    state.advance(run, None, to).unwrap();
                }
                state.finish(run, Outcome::Clean, ended).unwrap();
                Ok(verdict)
            }
            Err(kind) => {
                let error = Error::new(kind, "it failed");
                let told = crate::store::RunError { code: kind.name().into(), message: "it failed".into() };
                state.fail(run, &told, ended).unwrap();
                Err(error)
            }
        };
        (run, ended)
    }
}

const NIGHTLY: [(&str, &str); 1] = [("daily", "schedule = \"30 2 * * *\"\nschedule_time_zone = \"Europe/Berlin\"")];
const MONDAYS: [(&str, &str); 1] = [("weekly", "schedule = \"0 23 * * 1\"\ntime_zone = \"Africa/Dakar\"")];

#[tokio::test]
async fn a_nightly_report_runs_once_a_night_for_a_year_with_both_changes_of_clocks() {
    let mut world = Fake::new("2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z");
    world.serve(&NIGHTLY, false).await.unwrap();
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let local: Vec<_> = world.began.iter().map(|(_, at)| zone.to_datetime(*at)).collect();
    assert_eq!(local.len(), 365);
    assert!(local.windows(2).all(|two| two[0].date().tomorrow().unwrap() == two[1].date()), "one each night");
    let odd: Vec<_> = local.iter().filter(|at| (at.hour(), at.minute()) != (2, 30)).map(ToString::to_string).collect();
    assert_eq!(odd, ["2026-03-29T03:00:00"], "only the night without 2:30 differs");
    assert!(world.began().contains(&"daily 2026-10-25T00:30:00Z".to_owned()), "the first of the two");
    assert!(world.rows().iter().skip(1).all(|row| row.came == Came::Ran && row.run.is_some()));
}

#[tokio::test]
async fn what_was_missed_is_run_once() {
    let mut world = Fake::new("2026-01-01T12:00:00Z", "2026-01-13T12:00:00Z");
    world.serve(&MONDAYS, false).await.unwrap();
    assert_eq!(world.began(), ["weekly 2026-01-05T23:00:00Z", "weekly 2026-01-12T23:00:00Z"]);
    // Down over three Mondays.
    world.again(&MONDAYS, "2026-02-05T08:00:00Z", "2026-02-10T08:00:00Z").await;
    assert_eq!(world.began()[2..], ["weekly 2026-02-05T08:00:00Z", "weekly 2026-02-09T23:00:00Z"]);
    let came = world.came();
    assert_eq!(
        came[3..],
        [
            (Came::Ran, "2026-02-02T23:00:00Z".to_owned(), 1),
            (Came::Covered, "2026-01-26T23:00:00Z".to_owned(), 2),
            (Came::Ran, "2026-02-09T23:00:00Z".to_owned(), 1),
        ]
    );
}

#[tokio::test]
async fn a_report_that_does_not_catch_up_misses_what_nobody_ran() {
    let reports = [("weekly", "schedule = \"0 23 * * 1\"\ncatch_up = false")];
    let mut world = Fake::new("2026-01-01T12:00:00Z", "2026-01-06T12:00:00Z");
    world.serve(&reports, false).await.unwrap();
    world.again(&reports, "2026-01-29T00:00:00Z", "2026-02-03T00:00:00Z").await;
    assert_eq!(world.began(), ["weekly 2026-01-05T23:00:00Z", "weekly 2026-02-02T23:00:00Z"]);
    assert!(world.came().contains(&(Came::Missed, "2026-01-26T23:00:00Z".to_owned(), 3)), "{:?}", world.came());
    // A machine that starts two minutes late was there.
    world.again(&reports, "2026-02-09T23:02:00Z", "2026-02-10T00:00:00Z").await;
    assert_eq!(world.began()[2..], ["weekly 2026-02-09T23:02:00Z"]);
}

#[tokio::test]
async fn due_times_during_a_long_run_are_skipped_and_recorded() {
    let reports = [("hourly", "schedule = \"0 * * * *\"")];
    let mut world = Fake::new("2026-01-01T00:30:00Z", "2026-01-01T05:30:00Z");
    world.courses = [(SignedDuration::from_mins(150), Ok(Verdict::Held))].into();
    world.serve(&reports, false).await.unwrap();
    let hours: Vec<_> = world.began();
    assert_eq!(hours, ["hourly 2026-01-01T01:00:00Z", "hourly 2026-01-01T04:00:00Z", "hourly 2026-01-01T05:00:00Z"]);
    assert_eq!(
        world.came()[1..3],
        [(Came::Ran, "2026-01-01T01:00:00Z".to_owned(), 1), (Came::Skipped, "2026-01-01T03:00:00Z".to_owned(), 2),]
    );
}

#[tokio::test]
async fn reports_that_are_due_together_run_one_after_the_other() {
    let reports = [("b", "schedule = \"0 6 * * *\""), ("a", "schedule = \"*/30 6 * * *\""), ("never", "")];
    let mut world = Fake::new("2026-01-01T05:00:00Z", "2026-01-01T07:30:00Z");
    world.courses = [(SignedDuration::from_mins(40), Ok(Verdict::Clean))].into();
    world.serve(&reports, false).await.unwrap();
    // Both due times of `a` came while it waited: one run.
    assert_eq!(world.began(), ["b 2026-01-01T06:00:00Z", "a 2026-01-01T06:40:00Z"]);
    assert_eq!(
        world.came()[3..],
        [(Came::Ran, "2026-01-01T06:30:00Z".to_owned(), 1), (Came::Covered, "2026-01-01T06:00:00Z".to_owned(), 1),]
    );
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_may_not_waits_for_the_next_time() {
    let minute = SignedDuration::from_mins(1);
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2026-01-13T12:00:00Z");
    let failing = [ErrorKind::Temporary, ErrorKind::Temporary, ErrorKind::Temporary, ErrorKind::Godata];
    world.courses = failing.iter().map(|kind| (minute, Err(*kind))).collect();
    world.serve(&MONDAYS, false).await.unwrap();
    assert_eq!(
        world.began(),
        [
            "weekly 2026-01-05T23:00:00Z",
            "weekly 2026-01-05T23:02:00Z",
            "weekly 2026-01-05T23:05:00Z",
            "weekly 2026-01-05T23:10:00Z",
            "weekly 2026-01-12T23:00:00Z",
        ]
    );
    let n = |wanted: fn(&Event) -> bool| world.told.iter().filter(|event| wanted(event)).count();
    assert_eq!(n(|event| matches!(event, Event::Postponed { .. })), 3);
    assert_eq!(n(|event| matches!(event, Event::Failed { why, .. } if why.code == "godata")), 1);
}

#[tokio::test]
async fn a_run_that_a_stop_ended_stays_due() {
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2026-01-05T23:01:00Z");
    world.serve(&MONDAYS, false).await.unwrap();
    assert!(world.told.iter().any(|event| matches!(event, Event::Interrupted { .. })), "{:?}", world.told);
    assert_eq!(world.told.last(), Some(&Event::Stopped));
    assert_eq!(world.came().len(), 1, "nothing is settled");
    world.again(&MONDAYS, "2026-01-05T23:20:00Z", "2026-01-06T12:00:00Z").await;
    assert_eq!(world.began(), ["weekly 2026-01-05T23:00:00Z", "weekly 2026-01-05T23:20:00Z"]);
    assert_eq!(world.came()[1..], [(Came::Ran, "2026-01-05T23:00:00Z".to_owned(), 1)]);
}

#[tokio::test]
async fn a_schedule_counts_from_when_it_is_first_seen() {
    let mut world = Fake::new("2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z");
    // A bad configuration, and a good one whose due time of today has passed already.
    world.reloads = [
        (at("2026-01-05T13:00:00Z"), vec![]),
        (at("2026-01-05T14:00:00Z"), vec![("weekly", "schedule = \"0 8 * * 1,2\"")]),
    ]
    .into();
    world.serve(&MONDAYS, false).await.unwrap();
    assert_eq!(world.began(), ["weekly 2026-01-06T08:00:00Z"]);
    let not_reloaded = world.told.iter().position(|event| matches!(event, Event::NotReloaded { .. })).unwrap();
    let reloaded = world.told.iter().position(|event| matches!(event, Event::Reloaded { scheduled: 1 })).unwrap();
    assert!(not_reloaded < reloaded);
}

#[tokio::test]
async fn a_deadline_that_passed_is_told_once() {
    let reports = [("weekly", "schedule = \"0 23 * * 1\"\ndeadline = \"6h\"")];
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2026-01-14T12:00:00Z");
    world.courses = [(SignedDuration::from_mins(1), Err(ErrorKind::Dhis2))].into();
    world.serve(&reports, false).await.unwrap();
    let overdue: Vec<_> = world.told.iter().filter(|event| matches!(event, Event::Overdue { .. })).collect();
    assert_eq!(overdue, [&Event::Overdue { report: "weekly".into(), due: at("2026-01-05T23:00:00Z") }]);
}

#[tokio::test]
async fn once_runs_what_is_due_and_ends() {
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2030-01-01T00:00:00Z");
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 0);
    assert_eq!(world.began(), [""; 0]);
    *world.now.lock().unwrap() = at("2026-01-07T06:00:00Z");
    world.courses = [(SignedDuration::from_mins(1), Ok(Verdict::Held))].into();
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 40);
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 0);
    assert_eq!(world.began(), ["weekly 2026-01-07T06:00:00Z"]);
    // What may pass stays due for whoever comes next.
    *world.now.lock().unwrap() = at("2026-01-13T06:00:00Z");
    world.courses = [(SignedDuration::from_mins(1), Err(ErrorKind::Temporary))].into();
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 75);
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 0);
    assert_eq!(world.began()[1..], ["weekly 2026-01-13T06:00:00Z", "weekly 2026-01-13T06:01:00Z"]);
}

#[tokio::test]
async fn of_two_daemons_one_works_and_the_other_waits_until_it_is_gone() {
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2026-01-06T12:00:00Z");
    let mut state = {
        std::fs::create_dir(world.folder.path().join("state")).unwrap();
        world.state()
    };
    // Somebody on another machine, whose lease runs out because it is gone.
    let ttl = std::time::Duration::from_secs(4 * 3600);
    state.acquire_lease("serve", "another daemon", at("2026-01-05T21:00:00Z"), ttl).unwrap();
    let refused = world.serve(&MONDAYS, true).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (ErrorKind::Temporary, Code::RunUnderWay));
    world.told.clear();
    world.serve(&MONDAYS, false).await.unwrap();
    assert!(matches!(world.told[1], Event::Waiting { .. }), "{:?}", world.told);
    assert_eq!(world.told[2], Event::Working);
    assert_eq!(world.began(), [""; 0], "its schedule was first seen at 1:00, when the other one was gone");
    assert_eq!(world.came(), [(Came::Watched, "2026-01-06T01:00:00Z".to_owned(), 0)]);
}

fn run_job(from: Option<&str>) -> Job {
    Job::Run { report: "weekly".into(), from: from.map(str::to_owned), to: None, full: false }
}

fn release_job() -> Job {
    Job::Release { report: "weekly".into(), from: None, to: None }
}

#[tokio::test]
async fn what_is_asked_is_done_one_by_one_and_what_falls_due_meanwhile_comes_after_it() {
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2026-01-06T12:00:00Z");
    let minutes = SignedDuration::from_mins;
    world.wishes =
        [(at("2026-01-05T22:50:00Z"), run_job(Some("2025W1"))), (at("2026-01-05T22:50:00Z"), release_job())].into();
    world.ends = [(minutes(5), Err(ErrorKind::Dhis2)), (minutes(20), Ok(Verdict::Held))].into();
    world.serve(&MONDAYS, false).await.unwrap();
    assert_eq!(
        world.began(),
        ["run weekly 2026-01-05T22:50:00Z", "release weekly 2026-01-05T22:55:00Z", "weekly 2026-01-05T23:15:00Z"]
    );
    let mut rows = world.state().jobs(None, 10).unwrap();
    rows.reverse();
    let told: Vec<_> =
        rows.iter().map(|row| (row.state, row.end.verdict.as_deref(), row.end.code.as_deref())).collect();
    assert_eq!(told, [(JobState::Failed, None, Some("dhis2")), (JobState::Done, Some("held"), None)]);
    // A job that failed is not tried again, and names its run all the same.
    let runs = rows.iter().map(|row| world.state().run(row.end.run.unwrap()).unwrap().unwrap().trigger);
    assert!(runs.into_iter().all(|trigger| trigger == "dashboard: ana"));
    assert_eq!(world.came()[1..], [(Came::Ran, "2026-01-05T23:00:00Z".to_owned(), 1)]);
    let n_ended =
        world.told.iter().filter(|event| matches!(event, Event::JobEnded { .. }) && event.is_trouble()).count();
    assert_eq!(n_ended, 2, "{:?}", world.told);
}

#[tokio::test]
async fn a_job_over_several_due_times_leaves_one_run_that_does_their_work() {
    let mut world = Fake::new("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z");
    // From before the night in which 2:30 does not exist until after the next one.
    world.wishes = [(at("2026-03-28T23:00:00Z"), run_job(None))].into();
    world.ends = [(SignedDuration::from_hours(26), Ok(Verdict::Clean))].into();
    world.serve(&NIGHTLY, false).await.unwrap();
    assert_eq!(world.began(), ["run weekly 2026-03-28T23:00:00Z", "daily 2026-03-30T01:00:00Z"]);
    assert_eq!(
        world.came()[1..],
        [(Came::Ran, "2026-03-30T00:30:00Z".to_owned(), 1), (Came::Covered, "2026-03-29T01:00:00Z".to_owned(), 1)]
    );
}

#[tokio::test]
async fn a_stop_ends_a_job_which_then_has_failed_and_the_others_wait_for_the_next_daemon() {
    let mut world = Fake::new("2026-01-05T12:00:00Z", "2026-01-05T13:01:00Z");
    world.wishes = [(at("2026-01-05T13:00:00Z"), run_job(None)), (at("2026-01-05T13:00:00Z"), release_job())].into();
    world.serve(&MONDAYS, false).await.unwrap();
    let states =
        |world: &Fake| world.state().jobs(None, 10).unwrap().into_iter().map(|row| row.state).collect::<Vec<_>>();
    assert_eq!(states(&world), [JobState::Asked, JobState::Failed]);
    assert_eq!(world.state().jobs(None, 10).unwrap()[1].end.code.as_deref(), Some("stopped"));
    world.again(&MONDAYS, "2026-01-05T14:00:00Z", "2026-01-05T20:00:00Z").await;
    assert_eq!(world.began(), ["run weekly 2026-01-05T13:00:00Z", "release weekly 2026-01-05T14:00:00Z"]);
    assert_eq!(states(&world), [JobState::Done, JobState::Failed]);
}

#[tokio::test]
async fn a_job_whose_daemon_died_is_lost_and_one_that_waited_for_a_day_is_refused() {
    let mut world = Fake::new("2026-01-05T12:00:00Z", "2026-01-05T13:00:00Z");
    world.serve(&MONDAYS, false).await.unwrap();
    let asked_at = at("2026-01-05T12:30:00Z");
    world.wishes = [(asked_at, run_job(None)), (asked_at, release_job())].into();
    world.grant(asked_at);
    let mut state = world.state();
    let first = state.next_job().unwrap().unwrap();
    assert!(state.begin_job(first.id, asked_at).unwrap());
    assert!(!state.begin_job(first.id, asked_at).unwrap(), "nobody begins it twice");
    drop(state);
    world.again(&MONDAYS, "2026-01-06T12:31:00Z", "2026-01-06T13:00:00Z").await;
    let came: Vec<_> =
        world.state().jobs(None, 10).unwrap().into_iter().map(|row| (row.asked.job, row.state)).collect();
    assert_eq!(came, [(release_job(), JobState::Refused), (run_job(None), JobState::Lost)]);
    assert_eq!(world.began(), ["weekly 2026-01-06T12:31:00Z"], "neither was done");
    let lost = |event: &&Event| matches!(event, Event::JobEnded { state: JobState::Lost, .. });
    assert_eq!(world.told.iter().filter(lost).count(), 1);
}

#[tokio::test]
async fn of_two_daemons_only_the_one_that_works_does_what_is_asked() {
    let mut world = Fake::new("2026-01-05T12:00:00Z", "2026-01-05T20:00:00Z");
    std::fs::create_dir(world.folder.path().join("state")).unwrap();
    let ttl = std::time::Duration::from_secs(3600);
    world.state().acquire_lease("serve", "another daemon", at("2026-01-05T12:00:00Z"), ttl).unwrap();
    world.wishes = [(at("2026-01-05T12:10:00Z"), run_job(None))].into();
    world.serve(&MONDAYS, false).await.unwrap();
    assert_eq!(world.began(), ["run weekly 2026-01-05T13:00:00Z"]);
}

#[tokio::test]
async fn once_does_what_is_asked_as_well() {
    let mut world = Fake::new("2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z");
    world.serve(&MONDAYS, true).await.unwrap();
    world.wishes = [(at("2026-01-05T12:00:00Z"), run_job(None))].into();
    world.grant(at("2026-01-05T12:00:00Z"));
    world.ends = [(SignedDuration::from_mins(1), Ok(Verdict::Held))].into();
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 40);
    assert_eq!(world.serve(&MONDAYS, true).await.unwrap(), 0);
}

#[tokio::test]
async fn people_hear_that_a_deadline_passed_that_it_stays_so_and_that_it_is_over() {
    let reports = [("weekly", "schedule = \"0 23 * * 1\"\ndeadline = \"6h\"")];
    let mut world = Fake::new("2026-01-05T22:00:00Z", "2026-01-06T12:00:00Z");
    world.courses = [(SignedDuration::from_mins(1), Err(ErrorKind::Dhis2))].into();
    // The loop turns for other reasons meanwhile.
    let hours = ["2026-01-06T05:30:00Z", "2026-01-06T06:30:00Z"];
    world.reloads = hours.iter().map(|hour| (at(hour), reports.to_vec())).collect();
    world.wishes = [(at("2026-01-06T07:00:00Z"), run_job(None))].into();
    world.serve(&reports, false).await.unwrap();
    let due = Some(at("2026-01-05T23:00:00Z"));
    assert_eq!(
        world.observed,
        [
            (at("2026-01-05T22:00:00Z"), None),
            (at("2026-01-06T05:00:00Z"), due),
            (at("2026-01-06T06:30:00Z"), due),
            (at("2026-01-06T07:03:00Z"), None),
        ]
    );
}
