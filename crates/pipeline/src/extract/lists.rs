//! The lists that are read: of every outbreak those of every kind of records.

use super::{Reading, Server};
use crate::error::Error;
use crate::normalise::Normaliser;
use crate::source::{self, Opened};
use crate::store::LineList;
use epi::field::OUTBREAK_WIRE;
use epi::record::{Outbreak, RecordKind};
use godata::{Resource, Selection};
use std::collections::{BTreeMap, BTreeSet};

/// A list of Go.Data: an outbreak's records of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct List {
    /// Position of the outbreak.
    pub(super) outbreak: usize,
    /// The kind.
    pub(super) kind: RecordKind,
}

impl Server<'_> {
    /// The lists of these kinds, an outbreak after the other.
    pub(super) fn lists(&self, kinds: &[RecordKind]) -> Vec<List> {
        let of = |outbreak| kinds.iter().map(move |kind| List { outbreak, kind: *kind });
        (0..self.outbreaks.len()).flat_map(of).collect()
    }

    /// How the server is asked for a list.
    pub(super) fn resource(&self, list: List) -> Resource {
        source::resource(list.kind, &self.outbreaks[list.outbreak])
    }

    /// Go.Data's own counts. Only a control: an account that may not count is no error.
    pub(super) async fn counts(&self, kinds: &BTreeSet<RecordKind>) -> Option<BTreeMap<List, u64>> {
        let kinds: Vec<RecordKind> = kinds.iter().copied().collect();
        let mut counts = BTreeMap::new();
        for list in self.lists(&kinds) {
            counts.insert(list, self.client.count(&self.resource(list), &Selection::all()).await.ok()?);
        }
        Some(counts)
    }

    /// Whether a list holds another number of records than the line list has of it.
    pub(super) fn differ(&self, counts: &BTreeMap<List, u64>, kept: &LineList) -> Result<bool, Error> {
        let kept = kept.len_by_outbreak()?;
        let of = |list: &List| kept.get(&(self.opened.remembered(list.outbreak), list.kind.name().to_owned()));
        Ok(counts.iter().any(|(list, n)| of(list).copied().unwrap_or_default() != *n))
    }
}

impl Opened {
    /// The id of an outbreak as records of a line list remember it: with one outbreak they need not.
    pub(super) fn remembered(&self, outbreak: usize) -> Option<String> {
        (self.outbreaks.len() > 1).then(|| self.outbreaks[outbreak].id().to_owned())
    }

    /// How the rows of each outbreak become records.
    pub(super) fn normalisers(&self, reading: &Reading<'_>) -> Vec<Normaliser> {
        let remembers = self.outbreaks.len() > 1 || reading.needs.has_outbreak();
        let of = |outbreak: Option<Outbreak>| Normaliser::new(&self.time_zone).of(outbreak.filter(|_| remembers));
        match self.outbreaks.as_slice() {
            // Files that do not say it.
            [] => vec![of(None)],
            several => several.iter().cloned().map(Some).map(of).collect(),
        }
    }
}

impl Reading<'_> {
    /// The names by which a list is asked for what is read.
    pub(super) fn fields(&self, kind: RecordKind) -> Vec<&'static str> {
        // Which outbreak a list is of need not be asked.
        self.needs.of(kind.table().name).into_iter().filter(|name| *name != OUTBREAK_WIRE).collect()
    }
}
