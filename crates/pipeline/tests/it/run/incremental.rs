//! Only what changed travels, and what comes of it is what a full extraction would give.

mod counted_before;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use pipeline::ErrorKind;
use pipeline::config;
use pipeline::report::{RunReport, Verdict};
use pipeline::store::{CellRow, LineList, RunId, State};
use sandbox::clock::iso_millis;
use sandbox::fault::{Fault, FaultRule};
use sandbox::godata::{Document, Editor, PersonType, UnknownId};
use serde_json::{Value, json};

use super::stage::{CONFIRMED, PROBABLE, text};
use super::{BOTH, Stage};

const CONTACTS: &str = r#"

[[report.indicator]]
code = "contacts"
of = "contact"
when = "date_of_reporting"
data_element = "E1pXvzyZzKB"
"#;

/// A stage on which nothing has happened for a day: some of the invented cases were changed later than the stage's now.
pub(super) fn quiet(version: &str, change: impl FnOnce(String) -> String) -> Stage {
    let stage = Stage::with(version, change);
    let yesterday = iso_millis(stage.clock.now().checked_sub(SignedDuration::from_hours(24)).unwrap());
    let mut guard = stage.world.godata.documents();
    let documents = &mut *guard;
    let (persons, visits) = (&mut documents.persons, &mut documents.follow_ups);
    for rows in [persons, visits, &mut documents.lab_results, &mut documents.relationships] {
        for row in rows {
            for stamp in ["updatedAt", "dbUpdatedAt", "deletedAt"] {
                if text(row, stamp) > yesterday.as_str() {
                    row.insert(stamp.into(), json!(yesterday));
                }
            }
        }
    }
    drop(guard);
    stage
}

fn same(config: String) -> String {
    config
}

/// An hour later: what was changed before is behind the overlap.
pub(super) fn later(stage: &Stage) {
    stage.clock.advance(SignedDuration::from_hours(1));
}

/// What was asked of the lists of persons since the requests were last forgotten, as path and filter.
fn questions(stage: &Stage) -> Vec<(String, Value)> {
    let requests = stage.world.godata.requests();
    let lists = ["/cases", "/contacts", "/contacts-of-contacts"];
    let asked = requests.iter().filter(|request| lists.iter().any(|list| request.path.ends_with(list)));
    asked
        .map(|request| {
            let list = request.path.rsplit('/').next().unwrap().to_owned();
            let mut arguments = url::form_urlencoded::parse(request.query.as_bytes());
            let filter = arguments.find(|(name, _)| name == "filter").unwrap().1;
            (list, serde_json::from_str(&filter).unwrap())
        })
        .collect()
}

/// What kind of question each was: for changes, for ids, for some records, or for everything.
fn kinds_of_questions(stage: &Stage) -> BTreeSet<String> {
    let kind = |filter: &Value| {
        let condition = filter["where"].to_string();
        if condition.contains("dbUpdatedAt") {
            "changes"
        } else if condition.contains("inq") {
            "some"
        } else if filter["fields"] == json!(["id"]) {
            "ids"
        } else {
            "everything"
        }
    };
    questions(stage).iter().map(|(list, filter)| format!("{} of {list}", kind(filter))).collect()
}

/// A run that reads what changed.
pub(super) async fn changes(stage: &Stage) -> RunReport {
    stage.world.godata.clear_requests();
    let report = stage.run().await;
    assert_eq!(report.godata.extraction, "changes", "{:?}", report.warnings);
    assert!(!kinds_of_questions(stage).iter().any(|kind| kind.starts_with("everything")));
    report
}

/// The records of a line list with what could not be read of each.
fn records(list: &LineList) -> BTreeMap<String, (String, Vec<String>)> {
    let mut records = BTreeMap::new();
    list.for_each_found(|linked, unreadable| {
        let id = format!("{} {}", linked.record.kind().table().name.name(), linked.record.id());
        let before = records.insert(id, (format!("{linked:?}"), unreadable));
        assert!(before.is_none());
    })
    .unwrap();
    records
}

