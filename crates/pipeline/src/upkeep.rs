//! Looking after the state folder: what is in it, copies of it, whether it is sound, and two ways to let go of what it says.
//! Nothing here talks to a server, and nothing here changes DHIS2.

mod backup;
mod inspect;
mod overview;
mod reset;
mod unlock;

pub use backup::{Copied, backup};
pub use inspect::{Finding, Inspection, Severity, inspect};
pub use overview::{
    KnownDestination, LeaseFacts, LineListFacts, OpenIntent, Overview, ReportFacts, UnfinishedRun, overview,
};
pub use reset::{Forgotten, ResetRequest, n_remembered, reset};
pub use unlock::{Unlocked, unlock};

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::store::State;

/// Opens the state file to look at it, if there is one.
fn look_at(config: &Config) -> Result<Option<State>, Error> {
    let path = config.state_file();
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(State::open_read_only(&path)?))
}

/// The error of a command that needs a state where there is none.
fn no_state(config: &Config) -> Error {
    let message = format!("there is no state file {}", config.state_file().display());
    Error::new(ErrorKind::Config, message).advice("The first `tally run` makes it. Is it the right configuration?")
}
