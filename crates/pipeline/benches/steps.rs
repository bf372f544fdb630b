//! The costly steps on their own: decode + normalise + aggregate, and the three-way difference.
//!
//!     cargo bench -p pipeline
//!
//! The whole run is measured against the benchmark kit: see benches/kit/README.md.
#![allow(missing_docs, reason = "criterion's macros write undocumented items")]

use compact_str::CompactString;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use epi::age::{AgeBand, AgeBands};
use epi::basis::DateBasis;
use epi::condition::Condition;
use epi::contribution::Contributions;
use epi::dimension::{Dimension, Groups, Unknown};
use epi::field;
use epi::indicator::{Definitions, Indicator, Measure, Window};
use epi::period::{PeriodType, Span};
use epi::place::{Place, PlaceMap, PlaceTree, Places};
use epi::plan::{Desired, Names, Policies, Reading, Sides, ValueKey, ValueRules, diff};
use epi::quality::{Scope, Surroundings};
use epi::record::{Person, PersonKind};
use godata::{OutbreakId, Page, Resource, wire};
use jiff::civil::date;
use jiff::tz::TimeZone;
use pipeline::aggregate::Aggregation;
use pipeline::normalise::Normaliser;
use rustc_hash::FxHashMap;
use std::fmt::Write;

const RECORDS: usize = 5000;
const DISTRICTS: usize = 100;

/// A page as Go.Data sends it with the fields that the definitions need.
fn page() -> String {
    let mut text = String::from("[");
    for i in 0..RECORDS {
        let lng = "LNG_REFERENCE_DATA_CATEGORY_";
        let class = ["CONFIRMED", "PROBABLE", "SUSPECT"][i % 3];
        let gender = ["MALE", "FEMALE"][i % 2];
        let (month, day) = (i % 12 + 1, i % 28 + 1);
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}{{\"id\":\"{i:08}-0000-4000-8000-000000000000\",\"classification\":\"{lng}CASE_CLASSIFICATION_{class}\",\
             \"gender\":\"{lng}GENDER_{gender}\",\"age\":{{\"years\":{},\"months\":0}},\
             \"dateOfReporting\":\"2020-{month:02}-{day:02}T00:00:00.000Z\",\"outcomeId\":\"{lng}OUTCOME_ALIVE\",\
             \"usualPlaceOfResidenceLocationId\":\"SN{:018}\",\"dateRanges\":[{{\"typeId\":\
             \"{lng}PERSON_DATE_TYPE_HOSPITALIZATION\",\"startDate\":\"2020-{month:02}-{day:02}T00:00:00.000Z\"}}]}}",
            i % 90,
            i % DISTRICTS
        );
    }
    text.push(']');
    text
}

fn definitions() -> Definitions {
    let places = (0..DISTRICTS).map(|d| Place {
        id: format!("SN{d:018}"),
        parent: None,
        name: format!("District {d}"),
        level: None,
    });
    let (map, _) = PlaceMap::new((0..DISTRICTS).map(|d| (format!("SN{d:018}"), format!("OUdist{d:05}"))));
    let (places, _) = Places::new(PlaceTree::new(places).0, &map);
    let bands = ["0-4", "5-14", "15-44", "45-64", "65+"].map(|band| band.parse::<AgeBand>().expect("a band"));
    let sexes = vec![vec!["MALE".to_owned()], vec!["FEMALE".to_owned()]];
    let named = |name| field::field(name).expect("a field of the catalogue");
    let dimension = |code: &str, field, groups| Dimension::new(code, named(field), groups, Unknown::Group);
    let indicator = |code: &str, condition: &str, when: &str| Indicator {
        code: code.into(),
        title: code.into(),
        kinds: vec![PersonKind::Case.into()],
        condition: Some(Condition::parse(condition).expect("a condition")),
        when: vec![DateBasis::parse(when).expect("a date basis")],
        window: Window::During,
        place: named("residence"),
        measure: Measure::Count,
        by: vec![0, 1],
        decimals: 0,
    };
    let type_ = PeriodType::Weekly;
    let span = Span::between(type_.containing(date(2020, 1, 1)), type_.containing(date(2021, 12, 31))).expect("a span");
    Definitions {
        span: span.index(),
        today: date(2022, 1, 10),
        places,
        dimensions: vec![
            dimension("sex", "gender", Groups::Values(sexes)),
            dimension("age", "age_years", Groups::Bands(AgeBands::new(bands.to_vec()).expect("bands"))),
        ],
        indicators: vec![
            indicator("confirmed", "classification = 'CONFIRMED'", "date_of_reporting"),
            indicator(
                "hospitalised",
                "classification <> 'NOT_A_CASE_DISCARDED'",
                "first(stays.start WHERE type = 'HOSPITALIZATION')",
            ),
            indicator("died", "classification <> 'NOT_A_CASE_DISCARDED' AND outcome = 'DECEASED'", "date_of_outcome"),
        ],
    }
}

