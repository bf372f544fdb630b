//! DHIS2 indicators: shares of one number in another. Only those whose numerator and denominator are both building blocks of
//! the catalogue are made, for of others nobody but their author knows whether the division means something.

use super::drawing::Drawing;
use super::identity::{Identity, code_of};
use crate::catalogue;
use crate::config::model::IndicatorModel;
use serde_json::json;
use std::collections::BTreeMap;

/// A share of the catalogue.
struct Share {
    /// Only of this set; none: of any.
    set: Option<&'static str>,
    /// Code of the block that is divided.
    numerator: &'static str,
    /// Codes of the blocks by whose sum it is divided.
    denominator: &'static [&'static str],
    title: &'static str,
}

const fn of_any(numerator: &'static str, denominator: &'static [&'static str], title: &'static str) -> Share {
    Share { set: None, numerator, denominator, title }
}

/// The case fatality ratio divides deaths by the cases of the same period of onset, never by those of the period of death.
const SHARES: [Share; 12] = [
    of_any("contacts_seen", &["contacts_due"], "Contacts seen of those to be visited"),
    of_any("tests_positive", &["tests_done"], "Test positivity"),
    of_any("rdt_positive", &["rdt_done"], "Rapid test positivity"),
    of_any("culture_or_pcr_positive", &["culture_or_pcr_done"], "Culture or PCR positivity"),
    of_any("pcr_positive", &["pcr_tested"], "PCR positivity"),
    of_any("safe_burials", &["burials"], "Safe and dignified burials of all"),
    of_any("deaths_by_onset", &["confirmed_and_probable_cases"], CASE_FATALITY),
    of_any("deaths_by_onset", &["confirmed_cases", "probable_cases"], CASE_FATALITY),
    Share {
        set: Some("cholera"),
        numerator: "deaths_by_onset",
        denominator: &["suspected_cases"],
        title: CASE_FATALITY,
    },
    Share {
        set: Some("measles"),
        numerator: "people_with_specimen",
        denominator: &["suspected_cases"],
        title: "Suspected cases with a specimen",
    },
    Share {
        set: Some("measles"),
        numerator: "people_with_adequate_specimen",
        denominator: &["suspected_cases"],
        title: "Suspected cases with an adequate specimen",
    },
    Share {
        set: Some("cholera"),
        numerator: "community_deaths",
        denominator: &["community_deaths", "facility_deaths"],
        title: "Deaths in the community of all deaths",
    },
];

const CASE_FATALITY: &str = "Case fatality ratio";

/// Code of the type of indicators that are per cent.
pub(super) const PERCENT: &str = "per cent";

/// Draws them; their UIDs come back.
pub(super) fn draw(drawing: &mut Drawing<'_>, of: &str) -> Vec<String> {
    let report = drawing.report;
    let blocks: BTreeMap<&str, (&str, &str)> =
        report.indicators.iter().filter_map(|model| block_of(drawing, model)).collect();
    let term = |code: &str, set: Option<&str>| {
        let (of_set, indicator) = blocks.get(code)?;
        let is_whole = set.is_none_or(|set| set == *of_set);
        is_whole.then(|| drawing.elements.get(*indicator)).flatten().map(|element| format!("#{{{}}}", element.id))
    };
    let mut made = Vec::new();
    for share in &SHARES {
        let numerator = term(share.numerator, share.set);
        let denominator: Option<Vec<String>> = share.denominator.iter().map(|code| term(code, share.set)).collect();
        if let (Some(numerator), Some(denominator)) = (numerator, denominator) {
            made.push((share, numerator, denominator.join("+")));
        }
    }
    let percent = Identity::generated("indicatorType", PERCENT);
    let mut shares: Vec<String> = Vec::new();
    for (share, numerator, denominator) in made {
        let identity = Identity::generated("indicator", &code_of(&[&report.name, share.numerator, "share"]));
        if shares.contains(&identity.id) {
            continue;
        }
        let (name, short_name) = drawing.names("indicators", share.title, Some(of));
        let body = json!({
            "name": name,
            "shortName": short_name,
            "annualized": false,
            "indicatorType": { "id": percent.id },
            "numerator": numerator,
            "numeratorDescription": share.numerator,
            "denominator": denominator,
            "denominatorDescription": share.denominator.join(", "),
        });
        drawing.put("indicators", &identity, body);
        shares.push(identity.id);
    }
    if !shares.is_empty() {
        let body = json!({ "name": "Per cent (Tally)", "factor": 100, "number": false });
        drawing.put_without_code("indicatorTypes", &percent, body);
    }
    shares
}

/// The code of the block that an indicator takes, with its set and the indicator's code. An indicator that holds only some
/// of a data element's options has no expression of its own here.
fn block_of<'c>(drawing: &Drawing<'c>, model: &'c IndicatorModel) -> Option<(&'static str, (&'static str, &'c str))> {
    if model.goes_to.as_ref().is_some_and(|goes_to| !goes_to.options.is_empty()) {
        return None;
    }
    let text = &drawing.config.source.text;
    // What a block says has the place of the block's name.
    let written = [&model.span, &model.when_span].into_iter().filter_map(|span| text.get(span.clone()));
    let mut found = written.filter_map(|name| catalogue::find(name.trim_matches(['"', '\''])));
    let (set, block) = found.next()?;
    Some((block.code.as_str(), (set.name.as_str(), model.indicator.code.as_str())))
}
