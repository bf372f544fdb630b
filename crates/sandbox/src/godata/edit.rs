//! Changes to the stored documents that stamp them as Go.Data does.
//!
//! An ordinary save moves `updatedAt` and `dbUpdatedAt`; a bulk update forgets `dbUpdatedAt`, a bulk
//! delete forgets `updatedAt`, and a sync write keeps the origin's `updatedAt`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::documents::{Document, Documents, PersonType, is_deleted, text};
use crate::clock::{Clock, iso_millis};

/// Go.Data bumps `updatedAt` some milliseconds after it has set `deletedAt`.
const DELETE_TO_UPDATE: SignedDuration = SignedDuration::from_millis(4);

/// No document has this id.
#[derive(Debug, thiserror::Error)]
#[error("no document with id {0}")]
pub struct UnknownId(pub String);

/// Changes documents at one instant of a clock.
pub struct Editor<'a> {
    documents: &'a mut Documents,
    now: Timestamp,
}

impl Documents {
    /// Changes at the clock's present instant.
    pub fn edit(&mut self, clock: &Clock) -> Editor<'_> {
        Editor { now: clock.now(), documents: self }
    }
}

impl Editor<'_> {
    /// Any change by an ordinary save.
    ///
    /// # Errors
    /// When no document has this id; so for the other methods.
    pub fn edit(&mut self, id: &str, change: impl FnOnce(&mut Document)) -> Result<(), UnknownId> {
        let now = self.now;
        let document = self.find(id)?;
        change(document);
        stamp(document, now);
        Ok(())
    }

    /// Gives a case another classification (or none) and continues its `classificationHistory`.
    pub fn reclassify(&mut self, id: &str, classification: Option<&str>) -> Result<(), UnknownId> {
        let now = iso_millis(self.now);
        self.edit(id, |case| {
            let history = case.entry("classificationHistory").or_insert_with(|| json!([]));
            if let Some(entries) = history.as_array_mut() {
                if let Some(open) = entries.last_mut().and_then(Value::as_object_mut) {
                    open.entry("endDate").or_insert_with(|| json!(now));
                }
                entries.push(json!({ "classification": classification, "startDate": now }));
            }
            case.insert("classification".into(), json!(classification));
        })
    }

    /// Soft-deletes a document. A person loses its `visualId` for good (it moves to `documents` as
    /// an archived id) and takes its relationships, follow-ups and lab results along.
    pub fn delete(&mut self, id: &str) -> Result<(), UnknownId> {
        let now = self.now;
        let person = self.find(id)?;
        mark_deleted(person, now);
        stamp(person, now.saturating_add(DELETE_TO_UPDATE).unwrap_or(now));
        archive_visual_id(person);
        self.for_children(id, |child| {
            if !is_deleted(child) {
                mark_deleted(child, now);
                child.insert("deletedByParent".into(), json!(id));
                stamp(child, now);
            }
        });
        Ok(())
    }

    /// Restores a soft-deleted document and what its deletion took along.
    pub fn restore(&mut self, id: &str) -> Result<(), UnknownId> {
        let now = self.now;
        self.edit(id, mark_restored)?;
        self.for_children(id, |child| {
            if text(child, "deletedByParent") == Some(id) {
                mark_restored(child);
                child.insert("deletedByParent".into(), Value::Null);
                stamp(child, now);
            }
        });
        Ok(())
    }

    /// Moves a person to another usual place of residence; the server derives
    /// `usualPlaceOfResidenceLocationId` from the current address.
    pub fn move_to(&mut self, id: &str, location_id: &str) -> Result<(), UnknownId> {
        self.edit(id, |person| {
            let addresses = person.entry("addresses").or_insert_with(|| json!([]));
            if let Some(list) = addresses.as_array_mut() {
                let current = "LNG_REFERENCE_DATA_CATEGORY_ADDRESS_TYPE_USUAL_PLACE_OF_RESIDENCE";
                match list.iter_mut().find(|address| address["typeId"] == current) {
                    Some(address) => address["locationId"] = json!(location_id),
                    None => list.push(json!({ "typeId": current, "locationId": location_id })),
                }
            }
            person.insert("usualPlaceOfResidenceLocationId".into(), json!(location_id));
        })
    }

    /// Turns a case into a contact: the id stays, the hidden `type` flips, nothing is deleted.
    pub fn convert_to_contact(&mut self, id: &str) -> Result<(), UnknownId> {
        let now = iso_millis(self.now);
        self.edit(id, |person| {
            person.insert("type".into(), json!(PersonType::Contact.id()));
            person.insert("wasCase".into(), json!(true));
            person.insert("dateBecomeContact".into(), json!(now));
        })
    }

    /// Turns a contact into a case.
    pub fn convert_to_case(&mut self, id: &str) -> Result<(), UnknownId> {
        let now = iso_millis(self.now);
        self.edit(id, |person| {
            person.insert("type".into(), json!(PersonType::Case.id()));
            person.insert("wasContact".into(), json!(true));
            person.insert("dateBecomeCase".into(), json!(now));
        })
    }

    /// Merges persons into one: the others are soft-deleted, and the survivor remembers them.
    pub fn merge(&mut self, survivor: &str, others: &[&str]) -> Result<(), UnknownId> {
        for id in others {
            self.delete(id)?;
        }
        self.edit(survivor, |person| {
            let merged = person.entry("mergedDuplicatesIds").or_insert_with(|| json!([]));
            if let Some(list) = merged.as_array_mut() {
                list.extend(others.iter().map(|id| json!(id)));
            }
        })
    }

    /// Adds a person (its `type` says which) and stamps its creation.
    pub fn insert_person(&mut self, mut person: Document) {
        person.insert("createdAt".into(), json!(iso_millis(self.now)));
        person.insert("deleted".into(), json!(false));
        stamp(&mut person, self.now);
        self.documents.persons.push(person);
    }

    /// A change by the server's raw bulk update, which does not move `dbUpdatedAt`.
    pub fn bulk_update(&mut self, id: &str, change: impl FnOnce(&mut Document)) -> Result<(), UnknownId> {
        let now = iso_millis(self.now);
        let document = self.find(id)?;
        change(document);
        document.insert("updatedAt".into(), json!(now));
        Ok(())
    }

    /// A deletion by the server's raw bulk delete, which does not move `updatedAt`.
    pub fn bulk_delete(&mut self, id: &str) -> Result<(), UnknownId> {
        let now = self.now;
        let document = self.find(id)?;
        mark_deleted(document, now);
        document.insert("dbUpdatedAt".into(), json!(iso_millis(now)));
        Ok(())
    }

    /// A change that arrives by sync from another server: the origin's `updatedAt` (perhaps days
    /// old) stays, only `dbUpdatedAt` is new.
    pub fn sync_write(
        &mut self,
        id: &str,
        updated_at: Timestamp,
        change: impl FnOnce(&mut Document),
    ) -> Result<(), UnknownId> {
        let now = iso_millis(self.now);
        let document = self.find(id)?;
        change(document);
        document.insert("updatedAt".into(), json!(iso_millis(updated_at)));
        document.insert("dbUpdatedAt".into(), json!(now));
        Ok(())
    }

    /// A change that moves no stamp at all, as somebody at the database makes it, or a backup that is restored.
    pub fn raw_change(&mut self, id: &str, change: impl FnOnce(&mut Document)) -> Result<(), UnknownId> {
        change(self.find(id)?);
        Ok(())
    }

    /// Takes a person, follow-up, lab result or relationship out of the database without a trace, as a backup that is
    /// restored does.
    pub fn vanish(&mut self, id: &str) -> Result<Document, UnknownId> {
        let documents = &mut *self.documents;
        for rows in [
            &mut documents.persons,
            &mut documents.follow_ups,
            &mut documents.lab_results,
            &mut documents.relationships,
        ] {
            if let Some(at) = rows.iter().position(|row| text(row, "id") == Some(id)) {
                return Ok(rows.remove(at));
            }
        }
        Err(UnknownId(id.to_owned()))
    }

    /// Adds a follow-up and stamps its creation.
    pub fn insert_follow_up(&mut self, follow_up: Document) {
        let follow_up = self.created(follow_up);
        self.documents.follow_ups.push(follow_up);
    }

    /// Adds a lab result and stamps its creation.
    pub fn insert_lab_result(&mut self, lab_result: Document) {
        let lab_result = self.created(lab_result);
        self.documents.lab_results.push(lab_result);
    }

    /// Adds a relationship and stamps its creation. Go.Data also bumps its persons, which a test may do by an edit.
    pub fn insert_relationship(&mut self, relationship: Document) {
        let relationship = self.created(relationship);
        self.documents.relationships.push(relationship);
    }

    fn created(&self, mut document: Document) -> Document {
        document.insert("createdAt".into(), json!(iso_millis(self.now)));
        document.insert("deleted".into(), json!(false));
        stamp(&mut document, self.now);
        document
    }

    fn find(&mut self, id: &str) -> Result<&mut Document, UnknownId> {
        self.documents.find_mut(id).ok_or_else(|| UnknownId(id.to_owned()))
    }

    fn for_children(&mut self, id: &str, mut change: impl FnMut(&mut Document)) {
        let rows = self.documents.follow_ups.iter_mut().chain(&mut self.documents.lab_results);
        for row in rows.filter(|row| text(row, "personId") == Some(id)) {
            change(row);
        }
        for relationship in &mut self.documents.relationships {
            if has_participant(relationship, id) {
                change(relationship);
            }
        }
    }
}

