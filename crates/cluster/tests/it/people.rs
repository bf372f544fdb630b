//! Invented persons by the thousand, and definitions to count them by.

use epi::indicator::Definitions;
use epi::period::Span;
use epi::place::{Place, PlaceMap, PlaceTree, Places};
use epi::record::{LabResult, Linked, Participant, Person, PersonKind, Record, RecordKind, Relationship};
use jiff::Timestamp;
use jiff::civil::date;
use pipeline::aggregate::Aggregation;
use pipeline::config;
use pipeline::engine::Contents;
use pipeline::snapshot::Origin;
use std::path::Path;
use std::sync::Arc;

const CONFIG: &str = r#"
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
groups = [{ values = "FEMALE", option = "F" }, { values = "MALE", option = "M" }]
[[dimension]]
code = "age"
field = "age_years"
unknown = "exclude"
groups = [{ ages = "0-14", option = "C" }, { ages = "15+", option = "A" }]
[[report]]
name = "r"
data_set = "aaaaaaaaaaa"
period = "Weekly"
[[report.indicator]]
code = "confirmed"
where = "classification = 'CONFIRMED'"
when = ["date_of_onset", "date_of_reporting"]
by = ["sex", "age"]
data_element = "deeeeeeeee1"
[[report.indicator]]
code = "median_age"
measure = "median age_years"
when = "date_of_reporting"
data_element = "deeeeeeeee2"
[[report.indicator]]
code = "average_age"
measure = "average age_years"
when = "date_of_reporting"
window = "up_to"
data_element = "deeeeeeeee3"
[[report.indicator]]
code = "sexes"
measure = "count distinct gender"
when = "date_of_reporting"
data_element = "deeeeeeeee4"
[[report.indicator]]
code = "time_to_result"
of = "lab_result"
where = "result = 'CONFIRMED' OR person.age_years > 20"
measure = "average date_of_result - date_sample_taken"
when = "date_of_result"
by = ["sex"]
data_element = "deeeeeeeee5"
[[report.indicator]]
code = "met"
of = "relationship"
where = "source.age_years > target.age_years"
when = "source.date_of_reporting TO contact_date"
window = "overlapping"
by = ["sex"]
data_element = "deeeeeeeee6"
"#;

/// A report of six weeks with counts, medians, averages and a distinct count, of cases, samples and exposures.
pub(crate) fn definitions() -> Arc<Definitions> {
    let map = "location_id,org_unit\nnorth,aaaaaaaaaaa\nsouth,bbbbbbbbbbb\n";
    let config = config::check_texts(Path::new("tally.toml"), CONFIG, map).unwrap();
    let report = config.report(None).unwrap();
    let place = |id: &str| Place { id: id.into(), parent: None, name: String::new(), level: None };
    let tree = PlaceTree::new(["north", "south", "east"].map(place)).0;
    let rows = [("north", "aaaaaaaaaaa"), ("south", "bbbbbbbbbbb")];
    let map = PlaceMap::new(rows.map(|(a, b)| (a.to_owned(), b.to_owned()))).0;
    let week = |text: &str| report.period_type.value.parse(text).unwrap();
    let span = Span::between(week("2020W2"), week("2020W7")).unwrap();
    let now = "2020-02-20T12:00:00Z".parse().unwrap();
    Arc::new(config.definitions(report, span, now, Places::new(tree, &map).0))
}

/// The person of a number: always the same one.
fn person(n: u64) -> (Person, Vec<String>) {
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d;
    let mut roll = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let mut one_of = |words: &[&str]| words.get(roll(words.len() as u64 + 1) as usize).map(|word| (*word).into());
    let classification = one_of(&["CONFIRMED", "SUSPECT", "PROBABLE"]);
    let gender = one_of(&["FEMALE", "MALE", "X"]);
    let residence = one_of(&["north", "south", "east", "nowhere"]);
    let mut day = || Some(date(2019, 12, 20).checked_add(jiff::Span::new().days(roll(70) as i64)).unwrap());
    let (date_of_onset, date_of_reporting) = (day().filter(|day| day.day() > 3), day());
    let person = Person {
        id: format!("{n:08x}-0000-4000-8000-000000000000").into(),
        kind: if roll(8) == 0 { PersonKind::Contact } else { PersonKind::Case },
        classification,
        gender,
        residence,
        age_years: Some(roll(130) as u32).filter(|age| *age < 125),
        date_of_onset,
        date_of_reporting,
        ..Person::default()
    };
    let unreadable = if roll(50) == 0 { vec!["age_years".to_owned()] } else { Vec::new() };
    (person, unreadable)
}

