//! What goes wrong at Go.Data.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::{NamedFault, Server, nothing};
use crate::fault::{Fault, FaultRule, Hook, Method, Transform};
use crate::godata::{Documents, GodataHandle, PersonType, is_deleted, text};
use crate::world::World;

/// The list of cases.
const CASES: &str = "*/cases";
/// The pages that pass before a list's fault plays: an outbreak of a few pages is in the middle by then.
const PAGES_BEFORE: u64 = 2;
const LOGIN: &str = "*/users/login";
const CONFIRMED: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";
const SUSPECT: &str = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_SUSPECT";
/// The bytes that a bomb unpacks to: more than a client should take.
const BOMB_BYTES: usize = 300 << 20;
/// The bytes of an absurd text.
const LONG_TEXT_BYTES: usize = 10 << 20;
/// The levels of an absurd nesting: each is a stack frame of a careless decoder.
const LEVELS: usize = 100_000;
const MAINTENANCE: &str = "<html><head><title>Maintenance</title></head><body>Back soon.</body></html>";

macro_rules! godata {
    ($name:literal, $what:literal, $arm:expr) => {
        godata!($name, $what, $arm, nothing)
    };
    ($name:literal, $what:literal, $arm:expr, $undo:expr) => {
        NamedFault { name: concat!("godata-", $name), server: Server::Godata, what: $what, arm: $arm, undo: $undo }
    };
}

