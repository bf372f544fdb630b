//! The checks: each rule with each field that it is held against.

use super::rule::Rule;
use super::scope::Scope;
use crate::day;
use crate::place::Resolution;
use crate::record::{Person, PersonKind};
use compact_str::CompactString;
use jiff::civil::{Date, date};

/// One rule for one field.
#[derive(Debug)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// Field or list of the catalogue; `any` for values that cannot be read.
    pub field: &'static str,
    /// The names by which Go.Data's API is asked for what it looks at: it judges nothing unless all of them were read.
    pub wire: &'static [&'static str],
    /// The kinds of persons that it is held against.
    pub kinds: &'static [PersonKind],
    /// Whether a record breaks the rule.
    pub(super) broken: fn(&Look<'_>) -> bool,
}

/// A record while it is looked at.
pub(super) struct Look<'a> {
    pub(super) person: &'a Person,
    /// Where it lives, if that is recorded.
    pub(super) place: Option<Resolution>,
    /// Whether something on the wire could not be read.
    pub(super) unreadable: bool,
    pub(super) scope: &'a Scope,
}

/// A date before it is that of no living person's illness, wherever nobody says when the outbreak began.
const EARLIEST: Date = date(1900, 1, 1);
/// Completed years above which an age is a slip of the pen.
const AGE_YEARS_MAX: u32 = 120;
/// Months of a year.
const MONTHS: u32 = 12;
/// So long before the onset a stay may start: who was infected in hospital fell ill after an incubation, and 21 days is
/// the longest that WHO's case definitions know (Ebola virus disease).
const STAY_BEFORE_ONSET_DAYS_MAX: i32 = 21;
/// Days of reporting are civil days of a place, days of entry those of the server: they may differ by one.
const ENTRY_DAYS_MAX: i32 = 1;

/// The outcome of those who live on with the illness: it has no date.
const ALIVE: &str = "ALIVE";
/// The outcome of the dead.
const DECEASED: &str = "DECEASED";

const CASES: &[PersonKind] = &[PersonKind::Case];
const CONTACTS: &[PersonKind] = &[PersonKind::Contact, PersonKind::ContactOfContact];
const EVERYBODY: &[PersonKind] = &PersonKind::ALL;

/// Reads a reference value from a record.
type ReferenceOf = fn(&Person) -> &Option<CompactString>;

/// The fields with reference data; a check finds what is known of each by its place here.
pub(super) static REFERENCES: [(&str, ReferenceOf); 7] = [
    ("classification", |p| &p.classification),
    ("outcome", |p| &p.outcome),
    ("gender", |p| &p.gender),
    ("risk_level", |p| &p.risk_level),
    ("occupation", |p| &p.occupation),
    ("pregnancy_status", |p| &p.pregnancy_status),
    ("follow_up_status", |p| &p.follow_up_status),
];

macro_rules! checks {
    ($($rule:ident $field:literal [$($wire:literal),*] $kinds:ident $broken:expr;)*) => {
        &[$(Check { rule: Rule::$rule, field: $field, wire: &[$($wire),*], kinds: $kinds, broken: $broken }),*]
    };
}

