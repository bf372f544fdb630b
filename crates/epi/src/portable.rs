//! Definitions that travel: what a machine that has no configuration needs in order to say what a record means.
//!
//! Conditions and date bases travel as the texts that people wrote and are read again where they arrive; of the places only
//! what is decided travels, which is where each location is reported. [`Portable::definitions`] of [`Portable::of`] means
//! the same for every record; only the names of places stay at home.

use crate::age::{AgeBand, AgeBands};
use crate::basis::DateBasis;
use crate::condition::{Condition, ConditionError};
use crate::dimension::{Dimension, Groups, Unknown};
use crate::field::{self, Field};
use crate::indicator::{Definitions, Indicator, Measure, Window};
use crate::period::Span;
use crate::place::Places;
use crate::record::PersonKind;
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
    kinds: Vec<PersonKind>,
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
    /// No field has this name.
    #[error("there is no field `{0}`")]
    Field(String),
    /// No window or measure has this name.
    #[error("there is no {what} `{name}`")]
    Word {
        /// `window` or `measure`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A condition or a date basis that cannot be read here.
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
        Ok(Dimension { code: self.code, field: named(self.field)?, groups, unknown })
    }
}

impl PortableIndicator {
    fn of(indicator: &Indicator) -> Self {
        let (measure, measured) = measure_name(indicator.measure);
        Self {
            code: indicator.code.clone(),
            title: indicator.title.clone(),
            kinds: indicator.kinds.clone(),
            condition: indicator.condition.as_ref().map(|condition| condition.source().to_owned()),
            when: indicator.when.iter().map(ToString::to_string).collect(),
            window: window_name(indicator.window).to_owned(),
            place: indicator.place.name.to_owned(),
            measure: measure.to_owned(),
            measured: measured.map(|field| field.name.to_owned()),
            by: indicator.by.clone(),
            decimals: indicator.decimals,
        }
    }

