//! What a record adds to an aggregation, as keys that anybody can group and count.
//!
//! An aggregation is a multiset: of amounts in cells, of outcomes, of values, of issues. So a record is a handful of
//! *entries*, the entries of many records may be grouped and counted anywhere, in any order and by any engine, and
//! [`Aggregation::enter`] of each different entry with its count is exactly the aggregation of those records. Every measure
//! stays exact: an amount is part of the key, and what is computed over the amounts of a cell is computed at the end, here.

use super::Aggregation;
use crate::error::{Error, ErrorKind};
use crate::normalise::unreadable_field;
use compact_str::CompactString;
use epi::cell::wire_text;
use epi::contribution::{Amount, CellKey, Contributions, Outcome, Reason, contributions};
use epi::indicator::Definitions;
use epi::issue::{self, Issue, Rule};
use epi::quality::{Scope, Surroundings};
use epi::record::{Joined, RecordKind};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// One thing that a record adds to an aggregation. What its numbers mean is a matter of its part; 0 where nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry<'r> {
    /// Which part of the aggregation.
    pub part: Part,
    /// Index of the indicator, of the watched field ([`Part::Value`]) or of the rule ([`Part::Issue`]).
    pub indicator: u16,
    /// Position of the period in the span.
    pub period: u16,
    /// Index of the organisation unit.
    pub place: u32,
    /// Combination of dimension groups.
    pub combo: u32,
    /// Amount, outcomes, value, location or field.
    pub text: Option<Cow<'r, str>>,
    /// The record's id where a few are kept, and no part of the key.
    pub sample: Option<&'r str>,
}

/// The parts of an aggregation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The record itself: what became of it for all indicators, in one text.
    Record,
    /// An amount in a cell.
    Cell,
    /// A period that misses the record.
    Missed,
    /// A classification of a case; without a text, none.
    Classification,
    /// A location without an organisation unit.
    Unmapped,
    /// A value of a watched field.
    Value,
    /// A data-quality issue.
    Issue,
}

impl Part {
    const ALL: [Self; 7] =
        [Self::Record, Self::Cell, Self::Missed, Self::Classification, Self::Unmapped, Self::Value, Self::Issue];

    /// Its number in a table.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The part of that number.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl<'r> Entry<'r> {
    fn of(part: Part) -> Self {
        Self { part, indicator: 0, period: 0, place: 0, combo: 0, text: None, sample: None }
    }

    fn text(part: Part, text: impl Into<Cow<'r, str>>) -> Self {
        Self { text: Some(text.into()), ..Self::of(part) }
    }
}

impl Aggregation {
    /// Nothing yet, to ask for entries or to enter some: it judges no quality.
    pub fn of_entries(definitions: &Definitions) -> Self {
        Self::new(definitions, &Arc::new(Scope::new(definitions, &Surroundings::default())))
    }

    /// The entries of one record; `unreadable` names the fields that could not be read on the wire, and `is_joined` says
    /// that the persons whom records name were looked for. `self` says what is watched and stays as it is. The quality of the
    /// records has no entries: what it compares, it compares over all records at once.
    ///
    /// # Errors
    /// An unreadable field of another version's name.
    pub fn entries<'r>(
        &self,
        record: Joined<'r>,
        unreadable: &[String],
        is_joined: bool,
        definitions: &'r Definitions,
        found: &mut Contributions<'r>,
        mut emit: impl FnMut(Entry<'r>),
    ) -> Result<(), Error> {
        contributions(record, definitions, found);
        emit(Entry::text(Part::Record, outcomes_text(found)));
        for contribution in &found.cells {
            let CellKey { indicator, period, place, combo } = contribution.cell;
            let text = match contribution.amount {
                Amount::One => None,
                Amount::Text(text) => Some(Cow::Borrowed(text)),
                // Equal numbers of another form are one: it is their value that is added.
                Amount::Number(number) => Some(Cow::Owned(wire_text(number))),
            };
            emit(Entry { indicator, period, place, combo, text, ..Entry::of(Part::Cell) });
        }
        for (indicator, period) in &found.missed {
            emit(Entry { indicator: *indicator, period: *period, ..Entry::of(Part::Missed) });
        }
        if self.classifications.is_some()
            && let Some(person) = record.person().filter(|_| record.kind() == RecordKind::Case)
        {
            let text = person.classification.as_deref().map(Cow::Borrowed);
            emit(Entry { text, ..Entry::of(Part::Classification) });
        }
        if let Some(location) = unmapped_of(found, record, definitions) {
            emit(Entry::text(Part::Unmapped, location));
        }
        for (index, (field, _)) in self.values.iter().enumerate() {
            if let Some(value) = (field.get)(record).text() {
                emit(Entry { indicator: index as u16, ..Entry::text(Part::Value, value) });
            }
        }
        let mut issues = Vec::new();
        for name in unreadable {
            let field = unreadable_field(name)
                .ok_or_else(|| Error::new(ErrorKind::Internal, format!("no field is named `{name}`")))?;
            issues.push(Issue { record: record.id().into(), field, rule: Rule::Unreadable });
        }
        issue::issues_of(record, is_joined, definitions.today, &definitions.places, &mut issues);
        for issue in issues {
            let rule = Rule::ALL.iter().position(|rule| *rule == issue.rule).unwrap_or_default();
            let sample = Some(record.id());
            emit(Entry { indicator: rule as u16, sample, ..Entry::text(Part::Issue, issue.field) });
        }
        Ok(())
    }

