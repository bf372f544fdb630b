//! The rules: what is missing or cannot be in a record, what it means, and what to do about it.

use std::fmt;

/// What can be wrong with a field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The field is empty.
    Missing,
    /// A date after the day of the run.
    InTheFuture,
    /// A date before the outbreak.
    TooEarly,
    /// Reported before falling ill.
    OnsetAfterReporting,
    /// Infected after falling ill.
    InfectionAfterOnset,
    /// The outcome before the onset.
    OutcomeBeforeOnset,
    /// Buried before the outcome.
    BurialBeforeOutcome,
    /// Entered before it was reported.
    ReportingAfterEntry,
    /// A dead person without a date of death.
    DeathWithoutDate,
    /// A recovered person without a date of recovery.
    OutcomeWithoutDate,
    /// A date of outcome without an outcome.
    DateWithoutOutcome,
    /// A burial of somebody who is not recorded as dead.
    BurialWithoutDeath,
    /// A stay without a first day.
    NoStart,
    /// A stay that ends before it starts.
    EndBeforeStart,
    /// A stay long before the onset.
    StayBeforeOnset,
    /// A contact that holds the day on which it became a case.
    CaseDateOfContact,
    /// Above 120 years.
    AgeTooHigh,
    /// Twelve months or more beyond the completed years.
    MonthsBeyondYear,
    /// A man who is recorded as pregnant.
    PregnantMale,
    /// A location that Go.Data does not have.
    UnknownLocation,
    /// A location without an organisation unit.
    NotMapped,
    /// A value that Go.Data's reference data do not have.
    NotInReferenceData,
    /// A value that no indicator and no dimension names.
    NotMentioned,
    /// A value of another type than Go.Data documents.
    Unreadable,
}

impl Rule {
    /// All rules, in the order of the documentation.
    pub const ALL: [Self; 24] = [
        Self::Missing,
        Self::InTheFuture,
        Self::TooEarly,
        Self::OnsetAfterReporting,
        Self::InfectionAfterOnset,
        Self::OutcomeBeforeOnset,
        Self::BurialBeforeOutcome,
        Self::ReportingAfterEntry,
        Self::DeathWithoutDate,
        Self::OutcomeWithoutDate,
        Self::DateWithoutOutcome,
        Self::BurialWithoutDeath,
        Self::NoStart,
        Self::EndBeforeStart,
        Self::StayBeforeOnset,
        Self::CaseDateOfContact,
        Self::AgeTooHigh,
        Self::MonthsBeyondYear,
        Self::PregnantMale,
        Self::UnknownLocation,
        Self::NotMapped,
        Self::NotInReferenceData,
        Self::NotMentioned,
        Self::Unreadable,
    ];

