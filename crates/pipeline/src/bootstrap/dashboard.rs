//! A dashboard of what the report counts: its course, the places side by side, and the shares.

use super::drawing::Drawing;
use super::identity::{Identity, code_of};
use epi::period::PeriodType;
use serde_json::{Map, Value, json};

/// Lines that an eye tells apart in one chart.
const LINES_MAX: usize = 6;
/// Columns of a table that fit on a screen.
const COLUMNS_MAX: usize = 20;

/// What a visualization shows in its columns.
enum Shown {
    DataElement(String),
    Indicator(String),
}

pub(super) fn draw(drawing: &mut Drawing<'_>, of: &str, shares: &[String]) {
    let numbers = |drawing: &Drawing<'_>, only: Option<&str>| -> Vec<Shown> {
        let elements = drawing.objects.iter().filter(|object| object.collection == "dataElements");
        let text = |object: &super::drawing::Object, key: &str| object.body.get(key).cloned().unwrap_or_default();
        let numeric = elements.filter(|object| text(object, "aggregationType") != "NONE");
        let kept = numeric.filter(|object| only.is_none_or(|only| text(object, "aggregationType") == only));
        kept.map(|object| Shown::DataElement(object.id.clone())).collect()
    };
    let (mut lines, mut columns) = (numbers(drawing, Some("SUM")), numbers(drawing, None));
    if lines.is_empty() {
        lines = numbers(drawing, None);
    }
    lines.truncate(LINES_MAX);
    columns.truncate(COLUMNS_MAX);
    let shares: Vec<Shown> = shares.iter().take(LINES_MAX).map(|id| Shown::Indicator(id.clone())).collect();
    let mut items = Vec::new();
    let course =
        json!({ "type": "LINE", "columnDimensions": ["dx"], "rowDimensions": ["pe"], "filterDimensions": ["ou"] });
    let places = json!({ "type": "PIVOT_TABLE", "columnDimensions": ["dx"], "rowDimensions": ["ou"], "filterDimensions": ["pe"] });
    for (key, title, shown, layout) in [
        ("course", "course", lines, &course),
        ("places", "by organisation unit", columns, &places),
        ("shares", "shares in per cent", shares, &course),
    ] {
        if !shown.is_empty() {
            items.push(visualization(drawing, key, &format!("{of}: {title}"), &shown, layout));
        }
    }
    if items.is_empty() {
        return;
    }
    let identity = Identity::generated("dashboard", &code_of(&[&drawing.report.name]));
    let placed = items.iter().enumerate().map(|(at, id)| {
        json!({
            "id": Identity::generated("dashboardItem", id).id,
            "type": "VISUALIZATION",
            "visualization": { "id": id },
            // The grid is 60 wide: two beside each other.
            "x": 30 * (at % 2),
            "y": 20 * (at / 2),
            "width": 30,
            "height": 20,
        })
    });
    let placed: Vec<Value> = placed.collect();
    drawing.put("dashboards", &identity, json!({ "name": of, "dashboardItems": placed }));
}

fn visualization(drawing: &mut Drawing<'_>, key: &str, name: &str, shown: &[Shown], layout: &Value) -> String {
    let identity = Identity::generated("visualization", &code_of(&[&drawing.report.name, key]));
    let item = |shown: &Shown| match shown {
        Shown::DataElement(id) => json!({ "dataDimensionItemType": "DATA_ELEMENT", "dataElement": { "id": id } }),
        Shown::Indicator(id) => json!({ "dataDimensionItemType": "INDICATOR", "indicator": { "id": id } }),
    };
    let periods = Map::from_iter([(relative(drawing.report.period_type.value).to_owned(), json!(true))]);
    let mut body = json!({
        "name": name,
        "dataDimensionItems": shown.iter().map(item).collect::<Vec<_>>(),
        "relativePeriods": periods,
        "userOrganisationUnit": true,
        "userOrganisationUnitChildren": layout["type"] == "PIVOT_TABLE",
        "aggregationType": "DEFAULT",
    });
    if let (Some(body), Some(layout)) = (body.as_object_mut(), layout.as_object()) {
        body.extend(layout.clone());
    }
    drawing.put("visualizations", &identity, body);
    identity.id
}

/// The last periods of a type, as a visualization names them.
fn relative(period_type: PeriodType) -> &'static str {
    match period_type {
        PeriodType::Daily => "last14Days",
        PeriodType::BiWeekly => "last4BiWeeks",
        PeriodType::Monthly => "last12Months",
        PeriodType::BiMonthly => "last6BiMonths",
        PeriodType::Quarterly | PeriodType::QuarterlyNov => "last4Quarters",
        PeriodType::SixMonthly | PeriodType::SixMonthlyApril | PeriodType::SixMonthlyNov => "last2SixMonths",
        PeriodType::Yearly => "last5Years",
        _ if period_type.name().starts_with("Weekly") => "last12Weeks",
        _ => "last5FinancialYears",
    }
}
