//! Date texts in filters: which of them the server takes for dates, and what they become.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::clock::iso_millis;

/// Whether a stored text is an instant: in the simulator's documents exactly the texts of the form
/// `2020-02-10T00:00:00.000Z` are BSON dates, all others are strings.
pub(crate) fn is_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 24
        && bytes[23] == b'Z'
        && bytes[19] == b'.'
        && bytes[10] == b'T'
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[0].is_ascii_digit()
}

/// The instant that a filter's text becomes, in stored form, if Go.Data's date pattern accepts it:
/// `2024-01-01`, `2024-01-01 00:00:00`, `...T00:00:00`, `...00Z`, `...00.000Z`, `...00+00:00`; and
/// not milliseconds with an offset, microseconds, or a time without seconds. Without an offset it is
/// read in the server's zone, here UTC.
pub(crate) fn accepted(text: &str) -> Option<String> {
    let date: Date = text.get(..10)?.parse().ok()?;
    let rest = &text[10..];
    if rest.is_empty() {
        return stored(date.at(0, 0, 0, 0), 0);
    }
    let time = rest.strip_prefix(['T', ' '])?;
    let (clock, zone) = (time.get(..8)?, &time[8..]);
    let [hour, minute, second] = numbers(clock, ':')?;
    let at = |millis: i32| {
        let (hour, minute, second) = (i8::try_from(hour), i8::try_from(minute), i8::try_from(second));
        let time = jiff::civil::Time::new(hour.ok()?, minute.ok()?, second.ok()?, millis * 1_000_000).ok()?;
        Some(date.to_datetime(time))
    };
    if zone.is_empty() || zone == "Z" {
        return stored(at(0)?, 0);
    }
    if let Some(fraction) = zone.strip_prefix('.').and_then(|zone| zone.strip_suffix('Z')) {
        let three = fraction.len() == 3 && fraction.bytes().all(|b| b.is_ascii_digit());
        return three.then(|| stored(at(fraction.parse().ok()?)?, 0)).flatten();
    }
    let sign = if zone.starts_with('+') { 1 } else { -1 };
    let [hours, minutes] = numbers(zone.strip_prefix(['+', '-'])?, ':')?;
    stored(at(0)?, sign * (i64::from(hours) * 60 + i64::from(minutes)))
}

/// What JavaScript's `new Date(text)` makes of a text, as LoopBack does for a date property; `None`
/// where JavaScript would say `Invalid Date`. Covers the ISO forms, not the free ones.
pub(crate) fn javascript_date(text: &str) -> Option<String> {
    if let Some(instant) = accepted(text) {
        return Some(instant);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(iso_millis(instant));
    }
    text.parse::<DateTime>().ok().and_then(|at| stored(at, 0))
}

fn stored(at: DateTime, offset_minutes: i64) -> Option<String> {
    let instant = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let instant = instant.checked_sub(SignedDuration::from_mins(offset_minutes)).ok()?;
    Some(iso_millis(instant))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[u8; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for number in &mut numbers {
        let part = parts.next().filter(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_exactly_the_forms_of_the_pattern() {
        for text in [
            "2024-01-01",
            "2024-01-01 00:00:00",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.000Z",
            "2024-01-01T00:00:00+00:00",
            "2024-01-01T02:00:00+02:00",
        ] {
            assert_eq!(accepted(text).as_deref(), Some("2024-01-01T00:00:00.000Z"), "{text}");
        }
        for text in [
            "2024-01-01T00:00:00.000+00:00",
            "2024-01-01T00:00:00.123456Z",
            "2024-01-01T00:00",
            "2024-13-01",
            "2024-01-01T25:00:00Z",
            "CASE-0001",
            "20é4-01-01T",
        ] {
            assert_eq!(accepted(text), None, "{text}");
        }
    }

    #[test]
    fn javascript_reads_more() {
        assert_eq!(javascript_date("2024-01-01T00:00:00.123456Z").as_deref(), Some("2024-01-01T00:00:00.123Z"));
        assert_eq!(javascript_date("garbage"), None);
    }
}
