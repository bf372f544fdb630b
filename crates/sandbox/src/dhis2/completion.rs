//! `/api/completeDataSetRegistrations`.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalogue::{IdScheme, Kind};
use super::import::{Conflict, Import, Summary};
use super::query::Query;
use super::respond::Problem;
use super::{Completion, CompletionKey, CompletionRow, DEFAULT_OPTION_COMBO, Server, Session};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    complete_data_set_registrations: Vec<Registration>,
    strategy: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Registration {
    data_set: Option<String>,
    period: Option<String>,
    organisation_unit: Option<String>,
    attribute_option_combo: Option<String>,
    date: Option<String>,
    stored_by: Option<String>,
    completed: Option<bool>,
}

/// Registers completions; returns how many were sent and the summary.
///
/// The import fails only if every registration was ignored, so an empty list fails.
pub(crate) fn register(
    server: &mut Server,
    session: &Session,
    query: &Query,
    body: &[u8],
) -> Result<(usize, Summary), Problem> {
    let payload: Payload = serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))?;
    let dry_run = query.flag("dryRun")? || payload.dry_run == Some(true);
    let strategy = query.get("importStrategy").map(str::to_owned).or(payload.strategy);
    let strategy = strategy.unwrap_or_else(|| "CREATE_AND_UPDATE".to_owned());
    let mut summary = Summary::success("Import process complete.");
    let total = payload.complete_data_set_registrations.len();
    for (index, registration) in payload.complete_data_set_registrations.into_iter().enumerate() {
        match resolve(server, session, &registration, query) {
            Err(conflict) => summary.reject(index, conflict),
            Ok(key) => {
                let effect = effect(&strategy, server.completions.contains_key(&key));
                summary.count(effect, index);
                if !dry_run {
                    apply(server, session, key, effect, &registration);
                }
            }
        }
    }
    summary.fail_if(summary.ignored() == total);
    Ok((total, summary))
}

/// The registrations of the data sets, organisation units and periods; `{}` if there are none.
pub(crate) fn list(server: &mut Server, session: &Session, query: &Query) -> Result<Value, Problem> {
    let (sets, periods, units) = (query.set("dataSet"), query.set("period"), query.set("orgUnit"));
    if sets.is_empty() {
        return Err(Problem::conflict("At least one data set must be specified").code("E2013"));
    }
    if units.is_empty() {
        return Err(Problem::conflict("At least one organisation unit must be specified").code("E2006"));
    }
    let mut isos = Vec::new();
    for text in &periods {
        if let Some(id) = server.periods.id(text, session.version) {
            isos.push(server.periods.get(id).iso.clone());
        }
    }
    let dates = query.get("startDate").zip(query.get("endDate"));
    let dates = dates.and_then(|(a, b)| Some((a.parse::<Date>().ok()?, b.parse::<Date>().ok()?)));
    let children = query.get("children") == Some("true");
    let mut found = Vec::new();
    for ((set, period, unit, combo), row) in &server.completions {
        let place = server.catalogue.find(Kind::OrgUnit, IdScheme::Uid, unit);
        let here =
            units.contains(unit) || (children && place.is_some_and(|place| server.catalogue.is_within(place, &units)));
        let in_time = isos.contains(period)
            || dates.is_some_and(|(start, end)| {
                super::Period::parse(period, session.version).is_some_and(|p| p.start >= start && p.end <= end)
            });
        if sets.contains(set) && here && in_time {
            found.push(json!({
                "period": period, "dataSet": set, "organisationUnit": unit, "attributeOptionCombo": combo,
                "date": row.completion.date.to_string(), "storedBy": row.completion.stored_by,
                "lastUpdated": row.last_updated.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
                "lastUpdatedBy": row.completion.stored_by, "completed": row.completion.completed,
            }));
        }
    }
    Ok(if found.is_empty() { json!({}) } else { json!({ "completeDataSetRegistrations": found }) })
}

/// Withdraws the completions of `ds`, `pe`, `ou`.
///
/// # Errors
/// 409 if something named does not exist or the slice is locked.
pub(crate) fn withdraw(server: &mut Server, session: &Session, query: &Query) -> Result<(), Problem> {
    let (Some(period), Some(unit)) = (query.get("pe"), query.get("ou")) else {
        return Err(Problem::bad_request("Required request parameter is not present"));
    };
    let Some(id) = server.periods.id(period, session.version) else {
        return Err(Problem::conflict(format!("Illegal period identifier: {period}")));
    };
    let iso = server.periods.get(id).iso.clone();
    for set in query.set("ds") {
        if server.catalogue.find(Kind::DataSet, IdScheme::Uid, &set).is_none() {
            return Err(Problem::conflict(format!("Illegal data set identifier: {set}")));
        }
        if server.locked.contains(&(set.clone(), iso.clone(), unit.to_owned())) {
            return Err(Problem::conflict(format!("Locked Data set(s) : {set}")));
        }
        server.completions.retain(|(s, p, u, _), _| (s, p.as_str(), u.as_str()) != (&set, iso.as_str(), unit));
    }
    Ok(())
}

