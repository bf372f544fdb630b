//! The certificate of a run: what Tally computed, what Go.Data counts itself, and what DHIS2 says, side by side for every
//! indicator and period, with everything that somebody needs to repeat it.

mod sheet;

pub use sheet::{Says, Sheet};

use crate::control::ask::SpanCount;
use crate::report::{AccountRow, Dhis2Facts, GodataFacts};
use crate::store::CellRow;
use epi::cell::wire_text;
use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::str::FromStr;

/// What a run can be held to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// Number of the run whose values these are.
    pub run: i64,
    /// Name of the report.
    pub report: String,
    /// First period.
    pub first: String,
    /// Last period.
    pub last: String,
    /// When the run began.
    pub started_at: Timestamp,
    /// When the three sides were put beside each other: at the end of the run, or later by `tally verify`.
    pub tied_out_at: Timestamp,
    /// The version of Tally that computed the values.
    pub tally_version: String,
    /// The source.
    pub godata: GodataFacts,
    /// Id of the outbreak in Go.Data.
    pub outbreak_id: String,
    /// The destination.
    pub dhis2: Dhis2Facts,
    /// SHA-256 over the configuration and the map of places.
    pub definitions_hash: String,
    /// SHA-256 over all values in the order of their keys; see [`CellsHash`].
    pub cells_hash: String,
    /// Number of those values.
    pub n_cells: u64,
    /// Hash of the plan that the run carried out.
    pub plan_hash: String,
    /// The tie-out.
    pub indicators: Vec<CertifiedIndicator>,
    /// Cases by classification, as a control over the whole outbreak.
    pub classifications: Classifications,
    /// What became of every record.
    pub account: Vec<AccountRow>,
    /// SHA-256 over this document with this field empty, as compact JSON.
    pub hash: String,
}

/// The tie-out of an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertifiedIndicator {
    /// Code.
    pub indicator: String,
    /// Title.
    pub title: String,
    /// Why Go.Data's own count is missing, in all periods or in those that have none.
    pub not_asked: Option<String>,
    /// The periods in order.
    pub periods: Vec<CertifiedPeriod>,
    /// Go.Data's own counts over several periods. The first is over all of them; others follow where it differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<CertifiedSpan>,
}

/// Go.Data's count over several periods beside the records that Tally read for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertifiedSpan {
    /// First period.
    pub first: String,
    /// Last period.
    pub last: String,
    /// Records that Tally read, those behind no value included.
    pub read: u64,
    /// Go.Data's own count of them.
    pub godata: u64,
}

/// The tie-out of an indicator in a period. Values are summed over organisation units and disaggregations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertifiedPeriod {
    /// Period.
    pub period: String,
    /// Records behind our values.
    pub n_records: u64,
    /// Records of the period that are behind none: no mapped place, an unknown group, no value.
    pub missed: u64,
    /// Sum of our values.
    pub ours: String,
    /// Go.Data's own count of the records, wherever they live and whatever their groups; none if it was not asked for this
    /// period by itself.
    pub godata: Option<u64>,
    /// Sum of DHIS2's values at the same keys, the held ones aside.
    pub dhis2: String,
    /// Sum of our values that are held.
    pub held: String,
    /// Sum of our values that are left out as small cells; none if none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
    /// Whether DHIS2 says ours at every key, the held ones and small cells aside.
    pub dhis2_agrees: bool,
}

/// An indicator's periods summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Records behind our values.
    pub n_records: u64,
    /// Records that are behind none.
    pub missed: u64,
    /// Sum of our values.
    pub ours: String,
    /// Go.Data's count over the whole span, or else the sum of those of single periods; none if it was not asked.
    pub godata: Option<u64>,
    /// Number of periods that this is the count of.
    pub n_asked: usize,
    /// Sum of DHIS2's values.
    pub dhis2: String,
    /// Sum of our values that are held.
    pub held: String,
    /// Sum of our values that are left out as small cells; none if none is.
    pub suppressed: Option<String>,
    /// Whether DHIS2 agrees in every period.
    pub dhis2_agrees: bool,
    /// Whether Go.Data agrees wherever it was asked.
    pub godata_agrees: bool,
}

/// Cases by classification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Classifications {
    /// One for each classification that a side knows.
    pub rows: Vec<ClassificationRow>,
    /// Why there is no control, if there is none.
    pub not_asked: Option<String>,
}

