//! Worked examples: a few invented records beside what the report makes of them, computed without any server.
//!
//! A configuration is reviewed by reading it, and believed when such examples hold: whoever knows the case definitions says
//! what a record means, and Tally shows that the configuration says the same. The records stand in Tally's own words, those of
//! the field catalogue, as the line list holds them after normalisation.

mod file;

pub use file::{Example, Examples, Expected, read};

use crate::config::model::{Config, Report};
use crate::error::{Error, ErrorKind};
use crate::source;
use epi::cell::{Cells, wire_text};
use epi::contribution::{CellKey, Contributions, Outcome, Reason, contributions};
use epi::explanation::explain;
use epi::indicator::Definitions;
use epi::period::{Period, Span};
use epi::record::{Joined, Person, Record};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What came of one example.
#[derive(Clone, Debug, Serialize)]
pub struct Worked {
    /// What it shows.
    pub title: String,
    /// Its report.
    pub report: String,
    /// What is not as expected; none: it holds.
    pub differences: Vec<Difference>,
}

/// A value that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The cell.
    pub cell: NamedCell,
    /// The value that the example expects; none: no value there.
    pub expected: Option<String>,
    /// What the report makes of the records; none: no value there.
    pub computed: Option<String>,
    /// What the indicator says of each record, in the order of the example.
    pub because: Vec<String>,
}

/// A cell in the words of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NamedCell {
    /// Code of the indicator.
    pub indicator: String,
    /// Period.
    pub period: String,
    /// Organisation unit, as the map of places names it.
    pub org_unit: String,
    /// The group of each dimension of the indicator: `5-14`, `FEMALE`, `unknown`.
    pub groups: BTreeMap<String, String>,
}

/// What came of all examples.
#[derive(Clone, Debug, Serialize)]
pub struct Outcomes {
    /// In the order of the file.
    pub examples: Vec<Worked>,
    /// Indicators, as `report.indicator`, of which no example says anything.
    pub without_example: Vec<String>,
}

impl Outcomes {
    /// Examples that do not hold.
    pub fn n_failed(&self) -> usize {
        self.examples.iter().filter(|worked| !worked.differences.is_empty()).count()
    }
}

/// Works all examples.
///
/// # Errors
/// A report, an indicator, a period or a group that the configuration does not have, at its place in the file.
pub fn work(config: &Config, examples: &Examples) -> Result<Outcomes, Error> {
    let mut spoken_of = BTreeSet::new();
    let mut worked = Vec::new();
    for example in &examples.examples {
        let report = config.report(example.report.as_deref()).map_err(|problem| {
            let at = examples.problem(example, problem.message.clone());
            Error::from(match problem.advice {
                Some(advice) => at.advice(advice),
                None => at,
            })
        })?;
        let expected = one(config, report, examples, example)?;
        spoken_of.extend(example.indicators().map(|code| format!("{}.{code}", report.name)));
        worked.push(expected);
    }
    let all = config
        .reports
        .iter()
        .flat_map(|report| report.indicators.iter().map(|model| format!("{}.{}", report.name, model.indicator.code)));
    let without_example = all.filter(|name| !spoken_of.contains(name)).collect();
    Ok(Outcomes { examples: worked, without_example })
}

