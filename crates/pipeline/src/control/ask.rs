//! Asking Go.Data for its counts, gently: an extra must not cost the people who enter cases.

use super::Question;
use crate::progress;
use crate::source::resource;
use epi::field::{category, short_value};
use epi::indicator::Indicator;
use epi::period::{Period, Span};
use epi::record::Outbreak;
use futures::StreamExt;
use godata::{Client, Kind, OutbreakId};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Requests of one tie-out. Each makes Go.Data walk through the outbreak's cases: a year of weeks of six indicators is this
/// many, and takes a small server about half a minute.
pub const REQUESTS_MAX: usize = 300;
/// Requests under way at a time: one in work, one ready.
const AT_ONCE: usize = 2;
/// The longest that a run waits for all of them; what is not answered by then is left out.
const TIME_MAX: Duration = Duration::from_secs(120);
/// The key under which Go.Data counts cases without a classification; it is no reference data id.
const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// What Go.Data counted.
#[derive(Debug)]
pub struct Counted {
    /// For each indicator and position in the span; none where it was not asked or did not answer.
    pub counts: Vec<Vec<Option<u64>>>,
    /// For each indicator, why a count is missing, if one is.
    pub reasons: Vec<Option<String>>,
    /// Cases by classification, those without one under none; or why that was not counted.
    pub classifications: Result<BTreeMap<Option<String>, u64>, String>,
    /// What ended the asking early.
    pub failure: Option<godata::Error>,
    /// Whether [`REQUESTS_MAX`] or the time left something out.
    pub is_cut: bool,
}

impl Counted {
    /// Nothing was asked, for a reason.
    pub fn nothing(n_indicators: usize, span: Span, reason: &str) -> Self {
        Self {
            counts: vec![vec![None; span.n_periods()]; n_indicators],
            reasons: vec![Some(reason.to_owned()); n_indicators],
            classifications: Err(reason.to_owned()),
            failure: None,
            is_cut: false,
        }
    }

    /// The count for an indicator and a position in the span.
    pub fn get(&self, indicator: usize, period: usize) -> Option<u64> {
        self.counts.get(indicator)?.get(period).copied().flatten()
    }

    /// How many counts Go.Data gave.
    pub fn n_counts(&self) -> usize {
        self.counts.iter().flatten().flatten().count()
    }

    /// What came of it, for people.
    pub fn summary(&self) -> String {
        let n = self.n_counts();
        let said = format!("Go.Data gave {}", progress::counted(n as u64, "count"));
        match (&self.failure, self.is_cut) {
            (Some(error), _) => format!("{said}, then no more: {}", why(error)),
            (None, true) => format!("{said}; earlier periods were left out, at most {REQUESTS_MAX} requests a run"),
            (None, false) => said,
        }
    }

    /// Gives a reason to every indicator that misses a count and has none.
    fn explain(&mut self, reason: &str) {
        for (counts, known) in self.counts.iter().zip(&mut self.reasons) {
            if known.is_none() && counts.contains(&None) {
                *known = Some(reason.to_owned());
            }
        }
    }
}

/// Counts that were asked for, the most recent periods first.
struct Turn {
    indicator: usize,
    position: usize,
    period: Period,
}

/// Asks for every indicator that Go.Data's filter can answer, in every period as far as the limits allow.
///
/// `None` stands for an indicator that the report no longer has. A failure is not an error here: what was answered before
/// it stays, and the rest has its reason.
pub async fn ask(
    client: &Client,
    outbreaks: &[Outbreak],
    indicators: &[Option<&Indicator>],
    span: Span,
    zone: &TimeZone,
) -> Counted {
    let mut counted = Counted::nothing(indicators.len(), span, "the report no longer has it");
    let mut questions = Vec::new();
    for (indicator, reason) in indicators.iter().zip(&mut counted.reasons) {
        questions.push(indicator.and_then(|indicator| match Question::of(indicator) {
            Ok(question) => {
                *reason = None;
                Some(question)
            }
            Err(why) => {
                *reason = Some(why.to_string());
                None
            }
        }));
    }
    let (turns, is_cut) = turns(&questions, outbreaks, span);
    let deadline = Instant::now() + TIME_MAX;
    let one = async |turn: Turn| {
        let Some(question) = &questions[turn.indicator] else { return Ok((turn, None)) };
        let Some(selection) = question.during(turn.period, zone) else { return Ok((turn, None)) };
        let mut n = 0;
        for outbreak in outbreaks.iter().filter(|outbreak| question.counts_in(outbreak)) {
            let outbreak = OutbreakId::new(outbreak.id());
            for kind in question.kinds() {
                n += client.count(&resource(*kind, &outbreak), &selection).await?;
            }
        }
        Ok((turn, Some(n)))
    };
    let mut answers = std::pin::pin!(futures::stream::iter(turns).map(one).buffered(AT_ONCE));
    loop {
        match timeout_at(deadline, answers.next()).await {
            Ok(Some(Ok((turn, n)))) => counted.counts[turn.indicator][turn.position] = n,
            Ok(None) => break,
            Ok(Some(Err(error))) => return counted.ended(error),
            Err(_) => {
                counted.is_cut = true;
                counted.explain(&format!("Go.Data did not answer within {} seconds", TIME_MAX.as_secs()));
                counted.classifications = Err("Go.Data was too slow".to_owned());
                return counted;
            }
        }
    }
    if is_cut {
        counted.is_cut = true;
        counted.explain(&format!("Go.Data is asked at most {REQUESTS_MAX} times a run, the last periods first"));
    }
    counted.classifications = classified(client, outbreaks).await;
    counted
}

