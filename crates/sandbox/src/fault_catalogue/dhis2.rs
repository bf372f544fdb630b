//! What goes wrong at DHIS2.

use std::sync::{Mutex, PoisonError};

use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::{NamedFault, Server, nothing};
use crate::dhis2::{DEFAULT_OPTION_COMBO, State, ValueKey};
use crate::fault::{Fault, FaultRule, Judge, Method, Transform};
use crate::world::{World, account};

/// Imports and read-backs.
const VALUES: &str = "/api/*dataValueSets*";
const MAINTENANCE: &str = "<html><head><title>DHIS2</title></head><body>Maintenance</body></html>";
/// What a person types over a value.
const TYPED: &str = "4711";
/// The largest import that the proxy of `payload-too-large` lets through.
const PROXY_VALUES_MAX: usize = 7;

macro_rules! dhis2 {
    ($name:literal, $what:literal, $arm:expr) => {
        dhis2!($name, $what, $arm, nothing)
    };
    ($name:literal, $what:literal, $arm:expr, $undo:expr) => {
        NamedFault { name: concat!("dhis2-", $name), server: Server::Dhis2, what: $what, arm: $arm, undo: $undo }
    };
}

/// DHIS2's faults.
pub(super) static FAULTS: &[NamedFault] = &[
    dhis2!("unauthorised", "The credentials are not accepted.", |w| everywhere(
        w,
        message(401, "Unauthorized", "Unauthorized")
    )),
    dhis2!(
        "account-disabled",
        "The account is disabled between two imports.",
        |w| second_import(w, |dhis2, _| dhis2.edit(|m| m.users[0].disabled = true)),
        |w| w.dhis2.edit(|m| m.users[0].disabled = false)
    ),
    dhis2!(
        "token-revoked",
        "The personal access token is revoked between two imports.",
        |w| second_import(w, |dhis2, _| dhis2.revoke_tokens()),
        |w| w.dhis2.edit(|m| _ = m.users[0].tokens.insert(account::DHIS2_TOKEN.into()))
    ),
    dhis2!(
        "authority-withdrawn",
        "The authority to add data values is withdrawn between two imports.",
        |w| second_import(w, |dhis2, _| dhis2.edit(|m| _ = m.users[0].authorities.remove("F_DATAVALUE_ADD"))),
        |w| w.dhis2.edit(|m| _ = m.users[0].authorities.insert("F_DATAVALUE_ADD".into()))
    ),
    dhis2!("login-redirect", "An import is redirected to the login page.", |w| {
        imports(w, Fault::Redirect { to: "/dhis-web-login/".into() });
    }),
    dhis2!("redirect", "An import is redirected to another address.", |w| {
        imports(w, Fault::Redirect { to: "https://elsewhere.example.org/api/dataValueSets".into() });
    }),
    dhis2!("bad-request", "Imports are refused with status 400.", |w| imports(
        w,
        message(400, "Bad Request", "Malformed")
    )),
    dhis2!("no-such-path", "Imports are answered with status 404.", |w| imports(
        w,
        message(404, "Not Found", "Not found")
    )),
    dhis2!("method-not-allowed", "A proxy refuses POST with status 405.", |w| imports(
        w,
        message(405, "Method Not Allowed", "Method not allowed")
    )),
    dhis2!("not-acceptable", "Imports are refused with status 406.", |w| imports(
        w,
        message(406, "Not Acceptable", "Not acceptable")
    )),
    dhis2!("conflict-without-summary", "Imports are refused with status 409 and no import summary.", |w| imports(
        w,
        message(409, "Conflict", "The data set is being maintained")
    )),
    dhis2!("unsupported-media-type", "Imports are refused with status 415.", |w| imports(
        w,
        message(415, "Unsupported Media Type", "Content-Type not supported")
    )),
    dhis2!("payload-too-large", "A proxy refuses imports of more than a few values with status 413.", |w| {
        let judge = |body: &[u8]| {
            (n_values(body) > PROXY_VALUES_MAX).then(|| (413, "<html>413 Request Entity Too Large</html>".to_owned()))
        };
        imports(w, Fault::RejectIf(Judge::new(judge)));
    }),
    dhis2!("throttled", "An import is answered 429 with Retry-After, once.", |w| import_once(
        w,
        Fault::RejectRetryAfter { status: 429, retry_after_secs: 0 }
    )),
    dhis2!("unavailable-retry-after", "An import is answered 503 with Retry-After, once.", |w| import_once(
        w,
        Fault::RejectRetryAfter { status: 503, retry_after_secs: 0 }
    )),
    dhis2!("unavailable", "An import is answered 503 without Retry-After, once.", |w| import_once(w, status(503))),
    dhis2!("bad-gateway", "An import is answered 502, once.", |w| import_once(w, status(502))),
    dhis2!("gateway-timeout-after-write", "A proxy answers 504 while the import is carried out.", |w| import_once(
        w,
        Fault::FailAfterWrite { status: 504, body: "upstream timed out".into() }
    )),
    dhis2!("error-after-write", "An import writes all values and answers 500.", |w| import_once(
        w,
        Fault::FailAfterWrite { status: 500, body: "{}".into() }
    )),
    dhis2!("error-after-half", "An import writes half of its values and answers 500.", |w| import_once(
        w,
        Fault::AlterRequestThenFail { alter: keeping(|n| n / 2), status: 500, body: "{}".into() }
    )),
    dhis2!("error-always", "Imports write nothing and answer 500.", |w| imports(w, status(500))),
    dhis2!("hangs-after-write", "An import writes all values and never answers.", |w| import_once(
        w,
        Fault::HoldAfterWrite
    )),
    dhis2!("hangs-before-write", "Imports are taken and neither carried out nor answered.", |w| imports(
        w,
        Fault::Hold
    )),
    dhis2!("hangs", "No request is answered.", |w| everywhere(w, Fault::Hold)),
    dhis2!("reset-after-write", "An import writes all values and the connection breaks without an answer.", |w| {
        import_once(w, Fault::ResetAfterWrite);
    }),
    dhis2!(
        "reset-after-head",
        "An import writes all values and the connection breaks between headers and body.",
        |w| {
            import_once(w, Fault::ResetAfterHead);
        }
    ),
    dhis2!("summary-cut", "An import writes all values and its summary breaks off.", |w| import_once(
        w,
        Fault::CutBody { at_byte: 20 }
    )),
    dhis2!("html-after-write", "An import writes all values and a proxy answers a page with status 200.", |w| {
        import_once(w, Fault::FailAfterWrite { status: 200, body: MAINTENANCE.into() })
    }),
    dhis2!("empty-answer", "An import writes all values and answers 200 without a body.", |w| import_once(
        w,
        Fault::FailAfterWrite { status: 200, body: String::new() }
    )),
    dhis2!("maintenance-page", "A page says that the server is being maintained, with status 503.", |w| everywhere(
        w,
        Fault::Reject { status: 503, body: MAINTENANCE.into() }
    )),
    dhis2!("login-page", "A login page comes with status 200.", |w| everywhere(w, Fault::Html { status: 200 })),
    dhis2!("read-back-fails", "Imports work, and reading what they wrote fails with status 500.", |w| {
        let rule = FaultRule::on(VALUES, status(500)).method(Method::GET).skip(1).forever();
        w.dhis2_faults.push(rule);
    }),
    dhis2!("value-lost", "An import leaves one value out and its summary says that all is fine.", |w| import_once(
        w,
        Fault::AlterRequest(keeping(|n| n.saturating_sub(1)))
    )),
    dhis2!("zeros-dropped", "Imports leave zeros out and their summary says that all is fine.", |w| {
        let drop_zeros = Transform::new(|body| altered(&body, |values| values.retain(|value| value["value"] != "0")));
        imports(w, Fault::AlterRequest(drop_zeros));
    }),
    dhis2!("duplicate-key", "An import arrives with one value twice.", |w| {
        let double = Transform::new(|body| altered(&body, |values| values.extend(values.first().cloned())));
        import_once(w, Fault::AlterRequest(double));
    }),
    dhis2!(
        "person-edits-before-push",
        "A person types over a value after it was compared and before it is pushed.",
        |w| {
            first_import(w, |dhis2, body| {
                if let Some(key) = written_key(body) {
                    dhis2.set_value(&key, Some(TYPED));
                }
            });
        }
    ),
    dhis2!(
        "person-edits-after-push",
        "A person types over a value after it was pushed and before it is read back.",
        |w| {
            let dhis2 = w.dhis2.clone();
            let seen = Mutex::new(None);
            let remember = Transform::new(move |body| {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                match (&*seen, written_key(&body)) {
                    (None, Some(key)) => *seen = Some(key),
                    (Some(key), _) => dhis2.set_value(key, Some(TYPED)),
                    (None, None) => {}
                }
                body
            });
            imports(w, Fault::AlterRequest(remember));
        }
    ),
    dhis2!(
        "data-set-locked",
        "The data set is locked between two imports.",
        |w| second_import(w, |dhis2, _| dhis2.edit(|m| m.data_sets.iter_mut().for_each(|set| set.expiry_days = 1))),
        |w| w.dhis2.edit(|m| m.data_sets.iter_mut().for_each(|set| set.expiry_days = 0))
    ),
    dhis2!(
        "period-locked",
        "One period is locked everywhere between the comparison and the first import.",
        |w| first_import(w, |dhis2, body| {
            let Some((_, period, ..)) = key_at(body, 0) else { return };
            let sets = dhis2
                .edit(|m| m.data_sets.iter().map(|set| (set.uid.clone(), set.org_units.clone())).collect::<Vec<_>>());
            for (set, units) in sets {
                units.iter().for_each(|unit| dhis2.lock_slice(&set, &period, unit));
            }
        }),
        |w| w.dhis2.unlock_slices()
    ),
    dhis2!(
        "option-refused",
        "The account may no longer write a category option, from the first import on.",
        |w| first_import(w, |dhis2, body| {
            let Some((_, _, _, combo, _)) = key_at(body, 0) else { return };
            dhis2.edit(|m| {
                let found = m.category_option_combos.iter().find(|one| one.uid == combo);
                let option = found.and_then(|one| one.category_options.first().cloned());
                if let Some(option) = option {
                    m.category_option_mut(&option).data_write = false;
                }
            });
        }),
        |w| w.dhis2.edit(|m| m.category_options.iter_mut().for_each(|option| option.data_write = true))
    ),
    dhis2!(
        "request-rejected-for-one-id",
        "Any import that holds a certain value is rejected as a whole for its id.",
        |w| {
            let guilty = Mutex::new(None);
            let judge = move |body: &[u8]| {
                let mut guilty = guilty.lock().unwrap_or_else(PoisonError::into_inner);
                let guilty = guilty.get_or_insert_with(|| key_at(body, n_values(body) / 3));
                let holds = (0..n_values(body)).any(|at| key_at(body, at) == *guilty);
                holds.then(|| (409, rejected_for_one_id()))
            };
            imports(w, Fault::RejectIf(Judge::new(judge)));
        }
    ),
    dhis2!("all-rejected", "Imports are rejected as a whole, with no word about which value is to blame.", |w| {
        let body = summary("ERROR", "An error occurred, please check import summary.", json!([]));
        imports(w, Fault::Reject { status: 409, body });
    }),
    dhis2!("option-combo-removed", "A category option combo is removed between the comparison and the import.", |w| {
        first_import(w, |dhis2, body| {
            if let Some((_, _, _, combo, _)) = key_at(body, 0).filter(|key| key.3 != DEFAULT_OPTION_COMBO) {
                dhis2.regenerate_option_combo(&combo, &regenerated(&combo));
            }
        });
    }),
    dhis2!("option-combo-regenerated", "A category option combo got another UID since the last run.", |w| {
        let combo = w.dhis2.values().keys().map(|key| key.3.clone()).find(|combo| combo != DEFAULT_OPTION_COMBO);
        if let Some(combo) = combo {
            w.dhis2.regenerate_option_combo(&combo, &regenerated(&combo));
        }
    }),
    dhis2!("job-never-ends", "An import that runs as a job is never done.", |w| {
        w.dhis2_faults
            .push(FaultRule::on("*/system/tasks/*", Fault::Reject { status: 200, body: "[]".into() }).forever());
        w.dhis2_faults.push(FaultRule::on("*/system/taskSummaries/*", status(200)).forever());
    }),
    dhis2!("clock-ahead", "The server's clock is three days ahead.", |w| clock(w, 3)),
    dhis2!("clock-behind", "The server's clock is three days behind.", |w| clock(w, -3)),
    dhis2!("gzip-bomb", "A small packed answer unpacks to 600 MB.", |w| {
        let rule = FaultRule::on(VALUES, Fault::GzipBomb { n_bytes: 600 << 20 }).method(Method::GET);
        w.dhis2_faults.push(rule.forever());
    }),
];

