//! Pages in, persons out, and the mark that never parts from them.

use std::collections::BTreeMap;

use epi::record::{LabResult, Linked, Participant, Person, PersonKind, Record, RecordKind, Relationship, Stay};
use pipeline::store::{Belonging, ExtractionId, LineList, Mark, Mode, NewRecord, StoreError};
use tempfile::TempDir;

use super::{at, sqlite};

pub(super) fn belonging(outbreak: &str) -> Belonging {
    Belonging { outbreak: outbreak.into(), normalisation: "1".into(), time_zone: "Africa/Dakar".into() }
}

fn line_list() -> (TempDir, LineList) {
    let folder = tempfile::tempdir().unwrap();
    let list = LineList::open(&folder.path().join("o1.lines"), &belonging("o1")).unwrap();
    (folder, list)
}

fn person(id: &str, age: u32) -> Person {
    Person {
        id: id.into(),
        kind: PersonKind::Case,
        age_years: Some(age),
        date_of_onset: Some(jiff::civil::date(2026, 1, 5)),
        updated_at: Some(jiff::civil::date(2026, 1, 9)),
        stays: vec![Stay { kind: Some("HOSPITALIZATION".into()), ..Stay::default() }],
        ..Person::default()
    }
}

fn of_kind(id: &str, kind: PersonKind) -> NewRecord {
    Person { kind, ..person(id, 31) }.into()
}

/// The records of each kind, one by one; what the list says of their numbers is the same.
fn counted(list: &LineList) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    list.for_each_found(|linked, _| *counted.entry(linked.record.kind().name().to_owned()).or_default() += 1).unwrap();
    assert_eq!(list.len_by_kind().unwrap(), counted);
    assert_eq!(list.len().unwrap(), counted.values().sum::<u64>());
    counted
}

fn page(ids: &[&str]) -> Vec<NewRecord> {
    ids.iter().map(|id| person(id, 30).into()).collect()
}

fn all(list: &LineList) -> BTreeMap<String, Person> {
    let mut all = BTreeMap::new();
    list.for_each(|person| {
        all.insert(person.id.to_string(), person);
    })
    .unwrap();
    all
}

fn ids(list: &LineList) -> Vec<String> {
    all(list).into_keys().collect()
}

#[test]
fn a_full_extraction_keeps_what_it_saw_and_drops_the_rest() {
    let (_folder, mut list) = line_list();
    assert!(list.is_empty().unwrap());
    let first = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(first, RecordKind::Case, &page(&["a", "b"]), &[], "b").unwrap();
    list.put_page(first, RecordKind::Contact, &[of_kind("c", PersonKind::Contact)], &[], "c").unwrap();
    list.put_page(first, RecordKind::ContactOfContact, &[of_kind("x", PersonKind::ContactOfContact)], &[], "x")
        .unwrap();
    list.finish_extraction(first, false, at(2)).unwrap();

    let second = list.begin_extraction("o1", Mode::Full, Some(at(10)), at(11)).unwrap();
    // `a` is gone, `b` became a contact, `c` a case; contacts of contacts are read no more.
    let rows = [of_kind("c", PersonKind::Case), person("n", 44).into()];
    list.put_page(second, RecordKind::Case, &rows, &[], "n").unwrap();
    list.put_page(second, RecordKind::Contact, &[of_kind("b", PersonKind::Contact)], &[], "b").unwrap();
    list.finish_extraction(second, false, at(12)).unwrap();

    let kinds: Vec<_> = all(&list).into_iter().map(|(id, person)| (id, person.kind)).collect();
    let expected = [("b", PersonKind::Contact), ("c", PersonKind::Case), ("n", PersonKind::Case)];
    assert_eq!(kinds, expected.map(|(id, kind)| (id.to_owned(), kind)));
    assert_eq!(list.len().unwrap(), 3);
    assert_eq!(list.get("n").unwrap(), Some(person("n", 44)));
    assert_eq!(list.get("a").unwrap(), None);
    assert_eq!(counted(&list), BTreeMap::from([("case".to_owned(), 2), ("contact".to_owned(), 1)]));
    let last = list.last_finished().unwrap().unwrap();
    assert_eq!((last.id, last.watermark, last.finished_at, last.n_rows), (second, Some(at(10)), at(12), 3));
}

