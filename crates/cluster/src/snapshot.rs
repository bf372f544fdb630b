//! Writing a snapshot: records into Parquet, by kind and by the hash of their id, and the manifest at the end.
//!
//! ```text
//! PLACE/outbreak=ID/manifest.json
//! PLACE/outbreak=ID/20200331T100000.000Z/case/00000.parquet ...
//! ```
//!
//! A new snapshot has a folder of its own, so that what a computation reads does not change under it. The manifest names
//! the folder and takes the place of the last one at once; then all older folders go, but for the last one.

use crate::failure;
use crate::manifest::{FORM, File, Manifest};
use crate::store::Store;
use crate::table::{Rows, schema};
use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::AsyncArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use epi::record::{Linked, RecordKind};
use jiff::Timestamp;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use pipeline::snapshot::Origin;
use pipeline::{Error, ErrorKind};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// Name of the manifest.
const MANIFEST: &str = "manifest.json";
/// Files of a kind that a snapshot may have: each is open while it is written.
pub const FILES_MAX: u32 = 512;
/// Records in a file when nothing is said: some 20 MB, a few seconds of work for one core.
const RECORDS_PER_FILE: u64 = 250_000;
/// Rows that are handed over together.
const BATCH_ROWS: usize = 1024;
/// Batches on their way to a file.
const BATCHES_WAITING: usize = 8;
/// Memory that all open files may take together.
const WRITING_BYTES_MAX: usize = 512 * 1024 * 1024;
/// What one of them may always take: smaller row groups would compress badly.
const ROW_GROUP_BYTES_MIN: usize = 1024 * 1024;
/// What one of them may take at most: a reader holds so much.
const ROW_GROUP_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Where the records come from: called once, on a thread of its own, with what takes each of them.
pub type Source = Box<dyn FnOnce(&mut dyn FnMut(&Linked, Vec<String>)) -> Result<(), Error> + Send>;

/// The files of a kind when nothing is said.
pub fn files_for(n_records: u64) -> u32 {
    let n = n_records.div_ceil(RECORDS_PER_FILE).max(1);
    u32::try_from(n).unwrap_or(FILES_MAX).min(FILES_MAX)
}

/// Writes a snapshot with so many files for each kind.
///
/// # Errors
/// What the store or the source says. Nothing can be read of a snapshot that was not written to its end.
pub async fn write(
    store: &Store,
    origin: &Origin,
    n_files: u32,
    source: Source,
    now: Timestamp,
) -> Result<Manifest, Error> {
    let home = home(store, &origin.outbreak);
    let before = manifest_in(store, &home).await?;
    let folder = now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
    let mut writing = Writing {
        store,
        folder: home.clone().join(folder.as_str()),
        row_group_bytes: (WRITING_BYTES_MAX / n_files.max(1) as usize).clamp(ROW_GROUP_BYTES_MIN, ROW_GROUP_BYTES_MAX),
        open: BTreeMap::new(),
    };
    let (sender, mut batches) = mpsc::channel(BATCHES_WAITING);
    let reading = tokio::task::spawn_blocking(move || shared_out(source, n_files.clamp(1, FILES_MAX), &sender));
    let mut written = Ok(());
    while let Some((key, batch)) = batches.recv().await {
        written = writing.write(key, &batch).await;
        if written.is_err() {
            break;
        }
    }
    // The reader ends now if it has not: whoever lent it the records gets them back.
    drop(batches);
    let read = reading.await;
    written?;
    read.map_err(|_| Error::new(ErrorKind::Internal, "the reader of the records panicked"))??;
    let files = writing.finish().await?;
    let n_records = files.values().flatten().map(|file| file.n_records).sum();
    if n_records != origin.n_records {
        let message = format!("{n_records} records were written of {}", origin.n_records);
        return Err(Error::new(ErrorKind::Internal, message));
    }
    let manifest = Manifest {
        form: FORM,
        outbreak: origin.outbreak.clone(),
        contents: origin.contents.clone(),
        time_zone: origin.time_zone.clone(),
        as_of: origin.as_of,
        created_at: now,
        tally_version: env!("CARGO_PKG_VERSION").to_owned(),
        folder,
        n_records,
        files,
    };
    let json = serde_json::to_vec_pretty(&manifest).map_err(failure::internal)?;
    store.write(&home.clone().join(MANIFEST), json).await?;
    forget(store, &home, [Some(manifest.folder.as_str()), before.as_ref().map(|before| before.folder.as_str())])
        .await?;
    Ok(manifest)
}

/// The manifest of an outbreak's newest snapshot; none if there is no snapshot.
///
/// # Errors
/// What the store says; a manifest that cannot be read.
pub async fn manifest(store: &Store, outbreak: &str) -> Result<Option<Manifest>, Error> {
    manifest_in(store, &home(store, outbreak)).await
}

/// The folder of the files of a kind.
pub fn folder(store: &Store, manifest: &Manifest, kind: &str) -> Path {
    home(store, &manifest.outbreak).join(manifest.folder.as_str()).join(kind)
}

fn home(store: &Store, outbreak: &str) -> Path {
    store.path(&[]).join(format!("outbreak={outbreak}"))
}

