//! What is measured: an indicator and the definitions around it.

use crate::basis::DateBasis;
use crate::condition::Condition;
use crate::dimension::Dimension;
use crate::field::Field;
use crate::period::SpanIndex;
use crate::place::Places;
use crate::record::PersonKind;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// One measured thing of a report. Not DHIS2's indicator, which is a formula over data elements.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Code, unique in the report.
    pub code: String,
    /// Title for people.
    pub title: String,
    /// Which lists of Go.Data it looks at.
    pub kinds: Vec<PersonKind>,
    /// Which of their records are counted; all of them when absent.
    pub condition: Option<Condition>,
    /// Date bases in the order of preference: the first that a record has is used.
    pub when: Vec<DateBasis>,
    /// How the date relates to a period.
    pub window: Window,
    /// The field that says where.
    pub place: &'static Field,
    /// What is computed over the records of a cell.
    pub measure: Measure,
    /// Dimensions, as indexes into [`Definitions::dimensions`].
    pub by: Vec<usize>,
    /// Digits kept after the decimal point of an average or a median.
    pub decimals: u32,
}

/// What is computed over the records of a cell.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// Number of records.
    Count,
    /// Number of different values of a field.
    CountDistinct(&'static Field),
    /// Sum of a number.
    Sum(&'static Field),
    /// Arithmetic mean of a number.
    Average(&'static Field),
    /// Smallest value of a number.
    Min(&'static Field),
    /// Largest value of a number.
    Max(&'static Field),
    /// Median of a number; with an even number of records, the mean of the two in the middle.
    Median(&'static Field),
}

impl Measure {
    /// The field that is measured; none for a count of records.
    pub fn field(self) -> Option<&'static Field> {
        match self {
            Self::Count => None,
            Self::CountDistinct(field)
            | Self::Sum(field)
            | Self::Average(field)
            | Self::Min(field)
            | Self::Max(field)
            | Self::Median(field) => Some(field),
        }
    }
}

/// How a record's date or interval relates to a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// The date falls in the period.
    #[default]
    During,
    /// The interval covers the period's last day; of a period that has not ended, today.
    AtEnd,
    /// The date is not later than the period's end: a cumulative number.
    UpTo,
    /// The interval touches the period.
    Overlapping,
}

impl Window {
    /// Whether it relates intervals rather than dates.
    pub fn needs_interval(self) -> bool {
        matches!(self, Self::AtEnd | Self::Overlapping)
    }
}

impl Indicator {
    /// The names by which Go.Data's API is asked for what this indicator needs; its dimensions are looked up by index.
    pub fn wire_fields<'d>(&self, dimension: impl Fn(usize) -> &'d Dimension) -> BTreeSet<&'static str> {
        let mut fields = BTreeSet::new();
        fields.extend(self.condition.iter().flat_map(Condition::wire_fields));
        fields.extend(self.when.iter().flat_map(DateBasis::wire_fields));
        fields.extend(self.place.wire);
        fields.extend(self.measure.field().into_iter().flat_map(|field| field.wire));
        fields.extend(self.by.iter().flat_map(|d| dimension(*d).field.wire));
        fields
    }
}

/// Everything that decides what a record contributes.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// The periods of the run.
    pub span: SpanIndex,
    /// Today in the report's time zone: where an open interval ends.
    pub today: Date,
    /// Locations and the organisation units that they count in.
    pub places: Places,
    /// Dimensions that indicators name by index.
    pub dimensions: Vec<Dimension>,
    /// The indicators.
    pub indicators: Vec<Indicator>,
}

impl Definitions {
    /// The names by which Go.Data's API is asked for what these definitions need, and nothing more.
    pub fn wire_fields(&self) -> BTreeSet<&'static str> {
        self.indicators.iter().flat_map(|indicator| indicator.wire_fields(|d| &self.dimensions[d])).collect()
    }

    /// Number of combinations of an indicator's dimension groups.
    pub fn n_combos(&self, indicator: &Indicator) -> usize {
        indicator.by.iter().map(|d| self.dimensions[*d].n_groups()).product()
    }

    /// The groups of a combination, one for each dimension of the indicator in its order.
    pub fn groups_of(&self, indicator: &Indicator, combo: u32) -> Vec<usize> {
        let mut rest = combo as usize;
        let mut groups: Vec<usize> = indicator
            .by
            .iter()
            .rev()
            .map(|d| {
                let n = self.dimensions[*d].n_groups();
                let group = rest % n;
                rest /= n;
                group
            })
            .collect();
        groups.reverse();
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dimension::{Groups, Unknown};
    use crate::field::field;
    use crate::period::{Period, Span};
    use crate::place::{PlaceMap, PlaceTree};

    fn dimension(name: &str, n_values: usize) -> Dimension {
        let groups = Groups::Values((0..n_values).map(|value| vec![value.to_string()]).collect());
        Dimension { code: name.into(), field: field(name).unwrap(), groups, unknown: Unknown::Group }
    }

    fn definitions(by: Vec<usize>) -> Definitions {
        let week = Period::parse("2020W7").unwrap();
        let indicator = Indicator {
            code: "i".into(),
            title: "I".into(),
            kinds: vec![PersonKind::Case],
            condition: Some(Condition::parse("kind = 'case' AND classification = 'CONFIRMED'").unwrap()),
            when: vec![DateBasis::parse("last(vaccinations.date WHERE person.was_contact)").unwrap()],
            window: Window::During,
            place: field("residence").unwrap(),
            measure: Measure::Median(field("age_years").unwrap()),
            by,
            decimals: 0,
        };
        Definitions {
            span: Span::between(week, week).unwrap().index(),
            today: week.start(),
            places: Places::new(PlaceTree::default(), &PlaceMap::default()).0,
            dimensions: vec![dimension("gender", 2), dimension("outcome", 1), dimension("risk_level", 4)],
            indicators: vec![indicator],
        }
    }

    #[test]
    fn combos_count_up_with_the_last_dimension_turning_fastest() {
        for by in [vec![], vec![2], vec![0, 1, 2], vec![2, 0, 1], vec![1, 2]] {
            let definitions = definitions(by.clone());
            let indicator = &definitions.indicators[0];
            let sizes: Vec<_> = by.iter().map(|d| definitions.dimensions[*d].n_groups()).collect();
            assert_eq!(definitions.n_combos(indicator), sizes.iter().product::<usize>());
            let mut expected = vec![0; by.len()];
            for combo in 0..definitions.n_combos(indicator) {
                assert_eq!(definitions.groups_of(indicator, combo as u32), expected, "{by:?}");
                for (group, size) in expected.iter_mut().zip(&sizes).rev() {
                    *group = (*group + 1) % size;
                    if *group > 0 {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn go_data_is_asked_for_what_is_looked_at_and_nothing_more() {
        assert_eq!(
            definitions(vec![1]).wire_fields().into_iter().collect::<Vec<_>>(),
            ["age", "classification", "outcomeId", "usualPlaceOfResidenceLocationId", "vaccinesReceived", "wasContact"]
        );
    }
}
