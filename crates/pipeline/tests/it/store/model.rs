//! Random walks over the state file beside a model of maps and lists: every answer, every refusal and everything that can
//! be read afterwards must agree, through two connections and through reopening the file.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use pipeline::store::{
    Acquired, CellKey, IntentId, Lease, LedgerUpdate, NewIntent, Outcome, Receipt, ReceiptKind, RunError, RunId,
    RunState, State, StoreError,
};
use proptest::prelude::*;
use serde_json::json;

use super::{at, key, new_run};

const SYSTEM: &str = "dhis2-of-the-test";
const LEASES: [&str; 2] = ["run", "serve"];

/// A call and what it is given. Runs, intents and leases are named by the order in which they came, modulo their number;
/// one past the end is one that does not exist.
#[derive(Clone, Debug)]
enum Call {
    Begin,
    Advance { run: usize, expected: Option<RunState>, to: RunState },
    Finish(usize, Outcome),
    Fail(usize),
    Cancel(usize),
    Count(usize, u64),
    Plan(usize, u8),
    Intent { run: usize, pushing: RunState },
    Receipt { intent: usize, kind: ReceiptKind, updates: Vec<(usize, Option<u8>)> },
    Adopt { run: usize, updates: Vec<(usize, Option<u8>)> },
    Acquire { name: usize, holder: u8, secs: u64 },
    Renew { lease: usize, secs: u64 },
    Release(usize),
    Wait(i64),
    Reopen,
}

fn run_state() -> impl Strategy<Value = RunState> {
    use RunState as S;
    let pushing = (0_u64..4, 0_u64..4).prop_map(|(done, total)| S::Pushing { done, total });
    let named = prop::sample::select(vec![
        S::Planned,
        S::Extracting,
        S::Extracted,
        S::Aggregated,
        S::Diffed,
        S::Pushed,
        S::Verifying,
        S::Done,
        S::Failed,
        S::Cancelled,
    ]);
    prop_oneof![3 => named, 2 => pushing]
}

/// Mostly the arrows of a run that goes well, or hardly any walk would reach a push.
fn next_state() -> impl Strategy<Value = Option<RunState>> {
    prop_oneof![3 => Just(None), 1 => run_state().prop_map(Some)]
}

fn updates() -> impl Strategy<Value = Vec<(usize, Option<u8>)>> {
    prop::collection::vec((0..4_usize, prop::option::of(any::<u8>())), 0..3)
}

/// A call, and the arrow of a `None` filled in by where the run stands.
#[derive(Clone, Debug)]
enum Wish {
    Call(Call),
    /// Whatever the run's next arrow is.
    Onward(usize),
    /// An intent as the push makes it.
    Push(usize),
}

fn wish() -> impl Strategy<Value = Wish> {
    let one = 0..6_usize;
    let outcome = prop::sample::select(vec![Outcome::Clean, Outcome::Partial, Outcome::Held]);
    let kind = prop::sample::select(ReceiptKind::ALL.to_vec());
    let call = prop_oneof![
        2 => Just(Call::Begin),
        3 => (one.clone(), next_state(), run_state())
            .prop_map(|(run, expected, to)| Call::Advance { run, expected, to }),
        1 => (one.clone(), outcome).prop_map(|(run, outcome)| Call::Finish(run, outcome)),
        1 => one.clone().prop_map(Call::Fail),
        1 => one.clone().prop_map(Call::Cancel),
        1 => (one.clone(), any::<u32>()).prop_map(|(run, n)| Call::Count(run, u64::from(n))),
        1 => (one.clone(), any::<u8>()).prop_map(|(run, n)| Call::Plan(run, n)),
        1 => (one.clone(), run_state()).prop_map(|(run, pushing)| Call::Intent { run, pushing }),
        4 => (one.clone(), kind, updates())
            .prop_map(|(intent, kind, updates)| Call::Receipt { intent, kind, updates }),
        1 => (one.clone(), updates()).prop_map(|(run, updates)| Call::Adopt { run, updates }),
        2 => (0..2_usize, 0..3_u8, 1..100_u64).prop_map(|(name, holder, secs)| Call::Acquire { name, holder, secs }),
        1 => (one.clone(), 1..100_u64).prop_map(|(lease, secs)| Call::Renew { lease, secs }),
        1 => one.clone().prop_map(Call::Release),
        2 => (0..90_i64).prop_map(Call::Wait),
        1 => Just(Call::Reopen),
    ];
    prop_oneof![3 => call.prop_map(Wish::Call), 4 => one.clone().prop_map(Wish::Onward), 2 => one.prop_map(Wish::Push)]
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoSuchRun,
    ForbiddenArrow,
    MovedOn,
    Ended,
    NoSuchIntent,
    Settled,
    NothingWritten,
    LeaseLost,
    /// By the schema itself.
    Reference,
}