/// Thirty indicators more: every classification by every outcome and date, in 100 places, 104 weeks and 18 combinations.
fn thirty_more() -> Definitions {
    let mut definitions = definitions();
    let mut more = Vec::new();
    for classification in ["CONFIRMED", "PROBABLE", "SUSPECT", "NOT_A_CASE_DISCARDED", "UNDER_INVESTIGATION"] {
        for outcome in ["ALIVE", "DECEASED", "RECOVERED"] {
            for when in ["date_of_reporting", "date_of_outcome"] {
                let code = format!("{classification}_{outcome}_{when}");
                let condition = format!("classification = '{classification}' AND outcome = '{outcome}'");
                more.push(Indicator {
                    code: code.clone(),
                    title: code,
                    condition: Some(Condition::parse(&condition).expect("a condition")),
                    when: vec![DateBasis::parse(when).expect("a date basis")],
                    ..definitions.indicators[0].clone()
                });
            }
        }
    }
    definitions.indicators.extend(more);
    definitions
}

fn pass(criterion: &mut Criterion) {
    let (page, definitions) = (page(), definitions());
    let normaliser = Normaliser::new(&TimeZone::UTC);
    let mut group = criterion.benchmark_group("pass");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| serde_json::from_str::<Vec<wire::Person<'_>>>(&page).expect("a page").len());
    });
    group.bench_function("decode, normalise", |bencher| {
        bencher.iter(|| {
            let mut issues = Vec::new();
            let persons: Vec<wire::Person<'_>> = serde_json::from_str(&page).expect("a page");
            persons.iter().filter_map(|person| normaliser.person(person, PersonKind::Case, &mut issues)).count()
        });
    });
    for (name, definitions) in [
        ("decode, normalise, aggregate", definitions),
        ("decode, normalise, aggregate by thirty indicators more", thirty_more()),
    ] {
        group.bench_function(name, |bencher| {
            let around = Surroundings {
                read: definitions.needs().of(field::TableName::Person),
                kinds: [PersonKind::Case].into(),
                ..Surroundings::default()
            };
            let scope = std::sync::Arc::new(Scope::new(&definitions, &around));
            let mut aggregation = Aggregation::new(&definitions, &scope);
            let (mut issues, mut record) = (Vec::new(), Person::default());
            bencher.iter(|| {
                let cases = Resource::Cases(OutbreakId::new("outbreak"));
                let (page, _) = Page::of_answer(page.clone(), cases, None, RECORDS as u32, None).expect("a page");
                let mut found = Contributions::default();
                let decoded = page.decode(|wire: &mut wire::Person<'_>| {
                    if normaliser.person_again(wire, PersonKind::Case, &mut issues, &mut record) {
                        let mut own = std::mem::take(&mut found).recycle();
                        aggregation.add(&record, &definitions, &mut issues, &mut own).expect("counts");
                        found = own.recycle();
                    }
                });
                decoded.expect("a page").n_records
            });
        });
    }
    group.finish();
}

fn difference(criterion: &mut Criterion) {
    let mut names = Names::default();
    let mut desired = FxHashMap::default();
    let attribute = names.number("HllvX50cXC0");
    for (week, period) in definitions().span.span().iter().enumerate() {
        for unit in 0..DISTRICTS {
            for combo in 0..18 {
                let key = ValueKey {
                    period,
                    org_unit: names.number(&format!("OUdist{unit:05}")),
                    data_element: names.number("DEconfirmed"),
                    combo: names.number(&format!("COCsexage{combo:02}")),
                    attribute,
                };
                let value = CompactString::from(((week + unit + combo) % 9).to_string());
                desired.insert(key, Desired { value, n_records: 1 });
            }
        }
    }
    let actual: FxHashMap<_, _> = desired.iter().map(|(key, desired)| (*key, desired.value.clone())).collect();
    let ledger: FxHashMap<_, _> = actual.iter().map(|(key, value)| (*key, Some(value.clone()))).collect();
    let mut group = criterion.benchmark_group("diff");
    group.throughput(Throughput::Elements(desired.len() as u64));
    group.bench_function("unchanged", |bencher| {
        bencher.iter_batched(
            || (),
            |()| {
                let rules = |_: &ValueKey| ValueRules {
                    reading: Reading::Number,
                    zero_is_significant: false,
                    stores_zeros: false,
                };
                let sides = Sides { desired: &desired, actual: &actual, ledger: &ledger };
                diff(&sides, rules, Policies::default()).len()
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, pass, difference);
criterion_main!(benches);
