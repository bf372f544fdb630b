//! Nothing is read: an earlier report of the same command has brought the line list up to date, and it is counted once more.

use super::changes::{Updating, count};
use super::increment::{Counted, Deciding};
use super::{Extracted, How, Reading, Server, check};
use crate::error::Error;
use crate::store::{ExtractionId, LineList};

/// Counts the line list as this extraction left it.
pub(super) async fn extract(
    server: &Server<'_>,
    reading: &Reading<'_>,
    list: LineList,
    extraction: ExtractionId,
) -> Result<Extracted, Error> {
    let deciding = Deciding::of(reading, &list)?;
    let updating = Updating::at_rest(server, reading, list, extraction);
    let (counted, counted_again, mut updating) = count(updating, deciding.clone(), reading).await?;
    let Counted { aggregation, n_changed, nothing_moved } = counted;
    check(&aggregation, None, reading)?;
    if let Some(deciding) = deciding {
        deciding.keep(&mut updating.list, extraction, (!nothing_moved).then_some(&aggregation))?;
    }
    Ok(Extracted {
        aggregation,
        n_deleted: 0,
        n_unusable: 0,
        n_counted_by_godata: None,
        extraction: Some(extraction),
        how: How::Shared,
        n_travelled: 0,
        n_changed: counted_again.is_none().then_some(n_changed),
        counted_again,
        warnings: Vec::new(),
    })
}