fn one(config: &Config, report: &Report, examples: &Examples, example: &Example) -> Result<Worked, Error> {
    let span = span_of(report, examples, example)?;
    let noon = example.today.at(12, 0, 0, 0).to_zoned(report.time_zone.clone());
    let now = noon.map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?.timestamp();
    let definitions = config.definitions(report, span, now, source::places_of_the_map(config)?);
    let mut expected = BTreeMap::new();
    for wanted in &example.expected {
        let cell = cell_of(wanted, &definitions, examples, example)?;
        if expected.insert(cell, wanted.value.clone()).is_some() {
            return Err(examples.problem(example, format!("a value of `{}` stands twice", wanted.indicator)).into());
        }
    }
    for code in &example.nothing_of {
        indicator(code, &definitions, examples, example)?;
    }
    let (computed, meanings) = computed(&example.records, &definitions)?;
    let mut differences = Vec::new();
    let cells: BTreeSet<&NamedCell> = expected.keys().chain(computed.keys()).collect();
    let of: BTreeSet<&str> = example.indicators().collect();
    for cell in cells.into_iter().filter(|cell| of.contains(cell.indicator.as_str())) {
        // Zero and nothing are the same here: whether a zero is reported is the report's matter, not the records'.
        let expected = expected.get(cell).filter(|value| *value != "0");
        let computed = computed.get(cell).filter(|value| *value != "0");
        if expected != computed {
            let because = meanings.get(&cell.indicator).cloned().unwrap_or_default();
            let (expected, computed) = (expected.cloned(), computed.cloned());
            differences.push(Difference { cell: cell.clone(), expected, computed, because });
        }
    }
    Ok(Worked { title: example.title.clone(), report: report.name.clone(), differences })
}

type Computed = (BTreeMap<NamedCell, String>, BTreeMap<String, Vec<String>>);

/// The cells that the records add up to, and for each indicator what it says of each record.
fn computed(records: &[Record], definitions: &Definitions) -> Result<Computed, Error> {
    let persons: BTreeMap<&str, &Person> = records
        .iter()
        .filter_map(|record| match record {
            Record::Person(person) => Some((person.id.as_str(), person)),
            _ => None,
        })
        .collect();
    let mut cells = Cells::default();
    let mut meanings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut found = Contributions::default();
    for record in records {
        let person = |id: Option<&str>| id.and_then(|id| persons.get(id).copied());
        let joined = record.joined(person(record.person_id()), person(record.source_id()));
        found = found.recycle();
        contributions(joined, definitions, &mut found);
        cells.add(&found, definitions).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
        for (indicator, outcome) in definitions.indicators.iter().zip(&found.outcomes) {
            // A sample has nothing to say where persons are counted.
            if *outcome != Outcome::Excluded(Reason::OtherKind) {
                let said = said_of(joined, indicator, *outcome, definitions);
                meanings.entry(indicator.code.clone()).or_default().push(said);
            }
        }
    }
    let valued = cells.sorted().into_iter().filter_map(|(key, cell)| {
        let indicator = &definitions.indicators[usize::from(key.indicator)];
        let value = cell.value(&indicator.measure, indicator.decimals)?;
        Some((named(key, definitions)?, wire_text(value)))
    });
    Ok((valued.collect(), meanings))
}

fn said_of(
    record: Joined<'_>,
    indicator: &epi::indicator::Indicator,
    outcome: Outcome,
    definitions: &Definitions,
) -> String {
    let meaning = explain(record, indicator, definitions);
    let id = record.id();
    match outcome {
        Outcome::Excluded(reason) => format!("{id} does not count: {}", meaning.because(reason)),
        Outcome::Counted { .. } => {
            let groups = meaning.groups.iter().map(|group| format!(", {group}")).collect::<String>();
            let date = meaning.date().unwrap_or_default();
            format!("{id} counts: {date}, {}{groups}", meaning.place)
        }
    }
}

fn named(key: CellKey, definitions: &Definitions) -> Option<NamedCell> {
    let indicator = &definitions.indicators[usize::from(key.indicator)];
    let groups = indicator.by.iter().zip(definitions.groups_of(indicator, key.combo)).map(|(dimension, group)| {
        let dimension = &definitions.dimensions[*dimension];
        (dimension.code.clone(), dimension.group_name(group))
    });
    Some(NamedCell {
        indicator: indicator.code.clone(),
        period: definitions.span.span().get(usize::from(key.period))?.id().to_string(),
        org_unit: definitions.places.org_units().get(key.place as usize)?.clone(),
        groups: groups.collect(),
    })
}

