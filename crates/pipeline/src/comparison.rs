//! How a run knows what stands in DHIS2: it reads all values of its span, or only what was written or deleted there since the
//! report's last run, on top of what that run left.
//!
//! The second is good for what DHIS2 stamps. A row that was removed in the database, and a backup that was restored, have no
//! stamp; all values are read once a day for that, and whenever anything else is not as it was.

use crate::error::Error;
use crate::kept;
use crate::repeat::Left;
use crate::report::RunReport;
use crate::store::{Outcome, Run, RunId, State};
use crate::target::Target;
use dhis2::{IdSchemes, Time, ValueQuery};
use epi::period::Span;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// How long after all values were read the next runs may ask for changes only.
const FULL_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// What is asked for twice: DHIS2 stamps a value when its import begins, and it can be read when the import ends.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// The furthest that a clock on earth is behind UTC: assumed of a server that does not tell its time zone.
const FURTHEST_WEST_MINUTES: i32 = -12 * 60;

/// How DHIS2 was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// All values of the span.
    Full,
    /// What was written or deleted since the last run.
    Changes,
    /// The same, and everything is as the last run left it: what it computed and compared holds again.
    Same,
}

/// What a run knew of DHIS2, and how: what the next one may build upon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// How DHIS2 was read.
    pub read: Read,
    /// When all values were read last.
    pub full_at: Timestamp,
    /// When this run began to look, by our clock.
    pub read_at: Timestamp,
    /// The same by the server's clock; none if it does not tell.
    pub server_at: Option<Timestamp>,
    /// Minutes that the server's clock is ahead of UTC.
    pub offset_minutes: i32,
    /// SHA-256 over what the comparison depends on in the server's metadata.
    pub metadata: String,
    /// Values that the server sent.
    pub n_read: u64,
    /// What the run left, if it ended clean: by it the next one sees that nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

impl Comparison {
    /// A comparison that reads all values, now.
    pub fn full(target: &Target, now: Timestamp) -> Self {
        let zone = target.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let server = zone.as_ref().zip(target.told).and_then(|(zone, told)| told.to_zoned(zone.clone()).ok());
        Self {
            read: Read::Full,
            full_at: now,
            read_at: now,
            server_at: server.as_ref().map(jiff::Zoned::timestamp),
            offset_minutes: server.map_or(FURTHEST_WEST_MINUTES, |server| server.offset().seconds() / 60),
            metadata: metadata(target),
            n_read: 0,
            left: None,
        }
    }

    /// How many minutes back the next one has to ask, if it may build upon this one.
    fn minutes_until(&self, next: &Self) -> Option<u32> {
        let by_our_clock = next.read_at.duration_since(self.read_at);
        let by_its_clock = match (self.server_at, next.server_at) {
            (Some(then), Some(now)) => now.duration_since(then),
            _ => by_our_clock,
        };
        let is_plausible = |elapsed: SignedDuration| !elapsed.is_negative() && elapsed <= FULL_EVERY;
        // A clock that was set back or far ahead says nothing.
        if !is_plausible(by_our_clock) || !is_plausible(by_its_clock) {
            return None;
        }
        let since = by_our_clock.max(by_its_clock) + OVERLAP;
        let minutes = u32::try_from(since.as_secs() / 60 + 1).ok()?;
        Some(dhis2::changed_within(minutes, self.offset_minutes.min(next.offset_minutes)))
    }
}

/// A run that left DHIS2 as it should be, and how far back to ask for what happened since.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The run.
    pub run: RunId,
    /// Its report.
    pub report: Box<RunReport>,
    /// What it knew.
    pub comparison: Comparison,
    /// How many minutes back to ask.
    pub minutes: u32,
}

impl Basis {
    /// The question for the values of these data elements and organisation units that were written or deleted since.
    pub fn query(&self, span: Span, data_elements: Vec<String>, org_units: Vec<String>) -> ValueQuery {
        ValueQuery {
            data_sets: Vec::new(),
            data_elements,
            time: Time::ChangedWithin { start: span.start(), end: span.end(), minutes: self.minutes },
            org_units,
            children: false,
            include_deleted: true,
            id_schemes: IdSchemes::default(),
        }
    }
}

/// What a run is, as far as its comparison depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Looking<'a> {
    /// The run.
    pub run: RunId,
    /// Name of its report.
    pub report: &'a str,
    /// Its periods.
    pub span: Span,
    /// Hash of its definitions.
    pub definitions_hash: &'a str,
    /// Go.Data's ids of the outbreaks whose records it counts: the definitions may name them otherwise.
    pub outbreak: &'a str,
}

