//! The values of an organisation unit in a period; one of them with its past and the records in it.

use super::super::cell::{self, may_see_records, title};
use super::super::visit::{Refusal, Visit};
use super::super::visitor::Right;
use super::answer::{Stretch, tagged};
use super::extract::{Named, Onwards, Wanted};
use super::problem::{Problem, problem};
use super::reports::{About, Told, about};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pipeline::ErrorKind;
use pipeline::lineage::RecordInCell;
use pipeline::picture::{PastVersion, Sight, SliceValue, slice};
use pipeline::store::CellKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in DHIS2, with its names. All are UIDs but the period; a name is the UID where it is not known.
#[derive(Serialize, JsonSchema)]
pub(super) struct Spot {
    /// The data element.
    data_element: String,
    /// Its name.
    data_element_name: String,
    /// The period.
    period: String,
    /// The organisation unit.
    org_unit: String,
    /// Its name.
    org_unit_name: String,
    /// The category option combo.
    category_option_combo: String,
    /// Its name.
    category_option_combo_name: String,
    /// The attribute option combo.
    attribute_option_combo: String,
}

/// The values of an organisation unit in a period.
#[derive(Serialize, JsonSchema)]
pub(super) struct ValuesFacts {
    #[serde(flatten)]
    told: Told,
    /// Why something of it is held, in the words of the run.
    held: Vec<String>,
    /// More values that are not told.
    n_more: usize,
    /// The values, by indicator and place.
    #[serde(flatten)]
    values: Stretch<ValueFacts>,
}

/// A value.
#[derive(Serialize, JsonSchema)]
pub(super) struct ValueFacts {
    /// Where it stands.
    #[serde(flatten)]
    spot: Spot,
    /// Code of the indicator.
    indicator: String,
    /// Its title.
    title: String,
    /// What was computed; none for somebody who sees only what stands in DHIS2.
    computed: Option<String>,
    /// What stands in DHIS2 because of Tally.
    standing: Option<String>,
}

/// A value and its past.
#[derive(Serialize, JsonSchema)]
pub(super) struct CellFacts {
    /// Where it stands.
    #[serde(flatten)]
    spot: Spot,
    /// Which values it is made of: all that were computed, or those that stand in DHIS2.
    sight: Sight,
    /// What Tally last wrote into DHIS2; none: nothing, ever.
    standing: Option<Standing>,
    /// What it was, oldest first; empty for somebody who sees only what stands in DHIS2.
    versions: Vec<Version>,
    /// Older versions that are not told.
    n_older: usize,
}

/// What Tally last wrote.
#[derive(Serialize, JsonSchema)]
pub(super) struct Standing {
    /// The value; none: it was removed.
    value: Option<String>,
    /// The run that did.
    run: i64,
    /// When DHIS2 said that it has it.
    written_at: Timestamp,
}

/// What a value was from a run on.
#[derive(Serialize, JsonSchema)]
pub(super) struct Version {
    /// Code of the indicator.
    indicator: String,
    /// The first run that computed it so.
    run: i64,
    /// When that ended.
    finished_at: Option<Timestamp>,
    /// The value; none: it went away.
    value: Option<String>,
    /// Records that contribute to it.
    n_records: u64,
}

/// A record that counts in a cell. What an indicator saw in it is for `tally explain`, on the machine itself.
#[derive(Serialize, JsonSchema)]
pub(super) struct RecordFacts {
    /// Id in Go.Data.
    record: String,
    /// Code of the indicator.
    indicator: String,
    /// The date by which it counts.
    by_date: String,
}

impl Spot {
    fn of(about: &About<'_>, key: &CellKey) -> Self {
        let names = about.names;
        let element = names.map_or(key.data_element.as_str(), |names| names.data_element(&key.data_element));
        let combo = names.map_or(key.category_option_combo.as_str(), |names| names.combo(&key.category_option_combo));
        Self {
            data_element: key.data_element.to_string(),
            data_element_name: element.to_owned(),
            period: key.period.to_string(),
            org_unit: key.org_unit.to_string(),
            org_unit_name: about.unit(&key.org_unit),
            category_option_combo: key.category_option_combo.to_string(),
            category_option_combo_name: combo.to_owned(),
            attribute_option_combo: key.attribute_option_combo.to_string(),
        }
    }
}

/// Whose values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfUnit {
    org_unit: String,
    period: String,
    from: Option<u32>,
    limit: Option<u32>,
}

