//! Definitions that travel: what a machine that has no configuration needs in order to say what a record means.
//!
//! Conditions, date bases and expressions travel as the texts that people wrote and are read again where they arrive, as
//! texts about the table of their indicator; of the places only
//! what is decided travels, which is where each location is reported. [`Portable::definitions`] of [`Portable::of`] means
//! the same for every record; only the names of places stay at home.

use crate::age::{AgeBand, AgeBands};
use crate::basis::DateBasis;
use crate::condition::{Condition, ConditionError, Expression};
use crate::dimension::{Dimension, Groups, Unknown};
use crate::field::{Field, PERSONS, Table, TableName};
use crate::indicator::{Definitions, Indicator, Measure, Window};
use crate::period::Span;
use crate::place::Places;
use crate::record::RecordKind;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Definitions as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portable {
    span: Span,
    today: Date,
    org_units: Vec<String>,
    /// Each location with the position of its organisation unit; of a known location that is reported nowhere, none.
    places: Vec<(String, Option<u32>)>,
    dimensions: Vec<PortableDimension>,
    indicators: Vec<PortableIndicator>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortableDimension {
    code: String,
    /// The table whose field it names; in other tables the field follows from it.
    table: TableName,
    field: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bands: Option<Vec<AgeBand>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<Vec<String>>,
    unknown_counts: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortableIndicator {
    code: String,
    title: String,
    kinds: Vec<RecordKind>,
    condition: Option<String>,
    when: Vec<String>,
    window: String,
    place: String,
    measure: String,
    measured: Option<String>,
    by: Vec<usize>,
    decimals: u32,
}

/// Why definitions that travelled cannot be read: they were written by another version.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// The table has no field of this name.
    #[error("there is no field `{name}` of a {}", table.name())]
    Field {
        /// The table.
        table: TableName,
        /// The name.
        name: String,
    },
    /// No window or measure has this name.
    #[error("there is no {what} `{name}`")]
    Word {
        /// `window` or `measure`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A condition, a date basis or an expression that cannot be read here.
    #[error("`{text}` cannot be read: {}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Text {
        /// The text.
        text: String,
        /// What is wrong.
        errors: Vec<ConditionError>,
    },
    /// Age bands that are none.
    #[error("the age bands of dimension `{0}` cannot be read")]
    Bands(String),
    /// A position beyond its list.
    #[error("`{0}` points beyond the dimensions or the organisation units")]
    Position(String),
}

impl Portable {
    /// What is to travel of these definitions.
    pub fn of(definitions: &Definitions) -> Self {
        let org_unit = |position: Option<usize>| position.map(|position| position as u32);
        let reported = definitions.places.reported();
        let mut places: Vec<_> = reported.map(|(id, unit)| (id.to_owned(), org_unit(unit))).collect();
        places.sort_unstable();
        Self {
            span: definitions.span.span(),
            today: definitions.today,
            org_units: definitions.places.org_units().to_vec(),
            places,
            dimensions: definitions.dimensions.iter().map(PortableDimension::of).collect(),
            indicators: definitions.indicators.iter().map(PortableIndicator::of).collect(),
        }
    }

    /// The definitions that travelled.
    ///
    /// # Errors
    /// A name or a text that this version does not know.
    pub fn definitions(self) -> Result<Definitions, PortableError> {
        let n_units = self.org_units.len();
        let mut reported = Vec::with_capacity(self.places.len());
        for (id, unit) in self.places {
            let unit = unit.map(|unit| unit as usize);
            if unit.is_some_and(|unit| unit >= n_units) {
                return Err(PortableError::Position(id));
            }
            reported.push((id, unit));
        }
        let n_dimensions = self.dimensions.len();
        let indicators = self.indicators.into_iter().map(|indicator| indicator.read(n_dimensions));
        Ok(Definitions {
            span: self.span.index(),
            today: self.today,
            places: Places::of_reported(self.org_units, reported),
            dimensions: self.dimensions.into_iter().map(PortableDimension::read).collect::<Result<_, _>>()?,
            indicators: indicators.collect::<Result<_, _>>()?,
        })
    }
}

impl PortableDimension {
    fn of(dimension: &Dimension) -> Self {
        let (bands, values) = match &dimension.groups {
            Groups::Bands(bands) => (Some(bands.bands().to_vec()), Vec::new()),
            Groups::Values(values) => (None, values.clone()),
        };
        Self {
            code: dimension.code.clone(),
            table: table_of(dimension.field),
            field: dimension.field.name.to_owned(),
            bands,
            values,
            unknown_counts: dimension.unknown == Unknown::Group,
        }
    }

    fn read(self) -> Result<Dimension, PortableError> {
        let groups = match self.bands {
            Some(bands) => Groups::Bands(AgeBands::new(bands).map_err(|_| PortableError::Bands(self.code.clone()))?),
            None => Groups::Values(self.values),
        };
        let unknown = if self.unknown_counts { Unknown::Group } else { Unknown::Exclude };
        Ok(Dimension::new(self.code, named(self.table.table(), self.field)?, groups, unknown))
    }
}

impl PortableIndicator {
    fn of(indicator: &Indicator) -> Self {
        Self {
            code: indicator.code.clone(),
            title: indicator.title.clone(),
            kinds: indicator.kinds.clone(),
            condition: indicator.condition.as_ref().map(|condition| condition.source().to_owned()),
            when: indicator.when.iter().map(ToString::to_string).collect(),
            window: window_name(indicator.window).to_owned(),
            place: indicator.place.name.to_owned(),
            measure: measure_name(&indicator.measure).to_owned(),
            measured: indicator.measure.expression().map(|measured| measured.source().to_owned()),
            by: indicator.by.clone(),
            decimals: indicator.decimals,
        }
    }

    fn read(self, n_dimensions: usize) -> Result<Indicator, PortableError> {
        if self.by.iter().any(|dimension| *dimension >= n_dimensions) {
            return Err(PortableError::Position(self.code));
        }
        let table = self.kinds.first().map_or(&PERSONS, |kind| kind.table());
        let condition = |text: String| read(text, |text| Condition::parse_of(table, text));
        let basis = |text: String| read(text, |text| DateBasis::parse_of(table, text));
        let measured = self.measured.map(|text| read(text, |text| Expression::parse_of(table, text))).transpose()?;
        Ok(Indicator {
            code: self.code,
            title: self.title,
            kinds: self.kinds,
            condition: self.condition.map(condition).transpose()?,
            when: self.when.into_iter().map(basis).collect::<Result<_, _>>()?,
            window: WINDOWS
                .into_iter()
                .find(|window| window_name(*window) == self.window)
                .ok_or(PortableError::Word { what: "window", name: self.window })?,
            place: named(table, self.place)?,
            measure: measure(self.measure, measured)?,
            by: self.by,
            decimals: self.decimals,
        })
    }
}

const WINDOWS: [Window; 4] = [Window::During, Window::AtEnd, Window::UpTo, Window::Overlapping];

fn window_name(window: Window) -> &'static str {
    match window {
        Window::During => "during",
        Window::AtEnd => "at_end",
        Window::UpTo => "up_to",
        Window::Overlapping => "overlapping",
    }
}

