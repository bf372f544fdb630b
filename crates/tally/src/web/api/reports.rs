//! Reports: how they stand, and what their pages show.

use super::super::hub::Live;
use super::super::overview::{Overview, ReportFacts};
use super::super::report::{self, picture, sight};
use super::super::visit::{Refusal, Visit};
use super::super::visitor::{Right, Role, Way};
use super::super::{map, names, quality};
use super::answer::{ListPart, Stretch};
use super::extract::{Named, Nothing, Onwards, Wanted};
use super::geojson::{Feature, Place};
use super::problem::Problem;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use pipeline::as_of::Summed;
use pipeline::config::{Config, Report};
use pipeline::gazetteer::Gazetteer;
use pipeline::picture::{CurveSource, Filled, KeptPicture, Picture, Series, Sight, territory};
use pipeline::revisions::Triangle;
use pipeline::store::State;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who asks.
#[derive(Serialize, JsonSchema)]
pub(super) struct VisitorFacts {
    /// Name of the user or of the token.
    name: String,
    /// Role of a person; none of a program.
    role: Option<Role>,
    /// What may be done: the scopes of a token, the rights of a role.
    rights: Vec<&'static str>,
}

/// Of what something is told: the last run of a report that came through.
#[derive(Serialize, JsonSchema)]
pub(super) struct Told {
    /// Name of the report.
    report: String,
    /// The last run that came through.
    run: i64,
    /// When that ended.
    finished_at: Option<Timestamp>,
    /// Which values it is made of: all that were computed, or those that stand in DHIS2.
    sight: Sight,
}

/// How complete a report is in DHIS2.
#[derive(Serialize, JsonSchema)]
pub(super) struct CompletenessFacts {
    #[serde(flatten)]
    told: Told,
    /// Fields where everything stands, of those where anything was computed, in percent rounded down; none: nothing was.
    percent: Option<u64>,
    /// Whether the report registers data sets as complete.
    registers: bool,
    /// The periods, oldest first.
    periods: Vec<String>,
    /// The organisation units, by UID.
    #[serde(flatten)]
    units: Stretch<UnitFacts>,
}

/// An organisation unit, and what became of its values.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnitFacts {
    /// Its UID.
    org_unit: String,
    /// Its name; its UID if that is not known.
    name: String,
    /// One for each period, in order.
    fields: Vec<Filled>,
}

/// The epidemic curve.
#[derive(Serialize, JsonSchema)]
pub(super) struct CurveFacts {
    #[serde(flatten)]
    told: Told,
    /// What it is made of.
    source: CurveSource,
    /// The periods, oldest first.
    periods: Vec<String>,
    /// The parts of which the columns are made.
    series: Vec<Series>,
}

/// How each indicator went.
#[derive(Serialize, JsonSchema)]
pub(super) struct TrendsFacts {
    #[serde(flatten)]
    told: Told,
    /// The periods, oldest first.
    periods: Vec<String>,
    /// One for each indicator, in the order of the report.
    indicators: Vec<TrendFacts>,
}

/// How an indicator went, over all organisation units and disaggregations.
#[derive(Serialize, JsonSchema)]
pub(super) struct TrendFacts {
    /// Code of the indicator.
    indicator: String,
    /// Its title.
    title: String,
    /// What is added up.
    of: Summed,
    /// The total of each period, as a decimal number in text; none: no run has covered it, or what it computed is gone.
    totals: Vec<Option<String>>,
}

/// How the numbers of a report were revised.
#[derive(Serialize, JsonSchema)]
pub(super) struct RevisionsFacts {
    #[serde(flatten)]
    told: Told,
    /// One for each indicator; none for somebody who sees only what stands in DHIS2.
    indicators: Vec<Triangle>,
}

/// An indicator in a period on the map, as a collection of features (RFC 7946).
#[derive(Serialize, JsonSchema)]
pub(super) struct MapFacts {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    told: Told,
    /// Code of the indicator; none: the report has none that goes anywhere.
    indicator: Option<String>,
    /// The period.
    period: Option<String>,
    /// What is added up.
    of: Option<Summed>,
    /// Whether a run has covered the period, and what it computed is still kept.
    is_covered: bool,
    /// The organisation units that the report may write to or that have a value, by UID.
    features: Vec<Feature>,
}

