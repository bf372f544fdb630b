//! Whether the process answers, and whether it does its work: for a supervisor, a load balancer, a monitor.

use jiff::{SignedDuration, Timestamp};
use pipeline::config::Config;
use pipeline::store::State;

/// A daemon looks around every 20 seconds at the least, or waits 15 for another one; one that has not for so long hangs.
pub(crate) const TURN_AGE_MAX: SignedDuration = SignedDuration::from_secs(90);

/// What the daemon of this process last said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// When its loop last turned.
    pub(crate) turned_at: Timestamp,
    /// What it does.
    pub(crate) doing: Doing,
    /// Jobs that people asked for and that have not begun.
    pub(crate) n_jobs: u64,
}

/// What a daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It has the lease, and nothing is due.
    Idle,
    /// It has the lease, and a run or a job is under way; its loop turns when that has ended.
    Busy,
    /// Another daemon has the lease.
    Waiting,
}

impl Doing {
    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Waiting => "waiting for another daemon",
        }
    }
}

/// An answer in plain text, for anybody: no path, no name, no number of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status of HTTP.
    pub(crate) status: u16,
    /// The text.
    pub(crate) body: String,
}

/// `/healthz`: who can say this is alive.
pub(crate) fn alive() -> Answer {
    Answer { status: 200, body: "alive\n".to_owned() }
}

/// `/readyz`: whether the state can be opened and the daemon's loop turns. One that waits for another daemon is ready: it does
/// what it should. 503 if not.
pub(crate) fn ready(config: &Config, pulse: Option<&Pulse>, now: Timestamp) -> Answer {
    let state = match State::open_read_only(&config.state_file()).and_then(|state| state.schema()) {
        Ok(_) => Ok("opens".to_owned()),
        // What the error says names the path of the file.
        Err(_) => Err("cannot be opened; `tally state` says why".to_owned()),
    };
    let parts = [("state", state), ("daemon", daemon(pulse, now))];
    let is_ready = parts.iter().all(|(_, part)| part.is_ok());
    let mut body = if is_ready { "ready\n".to_owned() } else { "not ready\n".to_owned() };
    for (name, Ok(said) | Err(said)) in parts {
        body += &format!("{name}: {said}\n");
    }
    Answer { status: if is_ready { 200 } else { 503 }, body }
}

fn daemon(pulse: Option<&Pulse>, now: Timestamp) -> Result<String, String> {
    let Some(pulse) = pulse else { return Err("has not begun".to_owned()) };
    let age = now.duration_since(pulse.turned_at);
    if pulse.doing != Doing::Busy && age > TURN_AGE_MAX {
        return Err(format!("has not looked around for {} seconds", age.as_secs()));
    }
    Ok(pulse.doing.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::metrics::tests::Folder;

    fn pulse(secs_ago: i64, doing: Doing) -> Option<Pulse> {
        Some(Pulse { turned_at: now() - SignedDuration::from_secs(secs_ago), doing, n_jobs: 0 })
    }

    fn now() -> Timestamp {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_process_answers() {
        assert_eq!(alive(), Answer { status: 200, body: "alive\n".to_owned() });
    }

    #[test]
    fn a_daemon_that_turns_is_ready_whether_it_works_or_waits() {
        let folder = Folder::with_state();
        for (pulse, said) in [
            (pulse(20, Doing::Idle), "idle"),
            (pulse(90, Doing::Waiting), "waiting for another daemon"),
            // A run may last for hours.
            (pulse(9_000, Doing::Busy), "busy"),
        ] {
            let answer = ready(&folder.config, pulse.as_ref(), now());
            assert_eq!((answer.status, answer.body), (200, format!("ready\nstate: opens\ndaemon: {said}\n")));
        }
    }

    #[test]
    fn a_daemon_that_hangs_or_has_not_begun_is_not_ready() {
        let folder = Folder::with_state();
        for (pulse, said) in [
            (pulse(91, Doing::Idle), "has not looked around for 91 seconds"),
            (pulse(91, Doing::Waiting), "has not looked around for 91 seconds"),
            (None, "has not begun"),
        ] {
            let answer = ready(&folder.config, pulse.as_ref(), now());
            assert_eq!((answer.status, answer.body), (503, format!("not ready\nstate: opens\ndaemon: {said}\n")));
        }
    }

    #[test]
    fn a_state_that_does_not_open_is_told_without_its_path() {
        let folder = Folder::with_state();
        std::fs::write(folder.config.state_file(), "no state at all, but long enough to be looked at").unwrap();
        let answer = ready(&folder.config, pulse(1, Doing::Idle).as_ref(), now());
        let said = "not ready\nstate: cannot be opened; `tally state` says why\ndaemon: idle\n";
        assert_eq!((answer.status, answer.body.as_str()), (503, said));
    }
}
