//! Whether what changed is enough, or everything is to be read.

use super::Reading;
use crate::error::Error;
use crate::store::{Extraction, ExtractionId, LineList};
use jiff::{SignedDuration, Timestamp};

/// What is to be read.
#[derive(Debug, PartialEq)]
pub(super) enum Due {
    /// Everything.
    Full {
        /// Why, where a person should know.
        warning: Option<String>,
    },
    /// Nothing.
    Nothing {
        /// The extraction that left the line list as it is.
        extraction: ExtractionId,
    },
    /// What changed since the server's time of the last extraction.
    Changes {
        /// That time.
        since: Timestamp,
    },
}

/// What an extraction into this line list has to read.
pub(super) fn due(list: &LineList, reading: &Reading<'_>) -> Result<Due, Error> {
    let full = Due::Full { warning: None };
    let Some(last) = list.last_finished()? else { return Ok(full) };
    if reading.fresh == Some(last.id) && list.is_newest(last.id)? {
        return Ok(Due::Nothing { extraction: last.id });
    }
    let age = SignedDuration::from_hours(24 * i64::from(reading.config.full_after_days));
    let is_due = is_older(list.last_full()?.as_ref(), age, reading.now);
    if reading.full || is_due || list.full_is_unfinished()? {
        return Ok(full);
    }
    Ok(match last.watermark {
        Some(since) => Due::Changes { since },
        None => Due::Full {
            warning: Some(
                "Go.Data did not tell its time at the last extraction, so everything was read and not only what changed"
                    .to_owned(),
            ),
        },
    })
}

/// Whether ids are to be held against the server's, whatever the counts say.
pub(super) fn reconciliation(list: &LineList, reading: &Reading<'_>) -> Result<bool, Error> {
    let age = SignedDuration::from_hours(i64::from(reading.config.reconcile_after_hours));
    Ok(is_older(list.last_reconciled()?.as_ref(), age, reading.now))
}

/// Whether an extraction is so long ago. One in the future counts as well: the clock was put back, and it might take years.
fn is_older(extraction: Option<&Extraction>, age: SignedDuration, now: Timestamp) -> bool {
    extraction.is_none_or(|extraction| {
        let since = now.duration_since(extraction.started_at);
        since >= age || since < SignedDuration::ZERO
    })
}