/// The run to build upon: the report's last one, if it ended clean, covered the same periods by the same definitions, the
/// same outbreaks and the same Tally, met the same DHIS2 with the same metadata, and all values were read no longer than a day ago.
///
/// # Errors
/// What the state says.
pub fn basis(state: &State, looking: Looking<'_>, now: &Comparison) -> Result<Option<Basis>, Error> {
    let runs = state.runs(Some(looking.report), 2)?;
    let Some(last) = runs.into_iter().find(|run| run.id != looking.run) else { return Ok(None) };
    if !is_like(&last, looking) {
        return Ok(None);
    }
    let Some(report) = kept::report(state, last.id)? else { return Ok(None) };
    let Some(comparison) = report.comparison.clone() else { return Ok(None) };
    let age = now.read_at.duration_since(comparison.full_at);
    if comparison.metadata != now.metadata || age.is_negative() || age > FULL_EVERY {
        return Ok(None);
    }
    let minutes = comparison.minutes_until(now);
    Ok(minutes.map(|minutes| Basis { run: last.id, report: Box::new(report), comparison, minutes }))
}

fn is_like(last: &Run, looking: Looking<'_>) -> bool {
    let span = (looking.span.first().id(), looking.span.last().id());
    last.outcome == Some(Outcome::Clean)
        && (last.period_first.as_str(), last.period_last.as_str()) == (span.0.as_str(), span.1.as_str())
        && last.definitions_hash == looking.definitions_hash
        && last.godata.as_ref().is_some_and(|seen| seen.outbreak == looking.outbreak)
        && last.tally_version == env!("CARGO_PKG_VERSION")
        && !last.cells_expired
}

/// A hash over what the comparison depends on: the server, the account that looks, the data elements with the meaning of their
/// zeros, where every value goes, and which organisation units can be read.
fn metadata(target: &Target) -> String {
    let mut hasher = Sha256::new();
    let mut add = |part: &str| {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    };
    for fact in [&target.facts.system_id, &target.facts.version, &target.facts.url, &target.account] {
        add(fact);
    }
    for address in target.addresses() {
        add(&address.data_element);
        add(&format!("{:?}", target.element(&address.data_element)));
        for (combo, attribute) in &address.cells {
            add(combo);
            add(attribute);
        }
    }
    let combos: BTreeSet<&str> = target.combo_names.keys().map(compact_str::CompactString::as_str).collect();
    combos.into_iter().for_each(&mut add);
    let units: BTreeSet<(&str, String, bool)> = target
        .org_units
        .iter()
        .map(|(name, unit)| (name.as_str(), unit.unit.id.to_string(), unit.is_readable))
        .collect();
    for (name, uid, is_readable) in units {
        add(name);
        add(&uid);
        add(if is_readable { "readable" } else { "unreadable" });
    }
    target.unreadable().into_iter().for_each(&mut add);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(read_at: &str, server_at: Option<&str>, offset_minutes: i32) -> Comparison {
        let read_at: Timestamp = read_at.parse().unwrap();
        Comparison {
            read: Read::Full,
            full_at: read_at,
            read_at,
            server_at: server_at.map(|text| text.parse().unwrap()),
            offset_minutes,
            metadata: String::new(),
            n_read: 0,
            left: None,
        }
    }

    #[test]
    fn what_is_asked_for_reaches_back_beyond_the_last_look_by_both_clocks() {
        let last = at("2026-03-29T08:00:00Z", Some("2026-03-29T08:05:00Z"), 0);
        let asks = |now: Comparison| last.minutes_until(&now);
        assert_eq!(asks(at("2026-03-29T09:00:00Z", Some("2026-03-29T09:05:00Z"), 0)), Some(76));
        assert_eq!(
            asks(at("2026-03-29T09:00:00Z", Some("2026-03-29T10:05:00Z"), 60)),
            Some(136),
            "the longer one counts"
        );
        assert_eq!(asks(at("2026-03-29T09:00:30Z", None, FURTHEST_WEST_MINUTES)), Some(76 + 720));
        assert_eq!(
            asks(at("2026-03-29T09:00:00Z", Some("2026-03-29T09:05:00Z"), -300)),
            Some(376),
            "west of Greenwich"
        );
    }

    #[test]
    fn a_clock_that_was_set_is_not_believed() {
        let last = at("2026-03-29T08:00:00Z", Some("2026-03-29T08:00:00Z"), 0);
        for (ours, its) in [
            ("2026-03-29T07:59:00Z", "2026-03-29T08:01:00Z"),
            ("2026-03-29T09:00:00Z", "2026-03-29T07:00:00Z"),
            ("2026-03-29T09:00:00Z", "2026-04-29T09:00:00Z"),
            ("2026-03-31T09:00:00Z", "2026-03-29T09:00:00Z"),
        ] {
            assert_eq!(last.minutes_until(&at(ours, Some(its), 0)), None, "{ours} {its}");
        }
    }
}