/// All checks, in the order of the rules.
pub static CHECKS: &[Check] = checks! {
    Missing "date_of_onset" ["dateOfOnset"] CASES |l| l.person.date_of_onset.is_none();
    Missing "date_of_reporting" ["dateOfReporting"] EVERYBODY |l| l.person.date_of_reporting.is_none();
    Missing "classification" ["classification"] CASES |l| l.person.classification.is_none();
    Missing "gender" ["gender"] EVERYBODY |l| l.person.gender.is_none();
    Missing "age_years" ["age"] EVERYBODY |l| l.person.age_years.is_none();
    Missing "residence" ["usualPlaceOfResidenceLocationId"] EVERYBODY |l| l.person.residence.is_none();
    Missing "visual_id" ["visualId"] CASES |l| l.person.visual_id.is_none();
    Missing "date_of_last_contact" ["dateOfLastContact"] CONTACTS |l| l.person.date_of_last_contact.is_none();
    InTheFuture "date_of_onset" ["dateOfOnset"] EVERYBODY |l| l.future(l.person.date_of_onset);
    InTheFuture "date_of_reporting" ["dateOfReporting"] EVERYBODY |l| l.future(l.person.date_of_reporting);
    InTheFuture "date_of_infection" ["dateOfInfection"] EVERYBODY |l| l.future(l.person.date_of_infection);
    InTheFuture "date_became_case" ["dateBecomeCase"] EVERYBODY |l| l.future(l.person.date_became_case);
    InTheFuture "date_of_outcome" ["dateOfOutcome"] EVERYBODY |l| l.future(l.person.date_of_outcome);
    InTheFuture "date_of_burial" ["dateOfBurial"] EVERYBODY |l| l.future(l.person.date_of_burial);
    InTheFuture "date_of_last_contact" ["dateOfLastContact"] EVERYBODY |l| l.future(l.person.date_of_last_contact);
    // The end of a stay is not among them: people enter the day until which they isolate somebody.
    InTheFuture "stays" ["dateRanges"] EVERYBODY |l| l.person.stays.iter().any(|s| l.future(s.start));
    InTheFuture "vaccinations" ["vaccinesReceived"] EVERYBODY |l| l.person.vaccinations.iter().any(|v| l.future(v.date));
    InTheFuture "answers" ["questionnaireAnswers"] EVERYBODY |l| l.person.answers.iter().any(|a| l.future(a.date));
    TooEarly "date_of_onset" ["dateOfOnset"] EVERYBODY |l| l.before_outbreak(l.person.date_of_onset);
    TooEarly "date_of_reporting" ["dateOfReporting"] EVERYBODY |l| l.before_outbreak(l.person.date_of_reporting);
    TooEarly "date_of_infection" ["dateOfInfection"] EVERYBODY |l| early(l.person.date_of_infection);
    TooEarly "date_became_case" ["dateBecomeCase"] EVERYBODY |l| l.before_outbreak(l.person.date_became_case);
    TooEarly "date_of_outcome" ["dateOfOutcome"] EVERYBODY |l| l.before_outbreak(l.person.date_of_outcome);
    TooEarly "date_of_burial" ["dateOfBurial"] EVERYBODY |l| l.before_outbreak(l.person.date_of_burial);
    TooEarly "date_of_last_contact" ["dateOfLastContact"] EVERYBODY |l| early(l.person.date_of_last_contact);
    TooEarly "stays" ["dateRanges"] EVERYBODY |l| l.person.stays.iter().any(|s| early(s.start));
    TooEarly "vaccinations" ["vaccinesReceived"] EVERYBODY |l| l.person.vaccinations.iter().any(|v| early(v.date));
    TooEarly "answers" ["questionnaireAnswers"] EVERYBODY |l| l.person.answers.iter().any(|a| early(a.date));
    OnsetAfterReporting "date_of_onset" ["dateOfOnset", "dateOfReporting"] EVERYBODY
        |l| after(l.person.date_of_onset, l.person.date_of_reporting);
    InfectionAfterOnset "date_of_infection" ["dateOfInfection", "dateOfOnset"] EVERYBODY
        |l| after(l.person.date_of_infection, l.person.date_of_onset);
    OutcomeBeforeOnset "date_of_outcome" ["dateOfOutcome", "dateOfOnset"] EVERYBODY
        |l| after(l.person.date_of_onset, l.person.date_of_outcome);
    BurialBeforeOutcome "date_of_burial" ["dateOfBurial", "dateOfOutcome"] EVERYBODY
        |l| after(l.person.date_of_outcome, l.person.date_of_burial);
    ReportingAfterEntry "date_of_reporting" ["dateOfReporting", "createdAt"] EVERYBODY
        |l| days(l.person.created_at, l.person.date_of_reporting).is_some_and(|days| days > ENTRY_DAYS_MAX);
    DeathWithoutDate "date_of_outcome" ["dateOfOutcome", "outcomeId"] EVERYBODY
        |l| l.person.date_of_outcome.is_none() && l.outcome() == Some(DECEASED);
    OutcomeWithoutDate "date_of_outcome" ["dateOfOutcome", "outcomeId"] EVERYBODY
        |l| l.person.date_of_outcome.is_none() && !matches!(l.outcome(), None | Some(ALIVE | DECEASED));
    DateWithoutOutcome "outcome" ["dateOfOutcome", "outcomeId"] EVERYBODY
        |l| l.person.date_of_outcome.is_some() && l.person.outcome.is_none();
    BurialWithoutDeath "outcome" ["dateOfBurial", "outcomeId"] EVERYBODY
        |l| l.person.date_of_burial.is_some() && l.outcome() != Some(DECEASED);
    NoStart "stays" ["dateRanges"] EVERYBODY |l| l.person.stays.iter().any(|stay| stay.start.is_none());
    EndBeforeStart "stays" ["dateRanges"] EVERYBODY |l| l.person.stays.iter().any(|stay| after(stay.start, stay.end));
    StayBeforeOnset "stays" ["dateRanges", "dateOfOnset"] EVERYBODY |l| l.person.stays.iter().any(|stay| {
        days(stay.start, l.person.date_of_onset).is_some_and(|days| days > STAY_BEFORE_ONSET_DAYS_MAX)
    });
    CaseDateOfContact "date_became_case" ["dateBecomeCase"] CONTACTS |l| l.person.date_became_case.is_some();
    AgeTooHigh "age_years" ["age"] EVERYBODY |l| l.person.age_years.is_some_and(|age| age > AGE_YEARS_MAX);
    MonthsBeyondYear "age_months" ["age"] EVERYBODY
        |l| l.person.age_years.is_some_and(|years| years > 0) && l.person.age_months.is_some_and(|m| m >= MONTHS);
    PregnantMale "pregnancy_status" ["pregnancyStatus", "gender"] EVERYBODY
        |l| l.person.gender.as_deref() == Some("MALE")
            && l.person.pregnancy_status.as_deref().is_some_and(|status| status.starts_with("YES"));
    UnknownLocation "residence" ["usualPlaceOfResidenceLocationId"] EVERYBODY
        |l| l.place == Some(Resolution::Unknown);
    NotMapped "residence" ["usualPlaceOfResidenceLocationId"] EVERYBODY
        |l| l.place == Some(Resolution::Unmapped);
    NotInReferenceData "classification" ["classification"] EVERYBODY |l| l.scope.is_no_reference(0, l.person);
    NotInReferenceData "outcome" ["outcomeId"] EVERYBODY |l| l.scope.is_no_reference(1, l.person);
    NotInReferenceData "gender" ["gender"] EVERYBODY |l| l.scope.is_no_reference(2, l.person);
    NotInReferenceData "risk_level" ["riskLevel"] EVERYBODY |l| l.scope.is_no_reference(3, l.person);
    NotInReferenceData "occupation" ["occupation"] EVERYBODY |l| l.scope.is_no_reference(4, l.person);
    NotInReferenceData "pregnancy_status" ["pregnancyStatus"] EVERYBODY |l| l.scope.is_no_reference(5, l.person);
    NotInReferenceData "follow_up_status" ["followUp"] CONTACTS |l| l.scope.is_no_reference(6, l.person);
    NotMentioned "classification" ["classification"] EVERYBODY |l| l.scope.is_not_mentioned(0, l.person);
    NotMentioned "outcome" ["outcomeId"] EVERYBODY |l| l.scope.is_not_mentioned(1, l.person);
    NotMentioned "gender" ["gender"] EVERYBODY |l| l.scope.is_not_mentioned(2, l.person);
    NotMentioned "risk_level" ["riskLevel"] EVERYBODY |l| l.scope.is_not_mentioned(3, l.person);
    NotMentioned "occupation" ["occupation"] EVERYBODY |l| l.scope.is_not_mentioned(4, l.person);
    NotMentioned "pregnancy_status" ["pregnancyStatus"] EVERYBODY |l| l.scope.is_not_mentioned(5, l.person);
    NotMentioned "follow_up_status" ["followUp"] CONTACTS |l| l.scope.is_not_mentioned(6, l.person);
    Unreadable "any" [] EVERYBODY |l| l.unreadable;
};