fn cells(state: &State, report: &RunReport) -> Vec<CellRow> {
    state.cells(RunId(report.run.unwrap())).unwrap()
}

/// A run with a line list of its own, made anew, says what this run said.
pub(super) async fn same_as_full(stage: &Stage, report: &RunReport) {
    let _ = std::fs::remove_dir_all(stage.path(".fresh"));
    let text = std::fs::read_to_string(stage.path("tally.toml")).unwrap();
    stage.write("fresh.toml", &text.replace("folder = \".tally\"", "folder = \".fresh\""));
    let fresh = stage.attempt_of(config::load(&stage.path("fresh.toml")).unwrap(), None).await.unwrap();
    assert_eq!(fresh.godata.extraction, "full");
    let list = LineList::open_read_only(&stage.path(".fresh/line-list.sqlite")).unwrap();
    let (kept, expected) = (records(&stage.line_list()), records(&list));
    let ids = |records: &BTreeMap<_, _>| records.keys().cloned().collect::<BTreeSet<String>>();
    assert_eq!(ids(&kept), ids(&expected));
    for (id, record) in &kept {
        assert_eq!(record, &expected[id]);
    }
    let said = |report: &RunReport| {
        let parts = (&report.account, &report.issues, &report.unmapped, &report.unmentioned, &report.quality);
        serde_json::to_value((parts, report.godata.n_records, report.godata.n_counted_by_godata)).unwrap()
    };
    assert_eq!(said(report), said(&fresh));
    let state = State::open_read_only(&stage.path(".fresh/state.sqlite")).unwrap();
    assert_eq!(cells(&stage.state(), report), cells(&state, &fresh));
}

/// The edit is found as a change, nothing but it travels, and the result is that of a full extraction.
async fn found_as_change(version: &str, n_travel: u64, edit: impl FnOnce(&Stage)) -> Stage {
    let stage = quiet(version, same);
    assert_eq!(stage.run().await.godata.extraction, "full");
    later(&stage);
    edit(&stage);
    let report = changes(&stage).await;
    assert_eq!(report.godata.n_travelled, n_travel);
    let asked = kinds_of_questions(&stage);
    let expected = ["cases", "contacts", "contacts-of-contacts"].map(|list| format!("changes of {list}"));
    assert_eq!(asked, BTreeSet::from(expected));
    same_as_full(&stage, &report).await;
    stage.at_rest(&[]).await;
    stage
}

/// Edits the first of the cases that count. Its id is looked up before the documents are locked.
fn edit_first(stage: &Stage, edit: impl FnOnce(&mut Editor<'_>, &str) -> Result<(), UnknownId>) {
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| edit(e, &id)).unwrap();
}

fn shift(case: &mut Document) {
    for field in ["dateOfOnset", "dateOfReporting"] {
        case.insert(field.into(), json!("2020-02-19T00:00:00.000Z"));
    }
}

fn some_contact(stage: &Stage) -> String {
    let documents = stage.world.godata.documents();
    documents.persons_of(PersonType::Contact).map(|contact| text(contact, "id").to_owned()).next().unwrap()
}

fn new_case(stage: &Stage, id: &str) -> Document {
    let like = stage.counted()[3].clone();
    let mut case = stage.world.godata.documents().find(&like).unwrap().clone();
    case.insert("id".into(), json!(id));
    case
}

#[tokio::test]
async fn nothing_travels_when_nothing_changed() {
    for version in ["2.43.1"] {
        found_as_change(version, 0, |_| {}).await;
    }
}