    /// The name on the command line, in JSON and in CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::InTheFuture => "in_the_future",
            Self::TooEarly => "too_early",
            Self::OnsetAfterReporting => "onset_after_reporting",
            Self::InfectionAfterOnset => "infection_after_onset",
            Self::OutcomeBeforeOnset => "outcome_before_onset",
            Self::BurialBeforeOutcome => "burial_before_outcome",
            Self::ReportingAfterEntry => "reporting_after_entry",
            Self::DeathWithoutDate => "death_without_date",
            Self::OutcomeWithoutDate => "outcome_without_date",
            Self::DateWithoutOutcome => "date_without_outcome",
            Self::BurialWithoutDeath => "burial_without_death",
            Self::NoStart => "no_start",
            Self::EndBeforeStart => "end_before_start",
            Self::StayBeforeOnset => "stay_before_onset",
            Self::CaseDateOfContact => "case_date_of_contact",
            Self::AgeTooHigh => "age_too_high",
            Self::MonthsBeyondYear => "months_beyond_year",
            Self::PregnantMale => "pregnant_male",
            Self::UnknownLocation => "unknown_location",
            Self::NotMapped => "not_mapped",
            Self::NotInReferenceData => "not_in_reference_data",
            Self::NotMentioned => "not_mentioned",
            Self::Unreadable => "unreadable",
        }
    }

    /// The rule of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// What it means, one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Missing => "The field is empty.",
            Self::InTheFuture => "The date is after the day of the run.",
            Self::TooEarly => {
                "The date is before the outbreak began; of infection, last contact, stays, doses and answers, and where \
                 nobody says when the outbreak began, before 1900."
            }
            Self::OnsetAfterReporting => "The person fell ill after having been reported as ill.",
            Self::InfectionAfterOnset => "The person was infected after having fallen ill.",
            Self::OutcomeBeforeOnset => "The person recovered or died before having fallen ill.",
            Self::BurialBeforeOutcome => "The person was buried before the day of death.",
            Self::ReportingAfterEntry => {
                "The person was entered into Go.Data more than a day before having been reported."
            }
            Self::DeathWithoutDate => "The person died and nobody recorded when: indicators by date of death miss it.",
            Self::OutcomeWithoutDate => "The illness ended and nobody recorded when.",
            Self::DateWithoutOutcome => "There is a date of outcome and no outcome.",
            Self::BurialWithoutDeath => "There is a date of burial and the outcome is not death.",
            Self::NoStart => "A stay in hospital or isolation has no first day.",
            Self::EndBeforeStart => "A stay in hospital or isolation ends before it starts.",
            Self::StayBeforeOnset => {
                "A stay in hospital or isolation starts more than 21 days, the longest incubation of Ebola, before the onset."
            }
            Self::CaseDateOfContact => "A contact holds a day on which it became a case.",
            Self::AgeTooHigh => "The age is above 120 years.",
            Self::MonthsBeyondYear => "The months beyond the completed years are twelve or more.",
            Self::PregnantMale => "The person is recorded as male and as pregnant.",
            Self::UnknownLocation => "Go.Data has no location of that id; it was deleted, or never was.",
            Self::NotMapped => {
                "Neither the location nor one that it lies in has an organisation unit in the map of places."
            }
            Self::NotInReferenceData => "Go.Data's reference data have no such value.",
            Self::NotMentioned => {
                "No condition and no dimension names the value: perhaps another word for what is counted."
            }
            Self::Unreadable => "The value has another type than Go.Data documents, or is no date.",
        }
    }

    /// What to do about it, one sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Missing => "Ask the team that reported the person, and fill in the field in Go.Data.",
            Self::InTheFuture | Self::TooEarly => {
                "Correct the date in Go.Data; often the year is mistyped, or day and month are exchanged."
            }
            Self::OnsetAfterReporting
            | Self::InfectionAfterOnset
            | Self::OutcomeBeforeOnset
            | Self::BurialBeforeOutcome => "Find out which of the two dates is wrong, and correct it in Go.Data.",
            Self::ReportingAfterEntry => {
                "Correct the date of reporting in Go.Data; the day of entry is the server's own."
            }
            Self::DeathWithoutDate | Self::OutcomeWithoutDate => "Fill in the date of outcome in Go.Data.",
            Self::DateWithoutOutcome => "Fill in the outcome in Go.Data, or remove the date.",
            Self::BurialWithoutDeath => "Correct the outcome in Go.Data, or remove the date of burial.",
            Self::NoStart => "Fill in the start of the date range in Go.Data.",
            Self::EndBeforeStart => "Correct the date range in Go.Data.",
            Self::StayBeforeOnset => {
                "Correct the onset or the date range in Go.Data; remove a stay for another illness."
            }
            Self::CaseDateOfContact => {
                "Find out whether the person is a case, and convert it in Go.Data; otherwise leave it: it was one once."
            }
            Self::AgeTooHigh => {
                "Correct the age or the date of birth in Go.Data; a year of birth may stand in place of an age."
            }
            Self::MonthsBeyondYear => "Correct the age in Go.Data: years and the months beyond them.",
            Self::PregnantMale => "Correct the gender or the pregnancy status in Go.Data.",
            Self::UnknownLocation => "Choose a location of the list as the place of residence in Go.Data.",
            Self::NotMapped => "Give the location, or one that it lies in, an organisation unit in the map of places.",
            Self::NotInReferenceData => "Choose a value of the list in Go.Data, or restore the deleted one.",
            Self::NotMentioned => {
                "Name the value in a condition or a group of a dimension, if it means what is counted."
            }
            Self::Unreadable => "Enter the value again in Go.Data; it was imported by some other way than its forms.",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn rules_have_a_name_of_their_own_a_meaning_and_a_remedy() {
        let names: BTreeSet<_> = Rule::ALL.into_iter().map(Rule::name).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.name()), Some(rule));
            for sentence in [rule.meaning(), rule.remedy()] {
                assert!(sentence.ends_with('.') && !sentence.contains('|'), "{rule}: {sentence}");
            }
        }
        assert_eq!(Rule::named("none"), None);
    }
}
