//! A small outbreak to test with: three weeks, five locations, two dimensions.

use epi::age::{AgeBand, AgeBands};
use epi::basis::DateBasis;
use epi::condition::Condition;
use epi::contribution::{Contributions, Outcome, Reason, contributions};
use epi::dimension::{Dimension, Groups, Unknown};
use epi::field;
use epi::indicator::{Definitions, Indicator, Measure, Window};
use epi::period::{Period, Span};
use epi::place::{Place, PlaceMap, PlaceTree, Places};
use epi::record::{Person, RecordKind, Stay};
use jiff::civil::Date;

/// Index of the dimension sex: female, male, unknown.
pub(crate) const SEX: usize = 0;
/// Index of the dimension age: 0-4, 5-14, 15+; a record of unknown age is excluded.
pub(crate) const AGE: usize = 1;

/// Thursday of the third week.
pub(crate) const TODAY: Date = jiff::civil::date(2020, 2, 20);

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn basis(text: &str) -> DateBasis {
    DateBasis::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

pub(crate) fn condition(text: &str) -> Condition {
    Condition::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

pub(crate) fn field(name: &str) -> &'static field::Field {
    field::field(name).unwrap()
}

/// The weeks 2020W6 (3 to 9 February), 2020W7 (10 to 16 February) and 2020W8 (17 to 23 February).
pub(crate) fn weeks() -> Span {
    Span::between(Period::parse("2020W6").unwrap(), Period::parse("2020W8").unwrap()).unwrap()
}

/// Locations as id and parent. `north`, `south` and `clinic` have an organisation unit of their own.
pub(crate) const LOCATIONS: [(&str, Option<&str>); 6] = [
    ("country", None),
    ("north", Some("country")),
    ("village", Some("north")),
    ("south", Some("country")),
    ("clinic", Some("south")),
    ("east", Some("country")),
];

pub(crate) const MAPPED: [(&str, &str); 3] = [("north", "OuNorth"), ("south", "OuSouth"), ("clinic", "OuClinic")];

pub(crate) fn places() -> Places {
    let (tree, findings) = PlaceTree::new(LOCATIONS.map(|(id, parent)| Place {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        name: id.to_uppercase(),
        level: None,
    }));
    assert_eq!(findings, []);
    let (map, findings) = PlaceMap::new(MAPPED.map(|(location, org_unit)| (location.to_owned(), org_unit.to_owned())));
    assert_eq!(findings, []);
    Places::new(tree, &map).0
}

pub(crate) fn sex(unknown: Unknown) -> Dimension {
    let groups = Groups::Values(vec![vec!["FEMALE".into()], vec!["MALE".into()]]);
    Dimension::new("sex", field("gender"), groups, unknown)
}

pub(crate) fn age(unknown: Unknown) -> Dimension {
    let bands = [(0, Some(4)), (5, Some(14)), (15, None)];
    let bands = bands.map(|(from_years, to_years)| AgeBand { from_years, to_years });
    let groups = Groups::Bands(AgeBands::new(bands.to_vec()).unwrap());
    Dimension::new("age", field("age_years"), groups, unknown)
}

/// New cases by date of onset.
pub(crate) fn indicator() -> Indicator {
    Indicator {
        code: "new_cases".into(),
        title: "New cases".into(),
        kinds: vec![RecordKind::Case],
        condition: None,
        when: vec![basis("date_of_onset")],
        window: Window::During,
        place: field("residence"),
        measure: Measure::Count,
        by: Vec::new(),
        decimals: 2,
    }
}

pub(crate) fn definitions(indicators: Vec<Indicator>) -> Definitions {
    Definitions {
        span: weeks().index(),
        today: TODAY,
        places: places(),
        dimensions: vec![sex(Unknown::Group), age(Unknown::Exclude)],
        indicators,
    }
}

/// A case who fell ill in the second week and lives in the north.
pub(crate) fn person() -> Person {
    Person {
        id: "p-1".into(),
        date_of_onset: Some(day("2020-02-12")),
        residence: Some("north".into()),
        ..Person::default()
    }
}

/// A stay; an empty text is an absent date.
pub(crate) fn stay(kind: &str, start: &str, end: &str) -> Stay {
    let date = |text: &str| (!text.is_empty()).then(|| day(text));
    Stay { kind: Some(kind.into()), start: date(start), end: date(end), ..Stay::default() }
}

/// What a record means for one indicator: the periods that it counts in, or the reason why it does not count.
pub(crate) fn periods(person: &Person, indicator: &Indicator) -> Result<Vec<u16>, Reason> {
    let definitions = definitions(vec![indicator.clone()]);
    let mut found = Contributions::default();
    contributions(person, &definitions, &mut found);
    match found.outcomes.as_slice() {
        [Outcome::Counted { .. }] => Ok(found.cells.iter().map(|c| c.cell.period).collect()),
        [Outcome::Excluded(reason)] => {
            assert_eq!((found.cells.len(), found.unknown.len()), (0, 0), "an excluded record leaves nothing");
            Err(*reason)
        }
        others => panic!("one indicator has one outcome: {others:?}"),
    }
}
