//! What people do to the line list: every kind of change that Go.Data stamps in its own way.

use super::dice::Dice;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use sandbox::godata::{Document, Documents, Editor, PersonType};
use sandbox::world::World;
use serde_json::{Value, json};

const REFERENCE: &str = "LNG_REFERENCE_DATA_CATEGORY_";
const CLASSIFICATIONS: [&str; 5] = ["CONFIRMED", "CONFIRMED", "PROBABLE", "SUSPECT", "NOT_A_CASE_DISCARDED"];

fn text<'a>(document: &'a Document, field: &str) -> &'a str {
    document.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Ids of persons of a kind that are deleted or not.
fn persons(documents: &Documents, kind: PersonType, deleted: bool) -> Vec<String> {
    let found = documents.persons_of(kind).filter(|one| (one.get("deleted") == Some(&json!(true))) == deleted);
    found.map(|one| text(one, "id").to_owned()).collect()
}

fn one(dice: &mut Dice, ids: &[String]) -> Option<String> {
    (!ids.is_empty()).then(|| ids[dice.below(ids.len())].clone())
}

fn reference(name: &str) -> Value {
    json!(format!("{REFERENCE}{name}"))
}

fn some_day(dice: &mut Dice, first: Date, n_weeks: i64) -> String {
    let day = first.checked_add(dice.between(-3, n_weeks * 7 + 2).days()).unwrap();
    format!("{day}T00:00:00.000Z")
}

fn classification(dice: &mut Dice) -> Option<String> {
    let drawn = dice.below(CLASSIFICATIONS.len() + 1);
    CLASSIFICATIONS.get(drawn).map(|name| format!("{REFERENCE}CASE_CLASSIFICATION_{name}"))
}

/// Changes that concern one person alone, whatever they are drawn from.
fn change(dice: &mut Dice, first: Date, n_weeks: i64) -> (String, impl FnOnce(&mut Document) + use<>) {
    let kind = dice.below(6);
    let day = some_day(dice, first, n_weeks);
    let class = classification(dice);
    let years = dice.between(0, 99);
    let gender = ["GENDER_MALE", "GENDER_FEMALE"][dice.below(2)];
    let said = ["onset", "no onset", "age and gender", "outcome", "health worker", "classification"][kind];
    let name = format!("{said} {day} {years} {gender} {}", class.as_deref().unwrap_or("-"));
    (name, move |case: &mut Document| {
        match kind {
            0 => case.insert("dateOfOnset".into(), json!(day)),
            1 => case.remove("dateOfOnset"),
            2 => {
                case.insert("gender".into(), reference(gender));
                case.insert("age".into(), json!({ "years": years, "months": 0 }))
            }
            3 => {
                case.insert("dateOfOutcome".into(), json!(day));
                case.insert("outcomeId".into(), reference("OUTCOME_DECEASED"))
            }
            4 => case.insert("occupation".into(), reference("OCCUPATION_HEALTH_CARE_WORKER")),
            _ => case.insert("classification".into(), json!(class)),
        };
    })
}

/// Draws one edit and does it. With `alone`, it concerns one record only: what is read in the middle of several edits may
/// be a mixture that never was true.
pub(super) fn edit(dice: &mut Dice, world: &World, n_weeks: i64, alone: bool) -> String {
    let first = date(2020, 2, 3);
    let (live, gone, contacts, places) = {
        let documents = world.godata.documents();
        let places: Vec<String> = documents.locations.iter().map(|place| text(place, "id").to_owned()).collect();
        let live = persons(&documents, PersonType::Case, false);
        (live, persons(&documents, PersonType::Case, true), persons(&documents, PersonType::Contact, false), places)
    };
    let kind = dice.weighted(&[
        (20, "reclassify"),
        (12, "save"),
        (10, "move"),
        (10, "delete"),
        (10, "restore"),
        (8, "insert"),
        (6, "to contact"),
        (6, "to case"),
        (6, "bulk update"),
        (4, "bulk delete"),
        (6, "sync write"),
        (5, "merge"),
    ]);
    let kind = if alone && kind == "merge" { "delete" } else { kind };
    // Enough cases are left, so that the outbreak does not vanish.
    let kind = if live.len() < 25 && ["delete", "bulk delete", "to contact", "merge"].contains(&kind) {
        if gone.is_empty() { "insert" } else { "restore" }
    } else {
        kind
    };
    let from = match kind {
        "restore" => &gone,
        "to case" => &contacts,
        _ => &live,
    };
    let Some(id) = one(dice, from) else { return format!("nobody to {kind}") };
    let at = &places[dice.below(places.len())];
    let class = classification(dice);
    let (said, change) = change(dice, first, n_weeks);
    let days_old = dice.between(1, 9);
    let other = one(dice, &live).filter(|other| *other != id);
    let new_id = format!("storm{:016x}{:011x}", dice.throw(), dice.throw() >> 20);
    let told = match kind {
        "reclassify" => class.clone().unwrap_or_else(|| "none".to_owned()),
        "move" => at.clone(),
        "insert" => format!("as {new_id}, {said}"),
        "merge" => format!("into {other:?}"),
        "save" | "bulk update" => said,
        "sync write" => format!("{days_old} days old, {said}"),
        _ => String::new(),
    };
    world.godata.edit(|editor| {
        let done = match kind {
            "reclassify" => editor.reclassify(&id, class.as_deref()),
            "move" => editor.move_to(&id, at),
            "delete" => editor.delete(&id),
            "restore" => editor.restore(&id),
            "to contact" => editor.convert_to_contact(&id),
            "to case" => editor.convert_to_case(&id),
            "bulk update" => editor.bulk_update(&id, change),
            "bulk delete" => editor.bulk_delete(&id),
            "sync write" => {
                let stamp = "2020-03-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap();
                let old = stamp.checked_sub(jiff::SignedDuration::from_hours(24 * days_old)).unwrap();
                editor.sync_write(&id, old, change)
            }
            "merge" => merge(editor, &id, other.as_deref(), change),
            "insert" => {
                let mut copy = None;
                editor.edit(&id, |case| copy = Some(case.clone())).unwrap();
                let mut copy = copy.unwrap();
                copy.insert("id".into(), json!(new_id));
                copy.insert("visualId".into(), Value::Null);
                change(&mut copy);
                editor.insert_person(copy);
                Ok(())
            }
            _ => editor.edit(&id, change),
        };
        done.unwrap();
    });
    format!("{kind} {id} {told}")
}

/// As Go.Data merges: what is known of both is saved to the one, and the other is deleted.
fn merge(
    editor: &mut Editor<'_>,
    id: &str,
    other: Option<&str>,
    change: impl FnOnce(&mut Document),
) -> Result<(), sandbox::godata::UnknownId> {
    editor.edit(id, change)?;
    other.map_or(Ok(()), |other| editor.delete(other))
}
