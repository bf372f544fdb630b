//! The ids of the line list held against the server's: conversions, restores, and whatever else moves no stamp.
//!
//! Only ids travel, in their order, and what is compared at a time are those of one page.

use super::changes::{Came, Updating};
use super::lists::List;
use super::rows::ids;
use super::{PassError, Reading, Server};
use crate::error::Error;
use crate::failure;
use compact_str::CompactString;
use epi::record::RecordKind;
use godata::{Page, Selection};
use std::collections::BTreeSet;

/// Records that are fetched by their ids. More are missing only when the list is of another time, and then reading all of it
/// is faster.
const FETCHED_MAX: usize = 10_000;
/// Bytes of the ids of one request, as they stand in its address: half of the 16 KiB at which Node.js refuses a request's
/// head, so that the names of the fields, the token and the keys have room.
const IDS_BYTES_MAX: usize = 8 * 1024;

/// Takes in what the server has and the line list lacks, and takes out what the server has not.
pub(super) async fn reconcile(
    mut updating: Updating,
    server: &Server<'_>,
    reading: &Reading<'_>,
) -> Result<Came, Error> {
    let mut n_missing = 0;
    let kinds: Vec<RecordKind> = reading.kinds_read.iter().copied().collect();
    for list in server.lists(&kinds) {
        let mut pages = server.client.pages(server.resource(list), &[]);
        let mut after = String::new();
        loop {
            let page = pages.next().await.transpose().map_err(|error| failure::godata(&error, reading.config))?;
            let (behind, is_end) = (after, page.is_none());
            let compared;
            (updating, compared) =
                updating.work(reading, move |updating| compare(updating, list, &behind, page.as_ref())).await?;
            n_missing += compared.missing.len();
            if n_missing > FETCHED_MAX {
                let warning = format!(
                    "more than {FETCHED_MAX} records are not known from before: everything was read and not only what changed"
                );
                return Ok(Came::Unusable(updating.into_list(reading)?, warning));
            }
            updating = fetch(updating, list, &compared.missing, server, reading).await?;
            if is_end {
                break;
            }
            after = compared.last;
        }
    }
    Ok(Came::Updating(updating))
}

struct Compared {
    /// On the server and not in our list.
    missing: Vec<CompactString>,
    /// The id up to which everything is compared.
    last: String,
}

/// Holds a page of ids against ours of the same stretch, which begins behind `after` and without a page has no end. What the
/// server lacks is taken out.
fn compare(updating: &mut Updating, list: List, after: &str, page: Option<&Page>) -> Result<Compared, PassError> {
    let mut theirs = BTreeSet::new();
    let mut last = None;
    if let Some(page) = page {
        let decoded = ids(page, |id| _ = theirs.insert(id));
        last = decoded.map_err(PassError::Godata)?.last_id;
        if last.is_none() {
            return Ok(Compared { missing: Vec::new(), last: after.to_owned() });
        }
    }
    let ours = updating.ours(list, after, last.as_deref())?;
    let gone: Vec<CompactString> = ours.iter().filter(|id| !theirs.contains(*id)).cloned().collect();
    theirs.retain(|id| ours.binary_search(id).is_err());
    if let Some(last_id) = gone.last() {
        updating.put(list.kind, &updating.page_of(list), &gone, last_id)?;
    }
    Ok(Compared { missing: theirs.into_iter().collect(), last: last.unwrap_or_default() })
}

/// Reads records by their ids.
async fn fetch(
    mut updating: Updating,
    list: List,
    missing: &[CompactString],
    server: &Server<'_>,
    reading: &Reading<'_>,
) -> Result<Updating, Error> {
    let fields = reading.fields(list.kind);
    for chunk in chunks(missing) {
        let selection = Selection::all().one_of("id", chunk.iter().map(CompactString::as_str));
        let mut pages = server.client.pages_of(server.resource(list), &fields, selection);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure::godata(&error, reading.config))?;
            updating = updating.work(reading, move |updating| updating.apply(list, &page)).await?.0;
        }
    }
    Ok(updating)
}

/// Cuts ids into stretches that fit into a request's address.
fn chunks(ids: &[CompactString]) -> Vec<&[CompactString]> {
    let (mut chunks, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (at, id) in ids.iter().enumerate() {
        let cost = encoded_bytes(id);
        if bytes + cost > IDS_BYTES_MAX && at > begin {
            chunks.push(&ids[begin..at]);
            (begin, bytes) = (at, 0);
        }
        bytes += cost;
    }
    if begin < ids.len() {
        chunks.push(&ids[begin..]);
    }
    chunks
}

/// Bytes of an id in an address at most, with its quotes and comma: whatever is not plainly allowed takes three.
fn encoded_bytes(id: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    9 + id.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_every_id_once_and_fit_into_an_address() {
        for (n, id_bytes) in [(0, 36), (1, 36), (182, 36), (183, 36), (1000, 36), (40, 300), (3, 20_000)] {
            let ids: Vec<CompactString> = (0..n).map(|i| format!("{i:0>id_bytes$}").into()).collect();
            let chunks = chunks(&ids);
            assert_eq!(chunks.concat(), ids);
            for chunk in chunks {
                assert!(!chunk.is_empty());
                let bytes: usize = chunk.iter().map(|id| encoded_bytes(id)).sum();
                assert!(bytes <= IDS_BYTES_MAX || chunk.len() == 1, "{bytes}");
            }
        }
    }
}