fn measure_name(measure: &Measure) -> &'static str {
    match measure {
        Measure::Count => "count",
        Measure::CountDistinct(_) => "count distinct",
        Measure::Sum(_) => "sum",
        Measure::Average(_) => "average",
        Measure::Min(_) => "min",
        Measure::Max(_) => "max",
        Measure::Median(_) => "median",
    }
}

fn measure(name: String, measured: Option<Expression>) -> Result<Measure, PortableError> {
    match (name.as_str(), measured) {
        ("count", None) => Ok(Measure::Count),
        ("count distinct", Some(measured)) => Ok(Measure::CountDistinct(measured)),
        ("sum", Some(measured)) => Ok(Measure::Sum(measured)),
        ("average", Some(measured)) => Ok(Measure::Average(measured)),
        ("min", Some(measured)) => Ok(Measure::Min(measured)),
        ("max", Some(measured)) => Ok(Measure::Max(measured)),
        ("median", Some(measured)) => Ok(Measure::Median(measured)),
        _ => Err(PortableError::Word { what: "measure", name }),
    }
}

/// Reads a text that travelled.
fn read<T>(text: String, with: impl FnOnce(&str) -> Result<T, Vec<ConditionError>>) -> Result<T, PortableError> {
    with(&text).map_err(|errors| PortableError::Text { text, errors })
}

