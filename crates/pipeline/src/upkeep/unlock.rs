//! Taking the leases away from a process that is gone.

use super::overview::life;
use super::{look_at, no_state};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::run::guard::{DAEMON, LEASE};
use crate::run::holder::{self, Life};
use crate::run::open_state;
use crate::store::{AuditRow, State};
use jiff::Timestamp;
use serde::Serialize;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unlocked {
    /// Who held the lease of a run; `None`: nobody did.
    pub holder: Option<String>,
    /// What a person should know, if a lease was taken from a process that may live, or left to one.
    pub warning: Option<String>,
    /// The daemon whose lease was taken away; `None`: there was none, or it is left its lease.
    pub daemon: Option<String>,
}

/// Takes the lease of a run away from its holder, if that is a process of this machine which is gone; with `force` from
/// anybody. So for the lease of the daemon, but that one is in nobody's way who is not a daemon: one that lives is left alone.
///
/// # Errors
/// The holder of the lease of a run lives, or may live and `force` is not given; there is no state; what the file says.
pub fn unlock(config: &Config, force: bool, actor: &str, now: Timestamp) -> Result<Unlocked, Error> {
    if look_at(config)?.is_none() {
        return Err(no_state(config));
    }
    let mut state = open_state(config)?;
    let (holder, of_run) = of_run(&mut state, force, actor, now)?;
    let (daemon, of_daemon) = of_daemon(&mut state, force, actor, now)?;
    Ok(Unlocked { holder, warning: of_run.or(of_daemon), daemon })
}

type Taken = (Option<String>, Option<String>);

fn of_daemon(state: &mut State, force: bool, actor: &str, now: Timestamp) -> Result<Taken, Error> {
    let Some((stored, until)) = state.lease_holder(DAEMON)? else { return Ok((None, None)) };
    let shown = holder::for_people(&stored);
    let warning = match life(&stored) {
        Life::Gone => None,
        _ if until <= now => None,
        Life::Alive if !force => return Ok((None, None)),
        Life::Unknown if !force => {
            let warning = format!(
                "the daemon of {shown} keeps its lease, as it cannot be seen from here; --force takes it, or it runs out at {until}"
            );
            return Ok((None, Some(warning)));
        }
        _ => Some(format!("if the daemon of {shown} is still running, it waits for its turn again")),
    };
    take(state, DAEMON, (&stored, &shown), force, (actor, now))?;
    Ok((Some(shown), warning))
}

fn of_run(state: &mut State, force: bool, actor: &str, now: Timestamp) -> Result<Taken, Error> {
    let Some((stored, until)) = state.lease_holder(LEASE)? else { return Ok((None, None)) };
    let shown = holder::for_people(&stored);
    let warning = match life(&stored) {
        Life::Gone => None,
        _ if until <= now => None,
        Life::Alive if !force => {
            let advice = "Wait for it, or end that process first. --force takes the lease away all the same.";
            return Err(Error::new(ErrorKind::Temporary, format!("{shown} is running")).advice(advice));
        }
        Life::Unknown if !force => {
            let message = format!("whether {shown} is still running cannot be seen from here");
            let advice = format!(
                "Make sure that it is gone and use --force, or wait: without a sign of life the lease runs out at {until}."
            );
            return Err(Error::new(ErrorKind::Temporary, message).advice(advice));
        }
        Life::Alive => Some(format!("{shown} is running; it stops before it writes again")),
        Life::Unknown => Some(format!("if {shown} is still running, it stops before it writes again")),
    };
    take(state, LEASE, (&stored, &shown), force, (actor, now))?;
    Ok((Some(shown), warning))
}

fn take(
    state: &mut State,
    name: &str,
    (stored, shown): (&str, &str),
    force: bool,
    (actor, now): (&str, Timestamp),
) -> Result<(), Error> {
    let detail = format!("lease `{name}` of {shown}{}", if force { ", by force" } else { "" });
    let row = AuditRow { at: now, actor: actor.to_owned(), action: "unlock".into(), detail };
    if !state.break_lease(name, stored, &row)? {
        let message = format!("{shown} has just given the lease to somebody else");
        return Err(Error::new(ErrorKind::Temporary, message).advice("Look again with `tally state show`."));
    }
    Ok(())
}
