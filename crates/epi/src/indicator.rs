//! What is measured: an indicator and the definitions around it.

use crate::basis::DateBasis;
use crate::condition::{Condition, Expression};
use crate::dimension::Dimension;
use crate::field::{Field, Needs, PERSONS, Table};
use crate::period::SpanIndex;
use crate::place::Places;
use crate::record::RecordKind;
use jiff::civil::Date;

/// One measured thing of a report. Not DHIS2's indicator, which is a formula over data elements.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Code, unique in the report.
    pub code: String,
    /// Title for people.
    pub title: String,
    /// Which lists of Go.Data it looks at; all of one table.
    pub kinds: Vec<RecordKind>,
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
#[derive(Clone, Debug)]
pub enum Measure {
    /// Number of records.
    Count,
    /// Number of different values.
    CountDistinct(Expression),
    /// Sum of a number.
    Sum(Expression),
    /// Arithmetic mean of a number.
    Average(Expression),
    /// Smallest value of a number.
    Min(Expression),
    /// Largest value of a number.
    Max(Expression),
    /// Median of a number; with an even number of records, the mean of the two in the middle.
    Median(Expression),
}

impl Measure {
    /// Whether its values may have digits after the decimal point, if an average is rounded to so many.
    pub fn gives_fractions(&self, decimals: u32) -> bool {
        match self {
            Self::Count | Self::CountDistinct(_) => false,
            Self::Average(_) => decimals > 0,
            // The median of an even number of whole numbers may be a half.
            Self::Median(_) => decimals > 0,
            Self::Sum(measured) | Self::Min(measured) | Self::Max(measured) => !measured.is_whole(),
        }
    }

    /// What is measured of each record; nothing for a count of records.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Count => None,
            Self::CountDistinct(measured)
            | Self::Sum(measured)
            | Self::Average(measured)
            | Self::Min(measured)
            | Self::Max(measured)
            | Self::Median(measured) => Some(measured),
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
    /// The table whose records it counts.
    pub fn table(&self) -> &'static Table {
        self.kinds.first().map_or(&PERSONS, |kind| kind.table())
    }

    /// What Go.Data is asked for by this indicator; its dimensions are looked up by index.
    pub fn needs<'d>(&self, dimension: impl Fn(usize) -> &'d Dimension) -> Needs {
        let table = self.table();
        let mut needs = Needs::nothing();
        self.condition.iter().for_each(|condition| needs.extend(condition.needs()));
        self.when.iter().for_each(|basis| needs.extend(&basis.needs()));
        needs.field(table, self.place);
        self.measure.expression().into_iter().for_each(|measured| needs.extend(measured.needs()));
        let groupings = self.by.iter().filter_map(|d| dimension(*d).field_of(table.name));
        groupings.for_each(|field| needs.field(table, field));
        needs
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
    /// What Go.Data is asked for by these definitions, and nothing more.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::nothing();
        for indicator in &self.indicators {
            needs.extend(&indicator.needs(|d| &self.dimensions[d]));
        }
        needs
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
    use crate::field::{TableName, field};
    use crate::period::{Period, Span};
    use crate::place::{PlaceMap, PlaceTree};

    fn dimension(name: &str, n_values: usize) -> Dimension {
        let groups = Groups::Values((0..n_values).map(|value| vec![value.to_string()]).collect());
        Dimension::new(name, field(name).unwrap(), groups, Unknown::Group)
    }

    fn definitions(by: Vec<usize>) -> Definitions {
        let week = Period::parse("2020W7").unwrap();
        let indicator = Indicator {
            code: "i".into(),
            title: "I".into(),
            kinds: vec![RecordKind::Case],
            condition: Some(Condition::parse("kind = 'case' AND classification = 'CONFIRMED'").unwrap()),
            when: vec![DateBasis::parse("last(vaccinations.date WHERE person.was_contact)").unwrap()],
            window: Window::During,
            place: field("residence").unwrap(),
            measure: Measure::Median(field("age_years").unwrap().into()),
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
            definitions(vec![1]).needs().of(TableName::Person).into_iter().collect::<Vec<_>>(),
            ["age", "classification", "outcomeId", "usualPlaceOfResidenceLocationId", "vaccinesReceived", "wasContact"]
        );
    }
}