/// What a call answers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Number(i64),
    Granted(u64, Timestamp),
    HeldBy(String, Timestamp),
}

type Answer = Result<Said, Refusal>;

fn refusal(error: &StoreError) -> Refusal {
    match error {
        StoreError::NoSuchRun { .. } => Refusal::NoSuchRun,
        StoreError::ForbiddenArrow { .. } => Refusal::ForbiddenArrow,
        StoreError::MovedOn { .. } => Refusal::MovedOn,
        StoreError::Ended { .. } => Refusal::Ended,
        StoreError::NoSuchIntent { .. } => Refusal::NoSuchIntent,
        StoreError::Settled { .. } => Refusal::Settled,
        StoreError::NothingWritten { .. } => Refusal::NothingWritten,
        StoreError::LeaseLost { .. } => Refusal::LeaseLost,
        StoreError::Refused { .. } => Refusal::Reference,
        other => panic!("{other}"),
    }
}

#[derive(Clone, Debug, PartialEq)]
struct ModelRun {
    state: RunState,
    outcome: Option<Outcome>,
    failed: bool,
    finished_at: Option<Timestamp>,
    n_records: Option<u64>,
    plan: Option<String>,
}

#[derive(Clone, Debug)]
struct ModelIntent {
    run: i64,
    made_at: Timestamp,
    receipts: Vec<(Timestamp, ReceiptKind)>,
}

impl ModelIntent {
    fn is_settled(&self) -> bool {
        self.receipts.iter().any(|(_, kind)| *kind != ReceiptKind::Unknown)
    }
}

#[derive(Clone, Debug, Default)]
struct ModelLease {
    token: u64,
    held: Option<(String, Timestamp)>,
}

/// The state file as maps and lists. Runs and intents are numbered from one.
#[derive(Default)]
struct Model {
    runs: BTreeMap<i64, ModelRun>,
    intents: BTreeMap<i64, ModelIntent>,
    ledger: BTreeMap<CellKey, (Option<String>, i64, Timestamp)>,
    leases: BTreeMap<&'static str, ModelLease>,
    /// The leases that were granted, by name and token.
    granted: Vec<(&'static str, u64)>,
    clock: i64,
}

/// The arrows, written down once more: from, to, whether they end the run.
fn arrow(from: RunState, to: RunState) -> bool {
    use RunState as S;
    let way = [S::Planned, S::Extracting, S::Extracted, S::Aggregated, S::Diffed];
    let ended = [S::Done, S::Failed, S::Cancelled].contains(&from);
    let next_on_the_way = way.windows(2).any(|pair| pair == [from, to]);
    // A saved plan is diffed already.
    let saved_plan = (from, to) == (S::Planned, S::Diffed);
    let push = match (from, to) {
        (S::Diffed, S::Pushing { done, .. }) => done == 0,
        (S::Pushing { done: a, total: n }, S::Pushing { done: b, total: m }) => n == m && a <= b && b <= m,
        (S::Pushing { done, total }, S::Pushed) => done == total,
        (S::Pushed, S::Verifying) | (S::Verifying, S::Done) => true,
        _ => false,
    };
    next_on_the_way || saved_plan || push || (!ended && (to == S::Failed || to == S::Cancelled))
}

impl Model {
    fn now(&self) -> Timestamp {
        at(self.clock)
    }

