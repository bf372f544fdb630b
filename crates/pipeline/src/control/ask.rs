//! Asking Go.Data for its counts, gently: an extra must not cost the people who enter cases.

use super::Question;
use super::halving::Range;
use crate::progress;
use crate::source::resource;
use epi::field::{category, short_value};
use epi::indicator::Indicator;
use epi::period::Span;
use epi::record::Outbreak;
use futures::StreamExt;
use godata::{Client, Kind, OutbreakId};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Requests of one tie-out beyond the one for each indicator that is asked when all agrees. Each makes Go.Data walk through
/// the outbreak's cases. This many find some four periods of a year that do not agree.
pub const REQUESTS_MAX: usize = 60;
/// Requests under way at a time: one in work, one ready.
const AT_ONCE: usize = 2;
/// The longest that counting lasts; what is not answered by then is left out. It goes on beside the diff and the push, and
/// no run waits longer for it than this from its beginning.
pub const TIME_MAX: Duration = Duration::from_secs(30);
/// The key under which Go.Data counts cases without a classification; it is no reference data id.
const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// What is to be counted for an indicator, and what the answer should be.
#[derive(Debug)]
pub struct Asked {
    question: Result<Question, String>,
    expected: Vec<u64>,
}

impl Asked {
    /// The question of an indicator; none for one that the report no longer has. `expected` are the records that Tally read,
    /// period by period.
    pub fn of(indicator: Option<&Indicator>, expected: Vec<u64>) -> Self {
        let question = match indicator.map(Question::of) {
            None => Err("the report no longer has it".to_owned()),
            Some(question) => question.map_err(|why| why.to_string()),
        };
        Self { question, expected }
    }

    /// What Go.Data should count in a range.
    fn expects(&self, range: Range) -> u64 {
        let (first, last) = range.periods();
        self.expected.get(first..=last).unwrap_or_default().iter().sum()
    }
}

/// Go.Data's count over several periods, by their positions in the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanCount {
    /// First position.
    pub first: usize,
    /// Last position.
    pub last: usize,
    /// The count.
    pub n: u64,
}

/// What Go.Data counted.
#[derive(Debug)]
pub struct Counted {
    /// For each indicator and position in the span; none where that period was not asked for by itself, or not answered.
    pub counts: Vec<Vec<Option<u64>>>,
    /// For each indicator the counts over several periods, in the order in which they were asked for.
    pub spans: Vec<Vec<SpanCount>>,
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
            spans: vec![Vec::new(); n_indicators],
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
        self.counts.iter().flatten().flatten().count() + self.spans.iter().flatten().count()
    }

    /// What came of it, for people.
    pub fn summary(&self) -> String {
        let n = self.n_counts();
        let said = format!("Go.Data gave {}", progress::counted(n as u64, "count"));
        match (&self.failure, self.is_cut) {
            (Some(error), _) => format!("{said}, then no more: {}", why(error)),
            (None, true) => format!("{said}; not every period that differs was looked for"),
            (None, false) => said,
        }
    }

    /// Enters an answer.
    fn enter(&mut self, turn: Turn, n: u64) {
        match turn.range.periods() {
            (first, last) if first == last => {
                if let Some(count) = self.counts[turn.indicator].get_mut(first) {
                    *count = Some(n);
                }
            }
            (first, last) => self.spans[turn.indicator].push(SpanCount { first, last, n }),
        }
    }

    /// Gives a reason to every indicator of which something was still to be asked, or of which nothing was answered.
    fn explain(&mut self, waiting: &[Turn], reason: &str) {
        for (indicator, known) in self.reasons.iter_mut().enumerate() {
            let is_empty = self.spans[indicator].is_empty() && self.counts[indicator].iter().all(Option::is_none);
            if known.is_none() && (is_empty || waiting.iter().any(|turn| turn.indicator == indicator)) {
                *known = Some(reason.to_owned());
            }
        }
    }
}

/// A count that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    indicator: usize,
    range: Range,
}

/// Asks for every indicator that Go.Data's filter can answer, once over the whole span; where that differs from what Tally
/// read, half by half for the periods that differ, as far as the limits allow.
///
/// A failure is not an error here: what was answered before it stays, and the rest has its reason.
pub async fn ask(client: &Client, outbreaks: &[Outbreak], asked: &[Asked], span: Span, zone: &TimeZone) -> Counted {
    let mut counted = Counted::nothing(asked.len(), span, "");
    let mut turns = Vec::new();
    for (indicator, (asked, reason)) in asked.iter().zip(&mut counted.reasons).enumerate() {
        *reason = asked.question.as_ref().err().cloned();
        if let Ok(question) = &asked.question {
            turns.push(Turn { indicator, range: Range::whole(question.is_cumulative, span.n_periods()) });
        }
    }
    let deadline = Instant::now() + TIME_MAX;
    let one = async |turn: Turn| (turn, count(client, outbreaks, &asked[turn.indicator], turn.range, span, zone).await);
    let (mut n_requests, mut room) = (0, turns.len());
    while !turns.is_empty() {
        let rest = turns.split_off(room);
        let (mut next, mut n_answered) = (Vec::new(), 0);
        let mut answers = std::pin::pin!(futures::stream::iter(turns.clone()).map(one).buffered(AT_ONCE));
        loop {
            let answer = timeout_at(deadline, answers.next()).await;
            let waiting = || turns.iter().skip(n_answered).chain(&next).chain(&rest).copied().collect::<Vec<_>>();
            match answer {
                Ok(Some((_, Ok(None)))) => {}
                Ok(Some((turn, Ok(Some(n))))) => {
                    counted.enter(turn, n);
                    let further = turn.range.next(n == asked[turn.indicator].expects(turn.range));
                    next.extend(further.into_iter().map(|range| Turn { range, ..turn }));
                }
                Ok(None) => break,
                Ok(Some((_, Err(error)))) => return counted.ended(error, &waiting()),
                Err(_) => return counted.late(&waiting()),
            }
            n_answered += 1;
        }
        if !rest.is_empty() {
            counted.is_cut = true;
            counted.explain(&rest, &format!("Go.Data is asked at most {REQUESTS_MAX} times a run for parts of a span"));
            break;
        }
        room = affordable(&next, asked, outbreaks, &mut n_requests);
        turns = next;
    }
    counted.classifications = match timeout_at(deadline, classified(client, outbreaks)).await {
        Ok(classified) => classified,
        Err(_) => Err(SLOW.to_owned()),
    };
    counted
}