/// Which cell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfCell {
    org_unit: String,
    period: String,
    data_element: String,
    category_option_combo: String,
    attribute_option_combo: String,
}

/// Which records.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRecords {
    org_unit: String,
    period: String,
    data_element: String,
    category_option_combo: String,
    from: Option<u32>,
    limit: Option<u32>,
}

pub(super) async fn values(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    Wanted(wanted): Wanted<OfUnit>,
) -> Result<Response, Problem> {
    let (from, limit) = Onwards::new(wanted.from, wanted.limit).part()?;
    let made = about(visit, &headers, name, move |about, state| {
        let period = about.report.period_type.value.parse(&wanted.period).map_err(|_| Refusal::NotFound)?;
        let kept = about.kept(state)?;
        let picture = kept.picture.as_ref().ok_or(Refusal::NotFound)?;
        let found = slice(state, about.report, picture, &wanted.org_unit, &period.id())?.ok_or(Refusal::NotFound)?;
        let value = |value: &SliceValue| ValueFacts {
            spot: Spot::of(about, &value.key),
            indicator: value.indicator.clone(),
            title: title(about.report, &value.indicator),
            computed: value.computed.clone(),
            standing: value.standing.clone(),
        };
        Ok(ValuesFacts {
            told: about.told(picture),
            held: found.held,
            n_more: found.n_more,
            values: Stretch::of(&found.values, from, limit, value),
        })
    });
    Ok(made.await)
}

pub(super) async fn cell(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    Wanted(wanted): Wanted<OfCell>,
) -> Response {
    let made = about(visit, &headers, name, move |about, state| {
        let period = about.report.period_type.value.parse(&wanted.period).map_err(|_| Refusal::NotFound)?;
        let key = CellKey {
            data_element: wanted.data_element.as_str().into(),
            period: period.id(),
            org_unit: wanted.org_unit.as_str().into(),
            category_option_combo: wanted.category_option_combo.as_str().into(),
            attribute_option_combo: wanted.attribute_option_combo.as_str().into(),
        };
        let past = cell::past(about.visit, state, about.config, about.report, &key)?;
        let version = |version: PastVersion| Version {
            indicator: version.indicator,
            run: version.run.0,
            finished_at: version.finished_at,
            value: version.value,
            n_records: version.n_records,
        };
        Ok(CellFacts {
            spot: Spot::of(about, &past.key),
            sight: super::super::report::sight(about.visit, about.config),
            standing: past.standing.map(|standing| Standing {
                value: standing.value,
                run: standing.run.0,
                written_at: standing.written_at,
            }),
            versions: past.versions.into_iter().map(version).collect(),
            n_older: past.n_older,
        })
    });
    made.await
}

/// Rights that together are what an operator may: who has them may be told of records.
pub(super) const TO_SEE_RECORDS: &[Right] = &[Right::Read, Right::Run, Right::Decide];

pub(super) async fn records(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    Wanted(wanted): Wanted<OfRecords>,
) -> Result<Response, Response> {
    for right in TO_SEE_RECORDS {
        visit.visitor.demand(*right).map_err(IntoResponse::into_response)?;
    }
    if !may_see_records(&visit) {
        return Err(Problem::from(&Refusal::Forbidden).into_response());
    }
    let (from, limit) = Onwards::new(wanted.from, wanted.limit).part().map_err(IntoResponse::into_response)?;
    let not_found = || Problem::from(&Refusal::NotFound).into_response();
    let config = visit.site.config();
    let report = config.reports.iter().find(|report| report.name == name).ok_or_else(not_found)?;
    report.period_type.value.parse(&wanted.period).map_err(|_| not_found())?;
    let (unit, element, combo) = (&wanted.org_unit, &wanted.data_element, &wanted.category_option_combo);
    let found = cell::records(&visit, &name, unit, &wanted.period, element, combo).await;
    let found = found.map_err(|error| {
        let refused = match error.kind {
            // No line list is kept, or a name that nothing has: what was asked for does not fit what is there.
            ErrorKind::Config => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.message),
            _ => Problem::from(&Refusal::Failed(error)),
        };
        refused.into_response()
    })?;
    let record = |record: &RecordInCell| RecordFacts {
        record: record.record.clone(),
        indicator: record.indicator.clone(),
        by_date: record.by_date.clone(),
    };
    let mut part = Stretch::of(&found.records, from, limit, record);
    part.n += usize::try_from(found.n_more).unwrap_or(usize::MAX);
    let body = serde_json::to_vec(&part).unwrap_or_default();
    Ok(tagged(&headers, body))
}
