//! `GET /api/dataValueSets`: selection, refusals, and the two shapes of the answer.

use std::collections::HashSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::catalogue::{IdScheme, Kind, Uid};
use super::query::Query;
use super::respond::Problem;
use super::store::{Key, PeriodId, Row};
use super::version::Dialect;
use super::{Server, Session};

/// What a request selects.
struct Selection {
    data_sets: Vec<usize>,
    elements: HashSet<Uid>,
    org_units: Vec<Uid>,
    periods: When,
    attribute_combos: HashSet<Uid>,
    include_deleted: bool,
    /// Only what was written or deleted from this instant on.
    since: Option<Timestamp>,
    limit: usize,
}

enum When {
    Periods(HashSet<PeriodId>),
    Dates(Date, Date),
    Any,
}

struct Schemes {
    element: IdScheme,
    org_unit: IdScheme,
    option_combo: IdScheme,
    data_set: IdScheme,
}

/// The data values that the query selects.
///
/// # Errors
/// 409 with E2001-E2012.
pub(crate) fn data_value_set(server: &mut Server, session: &Session, query: &Query) -> Result<Value, Problem> {
    let selection = select(server, session, query)?;
    let schemes = Schemes {
        element: scheme(query, "dataElementIdScheme"),
        org_unit: scheme(query, "orgUnitIdScheme"),
        option_combo: scheme(query, "categoryOptionComboIdScheme"),
        data_set: scheme(query, "dataSetIdScheme"),
    };
    let server = &*server;
    let in_time = |id: PeriodId| match &selection.periods {
        When::Periods(ids) => ids.contains(&id),
        When::Dates(start, end) => {
            let period = server.periods.get(id);
            period.start >= *start && period.end <= *end
        }
        When::Any => true,
    };
    let combos = &selection.attribute_combos;
    let rows = selection
        .org_units
        .iter()
        .flat_map(|unit| server.store.rows_of(*unit, in_time))
        .filter(|(key, row)| {
            selection.elements.contains(&key.data_element)
                && (selection.include_deleted || !row.deleted)
                && selection.since.is_none_or(|since| row.last_updated >= since)
                && (combos.is_empty() || combos.contains(&key.attribute_combo))
        })
        .take(selection.limit);
    let rows: Vec<_> = rows.collect();
    Ok(match session.version.dialect() {
        Dialect::Row => repeated(server, &selection, &schemes, &rows),
        Dialect::Group => hoisted(server, &selection, &schemes, &rows),
    })
}

fn select(server: &mut Server, session: &Session, query: &Query) -> Result<Selection, Problem> {
    let input = query.get("inputIdScheme").and_then(IdScheme::parse).unwrap_or_default();
    let find = |server: &Server, kind, name: &str| -> Vec<usize> {
        query.set(name).iter().filter_map(|text| server.catalogue.find(kind, input, text)).collect()
    };
    let data_sets = find(server, Kind::DataSet, "dataSet");
    let mut elements: HashSet<Uid> = HashSet::new();
    for &set in &data_sets {
        let of_set = server.catalogue.elements_of_data_set[set].iter();
        elements.extend(of_set.map(|&e| server.catalogue.uid(Kind::DataElement, e)));
    }
    for element in find(server, Kind::DataElement, "dataElement") {
        elements.insert(server.catalogue.uid(Kind::DataElement, element));
    }
    if data_sets.is_empty() && elements.is_empty() {
        return Err(refuse("E2001", "At least one data element, data set or data element group must be specified"));
    }
    let since = since(session.now, query)?;
    let periods = when(server, session, query)?;
    let org_units = places(server, session, query, &find(server, Kind::OrgUnit, "orgUnit"))?;
    let limit = match query.get("limit").map(|text| (text, text.parse::<i64>())) {
        None => usize::MAX,
        Some((_, Ok(n))) if n >= 0 => usize::try_from(n).unwrap_or(usize::MAX),
        Some((text, _)) => {
            return Err(refuse("E2009", format!("Limit cannot be less than zero: `{text}`")));
        }
    };
    let attribute_combos = find(server, Kind::CategoryOptionCombo, "attributeOptionCombo");
    let uid = |position| server.catalogue.uid(Kind::CategoryOptionCombo, position);
    Ok(Selection {
        data_sets,
        elements,
        org_units,
        periods,
        attribute_combos: attribute_combos.into_iter().map(uid).collect(),
        include_deleted: query.get("includeDeleted") == Some("true"),
        since,
        limit,
    })
}