    /// Enters what `n` records added; `samples` are the ids of some of them, where they are kept.
    ///
    /// # Errors
    /// A sum outside the range of exact decimals; an entry that does not fit the definitions: another version made it.
    pub fn enter(
        &mut self,
        entry: &Entry<'_>,
        n: u64,
        samples: impl Iterator<Item = CompactString>,
        definitions: &Definitions,
    ) -> Result<(), Error> {
        self.try_enter(entry, n, samples, definitions)?.ok_or_else(|| {
            let message = format!("an entry of part {:?} does not fit the definitions", entry.part);
            Error::new(ErrorKind::Internal, message).advice("Run the same version of Tally on every machine.")
        })
    }

    fn try_enter(
        &mut self,
        entry: &Entry<'_>,
        n: u64,
        samples: impl Iterator<Item = CompactString>,
        definitions: &Definitions,
    ) -> Result<Option<()>, Error> {
        let text = entry.text.as_deref();
        let indicator = usize::from(entry.indicator);
        let in_span =
            indicator < definitions.indicators.len() && usize::from(entry.period) < definitions.span.span().n_periods();
        let entered = match (entry.part, text) {
            (Part::Record, Some(text)) => {
                read_outcomes(text, definitions).map(|found| self.account.add_times(&found, n))
            }
            (Part::Cell, text) if in_span && (entry.place as usize) < definitions.places.org_units().len() => {
                return self.enter_cell(entry, text, n, definitions);
            }
            (Part::Missed, None) if in_span => {
                self.headcounts.add_missed(entry.indicator, entry.period, n);
                Some(())
            }
            (Part::Classification, text) => self.classifications.as_mut().map(|classifications| {
                *classifications.entry(text.map(CompactString::from)).or_default() += n;
            }),
            (Part::Unmapped, Some(location)) => {
                *self.unmapped.entry(location.into()).or_default() += n;
                Some(())
            }
            (Part::Value, Some(value)) => self.values.get_mut(indicator).map(|(_, values)| {
                *values.entry(value.into()).or_default() += n;
            }),
            (Part::Issue, Some(field)) => Rule::ALL.get(indicator).zip(unreadable_field(field)).map(|(rule, field)| {
                *self.issues.entry((*rule, field)).or_default() += n;
                samples.for_each(|record| self.keep_sample((*rule, field), record));
            }),
            _ => None,
        };
        Ok(entered)
    }