    fn state(&self, run: i64) -> Result<RunState, Refusal> {
        self.runs.get(&run).map(|run| run.state).ok_or(Refusal::NoSuchRun)
    }

    fn open(&self, run: i64) -> Result<RunState, Refusal> {
        let state = self.state(run)?;
        let ended = [RunState::Done, RunState::Failed, RunState::Cancelled].contains(&state);
        if ended { Err(Refusal::Ended) } else { Ok(state) }
    }

    fn advance(&mut self, run: i64, to: RunState) -> Answer {
        let from = self.state(run)?;
        if !arrow(from, to) || [RunState::Done, RunState::Failed, RunState::Cancelled].contains(&to) {
            return Err(Refusal::ForbiddenArrow);
        }
        self.runs.get_mut(&run).unwrap().state = to;
        Ok(Said::Nothing)
    }

    fn end(&mut self, run: i64, to: RunState, outcome: Option<Outcome>) -> Answer {
        if !arrow(self.state(run)?, to) {
            return Err(Refusal::ForbiddenArrow);
        }
        let finished_at = Some(self.now());
        let run = self.runs.get_mut(&run).unwrap();
        (run.state, run.outcome, run.failed, run.finished_at) = (to, outcome, to == RunState::Failed, finished_at);
        Ok(Said::Nothing)
    }

    fn write(&mut self, run: i64, updates: &[(usize, Option<u8>)]) {
        let now = self.now();
        for (cell, value) in updates {
            self.ledger.insert(key(*cell), (value.map(|value| value.to_string()), run, now));
        }
    }

    fn apply(&mut self, call: &Call) -> Answer {
        let run_number = |run: usize| nth(run, self.runs.len());
        match call {
            Call::Begin => {
                let id = self.runs.len() as i64 + 1;
                let run = ModelRun {
                    state: RunState::Planned,
                    outcome: None,
                    failed: false,
                    finished_at: None,
                    n_records: None,
                    plan: None,
                };
                self.runs.insert(id, run);
                Ok(Said::Number(id))
            }
            Call::Advance { run, expected, to } => {
                let run = run_number(*run);
                match expected {
                    Some(expected) if self.state(run)? != *expected => Err(Refusal::MovedOn),
                    _ => self.advance(run, *to),
                }
            }
            Call::Finish(run, outcome) => self.end(run_number(*run), RunState::Done, Some(*outcome)),
            Call::Fail(run) => self.end(run_number(*run), RunState::Failed, None),
            Call::Cancel(run) => self.end(run_number(*run), RunState::Cancelled, None),
            Call::Count(run, n) => {
                let run = run_number(*run);
                self.open(run)?;
                self.runs.get_mut(&run).unwrap().n_records = Some(*n);
                Ok(Said::Nothing)
            }
            Call::Plan(run, n) => {
                let run = run_number(*run);
                self.open(run)?;
                self.runs.get_mut(&run).unwrap().plan = Some(format!("hash {n}"));
                Ok(Said::Nothing)
            }
            Call::Intent { run, pushing } => {
                let run = run_number(*run);
                self.open(run)?;
                if !matches!(pushing, RunState::Pushing { .. }) {
                    return Err(Refusal::ForbiddenArrow);
                }
                self.advance(run, *pushing)?;
                let id = self.intents.len() as i64 + 1;
                self.intents.insert(id, ModelIntent { run, made_at: self.now(), receipts: Vec::new() });
                Ok(Said::Number(id))
            }
            Call::Receipt { intent, kind, updates } => {
                let now = self.now();
                let number = nth(*intent, self.intents.len());
                let intent = self.intents.get_mut(&number).ok_or(Refusal::NoSuchIntent)?;
                if intent.is_settled() {
                    return Err(Refusal::Settled);
                }
                if !updates.is_empty() && matches!(kind, ReceiptKind::Rejected | ReceiptKind::Unknown) {
                    return Err(Refusal::NothingWritten);
                }
                intent.receipts.push((now, *kind));
                let run = intent.run;
                self.write(run, updates);
                Ok(Said::Nothing)
            }
            Call::Adopt { run, updates } => {
                let run = run_number(*run);
                if !updates.is_empty() && !self.runs.contains_key(&run) {
                    return Err(Refusal::Reference);
                }
                self.write(run, updates);
                Ok(Said::Nothing)
            }
            Call::Acquire { name, holder, secs } => Ok(self.acquire(LEASES[*name], *holder, *secs)),
            Call::Renew { lease, secs } => {
                let until = at(self.clock + *secs as i64);
                self.held(*lease)?.1 = until;
                Ok(Said::Nothing)
            }
            Call::Release(lease) => {
                self.held(*lease)?;
                let (name, _) = self.granted[*lease % self.granted.len()];
                self.leases.get_mut(name).unwrap().held = None;
                Ok(Said::Nothing)
            }
            Call::Wait(secs) => {
                self.clock += secs;
                Ok(Said::Nothing)
            }
            Call::Reopen => Ok(Said::Nothing),
        }
    }

