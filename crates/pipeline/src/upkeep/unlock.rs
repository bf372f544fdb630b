//! Taking the lease away from a process that is gone.

use super::overview::life;
use super::{look_at, no_state};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::run::guard::LEASE;
use crate::run::holder::{self, Life};
use crate::run::open_state;
use crate::store::AuditRow;
use jiff::Timestamp;
use serde::Serialize;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unlocked {
    /// Who held the lease; `None`: nobody did.
    pub holder: Option<String>,
    /// What a person should know, if the lease was taken from a process that may live.
    pub warning: Option<String>,
}

/// Takes the lease away from its holder, if that is a process of this machine which is gone; with `force` from anybody.
///
/// # Errors
/// The holder lives, or may live and `force` is not given; there is no state; what the file says.
pub fn unlock(config: &Config, force: bool, actor: &str, now: Timestamp) -> Result<Unlocked, Error> {
    if look_at(config)?.is_none() {
        return Err(no_state(config));
    }
    let mut state = open_state(config)?;
    let Some((stored, until)) = state.lease_holder(LEASE)? else {
        return Ok(Unlocked { holder: None, warning: None });
    };
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
    let detail = format!("lease `{LEASE}` of {shown}{}", if force { ", by force" } else { "" });
    let row = AuditRow { at: now, actor: actor.to_owned(), action: "unlock".into(), detail };
    if !state.break_lease(LEASE, &stored, &row)? {
        let message = format!("{shown} has just given the lease to somebody else");
        return Err(Error::new(ErrorKind::Temporary, message).advice("Look again with `tally state show`."));
    }
    Ok(Unlocked { holder: Some(shown), warning })
}