/// From when on values are asked for by their stamps. `lastUpdated` wins over `lastUpdatedDuration`; a duration is a number
/// and one of `d`, `h`, `m`, `s`, counted back from the server's clock. The simulated server lives in UTC.
fn since(now: Timestamp, query: &Query) -> Result<Option<Timestamp>, Problem> {
    if let Some(text) = query.get("lastUpdated") {
        let instant = text.parse::<Timestamp>().ok();
        let civil = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
        let found = instant.or_else(civil);
        return found.map(Some).ok_or_else(|| Problem::bad_request(format!("Invalid date: `{text}`")));
    }
    let Some(text) = query.get("lastUpdatedDuration") else { return Ok(None) };
    let invalid = || refuse("E2005", format!("Duration is not valid: `{text}`"));
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(invalid)?;
    let seconds = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(invalid()),
    };
    let number: u32 = number.parse().map_err(|_| invalid())?;
    now.checked_sub(SignedDuration::from_secs(i64::from(number) * seconds)).map(Some).map_err(|_| invalid())
}

/// The time that is asked for. What is asked for by its stamp alone may be of any.
fn when(server: &mut Server, session: &Session, query: &Query) -> Result<When, Problem> {
    let texts = query.set("period");
    let periods: HashSet<_> = texts.iter().filter_map(|text| server.periods.id(text, session.version)).collect();
    let date = |name: &str| query.get(name).and_then(|text| text.parse::<Date>().ok());
    match (date("startDate"), date("endDate")) {
        (Some(_), Some(_)) if !periods.is_empty() => {
            Err(refuse("E2003", "Both periods and start/end date cannot be specified"))
        }
        (Some(start), Some(end)) if start > end => {
            Err(refuse("E2004", format!("Start date must be before end date: `{start}`, `{end}`")))
        }
        (Some(start), Some(end)) => Ok(When::Dates(start, end)),
        _ if !periods.is_empty() => Ok(When::Periods(periods)),
        _ if query.get("lastUpdated").or(query.get("lastUpdatedDuration")).is_some() => Ok(When::Any),
        _ => Err(refuse(
            "E2002",
            "At least one period, start/end dates, last updated or last updated duration must be specified",
        )),
    }
}

fn places(server: &Server, session: &Session, query: &Query, named: &[usize]) -> Result<Vec<Uid>, Problem> {
    let children = query.get("children") == Some("true");
    if named.is_empty() {
        return Err(if children {
            refuse("E2008", "At least one organisation unit must be specified when children are included")
        } else {
            refuse("E2006", "At least one organisation unit or organisation unit group must be specified")
        });
    }
    let catalogue = &server.catalogue;
    let outside = named.iter().find(|&&unit| !catalogue.is_within(unit, &session.user.org_units));
    if let Some(&unit) = outside {
        let uid = catalogue.uid(Kind::OrgUnit, unit);
        return Err(refuse("E2012", format!("User is not allowed to view org unit: `{}`", uid.as_str())));
    }
    let mut seen = HashSet::new();
    let units = named.iter().flat_map(|&unit| if children { catalogue.subtree(unit) } else { vec![unit] });
    Ok(units.filter(|unit| seen.insert(*unit)).map(|unit| catalogue.uid(Kind::OrgUnit, unit)).collect())
}

/// Up to 2.42: every value repeats its dimensions, and nulls are written.
fn repeated(server: &Server, selection: &Selection, schemes: &Schemes, rows: &[(Key, &Row)]) -> Value {
    let values: Vec<_> = rows
        .iter()
        .map(|(key, row)| {
            let mut value = own_fields(server, schemes, key, row);
            value.insert("period".to_owned(), json!(server.periods.get(key.period).iso));
            value.insert("orgUnit".to_owned(), org_unit(server, schemes, key));
            value.insert("attributeOptionCombo".to_owned(), attribute_combo(server, schemes, key));
            value.entry("comment").or_insert(Value::Null);
            if selection.include_deleted {
                value.insert("deleted".to_owned(), json!(row.deleted));
            }
            Value::Object(value)
        })
        .collect();
    let mut body = Map::new();
    let single_period = match &selection.periods {
        When::Periods(ids) if ids.len() == 1 => ids.iter().next(),
        _ => None,
    };
    if let (&[set], &[unit], Some(period)) = (&selection.data_sets[..], &selection.org_units[..], single_period) {
        let data_set = server.catalogue.uid(Kind::DataSet, set);
        let iso = &server.periods.get(*period).iso;
        body.insert("dataSet".to_owned(), written(server, Kind::DataSet, schemes.data_set, data_set));
        body.insert("period".to_owned(), json!(iso));
        body.insert("orgUnit".to_owned(), written(server, Kind::OrgUnit, schemes.org_unit, unit));
        let slice = |(ds, pe, ou): (&str, &str, &str)| ds == data_set.as_str() && pe == iso && ou == unit.as_str();
        let completed =
            (server.completions.iter()).find(|((ds, pe, ou, _), row)| slice((ds, pe, ou)) && row.completion.completed);
        if let Some((_, row)) = completed {
            body.insert("completeDate".to_owned(), json!(row.completion.date.to_string()));
        }
    }
    body.insert("dataValues".to_owned(), Value::Array(values));
    Value::Object(body)
}