/// Pseudo-random numbers, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A world of persons that changes, extracted now in full by pages, now from files in no order, now by changes, and now and
/// then interrupted: the list is the world, and tells of every earlier moment what changed since.
#[test]
fn whatever_way_records_come_the_list_is_what_was_read() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let (_folder, mut list) = line_list();
        let mut world: BTreeMap<String, Person> = BTreeMap::new();
        let mut moments: Vec<(ExtractionId, BTreeMap<String, Person>)> = Vec::new();
        for step in 0..12 {
            let before = world.clone();
            for _ in 0..dice.below(12) {
                let id = format!("{:02}", dice.below(30));
                match dice.below(3) {
                    0 => drop(world.remove(&id)),
                    _ => {
                        let kind = [PersonKind::Case, PersonKind::Contact][dice.below(2) as usize];
                        let age = dice.below(3) as u32;
                        world.insert(id.clone(), Person { kind, ..person(&id, age) });
                    }
                }
            }
            let way = if moments.is_empty() { dice.below(2) } else { dice.below(3) };
            let mode = if way == 2 { Mode::Changes } else { Mode::Full };
            let extraction = list.begin_extraction("o1", mode, None, at(step)).unwrap();
            if way == 1 {
                list.scatter();
            }
            let interrupted = mode == Mode::Full && dice.below(4) == 0;
            for kind in [PersonKind::Case, PersonKind::Contact] {
                let mut rows: Vec<NewRecord> =
                    world.values().filter(|one| one.kind == kind).map(|one| one.clone().into()).collect();
                let mut gone = Vec::new();
                if mode == Mode::Changes {
                    rows.retain(|row| {
                        before.get(row.record.id()).is_none_or(|was| Record::from(was.clone()) != row.record)
                    });
                    gone.extend(before.keys().filter(|id| !world.contains_key(*id)).map(|id| id.as_str().into()));
                }
                if way == 1 {
                    rows.reverse();
                }
                for rows in rows.chunks(4) {
                    let last_id = rows.last().unwrap().record.id().to_owned();
                    list.put_page(extraction, kind.into(), rows, &[], &last_id).unwrap();
                    if interrupted && dice.below(3) == 0 {
                        break;
                    }
                }
                list.put_page(extraction, kind.into(), &[], &gone, "99").unwrap();
            }
            if interrupted {
                list.discard_extraction(extraction, at(step)).unwrap();
                // What it saw is not what is read next: a full one follows, as `due` has it.
                let again = list.begin_extraction("o1", Mode::Full, None, at(step)).unwrap();
                for kind in [PersonKind::Case, PersonKind::Contact] {
                    let rows: Vec<NewRecord> =
                        world.values().filter(|one| one.kind == kind).map(|one| one.clone().into()).collect();
                    if let Some(last) = rows.last() {
                        list.put_page(again, kind.into(), &rows, &[], last.record.id()).unwrap();
                    }
                }
                list.finish_extraction(again, true, at(step)).unwrap();
                moments.push((again, world.clone()));
            } else {
                list.finish_extraction(extraction, true, at(step)).unwrap();
                moments.push((extraction, world.clone()));
            }
            assert_eq!(all(&list), world, "seed {seed}, step {step}");
            counted(&list);
        }
        for (extraction, then) in &moments {
            let mut expected = BTreeMap::new();
            for id in then.keys().chain(world.keys()) {
                if then.get(id) != world.get(id) {
                    expected.insert(id.clone(), (then.get(id).cloned(), world.get(id).cloned()));
                }
            }
            let mut found = BTreeMap::new();
            list.changed_since(*extraction, |changed| {
                let person = |linked: Option<Linked>| linked.and_then(|linked| linked.joined().person().cloned());
                found.insert(changed.id.to_string(), (person(changed.before), person(changed.after)));
            })
            .unwrap();
            assert_eq!(found, expected, "seed {seed}, since {extraction}");
        }
        list.integrity_check().unwrap();
    }
}

