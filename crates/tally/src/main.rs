//! The `tally` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    tally::main(&tally::Program::default())
}
