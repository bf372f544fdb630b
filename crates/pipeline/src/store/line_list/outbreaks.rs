//! Which outbreak the records of a line list belong to.

use super::{ExtractionId, LineList, number};
use crate::store::column::N;
use crate::store::error::StoreError;
use compact_str::CompactString;
use epi::record::RecordKind;
use rusqlite::params;
use std::collections::BTreeMap;

impl LineList {
    /// The records of each outbreak and kind, by the outbreak's id and the kind's name. Records of a list of one outbreak may
    /// not remember it.
    pub fn len_by_outbreak(&self) -> Result<BTreeMap<(Option<String>, String), u64>, StoreError> {
        if !self.belonging().has_several() {
            return Ok(self.len_by_kind()?.into_iter().map(|(kind, n)| ((None, kind), n)).collect());
        }
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT outbreak, kind, count(*) FROM records WHERE outbreak IS NOT NULL GROUP BY outbreak, kind",
            )?;
            let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, N>(2)?.0)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// As [`LineList::ids_between`], of one outbreak.
    pub fn ids_of_outbreak(
        &self,
        kind: RecordKind,
        outbreak: &str,
        after: &str,
        last: Option<&str>,
    ) -> Result<Vec<CompactString>, StoreError> {
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id FROM records WHERE of = ?4 AND id > ?1 AND (?2 IS NULL OR id <= ?2) AND kind = ?3 \
                 AND outbreak = ?5 ORDER BY id",
            )?;
            let of = number(kind.table().name);
            let ids = statement.query_map(params![after, last, kind.name(), of, outbreak], |row| {
                Ok(CompactString::from(row.get_ref(0)?.as_str()?))
            })?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Whether nothing was begun after an extraction.
    pub fn is_newest(&self, extraction: ExtractionId) -> Result<bool, StoreError> {
        self.database.read(|conn| {
            let mut newer = conn.prepare_cached("SELECT 1 FROM extraction WHERE id > ?1")?;
            Ok(!newer.exists([extraction.0])?)
        })
    }
}

impl super::Belonging {
    /// Whether the records of several outbreaks are in it.
    pub fn has_several(&self) -> bool {
        self.outbreak.contains(' ')
    }

    /// The outbreaks as records remember them: the id of each where there are several, and none where there is one.
    pub(super) fn several(&self) -> Vec<Option<&str>> {
        if self.has_several() { self.outbreak.split(' ').map(Some).collect() } else { vec![None] }
    }
}
