//! The clock of the machine. The pipeline is given its time; this is what the binary gives it.

use jiff::Timestamp;

/// What the machine's clock says.
///
/// With the feature `crash-points`, plus the seconds in the file that `TALLY_CLOCK` names, so that a test can let the clock
/// jump while a run is under way.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    #[cfg(feature = "crash-points")]
    if let Some(seconds) = shift() {
        return now.checked_add(seconds).expect("TALLY_CLOCK stays within the calendar");
    }
    now
}

#[cfg(feature = "crash-points")]
fn shift() -> Option<jiff::SignedDuration> {
    let text = std::fs::read_to_string(std::env::var_os("TALLY_CLOCK")?).expect("TALLY_CLOCK names a file");
    Some(jiff::SignedDuration::from_secs(text.trim().parse().expect("TALLY_CLOCK holds a number of seconds")))
}
