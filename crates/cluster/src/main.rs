//! The `tally-cluster` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    tally::main(&cluster::program())
}
