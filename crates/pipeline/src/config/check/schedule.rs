//! When a report runs by itself.

use super::Checker;
use crate::config::model::Scheduled;
use crate::config::raw::{self, At};
use crate::schedule::Schedule;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, SpanRelativeTo};

/// The longest deadline: a yearly report that nobody misses for a year has no deadline.
const DEADLINE_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

impl Checker<'_> {
    /// The schedule of a report, if it has one; nothing at all if it is wrong.
    pub(super) fn scheduled(&mut self, raw: &raw::Report, of_report: &TimeZone) -> Option<Option<Scheduled>> {
        let Some(at) = &raw.schedule else {
            self.only_with_a_schedule(raw);
            return Some(None);
        };
        let zone = match &raw.schedule_time_zone {
            Some(zone) => self.time_zone(zone),
            None => Some(of_report.clone()),
        };
        let deadline = raw.deadline.as_ref().map(|at| self.deadline(at));
        let schedule = match Schedule::parse(at.get(), zone.clone().unwrap_or(TimeZone::UTC)) {
            Ok(schedule) => Some(schedule),
            Err(error) => {
                self.at(at.span(), error.to_string()).advice(error.advice());
                None
            }
        };
        let deadline = match deadline {
            Some(deadline) => Some(deadline?),
            None => None,
        };
        let catch_up = raw.catch_up.as_ref().is_none_or(|at| *at.get());
        Some(zone.and(schedule).map(|schedule| Scheduled { schedule, span: at.span(), deadline, catch_up }))
    }

    fn only_with_a_schedule(&mut self, raw: &raw::Report) {
        let texts = [("schedule_time_zone", raw.schedule_time_zone.as_ref()), ("deadline", raw.deadline.as_ref())];
        let texts = texts.into_iter().filter_map(|(key, at)| Some((key, at?.span())));
        let stated: Vec<_> = texts.chain(raw.catch_up.as_ref().map(|at| ("catch_up", at.span()))).collect();
        for (key, span) in stated {
            self.at(span, format!("`{key}` is of a schedule, and report `{}` has none", raw.name.get())).advice(
                "Add a `schedule`, such as `schedule = \"0 23 * * 1\"` for Mondays at 23:00, or remove the key.",
            );
        }
    }

    fn deadline(&mut self, at: &At<String>) -> Option<SignedDuration> {
        let read = at.get().parse::<jiff::Span>().ok();
        let read = read.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        let deadline = read.filter(|long| SignedDuration::ZERO < *long && *long <= DEADLINE_MAX);
        if deadline.is_none() {
            let message = match read {
                Some(_) => format!("the deadline `{}` is not longer than 0 and at most 366 days", at.get()),
                None => format!("`{}` is not a time to wait", at.get()),
            };
            self.at(at.span(), message).advice("It should look like `6h`, `90m`, `2d` or `1w`.");
        }
        deadline
    }
}