#[tokio::test]
async fn what_people_edit_is_found() {
    for version in ["2.43.1"] {
        found_as_change(version, 1, |s| edit_first(s, |e, id| e.reclassify(id, Some(PROBABLE)))).await;
        found_as_change(version, 1, |s| edit_first(s, |e, id| e.edit(id, shift))).await;
        found_as_change(version, 1, |s| edit_first(s, |e, id| e.move_to(id, "SN009"))).await;
        let insert = |s: &Stage| {
            let case = new_case(s, "new");
            s.world.godata.edit(|e| e.insert_person(case));
        };
        found_as_change(version, 1, insert).await;
    }
}

#[tokio::test]
async fn deletions_restores_and_merges_are_found() {
    for version in BOTH {
        let stage = found_as_change(version, 1, |s| edit_first(s, |e, id| e.delete(id))).await;
        let deleted = |s: &Stage| {
            let documents = s.world.godata.documents();
            documents.cases().find(|case| case["deleted"] == true).map(|case| text(case, "id").to_owned()).unwrap()
        };
        later(&stage);
        let id = deleted(&stage);
        stage.world.godata.edit(|e| e.restore(&id)).unwrap();
        let report = changes(&stage).await;
        assert_eq!(report.godata.n_travelled, 1);
        same_as_full(&stage, &report).await;
        stage.at_rest(&[]).await;
        let merge = |s: &Stage| {
            let ids = s.counted();
            s.world.godata.edit(|e| e.merge(&ids[0], &[&ids[1], &ids[2]])).unwrap();
        };
        found_as_change(version, 3, merge).await;
    }
}

#[tokio::test]
async fn a_conversion_is_found_in_the_list_that_the_person_moved_to() {
    for version in BOTH {
        // To contact: of the contacts only ids are asked, since no report counts them.
        let stage = found_as_change(version, 0, |s| edit_first(s, |e, id| e.convert_to_contact(id))).await;
        let of_contacts: Vec<_> = questions(&stage).into_iter().filter(|(list, _)| list != "cases").collect();
        assert!(!of_contacts.is_empty());
        for (_, filter) in of_contacts {
            assert_eq!(filter["fields"], json!(["id"]));
        }
        let to_case = |s: &Stage| {
            let id = some_contact(s);
            s.world.godata.edit(|e| e.convert_to_case(&id)).unwrap();
        };
        found_as_change(version, 1, to_case).await;
    }
}

#[tokio::test]
async fn a_conversion_between_two_lists_that_are_counted_moves_the_person() {
    let stage = quiet("2.42.1", |config| config + CONTACTS);
    stage.run().await;
    later(&stage);
    let (to_contact, to_case) = (stage.counted()[0].clone(), some_contact(&stage));
    stage.world.godata.edit(|e| e.convert_to_contact(&to_contact)).unwrap();
    stage.world.godata.edit(|e| e.convert_to_case(&to_case)).unwrap();
    let report = changes(&stage).await;
    assert_eq!(report.godata.n_travelled, 2);
    let kind = |id: &str| stage.line_list().get(id).unwrap().unwrap().kind.name();
    assert_eq!((kind(&to_contact), kind(&to_case)), ("contact", "case"));
    same_as_full(&stage, &report).await;
}

#[tokio::test]
async fn writers_that_forget_a_stamp_are_found_by_the_others() {
    for version in ["2.43.1"] {
        let old = "2020-02-20T00:00:00Z".parse().unwrap();
        let sync = |s: &Stage| edit_first(s, |e, id| e.sync_write(id, old, shift));
        found_as_change(version, 1, sync).await;
        let update = |s: &Stage| edit_first(s, |e, id| e.bulk_update(id, shift));
        found_as_change(version, 1, update).await;
        let delete = |s: &Stage| edit_first(s, |e, id| e.bulk_delete(id));
        found_as_change(version, 1, delete).await;
    }
}

