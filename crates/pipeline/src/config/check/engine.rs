//! The engine that computes reports, if it is not this process.

use super::{Checker, located};
use crate::config::model::{EngineModel, Located, SnapshotPlace};
use crate::config::raw::{self, At};
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Seconds that a computation may take when nothing is said: a billion records on a few machines.
const DEFAULT_TIMEOUT_SECS: u32 = 3600;

impl Checker<'_> {
    pub(super) fn engine(&mut self, raw: &raw::Engine, folder: &Path) -> Option<EngineModel> {
        let scheduler = self.scheduler(&located(&raw.scheduler));
        let snapshot = self.snapshot(&raw.snapshot, folder);
        let secs = raw.timeout_secs.as_ref().map_or(DEFAULT_TIMEOUT_SECS, |at| *at.get());
        let timeout = Duration::from_secs(u64::from(secs));
        Some(EngineModel { scheduler: scheduler?, snapshot: snapshot?, timeout })
    }

    fn scheduler(&mut self, at: &Located<String>) -> Option<Located<Url>> {
        let is_scheduler = |url: &Url| {
            let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
            url.scheme() == "df" && url.has_host() && bare && matches!(url.path(), "" | "/")
        };
        let url = Url::parse(&at.value).ok().filter(is_scheduler);
        if url.is_none() {
            self.at(at.span.clone(), "this is not the address of a Ballista scheduler")
                .advice("It should look like `df://scheduler.example.org:50050`.");
        }
        Some(Located { value: url?, span: at.span.clone() })
    }

    fn snapshot(&mut self, at: &At<String>, folder: &Path) -> Option<Located<SnapshotPlace>> {
        let found = SnapshotPlace::parse(at.get(), folder);
        if found.is_none() {
            self.at(at.span(), format!("`{}` is neither a folder nor a place in an object store", at.get())).advice(
                "It should look like `/srv/snapshots` or `s3://bucket/folder`; keys are read from the environment.",
            );
        }
        Some(Located { value: found?, span: at.span() })
    }
}