    fn read(self, n_dimensions: usize) -> Result<Indicator, PortableError> {
        if self.by.iter().any(|dimension| *dimension >= n_dimensions) {
            return Err(PortableError::Position(self.code));
        }
        let condition = |text: String| Condition::parse(&text).map_err(|errors| PortableError::Text { text, errors });
        let basis = |text: String| DateBasis::parse(&text).map_err(|errors| PortableError::Text { text, errors });
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
            place: named(self.place)?,
            measure: measure(self.measure, self.measured.map(named).transpose()?)?,
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

fn measure_name(measure: Measure) -> (&'static str, Option<&'static Field>) {
    let name = match measure {
        Measure::Count => "count",
        Measure::CountDistinct(_) => "count distinct",
        Measure::Sum(_) => "sum",
        Measure::Average(_) => "average",
        Measure::Min(_) => "min",
        Measure::Max(_) => "max",
        Measure::Median(_) => "median",
    };
    (name, measure.field())
}

fn measure(name: String, field: Option<&'static Field>) -> Result<Measure, PortableError> {
    match (name.as_str(), field) {
        ("count", None) => Ok(Measure::Count),
        ("count distinct", Some(field)) => Ok(Measure::CountDistinct(field)),
        ("sum", Some(field)) => Ok(Measure::Sum(field)),
        ("average", Some(field)) => Ok(Measure::Average(field)),
        ("min", Some(field)) => Ok(Measure::Min(field)),
        ("max", Some(field)) => Ok(Measure::Max(field)),
        ("median", Some(field)) => Ok(Measure::Median(field)),
        _ => Err(PortableError::Word { what: "measure", name }),
    }
}

fn named(name: String) -> Result<&'static Field, PortableError> {
    field::field(&name).ok_or(PortableError::Field(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::{Contributions, contributions};
    use crate::period::Period;
    use crate::place::{Place, PlaceMap, PlaceTree};
    use crate::record::{Person, Stay};
    use jiff::civil::date;

    fn dimension(code: &str, name: &str, groups: Groups, unknown: Unknown) -> Dimension {
        Dimension { code: code.into(), field: field::field(name).unwrap(), groups, unknown }
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
        let age = field::field("age_years").unwrap();
        let measures = [
            Measure::Count,
            Measure::CountDistinct(age),
            Measure::Sum(age),
            Measure::Average(age),
            Measure::Min(age),
            Measure::Max(age),
            Measure::Median(age),
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
                kinds: vec![PersonKind::Case, PersonKind::Contact],
                condition: (n > 0).then(|| Condition::parse("kind = 'case' -- why\nAND age_years > 1").unwrap()),
                when: when.iter().map(|text| DateBasis::parse(text).unwrap()).collect(),
                window,
                place: field::field("residence").unwrap(),
                measure,
                by: (0..n % 3).collect(),
                decimals: n as u32,
            }
        };
        let span = Span::between(Period::parse("2020W1").unwrap(), Period::parse("2020W9").unwrap()).unwrap();
        Definitions {
            span: span.index(),
            today: date(2020, 2, 20),
            places,
            dimensions: vec![
                dimension("age", "age_years", Groups::Bands(bands), Unknown::Exclude),
                dimension("sex", "gender", sexes, Unknown::Group),
            ],
            indicators: measures.into_iter().enumerate().map(indicator).collect(),
        }
    }

    fn travelled(definitions: &Definitions) -> Definitions {
        let text = serde_json::to_string(&Portable::of(definitions)).unwrap();
        serde_json::from_str::<Portable>(&text).unwrap().definitions().unwrap()
    }

    #[test]
    fn what_arrives_means_the_same() {
        let (here, there) = (definitions(), travelled(&definitions()));
        assert_eq!(Portable::of(&here).indicators, Portable::of(&there).indicators);
        let mut n_cells = 0;
        for age_years in [None, Some(0), Some(1), Some(14), Some(30)] {
            for residence in [None, Some("country"), Some("town"), Some("north"), Some("elsewhere"), Some("lost")] {
                for gender in [None, Some("FEMALE"), Some("X")] {
                    let stay =
                        Stay { kind: Some("ISOLATION".into()), start: Some(date(2020, 1, 8)), ..Stay::default() };
                    let person = Person {
                        age_years,
                        residence: residence.map(Into::into),
                        gender: gender.map(Into::into),
                        date_of_reporting: Some(date(2020, 2, 3)),
                        stays: vec![stay],
                        ..Person::default()
                    };
                    let (mut a, mut b) = (Contributions::default(), Contributions::default());
                    contributions(&person, &here, &mut a);
                    contributions(&person, &there, &mut b);
                    assert_eq!((&a.outcomes, &a.cells), (&b.outcomes, &b.cells), "{person:?}");
                    assert_eq!((&a.unknown, &a.missed), (&b.unknown, &b.missed));
                    n_cells += a.cells.len();
                }
            }
        }
        assert!(n_cells > 100, "{n_cells}");
    }

    #[test]
    fn what_another_version_wrote_is_refused_with_its_word() {
        let portable = Portable::of(&definitions());
        let refused = |change: &dyn Fn(&mut Portable)| {
            let mut changed = portable.clone();
            change(&mut changed);
            changed.definitions().unwrap_err().to_string()
        };
        assert_eq!(refused(&|p| p.indicators[0].place = "birthplace".into()), "there is no field `birthplace`");
        assert_eq!(refused(&|p| p.indicators[0].window = "before".into()), "there is no window `before`");
        assert_eq!(refused(&|p| p.indicators[0].measure = "mode".into()), "there is no measure `mode`");
        assert_eq!(refused(&|p| p.indicators[2].measured = None), "there is no measure `sum`");
        assert!(refused(&|p| p.indicators[1].condition = Some("a =".into())).starts_with("`a =` cannot be read: "));
        assert!(refused(&|p| p.indicators[1].when = vec!["never".into()]).starts_with("`never` cannot be read: "));
        assert!(refused(&|p| p.indicators[1].by = vec![2]).starts_with("`i1` points beyond"));
        assert!(refused(&|p| p.org_units.clear()).contains("points beyond"));
        assert!(refused(&|p| p.dimensions[0].bands = Some(Vec::new())).contains("age bands of dimension `age`"));
    }
}