async fn manifest_in(store: &Store, home: &Path) -> Result<Option<Manifest>, Error> {
    let path = home.clone().join(MANIFEST);
    let Some(bytes) = store.read(&path).await? else { return Ok(None) };
    let manifest = serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("the manifest of the snapshot in `{}` cannot be read: {error}", store.place());
        Error::new(ErrorKind::Config, message).advice("Take a new snapshot with `tally-cluster snapshot`.")
    })?;
    Ok(Some(manifest))
}

/// Removes the folders of snapshots that nobody reads any more, and of those that were interrupted.
async fn forget(store: &Store, home: &Path, kept: [Option<&str>; 2]) -> Result<(), Error> {
    for folder in store.folders(home).await? {
        if !kept.contains(&Some(folder.as_str())) {
            store.remove(&home.clone().join(folder.as_str())).await?;
        }
    }
    Ok(())
}

/// A file of a snapshot: its kind and its number.
type Key = (RecordKind, u32);

/// Reads the source and shares its records out among files.
fn shared_out(source: Source, n_files: u32, to: &mpsc::Sender<(Key, RecordBatch)>) -> Result<(), Error> {
    let mut waiting: BTreeMap<Key, Rows> = BTreeMap::new();
    let mut failed = None;
    // Whoever writes may have failed and gone; its error is the news then.
    let send = |key: Key, rows: Rows| -> Result<(), Error> {
        let batch = rows.batch().map_err(failure::internal)?;
        to.blocking_send((key, batch)).map_err(|_| Error::new(ErrorKind::Internal, "nobody writes the snapshot"))
    };
    source(&mut |linked, unreadable| {
        if failed.is_some() {
            return;
        }
        let key = (linked.record.kind(), file_of(linked.record.id(), n_files));
        let rows = waiting.entry(key).or_default();
        let pushed = rows.push(linked, &unreadable).map_err(failure::internal);
        let full = rows.len() >= BATCH_ROWS;
        failed = pushed.and_then(|()| if full { send(key, std::mem::take(rows)) } else { Ok(()) }).err();
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    waiting.into_iter().filter(|(_, rows)| !rows.is_empty()).try_for_each(|(key, rows)| send(key, rows))
}

/// The file of an id: by a hash that stays what it is (FNV-1a), so that a record stays in its file from one snapshot to the
/// next of as many files.
fn file_of(id: &str, n_files: u32) -> u32 {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // Ids that count up differ in their last digits, which FNV alone leaves in some of its bits (MurmurHash3's finish).
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    ((mixed ^ (mixed >> 33)) % u64::from(n_files)) as u32
}

struct Writing<'a> {
    store: &'a Store,
    folder: Path,
    row_group_bytes: usize,
    open: BTreeMap<Key, Open>,
}

struct Open {
    name: String,
    writer: AsyncArrowWriter<BufWriter>,
}

impl Writing<'_> {
    async fn write(&mut self, key: Key, batch: &RecordBatch) -> Result<(), Error> {
        if !self.open.contains_key(&key) {
            self.open.insert(key, self.create(key)?);
        }
        let Some(Open { name, writer }) = self.open.get_mut(&key) else { return Ok(()) };
        let failed = |error: ParquetError| not_written(self.store, name, &error);
        writer.write(batch).await.map_err(failed)?;
        if writer.in_progress_size() >= self.row_group_bytes {
            writer.flush().await.map_err(failed)?;
        }
        Ok(())
    }

    fn create(&self, (kind, number): Key) -> Result<Open, Error> {
        let name = format!("{}/{number:05}.parquet", kind.name());
        let path = self.folder.clone().join(kind.name()).join(format!("{number:05}.parquet"));
        let level = ZstdLevel::try_new(3).map_err(failure::internal)?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        let object = BufWriter::new(self.store.objects(), path);
        let writer = AsyncArrowWriter::try_new(object, schema(), Some(properties)).map_err(failure::internal)?;
        Ok(Open { name, writer })
    }

    async fn finish(self) -> Result<BTreeMap<String, Vec<File>>, Error> {
        let mut files: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for ((kind, _), Open { name, mut writer }) in self.open {
            let metadata = writer.finish().await.map_err(|error| not_written(self.store, &name, &error))?;
            let n_records = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
            let file = File { name, n_records, n_bytes: writer.bytes_written() as u64 };
            files.entry(kind.name().to_owned()).or_default().push(file);
        }
        Ok(files)
    }
}

fn not_written(store: &Store, name: &str, error: &ParquetError) -> Error {
    let message = format!("`{name}` in `{}` cannot be written: {error}", store.place());
    Error::new(ErrorKind::Temporary, message)
        .advice("Check the space, the keys and that the store can be reached; then take the snapshot again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_spread_over_files_and_stay_in_theirs() {
        assert_eq!(["", "a", "case-1"].map(|id| file_of(id, 8)), [2, 5, 3]);
        let mut counts = [0; 8];
        (0..8000).for_each(|n| counts[file_of(&format!("id-{n}"), 8) as usize] += 1);
        assert!(counts.iter().all(|n| (800..1200).contains(n)), "{counts:?}");
        assert_eq!([0, 1, 250_000, 250_001, u64::MAX].map(files_for), [1, 1, 1, 2, FILES_MAX]);
    }
}
