//! Instants as pages show them: in a time zone, and how long ago.

use crate::language::say;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant on a page.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// For programs: RFC 3339, UTC.
    pub(super) iso: String,
    /// For people: day and minute in a time zone.
    pub(super) text: String,
    /// How long ago, or in how long.
    pub(super) distance: String,
}

impl Moment {
    /// An instant, seen from another, in a time zone.
    pub(super) fn new(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let iso = at.round(jiff::Unit::Second).unwrap_or(at).to_string();
        let zoned = at.to_zoned(zone.clone());
        let text = format!("{} {}", zoned.strftime("%Y-%m-%d %H:%M"), zoned.strftime("%Z"));
        Self { iso, text, distance: distance(at, now) }
    }
}

/// How far an instant is, in its largest unit.
fn distance(at: Timestamp, now: Timestamp) -> String {
    let secs = at.duration_since(now).as_secs();
    let (past, secs) = (secs <= 0, secs.unsigned_abs());
    let span = span(secs);
    if past { say!("moment-ago", span = span) } else { say!("moment-in", span = span) }
}

/// A length of time in its largest unit.
pub(super) fn span(secs: u64) -> String {
    match secs {
        0..60 => say!("span-seconds", n = secs),
        60..3_600 => say!("span-minutes", n = secs / 60),
        3_600..172_800 => say!("span-hours", n = secs / 3_600),
        _ => say!("span-days", n = secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_in_its_zone_and_from_now() {
        let now: Timestamp = "2026-03-02T22:30:00Z".parse().unwrap();
        let told = |at: &str| Moment::new(at.parse().unwrap(), now, &TimeZone::UTC);
        let moment = told("2026-03-02T22:00:00.123Z");
        assert_eq!(moment.iso, "2026-03-02T22:00:00Z");
        assert_eq!((moment.text.as_str(), moment.distance.as_str()), ("2026-03-02 22:00 UTC", "29 minutes ago"));
        assert_eq!(told("2026-03-02T22:30:40Z").distance, "in 40 seconds");
        assert_eq!(told("2026-02-20T22:30:00Z").distance, "10 days ago");
    }
}
