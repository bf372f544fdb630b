//! The storm: a random walk of edits, faults, crashes, two processes and hours of simulated time, through the real binary
//! and against both simulators, that at rest has to equal the oracle cell for cell.
//!
//! A seed is a walk. Each step throws its own dice, so that it is replayed whatever the steps before it came to:
//!
//! - `TALLY_STORM_SEED=7 TALLY_STORM_STEPS=40` walks that seed alone, so many steps;
//! - `TALLY_STORM_WATCH="bmbNyNoJcXP 2020W8"` tells in the log of a failure how the values at these keys came about;
//! - `TALLY_STORM_MINUTES=30` walks one seed after the other, from `TALLY_STORM_SEED` or a new one on, until the time is over.

#![expect(clippy::print_stdout, reason = "a long storm says what it did")]

mod calm;
mod dice;
mod edits;
mod steps;
mod trouble;
mod truth;
mod walk;

use dice::Dice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use walk::{Counts, Walk};

/// The seeds of the gate. Each seed that ever found a defect stays here.
const GATE_SEEDS: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 2001];
/// The steps of each seed in the gate.
const GATE_STEPS: u64 = 16;
/// The steps of each seed in a long storm.
const LONG_STEPS: u64 = 40;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: `{text}`")))
}

/// Walks one seed. On failure: how to replay it, and what happened.
fn storm(seed: u64, n_steps: u64) -> Result<Counts, String> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let walked = catch_unwind(AssertUnwindSafe(|| {
        let mut walk = Walk::new(seed, Arc::clone(&log));
        for step in 1..=n_steps {
            walk.step(step);
            if Dice::of(seed, step + 2_000_000).percent(25) || step == n_steps {
                walk.calm(step);
            }
        }
        walk.counts
    }));
    walked.map_err(|panic| {
        let why = panic.downcast_ref::<String>().map(String::as_str);
        let why = why.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
        let log = log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).join("\n");
        format!(
            "seed {seed} fails: {why}\n\nto replay it:\n  TALLY_STORM_SEED={seed} TALLY_STORM_STEPS={n_steps} \
             cargo test -p tally --features crash-points storm::\n\nwhat happened:\n{log}\n"
        )
    })
}

#[test]
fn at_rest_dhis2_says_what_the_line_list_says() {
    let minutes = number("TALLY_STORM_MINUTES");
    let seed = number("TALLY_STORM_SEED");
    match (minutes, seed) {
        (Some(minutes), seed) => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            long(minutes, seed.unwrap_or(since.as_secs()));
        }
        (None, Some(seed)) => {
            let n_steps = number("TALLY_STORM_STEPS").unwrap_or(GATE_STEPS);
            let counts = storm(seed, n_steps).unwrap_or_else(|failure| panic!("{failure}"));
            println!("storm: seed {seed}: {counts}");
        }
        (None, None) => {
            let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
            std::thread::scope(|scope| {
                for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
                    scope.spawn(|| {
                        while let Some(seed) = GATE_SEEDS.get(next.fetch_add(1, Ordering::SeqCst)) {
                            let failure = storm(*seed, GATE_STEPS).err();
                            failures.lock().unwrap().extend(failure);
                        }
                    });
                }
            });
            let failures = failures.into_inner().unwrap();
            assert!(failures.is_empty(), "{}", failures.join("\n"));
        }
    }
}

/// One seed after the other on all cores until the time is over or one fails.
fn long(minutes: u64, first: u64) {
    let deadline = Instant::now() + Duration::from_secs(60 * minutes);
    let next = AtomicU64::new(first);
    let failed = AtomicBool::new(false);
    let (total, failures) = (Mutex::new(Counts::default()), Mutex::new(Vec::new()));
    let n_steps = number("TALLY_STORM_STEPS").unwrap_or(LONG_STEPS);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while Instant::now() < deadline && !failed.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    match storm(seed, n_steps) {
                        Ok(counts) => {
                            let mut total = total.lock().unwrap();
                            total.add(&counts);
                            println!("storm: seed {seed}: {counts}; so far {total}");
                        }
                        Err(failure) => {
                            failed.store(true, Ordering::SeqCst);
                            failures.lock().unwrap().push(failure);
                        }
                    }
                }
            });
        }
    });
    let (total, failures) = (total.into_inner().unwrap(), failures.into_inner().unwrap());
    println!("storm: {total}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
