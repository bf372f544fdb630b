//! Every named fault of the sandbox, on both dialects: what a run does while it plays, what holds right after, and that the
//! next run makes DHIS2 equal to the oracle.

mod cut_anywhere;
mod expected;
mod page;
mod restricted;
mod statuses;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use dhis2::Polling;
use futures::FutureExt;
use pipeline::Error;
use pipeline::config::Config;
use pipeline::config::model::Source;
use pipeline::report::{RunReport, Verdict};
use sandbox::dhis2::ValueKey;
use sandbox::fault_catalogue::{self, NamedFault, Server};
use sandbox::world::account;

use super::stage::{PROBABLE, Values, key_of};
use super::{BOTH, Stage};
use expected::{EXPECTED, Ends, Expected, ONE_LOGIN, Setup};

/// Log-ins that a run may try: the first, and three renewals of a session that somebody else ends. Ten failures lock the
/// account, so one that is refused is not tried again.
const LOGINS_MAX: usize = 4;
/// Scenes that play side by side: most of their time is waiting.
const AT_ONCE: usize = 6;

#[test]
fn every_named_fault_has_an_expectation() {
    let named: Vec<&str> = fault_catalogue::all().map(|fault| fault.name).collect();
    let expected: Vec<&str> = EXPECTED.iter().map(|expected| expected.name).collect();
    let missing: Vec<_> = named.iter().filter(|name| !expected.contains(name)).collect();
    let unknown: Vec<_> = expected.iter().filter(|name| !named.contains(name)).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "without expectation: {missing:?}; without fault: {unknown:?}");
    assert_eq!(expected.len(), expected.iter().collect::<BTreeSet<_>>().len());
}

#[tokio::test]
async fn godata_faults_before_the_row_importer() {
    all_of(Server::Godata, BOTH[0]).await;
}

#[tokio::test]
async fn godata_faults_before_the_group_importer() {
    all_of(Server::Godata, BOTH[1]).await;
}

#[tokio::test]
async fn dhis2_faults_of_the_row_importer() {
    all_of(Server::Dhis2, BOTH[0]).await;
}

#[tokio::test]
async fn dhis2_faults_of_the_group_importer() {
    all_of(Server::Dhis2, BOTH[1]).await;
}

/// Plays every fault of a server. `TALLY_FAULT` chooses those whose name contains it.
async fn all_of(server: Server, version: &str) {
    let only = std::env::var("TALLY_FAULT").unwrap_or_default();
    let chosen: Vec<_> = EXPECTED
        .iter()
        .filter_map(|expected| Some((expected, fault_catalogue::find(expected.name)?)))
        .filter(|(_, fault)| fault.server == server && fault.name.contains(&only))
        .collect();
    assert!(!chosen.is_empty());
    let mut failed = Vec::new();
    for some in chosen.chunks(AT_ONCE) {
        let scenes =
            some.iter().map(|(expected, fault)| AssertUnwindSafe(scene(expected, fault, version)).catch_unwind());
        let ended = futures::future::join_all(scenes).await;
        // The panics are on stderr by now; all scenes play, so that one run of the tests shows them all.
        failed
            .extend(some.iter().zip(ended).filter(|(_, ended)| ended.is_err()).map(|((expected, _), _)| expected.name));
    }
    assert!(failed.is_empty(), "on {version}: {failed:?}");
}

/// A stage that reported once, and on whose line list people worked since.
async fn staged(setup: Setup, version: &str) -> Stage {
    let mut stage = Stage::with(version, |config| {
        let batches = config.replace("username = \"tally\"", "username = \"tally\"\nbatch_values = 20");
        match setup {
            Setup::Token => batches
                .replace("username = \"tally\"\n", "")
                .replace("password_file = \"dhis2-password\"", "token_file = \"dhis2-token\""),
            Setup::Losses => batches.replace("losses_max_percent = 100", "losses_max_percent = 30"),
            Setup::Zeros => batches.replace("look_back = 8", "look_back = 8\nzeros = true"),
            _ => batches,
        }
    });
    if setup == Setup::Zeros {
        stage.world.dhis2.edit(|m| m.data_elements.iter_mut().for_each(|element| element.zero_is_significant = true));
        stage.zeros = true;
    }
    stage.write("dhis2-token", account::DHIS2_TOKEN);
    stage.tune = tuned(Setup::Plain);
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    let ids = stage.counted();
    for (index, id) in ids.iter().enumerate().skip(3).take(45) {
        let edited = match index % 3 {
            0 => stage.world.godata.edit(|e| e.delete(id)),
            1 => stage.world.godata.edit(|e| e.reclassify(id, Some(PROBABLE))),
            _ => stage.world.godata.edit(|e| e.move_to(id, "SN009")),
        };
        edited.unwrap();
    }
    stage.tune = tuned(setup);
    // A fault begins at its page of the whole list; what changed would fit on one.
    stage.full = true;
    stage
}

