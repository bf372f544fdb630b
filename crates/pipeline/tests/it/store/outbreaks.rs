//! Records of several outbreaks in one line list.

use std::collections::BTreeMap;

use epi::record::{FollowUp, Outbreak, Person, Record, RecordKind};
use pipeline::store::{ExtractionId, LineList, Mode, NewPage};
use tempfile::TempDir;

use super::at;
use super::line_list::belonging;

const BOTH: &str = "o1 o2";

fn line_list() -> (TempDir, LineList) {
    let folder = tempfile::tempdir().unwrap();
    let list = LineList::open(&folder.path().join("both.lines"), &belonging(BOTH)).unwrap();
    (folder, list)
}

fn case(id: &str, outbreak: &str, age: u32) -> Record {
    let outbreak = Some(Outbreak::new(outbreak, "An outbreak"));
    Person { id: id.into(), outbreak, age_years: Some(age), ..Person::default() }.into()
}

/// A page of cases of an outbreak.
fn keep(list: &mut LineList, extraction: ExtractionId, outbreak: &str, cases: &[(&str, u32)]) {
    let mut page = NewPage::default();
    page.belongs_to(Some(outbreak));
    for (id, age) in cases {
        page.push(&case(id, outbreak, *age), &[]).unwrap();
    }
    let last_id = page.last_id().unwrap().to_owned();
    list.keep_page(extraction, RecordKind::Case, &page, &[], &last_id).unwrap();
}

fn full(list: &mut LineList, n: i64, pages: &[(&str, &[(&str, u32)])]) -> ExtractionId {
    let extraction = list.begin_extraction(BOTH, Mode::Full, Some(at(n)), at(n)).unwrap();
    pages.iter().for_each(|(outbreak, cases)| keep(list, extraction, outbreak, cases));
    list.finish_extraction(extraction, true, at(n + 1)).unwrap();
    extraction
}

fn ids(list: &LineList, outbreak: &str) -> Vec<String> {
    let ids = list.ids_of_outbreak(RecordKind::Case, outbreak, "", None).unwrap();
    ids.into_iter().map(String::from).collect()
}

fn lens(list: &LineList) -> Vec<(String, u64)> {
    let lens: BTreeMap<_, _> = list.len_by_outbreak().unwrap();
    lens.into_iter().map(|((outbreak, _), n)| (outbreak.unwrap(), n)).collect()
}

#[test]
fn a_full_extraction_takes_from_each_outbreak_what_its_own_pages_lack() {
    let (_folder, mut list) = line_list();
    // The ids of the two stand between each other, on pages that end at different ids.
    let first = full(
        &mut list,
        0,
        &[
            ("o1", &[("a", 1), ("e", 1)]),
            ("o1", &[("g", 1), ("p", 1)]),
            ("o2", &[("b", 2), ("f", 2)]),
            ("o2", &[("k", 2), ("z", 2)]),
        ],
    );
    assert_eq!((ids(&list, "o1"), ids(&list, "o2")), (to(&["a", "e", "g", "p"]), to(&["b", "f", "k", "z"])));
    assert_eq!(lens(&list), [("o1".to_owned(), 4), ("o2".to_owned(), 4)]);
    // Everything again, and nothing is another.
    full(
        &mut list,
        10,
        &[("o1", &[("a", 1), ("e", 1), ("g", 1), ("p", 1)]), ("o2", &[("b", 2), ("f", 2), ("k", 2), ("z", 2)])],
    );
    assert_eq!(lens(&list), [("o1".to_owned(), 4), ("o2".to_owned(), 4)]);
    assert_eq!(list.n_moves_since(first).unwrap(), 0);
    // Of the first the second and the last are gone, of the second the one before the last.
    full(&mut list, 20, &[("o1", &[("a", 1), ("g", 1)]), ("o2", &[("b", 2)]), ("o2", &[("f", 2), ("z", 2)])]);
    assert_eq!((ids(&list, "o1"), ids(&list, "o2")), (to(&["a", "g"]), to(&["b", "f", "z"])));
    assert_eq!(list.n_moves_since(first).unwrap(), 3);
    // One moves over, and of the other outbreak nothing is left.
    full(&mut list, 30, &[("o1", &[("a", 1), ("f", 1), ("g", 1)])]);
    assert_eq!((ids(&list, "o1"), ids(&list, "o2")), (to(&["a", "f", "g"]), Vec::new()));
    assert_eq!(list.len().unwrap(), 3);
    let moved = list.get("f").unwrap().unwrap();
    assert_eq!((moved.age_years, moved.outbreak.unwrap().id().to_owned()), (Some(1), "o1".to_owned()));
    list.integrity_check().unwrap();
}

/// Whom a full extraction brought is known in the order of each outbreak's own list.
#[test]
fn persons_of_each_outbreak_are_found_while_the_rest_is_read() {
    let (_folder, mut list) = line_list();
    full(&mut list, 0, &[("o1", &[("a", 1), ("m", 1), ("p", 1)]), ("o2", &[("b", 2), ("c", 2)])]);
    let again = list.begin_extraction(BOTH, Mode::Full, Some(at(10)), at(10)).unwrap();
    keep(&mut list, again, "o1", &[("a", 1), ("m", 1)]);
    keep(&mut list, again, "o2", &[("b", 2)]);
    let found = |id: &str| {
        let visit = Record::FollowUp(FollowUp { id: "v".into(), person_id: Some(id.into()), ..FollowUp::default() });
        list.persons_of(&visit, again).unwrap()[0].is_some()
    };
    // The last one of either is from before: what is behind the last page has not come yet, and may be gone.
    assert_eq!(["a", "m", "p", "b", "c"].map(found), [true, true, false, true, false]);
}

fn to(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}