#[tokio::test]
async fn a_change_without_a_stamp_waits_for_the_next_full_extraction() {
    for version in ["2.43.1"] {
        for scheduled in [true, false] {
            let mut stage = quiet(version, |c| c.replace("keep = ", "full_after_days = 2\nkeep = "));
            stage.run().await;
            later(&stage);
            edit_first(&stage, |e, id| e.raw_change(id, shift));
            let report = changes(&stage).await;
            assert_eq!(report.godata.n_travelled, 0);
            assert_ne!(stage.values(), stage.truth(), "nobody can know");
            if scheduled {
                stage.clock.advance(SignedDuration::from_hours(47));
            } else {
                stage.full = true;
            }
            let report = stage.run().await;
            assert_eq!((report.godata.extraction.as_str(), report.warnings.len()), ("full", 0));
            assert_eq!(report.godata.n_travelled as usize, stage.cases(|_| true).len());
            stage.full = false;
            stage.at_rest(&[]).await;
        }
    }
}

#[tokio::test]
async fn records_that_come_and_go_without_a_stamp_are_found_by_their_number_or_within_a_day() {
    for version in BOTH {
        let stage = quiet(version, same);
        stage.run().await;
        // One goes: the number tells.
        later(&stage);
        let gone = stage.counted()[0].clone();
        let document = stage.world.godata.edit(|e| e.vanish(&gone)).unwrap();
        let report = changes(&stage).await;
        assert!(kinds_of_questions(&stage).contains("ids of cases"));
        assert_eq!(report.godata.n_travelled, 0);
        same_as_full(&stage, &report).await;
        // It comes back with its old stamps.
        stage.world.godata.documents().persons.push(document.clone());
        later(&stage);
        let report = changes(&stage).await;
        assert!(kinds_of_questions(&stage).contains("some of cases"));
        assert_eq!(report.godata.n_travelled, 1);
        same_as_full(&stage, &report).await;
        stage.at_rest(&[]).await;
        // One goes and another comes: the number says nothing, and a day later the ids do.
        stage.world.godata.edit(|e| e.vanish(&gone)).unwrap();
        let mut other = document;
        other.insert("id".into(), json!("00-another"));
        other.insert("classification".into(), json!(PROBABLE));
        stage.world.godata.documents().persons.push(other);
        later(&stage);
        changes(&stage).await;
        assert!(!kinds_of_questions(&stage).contains("ids of cases"));
        stage.clock.advance(SignedDuration::from_hours(24));
        let report = changes(&stage).await;
        assert!(kinds_of_questions(&stage).contains("ids of cases"));
        assert_eq!(report.godata.n_travelled, 1);
        same_as_full(&stage, &report).await;
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn many_records_are_fetched_by_their_ids_in_several_requests() {
    let stage = quiet("2.42.1", |config| config + CONTACTS);
    stage.run().await;
    let ids = stage.cases(|_| true);
    let removed: Vec<Document> =
        ids[..200].iter().map(|id| stage.world.godata.edit(|e| e.vanish(id)).unwrap()).collect();
    later(&stage);
    changes(&stage).await;
    stage.world.godata.documents().persons.extend(removed);
    later(&stage);
    let report = changes(&stage).await;
    assert_eq!(report.godata.n_travelled, 200);
    assert!(questions(&stage).iter().filter(|(_, filter)| filter["where"].to_string().contains("inq")).count() > 2);
    same_as_full(&stage, &report).await;
}

#[tokio::test]
async fn what_cannot_be_read_stays_known_for_records_that_do_not_travel_again() {
    let stage = quiet("2.42.1", same);
    let id = stage.counted()[0].clone();
    let spoil = |case: &mut Document| {
        case.insert("gender".into(), json!(7));
        case.insert("dateOfOutcome".into(), json!("yesterday"));
    };
    stage.world.godata.edit(|e| e.edit(&id, spoil)).unwrap();
    let full = stage.run().await;
    later(&stage);
    let report = changes(&stage).await;
    let unreadable = |report: &RunReport| {
        let issues = report.issues.iter().filter(|issue| issue.rule == "unreadable" && issue.records.contains(&id));
        issues.map(|issue| issue.field.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(unreadable(&full), BTreeSet::from(["gender".to_owned(), "date_of_outcome".to_owned()]));
    assert_eq!(unreadable(&report), unreadable(&full));
    same_as_full(&stage, &report).await;
}

#[tokio::test]
async fn a_server_whose_time_cannot_be_trusted_is_read_whole() {
    let stage = quiet("2.42.1", same);
    stage.world.godata.tell_time(Some(SignedDuration::from_hours(3)));
    assert!(stage.run().await.warnings.is_empty());
    // Its clock was three hours ahead, and somebody put it right.
    stage.world.godata.tell_time(Some(SignedDuration::ZERO));
    later(&stage);
    edit_first(&stage, |e, id| e.delete(id));
    let report = stage.run().await;
    assert_eq!(report.godata.extraction, "full");
    assert!(report.warnings[0].contains("before the last extraction"), "{:?}", report.warnings);
    changes(&stage).await;
    // It does not tell its time.
    stage.world.godata.tell_time(None);
    for said in ["does not tell its time", "did not tell its time"] {
        later(&stage);
        edit_first(&stage, |e, id| e.delete(id));
        let report = stage.run().await;
        assert_eq!(report.godata.extraction, "full");
        assert!(report.warnings[0].contains(said), "{:?}", report.warnings);
        assert_eq!(stage.values(), stage.truth());
    }
    stage.world.godata.tell_time(Some(SignedDuration::ZERO));
    stage.run().await;
    changes(&stage).await;
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn changes_just_before_the_watermark_are_read_again() {
    let stage = quiet("2.42.1", same);
    stage.run().await;
    // Stamped before the extraction and readable after it, as by a slow transaction.
    let old = stage.clock.now().checked_sub(SignedDuration::from_mins(14)).unwrap();
    edit_first(&stage, |e, id| e.sync_write(id, old, shift));
    let stamp = |case: &mut Document| drop(case.insert("dbUpdatedAt".into(), case["updatedAt"].clone()));
    let id = stage.cases(|case| text(case, "dateOfOnset") == "2020-02-19T00:00:00.000Z");
    id.iter().for_each(|id| stage.world.godata.edit(|e| e.raw_change(id, stamp)).unwrap());
    let report = changes(&stage).await;
    assert!(report.godata.n_travelled > 0);
    same_as_full(&stage, &report).await;
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_run_after_an_interrupted_one_begins_where_that_one_began() {
    for version in BOTH {
        let mut stage = quiet(version, same);
        stage.run().await;
        // Interrupted after the cases were taken in: the watermark is still that of the first run.
        later(&stage);
        let ids = stage.counted();
        stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
        stage.world.godata.edit(|e| e.convert_to_contact(&ids[1])).unwrap();
        let faults = stage.world.godata.faults();
        faults.push(FaultRule::on("*/contacts", Fault::Reject { status: 500, body: "{}".into() }).forever());
        assert_eq!(stage.failure().await.kind, ErrorKind::Temporary);
        faults.clear();
        later(&stage);
        stage.world.godata.edit(|e| e.reclassify(&ids[2], Some(PROBABLE))).unwrap();
        let report = changes(&stage).await;
        assert_eq!(report.godata.n_travelled, 2);
        same_as_full(&stage, &report).await;
        // A full one that was interrupted is full again.
        stage.full = true;
        later(&stage);
        stage.world.godata.edit(|e| e.raw_change(&ids[3], shift)).unwrap();
        let faults = stage.world.godata.faults();
        faults.push(FaultRule::on("*/cases", Fault::Html { status: 200 }).skip(3).forever());
        assert_eq!(stage.failure().await.kind, ErrorKind::Godata);
        faults.clear();
        stage.full = false;
        assert_eq!(stage.run().await.godata.extraction, "full");
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn the_guards_hold_for_changes_too() {
    let empty = || Fault::Reject { status: 200, body: "[]".into() };
    for (path, skip, kind) in [("*/cases", 0, ErrorKind::Godata), ("*/cases", 3, ErrorKind::Temporary)] {
        let stage = quiet("2.42.1", same);
        stage.run().await;
        let before = stage.values();
        later(&stage);
        // Something that moves no stamp makes ids travel, and the list is empty or ends too early.
        edit_first(&stage, |e, id| e.vanish(id).map(drop));
        stage.world.godata.faults().push(FaultRule::on(path, empty()).skip(skip).forever());
        let error = stage.failure().await;
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(stage.values(), before);
        stage.world.godata.faults().clear();
        assert_eq!(stage.run().await.verdict, Verdict::Clean);
        stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn an_account_that_may_not_see_other_lists_finds_conversions_by_the_number() {
    let stage = quiet("2.42.1", same);
    stage.run().await;
    later(&stage);
    let denied = r#"{"error":{"statusCode":403,"name":"Error","message":"no","code":"MISSING_REQUIRED_PERMISSION"}}"#;
    let rule = FaultRule::on("*/contacts*", Fault::Reject { status: 403, body: denied.into() });
    stage.world.godata.faults().push(rule.forever());
    edit_first(&stage, |e, id| e.convert_to_contact(id));
    let report = changes(&stage).await;
    assert!(kinds_of_questions(&stage).contains("ids of cases"));
    same_as_full(&stage, &report).await;
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn reports_that_share_a_line_list_do_not_spoil_each_others() {
    // The second report counts contacts, and asks for a field that the first does not need.
    let second = r#"

[[report]]
name = "contacts"
data_set = "uKtOZwDnIpM"
period = "Weekly"
look_back = 8

[[report.indicator]]
code = "contacts"
of = "contact"
where = "created_at IS NOT NULL"
when = "date_of_reporting"
place = "residence"
data_element = "E1pXvzyZzKB"
"#;
    let stage = quiet("2.42.1", |config| config + second);
    let run = async |report| stage.attempt(Some(report)).await.unwrap_or_else(|e| panic!("{e}: {:?}", e.problems));
    let n = |kind| {
        let documents = stage.world.godata.documents();
        documents.persons_of(kind).filter(|person| person["deleted"] == false).count() as u64
    };
    let first = run("weekly").await;
    assert_eq!((first.godata.extraction.as_str(), first.godata.n_records), ("full", n(PersonType::Case)));
    let second = run("contacts").await;
    assert_eq!((second.godata.extraction.as_str(), second.godata.n_records), ("changes", n(PersonType::Contact)));
    assert_eq!(second.godata.n_counted_by_godata, Some(n(PersonType::Contact)));
    later(&stage);
    edit_first(&stage, |e, id| e.convert_to_contact(id));
    for (report, kind) in [("weekly", PersonType::Case), ("contacts", PersonType::Contact)] {
        let report = run(report).await;
        assert_eq!((report.godata.extraction.as_str(), report.godata.n_records), ("changes", n(kind)));
    }
}

#[tokio::test]
async fn a_run_remembers_the_extraction_that_it_counted() {
    let stage = quiet("2.42.1", same);
    let first = stage.run().await;
    later(&stage);
    let id = stage.counted()[0].clone();
    stage.world.godata.edit(|e| e.reclassify(&id, Some(PROBABLE))).unwrap();
    changes(&stage).await;
    let run = stage.state().run(RunId(first.run.unwrap())).unwrap().unwrap();
    let extraction = pipeline::store::ExtractionId(run.extraction.unwrap());
    let mut found = Vec::new();
    stage
        .line_list()
        .changed_since(extraction, |changed| {
            let was = |linked: &Option<epi::record::Linked>| linked.as_ref()?.joined().person()?.classification.clone();
            found.push((changed.id.to_string(), was(&changed.before), was(&changed.after)));
        })
        .unwrap();
    let short = |id: &str| Some(epi::field::short_value(epi::field::category::CLASSIFICATION, id).into());
    assert_eq!(found, [(id, short(CONFIRMED), short(PROBABLE))]);
}