    fn acquire(&mut self, name: &'static str, holder: u8, secs: u64) -> Said {
        let (now, until) = (self.now(), at(self.clock + secs as i64));
        let lease = self.leases.entry(name).or_default();
        if let Some((holder, until)) = lease.held.clone().filter(|(_, until)| now < *until) {
            return Said::HeldBy(holder, until);
        }
        lease.token += 1;
        lease.held = Some((format!("process {holder}"), until));
        self.granted.push((name, lease.token));
        Said::Granted(lease.token, until)
    }

    /// The holder's entry, if the lease that was once granted is still the current one.
    fn held(&mut self, lease: usize) -> Result<&mut (String, Timestamp), Refusal> {
        let n = self.granted.len();
        let (name, token) = *self.granted.get(lease % n.max(1)).ok_or(Refusal::LeaseLost)?;
        let current = self.leases.get_mut(name).filter(|current| current.token == token);
        current.and_then(|current| current.held.as_mut()).ok_or(Refusal::LeaseLost)
    }
}

/// The number of the n-th thing, or the one after the last, which does not exist.
fn nth(n: usize, n_known: usize) -> i64 {
    (n % (n_known + 1)) as i64 + 1
}

/// The file, through two connections in turn.
struct Real {
    connections: [State; 2],
    turn: usize,
    leases: Vec<Lease>,
}

impl Real {
    fn apply(&mut self, call: &Call, model: &Model) -> Answer {
        self.turn = 1 - self.turn;
        let now = model.now();
        let run = |n: usize| RunId(nth(n, model.runs.len()));
        let error = RunError { code: "TEST-1".into(), message: "it was told to fail".into() };
        let state = &mut self.connections[self.turn];
        let done = match call {
            Call::Begin => return told(state.begin_run(&new_run("weekly")), |id| Said::Number(id.0)),
            Call::Advance { run: n, expected, to } => state.advance(run(*n), *expected, *to),
            Call::Finish(n, outcome) => state.finish(run(*n), *outcome, now),
            Call::Fail(n) => state.fail(run(*n), &error, now),
            Call::Cancel(n) => state.cancel(run(*n), now),
            Call::Count(n, n_records) => state.record_n_records(run(*n), *n_records),
            Call::Plan(n, hash) => state.record_plan(run(*n), &format!("hash {hash}"), "{}"),
            Call::Intent { run: n, pushing } => {
                return told(state.record_intent(run(*n), &intent(now), *pushing), |id| Said::Number(id.0));
            }
            Call::Receipt { intent, kind, updates } => {
                let receipt = Receipt { at: now, kind: *kind, verdict: json!({ "kind": kind.name() }) };
                let intent = IntentId(nth(*intent, model.intents.len()));
                state.record_receipt(intent, &receipt, &ledger_updates(updates))
            }
            Call::Adopt { run: n, updates } => state.adopt(run(*n), now, &ledger_updates(updates)),
            Call::Acquire { name, holder, secs } => {
                let holder = format!("process {holder}");
                let acquired = state.acquire_lease(LEASES[*name], &holder, now, Duration::from_secs(*secs));
                if let Ok(Acquired::Granted(lease)) = &acquired {
                    self.leases.push(lease.clone());
                }
                return told(acquired, |acquired| match acquired {
                    Acquired::Granted(lease) => Said::Granted(lease.token, lease.expires_at),
                    Acquired::HeldBy { holder, until } => Said::HeldBy(holder, until),
                });
            }
            Call::Renew { lease, secs } => {
                let n = self.leases.len();
                match self.leases.get_mut(lease % n.max(1)) {
                    None => return Err(Refusal::LeaseLost),
                    Some(lease) => state.renew_lease(lease, now, Duration::from_secs(*secs)),
                }
            }
            Call::Release(lease) => match self.leases.get(lease % self.leases.len().max(1)) {
                None => return Err(Refusal::LeaseLost),
                Some(lease) => state.release_lease(lease),
            },
            Call::Wait(_) => Ok(()),
            Call::Reopen => {
                let path = state.path().to_owned();
                self.connections[self.turn] = State::open(&path).unwrap();
                Ok(())
            }
        };
        told(done, |()| Said::Nothing)
    }