/// The cases of one classification in the whole outbreak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassificationRow {
    /// The classification, as conditions name it; none for cases without one.
    pub classification: Option<String>,
    /// Cases that Tally read.
    pub ours: u64,
    /// Cases that Go.Data counts.
    pub godata: u64,
}

impl CertifiedPeriod {
    /// Whether Go.Data counts the records that Tally read for this period; none if it was not asked.
    pub fn godata_agrees(&self) -> Option<bool> {
        self.godata.map(|n| n == self.n_records + self.missed)
    }

    /// Whether nobody who was asked says otherwise.
    pub fn agrees(&self) -> bool {
        self.dhis2_agrees && self.godata_agrees() != Some(false)
    }
}

impl CertifiedSpan {
    /// Whether Go.Data counts the records that Tally read.
    pub fn agrees(&self) -> bool {
        self.read == self.godata
    }
}

impl CertifiedIndicator {
    /// Whether Go.Data counts what Tally read, wherever it was asked.
    pub fn godata_agrees(&self) -> bool {
        self.spans.iter().all(CertifiedSpan::agrees)
            && self.periods.iter().all(|period| period.godata_agrees() != Some(false))
    }

    /// Adds Go.Data's counts over several periods, given by their positions.
    #[must_use]
    pub fn counted_over(mut self, spans: &[SpanCount]) -> Self {
        let all = |period: &CertifiedPeriod| period.n_records + period.missed;
        let certified = spans.iter().filter_map(|span| {
            let periods = self.periods.get(span.first..=span.last)?;
            let (first, last) = (periods.first()?.period.clone(), periods.last()?.period.clone());
            Some(CertifiedSpan { first, last, read: periods.iter().map(all).sum(), godata: span.n })
        });
        self.spans = certified.collect();
        self
    }

    /// The count over all periods.
    pub fn whole(&self) -> Option<&CertifiedSpan> {
        let (first, last) = (self.periods.first()?, self.periods.last()?);
        self.spans.iter().find(|span| span.first == first.period && span.last == last.period)
    }

    /// All periods.
    pub fn total(&self) -> Total {
        let sum = |value: fn(&CertifiedPeriod) -> &str| {
            wire_text(
                self.periods.iter().map(|period| number(value(period))).fold(Decimal::ZERO, Decimal::saturating_add),
            )
        };
        let asked = self.periods.iter().filter_map(|period| period.godata);
        let (godata, n_asked) = match (self.whole(), asked.clone().count()) {
            (Some(whole), _) => (Some(whole.godata), self.periods.len()),
            (None, 0) => (None, 0),
            (None, n) => (Some(asked.sum()), n),
        };
        Total {
            n_records: self.periods.iter().map(|period| period.n_records).sum(),
            missed: self.periods.iter().map(|period| period.missed).sum(),
            ours: sum(|period| &period.ours),
            godata,
            n_asked,
            dhis2: sum(|period| &period.dhis2),
            held: sum(|period| &period.held),
            suppressed: (self.periods.iter().any(|period| period.suppressed.is_some()))
                .then(|| sum(|period| period.suppressed.as_deref().unwrap_or("0"))),
            dhis2_agrees: self.periods.iter().all(|period| period.dhis2_agrees),
            godata_agrees: self.godata_agrees(),
        }
    }
}

impl Certificate {
    /// Whether DHIS2 says every value, the held ones aside.
    pub fn dhis2_agrees(&self) -> bool {
        self.periods().all(|(_, period)| period.dhis2_agrees)
    }

    /// Whether Go.Data counts what Tally read, wherever it was asked.
    pub fn godata_agrees(&self) -> bool {
        let classified = self.classifications.rows.iter().all(|row| row.ours == row.godata);
        classified && self.indicators.iter().all(CertifiedIndicator::godata_agrees)
    }

    /// Whether some value is held.
    pub fn holds(&self) -> bool {
        self.periods().any(|(_, period)| period.held != "0")
    }

