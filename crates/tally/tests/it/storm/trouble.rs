//! What may go wrong around a process: faults of either server, the point at which it ends, a disk without room.

use super::dice::Dice;
use pipeline::crash::BOUNDARIES;
use sandbox::fault::{Fault, FaultRule, Method};
use std::time::Duration;

/// A rule and what the log calls it.
pub(super) type Named = (String, FaultRule);

fn any(dice: &mut Dice) -> Fault {
    match dice.below(18) {
        13 => Fault::Reject { status: 401, body: "{\"httpStatusCode\":401,\"message\":\"Unauthorized\"}".into() },
        14 => Fault::Reject { status: 403, body: "{\"httpStatusCode\":403,\"message\":\"Forbidden\"}".into() },
        15 => Fault::Reject { status: 413, body: "<html>Request entity too large</html>".into() },
        16 => Fault::Reject { status: 200, body: "{\"status\":\"OK\",\"message\":\"Welcome\"}".into() },
        17 => Fault::Reject { status: 200, body: "[{\"id\":\"x\",".into() },
        0 => Fault::Reject { status: 429, body: "Too many requests".into() },
        1 => Fault::RejectRetryAfter { status: 503, retry_after_secs: 0 },
        2 => Fault::Reject { status: 502, body: "<html>Bad gateway</html>".into() },
        3 => Fault::Reject { status: 503, body: String::new() },
        4 => Fault::Reject { status: 504, body: String::new() },
        5 => Fault::Html { status: 200 },
        6 => Fault::CutBody { at_byte: dice.below(3000) },
        7 => Fault::Reset,
        8 => Fault::ResetAfterWrite,
        9 => Fault::FailAfterWrite { status: 500, body: "{\"httpStatusCode\":500,\"status\":\"ERROR\"}".into() },
        10 => Fault::Delay(Duration::from_millis(20)),
        11 => Fault::Reject { status: 500, body: String::new() },
        _ => Fault::SlowDrip { bytes: 2000, every: Duration::from_millis(1) },
    }
}

fn name(server: &str, rule: &FaultRule) -> String {
    // A rule says all of itself; its line break would cut the log.
    format!("{server}: {rule:?}").replace('\n', " ")
}

/// Once or twice, or more often than anybody asks again.
fn times(dice: &mut Dice) -> u64 {
    dice.weighted(&[(60, 1), (20, 2), (10, 3), (10, 30)])
}

/// A fault of Go.Data.
pub(super) fn of_godata(dice: &mut Dice) -> Named {
    let path = dice.pick(&["*/cases", "*/cases", "*/cases", "*", "*/login", "*/outbreaks", "*/locations"]);
    let fault = if dice.percent(15) { Fault::ExpireToken } else { any(dice) };
    let skip = dice.below(6) as u64;
    let rule = FaultRule::on(path, fault).skip(skip).times(times(dice));
    (name("Go.Data", &rule), rule)
}

/// A fault of DHIS2; many of them at the import.
pub(super) fn of_dhis2(dice: &mut Dice) -> Named {
    let (skip, often) = (dice.below(5) as u64, times(dice));
    let rule = if dice.percent(60) {
        let fault = match dice.below(12) {
            0..=1 => Fault::ResetAfterWrite,
            2 => Fault::FailAfterWrite { status: 500, body: "{\"status\":\"ERROR\",\"httpStatusCode\":500}".into() },
            3 => Fault::FailAfterWrite { status: 504, body: "<html>Gateway timeout</html>".into() },
            4 => Fault::FailAfterWrite { status: 200, body: "{}".into() },
            5 => Fault::Redirect { to: "http://127.0.0.1:1/elsewhere".into() },
            _ => any(dice),
        };
        FaultRule::on("*/dataValueSets", fault).method(Method::POST).skip(skip).times(often)
    } else {
        let path = dice.pick(&["*", "*/dataValueSets", "*/me", "*/completeDataSetRegistrations", "*/dataSets*"]);
        let fault = any(dice);
        FaultRule::on(path, fault).skip(skip).times(often)
    };
    (name("DHIS2", &rule), rule)
}

/// An import that DHIS2 calls a success, and does not do.
pub(super) fn lie(dice: &mut Dice) -> FaultRule {
    let body = "{\"httpStatus\":\"OK\",\"httpStatusCode\":200,\"status\":\"OK\",\"message\":\"Import was successful.\",\
                \"response\":{\"responseType\":\"ImportSummary\",\"status\":\"SUCCESS\",\"importCount\":{\"imported\":3,\
                \"updated\":0,\"ignored\":0,\"deleted\":0},\"conflicts\":[],\"rejectedIndexes\":[]}}";
    let fault = Fault::Reject { status: 200, body: body.into() };
    FaultRule::on("*/dataValueSets", fault).method(Method::POST).skip(dice.below(2) as u64)
}

/// Boundaries that most commands pass; the others are drawn as well, and less often.
const OFTEN: [&str; 16] = [
    "dhis2/import",
    "dhis2/import",
    "state/intent",
    "state/intent",
    "state/receipt",
    "state/receipt",
    "state/run-moved",
    "state/run-begun",
    "state/run-ended",
    "state/plan",
    "state/lease-taken",
    "state/lease-returned",
    "line-list/page",
    "line-list/finished",
    "read/diff",
    "read/verify",
];

/// A point at which a process ends.
pub(super) fn crash_point(dice: &mut Dice) -> String {
    let boundary = if dice.percent(85) { dice.pick(&OFTEN) } else { dice.pick(BOUNDARIES) };
    let moment = dice.pick(&["before", "after"]);
    match dice.weighted(&[(75, 1), (17, 2), (8, 3)]) {
        1 => format!("{moment} {boundary}"),
        nth => format!("{moment} {boundary}:{nth}"),
    }
}

/// A point at which a process may wait without a transaction of its own, so that others are not kept out.
pub(super) fn waiting_point(dice: &mut Dice) -> String {
    let point = dice.pick(&[
        "after state/lease-taken",
        "after state/run-begun",
        "before read/preflight",
        "after read/preflight",
        "before read/extract",
        "after line-list/begun",
        "after line-list/page",
        "after line-list/page:2",
        "after line-list/finished",
        "after read/extract",
        "after state/cells",
        "after state/plan",
        "before read/diff",
        "after read/diff",
        "after state/intent",
        "after state/intent:2",
        "before dhis2/import",
        "before dhis2/import:2",
        "after dhis2/import",
        "after dhis2/import:2",
        "after state/receipt",
        "before read/verify",
        "after read/verify",
        "before dhis2/complete",
        "after state/run-ended",
    ]);
    point.to_owned()
}

/// From which commit on the disk is full.
pub(super) fn full_disk(dice: &mut Dice) -> String {
    let commits: Vec<&str> =
        BOUNDARIES.iter().copied().filter(|name| name.contains("state/") || name.contains("line-list/")).collect();
    format!("{}:{}", dice.pick(&commits), 1 + dice.below(3))
}
