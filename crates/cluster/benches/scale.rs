//! What a computation costs: `cargo bench --bench scale -- RECORDS FILES [df://SCHEDULER]`.
//!
//! Writes a snapshot of so many invented records, computes a report of six indicators over it in this process or on a
//! cluster that is running, holds the number of records against the account, and prints CPU seconds
//! and memory of this process.
//! `--profile dev` measures the build that the gate makes.
#![expect(clippy::print_stdout, reason = "what was measured is data")]

#[path = "../tests/it/people.rs"]
#[expect(dead_code, reason = "tests compare, this measures")]
mod people;

use cluster::engine::Job;
use cluster::snapshot::{self, Source};
use cluster::store::Store;
use epi::record::RecordKind;
use jiff::Timestamp;
use pipeline::config::model::SnapshotPlace;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |place: usize, otherwise: u64| {
        arguments.get(place).map_or(otherwise, |text| text.parse().expect("a number of records, a number of files"))
    };
    let (n, n_files) = (number(0, 100_000), number(1, 8));
    let scheduler = arguments.get(2).map(|url| url.parse().expect("the address of a scheduler"));
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(32 << 20).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&SnapshotPlace::Folder(folder.path().to_owned()), true).expect("the folder");
    let source: Source = Box::new(move |with| {
        (0..n).map(people::record).for_each(|(record, unreadable)| with(&record, unreadable));
        Ok(())
    });
    let clock = Clock::start();
    let files = u32::try_from(n_files).expect("a few files");
    let origin = people::origin(n);
    let written = snapshot::write(&store, &origin, files, source, Timestamp::now());
    let manifest = runtime.block_on(written).expect("the snapshot");
    let n_bytes: u64 = manifest.files.values().flatten().map(|file| file.n_bytes).sum();
    println!("{n} records in {n_files} files of each kind, {:.1} MB: written {}", n_bytes as f64 / 1e6, clock.read());

    let definitions = people::definitions();
    let kinds = RecordKind::ALL.map(RecordKind::name).to_vec();
    let job = Job { scheduler, store, manifest, kinds, definitions };
    let clock = Clock::start();
    let computed = runtime.block_on(async { tokio::spawn(job.compute()).await });
    let aggregation = computed.expect("no panic").expect("an answer");
    assert_eq!(aggregation.account.n_records, n);
    println!("{} cells: computed {}; at most {} MB of memory", aggregation.cells.len(), clock.read(), peak_mb());
}

struct Clock {
    wall: Instant,
    cpu: f64,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_secs() }
    }

    fn read(&self) -> String {
        format!("in {:.2} s of CPU, {:.2} s of wall", cpu_secs() - self.cpu, self.wall.elapsed().as_secs_f64())
    }
}

/// The most memory that this process ever had, from Linux; 0 elsewhere.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// User and system time of this process, from Linux; 0 elsewhere.
fn cpu_secs() -> f64 {
    const TICKS_PER_SEC: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SEC
}
