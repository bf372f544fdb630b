//! The simulators through their sockets, beside what the real servers answered.

mod dhis2;
mod faults;
mod http;
mod oracle;
mod population;
mod recordings;
mod replay;
mod traps;