    /// Everything that can be read, beside the model.
    fn compare(&self, model: &Model) -> Result<(), TestCaseError> {
        let state = &self.connections[1 - self.turn];
        let mut runs = state.runs(None, 100).unwrap();
        runs.reverse();
        prop_assert_eq!(runs.len(), model.runs.len());
        for (run, (id, expected)) in runs.iter().zip(&model.runs) {
            let found = ModelRun {
                state: run.state,
                outcome: run.outcome,
                failed: run.error.is_some(),
                finished_at: run.finished_at,
                n_records: run.n_records,
                plan: state.plan(run.id).unwrap().map(|plan| plan.hash),
            };
            prop_assert_eq!((run.id.0, &found), (*id, expected));
            let made: Vec<_> = state.intents(run.id).unwrap().into_iter().map(|intent| intent.id.0).collect();
            let of_run = model.intents.iter().filter(|(_, intent)| intent.run == *id).map(|(id, _)| *id);
            prop_assert_eq!(made, of_run.collect::<Vec<_>>());
        }
        let unfinished: Vec<_> = state.unfinished_runs().unwrap().into_iter().map(|run| run.id.0).collect();
        let open = model.runs.iter().filter(|(_, run)| run.finished_at.is_none()).map(|(id, _)| *id);
        prop_assert_eq!(unfinished, open.collect::<Vec<_>>());
        for (id, expected) in &model.intents {
            let receipts = state.receipts(IntentId(*id)).unwrap();
            let receipts: Vec<_> = receipts.into_iter().map(|receipt| (receipt.at, receipt.kind)).collect();
            prop_assert_eq!(&receipts, &expected.receipts);
        }
        let unsettled = state.open_intents().unwrap();
        let unsettled: Vec<_> = unsettled.into_iter().map(|i| (i.id.0, i.run.0, i.body.created_at)).collect();
        let expected = model.intents.iter().filter(|(_, intent)| !intent.is_settled());
        let expected: Vec<_> = expected.map(|(id, intent)| (*id, intent.run, intent.made_at)).collect();
        prop_assert_eq!(unsettled, expected);
        self.compare_cells_and_leases(model)
    }

