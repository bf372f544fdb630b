//! The importer up to 2.42: every row is judged alone and the good ones are written.

mod constraints;
mod judge;
mod write;

use super::super::catalogue::Kind;
use super::super::{DEFAULT_OPTION_COMBO, Server, Session, completion};
use super::options::{ImportOptions, Schemes, Strategy};
use super::payload::Payload;
use super::summary::{Conflict, Summary};
use jiff::civil::Date;
use judge::{Judge, Refusal};

/// What the payload says for all of its values.
struct Outer {
    data_set: Option<usize>,
    org_unit: Option<usize>,
    attribute_combo: Option<usize>,
}

/// Imports a data value set.
pub(super) fn import(server: &mut Server, session: &Session, options: &ImportOptions, payload: Payload) -> Summary {
    let strategy = payload.strategy.trimmed().and_then(Strategy::parse).unwrap_or(options.strategy);
    let dry_run = options.dry_run || payload.dry_run == Some(true);
    let schemes = payload.schemes(options);
    let complete = match complete_date(session, payload.complete_date.as_deref()) {
        Ok(date) => date,
        Err(text) => return Summary::failure(text),
    };
    let mut summary = Summary::success("Import process completed successfully");
    let Some(outer) = outer(server, session, schemes, &payload, &mut summary) else {
        let mut aborted = summary;
        aborted.abort("Import process was aborted");
        return aborted;
    };
    let own_period = |text: Option<&str>| payload.period.trimmed().or(text).map(str::to_owned);
    let sent = payload.data_values.as_deref().unwrap_or_default();
    let mut periods = Vec::with_capacity(sent.len());
    for value in sent {
        let text = own_period(value.period.trimmed());
        periods.push(text.and_then(|text| server.periods.id(&text, session.version)));
    }
    let mut judge = Judge::new(server, session, options, strategy, schemes, &outer);
    let mut accepted = Vec::with_capacity(sent.len());
    for (index, (value, period)) in sent.iter().zip(&periods).enumerate() {
        let period_text = payload.period.as_deref().or(value.period.as_deref()).unwrap_or("");
        match judge.judge(value, *period, period_text) {
            Ok(resolved) => accepted.push((index, resolved)),
            Err(Refusal::Conflicts(conflicts)) => summary.reject_for(index, conflicts),
            // The whole import rolls back: nothing of it may have been written so far.
            Err(Refusal::Crash) => return Summary::failure("The import process failed: null"),
        }
    }
    // The real importer completes before it looks at a value, and on dry runs too.
    let completed = register(server, session, &payload, complete, &outer, &mut summary);
    summary.complete(completed);
    write::write(server, session, strategy, dry_run, accepted, &mut summary);
    summary.sort_rejected();
    summary
}

/// Reads `completeDate`: `true` is today, the future is cut off at today.
fn complete_date(session: &Session, text: Option<&str>) -> Result<Option<Date>, String> {
    match text.map(str::trim) {
        None | Some("" | "false") => Ok(None),
        Some("true") => Ok(Some(session.today())),
        Some(text) => match text.parse::<Date>().ok().filter(|_| text.len() == 10) {
            Some(date) => Ok(Some(date.min(session.today()))),
            None => Err(format!("The import process failed: Text '{text}' could not be parsed at index 0")),
        },
    }
}

/// The data-set-level checks, in the importer's order; all of them run. `None` aborts.
fn outer(
    server: &Server,
    session: &Session,
    schemes: Schemes,
    payload: &Payload,
    summary: &mut Summary,
) -> Option<Outer> {
    let find = |kind, scheme, text: Option<&str>| {
        text.map(|text| server.catalogue.find(kind, scheme, text).ok_or_else(|| text.to_owned()))
    };
    let data_set = find(Kind::DataSet, schemes.data_set(), payload.data_set.trimmed());
    let org_unit = find(Kind::OrgUnit, schemes.org_unit(), payload.org_unit.trimmed());
    let combo = payload.attribute_option_combo.trimmed();
    let attribute_combo = find(Kind::CategoryOptionCombo, schemes.option_combo(), combo);
    let shut = match data_set {
        Some(Ok(set)) if !session.user.is_super() => Some(server.data_set(set)).filter(|set| !set.data_write),
        _ => None,
    };
    let outer = Outer {
        data_set: data_set.clone().and_then(Result::ok),
        org_unit: org_unit.clone().and_then(Result::ok),
        attribute_combo: attribute_combo.clone().and_then(Result::ok),
    };
    let unknown = |found: Option<Result<usize, String>>| found.and_then(Result::err);
    let checks = [
        ("E7600", "dataSet", "dataSet", unknown(data_set), "Data set not found or not accessible"),
        ("E7601", "dataSet", "dataSet", shut.map(|set| set.uid.clone()), "User does not have write access for DataSet"),
        ("E7603", "orgUnit", "organisationUnit", unknown(org_unit), "Org unit not found or not accessible"),
        (
            "E7604",
            "attributeOptionCombo",
            "attributeOptionCombo",
            unknown(attribute_combo),
            "Attribute option combo not found or not accessible",
        ),
    ];
    let mut aborts = false;
    for (code, property, object, refused, text) in checks {
        if let Some(id) = refused {
            aborts = true;
            let text = format!("{text}: `{id}`");
            summary.conflict(Conflict::row(code, property, vec![(object, id)], text));
        }
    }
    (!aborts).then_some(outer)
}

/// Registers the completion that the payload asks for.
fn register(
    server: &mut Server,
    session: &Session,
    payload: &Payload,
    date: Option<Date>,
    outer: &Outer,
    summary: &mut Summary,
) -> Option<Date> {
    let (date, data_set) = (date?, outer.data_set?);
    let period = payload.period.trimmed().and_then(|text| server.periods.id(text, session.version));
    let Some(org_unit) = outer.org_unit else {
        summary.conflict(Conflict::plain("OrganisationUnit", "Must be provided to complete data set"));
        return None;
    };
    let Some(period) = period else {
        summary.conflict(Conflict::plain("Period", "Must be provided to complete data set"));
        return None;
    };
    // Up to 2.40 the group's attribute option combo was not looked at.
    let attribute = outer.attribute_combo.filter(|_| session.version.minor >= 41);
    let attribute = attribute.map(|combo| server.catalogue.uid(Kind::CategoryOptionCombo, combo));
    let key = (
        server.data_set(data_set).uid.clone(),
        server.periods.get(period).iso.clone(),
        server.catalogue.metadata.org_units[org_unit].uid.clone(),
        attribute.map_or_else(|| DEFAULT_OPTION_COMBO.to_owned(), |uid| uid.as_str().to_owned()),
    );
    completion::put(server, session, key, date);
    Some(date)
}