/// The cell that an expectation speaks of, every word of it checked.
fn cell_of(
    wanted: &Expected,
    definitions: &Definitions,
    examples: &Examples,
    example: &Example,
) -> Result<NamedCell, Error> {
    let refuse = |message: String| examples.problem(example, message);
    let indicator = indicator(&wanted.indicator, definitions, examples, example)?;
    let span = definitions.span.span();
    if !span.iter().any(|period| *period.id() == *wanted.period) {
        let (first, last) = (span.first().id(), span.last().id());
        let problem = refuse(format!("`{}` is not one of the periods {first} to {last}", wanted.period));
        return Err(problem.advice("Name `from` and `to` beside the title for other periods.").into());
    }
    let org_units = definitions.places.org_units();
    if !org_units.contains(&wanted.org_unit) {
        let known: Vec<&str> = org_units.iter().map(String::as_str).collect();
        let problem = refuse(format!("the map of places has no organisation unit `{}`", wanted.org_unit));
        return Err(suggested(problem, &wanted.org_unit, &known).into());
    }
    let dimensions = || indicator.by.iter().map(|index| &definitions.dimensions[*index]);
    let codes: Vec<&str> = dimensions().map(|dimension| dimension.code.as_str()).collect();
    if let Some(other) = wanted.groups.keys().find(|code| !codes.contains(&code.as_str())) {
        let problem = refuse(format!("`{}` is not disaggregated by `{other}`", wanted.indicator));
        return Err(suggested(problem, other, &codes).into());
    }
    for dimension in dimensions() {
        let names: Vec<String> = (0..dimension.n_groups()).map(|group| dimension.group_name(group)).collect();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let problem = match wanted.groups.get(&dimension.code) {
            Some(group) if names.contains(group) => continue,
            Some(group) => suggested(refuse(format!("`{}` has no group `{group}`", dimension.code)), group, &known),
            None => refuse(format!("the group of `{}` is missing", dimension.code))
                .advice(format!("One of: {}.", names.join(", "))),
        };
        return Err(problem.into());
    }
    Ok(NamedCell {
        indicator: wanted.indicator.clone(),
        period: wanted.period.clone(),
        org_unit: wanted.org_unit.clone(),
        groups: wanted.groups.clone(),
    })
}

fn indicator<'d>(
    code: &str,
    definitions: &'d Definitions,
    examples: &Examples,
    example: &Example,
) -> Result<&'d epi::indicator::Indicator, Error> {
    definitions.indicators.iter().find(|indicator| indicator.code == code).ok_or_else(|| {
        let known: Vec<&str> = definitions.indicators.iter().map(|indicator| indicator.code.as_str()).collect();
        let problem = examples.problem(example, format!("the report has no indicator `{code}`"));
        suggested(problem, code, &known).into()
    })
}

fn suggested(problem: crate::config::Problem, word: &str, known: &[&str]) -> crate::config::Problem {
    match epi::nearest(word, known) {
        Some(near) => problem.advice(format!("Did you mean `{near}`?")),
        None => problem.advice(format!("It has: {}.", known.join(", "))),
    }
}

fn span_of(report: &Report, examples: &Examples, example: &Example) -> Result<Span, Error> {
    let period = |text: &Option<String>| -> Result<Option<Period>, Error> {
        let Some(text) = text else { return Ok(None) };
        match report.period_type.value.parse(text) {
            Ok(period) => Ok(Some(period)),
            Err(error) => Err(examples.problem(example, error.to_string()).into()),
        }
    };
    let (from, to) = (period(&example.from)?, period(&example.to)?);
    let default = |today: Date| report.look_back(today);
    let span = default(example.today)
        .and_then(|default| Span::between(from.unwrap_or(default.first()), to.unwrap_or(default.last())));
    span.map_err(|error| examples.problem(example, error.to_string()).into())
}
