//! What the server says of itself and of the user: system information, settings, period types.

use serde_json::{Map, Value, json};

use super::catalogue::Kind;
use super::fields;
use super::object::object;
use super::period::PeriodType;
use super::query::Query;
use super::respond::Problem;
use super::{Options, Server, Session};

/// The import settings of the system, all off, as the row importer's defaults are.
const SETTINGS: [&str; 8] = [
    "keyDataImportStrictPeriods",
    "keyDataImportStrictDataElements",
    "keyDataImportStrictCategoryOptionCombos",
    "keyDataImportStrictAttributeOptionCombos",
    "keyDataImportStrictOrganisationUnits",
    "keyDataImportRequireCategoryOptionCombo",
    "keyDataImportRequireAttributeOptionCombo",
    "dataEntryAutoGroup",
];

/// `/api/system/info`.
pub(crate) fn info(options: &Options, session: &Session, base_url: &str) -> Value {
    json!({
        "contextPath": base_url,
        "calendar": options.calendar,
        "dateFormat": "yyyy-mm-dd",
        "serverDate": session.now.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
        "serverTimeZoneId": "Etc/UTC",
        "serverTimeZoneDisplayName": "Coordinated Universal Time",
        "version": options.version,
        "revision": "0000000",
        "buildTime": "2026-01-01T00:00:00.000",
        "systemId": options.system_id,
        "systemName": "DHIS 2 sandbox",
    })
}

/// `/api/me`.
pub(crate) fn me(server: &Server, session: &Session, query: &Query) -> Result<Value, Problem> {
    let users = &server.catalogue.metadata.users;
    let position = users.iter().position(|user| user.uid == session.user.uid).unwrap_or(0);
    let fields = fields::parse(query.get("fields").unwrap_or("*"))?;
    Ok(object(Kind::User, position).project(&server.catalogue, Some(&fields)))
}

/// `/api/systemSettings`, all of them or the `key`s asked for.
pub(crate) fn settings(query: &Query) -> Value {
    let keys = query.set("key");
    let wanted = SETTINGS.iter().filter(|name| keys.is_empty() || keys.iter().any(|k| k == *name));
    Value::Object(wanted.map(|name| ((*name).to_owned(), json!(false))).collect::<Map<_, _>>())
}

/// `/api/periodTypes`.
pub(crate) fn period_types(session: &Session) -> Value {
    let known = PeriodType::all().into_iter().filter(|kind| kind.known_to(session.version));
    let types: Vec<_> = known
        .map(|kind| {
            let (format, duration) = kind.iso_format();
            json!({"name": kind.name(), "isoDuration": duration, "isoFormat": format})
        })
        .collect();
    json!({ "periodTypes": types })
}
