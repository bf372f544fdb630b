//! What a snapshot says of itself. It is written last: what is without it was interrupted, and is never read.

use jiff::Timestamp;
use pipeline::engine::{Contents, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of snapshots that this version writes and reads.
pub const FORM: u32 = 1;

/// A snapshot of an outbreak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Form of the snapshot.
    pub form: u32,
    /// Go.Data's id of the outbreak.
    pub outbreak: String,
    /// By which rules the records were made, and what they hold.
    pub contents: Contents,
    /// The time zone in which instants became days.
    pub time_zone: String,
    /// The moment whose line list it is.
    pub as_of: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// The version of Tally that wrote it.
    pub tally_version: String,
    /// Folder of its files, beside this manifest.
    pub folder: String,
    /// Number of records.
    pub n_records: u64,
    /// Its files, by kind of record.
    pub files: BTreeMap<String, Vec<File>>,
}

/// A file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Path from the folder.
    pub name: String,
    /// Number of records.
    pub n_records: u64,
    /// Bytes.
    pub n_bytes: u64,
}

impl Manifest {
    /// Why a computation cannot use the snapshot; none if it can.
    pub fn lack(&self, wanted: &Wanted) -> Option<String> {
        if self.form != FORM {
            return Some(format!("it has form {}, and this version reads form {FORM}", self.form));
        }
        if self.time_zone != wanted.time_zone {
            return Some(format!("its days are those of {}, and Go.Data's are {}", self.time_zone, wanted.time_zone));
        }
        self.contents.lack(&wanted.contents)
    }

    /// Records of some kinds.
    pub fn n_of<'a>(&self, kinds: impl Iterator<Item = &'a str>) -> u64 {
        kinds.filter_map(|kind| self.files.get(kind)).flatten().map(|file| file.n_records).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::field::TableName;
    use std::collections::BTreeSet;

    #[test]
    fn a_snapshot_of_another_form_time_zone_or_contents_is_refused() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let fields = |fields: &[&str]| [(TableName::Person, names(fields))].into();
        let contents = Contents { rules: 1, kinds: names(&["case"]), fields: fields(&["age"]) };
        let file = |n_records| File { name: "case/00000.parquet".into(), n_records, n_bytes: 1 };
        let manifest = Manifest {
            form: FORM,
            outbreak: "o".into(),
            contents: contents.clone(),
            time_zone: "UTC".into(),
            as_of: Timestamp::UNIX_EPOCH,
            created_at: Timestamp::UNIX_EPOCH,
            tally_version: "0".into(),
            folder: "f".into(),
            n_records: 5,
            files: [("case".to_owned(), vec![file(2), file(3)])].into(),
        };
        let wanted = Wanted { contents: contents.clone(), time_zone: "UTC".into() };
        assert_eq!(manifest.lack(&wanted), None);
        assert_eq!(manifest.n_of(["case", "contact"].into_iter()), 5);
        let other_form = Manifest { form: 2, ..manifest.clone() };
        assert_eq!(other_form.lack(&wanted).unwrap(), "it has form 2, and this version reads form 1");
        let other_zone = Wanted { time_zone: "Africa/Dakar".into(), ..wanted.clone() };
        assert_eq!(manifest.lack(&other_zone).unwrap(), "its days are those of UTC, and Go.Data's are Africa/Dakar");
        let more = Contents { fields: fields(&["age", "gender"]), ..contents };
        let more = Wanted { contents: more, ..wanted };
        assert_eq!(manifest.lack(&more).unwrap(), "its records of table person have no field gender");
    }
}