/// Whether a person takes part in a relationship.
pub(crate) fn has_participant(relationship: &Document, id: &str) -> bool {
    let persons = relationship.get("persons").and_then(Value::as_array);
    persons.is_some_and(|persons| persons.iter().any(|person| person["id"] == id))
}

fn stamp(document: &mut Document, at: Timestamp) {
    document.insert("updatedAt".into(), json!(iso_millis(at)));
    document.insert("dbUpdatedAt".into(), json!(iso_millis(at)));
}

fn mark_deleted(document: &mut Document, at: Timestamp) {
    document.insert("deleted".into(), json!(true));
    document.insert("deletedAt".into(), json!(iso_millis(at)));
}

fn mark_restored(document: &mut Document) {
    document.insert("deleted".into(), json!(false));
    document.insert("deletedAt".into(), Value::Null);
}

fn archive_visual_id(person: &mut Document) {
    let Some(old) = person.get("visualId").filter(|id| id.is_string()).cloned() else {
        return;
    };
    person.insert("visualId".into(), Value::Null);
    let kind = "LNG_REFERENCE_DATA_CATEGORY_DOCUMENT_TYPE_ARCHIVED_ID";
    let documents = person.entry("documents").or_insert_with(|| json!([]));
    if let Some(list) = documents.as_array_mut() {
        list.push(json!({ "type": kind, "number": old }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::documents::document;
    use super::*;

    fn one_case() -> (Documents, Clock) {
        let case = document(json!({
            "id": "c1", "type": PersonType::Case.id(), "visualId": "CASE-1", "deleted": false,
            "classification": "SUSPECT",
            "classificationHistory": [{ "classification": "SUSPECT", "startDate": "2020-02-01T08:00:00.000Z" }],
            "updatedAt": "2020-02-01T08:00:00.000Z", "dbUpdatedAt": "2020-02-01T08:00:00.000Z",
        }));
        let follow_up = document(json!({ "id": "f1", "personId": "c1", "deleted": false }));
        let documents = Documents { persons: vec![case], follow_ups: vec![follow_up], ..Documents::default() };
        (documents, Clock::fixed("2020-03-01T10:00:00Z".parse().unwrap()))
    }

    #[test]
    fn deleting_archives_the_visual_id_cascades_and_stamps_twice() {
        let (mut documents, clock) = one_case();
        documents.edit(&clock).delete("c1").unwrap();
        let case = documents.find("c1").unwrap();
        assert_eq!(case["visualId"], Value::Null);
        assert_eq!(case["documents"][0]["number"], "CASE-1");
        assert_eq!(case["deletedAt"], "2020-03-01T10:00:00.000Z");
        assert_eq!(case["updatedAt"], "2020-03-01T10:00:00.004Z");
        assert_eq!(documents.find("f1").unwrap()["deletedByParent"], "c1");

        documents.edit(&clock).restore("c1").unwrap();
        assert_eq!(documents.find("c1").unwrap()["deletedAt"], Value::Null);
        assert_eq!(documents.find("f1").unwrap()["deleted"], false);
    }

    #[test]
    fn reclassifying_closes_the_open_entry_of_the_history() {
        let (mut documents, clock) = one_case();
        documents.edit(&clock).reclassify("c1", Some("CONFIRMED")).unwrap();
        let case = documents.find("c1").unwrap();
        assert_eq!(case["classification"], "CONFIRMED");
        assert_eq!(case["classificationHistory"][0]["endDate"], "2020-03-01T10:00:00.000Z");
        assert_eq!(case["classificationHistory"][1]["classification"], "CONFIRMED");
        assert_eq!(case["dbUpdatedAt"], "2020-03-01T10:00:00.000Z");
    }

    #[test]
    fn a_merge_deletes_the_others_and_the_survivor_remembers_them() {
        let (mut documents, clock) = one_case();
        let other = document(json!({ "id": "c2", "type": PersonType::Case.id(), "deleted": false }));
        documents.persons.push(other);
        documents.edit(&clock).merge("c1", &["c2"]).unwrap();
        assert_eq!(documents.find("c2").unwrap()["deleted"], true);
        let survivor = documents.find("c1").unwrap();
        assert_eq!(survivor["mergedDuplicatesIds"], json!(["c2"]));
        assert_eq!(survivor["updatedAt"], "2020-03-01T10:00:00.000Z");
    }

    #[test]
    fn what_is_done_at_the_database_leaves_no_stamp() {
        let (mut documents, clock) = one_case();
        let stamps = |documents: &Documents| documents.find("c1").map(|case| case["dbUpdatedAt"].clone());
        let before = stamps(&documents);
        documents.edit(&clock).raw_change("c1", |case| drop(case.insert("gender".into(), json!("X")))).unwrap();
        assert_eq!(stamps(&documents), before);
        assert_eq!(documents.edit(&clock).vanish("c1").unwrap()["gender"], "X");
        assert!(documents.find("c1").is_none() && documents.edit(&clock).vanish("c1").is_err());
    }

    #[test]
    fn the_three_odd_writers_each_forget_a_stamp() {
        let (mut documents, clock) = one_case();
        documents.edit(&clock).bulk_update("c1", |_| {}).unwrap();
        assert_eq!(documents.find("c1").unwrap()["dbUpdatedAt"], "2020-02-01T08:00:00.000Z");
        let old = "2020-02-20T00:00:00Z".parse().unwrap();
        documents.edit(&clock).sync_write("c1", old, |_| {}).unwrap();
        assert_eq!(documents.find("c1").unwrap()["updatedAt"], "2020-02-20T00:00:00.000Z");
        documents.edit(&clock).bulk_delete("c1").unwrap();
        assert_eq!(documents.find("c1").unwrap()["updatedAt"], "2020-02-20T00:00:00.000Z");
        assert!(documents.edit(&clock).delete("nobody").is_err());
    }
}
