//! Writing a plan to DHIS2 and reading it back: what a run and the carrying out of a saved plan have in common.

use super::guard::Guard;
use crate::config::Config;
use crate::error::Error;
use crate::plan::{HeldKey, Plan};
use crate::progress::{Progress, Step, counted};
use crate::push::{self, Pushing};
use crate::report::{PushSummary, Timing, Verdict};
use crate::store::{LedgerUpdate, Outcome, RunId, RunState, State};
use crate::target::Target;
use crate::verify::{self, Verified};
use compact_str::CompactString;
use epi::period::{Period, Span};
use epi::plan::Action;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::time::Instant;

/// What writes.
pub(super) struct Writing<'a> {
    pub(super) state: &'a mut State,
    pub(super) run: RunId,
    pub(super) target: &'a Target,
    pub(super) config: &'a Config,
    pub(super) guard: &'a Guard,
    pub(super) progress: &'a dyn Progress,
    pub(super) now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    pub(super) timings: &'a mut Vec<Timing>,
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

    /// Reads everything back.
    pub(super) async fn verify(&mut self, plan: &Plan, span: Span) -> Result<Verified, Error> {
        self.state.advance(self.run, None, RunState::Verifying)?;
        let clock = Instant::now();
        self.progress.begin(Step::Verify, None);
        let verified = verify::verify(plan, self.target, span, self.config).await?;
        self.take_back(plan, &verified).await?;
        let said = format!("{} of {} values are as they should be", verified.summary.equal, verified.summary.compared);
        self.done(Step::Verify, clock, &said);
        Ok(verified)
    }

    /// Where DHIS2 took a value by its own words and what stood there before still stands, nothing was written, and the
    /// ledger says again what it said before. Otherwise the next run would take what stands there for somebody else's.
    async fn take_back(&mut self, plan: &Plan, verified: &Verified) -> Result<(), Error> {
        let target = self.target;
        let system_id = &target.facts.system_id;
        let mut updates = Vec::new();
        for change in plan.pushed() {
            let should = if change.action == Action::RetractByDeletion { None } else { change.desired.as_deref() };
            let says = verified.stored.get(&change.key).map(CompactString::as_str);
            if verify::agrees(should, says) || !verify::agrees(change.actual.as_deref(), says) {
                continue;
            }
            let key = plan.cell_key(&change.key);
            // What was rejected never came into the ledger.
            let is_taken = self.state.ledger_value(system_id, &key)?.is_some_and(|it| it.value.as_deref() == should);
            if is_taken {
                let value = change.written.as_ref().map(ToString::to_string);
                updates.push(LedgerUpdate { system_id: system_id.clone(), key, value });
            }
        }
        if updates.is_empty() {
            return Ok(());
        }
        let n = counted(updates.len() as u64, "value");
        self.progress.warn(&format!("DHIS2 said that it took {n}, and did not; the next run sends them again"));
        self.pushing(async |pushing| {
            (pushing.may_write)(pushing.state)?;
            Ok(pushing.state.adopt(pushing.run, (pushing.now)(), &updates)?)
        })
        .await
    }

    /// Registers slices as complete.
    pub(super) async fn register(&mut self, slices: &[(Period, CompactString)], span: Span) -> Result<u64, Error> {
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
        let mut pushing =
            Pushing { state: self.state, run: self.run, may_write: &may_write, progress: self.progress, now };
        effect(&mut pushing).await
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
    type Key<'a> = (&'a str, &'a str, &'a str, &'a str);
    let refused: FxHashMap<Key<'_>, &str> = pushed
        .held
        .iter()
        .map(|held| {
            let key: Key<'_> = (&held.data_element, &held.period, &held.org_unit, &held.category_option_combo);
            (key, held.reason.as_str())
        })
        .collect();
    let names = plan.names.clone();
    plan.hold(|change| {
        let key = &change.key;
        let period = key.period.id();
        let parts: Key<'_> = (names.name(key.data_element), &period, names.name(key.org_unit), names.name(key.combo));
        let reason = change.action.is_pushed().then(|| refused.get(&parts)).flatten()?;
        Some(HeldKey {
            reason: (*reason).to_owned(),
            org_unit: Some(parts.2.to_owned()),
            period: Some(period.to_string()),
        })
    });
}
