//! Integration tests of the simulators, over real sockets.

mod dhis2;