/// Go.Data's faults.
pub(super) static FAULTS: &[NamedFault] = &[
    godata!("token-expires", "The token expires between two pages.", |w| once(w, Fault::ExpireToken)),
    godata!("token-refused", "Every token is refused, right after a successful log-in too.", |w| {
        let body = error(401, "AUTHORIZATION_REQUIRED", "Authorization Required");
        lasting(w, Fault::Reject { status: 401, body });
    }),
    godata!("wrong-password", "The password was changed, so that log-ins fail.", |w| {
        let body = error(401, "LOGIN_FAILED", "login failed");
        login(w, Fault::Reject { status: 401, body });
    }),
    godata!("account-locked", "The account is locked after too many failed log-ins.", |w| {
        let body = error(422, "ACTION_TEMPORARILY_BLOCKED", "Action temporarily blocked");
        login(w, Fault::Reject { status: 422, body });
    }),
    godata!(
        "two-factor",
        "A log-in only answers that a code was mailed.",
        |w| w.godata.handle().edit_users(|user| user.two_factor = true),
        |w| w.godata.handle().edit_users(|user| user.two_factor = false)
    ),
    godata!(
        "restricted-account",
        "The account is confined to some districts: lists and counts shrink alike, and nothing says so but the account.",
        restrict,
        |w| w.godata.handle().edit_users(|user| user.only_places = None)
    ),
    godata!("records-inserted", "Cases are entered between two pages, before and behind the reader.", |w| work(
        w, insert
    )),
    godata!("records-edited", "Cases are reclassified between two pages, before and behind the reader.", |w| work(
        w,
        |godata, id| { godata.edit(|e| e.reclassify(id, Some(SUSPECT))).is_ok() }
    )),
    godata!("records-deleted", "Cases are deleted between two pages, before and behind the reader.", |w| work(
        w,
        |godata, id| godata.edit(|e| e.delete(id)).is_ok()
    )),
    godata!("records-converted", "Cases become contacts between two pages, before and behind the reader.", |w| work(
        w,
        |godata, id| godata.edit(|e| e.convert_to_contact(id)).is_ok()
    )),
    godata!("body-cut", "A page breaks off in the middle.", |w| once(w, Fault::CutBody { at_byte: 1000 })),
    godata!("body-cut-always", "Every page from the third on breaks off in the middle.", |w| lasting(
        w,
        Fault::CutBody { at_byte: 1000 }
    )),
    godata!("list-ends-early", "A page comes empty although there are more records.", |w| lasting(
        w,
        Fault::Reject { status: 200, body: "[]".into() }
    )),
    godata!("page-repeated", "The same page comes again and again.", |w| {
        let body = r#"[{"id":"0"},{"id":"0"}]"#.into();
        lasting(w, Fault::Reject { status: 200, body });
    }),
    godata!("slow-drip", "Pages arrive in small pieces.", |w| {
        let drip = Fault::SlowDrip { bytes: 4096, every: Duration::from_millis(1) };
        w.godata.faults().push(FaultRule::on(CASES, drip).skip(PAGES_BEFORE).times(3));
    }),
    godata!("throttled", "The server answers 429 without Retry-After, once.", |w| once(w, status(429))),
    godata!("throttled-retry-after", "The server answers 429 with Retry-After, once.", |w| once(w, retry_after(429))),
    godata!("throttled-always", "The server answers 429 with Retry-After to every page from the third on.", |w| {
        lasting(w, retry_after(429))
    }),
    godata!("internal-error", "The server answers 500 once.", |w| once(w, status(500))),
    godata!("bad-gateway", "A proxy answers 502 once.", |w| once(w, status(502))),
    godata!("bad-gateway-retry-after", "A proxy answers 502 with Retry-After, once.", |w| once(w, retry_after(502))),
    godata!("unavailable", "The server answers 503 once.", |w| once(w, status(503))),
    godata!("unavailable-retry-after", "The server answers 503 with Retry-After, once.", |w| once(w, retry_after(503))),
    godata!("gateway-timeout", "A proxy answers 504 once.", |w| once(w, status(504))),
    godata!("gateway-timeout-retry-after", "A proxy answers 504 with Retry-After, once.", |w| once(
        w,
        retry_after(504)
    )),
    godata!("unavailable-always", "The server answers 503 to every page from the third on.", |w| lasting(
        w,
        status(503)
    )),
    godata!("maintenance-page", "A page says that the server is being maintained, with status 503.", |w| lasting(
        w,
        Fault::Reject { status: 503, body: MAINTENANCE.into() }
    )),
    godata!("html", "A login or proxy page comes with status 200.", |w| lasting(w, Fault::Html { status: 200 })),
    godata!("redirect", "The list is redirected to another address.", |w| {
        lasting(w, Fault::Redirect { to: "https://elsewhere.example.org/api/".into() });
    }),
    godata!("gzip-bomb", "A small packed answer unpacks to 300 MB.", |w| {
        lasting(w, Fault::GzipBomb { n_bytes: BOMB_BYTES });
    }),
    godata!("long-text", "A record holds a text of 10 MB in a field that the report reads.", |w| {
        once(w, with_value(&format!("\"{}\"", "A".repeat(LONG_TEXT_BYTES)).into_bytes()));
    }),
    godata!("long-unread-text", "A record holds a text of 10 MB in a field that nobody asked for.", |w| {
        once(w, with_field(&format!("\"{}\"", "A".repeat(LONG_TEXT_BYTES))));
    }),
    godata!(
        "deep-nesting",
        "A record is nested a hundred thousand levels deep in a field that the report reads.",
        |w| {
            lasting(w, with_value(&nested()));
        }
    ),
    godata!("deep-unread-nesting", "The same in a field that nobody asked for.", |w| {
        once(w, with_field(&String::from_utf8_lossy(&nested())));
    }),
    godata!("invalid-utf8", "A text in a record is no valid UTF-8.", |w| lasting(
        w,
        with_value(b"\"CONF\xff\xfeIRMED\"")
    )),
    godata!("no-json", "A page is JSON of another shape.", |w| {
        lasting(w, Fault::Reject { status: 200, body: "{\"count\":3}".into() });
    }),
    godata!("clock-ahead", "The server's clock is three days ahead.", |w| skew(w, SignedDuration::from_hours(72))),
    godata!("clock-behind", "The server's clock is three days behind.", |w| skew(w, SignedDuration::from_hours(-72))),
    godata!("hangs", "The server takes requests and answers none, from the third page on.", |w| lasting(
        w,
        Fault::Hold
    )),
    godata!("resets", "Connections break without an answer, from the third page on.", |w| lasting(w, Fault::Reset)),
    godata!("reset", "A connection breaks without an answer, once.", |w| once(w, Fault::Reset)),
    godata!("reset-after-head", "A connection breaks between headers and body, once.", |w| once(
        w,
        Fault::ResetAfterHead
    )),
];

