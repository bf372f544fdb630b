//! What is odd about visits, samples, exposures and gatherings.

use super::{EARLIEST_YEAR, Issue, Rule, issues};
use crate::place::{Places, Resolution};
use crate::record::{Answer, Joined};
use jiff::civil::Date;

/// The issues of a record of any kind. `is_joined`: the persons whom records name were looked for, so that one who is absent
/// is unknown.
pub fn issues_of<'a>(
    record: impl Into<Joined<'a>>,
    is_joined: bool,
    today: Date,
    places: &Places,
    found: &mut Vec<Issue>,
) {
    let record = record.into();
    let mut odd = Odd { record, today, places, found };
    match record {
        Joined::Person(person) => issues(person, today, places, odd.found),
        // A visit to come stands in the list already.
        Joined::FollowUp { follow_up, person } => {
            odd.early("date", follow_up.date);
            odd.answers(&follow_up.answers);
            odd.location("residence", follow_up.residence.as_deref());
            odd.person("person_id", is_joined && follow_up.person_id.is_some() && person.is_none());
        }
        Joined::LabResult { result, person } => {
            odd.date("date_sample_taken", result.date_sample_taken);
            odd.date("date_sample_delivered", result.date_sample_delivered);
            odd.date("date_testing", result.date_testing);
            odd.date("date_of_result", result.date_of_result);
            odd.order("date_of_result", result.date_sample_taken, result.date_of_result);
            odd.answers(&result.answers);
            odd.person("person_id", is_joined && result.person_id.is_some() && person.is_none());
        }
        Joined::Relationship { relationship, source, target } => {
            odd.date("contact_date", relationship.contact_date);
            odd.date("date_of_first_contact", relationship.date_of_first_contact);
            odd.order("contact_date", relationship.date_of_first_contact, relationship.contact_date);
            // An event exposes people too, and is no person.
            let is_person = |kind: Option<&str>| kind != Some("EVENT");
            let from = relationship.source.as_ref().is_some_and(|end| is_person(end.kind.as_deref()));
            let to = relationship.target.as_ref().is_some_and(|end| is_person(end.kind.as_deref()));
            odd.person("source_id", is_joined && from && source.is_none());
            odd.person("target_id", is_joined && to && target.is_none());
        }
        Joined::Event(event) => {
            odd.date("date", event.date);
            odd.date("date_of_reporting", event.date_of_reporting);
            odd.order("end_date", event.date, event.end_date);
            odd.answers(&event.answers);
            odd.location("residence", event.residence.as_deref());
        }
    }
}

struct Odd<'a, 'f> {
    record: Joined<'a>,
    today: Date,
    places: &'a Places,
    found: &'f mut Vec<Issue>,
}

impl Odd<'_, '_> {
    fn report(&mut self, field: &'static str, rule: Rule) {
        self.found.push(Issue { record: self.record.id().into(), field, rule });
    }

    fn date(&mut self, field: &'static str, date: Option<Date>) {
        self.early(field, date);
        if date.is_some_and(|date| date > self.today) {
            self.report(field, Rule::InTheFuture);
        }
    }

    fn early(&mut self, field: &'static str, date: Option<Date>) {
        if date.is_some_and(|date| date.year() < EARLIEST_YEAR) {
            self.report(field, Rule::TooEarly);
        }
    }

    fn order(&mut self, field: &'static str, start: Option<Date>, end: Option<Date>) {
        if matches!((start, end), (Some(start), Some(end)) if end < start) {
            self.report(field, Rule::EndBeforeStart);
        }
    }

    fn answers(&mut self, answers: &[Answer]) {
        answers.iter().for_each(|answer| self.date("answers", answer.date));
    }

    fn location(&mut self, field: &'static str, location: Option<&str>) {
        if location.is_some_and(|location| matches!(self.places.resolve(location), Resolution::Unknown)) {
            self.report(field, Rule::UnknownLocation);
        }
    }

    fn person(&mut self, field: &'static str, is_unknown: bool) {
        if is_unknown {
            self.report(field, Rule::UnknownPerson);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{PlaceMap, PlaceTree};
    use crate::record::{Event, FollowUp, LabResult, Linked, Participant, Person, Record, Relationship};
    use jiff::civil::date;
    use std::sync::Arc;

    const TODAY: Date = date(2020, 2, 20);

    fn found(linked: &Linked, is_joined: bool) -> Vec<(&'static str, Rule)> {
        let (places, _) = Places::new(PlaceTree::default(), &PlaceMap::default());
        let mut found = Vec::new();
        issues_of(linked, is_joined, TODAY, &places, &mut found);
        assert!(found.iter().all(|issue| issue.record == linked.record.id()));
        found.into_iter().map(|issue| (issue.field, issue.rule)).collect()
    }

    fn alone(record: Record) -> Linked {
        record.into()
    }

    #[test]
    fn a_person_who_is_named_and_absent_is_unknown_if_persons_were_looked_for() {
        let result = LabResult { id: "l".into(), person_id: Some("p".into()), ..LabResult::default() };
        let mut linked = alone(Record::LabResult(result));
        assert_eq!(found(&linked, true), [("person_id", Rule::UnknownPerson)]);
        assert_eq!(found(&linked, false), []);
        linked.person = Some(Arc::new(Person::default()));
        assert_eq!(found(&linked, true), []);
        let end = |id: &str, kind: &str| Some(Participant { id: id.into(), kind: Some(kind.into()) });
        let (source, target) = (end("e", "EVENT"), end("p", "CONTACT"));
        let exposure = Relationship { id: "r".into(), source, target, ..Relationship::default() };
        assert_eq!(found(&alone(Record::Relationship(exposure)), true), [("target_id", Rule::UnknownPerson)]);
    }

    #[test]
    fn a_visit_may_lie_ahead_and_a_sample_may_not() {
        let tomorrow = Some(date(2020, 2, 21));
        let visit = FollowUp { id: "f".into(), date: tomorrow, ..FollowUp::default() };
        assert_eq!(found(&alone(Record::FollowUp(visit)), false), []);
        let sample = LabResult {
            id: "l".into(),
            date_sample_taken: tomorrow,
            date_of_result: Some(date(1020, 2, 20)),
            ..LabResult::default()
        };
        assert_eq!(
            found(&alone(Record::LabResult(sample)), false),
            [
                ("date_sample_taken", Rule::InTheFuture),
                ("date_of_result", Rule::TooEarly),
                ("date_of_result", Rule::EndBeforeStart)
            ]
        );
    }

    #[test]
    fn an_event_has_a_place_and_ends_after_it_began() {
        let event = Event {
            id: "e".into(),
            date: Some(TODAY),
            end_date: Some(date(2020, 2, 19)),
            residence: Some("nowhere".into()),
            ..Event::default()
        };
        assert_eq!(
            found(&alone(Record::Event(event)), true),
            [("end_date", Rule::EndBeforeStart), ("residence", Rule::UnknownLocation)]
        );
    }
}