    /// Where Go.Data counts otherwise, in a sentence's fragment; none where it agrees.
    pub fn godata_disagreement(&self) -> Option<String> {
        let wrong: Vec<_> = self.periods().filter(|(_, period)| period.godata_agrees() == Some(false)).collect();
        if let Some((indicator, first)) = wrong.first() {
            let more = if wrong.len() > 1 {
                format!(", and otherwise in {} more places", wrong.len() - 1)
            } else {
                String::new()
            };
            let (read, theirs) = (first.n_records + first.missed, first.godata.unwrap_or_default());
            return Some(format!(
                "Go.Data counts {theirs} records where Tally read {read} (`{}` in {}){more}",
                indicator.indicator, first.period
            ));
        }
        let spans = self.indicators.iter().flat_map(|one| one.spans.iter().map(move |span| (one, span)));
        if let Some((indicator, span)) = spans.into_iter().find(|(_, span)| !span.agrees()) {
            return Some(format!(
                "Go.Data counts {} records where Tally read {} (`{}` in {} to {})",
                span.godata, span.read, indicator.indicator, span.first, span.last
            ));
        }
        let row = self.classifications.rows.iter().find(|row| row.ours != row.godata)?;
        let name = row.classification.as_deref().unwrap_or("no classification");
        Some(format!("Go.Data counts {} cases of {name} where Tally read {}", row.godata, row.ours))
    }

    /// The certificate with the hash over it.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.content_hash();
        self
    }

    /// Whether nobody changed it since it was sealed.
    pub fn is_genuine(&self) -> bool {
        self.hash == self.content_hash()
    }

    fn content_hash(&self) -> String {
        let unsealed = Self { hash: String::new(), ..self.clone() };
        // A struct of texts and numbers always has a JSON; were it not so, the hash would fit no certificate.
        hex(&Sha256::digest(serde_json::to_vec(&unsealed).unwrap_or_default()))
    }

    fn periods(&self) -> impl Iterator<Item = (&CertifiedIndicator, &CertifiedPeriod)> {
        self.indicators.iter().flat_map(|indicator| indicator.periods.iter().map(move |period| (indicator, period)))
    }
}

impl Classifications {
    /// Both counts side by side.
    pub fn new<'a>(
        ours: impl IntoIterator<Item = (Option<&'a str>, u64)>,
        godata: impl IntoIterator<Item = (Option<&'a str>, u64)>,
    ) -> Self {
        let mut rows: Vec<ClassificationRow> = Vec::new();
        let mut at = |classification: Option<&str>| {
            let known = rows.iter().position(|row| row.classification.as_deref() == classification);
            known.unwrap_or_else(|| {
                rows.push(ClassificationRow { classification: classification.map(str::to_owned), ours: 0, godata: 0 });
                rows.len() - 1
            })
        };
        let ours: Vec<_> = ours.into_iter().map(|(classification, n)| (at(classification), n)).collect();
        let godata: Vec<_> = godata.into_iter().map(|(classification, n)| (at(classification), n)).collect();
        ours.into_iter().for_each(|(row, n)| rows[row].ours += n);
        godata.into_iter().for_each(|(row, n)| rows[row].godata += n);
        rows.sort_by(|a, b| b.ours.cmp(&a.ours).then_with(|| a.classification.cmp(&b.classification)));
        Self { rows, not_asked: None }
    }

    /// No control, for a reason.
    pub fn not_asked(reason: impl Into<String>) -> Self {
        Self { rows: Vec::new(), not_asked: Some(reason.into()) }
    }
}

/// A hash over values: data element, period, organisation unit, category option combo, attribute option combo, indicator,
/// value and number of records of each, every one followed by a zero byte, in the order of the keys.
#[derive(Clone, Debug, Default)]
pub struct CellsHash {
    hasher: Sha256,
    /// The bytes of one value.
    text: String,
    n: u64,
}

impl CellsHash {
    /// Adds a value. They have to come in the order of their keys.
    pub fn add(&mut self, cell: &CellRow) {
        let key = &cell.key;
        let parts: [&str; 7] = [
            &key.data_element,
            &key.period,
            &key.org_unit,
            &key.category_option_combo,
            &key.attribute_option_combo,
            &cell.indicator,
            &cell.value,
        ];
        self.add_parts(parts, cell.n_records);
    }

    /// Adds a value by the five parts of its key, its indicator and what it says.
    pub fn add_parts(&mut self, parts: [&str; 7], n_records: u64) {
        self.text.clear();
        for part in parts {
            self.text.push_str(part);
            self.text.push('\0');
        }
        let _ = write!(self.text, "{n_records}\0");
        self.hasher.update(self.text.as_bytes());
        self.n += 1;
    }

    /// The hash, and how many values it is over.
    pub fn finish(self) -> (String, u64) {
        (hex(&self.hasher.finalize()), self.n)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A value as a number; what is none adds nothing.
fn number(value: &str) -> Decimal {
    Decimal::from_str(value).unwrap_or_default()
}