fn everywhere(world: &World, fault: Fault) {
    world.dhis2_faults.push(FaultRule::on("*", fault).forever());
}

fn imports(world: &World, fault: Fault) {
    world.dhis2_faults.push(FaultRule::on(VALUES, fault).method(Method::POST).forever());
}

fn import_once(world: &World, fault: Fault) {
    world.dhis2_faults.push(FaultRule::on(VALUES, fault).method(Method::POST));
}

/// Changes the server when the first import arrives.
fn first_import(world: &World, change: fn(&State, &[u8])) {
    import_once(world, Fault::AlterRequest(changing(world, change)));
}

/// Changes the server when the second import arrives; the first has long been carried out.
fn second_import(world: &World, change: fn(&State, &[u8])) {
    let rule = FaultRule::on(VALUES, Fault::AlterRequest(changing(world, change))).method(Method::POST).skip(1);
    world.dhis2_faults.push(rule);
}

fn changing(world: &World, change: fn(&State, &[u8])) -> Transform {
    let dhis2 = world.dhis2.clone();
    Transform::new(move |body| {
        change(&dhis2, &body);
        body
    })
}

/// Has the server tell a wrong date of its own.
fn clock(world: &World, days: i64) {
    let wrong = Transform::new(move |body| {
        let mut info: Value = serde_json::from_slice(&body).unwrap_or_default();
        let told = info["serverDate"].as_str().and_then(|text| text.parse::<DateTime>().ok());
        if let Some(at) = told.and_then(|at| at.checked_add(days.days()).ok()) {
            info["serverDate"] = json!(at.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string());
        }
        info.to_string().into_bytes()
    });
    world.dhis2_faults.push(FaultRule::on("*/system/info", Fault::AlterAnswer(wrong)).forever());
}

