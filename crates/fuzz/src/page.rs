//! Pages of Go.Data: reading from the end and reading it all agree, and every record keeps its id and survives the line
//! list.

use epi::record::{Person, PersonKind};
use godata::{Decoded, OutbreakId, Page, Resource, wire};
use jiff::tz::TimeZone;
use pipeline::normalise::Normaliser;

pub(crate) const WORDS: &[&str] = &[
    "{\"id\":\"z\"}",
    ",",
    "[",
    "]",
    "{",
    "}",
    "null",
    "true",
    "-1",
    "1e999",
    "\"\"",
    "\\ud83d",
    "\\u0000",
    "\"2020-01-01T00:00:00.000Z\"",
    "\"0000-01-01\"",
    "\"9999-12-31T23:59:59.999Z\"",
    "\"LNG_REFERENCE_DATA_CATEGORY_OUTCOME_DECEASED\"",
    "\"questionnaireAnswers\":",
    "\"dateRanges\":[",
    "\"age\":{\"years\":",
    "[[[[[[[[",
    "0.1e-400",
    "99999999999999999999999999999999",
];

/// The most records of the page that is asked for.
const N_MAX: u32 = 4;

pub(crate) fn try_on(data: &[u8]) {
    let whole = read(data, None);
    let from_the_end = read(data, Some(data.len()));
    if let (Some((decoded, persons)), Some((quick, same))) = (&whole, &from_the_end) {
        assert_eq!(decoded, quick, "read from the end it is another page");
        assert_eq!(persons, same);
    }
    let Some((decoded, persons)) = whole else { return };
    assert!(decoded.n_records <= N_MAX as usize && persons.len() <= decoded.n_records);
    for person in &persons {
        let text = serde_json::to_string(person).expect("a record can be written");
        let back: Person = serde_json::from_str(&text).expect("a written record can be read");
        assert_eq!(&back, person, "{text}");
    }
}

/// The page and its records, if it is one.
fn read(data: &[u8], first_n_bytes: Option<usize>) -> Option<(Decoded, Vec<Person>)> {
    let cases = Resource::Cases(OutbreakId::new("outbreak"));
    let (page, _) = Page::of_answer(data.to_vec(), cases, None, N_MAX, first_n_bytes).ok()?;
    let zone = TimeZone::fixed(jiff::tz::offset(-5));
    let normaliser = Normaliser::new(&zone);
    let (mut persons, mut issues) = (Vec::new(), Vec::new());
    let decoded = page.decode(|wire: &mut wire::Person<'_>| {
        let first = issues.len();
        let person = normaliser.person(wire, PersonKind::Case, &mut issues);
        let person = person.expect("a record with an id is kept");
        assert!(issues[first..].iter().all(|issue| issue.record == person.id), "somebody else's issue");
        persons.push(person);
    });
    Some((decoded.ok()?, persons))
}
