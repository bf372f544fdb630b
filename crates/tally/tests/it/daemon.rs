//! A daemon that runs as a process of its own, and what it says.

use crate::site::{Ended, Site, command_in};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything here takes, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A daemon that is heard line by line.
pub(crate) struct Daemon {
    child: Child,
    lines: Receiver<String>,
    pub(crate) said: Vec<String>,
}

impl Daemon {
    pub(crate) fn start(site: &Site) -> Self {
        Self::of(command_in(site.folder(), &["serve", "--listen", "off"], &site.environment))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (to, lines) = channel();
        let err = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || err.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line with this event.
    #[track_caller]
    pub(crate) fn says(&mut self, event: &str) -> String {
        let wanted = format!(" event={event}");
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {event}: {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(&format!("{wanted} ")) || line.ends_with(&wanted) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// With a dashboard at a free port, and more arguments.
    pub(crate) fn with_dashboard(site: &Site, more: &[&str]) -> (Self, String) {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
        let mut daemon = Self::of(command_in(site.folder(), &arguments, &site.environment));
        let line = daemon.says("listening");
        let url = line.split(" url=").nth(1).expect("the line says where");
        (daemon, url.trim_start_matches("http://").to_owned())
    }

    /// Ends it as a machine that loses its power does.
    pub(crate) fn dies(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end.
    pub(crate) fn ends(mut self) -> Ended {
        self.said.extend(self.lines.iter());
        let code = self.child.wait().unwrap().code();
        Ended { code, out: String::new(), err: self.said.join("\n") }
    }
}

/// A test that fails leaves no daemon behind.
impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
