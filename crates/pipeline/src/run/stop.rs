//! The wish that a run ends soon.

use crate::error::{Code, Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks a run to end: what it is writing is finished and recorded, and nothing more is begun. The next run goes on from
/// there. Clones ask the same run.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends the run here, if somebody asked.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.is_asked() {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Temporary, "the run was asked to stop");
        Err(error.advice("The next run goes on from there.").coded(Code::Stopped))
    }
}
