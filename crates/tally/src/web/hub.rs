//! What the daemon does now: told by the daemon, looked at by pages. Whoever wants to see it move subscribes.

use jiff::Timestamp;
use pipeline::daemon::Event;
use pipeline::progress::{Progress, Step};
use pipeline::store::RunId;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;

/// Warnings that are shown of a run while it runs; its report has them all.
const WARNINGS_MAX: usize = 50;

/// What the daemon does now.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Live {
    /// Whether it works or waits.
    pub(crate) standing: Standing,
    /// When its loop last turned, or its run last moved; none before the first time.
    pub(crate) turned_at: Option<Timestamp>,
    /// The run that is under way.
    pub(crate) run: Option<LiveRun>,
    /// The next due time of any report.
    pub(crate) next: Option<Timestamp>,
    /// Why the configuration that was last asked for is not in use.
    pub(crate) not_reloaded: Option<NotReloaded>,
}

/// Why a configuration is not in use.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NotReloaded {
    /// What is wrong.
    pub(crate) message: String,
    /// Each problem with its place in the file, if it has one.
    pub(crate) problems: Vec<String>,
}

/// Whether the daemon works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// It begins.
    #[default]
    Starting,
    /// Another daemon works on the same state.
    Waiting,
    /// It works.
    Working,
    /// It stops, once what it writes is finished.
    Stopping,
}

/// A run that is under way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LiveRun {
    /// Its number, once it is in the history; a plan has none.
    pub(crate) run: Option<i64>,
    /// Name of the report.
    pub(crate) report: String,
    /// When it began.
    pub(crate) began_at: Timestamp,
    /// The steps so far, in their order.
    pub(crate) steps: Vec<LiveStep>,
    /// What a person should know now.
    pub(crate) warnings: Vec<String>,
}

/// A step of a run that is under way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LiveStep {
    /// Its name.
    pub(crate) name: &'static str,
    /// Units that are done.
    pub(crate) done: u64,
    /// Units in all, when that is known.
    pub(crate) total: Option<u64>,
    /// What came of it, once it has ended.
    pub(crate) summary: Option<String>,
}

/// Where what the daemon does is told and looked at.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    live: watch::Sender<Live>,
}

impl Hub {
    /// Nothing was told yet.
    pub(crate) fn new() -> Self {
        Self { live: watch::Sender::new(Live::default()) }
    }

    /// What the daemon does now.
    pub(crate) fn live(&self) -> Live {
        self.live.borrow().clone()
    }

    /// Sees every change from now on; those that come faster than one looks are seen as one.
    pub(crate) fn watch(&self) -> watch::Receiver<Live> {
        self.live.subscribe()
    }

    /// The daemon's loop turned.
    pub(crate) fn turned(&self, now: Timestamp) {
        self.live.send_modify(|live| live.turned_at = Some(now));
    }

    /// Something happened.
    pub(crate) fn tell(&self, event: &Event, now: Timestamp) {
        self.live.send_modify(|live| {
            live.turned_at = Some(now);
            match event {
                Event::Waiting { .. } => live.standing = Standing::Waiting,
                Event::Working => live.standing = Standing::Working,
                Event::Stopping => live.standing = Standing::Stopping,
                Event::Idle { next } => live.next = *next,
                Event::Reloaded { .. } => live.not_reloaded = None,
                Event::NotReloaded { why } => {
                    let (message, problems) = (why.message.clone(), why.problems.clone());
                    live.not_reloaded = Some(NotReloaded { message, problems });
                }
                _ => {}
            }
        });
    }

    /// What listens to the run of a report.
    pub(crate) fn of_run(&self, report: &str, began_at: Timestamp) -> OfRun {
        let run = LiveRun { run: None, report: report.to_owned(), began_at, steps: Vec::new(), warnings: Vec::new() };
        self.live.send_modify(|live| live.run = Some(run));
        OfRun { hub: self.clone() }
    }
}

/// Tells a hub how a run comes along, and at its end that there is none.
#[derive(Debug)]
pub(crate) struct OfRun {
    hub: Hub,
}

impl OfRun {
    fn change(&self, with: impl FnOnce(&mut LiveRun)) {
        self.hub.live.send_modify(|live| {
            live.turned_at = Some(pipeline::clock::now());
            if let Some(run) = &mut live.run {
                with(run);
            }
        });
    }

    fn step(&self, step: Step, with: impl FnOnce(&mut LiveStep)) {
        self.change(|run| {
            // Steps overlap, and a step may come twice: the last of its name is meant.
            if let Some(step) = run.steps.iter_mut().rev().find(|known| known.name == step.name()) {
                with(step);
            }
        });
    }
}

impl Progress for OfRun {
    fn entered(&self, number: RunId) {
        self.change(|run| run.run = Some(number.0));
    }

    fn begin(&self, step: Step, total: Option<u64>) {
        self.change(|run| run.steps.push(LiveStep { name: step.name(), done: 0, total, summary: None }));
    }

    fn advance(&self, step: Step, done: u64) {
        self.step(step, |step| step.done = done);
    }

    fn end(&self, step: Step, summary: &str) {
        self.step(step, |step| step.summary = Some(summary.to_owned()));
    }

    fn warn(&self, message: &str) {
        self.change(|run| {
            if run.warnings.len() < WARNINGS_MAX {
                run.warnings.push(message.to_owned());
            }
        });
    }
}

impl Drop for OfRun {
    fn drop(&mut self) {
        self.hub.live.send_modify(|live| live.run = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_seen_while_it_runs_and_no_longer() {
        let hub = Hub::new();
        let watch = hub.watch();
        let run = hub.of_run("weekly", Timestamp::UNIX_EPOCH);
        assert_eq!(hub.live().run.unwrap().run, None);
        run.entered(RunId(7));
        assert_eq!(hub.live().run.unwrap().run, Some(7));
        run.begin(Step::Extract, Some(240));
        run.advance(Step::Extract, 100);
        run.warn("one location has no name");
        let live = hub.live().run.unwrap();
        assert_eq!((live.steps[0].done, live.steps[0].total, live.warnings.len()), (100, Some(240), 1));
        run.end(Step::Extract, "240 records");
        assert_eq!(hub.live().run.unwrap().steps[0].summary.as_deref(), Some("240 records"));
        drop(run);
        assert!(hub.live().run.is_none());
        assert!(watch.has_changed().unwrap());
    }
}
