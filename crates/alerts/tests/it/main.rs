//! Messages to real servers of the test's own.

mod hooks;
mod letters;
mod mail_server;
