//! The overview: each report at a glance, what needs a person first.

use super::face::Face;
use super::hub::{Live, Standing};
use super::moment::{Moment, span};
use super::runs::{RunFacts, href, last_kept};
use super::site::Site;
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::say;
use crate::render::phrase;
use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::config::Report;
use pipeline::report::Verdict;
use pipeline::schedule;
use pipeline::store::{Ended, OpenAlert, State};
use schemars::JsonSchema;
use serde::Serialize;

/// The overview, as data.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Overview {
    /// When this was so.
    pub(crate) at: Timestamp,
    /// What the daemon does.
    pub(crate) daemon: Live,
    /// Each report, in the order of the configuration.
    pub(crate) reports: Vec<ReportFacts>,
}

/// A report at a glance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReportFacts {
    /// Name.
    pub(crate) report: String,
    /// How it stands.
    pub(crate) standing: ReportStanding,
    /// Its cron schedule with the time zone, if it has one.
    pub(crate) schedule: Option<String>,
    /// When it is next due.
    pub(crate) next_due: Option<Timestamp>,
    /// The due time whose deadline has passed without success.
    pub(crate) overdue_since: Option<Timestamp>,
    /// When a run last ended clean: DHIS2 said everything that it should.
    pub(crate) last_proved: Option<Timestamp>,
    /// The newest run.
    pub(crate) last_run: Option<RunFacts>,
    /// What the newest run that came to its end left to people.
    pub(crate) left: Left,
    /// Problems that are not over, and that nobody said to see to.
    pub(crate) n_open_problems: usize,
}

/// Values that wait for a person, or for a later day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Left {
    /// Number of the run that says so; none if no run has come to its end.
    pub(crate) run: Option<i64>,
    /// Held back, by Tally or by DHIS2.
    pub(crate) held: u64,
    /// Changed in DHIS2 by somebody else.
    pub(crate) drifted: u64,
    /// Rejected by DHIS2.
    pub(crate) rejected: u64,
    /// Read back otherwise than they were written.
    pub(crate) different: u64,
}

/// How a report stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportStanding {
    /// It was due and has not succeeded by its deadline.
    Overdue,
    /// Its newest run failed.
    Failed,
    /// Something was rejected, or is not as it should be.
    Partial,
    /// Something waits for a person.
    Held,
    /// It runs now.
    Running,
    /// No run has come to its end.
    New,
    /// DHIS2 says everything that it should.
    Clean,
}

impl Overview {
    /// The overview of a site.
    ///
    /// # Errors
    /// What the state says.
    pub(crate) fn of(site: &Site, state: &State) -> Result<Self, pipeline::Error> {
        let (config, live, now) = (site.config(), site.hub.live(), site.now());
        let reports = config.reports.iter().map(|report| ReportFacts::of(report, site, state, &live, now));
        Ok(Self { at: now, reports: reports.collect::<Result<_, _>>()?, daemon: live })
    }
}

impl ReportFacts {
    fn of(report: &Report, site: &Site, state: &State, live: &Live, now: Timestamp) -> Result<Self, pipeline::Error> {
        let newest = state.runs(Some(&report.name), 1)?.pop();
        let counts = |run: &Ended| report.is_current(&run.period_last, run.started_at);
        let last_success = state.last_success(&report.name, counts)?;
        let left = left(site, state, report)?;
        let overdue_since = overdue_since(report, state, last_success, now)?;
        let is_running = live.run.as_ref().is_some_and(|run| run.report == report.name)
            || newest.as_ref().is_some_and(|run| run.finished_at.is_none());
        let standing = if overdue_since.is_some() {
            ReportStanding::Overdue
        } else if is_running {
            ReportStanding::Running
        } else if newest.as_ref().is_some_and(|run| run.error.is_some()) {
            ReportStanding::Failed
        } else {
            match newest.as_ref().and_then(|run| run.outcome) {
                Some(outcome) if outcome.name() == Verdict::Partial.name() => ReportStanding::Partial,
                Some(outcome) if outcome.name() == Verdict::Held.name() => ReportStanding::Held,
                Some(_) => ReportStanding::Clean,
                None => ReportStanding::New,
            }
        };
        let open: Vec<OpenAlert> = state.open_alerts(&report.name)?;
        Ok(Self {
            report: report.name.clone(),
            standing,
            schedule: report.scheduled.as_ref().map(|scheduled| scheduled.schedule.to_string()),
            next_due: report.scheduled.as_ref().and_then(|scheduled| scheduled.schedule.next_after(now)),
            overdue_since,
            last_proved: state.last_proved(&report.name, counts)?,
            last_run: newest.as_ref().map(RunFacts::of),
            left,
            n_open_problems: open.iter().filter(|alert| alert.acknowledged_at.is_none()).count(),
        })
    }
}