fn tuned(setup: Setup) -> fn(&mut Config) {
    fn patience(config: &mut Config) {
        config.limits.retry_delay = Some(Duration::from_millis(1));
    }
    fn hang(config: &mut Config) {
        patience(config);
        config.limits.retries = Some(1);
        config.dhis2.timeout = Duration::from_millis(1200);
        if let Source::Server { timeout, .. } = &mut config.godata {
            *timeout = Duration::from_millis(1200);
        }
    }
    fn job(config: &mut Config) {
        patience(config);
        config.limits.job_values_min = 1;
        config.limits.job_polling = Polling { delay: Duration::from_millis(1), deadline: Duration::from_millis(50) };
    }
    fn bomb(config: &mut Config) {
        patience(config);
        config.limits.godata_gzip = Some(true);
        config.limits.answer_bytes_max = Some(16 << 20);
    }
    match setup {
        Setup::Plain | Setup::Token | Setup::Zeros | Setup::Losses => patience,
        Setup::ShortTimeouts => hang,
        Setup::Jobs => job,
        Setup::SmallAnswers => bomb,
    }
}

/// Runs while the fault plays, then without it.
async fn scene(expected: &Expected, fault: &NamedFault, version: &str) {
    let told = format!("{} on {version}", fault.name);
    let mut stage = staged(expected.setup, version).await;
    fault.arm(&stage.world);
    let scripts = [stage.world.godata.faults(), &stage.world.dhis2_faults];
    let n_rules: usize = scripts.iter().map(|script| script.n_pending()).sum();
    let before = Moment::of(&stage);
    stage.world.godata.clear_requests();
    let ended = stage.try_run().await;
    check_end(expected, &ended, &told);
    let scripts = [stage.world.godata.faults(), &stage.world.dhis2_faults];
    assert!(n_rules == 0 || scripts.iter().any(|script| !script.fired().is_empty()), "{told} was never played");
    check_logins(&stage, expected, &told);
    let after = stage.truth();
    check_values(&stage, &before, &after, expected, &told);
    check_ledger(&stage, &before, ended.as_ref().ok(), expected, &told);

    fault.disarm(&stage.world);
    stage.tune = tuned(Setup::Plain);
    stage.world.godata.clear_requests();
    let mut report =
        stage.try_run().await.unwrap_or_else(|error| panic!("{told}, afterwards: {error}: {:?}", error.problems));
    if expected.n_runs > 1 {
        report = stage.run().await;
    }
    assert_eq!(
        report.verdict,
        expected.then,
        "{told}, afterwards: {:?} {:?}",
        report.plan.held,
        report.plan.changes.first()
    );
    let others: Vec<ValueKey> = report.plan.changes.iter().filter(|c| c.action == "drifted").map(key_of).collect();
    stage.at_rest(&others.iter().collect::<Vec<_>>()).await;
}

/// What stood before the faulty run, and what should have.
struct Moment {
    values: Values,
    truth: Values,
}

impl Moment {
    fn of(stage: &Stage) -> Self {
        Self { values: stage.values(), truth: stage.truth() }
    }
}

