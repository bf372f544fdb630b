//! The real binary, stopped at a crash point: aborted there, killed there, or waiting until it may go on.

use crate::site::{Ended, Site, assert_silent, command_in};
use sandbox::canary::Canaries;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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

/// A process that waits at a crash point.
pub(crate) struct Waiting {
    child: Child,
    file: PathBuf,
    out: PathBuf,
    err: PathBuf,
}

impl Waiting {
    /// Starts `tally` and waits until it stands at a point.
    #[track_caller]
    pub(crate) fn at(site: &Site, arguments: &[&str], point: &str) -> Self {
        let path = |name: &str| site.path(&format!("waiting-{name}-{}", point.replace(['/', ' ', ':'], "-")));
        let (file, out, err) = (path("at"), path("out"), path("err"));
        let mut environment = site.environment.clone();
        environment.insert("TALLY_CRASH".to_owned(), point.to_owned());
        environment.insert("TALLY_CRASH_FILE".to_owned(), file.to_str().unwrap().to_owned());
        let mut command: Command = command_in(site.folder(), arguments, &environment);
        let into = |path: &Path| Stdio::from(fs::File::create(path).unwrap());
        let mut child = command.stdout(into(&out)).stderr(into(&err)).spawn().unwrap();
        wait_for(point, || {
            if let Some(status) = child.try_wait().unwrap() {
                let said = fs::read_to_string(&err).unwrap_or_default();
                panic!("`{point}` was not passed; the process ended with {status}:\n{said}");
            }
            file.exists().then_some(())
        });
        Self { child, file, out, err }
    }

    /// Kills it, as the kernel does when memory runs out.
    pub(crate) fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let _ = fs::remove_file(&self.file);
        self.ended(None)
    }

    /// Lets it go on to its end.
    pub(crate) fn go_on(mut self) -> Ended {
        fs::remove_file(&self.file).unwrap();
        let status = wait_for("the end of the process", || self.child.try_wait().unwrap());
        self.ended(status.code())
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
