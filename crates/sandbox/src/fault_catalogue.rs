//! The fault catalogue: everything that is known to go wrong at Go.Data and at DHIS2, by name, playable on a [`World`].
//!
//! A name is for tests, which arm the fault, run, disarm it and run again, and for people, who try it with
//! `tally sandbox --fault NAME`. A fault whose cause is a person's or an administrator's doing is scripted as that: the
//! simulated server is changed in the middle of a run, not its answers.

mod dhis2;
mod godata;

use crate::world::World;

/// Which server it happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Go.Data.
    Godata,
    /// DHIS2.
    Dhis2,
}

/// A fault with a name.
#[derive(Clone, Copy, Debug)]
pub struct NamedFault {
    /// The name: the server's, a hyphen, and what happens in words with hyphens.
    pub name: &'static str,
    /// The server.
    pub server: Server,
    /// What happens, in one sentence.
    pub what: &'static str,
    arm: fn(&World),
    undo: fn(&World),
}

impl NamedFault {
    /// Scripts the fault. It plays with the requests that follow.
    pub fn arm(&self, world: &World) {
        (self.arm)(world);
    }

    /// Ends the fault: no rule is left, held requests go on, and what an administrator did to an account or a data set is
    /// put right. What became of records and values meanwhile stays.
    pub fn disarm(&self, world: &World) {
        for faults in [world.godata.faults(), &world.dhis2_faults] {
            faults.clear();
            faults.release();
        }
        (self.undo)(world);
    }
}

/// All faults, those of Go.Data first.
pub fn all() -> impl Iterator<Item = &'static NamedFault> {
    godata::FAULTS.iter().chain(dhis2::FAULTS)
}

/// The fault of that name.
pub fn find(name: &str) -> Option<&'static NamedFault> {
    all().find(|fault| fault.name == name)
}

fn nothing(_: &World) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_begin_with_their_server() {
        let names: BTreeSet<&str> = all().map(|fault| fault.name).collect();
        assert_eq!(names.len(), all().count());
        for fault in all() {
            let server = if fault.server == Server::Godata { "godata-" } else { "dhis2-" };
            assert!(fault.name.starts_with(server), "{}", fault.name);
            assert!(fault.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(fault.what.ends_with('.') && fault.what.len() > 20, "{}", fault.name);
            assert_eq!(find(fault.name).map(|found| found.name), Some(fault.name));
        }
        assert!(find("godata").is_none());
    }
}