fn on_page(fault: Fault) -> FaultRule {
    FaultRule::on(CASES, fault).method(Method::GET).skip(PAGES_BEFORE)
}

fn once(world: &World, fault: Fault) {
    world.godata.faults().push(on_page(fault));
}

fn lasting(world: &World, fault: Fault) {
    world.godata.faults().push(on_page(fault).forever());
}

fn login(world: &World, fault: Fault) {
    world.godata.faults().push(FaultRule::on(LOGIN, fault).forever());
}

fn skew(world: &World, by: SignedDuration) {
    world.godata.faults().push(FaultRule::on("*", Fault::ClockSkew(by)).forever());
}

fn status(status: u16) -> Fault {
    Fault::Reject { status, body: String::new() }
}

fn retry_after(status: u16) -> Fault {
    Fault::RejectRetryAfter { status, retry_after_secs: 0 }
}

fn error(status: u16, code: &str, message: &str) -> String {
    json!({ "error": { "statusCode": status, "name": "Error", "message": message, "code": code } }).to_string()
}

fn nested() -> Vec<u8> {
    let mut text = vec![b'['; LEVELS];
    text.resize(2 * LEVELS, b']');
    text
}

/// Puts another value at the first classification of a page.
fn with_value(value: &[u8]) -> Fault {
    let value = value.to_vec();
    Fault::AlterAnswer(Transform::new(move |page| {
        let key = b"\"classification\":";
        let Some(at) = page.windows(key.len()).position(|part| part == key).map(|at| at + key.len()) else {
            return page;
        };
        let end = page[at..].iter().position(|byte| matches!(byte, b',' | b'}')).map_or(page.len(), |n| at + n);
        [&page[..at], &value, &page[end..]].concat()
    }))
}

/// Puts one more field into the first record of a page.
fn with_field(value: &str) -> Fault {
    let field = format!("\"notAskedFor\":{value},");
    Fault::AlterAnswer(Transform::new(move |page| match page.iter().position(|byte| *byte == b'{') {
        Some(at) => [&page[..=at], field.as_bytes(), &page[at + 1..]].concat(),
        None => page,
    }))
}

/// Confines the account to half of the places where people live.
fn restrict(world: &World) {
    let homes: BTreeSet<String> = {
        let documents = world.godata.documents();
        let homes = documents.cases().filter_map(|case| text(case, "usualPlaceOfResidenceLocationId"));
        homes.map(str::to_owned).collect()
    };
    let half: BTreeSet<String> = homes.iter().take(homes.len() / 2).cloned().collect();
    world.godata.handle().edit_users(|user| user.only_places = Some(half.clone()));
}

/// Does something to two confirmed cases while the third page is on its way: one that was read, and one that was not.
fn work(world: &World, what: fn(&GodataHandle, &str) -> bool) {
    let godata = world.godata.handle();
    let hook = Hook::new(move || {
        let ids = confirmed(&godata.documents());
        let n = ids.len();
        for id in [ids.get(1), ids.get(n.saturating_sub(2))].into_iter().flatten() {
            what(&godata, id);
        }
    });
    once(world, Fault::Call(hook));
}

/// The ids of the confirmed cases in the order in which they are read.
fn confirmed(documents: &Documents) -> Vec<String> {
    let live = documents.cases().filter(|case| !is_deleted(case) && text(case, "classification") == Some(CONFIRMED));
    let mut ids: Vec<String> = live.filter_map(|case| text(case, "id")).map(str::to_owned).collect();
    ids.sort();
    ids
}

/// Enters a case like another one, under an id at the same end of the list.
fn insert(godata: &GodataHandle, like: &str) -> bool {
    let ids = confirmed(&godata.documents());
    let is_early = ids.iter().position(|id| id == like).is_some_and(|at| at < ids.len() / 2);
    let Some(mut case) = godata.documents().find(like).cloned() else { return false };
    case.insert("id".into(), json!(format!("{}-{like}", if is_early { "0000" } else { "zzzz" })));
    case.insert("type".into(), json!(PersonType::Case.id()));
    godata.edit(|e| e.insert_person(case));
    true
}