/// Registers one completion, as the importers do for `completeDate`.
pub(crate) fn put(server: &mut Server, session: &Session, key: CompletionKey, date: Date) {
    let completion = Completion { date, stored_by: session.user.username.clone(), completed: true };
    server.completions.insert(key, CompletionRow { completion, last_updated: session.now });
}

fn resolve(
    server: &mut Server,
    session: &Session,
    registration: &Registration,
    query: &Query,
) -> Result<CompletionKey, Conflict> {
    let find = |server: &Server, kind, scheme: &str, text: &Option<String>, problem: &str| {
        // An empty name of a scheme stands for a UID of our own.
        let given = query.get(scheme).or(query.get("idScheme")).filter(|_| !scheme.is_empty());
        let scheme = given.and_then(IdScheme::parse).unwrap_or_default();
        let named = text.as_deref().unwrap_or("");
        let found = server.catalogue.find(kind, scheme, named);
        found.ok_or_else(|| Conflict::plain(named, problem))
    };
    let data_set =
        find(server, Kind::DataSet, "dataSetIdScheme", &registration.data_set, "Data set not found or not accessible")?;
    let text = registration.period.as_deref().unwrap_or("");
    let period = server.periods.id(text, session.version);
    let period = period.ok_or_else(|| Conflict::plain(text, "Period not valid"))?;
    let place = find(
        server,
        Kind::OrgUnit,
        "orgUnitIdScheme",
        &registration.organisation_unit,
        "Organisation unit not found or not accessible",
    )?;
    let default = Some(DEFAULT_OPTION_COMBO.to_owned());
    let (combo, scheme) = match &registration.attribute_option_combo {
        None => (&default, ""),
        given => (given, "attributeOptionComboIdScheme"),
    };
    let problem = "Attribute option combo not found or not accessible";
    let combo = find(server, Kind::CategoryOptionCombo, scheme, combo, problem)?;
    let uid = |kind, position| server.catalogue.uid(kind, position).as_str().to_owned();
    let org_unit = uid(Kind::OrgUnit, place);
    if !server.catalogue.is_within(place, &session.user.org_units) {
        let user = &session.user.username;
        let text = format!("Organisation unit is not in hierarchy of user: {user}");
        return Err(Conflict::plain(&org_unit, text));
    }
    let iso = server.periods.get(period).iso.clone();
    if !is_in_range(server, combo, server.periods.get(period)) {
        let combo = uid(Kind::CategoryOptionCombo, combo);
        let text = format!("Period: {iso} is not within range of attribute option combo: {combo}");
        return Err(Conflict::plain(&iso, text));
    }
    Ok((uid(Kind::DataSet, data_set), iso, org_unit, uid(Kind::CategoryOptionCombo, combo)))
}

/// Whether the period and the dates of the combo's options overlap.
fn is_in_range(server: &Server, combo: usize, period: &super::Period) -> bool {
    let catalogue = &server.catalogue;
    let options = catalogue.metadata.category_option_combos[combo].category_options.iter();
    let options = options.filter_map(|uid| catalogue.find(Kind::CategoryOption, IdScheme::Uid, uid));
    options.map(|found| &catalogue.metadata.category_options[found]).all(|option| {
        option.end_date.is_none_or(|end| end >= period.start)
            && option.start_date.is_none_or(|start| start <= period.end)
    })
}

fn effect(strategy: &str, exists: bool) -> Import {
    match (strategy, exists) {
        ("DELETE" | "DELETES", true) => Import::Deleted,
        ("CREATE" | "NEW" | "CREATE_AND_UPDATE" | "NEW_AND_UPDATES", false) => Import::Imported,
        ("UPDATE" | "UPDATES" | "CREATE_AND_UPDATE" | "NEW_AND_UPDATES", true) => Import::Updated,
        _ => Import::Rejected,
    }
}

fn apply(server: &mut Server, session: &Session, key: CompletionKey, effect: Import, registration: &Registration) {
    match effect {
        Import::Deleted => {
            server.completions.remove(&key);
        }
        Import::Imported | Import::Updated => {
            let date = registration.date.as_deref().and_then(|text| text.get(..10)?.parse().ok());
            let completion = Completion {
                date: date.unwrap_or_else(|| session.today()),
                stored_by: registration.stored_by.clone().unwrap_or_else(|| session.user.username.clone()),
                completed: registration.completed.unwrap_or(true),
            };
            server.completions.insert(key, CompletionRow { completion, last_updated: session.now });
        }
        Import::Ignored | Import::Rejected | Import::Dropped => {}
    }
}