    fn enter_cell(
        &mut self,
        entry: &Entry<'_>,
        text: Option<&str>,
        n: u64,
        definitions: &Definitions,
    ) -> Result<Option<()>, Error> {
        use epi::indicator::Measure;
        let Entry { indicator, period, place, combo, .. } = *entry;
        let model = &definitions.indicators[usize::from(indicator)];
        if combo as usize >= definitions.n_combos(model) {
            return Ok(None);
        }
        let amount = match (&model.measure, text) {
            (Measure::Count, None) => Amount::One,
            // A number is told from others by the same text.
            (Measure::CountDistinct(_), Some(text)) => Amount::Text(text),
            (Measure::Count, Some(_)) | (_, None) => return Ok(None),
            (_, Some(text)) => match text.parse::<Decimal>() {
                Ok(number) => Amount::Number(number),
                Err(_) => return Ok(None),
            },
        };
        let cell = CellKey { indicator, period, place, combo };
        let added = self.cells.add_times(cell, amount, n, definitions);
        added.map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
        self.headcounts.add_counted(indicator, period, n);
        Ok(Some(()))
    }
}

/// The location of a record that hangs on one without an organisation unit, once however many indicators miss it there.
pub(super) fn unmapped_of<'r>(
    found: &Contributions<'_>,
    record: Joined<'r>,
    definitions: &Definitions,
) -> Option<&'r str> {
    let missed =
        |outcome: &Outcome| matches!(outcome, Outcome::Excluded(Reason::PlaceNotMapped | Reason::UnknownPlace));
    let index = found.outcomes.iter().position(missed)?;
    (definitions.indicators[index].place.get)(record).text()
}

/// The outcomes of a record, and the dimensions in which it is unknown: `0,false,g2;0:1`. Records differ in few ways, so
/// that the texts of an outbreak are few.
fn outcomes_text(found: &Contributions<'_>) -> String {
    let mut text = String::new();
    for (index, outcome) in found.outcomes.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        // Writing to a string cannot fail.
        let _ = match outcome {
            Outcome::Counted { basis } => write!(text, "{comma}{basis}"),
            Outcome::Excluded(Reason::UnknownGroup(dimension)) => write!(text, "{comma}g{dimension}"),
            Outcome::Excluded(reason) => write!(text, "{comma}{}", reason_word(*reason)),
        };
    }
    for (indicator, dimension) in &found.unknown {
        let _ = write!(text, ";{indicator}:{dimension}");
    }
    text
}

/// What [`outcomes_text`] wrote; none if it does not fit the definitions.
fn read_outcomes(text: &str, definitions: &Definitions) -> Option<Contributions<'static>> {
    let mut parts = text.split(';');
    let outcomes = parts.next()?;
    let is_dimension = |dimension: &u16| usize::from(*dimension) < definitions.dimensions.len();
    let outcome = |(word, n_bases): (&str, usize)| {
        if let Some(dimension) = word.strip_prefix('g') {
            let dimension = dimension.parse().ok().filter(is_dimension)?;
            return Some(Outcome::Excluded(Reason::UnknownGroup(dimension)));
        }
        match REASONS.iter().find(|reason| reason_word(**reason) == word) {
            Some(reason) => Some(Outcome::Excluded(*reason)),
            None => {
                word.parse().ok().filter(|basis| usize::from(*basis) < n_bases).map(|basis| Outcome::Counted { basis })
            }
        }
    };
    let words: Vec<&str> = if outcomes.is_empty() { Vec::new() } else { outcomes.split(',').collect() };
    if words.len() != definitions.indicators.len() {
        return None;
    }
    let n_bases = definitions.indicators.iter().map(|indicator| indicator.when.len());
    let unknown = |part: &str| {
        let (indicator, dimension) = part.split_once(':')?;
        let indicator = indicator.parse().ok().filter(|i: &u16| usize::from(*i) < definitions.indicators.len())?;
        Some((indicator, dimension.parse().ok().filter(is_dimension)?))
    };
    Some(Contributions {
        outcomes: words.into_iter().zip(n_bases).map(outcome).collect::<Option<_>>()?,
        unknown: parts.map(unknown).collect::<Option<_>>()?,
        ..Contributions::default()
    })
}