#[test]
fn persons_are_those_that_the_extraction_brought_and_no_former_ones() {
    for scattered in [false, true] {
        let (_folder, mut list) = line_list();
        extracted(&mut list, Mode::Full, 0, &[("a", 1), ("b", 1), ("z", 1)], &[]);
        let id = list.begin_extraction("o1", Mode::Full, None, at(1)).unwrap();
        if scattered {
            list.scatter();
        }
        list.put_page(id, RecordKind::Case, &[person("b", 2).into()], &[], "b").unwrap();
        let named = |who| list.persons_of(&sample("l", who, "POSITIVE"), id).unwrap()[0].as_ref().map(|p| p.age_years);
        assert_eq!((named("a"), named("b"), named("z")), (None, Some(Some(2)), None), "scattered: {scattered}");
        list.finish_extraction(id, true, at(2)).unwrap();
        assert_eq!(ids(&list), ["b"]);
    }
}

#[test]
fn what_was_read_before_anything_was_finished_does_not_stay() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, None, at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a", "b"]), &[], "b").unwrap();
    list.discard_extraction(id, at(2)).unwrap();
    let first = extracted(&mut list, Mode::Full, 3, &[("b", 1)], &[]);
    assert_eq!(ids(&list), ["b"]);
    assert_eq!(changed(&list, first), BTreeMap::new());
    counted(&list);
}

#[test]
fn an_interrupted_extraction_goes_on_behind_its_mark() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a", "b"]), &[], "b").unwrap();
    list.put_page(id, RecordKind::Case, &page(&["c"]), &[], "c").unwrap();
    let path = list.path().to_owned();
    drop(list);

    let mut list = LineList::open(&path, &belonging("o1")).unwrap();
    let begun = list.begin_extraction("o1", Mode::Full, Some(at(5)), at(5)).unwrap_err();
    assert!(matches!(begun, StoreError::UnfinishedExtraction { extraction } if extraction == id.0), "{begun:?}");
    let open = list.resume("o1").unwrap().unwrap();
    assert_eq!((open.id, open.watermark, open.started_at), (id, Some(at(0)), at(1)));
    assert_eq!(open.marks, BTreeMap::from([("case".to_owned(), Mark { last_id: "c".into(), n_rows: 3 })]));
    list.put_page(id, RecordKind::Case, &page(&["d"]), &[], "d").unwrap();
    list.finish_extraction(id, false, at(6)).unwrap();
    assert_eq!(ids(&list), ["a", "b", "c", "d"]);
    assert_eq!(list.resume("o1").unwrap(), None);
}

#[test]
fn a_discarded_extraction_is_over_and_stamps_nothing() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    list.discard_extraction(id, at(2)).unwrap();
    assert_eq!((list.resume("o1").unwrap(), list.last_finished().unwrap()), (None, None));
    let closed = |e: Result<(), StoreError>| matches!(e, Err(StoreError::NoOpenExtraction { .. }));
    assert!(closed(list.put_page(id, RecordKind::Case, &page(&["b"]), &[], "b")));
    assert!(closed(list.finish_extraction(id, false, at(3)).map(drop)));
    assert!(closed(list.discard_extraction(id, at(3))));
    let next = list.begin_extraction("o1", Mode::Full, Some(at(5)), at(5)).unwrap();
    assert!(next > id);
    list.finish_extraction(next, false, at(6)).unwrap();
    assert!(list.is_empty().unwrap());
}

#[test]
fn a_page_with_one_bad_row_leaves_rows_and_mark_as_they_were() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    let before = list.resume("o1").unwrap();
    let error = list.put_page(id, RecordKind::Case, &page(&["b", "c", ""]), &[], "c").unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert_eq!(ids(&list), ["a"]);
    assert_eq!(list.resume("o1").unwrap(), before);
}