    fn compare_cells_and_leases(&self, model: &Model) -> Result<(), TestCaseError> {
        let state = &self.connections[1 - self.turn];
        let elements: Vec<_> = (0..4).map(|cell| key(cell).data_element).collect();
        let elements: Vec<_> = elements.iter().map(|element| element.as_str()).collect();
        let ledger = state.ledger_load(SYSTEM, &elements, None).unwrap();
        let ledger: BTreeMap<_, _> =
            ledger.into_iter().map(|(key, row)| (key, (row.value, row.run.0, row.written_at))).collect();
        prop_assert_eq!(&ledger, &model.ledger);
        for name in LEASES {
            let expected = model.leases.get(name).and_then(|lease| lease.held.clone());
            prop_assert_eq!(state.lease_holder(name).unwrap(), expected);
        }
        for (name, token) in &model.granted {
            let current = &model.leases[name];
            let holds = current.token == *token && current.held.as_ref().is_some_and(|(_, until)| model.now() < *until);
            prop_assert_eq!(state.lease_is(name, *token, model.now()).unwrap(), holds);
        }
        Ok(())
    }
}

fn told<T>(answer: Result<T, StoreError>, said: impl FnOnce(T) -> Said) -> Answer {
    answer.map(said).map_err(|error| refusal(&error))
}

fn intent(now: Timestamp) -> NewIntent {
    NewIntent {
        data_set: "uKtOZwDnIpM".into(),
        org_unit: "O6uvpzGd5pu".into(),
        period: "2026W1".into(),
        body_hash: "b".repeat(64),
        values: "[]".into(),
        created_at: now,
    }
}

fn ledger_updates(updates: &[(usize, Option<u8>)]) -> Vec<LedgerUpdate> {
    let update = |(cell, value): &(usize, Option<u8>)| LedgerUpdate {
        system_id: SYSTEM.into(),
        key: key(*cell),
        value: value.map(|value| value.to_string().into()),
    };
    updates.iter().map(update).collect()
}

/// Turns a wish into the call that the model's run would make next.
fn call(wish: &Wish, model: &Model) -> Call {
    use RunState as S;
    let of = |run: usize| model.runs.get(&nth(run, model.runs.len())).map(|run| run.state);
    match wish {
        Wish::Call(call) => call.clone(),
        Wish::Push(run) => match of(*run) {
            Some(S::Pushing { done, total }) => Call::Intent { run: *run, pushing: S::Pushing { done, total } },
            _ => Call::Intent { run: *run, pushing: S::Pushing { done: 0, total: 2 } },
        },
        Wish::Onward(run) => {
            let to = match of(*run) {
                None => return Call::Begin,
                Some(S::Planned) => S::Extracting,
                Some(S::Extracting) => S::Extracted,
                Some(S::Extracted) => S::Aggregated,
                Some(S::Aggregated) => S::Diffed,
                Some(S::Diffed) => S::Pushing { done: 0, total: 2 },
                Some(S::Pushing { done, total }) if done < total => S::Pushing { done: done + 1, total },
                Some(S::Pushing { .. }) => S::Pushed,
                Some(S::Pushed) => S::Verifying,
                Some(_) => return Call::Finish(*run, Outcome::Clean),
            };
            Call::Advance { run: *run, expected: None, to }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_state_file_agrees_with_the_model_at_every_step(wishes in prop::collection::vec(wish(), 1..80)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let connections = [State::open(&path).unwrap(), State::open(&path).unwrap()];
        let mut real = Real { connections, turn: 0, leases: Vec::new() };
        let mut model = Model::default();
        for wish in &wishes {
            let call = call(wish, &model);
            let before = Model { clock: model.clock, runs: model.runs.clone(), intents: model.intents.clone(), ..Model::default() };
            let expected = model.apply(&call);
            let found = real.apply(&call, &before);
            prop_assert_eq!(&found, &expected, "{:?}", call);
            if matches!(call, Call::Reopen) {
                real.compare(&model)?;
            }
        }
        real.compare(&model)?;
        drop(real);
        let state = State::open(&path).unwrap();
        state.integrity_check().unwrap();
        Real { connections: [state, State::open(&path).unwrap()], turn: 0, leases: Vec::new() }.compare(&model)?;
    }
}
