//! Writing a plan to DHIS2 and reading it back: what a run and the carrying out of a saved plan have in common.

use super::guard::Guard;
use crate::config::{Config, Report};
use crate::error::Error;
use crate::plan::{HeldKey, Plan};
use crate::progress::{Progress, Step, counted};
use crate::push::{self, Pushing, Slice};
use crate::report::{PushSummary, Timing, Verdict};
use crate::store::{Outcome, RunId, RunState, State};
use crate::target::Target;
use crate::verify::{self, Verified};
use epi::period::Span;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::time::Instant;

/// What writes.
pub(super) struct Writing<'a> {
    pub(super) state: &'a mut State,
    pub(super) run: RunId,
    pub(super) target: &'a Target,
    pub(super) config: &'a Config,
    pub(super) report: &'a Report,
    pub(super) guard: &'a Guard,
    pub(super) progress: &'a dyn Progress,
    pub(super) now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    pub(super) timings: &'a mut Vec<Timing>,
    pub(super) warnings: &'a mut Vec<String>,
}

impl Writing<'_> {
    /// Pushes the plan. What DHIS2 would not take now is held in the plan afterwards.
    pub(super) async fn push(&mut self, plan: &mut Plan) -> Result<PushSummary, Error> {
        let clock = Instant::now();
        self.progress.begin(Step::Push, Some(plan.pushed().count() as u64));
        let (target, config) = (self.target, self.config);
        let pushed = self
            .pushing(async |pushing| {
                push::adopt(plan, target, pushing)?;
                push::push(plan, target, config, pushing).await
            })
            .await?;
        hold_what_was_refused(plan, &pushed);
        let mut said = format!(
            "{} written in {}, {} rejected",
            counted(pushed.written, "value"),
            counted(pushed.requests, "request"),
            pushed.rejected.len()
        );
        if !pushed.held.is_empty() {
            said += &format!(", {} not taken now", pushed.held.len());
        }
        self.done(Step::Push, clock, &said);
        Ok(pushed)
    }

    /// Reads everything back. What did not take is not ours after all, and the ledger says so.
    pub(super) async fn verify(&mut self, plan: &Plan, span: Span) -> Result<Verified, Error> {
        self.state.advance(self.run, None, RunState::Verifying)?;
        let clock = Instant::now();
        self.progress.begin(Step::Verify, None);
        let verified = verify::verify(plan, self.target, span, self.config).await?;
        let said = format!("{} of {} values are as they should be", verified.summary.equal, verified.summary.compared);
        self.done(Step::Verify, clock, &said);
        let target = self.target;
        let n = self.pushing(async |pushing| push::take_back(plan, &verified.stored, target, pushing)).await?;
        if n > 0 {
            let warning = format!(
                "{} accepted by DHIS2 and not there; the next run writes it again. Does a proxy or another program change \
                 what is sent?",
                counted(n, "value")
            );
            self.progress.warn(&warning);
            self.warnings.push(warning);
        }
        Ok(verified)
    }

    /// Registers slices as complete.
    pub(super) async fn register(&mut self, slices: &[Slice], span: Span) -> Result<u64, Error> {
        let clock = Instant::now();
        self.progress.begin(Step::Complete, None);
        let (target, config) = (self.target, self.config);
        let registered =
            self.pushing(async |pushing| push::register(slices, span, target, config, pushing).await).await?;
        self.done(Step::Complete, clock, &format!("{} registered as complete", counted(registered, "slice")));
        Ok(registered)
    }

    async fn pushing<T>(&mut self, effect: impl AsyncFnOnce(&mut Pushing<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let (guard, now) = (self.guard, self.now);
        let may_write = move |state: &mut State| guard.check(state, now());
        let comment = self.comment();
        let mut pushing = Pushing {
            state: self.state,
            run: self.run,
            comment: comment.as_deref(),
            may_write: &may_write,
            progress: self.progress,
            now,
        };
        effect(&mut pushing).await
    }

    /// The comment of this run, if the report has one. Whatever can be put into it is known before a record is read.
    fn comment(&self) -> Option<String> {
        let template = self.report.comment.as_ref()?;
        let date = (self.now)().to_zoned(self.report.time_zone.clone()).date();
        let filled = template.replace("{report}", &self.report.name).replace("{run}", &self.run.to_string());
        Some(filled.replace("{date}", &date.to_string()).replace("{version}", env!("CARGO_PKG_VERSION")))
    }

    fn done(&mut self, step: Step, clock: Instant, summary: &str) {
        self.timings.push(done(step, clock, summary, Some(self.run), self.progress));
    }
}

/// Tells the listener and the log that a step is done.
pub(super) fn done(step: Step, clock: Instant, summary: &str, run: Option<RunId>, progress: &dyn Progress) -> Timing {
    let secs = clock.elapsed().as_secs_f64();
    tracing::info!(step = step.name(), secs, run = run.map(|run| run.0), "{summary}");
    progress.end(step, summary);
    Timing { step: step.name().to_owned(), secs }
}

/// What came of it all.
pub(super) fn verdict(plan: &Plan, pushed: &PushSummary, verified: &Verified) -> (Verdict, Outcome) {
    if !pushed.rejected.is_empty() || !verified.summary.different.is_empty() {
        (Verdict::Partial, Outcome::Partial)
    } else if plan.holds() {
        (Verdict::Held, Outcome::Held)
    } else {
        (Verdict::Clean, Outcome::Clean)
    }
}

/// Values that DHIS2 refused for the time being are held with its words, like those that were not sent at all.
fn hold_what_was_refused(plan: &mut Plan, pushed: &PushSummary) {
    if pushed.held.is_empty() {
        return;
    }
    type Key<'a> = [&'a str; 5];
    let refused: FxHashMap<Key<'_>, &str> = pushed
        .held
        .iter()
        .map(|held| {
            let parts = [&held.data_element, &held.period, &held.org_unit, &held.category_option_combo];
            let [element, period, unit, combo] = parts.map(String::as_str);
            let key: Key<'_> = [element, period, unit, combo, &held.attribute_option_combo];
            (key, held.reason.as_str())
        })
        .collect();
    let names = plan.names.clone();
    plan.hold(|change| {
        let key = &change.key;
        let period = key.period.id();
        let [element, unit] = [key.data_element, key.org_unit].map(|number| names.name(number));
        let parts: Key<'_> = [element, &period, unit, names.name(key.combo), names.name(key.attribute)];
        let reason = change.action.is_pushed().then(|| refused.get(&parts)).flatten()?;
        Some(HeldKey {
            reason: (*reason).to_owned(),
            org_unit: Some(unit.to_owned()),
            period: Some(period.to_string()),
        })
    });
}