/// The reasons that one word says.
const REASONS: [Reason; 9] = [
    Reason::OtherKind,
    Reason::ConditionFalse,
    Reason::ConditionUnknown,
    Reason::NoDate,
    Reason::OutsidePeriods,
    Reason::NoPlace,
    Reason::UnknownPlace,
    Reason::PlaceNotMapped,
    Reason::NoValue,
];

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::OtherKind => "kind",
        Reason::ConditionFalse => "false",
        Reason::ConditionUnknown => "unknown",
        Reason::NoDate => "date",
        Reason::OutsidePeriods => "periods",
        Reason::NoPlace => "place",
        Reason::UnknownPlace => "lost",
        Reason::PlaceNotMapped => "unmapped",
        Reason::UnknownGroup(_) => "group",
        Reason::NoValue => "value",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config;
    use epi::account::Account;
    use epi::place::{Place, PlaceMap, PlaceTree, Places};
    use epi::portable::Portable;
    use epi::record::{FollowUp, LabResult, Linked, Participant, Person, PersonKind, Record, Relationship};
    use epi::record::{Stay, Vaccination};
    use jiff::civil::{Date, date};
    use std::collections::HashMap;
    use std::path::Path;

    /// Every measure, window and kind of date, two dimensions, a fallback.
    const REPORT: &str = r#"
        [godata]
        url = "http://127.0.0.1:1"
        outbreak = "o"
        email = "a@example.org"
        password_env = "P"
        [dhis2]
        url = "http://127.0.0.1:2"
        token_env = "T"
        [places]
        map = "places.csv"
        [[dimension]]
        code = "sex"
        field = "gender"
        unknown = "Unknown"
        groups = [{ values = "FEMALE", option = "F" }, { values = ["MALE"], option = "M" }]
        [[dimension]]
        code = "age"
        field = "age_years"
        unknown = "exclude"
        groups = [{ ages = "0-14", option = "C" }, { ages = "15+", option = "A" }]
        [[report]]
        name = "r"
        data_set = "aaaaaaaaaaa"
        period = "Weekly"
    "#;

    fn indicator(n: usize, rest: &str) -> String {
        format!("[[report.indicator]]\ncode = \"i{n}\"\ndata_element = \"deeeeeeee{n:02}\"\n{rest}\n")
    }

    pub(in crate::aggregate) fn definitions() -> Definitions {
        let onset = "when = [\"date_of_onset\", \"date_of_reporting\"]";
        let indicators = [
            format!("where = \"classification = 'CONFIRMED'\"\nby = [\"sex\", \"age\"]\n{onset}"),
            format!("measure = \"median age_years\"\n{onset}"),
            format!("measure = \"average age_years\"\nwindow = \"up_to\"\n{onset}"),
            format!("measure = \"sum age_years\"\n{onset}"),
            format!("measure = \"count distinct gender\"\n{onset}"),
            format!("measure = \"max age_years\"\n{onset}"),
            format!("measure = \"min age_years\"\nof = \"person\"\n{onset}"),
            "window = \"at_end\"\nwhen = \"stays WHERE type = 'ISOLATION'\"\nby = [\"sex\"]".to_owned(),
            "window = \"overlapping\"\nwhen = \"stays\"".to_owned(),
            "of = \"lab_result\"\nwhen = \"date_of_result\"\nby = [\"sex\"]\n\
             measure = \"average date_of_result - date_sample_taken\""
                .to_owned(),
            "of = \"lab_result\"\nwhen = \"date_of_result\"\n\
             measure = \"count distinct person.gender\""
                .to_owned(),
            "of = \"follow_up\"\nwhen = \"date\"\nwhere = \"person.classification = 'CONFIRMED'\"".to_owned(),
            "of = \"relationship\"\nwhen = \"contact_date\"\nby = [\"sex\"]\n\
             where = \"source.age_years > target.age_years\""
                .to_owned(),
        ];
        let text: String = indicators.iter().enumerate().map(|(n, rest)| indicator(n, rest)).collect();
        let map = "location_id,org_unit\nnorth,aaaaaaaaaaa\nsouth,bbbbbbbbbbb\n";
        let config = config::check_texts(Path::new("tally.toml"), &format!("{REPORT}{text}"), map).unwrap();
        let report = config.report(None).unwrap();
        let place = |id: &str, parent: Option<&str>| Place {
            id: id.into(),
            parent: parent.map(str::to_owned),
            name: String::new(),
            level: None,
        };
        let tree = [place("north", None), place("south", None), place("town", Some("north")), place("east", None)];
        let rows = [("north", "aaaaaaaaaaa"), ("south", "bbbbbbbbbbb")];
        let map = PlaceMap::new(rows.map(|(a, b)| (a.to_owned(), b.to_owned()))).0;
        let week = |text: &str| report.period_type.value.parse(text).unwrap();
        let span = epi::period::Span::between(week("2020W2"), week("2020W9")).unwrap();
        let now = "2020-03-05T12:00:00Z".parse().unwrap();
        config.definitions(report, span, now, Places::new(PlaceTree::new(tree).0, &map).0)
    }

    /// Numbers that look random and are the same each time.
    pub(in crate::aggregate) struct Dice(pub(in crate::aggregate) u64);

    impl Dice {
        pub(in crate::aggregate) fn roll(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % n
        }

        fn one_of(&mut self, words: &[Option<&str>]) -> Option<CompactString> {
            words[self.roll(words.len() as u64) as usize].map(Into::into)
        }

        fn day(&mut self) -> Option<Date> {
            let day = self.roll(100);
            (day < 90).then(|| date(2019, 12, 20).checked_add(jiff::Span::new().days(day as i64)).unwrap())
        }

        pub(in crate::aggregate) fn person(&mut self, n: usize) -> (Person, Vec<String>) {
            let stays = (0..self.roll(3)).map(|_| Stay {
                kind: self.one_of(&[Some("ISOLATION"), Some("HOSPITALIZATION"), None]),
                start: self.day(),
                end: self.day(),
                ..Stay::default()
            });
            let stays = stays.collect();
            let person = Person {
                id: format!("p{n:04}").into(),
                kind: PersonKind::ALL[self.roll(3) as usize],
                classification: self.one_of(&[Some("CONFIRMED"), Some("SUSPECT"), Some("CONFIRMD, \";"), None]),
                gender: self.one_of(&[Some("FEMALE"), Some("MALE"), Some("X"), None]),
                age_years: Some(self.roll(140) as u32).filter(|age| *age < 130),
                date_of_onset: self.day(),
                date_of_reporting: self.day(),
                date_of_outcome: self.day(),
                residence: self.one_of(&[Some("north"), Some("town"), Some("south"), Some("east"), Some("?"), None]),
                stays,
                vaccinations: vec![Vaccination { date: Some(date(1890, 1, 1)), ..Vaccination::default() }],
                ..Person::default()
            };
            let unreadable = if self.roll(10) == 0 { vec!["age_years".to_owned()] } else { Vec::new() };
            (person, unreadable)
        }

        /// A record of any kind: one in two is about persons, who are not always there.
        pub(in crate::aggregate) fn record(&mut self, n: usize) -> (Linked, Vec<String>) {
            let (person, unreadable) = self.person(n);
            let [about, source] = [4, 3].map(|odds| (self.roll(odds) > 0).then(|| Arc::new(self.person(n).0)));
            let id = CompactString::from(format!("r{n:04}"));
            let record = match self.roll(6) {
                0 => Record::LabResult(LabResult {
                    id,
                    person_id: Some("p".into()),
                    date_sample_taken: self.day(),
                    date_of_result: self.day(),
                    result: self.one_of(&[Some("POSITIVE"), None]),
                    ..LabResult::default()
                }),
                1 => Record::FollowUp(FollowUp {
                    id,
                    person_id: Some("p".into()),
                    date: self.day(),
                    residence: self.one_of(&[Some("north"), Some("east"), None]),
                    ..FollowUp::default()
                }),
                2 => Record::Relationship(Relationship {
                    id,
                    source: self.end(),
                    target: self.end(),
                    contact_date: self.day(),
                    ..Relationship::default()
                }),
                _ => return (person.into(), unreadable),
            };
            let source = source.filter(|_| record.source_id().is_some());
            (Linked { record, person: about, source }, Vec::new())
        }

        fn end(&mut self) -> Option<Participant> {
            Some(Participant { id: "p".into(), kind: self.one_of(&[Some("EVENT"), Some("CASE"), None]) })
        }
    }

    #[test]
    fn grouped_and_counted_entries_are_the_aggregation() {
        let definitions = definitions();
        let there = serde_json::to_string(&Portable::of(&definitions)).unwrap();
        let there = serde_json::from_str::<Portable>(&there).unwrap().definitions().unwrap();
        let mut dice = Dice(7);
        let records: Vec<_> = (0..4000).map(|n| dice.record(n)).collect();
        let mut whole = Aggregation::of_entries(&definitions);
        let blank = Aggregation::of_entries(&there);
        let mut grouped: HashMap<Entry<'_>, (u64, Vec<CompactString>)> = HashMap::new();
        for (linked, unreadable) in &records {
            let record = linked.joined();
            let mut found = Contributions::default();
            let mut issues = Vec::new();
            for name in unreadable {
                let field = unreadable_field(name).unwrap();
                issues.push(Issue { record: record.id().into(), field, rule: Rule::Unreadable });
            }
            issue::issues_of(record, true, definitions.today, &definitions.places, &mut issues);
            whole.add(record, &definitions, &mut issues, &mut found).unwrap();
            let mut found = Contributions::default();
            blank
                .entries(record, unreadable, true, &there, &mut found, |mut entry| {
                    let sample = entry.sample.take();
                    let (n, samples) = grouped.entry(entry).or_default();
                    *n += 1;
                    samples.extend(sample.map(CompactString::from));
                })
                .unwrap();
        }
        let mut entered = Aggregation::of_entries(&definitions);
        for (entry, (n, samples)) in grouped {
            entered.enter(&entry, n, samples.into_iter(), &definitions).unwrap();
        }
        for (n, indicator) in definitions.indicators.iter().enumerate() {
            assert!(whole.account.indicators[n].n_counted() > 10, "{}", indicator.code);
        }
        assert!(whole.cells.len() > 150 && whole.issues.len() > 5 && whole.unmapped.len() == 2);
        assert_eq!(entered.cells, whole.cells);
        assert_eq!(entered.account, whole.account);
        entered.account.check(&definitions).unwrap();
        assert_eq!(entered.headcounts, whole.headcounts);
        assert_eq!(entered.classifications, whole.classifications);
        assert_eq!(entered.unmapped, whole.unmapped);
        assert_eq!(entered.unmentioned(&definitions), whole.unmentioned(&definitions));
        assert_eq!(entered.issues, whole.issues);
        assert!(entered.issue_samples().eq(whole.issue_samples()));
    }

    #[test]
    fn what_another_version_made_is_refused() {
        let definitions = definitions();
        let mut aggregation = Aggregation::of_entries(&definitions);
        let n = definitions.indicators.len();
        let few = "0,".repeat(n - 2) + "0";
        let many = vec!["9"; n].join(",");
        let dimension = vec!["g2"; n].join(",");
        let unknown = vec!["0"; n].join(",") + ";0:7";
        for text in ["", "0", &few, &many, &dimension, &unknown] {
            let entry = Entry::text(Part::Record, text);
            assert!(aggregation.enter(&entry, 1, std::iter::empty(), &definitions).is_err(), "{text}");
        }
        let cell = Entry::of(Part::Cell);
        let odd = [
            Entry { indicator: n as u16, ..cell.clone() },
            Entry { period: 8, ..cell.clone() },
            Entry { place: 2, ..cell.clone() },
            Entry { combo: 6, ..cell.clone() },
            Entry { text: Some("1".into()), ..cell.clone() },
            Entry { indicator: 3, ..cell.clone() },
            Entry { indicator: 3, text: Some("many".into()), ..cell },
            Entry { period: 8, ..Entry::of(Part::Missed) },
            Entry { indicator: 9, ..Entry::text(Part::Value, "X") },
            Entry { indicator: Rule::ALL.len() as u16, ..Entry::text(Part::Issue, "age_years") },
            Entry::text(Part::Issue, "no_field"),
            Entry::of(Part::Unmapped),
        ];
        for entry in odd {
            assert!(aggregation.enter(&entry, 1, std::iter::empty(), &definitions).is_err(), "{entry:?}");
        }
        assert_eq!(aggregation.account, Account::new(&definitions));
        assert!(aggregation.cells.is_empty());
        assert_eq!(Part::ALL.map(|part| Part::of_number(part.number())), Part::ALL.map(Some));
        assert_eq!(Part::of_number(7), None);
    }
}
