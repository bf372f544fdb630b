//! The DHIS2 simulator, asked over HTTP as a client would.

mod access;
mod completion;
mod group_importer;
mod metadata;
mod packages;
mod read_back;
mod row_importer;
mod vectors;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::civil::date;
use reqwest::Method;
use sandbox::dhis2::{Metadata, Options, OrgUnit, Running, State, router, serve};
use serde_json::{Value, json};

/// Monday: `2020W13` is over, `2020W14` has begun.
const NOW: &str = "2020-03-30T12:00:00Z";

const DAILY: &str = "kIfMNugiTgd";
const WEEKLY: &str = "uKtOZwDnIpM";
/// Confirmed cases by age and sex, daily data set.
const CONFIRMED: &str = "CnPsS2xE8UN";
/// Cases tested, default combo, daily data set.
const TESTED: &str = "kX2J7E3H3YO";
/// Deaths by age and sex, daily data set.
const DEATHS: &str = "BkH5UYzo3SM";
/// Transmission classification: text with an option set, weekly data set.
const TRANSMISSION: &str = "sWCFbUawFDa";
/// 0-1 years, Male: of the age and sex combo of the daily data set.
const INFANT_BOYS: &str = "NZkmbtZAFtN";
const DEFAULT: &str = "HllvX50cXC0";
/// Known cluster / imported: options combos of the transmission combo, used as attributes here.
const IMPORTED: &str = "S32sBnGUfwN";
const TRANSMISSION_COMBO: &str = "FGDN1aBqJnt";

const COUNTRY: &str = "ImspTQPwCqd";
const DISTRICT: &str = "O6uvpzGd5pu";
const OTHER_DISTRICT: &str = "fdc6uOvgoji";
const FACILITY: &str = "DiszpKrYNg8";

struct Sandbox {
    state: State,
    running: Running,
    http: reqwest::Client,
    clock: Arc<Mutex<Timestamp>>,
}

fn org_units() -> Vec<OrgUnit> {
    let opened = date(2010, 1, 1);
    let mut facility = OrgUnit::new(FACILITY, "Health Post", Some(DISTRICT), 3, date(2020, 3, 1));
    facility.code = Some("OU_559".to_owned());
    vec![
        OrgUnit::new(COUNTRY, "Country", None, 1, opened),
        OrgUnit::new(DISTRICT, "District A", Some(COUNTRY), 2, opened),
        OrgUnit::new(OTHER_DISTRICT, "District B", Some(COUNTRY), 2, opened),
        facility,
    ]
}

async fn sandbox(version: &str) -> Sandbox {
    sandbox_with(version, |_| {}).await
}

async fn sandbox_with(version: &str, set_up: impl FnOnce(&mut Options)) -> Sandbox {
    let clock: Arc<Mutex<Timestamp>> = Arc::new(Mutex::new(NOW.parse().unwrap()));
    let hands = clock.clone();
    let mut options =
        Options { version: version.to_owned(), now: Arc::new(move || *hands.lock().unwrap()), ..Options::default() };
    set_up(&mut options);
    let state = State::new(options, Metadata::covid19(&org_units()));
    let running = serve(router(state.clone())).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Sandbox { state, running, http, clock }
}

impl Sandbox {
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request =
            self.http.request(method, format!("{}{path}", self.running.url())).basic_auth("tally", Some("district"));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, query: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, &format!("/api/dataValueSets{query}"), Some(body)).await
    }

    fn set_now(&self, now: &str) {
        *self.clock.lock().unwrap() = now.parse().unwrap();
    }

    /// The live values of an element as text, by option combo.
    fn value(&self, element: &str, period: &str, unit: &str, combo: &str) -> Option<String> {
        let key = (element, period, unit, combo, DEFAULT);
        let key = (key.0.into(), key.1.into(), key.2.into(), key.3.into(), key.4.into());
        self.state.values().remove(&key)
    }
}

/// A value of the daily data set at the facility on 27 March 2020.
fn tested(value: &str) -> Value {
    json!({"dataElement": TESTED, "period": "20200327", "orgUnit": FACILITY, "value": value})
}

/// A data value set for the daily data set.
fn daily(values: &[Value]) -> Value {
    json!({"dataSet": DAILY, "dataValues": values})
}

/// One value of the daily data set with some members replaced.
fn with(changes: Value) -> Value {
    let mut value = tested("5");
    for (name, change) in changes.as_object().unwrap() {
        value[name] = change.clone();
    }
    value
}

/// imported, updated, ignored, deleted.
fn counts(body: &Value) -> [u64; 4] {
    let count = &body["response"]["importCount"];
    ["imported", "updated", "ignored", "deleted"].map(|name| count[name].as_u64().unwrap())
}

/// The codes of the conflicts.
fn codes(body: &Value) -> Vec<&str> {
    let conflicts = body["response"]["conflicts"].as_array();
    conflicts.into_iter().flatten().filter_map(|c| c["errorCode"].as_str()).collect()
}