impl Look<'_> {
    fn future(&self, date: Option<Date>) -> bool {
        date.is_some_and(|date| date > self.scope.today)
    }

    fn before_outbreak(&self, date: Option<Date>) -> bool {
        date.is_some_and(|date| date < self.scope.outbreak_start.unwrap_or(EARLIEST))
    }

    fn outcome(&self) -> Option<&str> {
        self.person.outcome.as_deref()
    }
}

fn early(date: Option<Date>) -> bool {
    date.is_some_and(|date| date < EARLIEST)
}

/// Whether a day lies after another one; not, where one of them is unknown.
fn after(one: Option<Date>, other: Option<Date>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one > other)
}

/// Days from one day to another.
fn days(from: Option<Date>, to: Option<Date>) -> Option<i32> {
    Some(day::number(to?) - day::number(from?))
}

/// A record's findings are the bits of one number.
const _: () = assert!(CHECKS_MAX == u64::BITS as usize);
/// No more checks than this.
const CHECKS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_is_held_against_some_field_and_each_pair_stands_once() {
        let pairs: BTreeSet<_> = CHECKS.iter().map(|check| (check.rule, check.field)).collect();
        assert_eq!(pairs.len(), CHECKS.len());
        assert!(CHECKS.len() <= CHECKS_MAX, "{}", CHECKS.len());
        let rules: BTreeSet<_> = CHECKS.iter().map(|check| check.rule).collect();
        assert_eq!(rules.into_iter().collect::<Vec<_>>(), Rule::ALL);
        assert!(CHECKS.is_sorted_by_key(|check| check.rule), "in the order of the rules");
    }

    #[test]
    fn a_check_reads_at_least_the_field_that_it_names() {
        for check in CHECKS.iter().filter(|check| check.field != "any") {
            let wire = field::field(check.field).map(|field| field.wire);
            let wire = wire.or_else(|| field::list(check.field).map(|list| list.wire));
            let wire = wire.unwrap_or_else(|| panic!("no field or list is named `{}`", check.field));
            assert!(wire.iter().all(|name| check.wire.contains(name)), "{} {}", check.rule, check.field);
        }
    }

    #[test]
    fn reference_checks_look_at_the_field_that_they_name() {
        for rule in [Rule::NotInReferenceData, Rule::NotMentioned] {
            let fields: Vec<_> = CHECKS.iter().filter(|check| check.rule == rule).map(|check| check.field).collect();
            assert_eq!(fields, REFERENCES.map(|(field, _)| field));
        }
        let mut person = Person::default();
        for (place, set) in [
            (0, (|p: &mut Person| &mut p.classification) as fn(&mut Person) -> &mut Option<CompactString>),
            (1, |p| &mut p.outcome),
            (2, |p| &mut p.gender),
            (3, |p| &mut p.risk_level),
            (4, |p| &mut p.occupation),
            (5, |p| &mut p.pregnancy_status),
            (6, |p| &mut p.follow_up_status),
        ] {
            *set(&mut person) = Some(place.to_string().into());
        }
        for (place, (field, get)) in REFERENCES.iter().enumerate() {
            let value = (field::field(field).unwrap().get)((&person).into());
            assert_eq!((value.text(), get(&person).as_deref()), (Some(&*place.to_string()), Some(&*place.to_string())));
        }
    }
}
