//! Period ids: what `epi` reads it writes canonically, and the simulator, which shares no code with it, reads the same.

use epi::period::Period;
use sandbox::dhis2::Version;

pub(crate) const WORDS: &[&str] = &[
    "W", "WedW", "FriW", "SunW", "BiW", "Q", "NovQ", "S", "AprilS", "NovS", "B", "April", "Nov", "-", "53", "0", "9999",
];

/// A release that knows every period type.
const RELEASE: &str = "2.43.2";

pub(crate) fn try_on(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = Period::parse(text);
    let release = Version::parse(RELEASE).expect("a version");
    let simulated = sandbox::dhis2::Period::parse(text, release);
    match (&read, &simulated) {
        (Ok(ours), Some(theirs)) => {
            assert_eq!(ours.id(), theirs.iso, "canonical id of {text:?}");
            assert_eq!((ours.start(), ours.nominal_end()), (theirs.start, theirs.end), "days of {text:?}");
        }
        (Err(_), None) => {}
        _ => panic!("{text:?}: we read {read:?}, the simulator {:?}", simulated.map(|period| period.iso)),
    }
    match read {
        Ok(period) => holds(text, period),
        Err(error) => assert!(error.to_string().len() <= MESSAGE_BYTES_MAX, "a long message: {error}"),
    }
}

/// Above what any message has: the text that it repeats is cut.
const MESSAGE_BYTES_MAX: usize = 1_024;

fn holds(text: &str, period: Period) {
    let id = period.id();
    assert_eq!(Period::parse(&id), Ok(period), "{text:?} is written {id}");
    assert_eq!(period.period_type().parse(text), Ok(period), "{text:?} under its own type");
    assert!(period.start() <= period.end() && period.end() <= period.nominal_end(), "{text:?}");
    assert!(period.contains(period.start()) && period.contains(period.end()), "{text:?}");
    if let Some(next) = period.next() {
        assert_eq!(next.previous(), Some(period), "{text:?}");
        assert_eq!(Some(next.start()), period.end().tomorrow().ok(), "{text:?}: no gap and no overlap");
        assert!(period < next, "{text:?}");
    }
}
