//! The long storm: `tally`'s own test, told by the environment how long to walk and from which seed on.

use std::path::{Path, PathBuf};

use crate::{ci, root};

/// How long, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    minutes: u64,
    seed: Option<u64>,
}

/// Reads `--minutes N [--seed S]`; `None` for anything else.
pub(crate) fn options(words: &[&str]) -> Option<Options> {
    let (mut minutes, mut seed) = (None, None);
    for pair in words.chunks(2) {
        let [name, value] = pair else { return None };
        let place = match *name {
            "--minutes" => &mut minutes,
            "--seed" => &mut seed,
            _ => return None,
        };
        *place = Some(value.parse().ok()?);
    }
    Some(Options { minutes: minutes?, seed })
}

/// Walks one seed after the other on all cores, until the time is over or one fails. The test says what was done, and of a
/// failure how to replay it.
///
/// # Errors
/// A seed failed, or the shared folder is missing.
pub(crate) fn run(root: &Path, options: Options) -> Result<(), String> {
    let named = std::env::var_os(root::SHARED).map(PathBuf::from);
    let mut command = ci::cargo();
    command
        .args(["test", "-p", "tally", "--features", "tally/crash-points", "--locked"])
        .args(["--test", "it", "storm::at_rest", "--", "--nocapture"])
        .current_dir(root)
        .env(root::SHARED, root::shared(root, named)?)
        .env("TALLY_STORM_MINUTES", options.minutes.to_string());
    if let Some(seed) = options.seed {
        command.env("TALLY_STORM_SEED", seed.to_string());
    }
    ci::finish(command).map_err(|how| format!("the storm {how}; above it is told which seed, and how to replay it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_needed_and_a_seed_may_be_given() {
        let read = |words: &str| options(&words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(read("--minutes 5"), Some(Options { minutes: 5, seed: None }));
        assert_eq!(read("--seed 7 --minutes 30"), Some(Options { minutes: 30, seed: Some(7) }));
        for wrong in ["", "--seed 7", "--minutes", "--minutes x", "--hours 2", "5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
