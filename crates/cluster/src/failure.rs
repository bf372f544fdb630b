//! What errors of the engine mean to the person who runs it.

use pipeline::{Error, ErrorKind};
use std::error::Error as _;

/// An error of the store that holds snapshots.
pub fn store(what: &str, error: &object_store::Error) -> Error {
    use object_store::Error as E;
    let (kind, advice) = match error {
        E::NotFound { .. } => (ErrorKind::Config, "Check `snapshot` in the configuration."),
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => (
            ErrorKind::Config,
            "Check the keys in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), and what they may do.",
        ),
        _ => (
            ErrorKind::Temporary,
            "Check that the store can be reached from here, and try again; an S3-compatible store is named by AWS_ENDPOINT.",
        ),
    };
    Error::new(kind, format!("{what}: {}", chain(error))).advice(advice)
}

/// An error of the computation, which a second attempt may not meet.
pub fn computation(what: &str, error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Temporary, format!("{what}: {error}")).advice(
        "Look into the logs of the scheduler and the executors: they have to run this version of tally-cluster, reach each \
         other and see the snapshot. Nothing was pushed; run again later.",
    )
}

/// A defect.
pub(crate) fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, error.to_string())
}

/// Keeps the first lines: an object store repeats whole answers.
fn chain(error: &object_store::Error) -> String {
    const EXCERPT_CHARS: usize = 400;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        let said = next.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = next.source();
    }
    text.chars().take(EXCERPT_CHARS).collect()
}
