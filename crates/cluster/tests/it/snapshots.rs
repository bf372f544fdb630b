//! Snapshots: written whole or not at all, and counted by the engine's plan in this very process.

use crate::people::{assert_same, counted_here, definitions, kinds, origin, record};
use cluster::engine::Job;
use cluster::manifest::Manifest;
use cluster::snapshot::{self, Source};
use cluster::store::Store;
use epi::record::RecordKind;
use jiff::Timestamp;
use pipeline::config::model::SnapshotPlace;
use pipeline::{Error, ErrorKind};
use std::path::Path;
use tokio::runtime::Runtime;

/// A runtime with stacks as large as the program's.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().thread_stack_size(32 << 20).enable_all().build().unwrap()
}

pub(crate) fn store(folder: &Path) -> Store {
    Store::open(&SnapshotPlace::Folder(folder.to_owned()), true).unwrap()
}

/// The first `n` records.
pub(crate) fn people(n: u64) -> Source {
    Box::new(move |with| {
        (0..n).map(record).for_each(|(record, unreadable)| with(&record, unreadable));
        Ok(())
    })
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_600_000_000 + second).unwrap()
}

pub(crate) fn write(runtime: &Runtime, store: &Store, n: u64, n_files: u32, second: i64) -> Manifest {
    runtime.block_on(snapshot::write(store, &origin(n), n_files, people(n), at(second))).unwrap()
}

#[test]
fn the_plan_counts_what_a_run_counts() {
    let (runtime, folder, definitions) = (runtime(), tempfile::tempdir().unwrap(), definitions());
    let store = store(folder.path());
    let manifest = write(&runtime, &store, 5000, 3, 0);
    let job = Job { scheduler: None, store, manifest, kinds: kinds(), definitions: definitions.clone() };
    let there = runtime.block_on(async { tokio::spawn(job.compute()).await.unwrap() }).unwrap();
    assert_same(&there, &counted_here(5000, &definitions), &definitions);
}

#[test]
fn a_snapshot_that_was_interrupted_is_not_read_and_goes_away() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let store = store(folder.path());
    let newest = || runtime.block_on(snapshot::manifest(&store, "people")).unwrap();
    assert_eq!(newest(), None);
    let broken: Source = Box::new(|with| {
        (0..3000).map(record).for_each(|(record, unreadable)| with(&record, unreadable));
        Err(Error::new(ErrorKind::Internal, "the line list ended"))
    });
    let failed = runtime.block_on(snapshot::write(&store, &origin(5000), 2, broken, at(0))).unwrap_err();
    assert_eq!(failed.message, "the line list ended");
    assert_eq!(newest(), None);

    let short = runtime.block_on(snapshot::write(&store, &origin(5000), 2, people(4999), at(1))).unwrap_err();
    assert_eq!(short.message, "4999 records were written of 5000");
    assert_eq!(newest(), None);

    let first = write(&runtime, &store, 1000, 2, 2);
    assert_eq!(newest().as_ref(), Some(&first));
    let second = write(&runtime, &store, 1100, 2, 3);
    let third = write(&runtime, &store, 1200, 2, 4);
    assert_eq!(newest().as_ref(), Some(&third));
    assert_eq!((third.n_records, third.n_of(RecordKind::ALL.map(RecordKind::name).into_iter())), (1200, 1200));
    let home = folder.path().join("outbreak=people");
    let mut left: Vec<String> =
        std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [second.folder.as_str(), &third.folder, "manifest.json"], "the last two, and nothing else");
}

#[test]
fn files_that_were_lost_are_noticed() {
    let (runtime, folder, definitions) = (runtime(), tempfile::tempdir().unwrap(), definitions());
    let store = store(folder.path());
    let manifest = write(&runtime, &store, 2000, 3, 0);
    let lost = folder.path().join("outbreak=people").join(&manifest.folder).join("case/00001.parquet");
    std::fs::remove_file(lost).unwrap();
    let job = Job { scheduler: None, store, manifest, kinds: kinds(), definitions };
    let failed = runtime.block_on(async { tokio::spawn(job.compute()).await.unwrap() }).unwrap_err();
    assert_eq!(failed.kind, ErrorKind::Temporary);
    assert!(failed.message.contains(" records were counted of "), "{failed}");
}
