//! Nothing is read: an earlier report of the same command has brought the line list up to date, and it is counted once more.

use super::changes::{Updating, fold};
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
    let (aggregation, _) = fold(Updating::at_rest(server, reading, list, extraction), reading).await?;
    check(&aggregation, None, reading)?;
    Ok(Extracted {
        aggregation,
        n_deleted: 0,
        n_unusable: 0,
        n_counted_by_godata: None,
        extraction: Some(extraction),
        how: How::Shared,
        n_travelled: 0,
        warnings: Vec::new(),
    })
}
