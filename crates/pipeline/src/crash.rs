//! Places where a test ends the process, to show that whatever stops Tally, the next run repairs it.
//!
//! A *boundary* is an effect that a crash may fall before or after: a commit, a request that changes DHIS2, the reads of a
//! step, a file that comes or goes. Each has two crash points, `before NAME` and `after NAME`. All of them are in
//! [`BOUNDARIES`]; the crash matrix of `tally` ends the real binary at every one, so a new boundary is tested by being named.
//!
//! Nothing of this is in a release: without the feature `crash-points` every function here is empty, and with it a build
//! without debug assertions is refused. With the feature, the environment says what happens:
//!
//! - `TALLY_CRASH="before state/intent"`, or with `:3` for its third passing: the process aborts there.
//! - `TALLY_CRASH_PANIC=TEXT` as well: instead, it panics, and its message quotes the text.
//! - `TALLY_CRASH_FILE=FILE` as well: instead, it writes FILE and waits there until the file goes away, so that a test can
//!   stop it, kill it, or let it go on.
//! - `TALLY_DISK_FULL=state/receipt`, or with `:3`: from that commit on, SQLite has no page left.
//! - `TALLY_RETRY_MILLIS=5`: the pause before a request is repeated, so that a test with many faults does not wait for hours.

/// Every boundary. A commit has the name that it gives to the store's `Database::write`.
pub const BOUNDARIES: &[&str] = &[
    // Commits of the state file.
    "state/accepted",
    "state/access",
    "state/account",
    "state/adopted",
    "state/alert-acknowledged",
    "state/alerts",
    "state/audit",
    "state/cells",
    "state/cells-expired",
    "state/destination",
    "state/dhis2-seen",
    "state/due",
    "state/extraction",
    "state/forgotten",
    "state/godata-seen",
    "state/intent",
    "state/issues",
    "state/job-asked",
    "state/job-begun",
    "state/job-ended",
    "state/jobs-lost",
    "state/late-receipt",
    "state/lease-broken",
    "state/lease-kept",
    "state/lease-returned",
    "state/lease-taken",
    "state/n-records",
    "state/plan",
    "state/plan-decided",
    "state/plan-kept",
    "state/receipt",
    "state/record-ids-expired",
    "state/run-begun",
    "state/run-ended",
    "state/run-moved",
    "state/schema",
    "state/step",
    "state/unmapped",
    "state/withdrawn",
    // Commits of the line list.
    "line-list/base",
    "line-list/begun",
    "line-list/belonging",
    "line-list/discarded",
    "line-list/finished",
    "line-list/page",
    "line-list/schema",
    // Requests that change DHIS2.
    "dhis2/complete",
    "dhis2/import",
    "dhis2/import-as-job",
    // The reads of a step, from the first to the last.
    "read/completions",
    "read/diff",
    "read/extract",
    "read/lost-answer",
    "read/preflight",
    "read/settle",
    "read/verify",
    // Files that come and go.
    "file/backup",
    "file/certificate",
    "file/create",
    "file/export",
    "file/map",
    "file/plan",
    "file/setup",
    "file/remove",
];

#[cfg(all(feature = "crash-points", not(debug_assertions)))]
compile_error!("the feature crash-points is for tests and never in a release");

#[cfg(feature = "crash-points")]
pub use armed::{after, before, disk_is_full, job_values_min, retry_delay};
#[cfg(not(feature = "crash-points"))]
pub use unarmed::{after, before, disk_is_full, job_values_min, retry_delay};