/// A number in text, as DHIS2 has values.
pub(super) fn decimal(number: Decimal) -> String {
    number.normalize().to_string()
}

/// What an answer about a report is made of.
pub(super) struct About<'a> {
    pub(super) visit: &'a Visit,
    pub(super) config: &'a Config,
    pub(super) report: &'a Report,
    pub(super) names: Option<&'a Gazetteer>,
}

impl About<'_> {
    /// The last run that came through.
    pub(super) fn told(&self, picture: &Picture) -> Told {
        Told {
            report: self.report.name.clone(),
            run: picture.run.0,
            finished_at: picture.finished_at,
            sight: picture.sight,
        }
    }

    /// The name of an organisation unit.
    pub(super) fn unit(&self, uid: &str) -> String {
        self.names.map_or(uid, |names| names.unit(uid)).to_owned()
    }

    /// What is known of the report.
    pub(super) fn kept(&self, state: &State) -> Result<Arc<KeptPicture>, Refusal> {
        picture(self.visit, state, self.config, self.report, self.names)
    }
}

/// Answers what is said about a report, with the names that DHIS2 has for its things.
pub(super) async fn about<T: Serialize + Send + 'static>(
    visit: Visit,
    headers: &HeaderMap,
    name: String,
    make: impl FnOnce(&About<'_>, &State) -> Result<T, Refusal> + Send + 'static,
) -> Response {
    // Who may not read has DHIS2 asked for nothing.
    if visit.visitor.may(Right::Read) {
        names::refresh(&visit.site, &name).await;
    }
    let made = visit.answer(headers, move |visit, state| {
        let config = visit.site.config();
        let report = report::named(&config, &name)?;
        let names = visit.site.names.of(&config, report);
        make(&About { visit, config: &config, report, names: names.as_deref() }, state)
    });
    made.await
}

/// Answers what is said about a report once a run has come through.
async fn pictured<T: Serialize + Send + 'static>(
    visit: Visit,
    headers: &HeaderMap,
    name: String,
    make: impl FnOnce(&About<'_>, &KeptPicture, &Picture, &State) -> Result<T, Refusal> + Send + 'static,
) -> Response {
    let made = about(visit, headers, name, move |about, state| {
        let kept = about.kept(state)?;
        let picture = kept.picture.as_ref().ok_or(Refusal::NotFound)?;
        make(about, &kept, picture, state)
    });
    made.await
}

pub(super) async fn visitor(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    let made = visit.answer(&headers, |visit, _| {
        let visitor = &visit.visitor;
        let role = (!matches!(visitor.way, Way::Token(_))).then_some(visitor.role);
        let rights = Right::ALL.into_iter().filter(|right| visitor.may(*right)).map(Right::name);
        Ok(VisitorFacts { name: visitor.name.clone(), role, rights: rights.collect() })
    });
    made.await
}

pub(super) async fn overview(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    visit.answer(&headers, |visit, state| Ok(Overview::of(&visit.site, state)?)).await
}

pub(super) async fn live(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    visit.answer(&headers, |visit, _| -> Result<Live, Refusal> { Ok(visit.site.hub.live()) }).await
}

pub(super) async fn reports(visit: Visit, headers: HeaderMap, _: Wanted<Nothing>) -> Response {
    visit.answer(&headers, |visit, state| Ok(ListPart::whole(Overview::of(&visit.site, state)?.reports))).await
}

pub(super) async fn report(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    _: Wanted<Nothing>,
) -> Response {
    let made = visit.answer(&headers, move |visit, state| -> Result<ReportFacts, Refusal> {
        let overview = Overview::of(&visit.site, state)?;
        overview.reports.into_iter().find(|report| report.report == name).ok_or(Refusal::NotFound)
    });
    made.await
}

pub(super) async fn quality(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    _: Wanted<Nothing>,
) -> Response {
    let made = visit.answer(&headers, move |visit, state| {
        let config = visit.site.config();
        quality::QualityFacts::last(visit, state, report::named(&config, &name)?)?.ok_or(Refusal::NotFound)
    });
    made.await
}