fn named(table: &'static Table, name: String) -> Result<&'static Field, PortableError> {
    table.field(&name).ok_or(PortableError::Field { table: table.name, name })
}

/// The table that a field stands in.
fn table_of(field: &'static Field) -> TableName {
    let has = |table: &TableName| table.table().field(field.name).is_some_and(|own| std::ptr::eq(own, field));
    TableName::ALL.into_iter().find(has).unwrap_or(TableName::Person)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::{Contributions, contributions};
    use crate::field::field;
    use crate::period::Period;
    use crate::place::{Place, PlaceMap, PlaceTree};
    use crate::record::{Joined, LabResult, Linked, Participant, Person, Record, Relationship, Stay};
    use jiff::civil::date;
    use std::sync::Arc;

    fn dimension(code: &str, name: &str, groups: Groups, unknown: Unknown) -> Dimension {
        Dimension::new(code, field(name).unwrap(), groups, unknown)
    }

    fn definitions() -> Definitions {
        let place = |id: &str, parent: Option<&str>| Place {
            id: id.into(),
            parent: parent.map(str::to_owned),
            name: id.to_uppercase(),
            level: None,
        };
        let tree = [place("country", None), place("north", Some("country")), place("town", Some("north"))];
        let map = [("north", "OuNorth"), ("elsewhere", "OuElse")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let places = Places::new(PlaceTree::new(tree).0, &PlaceMap::new(map).0).0;
        let bands = AgeBands::new(vec!["0-14".parse().unwrap(), "15+".parse().unwrap()]).unwrap();
        let sexes = Groups::Values(vec![vec!["FEMALE".into()], vec!["MALE".into(), "X".into()]]);
        let age = || Expression::parse_of(&PERSONS, "COALESCE(age_years, 0) + 1").unwrap();
        let measures = [
            Measure::Count,
            Measure::CountDistinct(age()),
            Measure::Sum(age()),
            Measure::Average(age()),
            Measure::Min(age()),
            Measure::Max(age()),
            Measure::Median(age()),
        ];
        let indicator = |(n, measure): (usize, Measure)| {
            let window = WINDOWS[n % WINDOWS.len()];
            let when: &[&str] = match window.needs_interval() {
                true => &["stays WHERE type = 'ISOLATION'"],
                false => &["date_of_onset", "last(stays.start WHERE type <> 'it''s')", "date_of_reporting"],
            };
            Indicator {
                code: format!("i{n}"),
                title: "\"quoted\"".into(),
                kinds: vec![RecordKind::Case, RecordKind::Contact],
                condition: (n > 0).then(|| Condition::parse("kind = 'case' -- why\nAND age_years > 1").unwrap()),
                when: when.iter().map(|text| DateBasis::parse(text).unwrap()).collect(),
                window,
                place: field("residence").unwrap(),
                measure,
                by: (0..n % 3).collect(),
                decimals: n as u32,
            }
        };
        let mut indicators: Vec<Indicator> = measures.into_iter().enumerate().map(indicator).collect();
        indicators.extend([of_samples(), of_exposures()]);
        let result = TableName::LabResult.table().field("result").unwrap();
        let results = Groups::Values(vec![vec!["POSITIVE".into()], vec!["NEGATIVE".into()]]);
        let span = Span::between(Period::parse("2020W1").unwrap(), Period::parse("2020W9").unwrap()).unwrap();
        Definitions {
            span: span.index(),
            today: date(2020, 2, 20),
            places,
            dimensions: vec![
                dimension("age", "age_years", Groups::Bands(bands), Unknown::Exclude),
                dimension("sex", "gender", sexes, Unknown::Group),
                Dimension::new("result", result, results, Unknown::Exclude),
            ],
            indicators,
        }
    }

    /// Days to the result, by the sex and the result of whom the sample is, where that person lives.
    fn of_samples() -> Indicator {
        let table = TableName::LabResult.table();
        let days = Expression::parse_of(table, "date_of_result - date_sample_taken").unwrap();
        Indicator {
            code: "samples".into(),
            title: "samples".into(),
            kinds: vec![RecordKind::LabResult],
            condition: Some(Condition::parse_of(table, "person.kind <> 'contact' OR result = 'POSITIVE'").unwrap()),
            when: vec![DateBasis::parse_of(table, "date_of_result").unwrap()],
            window: Window::During,
            place: table.field("person.residence").unwrap(),
            measure: Measure::Median(days),
            by: vec![1, 2],
            decimals: 1,
        }
    }

    /// Who infected how many, over the time from one onset to the other.
    fn of_exposures() -> Indicator {
        let table = TableName::Relationship.table();
        Indicator {
            code: "exposures".into(),
            title: "exposures".into(),
            kinds: vec![RecordKind::Relationship],
            condition: Some(Condition::parse_of(table, "source.age_years > target.age_years").unwrap()),
            when: vec![DateBasis::parse_of(table, "source.date_of_reporting TO contact_date").unwrap()],
            window: Window::Overlapping,
            place: table.field("target.residence").unwrap(),
            measure: Measure::CountDistinct(Expression::parse_of(table, "source.gender").unwrap()),
            by: vec![1],
            decimals: 0,
        }
    }

    fn travelled(definitions: &Definitions) -> Definitions {
        let text = serde_json::to_string(&Portable::of(definitions)).unwrap();
        serde_json::from_str::<Portable>(&text).unwrap().definitions().unwrap()
    }

    fn people() -> Vec<Person> {
        let mut people = Vec::new();
        for age_years in [None, Some(0), Some(1), Some(14), Some(30)] {
            for residence in [None, Some("country"), Some("town"), Some("north"), Some("elsewhere"), Some("lost")] {
                for gender in [None, Some("FEMALE"), Some("X")] {
                    let stay =
                        Stay { kind: Some("ISOLATION".into()), start: Some(date(2020, 1, 8)), ..Stay::default() };
                    people.push(Person {
                        age_years,
                        residence: residence.map(Into::into),
                        gender: gender.map(Into::into),
                        date_of_reporting: Some(date(2020, 2, 3)),
                        stays: vec![stay],
                        ..Person::default()
                    });
                }
            }
        }
        people
    }

    /// A sample of a person, and that somebody else was exposed.
    fn around(person: &Person, source: &Person) -> [Linked; 2] {
        let positive = person.age_years.is_none_or(|age| age > 1);
        let sample = LabResult {
            date_sample_taken: Some(date(2020, 2, 1)),
            date_of_result: Some(date(2020, 2, 4)),
            result: Some(if positive { "POSITIVE" } else { "NEGATIVE" }.into()),
            ..LabResult::default()
        };
        let end = || Some(Participant { id: "p".into(), kind: None });
        let exposure = Relationship {
            source: end(),
            target: end(),
            contact_date: Some(date(2020, 2, 20)),
            ..Relationship::default()
        };
        let (person, source) = (Arc::new(person.clone()), Arc::new(source.clone()));
        [
            Linked { record: Record::LabResult(sample), person: Some(Arc::clone(&person)), source: None },
            Linked { record: Record::Relationship(exposure), person: Some(person), source: Some(source) },
        ]
    }

    #[test]
    fn what_arrives_means_the_same() {
        let (here, there) = (definitions(), travelled(&definitions()));
        assert_eq!(Portable::of(&here).indicators, Portable::of(&there).indicators);
        assert_eq!(Portable::of(&here).dimensions, Portable::of(&there).dimensions);
        assert_eq!(here.needs(), there.needs());
        let mut n_cells = vec![0; here.indicators.len()];
        let mut same = |record: Joined<'_>| {
            let (mut a, mut b) = (Contributions::default(), Contributions::default());
            contributions(record, &here, &mut a);
            contributions(record, &there, &mut b);
            assert_eq!((&a.outcomes, &a.cells), (&b.outcomes, &b.cells), "{record:?}");
            assert_eq!((&a.unknown, &a.missed), (&b.unknown, &b.missed));
            a.cells.iter().for_each(|cell| n_cells[usize::from(cell.cell.indicator)] += 1);
        };
        let people = people();
        for (person, source) in people.iter().zip(people.iter().rev()) {
            same(person.into());
            around(person, source).iter().for_each(|linked| same(linked.joined()));
        }
        assert!(n_cells.iter().all(|n| *n > 10), "{n_cells:?}");
    }

    #[test]
    fn what_another_version_wrote_is_refused_with_its_word() {
        let portable = Portable::of(&definitions());
        let refused = |change: &dyn Fn(&mut Portable)| {
            let mut changed = portable.clone();
            change(&mut changed);
            changed.definitions().unwrap_err().to_string()
        };
        assert_eq!(
            refused(&|p| p.indicators[0].place = "birthplace".into()),
            "there is no field `birthplace` of a person"
        );
        let table = "there is no field `gender` of a lab_result";
        assert_eq!(refused(&|p| p.dimensions[1].table = TableName::LabResult), table);
        assert_eq!(refused(&|p| p.indicators[0].window = "before".into()), "there is no window `before`");
        assert_eq!(refused(&|p| p.indicators[0].measure = "mode".into()), "there is no measure `mode`");
        assert_eq!(refused(&|p| p.indicators[2].measured = None), "there is no measure `sum`");
        assert!(refused(&|p| p.indicators[1].condition = Some("a =".into())).starts_with("`a =` cannot be read: "));
        assert!(refused(&|p| p.indicators[1].when = vec!["never".into()]).starts_with("`never` cannot be read: "));
        assert!(refused(&|p| p.indicators[2].measured = Some("1 +".into())).starts_with("`1 +` cannot be read: "));
        assert!(refused(&|p| p.indicators[1].by = vec![3]).starts_with("`i1` points beyond"));
        assert!(refused(&|p| p.org_units.clear()).contains("points beyond"));
        assert!(refused(&|p| p.dimensions[0].bands = Some(Vec::new())).contains("age bands of dimension `age`"));
    }
}
