//! A scheduler and executors as processes on loopback.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use url::Url;

/// The machines of a cluster; they end with this.
pub(crate) struct Machines {
    pub(crate) url: Url,
    pub(crate) executors: Vec<Machine>,
    _scheduler: Machine,
}

/// A process of `tally-cluster`, with a folder of its own.
pub(crate) struct Machine {
    process: Child,
    folder: TempDir,
}

impl Machines {
    /// Starts a scheduler and so many executors of one core, and waits until all can be reached.
    pub(crate) fn start(n_executors: usize, environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let arguments = ["scheduler", "--port", &port.to_string(), "--lost-after-secs", "8"];
        let scheduler = Machine::start(&arguments, tempfile::tempdir().unwrap(), environment);
        let url = Url::parse(&format!("df://127.0.0.1:{port}")).unwrap();
        let executors = (0..n_executors).map(|_| {
            let folder = tempfile::tempdir().unwrap();
            let ports = [free_port(), free_port()].map(|port| port.to_string());
            let work = folder.path().join("work");
            let arguments = [
                "executor",
                "--scheduler",
                url.as_str(),
                "--host",
                "127.0.0.1",
                "--port",
                &ports[0],
                "--task-port",
                &ports[1],
                "--cores",
                "1",
                "--sign-of-life-secs",
                "1",
                "--folder",
                work.to_str().unwrap(),
            ];
            Machine::start(&arguments, folder, environment)
        });
        let executors = executors.collect();
        Self { url, executors, _scheduler: scheduler }
    }
}

impl Machine {
    fn start(arguments: &[&str], folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tally-cluster"));
        command.args(arguments).current_dir(folder.path()).env_clear().envs(environment.iter().copied());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut heard = String::new();
        while !heard.contains(" listens on ") {
            assert!(said.read_line(&mut heard).unwrap() > 0, "{arguments:?} ended: {heard}");
        }
        // What nobody reads would block the process in the end.
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        Self { process, folder }
    }

    /// Whether results of its tasks lie in its folder.
    pub(crate) fn has_results(&self) -> bool {
        holds_file(&self.folder.path().join("work"))
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn holds_file(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| if path.is_dir() { holds_file(&path) } else { true })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
