//! A machine is lost in the middle of a computation.

use crate::machines::Machines;
use crate::people::{assert_same, counted_here, definitions, kinds};
use crate::snapshots::{runtime, store, write};
use cluster::engine::Job;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Enough for some seconds of work in a debug build.
const N: u64 = 60_000;

#[test]
fn what_a_lost_executor_did_is_done_again() {
    let (runtime, folder, definitions) = (runtime(), tempfile::tempdir().unwrap(), definitions());
    let store = store(folder.path());
    let manifest = write(&runtime, &store, N, 16, 0);
    let mut machines = Machines::start(2, &[]);
    let scheduler = Some(machines.url.clone());
    let job = Job { scheduler, store, manifest, kinds: kinds(), definitions: definitions.clone() };
    let (sender, ended) = mpsc::channel();
    runtime.spawn(async move { sender.send(job.compute().await) });

    // The first of its results is there, and the job is not done: that is the middle.
    while !machines.executors[0].has_results() {
        let early = ended.recv_timeout(Duration::from_millis(5));
        assert!(matches!(early, Err(RecvTimeoutError::Timeout)), "the job ended before it was disturbed");
    }
    machines.executors[0].kill();
    assert!(matches!(ended.try_recv(), Err(mpsc::TryRecvError::Empty)), "the job ended before it was disturbed");

    let there = ended.recv().unwrap().unwrap_or_else(|error| panic!("{error}"));
    assert_same(&there, &counted_here(N, &definitions), &definitions);
}
