//! When something is due: cron text in a time zone, and what a daemon that was away owes.
//!
//! A due time is a local time. Where clocks go forward, a local time that does not exist is due at the first instant that
//! does; where they go back, a local time that exists twice is due once, the first time. Several local times that do not
//! exist are due once together. So a day has never more due times than its schedule says.

mod owed;
#[cfg(test)]
mod same_as_walk;

pub use owed::{COUNTED_MAX, Owed, overdue, owed};

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::fmt;

/// Fields of a schedule.
const FIELDS: [&str; N_FIELDS] = ["minute", "hour", "day of the month", "month", "day of the week"];
const N_FIELDS: usize = 5;
/// A text of five fields is shorter; a longer one is none.
const SCHEDULE_BYTES_MAX: usize = 200;
/// In so many years every day of a calendar occurs, 29 February on each day of the week included, and a century without
/// one between.
const YEARS_SEARCHED: i16 = 60;

/// Due times: cron text in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
    zone: TimeZone,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// More or fewer fields than five.
    #[error("a schedule has five fields: minute, hour, day of the month, month, day of the week; this one has {0}")]
    Fields(usize),
    /// A field that cannot be read.
    #[error("`{text}` is no {name} of a schedule")]
    Field {
        /// What the field is.
        name: &'static str,
        /// What it says.
        text: String,
    },
    /// A day that no calendar has, such as 30 February.
    #[error("the schedule `{0}` is never due")]
    Never(String),
}

impl ScheduleError {
    /// What to do, in full sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Fields(_) => "Mondays at 23:00 are `0 23 * * 1`, every day at 6:30 is `30 6 * * *`.",
            Self::Field { .. } => {
                "Minutes are 0 to 59, hours 0 to 23, days 1 to 31, months 1 to 12, days of the week 0 (Sunday) to 6; `*`, \
                 lists (`1,15`), ranges (`1-5`) and steps (`*/6`) are allowed."
            }
            Self::Never(_) => "Choose a day that every year or some years have.",
        }
    }
}

impl Schedule {
    /// Reads cron text of five fields.
    ///
    /// # Errors
    /// Another number of fields; a field that cannot be read; a day that never comes.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, ScheduleError> {
        let n = text.split_whitespace().count();
        if n != N_FIELDS || text.len() > SCHEDULE_BYTES_MAX {
            return Err(ScheduleError::Fields(n));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let fields: Vec<&str> = text.split_whitespace().collect();
        for (i, name) in FIELDS.into_iter().enumerate() {
            let mut alone = ["*"; N_FIELDS];
            alone[i] = fields[i];
            if parser.parse(&alone.join(" ")).is_err() {
                return Err(ScheduleError::Field { name, text: fields[i].to_owned() });
            }
        }
        let text = fields.join(" ");
        let Ok(cron) = parser.parse(&text) else { return Err(ScheduleError::Fields(n)) };
        // A leap year comes within eight years, wherever one begins to look.
        let schedule = Self { text, cron, zone };
        match schedule.civil_after(jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0)) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never(schedule.text)),
        }
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first due time after an instant; none at the end of the calendar.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut local = match self.repeated_until(instant) {
            // The second time that clocks show what they showed before: all of it was due the first time.
            Some(end) => end.checked_sub(1.second()).ok()?,
            None => self.zone.to_datetime(instant),
        };
        loop {
            local = self.civil_after(local)?;
            let due = self.instant(local)?;
            if due > instant {
                return Some(due);
            }
        }
    }

    /// The last due time that is not after an instant; none before the beginning of the calendar.
    pub fn last_by(&self, instant: Timestamp) -> Option<Timestamp> {
        let (local, inclusive) = match self.repeated_until(instant) {
            Some(end) => (end, false),
            None => (self.zone.to_datetime(instant), true),
        };
        let due = self.cron.find_previous_occurrence(&local, inclusive).ok()?;
        self.instant(due)
    }

    /// The next local time of the schedule.
    fn civil_after(&self, local: DateTime) -> Option<DateTime> {
        let next = self.cron.find_next_occurrence(&local, false).ok()?;
        (next.year() - local.year() <= YEARS_SEARCHED).then_some(next)
    }

    /// When a local time is due.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { before, .. } => {
                // Read with the offset before, it lies behind the change, by less than the clocks jump.
                let behind = before.to_timestamp(local).ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
                self.zone.preceding(behind).next().map(|change| change.timestamp())
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        }
    }

    /// If clocks show for the second time what they showed before, the local time at which that ends.
    fn repeated_until(&self, instant: Timestamp) -> Option<DateTime> {
        let ambiguous = self.zone.to_ambiguous_timestamp(self.zone.to_datetime(instant));
        let AmbiguousOffset::Fold { before, after } = ambiguous.offset() else { return None };
        (self.zone.to_offset(instant) == after).then(|| self.change_by(instant, before)).flatten()
    }

    /// The local time, by an offset, of the last change of clocks that is not after an instant.
    fn change_by(&self, instant: Timestamp, offset: Offset) -> Option<DateTime> {
        let just_behind = instant.checked_add(SignedDuration::from_nanos(1)).ok()?;
        self.zone.preceding(just_behind).next().map(|change| offset.to_datetime(change.timestamp()))
    }
}

impl fmt::Display for Schedule {
    /// The text, and the zone if it has a name: `0 23 * * 1 Africa/Dakar`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.text, self.zone.iana_name().unwrap_or("local"))
    }
}