fn left(site: &Site, state: &State, report: &Report) -> Result<Left, pipeline::Error> {
    let Some(kept) = last_kept(site, state, report)? else { return Ok(Left::default()) };
    let planned = |name: &str| kept.plan.actions.iter().find(|action| action.name == name).map_or(0, |a| a.n);
    let (push, verify) = (kept.push.as_ref(), kept.verify.as_ref());
    Ok(Left {
        run: kept.run,
        held: planned("held") + planned("existing") + push.map_or(0, |push| push.held.len() as u64),
        drifted: planned("drifted"),
        rejected: push.map_or(0, |push| push.rejected.len() as u64),
        different: verify.map_or(0, |verify| verify.different.len() as u64),
    })
}

fn overdue_since(
    report: &Report,
    state: &State,
    last_success: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, pipeline::Error> {
    let Some(scheduled) = &report.scheduled else { return Ok(None) };
    let (Some(deadline), Some(settled)) = (scheduled.deadline, state.settled(&report.name)?) else { return Ok(None) };
    Ok(schedule::overdue(&scheduled.schedule, deadline, settled.since, last_success, now))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    face: Face,
    /// What the daemon does, in a sentence.
    daemon: String,
    /// What is wrong with the configuration that was asked for last.
    not_reloaded: Vec<String>,
    cards: Vec<Card>,
}

/// A report on the page.
struct Card {
    name: String,
    href: String,
    tone: &'static str,
    standing: String,
    /// What needs a person, each with the page that says more.
    needs: Vec<(String, String)>,
    last_run: Option<(String, String, Moment)>,
    since_success: String,
    next: Option<Moment>,
    schedule: Option<String>,
    /// What may be asked of it: a name, and the page that asks.
    asks: Vec<(String, String)>,
}

/// `GET /`.
pub(super) async fn page(visit: Visit) -> Response {
    visit.page(make).await
}

fn make(visit: &Visit, state: &State) -> Result<String, Refusal> {
    let overview = Overview::of(&visit.site, state)?;
    let config = visit.site.config();
    let mut cards: Vec<(ReportStanding, Card)> = Vec::new();
    for (facts, report) in overview.reports.iter().zip(&config.reports) {
        cards.push((facts.standing, card(visit, facts, report, overview.at)));
    }
    // What needs a person stands first; equals stay in the order of the configuration.
    cards.sort_by_key(|(standing, _)| *standing);
    let mut face = Face::new(visit, say!("page-overview"));
    face.refresh = overview.daemon.run.is_some();
    let page = Page {
        face,
        daemon: daemon(&overview),
        not_reloaded: not_reloaded(&overview.daemon),
        cards: cards.into_iter().map(|(_, card)| card).collect(),
    };
    Ok(page.render()?)
}

/// Each problem of a configuration that is not in use, in the language of the page.
fn not_reloaded(live: &Live) -> Vec<String> {
    let Some(why) = &live.not_reloaded else { return Vec::new() };
    let told = |problem: &String| match problem.split_once(": ") {
        Some((place, what)) => format!("{place}: {}", phrase::problem::message(what)),
        None => phrase::problem::message(problem),
    };
    if why.problems.is_empty() {
        vec![phrase::problem::message(&why.message)]
    } else {
        why.problems.iter().map(told).collect()
    }
}

fn daemon(overview: &Overview) -> String {
    match &overview.daemon.standing {
        Standing::Starting => say!("daemon-starting"),
        Standing::Waiting => say!("daemon-waiting"),
        Standing::Stopping => say!("daemon-stopping"),
        Standing::Working => match (&overview.daemon.run, overview.daemon.next) {
            (Some(run), _) => say!("daemon-running", report = &run.report),
            (None, Some(next)) => {
                let next = Moment::new(next, overview.at, &TimeZone::UTC);
                say!("daemon-next", at = next.text, distance = next.distance)
            }
            (None, None) => say!("daemon-idle"),
        },
    }
}

fn card(visit: &Visit, facts: &ReportFacts, report: &Report, now: Timestamp) -> Card {
    let zone = report.scheduled.as_ref().map_or(&report.time_zone, |scheduled| scheduled.schedule.zone());
    let moment = |at: Timestamp| Moment::new(at, now, zone);
    let mut needs = Vec::new();
    if let Some(due) = facts.overdue_since {
        let due = moment(due);
        needs.push((say!("needs-overdue", at = due.text, distance = due.distance), "/decisions".to_owned()));
    }
    if let Some((run, error)) = facts.last_run.as_ref().and_then(|run| Some((run, run.error.as_ref()?))) {
        let why = phrase::problem::message(&error.message);
        needs.push((say!("needs-failed", why = why), href(run.run)));
    }
    let left = facts.left;
    let of_run = left.run.map(href).unwrap_or_default();
    for (n, text) in [
        (left.rejected, say!("needs-rejected", n = left.rejected)),
        (left.different, say!("needs-different", n = left.different)),
        (left.held, say!("needs-held", n = left.held)),
        (left.drifted, say!("needs-drifted", n = left.drifted)),
    ] {
        if n > 0 {
            needs.push((text, of_run.clone()));
        }
    }
    if facts.n_open_problems > 0 {
        needs.push((say!("needs-problems", n = facts.n_open_problems), "/decisions".to_owned()));
    }
    Card {
        name: facts.report.clone(),
        href: super::report::href(&facts.report),
        tone: tone(facts.standing),
        standing: standing(facts.standing),
        needs,
        last_run: facts.last_run.as_ref().map(|run| {
            let text = say!("card-run", run = run.run.to_string(), first = &run.first, last = &run.last);
            (text, href(run.run), moment(run.started_at))
        }),
        since_success: match facts.last_proved {
            Some(at) => {
                let secs = now.duration_since(at).as_secs();
                say!("card-success", span = span(secs.max(0).unsigned_abs()))
            }
            None => say!("card-no-success"),
        },
        next: facts.next_due.map(moment),
        schedule: facts.schedule.clone(),
        asks: if visit.visitor.may(Right::Run) { asks(&facts.report) } else { Vec::new() },
    }
}

fn asks(report: &str) -> Vec<(String, String)> {
    let ask = |job: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("/ask?{}", query.extend_pairs([("job", job), ("report", report)]).finish())
    };
    vec![(say!("job-run"), ask("run")), (say!("job-plan"), ask("plan"))]
}

/// The class of how good a standing is.
pub(super) fn tone(standing: ReportStanding) -> &'static str {
    match standing {
        ReportStanding::Overdue | ReportStanding::Failed => "bad",
        ReportStanding::Partial | ReportStanding::Held => "warn",
        ReportStanding::Running => "info",
        ReportStanding::New => "plain",
        ReportStanding::Clean => "good",
    }
}

fn standing(standing: ReportStanding) -> String {
    match standing {
        ReportStanding::Overdue => say!("standing-overdue"),
        ReportStanding::Failed => say!("standing-failed"),
        ReportStanding::Partial => say!("standing-partial"),
        ReportStanding::Held => say!("standing-held"),
        ReportStanding::Running => say!("standing-running"),
        ReportStanding::New => say!("standing-new"),
        ReportStanding::Clean => say!("standing-clean"),
    }
}
