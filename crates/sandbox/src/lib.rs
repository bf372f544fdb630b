//! Simulators of Go.Data and DHIS2 with scripted faults, a seeded outbreak and an oracle.
//!
//! The crate depends on no other crate of the workspace: a simulator that shared a client's types
//! could not catch a wrong one. Both simulators are real HTTP servers on the loopback interface, so
//! that a client under test goes through its own sockets, time-outs and decoders.

pub mod canary;
pub mod clock;
pub mod dhis2;
pub mod fault;
pub mod fault_catalogue;
pub mod godata;
pub mod listen;
pub mod oracle;
pub mod population;
mod random;
pub mod world;