/// The run ends as it should, and says why and what to do.
fn check_end(expected: &Expected, ended: &Result<RunReport, Error>, told: &str) {
    match (&expected.ends, ended) {
        (Ends::Well(verdict), Ok(report)) => {
            let rejected = report.push.iter().flat_map(|push| &push.rejected);
            let held = report.plan.held.iter().map(|held| held.reason.as_str());
            let held = held.chain(report.plan.changes.iter().map(|change| change.action.as_str()));
            let different = report.verify.iter().flat_map(|verify| &verify.different).map(|_| "reads back differently");
            let issues = report.issues.iter().map(|issue| issue.rule.as_str());
            let words = rejected.map(|one| one.reason.as_str()).chain(report.warnings.iter().map(String::as_str));
            let words: BTreeSet<&str> = words.chain(held).chain(different).chain(issues).collect();
            assert_eq!(report.verdict, *verdict, "{told}: {words:?}");
            let says = expected.says;
            assert!(
                says.is_empty() || words.iter().any(|text| text.contains(says)),
                "{told}: {says:?} not in {words:?}"
            );
        }
        (Ends::Badly(kind), Err(error)) => {
            assert_eq!(error.kind, *kind, "{told}: {error}");
            let text = format!("{error} {:?}", error.problems);
            assert!(!expected.says.is_empty() && text.contains(expected.says), "{told}: {text}");
            let advices = error.problems.iter().filter_map(|problem| problem.advice.as_deref());
            let advice: String = advices.chain(error.advice.as_deref()).collect();
            assert!(advice.len() > 20, "{told} names no next step: {text}");
        }
        (_, Ok(report)) => panic!("{told} ended {:?}: {:?}", report.verdict, report.warnings),
        (_, Err(error)) => panic!("{told} failed: {error}: {:?}", error.problems),
    }
}

fn check_logins(stage: &Stage, expected: &Expected, told: &str) {
    let reached = stage.world.godata.requests().iter().filter(|request| request.path.ends_with("/login")).count();
    let played = stage.world.godata.faults().fired().iter().filter(|fired| fired.path.ends_with("/login")).count();
    let max = if expected.does == ONE_LOGIN { 1 } else { LOGINS_MAX };
    assert!(reached + played <= max, "{told}: {reached} log-ins and {played} that a fault answered");
}

/// No wrong number: every value is the truth's or what stood before, and none stands where none belongs.
fn check_values(stage: &Stage, before: &Moment, after: &Values, expected: &Expected, told: &str) {
    let now = stage.values();
    let keys: BTreeSet<&ValueKey> = now.keys().chain(before.values.keys()).collect();
    let mut wrong = 0;
    if expected.moves_keys {
        // Under another key, but the value that stood before.
        let beside = |key: &ValueKey| (key.0.clone(), key.1.clone(), key.2.clone());
        let known: BTreeSet<_> = before.values.iter().chain(after).map(|(key, value)| (beside(key), value)).collect();
        assert!(now.iter().all(|(key, value)| known.contains(&(beside(key), value))), "{told}");
        return;
    }
    for key in keys {
        let value = now.get(key);
        let sides = [before.values.get(key), before.truth.get(key), after.get(key)];
        wrong += usize::from(!sides.contains(&value));
        let is_zero = stage.zeros && value.is_some_and(|value| value == "0");
        wrong -= usize::from(is_zero && !sides.contains(&value));
        let is_mapped = is_zero || sides.iter().any(Option::is_some);
        assert!(is_mapped, "{told}: {key:?} is none of ours");
    }
    assert!(wrong <= expected.n_foreign, "{told}: {wrong} values are neither the truth nor what stood before");
}

/// The ledger says what stands; what it does not know is somebody else's, or in the report as different.
fn check_ledger(stage: &Stage, before: &Moment, report: Option<&RunReport>, expected: &Expected, told: &str) {
    if expected.moves_keys {
        return;
    }
    let open = !stage.state().open_intents().unwrap().is_empty();
    let values = stage.values();
    let differing = stage.ledger().iter().filter(|(key, written)| values.get(*key) != written.as_ref()).count();
    let told_different = report.and_then(|report| report.verify.as_ref()).map_or(0, |verify| verify.different.len());
    let bound = expected.n_foreign + told_different;
    assert!(
        open || differing <= bound,
        "{told}: {differing} rows of the ledger say something else, {}",
        before.values.len()
    );
}
