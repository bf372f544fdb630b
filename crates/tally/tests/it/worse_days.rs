//! Days on which something fails for a while and the run recovers: DHIS2 holds the truth, and nothing was written twice.

use crate::site::{Ended, Site, snapshot};
use sandbox::dhis2::LoggedRequest;
use sandbox::fault::{Fault, FaultRule, Method};
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

const HTML: &str = "<html>Service unavailable</html>";

/// The imports that reached DHIS2.
fn imports(site: &Site) -> Vec<LoggedRequest> {
    let requests = site.world.dhis2.requests().into_iter();
    requests.filter(|request| request.method == "POST" && request.path.ends_with("/dataValueSets")).collect()
}

fn values_sent(site: &Site) -> usize {
    imports(site).iter().map(|request| request.n_values).sum()
}

/// Asserts that DHIS2 holds the truth and that the next run finds nothing to do.
#[track_caller]
fn at_rest(site: &Site) {
    assert_eq!(site.values(), site.truth());
    let n_writes = site.n_writes();
    let again = site.run().with_code(0);
    assert_eq!(site.n_writes(), n_writes, "a second run pushes nothing:\n{again}");
}

/// A fault of one import; the run has to be clean all the same.
#[track_caller]
fn recovers(fault: Fault) -> (Site, Ended) {
    let site = Site::weekly();
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", fault).method(Method::POST));
    let ended = site.run().with_code(0);
    assert_eq!(site.world.dhis2_faults.fired().len(), 1, "the fault was played");
    at_rest(&site);
    (site, ended)
}

#[test]
fn dhis2_fails_after_it_wrote() {
    let body = "{\"httpStatus\":\"Internal Server Error\",\"httpStatusCode\":500,\"status\":\"ERROR\"}";
    let (site, ended) = recovers(Fault::FailAfterWrite { status: 500, body: body.to_owned() });
    assert_eq!(values_sent(&site), site.truth().len(), "read back, and not sent a second time:\n{ended}");
    snapshot("dhis2_fails_after_it_wrote", &ended.to_string());
}

#[test]
fn a_proxy_answers_html_after_dhis2_wrote() {
    let (site, _) = recovers(Fault::FailAfterWrite { status: 502, body: HTML.to_owned() });
    assert_eq!(values_sent(&site), site.truth().len());
}

#[test]
fn the_answer_to_a_write_is_lost() {
    let (site, _) = recovers(Fault::ResetAfterWrite);
    assert_eq!(values_sent(&site), site.truth().len());
    let (site, _) = recovers(Fault::CutBody { at_byte: 20 });
    assert_eq!(values_sent(&site), site.truth().len());
}

#[test]
fn dhis2_is_away_for_a_moment() {
    recovers(Fault::Reject { status: 503, body: HTML.to_owned() });
    recovers(Fault::RejectRetryAfter { status: 503, retry_after_secs: 1 });
    recovers(Fault::RejectRetryAfter { status: 429, retry_after_secs: 1 });
    recovers(Fault::Reset);
}

#[test]
fn dhis2_writes_and_never_says_so() {
    let mut site = Site::weekly();
    let failure = Fault::FailAfterWrite { status: 500, body: "{}".to_owned() };
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", failure).method(Method::POST).forever());
    site.run().with_code(0);
    site.restore();
    at_rest(&site);
}

#[test]
fn dhis2_never_takes_a_write() {
    let mut site = Site::weekly();
    let failure = Fault::Reject { status: 500, body: "{}".to_owned() };
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", failure).method(Method::POST).forever());
    let ended = site.run().with_code(30);
    snapshot("dhis2_never_takes_a_write", &ended.to_string());
    assert!(site.values().is_empty());
    site.restore();
    site.run().with_code(0);
    at_rest(&site);
}

#[test]
fn the_session_of_dhis2_ends_before_a_write() {
    let mut site = Site::weekly();
    let to = Fault::Redirect { to: "/dhis-web-login/".to_owned() };
    site.world.dhis2_faults.push(FaultRule::on("*/dataValueSets", to).method(Method::POST));
    let ended = site.run().with_code(30);
    snapshot("redirect_of_a_write", &ended.to_string());
    assert!(site.values().is_empty());
    site.restore();
    site.run().with_code(0);
    at_rest(&site);
}