/// From 2.43: what all values share stands at the top and is left out of them.
fn hoisted(server: &Server, selection: &Selection, schemes: &Schemes, rows: &[(Key, &Row)]) -> Value {
    let shared = |same: fn(&Key, &Key) -> bool| {
        rows.first().filter(|(first, _)| rows.iter().all(|(key, _)| same(first, key))).map(|(key, _)| *key)
    };
    let period = shared(|a, b| a.period == b.period);
    let unit = shared(|a, b| a.org_unit == b.org_unit);
    let attribute = shared(|a, b| a.attribute_combo == b.attribute_combo);
    let mut body = Map::new();
    if let &[set] = &selection.data_sets[..] {
        let uid = server.catalogue.uid(Kind::DataSet, set);
        body.insert("dataSet".to_owned(), written(server, Kind::DataSet, schemes.data_set, uid));
    }
    let place = |into: &mut Map<String, Value>, key: &Key, top: bool| {
        if period.is_some() == top {
            into.insert("period".to_owned(), json!(server.periods.get(key.period).iso));
        }
        if unit.is_some() == top {
            into.insert("orgUnit".to_owned(), org_unit(server, schemes, key));
        }
        if attribute.is_some() == top {
            into.insert("attributeOptionCombo".to_owned(), attribute_combo(server, schemes, key));
        }
    };
    if let Some((first, _)) = rows.first() {
        place(&mut body, first, true);
    }
    let mut values = Vec::with_capacity(rows.len());
    for (key, row) in rows {
        let mut value = own_fields(server, schemes, key, row);
        place(&mut value, key, false);
        if row.deleted {
            value.insert("deleted".to_owned(), json!(true));
        }
        values.push(Value::Object(value));
    }
    body.insert("dataValues".to_owned(), Value::Array(values));
    Value::Object(body)
}

fn own_fields(server: &Server, schemes: &Schemes, key: &Key, row: &Row) -> Map<String, Value> {
    let mut value = Map::new();
    let element = written(server, Kind::DataElement, schemes.element, key.data_element);
    value.insert("dataElement".to_owned(), element);
    let combo = written(server, Kind::CategoryOptionCombo, schemes.option_combo, key.option_combo);
    value.insert("categoryOptionCombo".to_owned(), combo);
    value.insert("value".to_owned(), json!(row.value));
    value.insert("storedBy".to_owned(), json!(&*row.stored_by));
    value.insert("created".to_owned(), json!(moment(row.created)));
    value.insert("lastUpdated".to_owned(), json!(moment(row.last_updated)));
    if let Some(comment) = &row.comment {
        value.insert("comment".to_owned(), json!(comment));
    }
    value.insert("followup".to_owned(), json!(row.followup));
    value
}

fn org_unit(server: &Server, schemes: &Schemes, key: &Key) -> Value {
    written(server, Kind::OrgUnit, schemes.org_unit, key.org_unit)
}

fn attribute_combo(server: &Server, schemes: &Schemes, key: &Key) -> Value {
    written(server, Kind::CategoryOptionCombo, schemes.option_combo, key.attribute_combo)
}

fn written(server: &Server, kind: Kind, scheme: IdScheme, uid: Uid) -> Value {
    json!(server.catalogue.written(kind, scheme, uid))
}

fn scheme(query: &Query, name: &str) -> IdScheme {
    let given = query.get(name).or(query.get("idScheme"));
    given.and_then(IdScheme::parse).unwrap_or_default()
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn refuse(code: &'static str, message: impl Into<String>) -> Problem {
    Problem::conflict(message).code(code)
}