/// The cases of all outbreaks by classification, or why they were not counted.
async fn classified(client: &Client, outbreaks: &[Outbreak]) -> Result<BTreeMap<Option<String>, u64>, String> {
    let mut by = BTreeMap::new();
    for outbreak in outbreaks {
        let counts = client.per_classification_count(&OutbreakId::new(outbreak.id())).await;
        for (classification, n) in by_short_value(counts.map_err(|error| why(&error))?.by) {
            *by.entry(classification).or_default() += n;
        }
    }
    Ok(by)
}

impl Counted {
    fn ended(mut self, error: godata::Error) -> Self {
        self.explain(&why(&error));
        self.classifications = Err(why(&error));
        self.failure = Some(error);
        self
    }
}

fn why(error: &godata::Error) -> String {
    match error.kind() {
        Kind::Forbidden { .. } => "the Go.Data account may not count".to_owned(),
        _ => format!("Go.Data could not be asked: {error}"),
    }
}

/// What is asked, the last period first, and whether the limit left something out.
fn turns(questions: &[Option<Question>], outbreaks: &[Outbreak], span: Span) -> (Vec<Turn>, bool) {
    let (mut turns, mut n_requests) = (Vec::new(), 0);
    for position in (0..span.n_periods()).rev() {
        let Some(period) = span.get(position) else { continue };
        for (indicator, question) in questions.iter().enumerate() {
            let Some(question) = question else { continue };
            let n_outbreaks = outbreaks.iter().filter(|outbreak| question.counts_in(outbreak)).count();
            n_requests += question.kinds().len() * n_outbreaks;
            if n_requests > REQUESTS_MAX {
                return (turns, true);
            }
            turns.push(Turn { indicator, position, period });
        }
    }
    (turns, false)
}

/// Counts under the values that records have.
fn by_short_value(counts: BTreeMap<String, u64>) -> BTreeMap<Option<String>, u64> {
    let mut by = BTreeMap::new();
    for (id, n) in counts {
        let short = short_value(category::CLASSIFICATION, &id);
        *by.entry((short != UNCLASSIFIED).then(|| short.to_owned())).or_default() += n;
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::basis::DateBasis;
    use epi::indicator::{Measure, Window};
    use epi::record::RecordKind;

    fn question(kinds: &[RecordKind]) -> Option<Question> {
        let indicator = Indicator {
            code: "i".into(),
            title: "I".into(),
            kinds: kinds.to_vec(),
            condition: None,
            when: vec![DateBasis::parse("date_of_onset").unwrap()],
            window: Window::During,
            place: epi::field::field("residence").unwrap(),
            measure: Measure::Count,
            by: Vec::new(),
            decimals: 0,
        };
        Some(Question::of(&indicator).unwrap())
    }

    fn weeks(n: usize) -> Span {
        let first = Period::parse("2020W1").unwrap();
        Span::between(first, first.advance(n as i32 - 1).unwrap()).unwrap()
    }

    #[test]
    fn the_last_periods_come_first_and_the_limit_counts_requests() {
        let questions = [question(&[RecordKind::Case]), None, question(&RecordKind::PERSONS)];
        let one = [Outbreak::new("1", "A")];
        let (all, is_cut) = turns(&questions, &one, weeks(75));
        assert_eq!((all.len(), is_cut), (150, false), "75 weeks of 1 + 3 lists");
        assert_eq!((all[0].indicator, all[0].position, all[1].indicator), (0, 74, 2));
        let (cut, is_cut) = turns(&questions, &one, weeks(76));
        assert_eq!((cut.len(), is_cut), (150, true));
        assert_eq!(cut.last().map(|turn| (turn.indicator, turn.position)), Some((2, 1)), "the first week is left out");
        let two = [Outbreak::new("1", "A"), Outbreak::new("2", "B")];
        let (halved, is_cut) = turns(&questions, &two, weeks(75));
        assert_eq!((halved.len(), is_cut), (75, true), "each outbreak has lists of its own");
    }

    #[test]
    fn classifications_are_counted_under_the_values_of_records() {
        let confirmed = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";
        let none = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_UNCLASSIFIED";
        let counts = [(confirmed, 3), ("CONFIRMED", 1), (none, 2), ("5d0e-own", 4)];
        let by = by_short_value(counts.map(|(id, n)| (id.to_owned(), n)).into());
        let expected = [(None, 2), (Some("5d0e-own"), 4), (Some("CONFIRMED"), 4)];
        assert_eq!(by, expected.map(|(value, n)| (value.map(str::to_owned), n)).into());
    }
}
