//! What a report counted, bound to the extraction that it stands for.

use std::collections::BTreeMap;

use epi::field::TableName;
use epi::record::{Person, PersonKind, RecordKind};
use pipeline::store::{LineList, Mode, NewBase, NewRecord};
use tempfile::TempDir;

use super::at;
use super::line_list::belonging;

fn line_list() -> (TempDir, LineList) {
    let folder = tempfile::tempdir().unwrap();
    let list = LineList::open(&folder.path().join("o1.lines"), &belonging("o1")).unwrap();
    (folder, list)
}

fn person(id: &str, kind: PersonKind, age: u32) -> NewRecord {
    Person { id: id.into(), kind, age_years: Some(age), ..Person::default() }.into()
}

fn census(cases: u64, contacts: u64) -> BTreeMap<String, u64> {
    let all = [("case", cases), ("contact", contacts)];
    all.into_iter().filter(|(_, n)| *n > 0).map(|(kind, n)| (kind.to_owned(), n)).collect()
}

fn new_base(tally: Option<&[u8]>) -> NewBase<'_> {
    NewBase { report: "weekly", made_by: "definitions", tally }
}

#[test]
fn a_base_stands_for_the_end_of_its_extraction_and_is_read_by_what_decides_the_same() {
    let (_folder, mut list) = line_list();
    let first = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    let mut odd = person("b", PersonKind::Case, 2);
    odd.unreadable = vec!["gender", "stays"];
    list.put_page(first, RecordKind::Case, &[person("a", PersonKind::Case, 1), odd.clone()], &[], "b").unwrap();
    assert_eq!(list.base("weekly", "definitions").unwrap(), None);
    assert_eq!(list.len_by_kind().unwrap(), census(2, 0));
    list.finish_extraction_with(first, true, at(2), Some(&new_base(Some(b"one")))).unwrap();

    let base = list.base("weekly", "definitions").unwrap().unwrap();
    assert_eq!((base.extraction, &*base.tally), (first, &b"one"[..]));
    let fields = vec!["gender".to_owned(), "stays".to_owned()];
    assert_eq!(base.unreadable, BTreeMap::from([((TableName::Person, "b".into()), fields)]));
    assert_eq!(base.unreadable, list.unreadable().unwrap());
    assert_eq!(list.base("weekly", "others").unwrap(), None);
    assert_eq!(list.base("daily", "definitions").unwrap(), None);
    assert!(list.has_base("weekly").unwrap() && !list.has_base("daily").unwrap());
    assert_eq!((list.len_by_kind().unwrap(), list.n_moves_since(first).unwrap()), (census(2, 0), 0));

    // One changes, one converts, one comes, and what could not be read can be: then it is given up.
    let second = list.begin_extraction("o1", Mode::Changes, Some(at(10)), at(11)).unwrap();
    let came =
        [person("a", PersonKind::Contact, 1), person("b", PersonKind::Case, 2), person("c", PersonKind::Case, 3)];
    list.put_page(second, RecordKind::Case, &came, &[], "c").unwrap();
    list.discard_extraction(second, at(12)).unwrap();
    assert_eq!(list.base("weekly", "definitions").unwrap().unwrap(), base);
    assert_eq!(list.len_by_kind().unwrap(), census(2, 1), "what came stays");
    assert!(list.unreadable().unwrap().is_empty());

    let third = list.begin_extraction("o1", Mode::Changes, Some(at(20)), at(21)).unwrap();
    list.put_page(third, RecordKind::Case, &[], &["b".into()], "b").unwrap();
    assert_eq!(list.len_by_kind().unwrap(), census(1, 1));
    assert_eq!(list.n_moves_since(first).unwrap(), 4, "two came, and two former ones went");
    list.finish_extraction_with(third, false, at(22), Some(&new_base(Some(b"two")))).unwrap();
    let base = list.base("weekly", "definitions").unwrap().unwrap();
    assert_eq!((base.extraction, &*base.tally, base.unreadable.len()), (third, &b"two"[..], 0));

    // Nothing changed: the same tally, of a later moment.
    let fourth = list.begin_extraction("o1", Mode::Changes, Some(at(30)), at(31)).unwrap();
    list.finish_extraction_with(fourth, false, at(32), Some(&new_base(None))).unwrap();
    let base = list.base("weekly", "definitions").unwrap().unwrap();
    assert_eq!((base.extraction, &*base.tally), (fourth, &b"two"[..]));
    assert_eq!(list.len_by_kind().unwrap(), census(1, 1));

    // A report that comes after it and reads nothing keeps what it counted of the same records.
    list.keep_base(fourth, &NewBase { report: "daily", ..new_base(Some(b"three")) }).unwrap();
    let base = list.base("daily", "definitions").unwrap().unwrap();
    assert_eq!((base.extraction, &*base.tally), (fourth, &b"three"[..]));
}

#[test]
fn a_base_that_nobody_can_go_on_from_is_forgotten() {
    let (_folder, mut list) = line_list();
    let day = 24 * 3_600;
    for (n, base) in [(0, true), (50, false), (100, false), (200, false)] {
        let now = at(n * day);
        let extraction = list.begin_extraction("o1", Mode::Full, Some(now), now).unwrap();
        let page = [person("a", PersonKind::Case, n as u32)];
        list.put_page(extraction, RecordKind::Case, &page, &[], "a").unwrap();
        let (weekly, daily) = (new_base(Some(b"a")), NewBase { report: "daily", ..new_base(Some(b"b")) });
        list.finish_extraction_with(extraction, true, now, Some(if base { &weekly } else { &daily })).unwrap();
        assert_eq!(list.has_base("weekly").unwrap(), n < 200, "day {n}");
    }
    assert!(list.has_base("daily").unwrap());
}

#[test]
fn a_list_without_bases_keeps_its_records_and_its_bases_are_searched_by_no_scan() {
    let (folder, list) = line_list();
    drop(list);
    let file = super::sqlite(&folder.path().join("o1.lines"));
    let mut plan =
        file.prepare("EXPLAIN QUERY PLAN SELECT of, id, unreadable FROM records WHERE unreadable IS NOT NULL").unwrap();
    let steps: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    assert!(steps[0].contains("COVERING INDEX records_unreadable"), "{steps:?}");
    drop(plan);
    // As the version before left it.
    file.execute_batch(
        "DROP INDEX records_unreadable; DROP TABLE base; DROP INDEX records_outbreak;
         ALTER TABLE records DROP COLUMN outbreak; PRAGMA user_version = 4;
         INSERT INTO records (of, id, kind, since, unreadable, json) VALUES (0, 'a', 'case', 0, '[\"gender\"]', '{}');
         INSERT INTO n_records VALUES ('case', 1);",
    )
    .unwrap();
    drop(file);
    let list = LineList::open(&folder.path().join("o1.lines"), &belonging("o1")).unwrap();
    assert_eq!((list.len().unwrap(), list.unreadable().unwrap().len()), (1, 1));
    assert!(!list.has_base("weekly").unwrap());
}