/// The record of a number: a person, for one in four a sample of the next person, or that the two met.
pub(crate) fn record(n: u64) -> (Linked, Vec<String>) {
    let (person, unreadable) = person(n);
    if !n.is_multiple_of(4) {
        return (person.into(), unreadable);
    }
    let about = Some(Arc::new(self::person(n + 1).0)).filter(|_| !n.is_multiple_of(5));
    let (id, days) = (person.id, [person.date_of_onset, person.date_of_reporting]);
    let end = |number: u64| Some(Participant { id: self::person(number).0.id, kind: None });
    match n % 8 {
        0 => {
            let person_id = end(n + 1).map(|end| end.id);
            let [date_sample_taken, date_of_result] = days;
            let result = person.classification;
            let sample = LabResult { id, person_id, date_sample_taken, date_of_result, result, ..LabResult::default() };
            (Linked { record: Record::LabResult(sample), person: about, source: None }, unreadable)
        }
        _ => {
            let (source, target, contact_date) = (end(n + 2), end(n + 1), days[1]);
            let met = Relationship { id, source, target, contact_date, ..Relationship::default() };
            let source = Some(Arc::new(self::person(n + 2).0));
            (Linked { record: Record::Relationship(met), person: about, source }, Vec::new())
        }
    }
}

/// What a snapshot of so many of them is.
pub(crate) fn origin(n: u64) -> Origin {
    let kinds = KINDS.into_iter().chain([RecordKind::Contact, RecordKind::ContactOfContact]).collect();
    Origin {
        outbreak: "people".into(),
        contents: Contents::of(&kinds, &definitions().needs()),
        time_zone: "UTC".into(),
        as_of: Timestamp::UNIX_EPOCH,
        n_records: n,
    }
}

/// The kinds that the report counts.
pub(crate) const KINDS: [RecordKind; 3] = [RecordKind::Case, RecordKind::LabResult, RecordKind::Relationship];

/// Their names.
pub(crate) fn kinds() -> Vec<&'static str> {
    KINDS.map(RecordKind::name).to_vec()
}

/// What this process makes of the records of these kinds among them.
pub(crate) fn counted_here(n: u64, definitions: &Definitions) -> Aggregation {
    let mut aggregation = Aggregation::of_entries(definitions);
    for (linked, unreadable) in (0..n).map(record).filter(|(linked, _)| KINDS.contains(&linked.record.kind())) {
        let record = linked.joined();
        let mut issues = Vec::new();
        for name in unreadable {
            let field = pipeline::normalise::unreadable_field(&name).unwrap();
            let rule = epi::issue::Rule::Unreadable;
            issues.push(epi::issue::Issue { record: record.id().into(), field, rule });
        }
        epi::issue::issues_of(record, true, definitions.today, &definitions.places, &mut issues);
        aggregation.add(record, definitions, &mut issues, &mut epi::contribution::Contributions::default()).unwrap();
    }
    aggregation
}

/// Asserts that two aggregations are one in everything that a report says.
#[track_caller]
pub(crate) fn assert_same(there: &Aggregation, here: &Aggregation, definitions: &Definitions) {
    for (account, indicator) in here.account.indicators.iter().zip(&definitions.indicators) {
        assert!(account.n_counted() > 10, "{}", indicator.code);
    }
    assert!(here.cells.len() > 50 && !here.issues.is_empty() && !here.unmapped.is_empty());
    assert_eq!(there.cells, here.cells);
    assert_eq!(there.account, here.account);
    assert_eq!(there.headcounts, here.headcounts);
    assert_eq!(there.classifications, here.classifications);
    assert_eq!(there.unmapped, here.unmapped);
    assert_eq!(there.unmentioned(definitions), here.unmentioned(definitions));
    assert_eq!(there.issues, here.issues);
    assert!(there.issue_samples().eq(here.issue_samples()));
}