pub(super) async fn completeness(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    Wanted(part): Wanted<Onwards>,
) -> Result<Response, Problem> {
    let (from, limit) = part.part()?;
    let made = pictured(visit, &headers, name, move |about, _, picture, _| {
        let unit = |row: &pipeline::picture::UnitRow| UnitFacts {
            org_unit: row.org_unit.clone(),
            name: about.unit(&row.org_unit),
            fields: row.fields.clone(),
        };
        Ok(CompletenessFacts {
            told: about.told(picture),
            percent: picture.completeness.percent(),
            registers: picture.completeness.registers,
            periods: picture.periods.clone(),
            units: Stretch::of(&picture.completeness.units, from, limit, unit),
        })
    });
    Ok(made.await)
}

/// Of which indicator, where the curve is not made of records.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfIndicator {
    #[serde(default)]
    indicator: String,
}

pub(super) async fn curve(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    Wanted(wanted): Wanted<OfIndicator>,
) -> Response {
    let made = pictured(visit, &headers, name, move |about, _, picture, _| {
        let found = report::curve(about.visit, about.config, about.report, picture, &wanted.indicator)?;
        let curve = found.ok_or(Refusal::NotFound)?;
        Ok(CurveFacts {
            told: about.told(picture),
            source: curve.source.clone(),
            periods: curve.periods.clone(),
            series: curve.series.clone(),
        })
    });
    made.await
}

pub(super) async fn trends(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    _: Wanted<Nothing>,
) -> Response {
    let made = pictured(visit, &headers, name, move |about, _, picture, _| {
        let trend = |trend: &pipeline::picture::Trend| TrendFacts {
            indicator: trend.indicator.clone(),
            title: trend.title.clone(),
            of: trend.of,
            totals: trend.totals.iter().map(|total| total.map(decimal)).collect(),
        };
        Ok(TrendsFacts {
            told: about.told(picture),
            periods: picture.periods.clone(),
            indicators: picture.trends.iter().map(trend).collect(),
        })
    });
    made.await
}

pub(super) async fn revisions(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    _: Wanted<Nothing>,
) -> Response {
    let made = pictured(visit, &headers, name, move |about, kept, picture, _| {
        let indicators = kept.revisions.as_ref().map(|revisions| revisions.indicators.clone()).unwrap_or_default();
        Ok(RevisionsFacts { told: about.told(picture), indicators })
    });
    made.await
}

/// What of a map.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfMap {
    #[serde(default)]
    indicator: String,
    #[serde(default)]
    period: String,
}

pub(super) async fn on_the_map(
    visit: Visit,
    headers: HeaderMap,
    Named(name): Named<String>,
    Wanted(wanted): Wanted<OfMap>,
) -> Response {
    let made = pictured(visit, &headers, name, move |about, _, picture, state| {
        debug_assert_eq!(picture.sight, sight(about.visit, about.config));
        let chosen = map::chosen(picture, &wanted.indicator, &wanted.period)?;
        let found = match chosen {
            Some((trend, period)) => Some(territory(state, about.report, picture, &trend.indicator, period)?),
            None => None,
        };
        let mut places: BTreeMap<&str, Place<'_>> = BTreeMap::new();
        for (uid, unit) in about.names.iter().flat_map(|names| &names.units) {
            places.entry(uid).or_default().unit = Some(unit);
        }
        for (uid, value) in found.iter().flat_map(|found| &found.units) {
            places.entry(uid).or_default().value = Some(*value);
        }
        Ok(MapFacts {
            kind: "FeatureCollection",
            told: about.told(picture),
            indicator: found.as_ref().map(|found| found.indicator.clone()),
            period: found.as_ref().map(|found| found.period.clone()),
            of: found.as_ref().map(|found| found.of),
            is_covered: found.as_ref().is_some_and(|found| found.covered),
            features: places.into_iter().map(|(uid, place)| place.feature(uid, about.unit(uid))).collect(),
        })
    });
    made.await
}