/// What a release does: nothing.
#[cfg(not(feature = "crash-points"))]
mod unarmed {
    /// The effect of a boundary is about to happen.
    #[inline(always)]
    pub fn before(_: &'static str) {}

    /// The effect of a boundary has happened.
    #[inline(always)]
    pub fn after(_: &'static str) {}

    /// Whether the disk is to be full from this commit on.
    #[inline(always)]
    pub fn disk_is_full(_: &'static str) -> bool {
        false
    }

    /// From how many values on DHIS2 imports as a job.
    #[inline(always)]
    pub fn job_values_min(usual: usize) -> usize {
        usual
    }

    /// The first pause before a request is repeated.
    #[inline(always)]
    pub fn retry_delay(usual: std::time::Duration) -> std::time::Duration {
        usual
    }
}

#[cfg(feature = "crash-points")]
mod armed {
    use super::BOUNDARIES;
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    /// How often a stopped process looks whether it may go on.
    const LOOK: Duration = Duration::from_millis(5);

    /// A place and its n-th passing, as an environment variable names it.
    struct Trigger {
        place: String,
        nth: u64,
        passed: AtomicU64,
    }

    impl Trigger {
        fn from_environment(variable: &str) -> Option<Self> {
            let text = std::env::var(variable).ok()?;
            let (place, nth) = match text.rsplit_once(':') {
                Some((place, nth)) => (place, nth.parse().ok()),
                None => (text.as_str(), Some(1)),
            };
            let boundary = place.trim_start_matches("before ").trim_start_matches("after ");
            if !BOUNDARIES.contains(&boundary) {
                misspelt(&format!("{variable}: there is no boundary `{boundary}`"));
            }
            let nth = nth.unwrap_or_else(|| misspelt(&format!("{variable}: `{text}` ends in no number")));
            Some(Self { place: place.to_owned(), nth, passed: AtomicU64::new(0) })
        }

        /// Counts a passing, and says how many there were.
        fn pass(&self, moment: &str, boundary: &str) -> u64 {
            let here = self.place.strip_prefix(moment) == Some(boundary);
            if here { self.passed.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 }
        }
    }

    /// Ends the process over a variable that a test set wrongly. No panic: the binary repeats no message that quotes.
    #[expect(clippy::print_stderr, reason = "only tests build this, and they read it")]
    fn misspelt(message: &str) -> ! {
        eprintln!("{message}");
        std::process::exit(101)
    }

    /// The effect of a boundary is about to happen.
    pub fn before(boundary: &'static str) {
        point("before ", boundary);
    }

    /// The effect of a boundary has happened.
    pub fn after(boundary: &'static str) {
        point("after ", boundary);
    }

    fn point(moment: &'static str, boundary: &'static str) {
        static CRASH: OnceLock<Option<Trigger>> = OnceLock::new();
        assert!(BOUNDARIES.contains(&boundary), "boundary `{boundary}` is not in the list");
        let Some(trigger) = CRASH.get_or_init(|| Trigger::from_environment("TALLY_CRASH")) else { return };
        if trigger.pass(moment, boundary) != trigger.nth {
            return;
        }
        if let Ok(text) = std::env::var("TALLY_CRASH_PANIC") {
            panic!("a message that quotes `{text}`");
        }
        let Some(file) = std::env::var_os("TALLY_CRASH_FILE").map(PathBuf::from) else { std::process::abort() };
        std::fs::write(&file, format!("{moment}{boundary}\n")).expect("TALLY_CRASH_FILE can be written");
        while file.exists() {
            std::thread::sleep(LOOK);
        }
    }

    /// Whether the disk is to be full from this commit on.
    pub fn disk_is_full(boundary: &'static str) -> bool {
        static FULL: OnceLock<Option<Trigger>> = OnceLock::new();
        let trigger = FULL.get_or_init(|| Trigger::from_environment("TALLY_DISK_FULL"));
        trigger.as_ref().is_some_and(|trigger| {
            trigger.pass("", boundary);
            trigger.passed.load(Ordering::SeqCst) >= trigger.nth
        })
    }

    /// From how many values on DHIS2 imports as a job: fewer than usual, so that a small outbreak shows it.
    pub fn job_values_min(usual: usize) -> usize {
        std::env::var("TALLY_JOB_VALUES_MIN").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
    }

    /// The first pause before a request is repeated: shorter than usual where a test meets many faults.
    pub fn retry_delay(usual: Duration) -> Duration {
        let millis = std::env::var("TALLY_RETRY_MILLIS").ok().and_then(|n| n.parse().ok());
        millis.map_or(usual, Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The text of every source of this crate and of `tally`, this file apart.
    fn sources() -> Vec<String> {
        fn collect(folder: &Path, texts: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    collect(&path, texts);
                } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("pipeline/src/crash.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    texts.push(text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned());
                }
            }
        }
        let mut texts = Vec::new();
        for krate in ["../pipeline/src", "../tally/src"] {
            collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(krate), &mut texts);
        }
        texts
    }

    /// The names that stand as a text right behind a call.
    fn named<'t>(text: &'t str, call: &str) -> Vec<&'t str> {
        let behind = text.match_indices(call).map(|(at, _)| text[at + call.len()..].trim_start());
        behind.filter_map(|rest| rest.strip_prefix('"')?.split('"').next()).collect()
    }

    #[test]
    fn every_boundary_of_the_sources_is_in_the_list_and_the_other_way_round() {
        let mut found: BTreeSet<String> = BTreeSet::new();
        let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
        for text in sources() {
            // Commits, and files that are there whole or not at all, pass their name on.
            let calls = [".write(", ".write_soon(", "schema_commit:", ".finish("];
            for name in calls.iter().flat_map(|call| named(&text, call)) {
                begun.insert(name.to_owned());
                ended.insert(name.to_owned());
            }
            begun.extend(named(&text, "crash::before(").into_iter().map(str::to_owned));
            ended.extend(named(&text, "crash::after(").into_iter().map(str::to_owned));
            for call in [".write(", ".write_soon("] {
                found.extend(named(&text, call).into_iter().map(str::to_owned));
            }
        }
        assert!(found.len() > 20, "commits were found: {found:?}");
        let declared: BTreeSet<String> = BOUNDARIES.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(begun, declared, "boundaries that begin");
        assert_eq!(ended, declared, "boundaries that end");
        assert_eq!(declared.len(), BOUNDARIES.len(), "each stands once");
    }

    #[test]
    fn no_commit_goes_without_a_name() {
        for text in sources() {
            for call in ["database.write(", "database.write_soon(", "self.write("] {
                let n = text.matches(call).count();
                let with_name = text.matches(call).count()
                    - text
                        .match_indices(call)
                        .filter(|(at, _)| {
                            let rest = text[at + call.len()..].trim_start();
                            let passed_on = ["\"", "format.schema_commit", "boundary,"];
                            !passed_on.iter().any(|beginning| rest.starts_with(beginning))
                        })
                        .count();
                assert_eq!(n, with_name, "a commit has no name:\n{text}");
            }
        }
    }
}
