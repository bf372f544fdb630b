//! The real binary, stopped at a crash point: aborted there, killed there, or waiting until it may go on.

use crate::site::{Ended, Site, assert_silent, command_in};
use sandbox::canary::Canaries;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Longer than any run of a small outbreak takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the process ends at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It aborts.
    Abort,
    /// It is killed from outside.
    Kill,
}

/// Waits until something is there.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(3));
    }
}

/// A process that was started and not waited for.
pub(crate) struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Starts `tally` with some more environment.
    pub(crate) fn start(site: &Site, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let path = |name: &str| site.path(&format!("running-{number}-{name}"));
        let (out, err) = (path("out"), path("err"));
        let mut environment = site.environment.clone();
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut command: Command = command_in(site.folder(), arguments, &environment);
        let into = |path: &Path| Stdio::from(fs::File::create(path).unwrap());
        let child = command.stdout(into(&out)).stderr(into(&err)).spawn().unwrap();
        Self { child, out, err }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let status = wait_for("the end of the process", || self.child.try_wait().unwrap());
        self.ended(status.code())
    }

    /// Kills it, as the kernel does when memory runs out.
    pub(crate) fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.ended(None)
    }

    fn ended(self, code: Option<i32>) -> Ended {
        let ended =
            Ended { code, out: fs::read_to_string(&self.out).unwrap(), err: fs::read_to_string(&self.err).unwrap() };
        fs::remove_file(&self.out).unwrap();
        fs::remove_file(&self.err).unwrap();
        assert_silent(&Canaries::of_every_sandbox(), "a stopped process", &ended);
        ended
    }
}

/// A process that waits at a crash point.
pub(crate) struct Waiting {
    running: Running,
    file: PathBuf,
}

impl Waiting {
    /// Starts `tally` and waits until it stands at a point.
    #[track_caller]
    pub(crate) fn at(site: &Site, arguments: &[&str], point: &str) -> Self {
        Self::try_at(site, arguments, point).unwrap_or_else(|ended| panic!("`{point}` was not passed:\n{ended}"))
    }

    /// As [`Waiting::at`], for a point that is perhaps not passed: then the process has ended.
    pub(crate) fn try_at(site: &Site, arguments: &[&str], point: &str) -> Result<Self, Ended> {
        let file = site.path(&format!("waiting-at-{}", point.replace(['/', ' ', ':'], "-")));
        let more = [("TALLY_CRASH", point), ("TALLY_CRASH_FILE", file.to_str().unwrap())];
        let mut running = Running::start(site, arguments, &more);
        let waits = wait_for(point, || match (file.exists(), running.has_ended()) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        });
        if waits { Ok(Self { running, file }) } else { Err(running.end()) }
    }

    /// Kills it, as the kernel does when memory runs out.
    pub(crate) fn kill(self) -> Ended {
        let ended = self.running.kill();
        let _ = fs::remove_file(&self.file);
        ended
    }

    /// Lets it go on to its end.
    pub(crate) fn go_on(self) -> Ended {
        fs::remove_file(&self.file).unwrap();
        self.running.end()
    }
}

/// Runs `tally` until it ends at a point, and asserts that it did.
#[track_caller]
pub(crate) fn stop(site: &Site, arguments: &[&str], point: &str, how: How) -> Ended {
    if how == How::Kill {
        return Waiting::at(site, arguments, point).kill();
    }
    let mut environment = site.environment.clone();
    environment.insert("TALLY_CRASH".to_owned(), point.to_owned());
    let ended = site.tally_with(arguments, &environment);
    assert_eq!(ended.code, None, "`{point}` was not passed:\n{ended}");
    ended
}