/// Why a count is missing when the time is over.
const SLOW: &str = "Go.Data was too slow";

/// One count, added up over the lists that it is made of; none beyond the calendar's end.
async fn count(
    client: &Client,
    outbreaks: &[Outbreak],
    asked: &Asked,
    range: Range,
    span: Span,
    zone: &TimeZone,
) -> Result<Option<u64>, godata::Error> {
    let (first, last) = range.periods();
    let (Ok(question), Some(first), Some(last)) = (&asked.question, span.get(first), span.get(last)) else {
        return Ok(None);
    };
    let Some(selection) = question.within(first, last, zone) else { return Ok(None) };
    let mut n = 0;
    for outbreak in outbreaks.iter().filter(|outbreak| question.counts_in(outbreak)) {
        let outbreak = OutbreakId::new(outbreak.id());
        for kind in question.kinds() {
            n += client.count(&resource(*kind, &outbreak), &selection).await?;
        }
    }
    Ok(Some(n))
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

/// How many of the turns the limit leaves room for: a question is a request for each of its lists.
fn affordable(turns: &[Turn], asked: &[Asked], outbreaks: &[Outbreak], n_requests: &mut usize) -> usize {
    for (place, turn) in turns.iter().enumerate() {
        *n_requests += asked[turn.indicator].question.as_ref().map_or(0, |question| {
            let n_outbreaks = outbreaks.iter().filter(|outbreak| question.counts_in(outbreak)).count();
            question.kinds().len() * n_outbreaks
        });
        if *n_requests > REQUESTS_MAX {
            return place;
        }
    }
    turns.len()
}

impl Counted {
    fn ended(mut self, error: godata::Error, waiting: &[Turn]) -> Self {
        self.explain(waiting, &why(&error));
        self.classifications = Err(why(&error));
        self.failure = Some(error);
        self
    }

    fn late(mut self, waiting: &[Turn]) -> Self {
        self.is_cut = true;
        self.explain(waiting, &format!("Go.Data did not answer within {} seconds", TIME_MAX.as_secs()));
        self.classifications = Err(SLOW.to_owned());
        self
    }
}

fn why(error: &godata::Error) -> String {
    match error.kind() {
        Kind::Forbidden { .. } => "the Go.Data account may not count".to_owned(),
        _ => format!("Go.Data could not be asked: {error}"),
    }
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
    use epi::period::Period;
    use epi::record::RecordKind;

    fn asked(kinds: &[RecordKind]) -> Asked {
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
        Asked::of(Some(&indicator), vec![0; 40])
    }

    #[test]
    fn the_limit_counts_requests_and_not_questions() {
        let asked = [vec![RecordKind::Case], RecordKind::PERSONS.to_vec()].map(|kinds| asked(&kinds));
        let turns: Vec<Turn> =
            (0..40).map(|n| Turn { indicator: n % 2, range: Range::Within { first: n, last: n } }).collect();
        let one = [Outbreak::new("1", "A")];
        let mut n_requests = 0;
        assert_eq!(affordable(&turns[..30], &asked, &one, &mut n_requests), 30);
        assert_eq!(n_requests, REQUESTS_MAX, "15 of one list and 15 of three");
        assert_eq!(affordable(&turns[30..], &asked, &one, &mut n_requests), 0);
        assert_eq!(affordable(&turns, &asked, &one, &mut 0), 30);
        let two = [Outbreak::new("1", "A"), Outbreak::new("2", "B")];
        assert_eq!(affordable(&turns, &asked, &two, &mut 0), 15, "each outbreak has lists of its own");
    }

    #[test]
    fn what_was_not_answered_has_its_reason_and_what_was_has_none() {
        let first = Period::parse("2020W1").unwrap();
        let span = Span::between(first, first.advance(7).unwrap()).unwrap();
        let mut counted = Counted::nothing(3, span, "");
        counted.reasons = vec![None, None, Some("its own".to_owned())];
        counted.enter(Turn { indicator: 0, range: Range::whole(false, 8) }, 12);
        counted.enter(Turn { indicator: 1, range: Range::whole(true, 8) }, 7);
        assert_eq!((counted.n_counts(), counted.get(0, 7), counted.get(1, 7)), (2, None, Some(7)));
        assert_eq!(counted.spans[0], [SpanCount { first: 0, last: 7, n: 12 }]);
        counted.explain(&[Turn { indicator: 1, range: Range::UpTo { low: 0, high: 7, at: 3 } }], "too slow");
        assert_eq!(counted.reasons, [None, Some("too slow".to_owned()), Some("its own".to_owned())]);
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