#[test]
fn a_mark_that_cannot_be_written_takes_its_page_with_it() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    sqlite(&list.path().to_owned())
        .execute_batch("CREATE TRIGGER poison BEFORE INSERT ON mark BEGIN SELECT RAISE(ABORT, 'poisoned'); END")
        .unwrap();
    assert!(matches!(list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a"), Err(StoreError::Refused { .. })));
    assert!(list.is_empty().unwrap());
    assert_eq!(list.resume("o1").unwrap().unwrap().marks, BTreeMap::new());
}

#[test]
fn an_end_that_cannot_be_stamped_removes_nothing() {
    let (_folder, mut list) = line_list();
    let first = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(first, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    list.finish_extraction(first, false, at(2)).unwrap();
    let second = list.begin_extraction("o1", Mode::Full, Some(at(3)), at(3)).unwrap();
    sqlite(&list.path().to_owned())
        .execute_batch("CREATE TRIGGER poison BEFORE UPDATE ON extraction BEGIN SELECT RAISE(ABORT, 'poisoned'); END")
        .unwrap();
    assert!(list.finish_extraction(second, false, at(4)).is_err());
    assert_eq!(ids(&list), ["a"]);
    assert_eq!(list.last_finished().unwrap().unwrap().id, first);
}

#[test]
fn a_line_list_of_another_outbreak_is_refused() {
    let (_folder, mut list) = line_list();
    let error = LineList::open(list.path(), &belonging("o2")).unwrap_err();
    assert!(matches!(&error, StoreError::OtherOutbreak { found, wanted, .. } if found == "o1" && wanted == "o2"));
    assert!(matches!(
        list.begin_extraction("o2", Mode::Full, Some(at(0)), at(0)),
        Err(StoreError::OtherOutbreak { .. })
    ));
    assert!(matches!(list.resume("o2"), Err(StoreError::OtherOutbreak { .. })));
    assert_eq!(LineList::open(list.path(), &belonging("o1")).unwrap().belonging(), &belonging("o1"));
}

#[test]
fn records_normalised_otherwise_are_refused_until_expired() {
    let (_folder, list) = line_list();
    let path = list.path().to_owned();
    drop(list);
    let newer = Belonging { normalisation: "2".into(), ..belonging("o1") };
    let moved = Belonging { time_zone: "UTC".into(), ..belonging("o1") };
    let what = |b: &Belonging| match LineList::open(&path, b) {
        Err(StoreError::OtherNormalisation { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!((what(&newer), what(&moved)), ("version", "time zone"));
    LineList::expire(&path).unwrap();
    assert_eq!(LineList::open(&path, &newer).unwrap().belonging(), &newer);
}

#[test]
fn expiry_removes_every_file_and_may_be_repeated() {
    let (folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    assert!(std::fs::read_dir(folder.path()).unwrap().count() > 1, "the log is there");
    LineList::expire(list.path()).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    LineList::expire(list.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_persons() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[test]
fn a_record_that_cannot_be_understood_is_told_without_its_values() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    sqlite(&list.path().to_owned())
        .execute("UPDATE records SET json = '{\"id\":\"a\",\"age_years\":\"Aminata\"}'", [])
        .unwrap();
    for error in [list.get("a").unwrap_err(), list.for_each(drop).unwrap_err()] {
        assert!(matches!(error, StoreError::Row { .. }), "{error:?}");
        assert!(error.to_string().contains("record a") && !format!("{error:?}").contains("Aminata"), "{error:?}");
    }
}

#[test]
fn a_page_beyond_the_limit_is_refused() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    let error =
        list.put_page(id, RecordKind::Case, &vec![NewRecord::from(Person::default()); 50_001], &[], "z").unwrap_err();
    assert!(error.to_string().ends_with("50001 rows in one page, and 50000 are the most"), "{error}");
}

#[test]
fn the_pages_of_the_file_are_made_for_bulk() {
    let (_folder, list) = line_list();
    let bytes: u32 = sqlite(&list.path().to_owned()).pragma_query_value(None, "page_size", |r| r.get(0)).unwrap();
    assert_eq!(bytes, 16_384);
}

#[test]
fn a_reader_sees_the_last_page_while_a_writer_goes_on() {
    let (_folder, mut list) = line_list();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    list.put_page(id, RecordKind::Case, &page(&["a"]), &[], "a").unwrap();
    let mut reader = LineList::open_read_only(list.path()).unwrap();
    assert_eq!(ids(&reader), ["a"]);
    list.put_page(id, RecordKind::Case, &page(&["b"]), &[], "b").unwrap();
    assert_eq!(ids(&reader), ["a", "b"]);
    assert!(matches!(reader.discard_extraction(id, at(2)), Err(StoreError::ReadOnly { .. })));
    list.integrity_check().unwrap();
}

/// One whole extraction; records are ids and ages.
fn extracted(list: &mut LineList, mode: Mode, seconds: i64, records: &[(&str, u32)], gone: &[&str]) -> ExtractionId {
    let id = list.begin_extraction("o1", mode, Some(at(seconds)), at(seconds)).unwrap();
    let records: Vec<NewRecord> = records.iter().map(|(id, age)| person(id, *age).into()).collect();
    let gone: Vec<_> = gone.iter().map(|id| (*id).into()).collect();
    list.put_page(id, RecordKind::Case, &records, &gone, "z").unwrap();
    list.finish_extraction(id, false, at(seconds)).unwrap();
    id
}

/// What changed since an extraction, as ages before and after.
fn changed(list: &LineList, since: ExtractionId) -> BTreeMap<String, (Option<u32>, Option<u32>)> {
    let mut found = BTreeMap::new();
    let age = |linked: Option<Linked>| linked.map(|linked| linked.joined().person().unwrap().age_years.unwrap());
    list.changed_since(since, |changed| {
        assert!(found.insert(changed.id.to_string(), (age(changed.before), age(changed.after))).is_none());
    })
    .unwrap();
    found
}

#[test]
fn what_changed_since_an_extraction_is_told_whatever_came_between() {
    let (_folder, mut list) = line_list();
    let first = extracted(&mut list, Mode::Full, 0, &[("a", 1), ("b", 1), ("c", 1), ("d", 1)], &[]);
    let second = extracted(&mut list, Mode::Changes, 10, &[("a", 2), ("b", 1), ("e", 1)], &["c"]);
    let third = extracted(&mut list, Mode::Changes, 20, &[("a", 1), ("c", 3), ("f", 1)], &["d", "nobody"]);
    let last = extracted(&mut list, Mode::Full, 30, &[("a", 1), ("b", 9), ("c", 3), ("e", 1)], &[]);
    let map = |rows: &[(&str, Option<u32>, Option<u32>)]| -> BTreeMap<_, _> {
        rows.iter().map(|(id, before, after)| ((*id).to_owned(), (*before, *after))).collect()
    };
    assert_eq!(
        changed(&list, first),
        map(&[
            ("b", Some(1), Some(9)),
            ("c", Some(1), Some(3)),
            ("d", Some(1), None),
            ("e", None, Some(1)),
            // `a` changed and changed back; `f` came and went.
        ])
    );
    assert_eq!(
        changed(&list, second),
        map(&[("a", Some(2), Some(1)), ("b", Some(1), Some(9)), ("c", None, Some(3)), ("d", Some(1), None)])
    );
    assert_eq!(changed(&list, third), map(&[("b", Some(1), Some(9)), ("f", Some(1), None)]));
    assert_eq!(changed(&list, last), BTreeMap::new());
}

#[test]
fn a_record_that_is_seen_unchanged_has_no_former_version() {
    let (_folder, mut list) = line_list();
    for second in 0..3 {
        extracted(&mut list, Mode::Full, second, &[("a", 1)], &[]);
    }
    let n: i64 =
        sqlite(&list.path().to_owned()).query_row("SELECT count(*) FROM former", [], |row| row.get(0)).unwrap();
    assert_eq!(n, 0);
    // What was wrong on the wire is no content: it is replaced and leaves nothing behind.
    let id = list.begin_extraction("o1", Mode::Changes, None, at(5)).unwrap();
    let odd = NewRecord { record: person("a", 1).into(), unreadable: vec!["gender", "stays"] };
    list.put_page(id, RecordKind::Case, &[odd], &[], "a").unwrap();
    list.finish_extraction(id, false, at(5)).unwrap();
    let mut found = Vec::new();
    list.for_each_found(|person, unreadable| found.push((person.record.id().to_owned(), unreadable))).unwrap();
    assert_eq!(found, [("a".to_owned(), vec!["gender".to_owned(), "stays".to_owned()])]);
    extracted(&mut list, Mode::Changes, 6, &[("a", 1)], &[]);
    list.for_each_found(|_, unreadable| assert!(unreadable.is_empty())).unwrap();
    let n: i64 =
        sqlite(&list.path().to_owned()).query_row("SELECT count(*) FROM former", [], |row| row.get(0)).unwrap();
    assert_eq!(n, 0);
}

#[test]
fn what_an_interrupted_extraction_changed_is_explained_too() {
    let (_folder, mut list) = line_list();
    let first = extracted(&mut list, Mode::Full, 0, &[("a", 1), ("b", 1)], &[]);
    let open = list.begin_extraction("o1", Mode::Changes, Some(at(10)), at(10)).unwrap();
    list.put_page(open, RecordKind::Case, &[person("a", 2).into()], &["b".into()], "a").unwrap();
    assert!(matches!(list.changed_since(open, drop), Err(StoreError::NoLongerKept { .. })));
    list.discard_extraction(open, at(11)).unwrap();
    assert!(!list.full_is_unfinished().unwrap());
    extracted(&mut list, Mode::Changes, 20, &[("a", 3)], &[]);
    let expected = [("a".to_owned(), (Some(1), Some(3))), ("b".to_owned(), (Some(1), None))];
    assert_eq!(changed(&list, first), BTreeMap::from(expected));
    assert!(matches!(list.changed_since(open, drop), Err(StoreError::NoLongerKept { .. })));

    let full = list.begin_extraction("o1", Mode::Full, Some(at(30)), at(30)).unwrap();
    assert!(list.full_is_unfinished().unwrap());
    list.discard_extraction(full, at(31)).unwrap();
    assert!(list.full_is_unfinished().unwrap());
}

fn sample(id: &str, person: &str, result: &str) -> Record {
    let result = Some(result.into());
    Record::LabResult(LabResult { id: id.into(), person_id: Some(person.into()), result, ..LabResult::default() })
}

fn exposure(id: &str, source: &str, target: &str) -> Record {
    let end = |id: &str| Some(Participant { id: id.into(), kind: None });
    Record::Relationship(Relationship {
        id: id.into(),
        source: end(source),
        target: end(target),
        ..Relationship::default()
    })
}

/// One extraction of changes: persons as ids and ages, what goes of them, and other records.
fn around(list: &mut LineList, mode: Mode, persons: &[(&str, u32)], gone: &[&str], others: &[Record]) -> ExtractionId {
    let id = list.begin_extraction("o1", mode, Some(at(0)), at(0)).unwrap();
    let persons: Vec<NewRecord> = persons.iter().map(|(id, age)| person(id, *age).into()).collect();
    let gone: Vec<_> = gone.iter().map(|id| (*id).into()).collect();
    list.put_page(id, RecordKind::Case, &persons, &gone, "z").unwrap();
    for other in others {
        list.put_page(id, other.kind(), &[other.clone().into()], &[], other.id()).unwrap();
    }
    list.finish_extraction(id, false, at(0)).unwrap();
    id
}

/// What a record and its persons are: ids, ages and a result.
fn told(linked: &Linked) -> String {
    let age = |person: &Option<std::sync::Arc<Person>>| {
        person.as_ref().map_or("?".to_owned(), |person| person.age_years.unwrap().to_string())
    };
    match &linked.record {
        Record::Person(person) => format!("{}", person.age_years.unwrap()),
        Record::LabResult(result) => format!("{} of {}", result.result.as_deref().unwrap(), age(&linked.person)),
        _ => format!("{} to {}", age(&linked.source), age(&linked.person)),
    }
}

#[test]
fn records_of_several_tables_stand_side_by_side_and_are_joined_to_their_persons() {
    let (_folder, mut list) = line_list();
    // The sample has the id of a person: they are of different tables.
    let others = [sample("a", "a", "POSITIVE"), sample("l", "nobody", "NEGATIVE"), exposure("r", "a", "b")];
    around(&mut list, Mode::Full, &[("a", 1), ("b", 2)], &[], &others);
    let mut found = BTreeMap::new();
    list.for_each_found(|linked, _| {
        found.insert((linked.record.kind().name(), linked.record.id().to_owned()), told(linked));
    })
    .unwrap();
    let found: Vec<_> = found.iter().map(|((kind, id), told)| format!("{kind} {id}: {told}")).collect();
    assert_eq!(
        found,
        [
            "case a: 1",
            "case b: 2",
            "lab_result a: POSITIVE of 1",
            "lab_result l: NEGATIVE of ?",
            "relationship r: 1 to 2"
        ]
    );
    assert_eq!(list.linked("a").unwrap().len(), 2);
    assert_eq!(list.linked("r").unwrap().iter().map(told).collect::<Vec<_>>(), ["1 to 2"]);
    assert_eq!(ids(&list), ["a", "b"], "persons only");
    assert_eq!(
        list.len_by_kind().unwrap(),
        [("case", 2), ("lab_result", 2), ("relationship", 1)].map(|(k, n)| (k.to_owned(), n)).into()
    );
    assert_eq!(list.ids_between(RecordKind::LabResult, "a", None).unwrap(), ["l"]);
    // A full extraction that does not see them removes them.
    around(&mut list, Mode::Full, &[("a", 1)], &[], &[]);
    assert_eq!(list.len_by_kind().unwrap(), BTreeMap::from([("case".to_owned(), 1)]));
}

#[test]
fn a_change_of_a_person_changes_what_stands_around() {
    let (_folder, mut list) = line_list();
    let others = [
        sample("l", "a", "POSITIVE"),
        sample("m", "b", "NEGATIVE"),
        sample("n", "c", "NEGATIVE"),
        exposure("r", "b", "a"),
        exposure("s", "b", "c"),
    ];
    let first = around(&mut list, Mode::Full, &[("a", 1), ("b", 2), ("c", 3)], &[], &others);
    let second = around(&mut list, Mode::Changes, &[("a", 11)], &["c"], &[sample("m", "a", "POSITIVE")]);
    let third = around(&mut list, Mode::Changes, &[("a", 1), ("c", 33)], &[], &[]);
    let changes = |since| {
        let mut found = Vec::new();
        list.changed_since(since, |changed| {
            let told = |linked: &Option<Linked>| linked.as_ref().map_or("-".to_owned(), told);
            found.push(format!("{}: {} now {}", changed.id, told(&changed.before), told(&changed.after)));
        })
        .unwrap();
        found.sort();
        found
    };
    // `a` changed and changed back; so `l` and `r` are what they were.
    assert_eq!(
        changes(first),
        [
            "c: 3 now 33",
            "m: NEGATIVE of 2 now POSITIVE of 1",
            "n: NEGATIVE of 3 now NEGATIVE of 33",
            "s: 2 to 3 now 2 to 33"
        ]
    );
    assert_eq!(
        changes(second),
        [
            "a: 11 now 1",
            "c: - now 33",
            "l: POSITIVE of 11 now POSITIVE of 1",
            "m: POSITIVE of 11 now POSITIVE of 1",
            "n: NEGATIVE of ? now NEGATIVE of 33",
            "r: 2 to 11 now 2 to 1",
            "s: 2 to ? now 2 to 33",
        ]
    );
    assert_eq!(changes(third), [""; 0]);
}

#[test]
fn versions_are_forgotten_after_a_quarter() {
    let (_folder, mut list) = line_list();
    let day = 24 * 3600;
    let first = extracted(&mut list, Mode::Full, 0, &[("a", 1)], &[]);
    let second = extracted(&mut list, Mode::Changes, 10 * day, &[("a", 2)], &[]);
    let third = extracted(&mut list, Mode::Changes, 50 * day, &[("a", 3)], &[]);
    assert_eq!(changed(&list, first), BTreeMap::from([("a".to_owned(), (Some(1), Some(3)))]));
    // The first is older than 92 days now, and what it left can still be told; the second is not.
    extracted(&mut list, Mode::Changes, 93 * day, &[], &[]);
    assert_eq!(changed(&list, first), BTreeMap::from([("a".to_owned(), (Some(1), Some(3)))]));
    extracted(&mut list, Mode::Changes, 103 * day, &[], &[]);
    let gone = list.changed_since(first, drop).unwrap_err();
    assert!(matches!(gone, StoreError::NoLongerKept { extraction, .. } if extraction == first.0), "{gone:?}");
    assert_eq!(changed(&list, second), BTreeMap::from([("a".to_owned(), (Some(2), Some(3)))]));
    assert_eq!(changed(&list, third), BTreeMap::new());
    // The last full one is still known: it says when the next is due.
    assert_eq!(list.last_full().unwrap().unwrap().id, first);
}

#[test]
fn a_list_that_is_made_anew_does_not_claim_to_know_the_one_before() {
    let (_folder, mut list) = line_list();
    let before = extracted(&mut list, Mode::Full, 0, &[("a", 1)], &[]);
    let path = list.path().to_owned();
    drop(list);
    LineList::expire(&path).unwrap();
    let mut list = LineList::open(&path, &belonging("o1")).unwrap();
    let after = extracted(&mut list, Mode::Full, 0, &[("a", 1)], &[]);
    assert_ne!(before, after);
    assert!(matches!(list.changed_since(before, drop), Err(StoreError::NoLongerKept { .. })));
}

#[test]
fn a_list_of_the_first_schema_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o1.lines");
    let old = sqlite(&path);
    old.execute_batch(include_str!("../../../src/store/schema/line_list_001.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO meta VALUES (1, 'o1', '1', 'Africa/Dakar');
         INSERT INTO extraction VALUES (1, 'o1', 'full', 't', 't', 't', NULL, 1);
         INSERT INTO mark VALUES (1, 'cases', 'a', 1);
         INSERT INTO records VALUES ('a', 'case', NULL, 1, '{}');
         PRAGMA user_version = 1;",
    )
    .unwrap();
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"Tall")).unwrap();
    drop(old);
    let list = LineList::open(&path, &belonging("o1")).unwrap();
    assert!(list.is_empty().unwrap() && list.last_finished().unwrap().is_none());
    list.integrity_check().unwrap();
}

/// Records of a list of one outbreak need not say whose they are, so a list of the schema before goes on.
#[test]
fn a_list_of_the_fifth_schema_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o1.lines");
    let old = sqlite(&path);
    for schema in [
        include_str!("../../../src/store/schema/line_list_001.sql"),
        include_str!("../../../src/store/schema/line_list_002.sql"),
        include_str!("../../../src/store/schema/line_list_003.sql"),
        include_str!("../../../src/store/schema/line_list_004.sql"),
        include_str!("../../../src/store/schema/line_list_005.sql"),
    ] {
        old.execute_batch(schema).unwrap();
    }
    old.execute_batch(
        "INSERT INTO meta (one, outbreak, normalisation, time_zone) VALUES (1, 'o1', '1', 'Africa/Dakar');
         INSERT INTO records (of, id, kind, since, json) VALUES (0, 'a', 'case', 0, '{\"kind\":\"case\"}');
         INSERT INTO n_records VALUES ('case', 1);
         PRAGMA user_version = 5;",
    )
    .unwrap();
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"Tall")).unwrap();
    drop(old);
    let list = LineList::open(&path, &belonging("o1")).unwrap();
    assert_eq!(list.get("a").unwrap().unwrap().outbreak, None);
    assert_eq!(list.len_by_outbreak().unwrap().into_iter().collect::<Vec<_>>(), [((None, "case".to_owned()), 1)]);
    list.integrity_check().unwrap();
}