fn status(status: u16) -> Fault {
    Fault::Reject { status, body: String::new() }
}

/// A refusal in DHIS2's own envelope.
fn message(status: u16, name: &str, words: &str) -> Fault {
    let body = json!({ "httpStatus": name, "httpStatusCode": status, "status": "ERROR", "message": words });
    Fault::Reject { status, body: body.to_string() }
}

/// A summary of an import of which nothing was taken.
fn summary(status: &str, description: &str, conflicts: Value) -> String {
    let counts = json!({ "imported": 0, "updated": 0, "ignored": 0, "deleted": 0 });
    json!({ "httpStatus": "Conflict", "httpStatusCode": 409, "status": status, "message": description,
        "response": { "responseType": "ImportSummary", "status": status, "description": description,
            "importCount": counts, "conflicts": conflicts, "rejectedIndexes": [] } })
    .to_string()
}

fn rejected_for_one_id() -> String {
    let conflict = json!([{ "object": "x", "value": "Category option combo not found or not accessible: `x`",
        "errorCode": "E8109", "indexes": [-1] }]);
    summary("ERROR", "An error occurred, please check import summary.", conflict)
}

/// Another UID that nothing has.
fn regenerated(uid: &str) -> String {
    format!("Z{}", uid[1..].chars().rev().collect::<String>())
}

fn values_of(body: &[u8]) -> Vec<Value> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    document["dataValues"].as_array().cloned().unwrap_or_default()
}

fn n_values(body: &[u8]) -> usize {
    values_of(body).len()
}

fn key_at(body: &[u8], at: usize) -> Option<ValueKey> {
    let values = values_of(body);
    let value = values.get(at)?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let attribute = text("attributeOptionCombo").unwrap_or_else(|| DEFAULT_OPTION_COMBO.to_owned());
    Some((text("dataElement")?, text("period")?, text("orgUnit")?, text("categoryOptionCombo")?, attribute))
}

/// The key of the first value that is written, not deleted.
fn written_key(body: &[u8]) -> Option<ValueKey> {
    let at = values_of(body).iter().position(|value| value["deleted"] != true)?;
    key_at(body, at)
}

fn altered(body: &[u8], alter: impl Fn(&mut Vec<Value>)) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    if let Some(values) = document["dataValues"].as_array_mut() {
        alter(values);
    }
    document.to_string().into_bytes()
}

/// Keeps so many of the values of an import, from the first on.
fn keeping(n: fn(usize) -> usize) -> Transform {
    Transform::new(move |body| altered(&body, |values| values.truncate(n(values.len()))))
}
