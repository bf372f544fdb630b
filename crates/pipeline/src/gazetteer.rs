//! The names and shapes of what a report writes about: the state knows organisation units, data elements and disaggregations by
//! UID only. Read from DHIS2 now and then and kept in a file, so that pages work while DHIS2 is away.

mod thin;

pub use thin::Corner;

use crate::config::model::{Config, Report};
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::target::Target;
use dhis2::Shape;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of this size is another one: 10,000 units with names of 300 characters and all the corners there may be.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What a page calls things, and where they lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gazetteer {
    /// When it was read.
    pub read_at: Timestamp,
    /// The DHIS2 that it was read from, by address.
    pub url: String,
    /// The organisation units that the report may write to, by UID.
    pub units: BTreeMap<String, Unit>,
    /// Names of data elements by UID.
    pub data_elements: BTreeMap<String, String>,
    /// Names of category option combos by UID, those of attributes too.
    pub combos: BTreeMap<String, String>,
    /// Corners that lie nowhere on earth, and were left out.
    pub n_corners_dropped: u64,
    /// Units whose shape was left out because it had too many corners.
    pub n_too_large: u64,
}

/// An organisation unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// The depth in the hierarchy; 1 is the root.
    pub level: u32,
    /// The UIDs from the root of the hierarchy, like `/ImspTQPwCqd/O6uvpzGd5pu`.
    pub path: String,
    /// What it covers; none: DHIS2 does not say.
    pub outline: Option<Outline>,
}

/// What an organisation unit covers, with as many corners as a drawing needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outline {
    /// A place without an extent.
    Point(Corner),
    /// Borders and holes alike: what an odd number of rings goes around is inside.
    Rings(Vec<Vec<Corner>>),
}

impl Gazetteer {
    /// The name of an organisation unit; its UID if it is not known.
    pub fn unit<'a>(&'a self, uid: &'a str) -> &'a str {
        self.units.get(uid).map(|unit| unit.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(uid)
    }

    /// The name of a data element; its UID if it is not known.
    pub fn data_element<'a>(&'a self, uid: &'a str) -> &'a str {
        self.data_elements.get(uid).map_or(uid, String::as_str)
    }

    /// The name of a category option combo; its UID if it is not known.
    pub fn combo<'a>(&'a self, uid: &'a str) -> &'a str {
        self.combos.get(uid).map_or(uid, String::as_str)
    }

    /// Where that of a report is kept.
    pub fn file(config: &Config, report: &Report) -> PathBuf {
        // A name of a report may hold what a name of a file may not.
        let digest = <sha2::Sha256 as sha2::Digest>::digest(report.name.as_bytes());
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        config.state_folder.join(format!("gazetteer-{hash}.json"))
    }

    /// The one that was kept last. None: none was, or it cannot be read, or it is that of another DHIS2; then it is to be read
    /// again.
    pub fn kept(config: &Config, report: &Report) -> Option<Self> {
        let path = Self::file(config, report);
        if std::fs::metadata(&path).ok()?.len() > FILE_BYTES_MAX {
            return None;
        }
        let found: Self = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        (found.url == config.dhis2.url.value.as_str()).then_some(found)
    }

    /// Keeps it, in place of the one before.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep(&self, config: &Config, report: &Report) -> Result<(), Error> {
        let path = Self::file(config, report);
        let text = serde_json::to_vec(self).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        replace(&path, &text).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("`{}` cannot be written: {error}", path.display()))
        })
    }
}

/// Reads the names and shapes of a report from DHIS2.
///
/// # Errors
/// What does not fit between the configuration and DHIS2, and what the server or the line to it says.
pub async fn fetch(config: &Config, report: &Report, now: Timestamp) -> Result<Gazetteer, Error> {
    let target = Target::prepare(config, report).await?;
    let ids: BTreeSet<dhis2::Uid> = target.all_units().map(|unit| unit.unit.id).collect();
    let ids: Vec<dhis2::Uid> = ids.into_iter().collect();
    let found = target.client.org_unit_shapes(&ids).await.map_err(|error| failure::dhis2(&error, config))?;
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    for one in found.units {
        let uid = one.id.to_string();
        shapes.extend(one.shape.map(|shape| (uid.clone(), shape)));
        units.insert(uid, Unit { name: one.name, level: one.level, path: one.path, outline: None });
    }
    for (uid, outline) in thin::outlines(&shapes) {
        if let Some(unit) = units.get_mut(&uid) {
            unit.outline = Some(outline);
        }
    }
    let elements = target.addresses().map(|address| (address.data_element.to_string(), address.name.clone()));
    let combos = target.combo_names.iter().map(|(uid, name)| (uid.to_string(), name.clone()));
    Ok(Gazetteer {
        read_at: now,
        url: config.dhis2.url.value.to_string(),
        units,
        data_elements: elements.collect(),
        combos: combos.collect(),
        n_corners_dropped: found.n_corners_dropped,
        n_too_large: found.n_too_large,
    })
}

/// Writes a file whole or not at all, for its owner alone: a reader finds the old one or the new one.
fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
