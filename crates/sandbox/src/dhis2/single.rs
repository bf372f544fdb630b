//! `/api/dataValues`: one value at a time, as the data entry app writes it.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::catalogue::{IdScheme, Kind, Uid};
use super::query::Query;
use super::respond::{Problem, empty, ok};
use super::store::{Key, Row};
use super::value_type;
use super::version::Dialect;
use super::{Server, Session};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body1 {
    data_element: String,
    period: String,
    org_unit: String,
    category_option_combo: Option<String>,
    value: Option<String>,
    comment: Option<String>,
}

/// `["12"]`, or the dialect's way of saying that there is no value.
pub(crate) fn read(server: &mut Server, session: &Session, query: &Query) -> Result<Response<Body>, Problem> {
    let key = key(server, session, &from_query(query)?)?;
    let found = server.store.get(&key).filter(|row| !row.deleted).and_then(|row| row.value.as_ref());
    match (found, session.version.dialect()) {
        (Some(value), _) => Ok(ok(&json!([value]))),
        (None, Dialect::Row) => Err(Problem::conflict("Data value does not exist")),
        (None, Dialect::Group) => Err(Problem::not_found("Data value does not exist")),
    }
}

/// Writes one value from JSON, a form, or the query.
pub(crate) fn write(
    server: &mut Server,
    session: &Session,
    query: &Query,
    body: &[u8],
) -> Result<Response<Body>, Problem> {
    let sent = if body.first() == Some(&b'{') {
        serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))?
    } else if body.is_empty() {
        from_query(query)?
    } else {
        from_query(&Query::parse(&String::from_utf8_lossy(body)))?
    };
    let key = key(server, session, &sent)?;
    let element = server.catalogue.by_uid(Kind::DataElement, key.data_element).unwrap_or_default();
    let value_type = &server.catalogue.metadata.data_elements[element].value_type;
    let value = sent.value.unwrap_or_default();
    if let Some(fault) = value_type::fault(value_type, &value) {
        let message = format!("Invalid value: `{value}` for value type of data element: {fault}");
        return Err(Problem::conflict(message).code("E2030"));
    }
    let created = server.store.get(&key).map_or(session.now, |row| row.created);
    let row = Row {
        value: Some(value),
        comment: sent.comment,
        followup: false,
        deleted: false,
        stored_by: session.user.username.as_str().into(),
        created,
        last_updated: session.now,
    };
    server.store.put(&key, row);
    Ok(empty(StatusCode::CREATED))
}

/// Soft-deletes one value.
pub(crate) fn delete(server: &mut Server, session: &Session, query: &Query) -> Result<Response<Body>, Problem> {
    let key = key(server, session, &from_query(query)?)?;
    let now = session.now;
    match server.store.get_mut(&key).filter(|row| !row.deleted) {
        Some(row) => {
            row.deleted = true;
            row.last_updated = now;
            Ok(empty(StatusCode::NO_CONTENT))
        }
        None => Err(Problem::conflict("Data value cannot be deleted because it does not exist").code("E2032")),
    }
}

fn from_query(query: &Query) -> Result<Body1, Problem> {
    let required = |name: &str| {
        query
            .get(name)
            .map(str::to_owned)
            .ok_or_else(|| Problem::bad_request(format!("Required request parameter '{name}' is not present")))
    };
    Ok(Body1 {
        data_element: required("de")?,
        period: required("pe")?,
        org_unit: required("ou")?,
        category_option_combo: query.get("co").map(str::to_owned),
        value: query.get("value").map(str::to_owned),
        comment: query.get("comment").map(str::to_owned),
    })
}

fn key(server: &mut Server, session: &Session, sent: &Body1) -> Result<Key, Problem> {
    let period = server
        .periods
        .id(&sent.period, session.version)
        .ok_or_else(|| Problem::conflict(format!("Period not valid: `{}`", sent.period)).code("E1101"))?;
    let find = |kind, text: &str, code| -> Result<Uid, Problem> {
        let position = server.catalogue.find(kind, IdScheme::Uid, text).ok_or_else(|| {
            Problem::conflict(format!("{} not found or not accessible: `{text}`", kind.class())).code(code)
        })?;
        Ok(server.catalogue.uid(kind, position))
    };
    let combo = |text: &str| find(Kind::CategoryOptionCombo, text, "E1103");
    let default = combo(super::DEFAULT_OPTION_COMBO)?;
    Ok(Key {
        org_unit: find(Kind::OrgUnit, &sent.org_unit, "E1102")?,
        period,
        data_element: find(Kind::DataElement, &sent.data_element, "E1100")?,
        option_combo: sent.category_option_combo.as_deref().map_or(Ok(default), combo)?,
        attribute_combo: default,
    })
}