#[test]
fn dhis2_rejects_some_values() {
    // Locked between the preflight and the push, as by an approval.
    let mut site = Site::weekly();
    let unit = site.truth().keys().next().expect("there are values").2.clone();
    site.world.dhis2.lock_slice("uKtOZwDnIpM", "2020W8", &unit);
    let lost: BTreeSet<_> =
        site.truth().into_keys().filter(|key| (key.1.as_str(), &key.2) == ("2020W8", &unit)).collect();
    assert!(!lost.is_empty());
    let ended = site.run().with_code(40);
    snapshot("dhis2_rejects_some_values", &ended.to_string());
    let held: BTreeSet<_> = site.truth().into_keys().filter(|key| !lost.contains(key)).collect();
    assert_eq!(site.values().into_keys().collect::<BTreeSet<_>>(), held, "all others stand");
    site.world.dhis2.unlock_slice("uKtOZwDnIpM", "2020W8", &unit);
    site.restore();
    site.run().with_code(0);
    at_rest(&site);
}

#[test]
fn somebody_changes_our_value() {
    let site = Site::weekly();
    site.run().with_code(0);
    let (key, value) = site.truth().into_iter().next().expect("there are values");
    site.world.dhis2.set_value(&key, Some("77"));
    let ended = site.run().with_code(40);
    snapshot("somebody_changes_our_value", &ended.to_string());
    assert_eq!(site.values()[&key], "77", "held, not overwritten");
    site.world.dhis2.set_value(&key, Some(&value));
    at_rest(&site);
}

#[test]
fn somebody_was_there_before_us() {
    let site = Site::weekly();
    let (key, value) = site.truth().into_iter().next().expect("there are values");
    site.world.dhis2.set_value(&key, Some("77"));
    let ended = site.run().with_code(40);
    assert!(ended.out.contains("existing: somebody else wrote 1 value before Tally did."), "{ended}");
    assert_eq!(site.values()[&key], "77", "held, not overwritten");
    assert_eq!(site.values().len(), site.truth().len(), "all others are pushed");
    site.world.dhis2.set_value(&key, Some(&value));
    // The slice becomes complete now.
    site.run().with_code(0);
    at_rest(&site);
}

#[test]
fn godatas_token_expires_on_the_way() {
    let site = Site::weekly();
    site.configure("[godata]", "[godata]\npage_records = 50");
    site.world.godata.faults().push(FaultRule::on("*/cases", Fault::ExpireToken).skip(2));
    site.run().with_code(0);
    assert_eq!(site.world.godata.faults().n_pending(), 0, "the token expired");
    at_rest(&site);
}

#[test]
fn godatas_answers_break_now_and_then() {
    let site = Site::weekly();
    site.configure("[godata]", "[godata]\npage_records = 50");
    let failure = |status| Fault::Reject { status, body: HTML.to_owned() };
    for (skip, fault) in
        [(0, Fault::CutBody { at_byte: 1000 }), (1, failure(500)), (2, failure(502)), (3, Fault::Reset)]
    {
        site.world.godata.faults().push(FaultRule::on("*/cases", fault).skip(skip));
    }
    site.run().with_code(0);
    assert_eq!(site.world.godata.faults().n_pending(), 0, "every fault was played");
    at_rest(&site);
}

#[test]
fn two_runs_at_once() {
    let site = Site::weekly();
    site.world.godata.faults().push(FaultRule::on("*/cases", Fault::Hold));
    thread::scope(|scope| {
        let first = scope.spawn(|| site.run());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let held = runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(60), site.world.godata.faults().wait_held(1)).await
        });
        assert!(held.is_ok(), "the first run reads cases");
        let second = site.run().with_code(75);
        site.world.godata.faults().release();
        first.join().unwrap().with_code(0);
        let until = second.err.find("until").expect("it says until when");
        snapshot("two_runs_at_once", &second.err[..until]);
    });
    at_rest(&site);
}
