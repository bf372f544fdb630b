//! The gate and the generators: `cargo xtask ci` is everything that a change must pass.
//!
//! It needs cargo, git, a C compiler, Chromium, node with npm and Python, and no network once the crates and packages are fetched.
#![expect(clippy::print_stdout, reason = "the gate talks to the person or the machine that runs it")]

mod ci;
mod generate;
mod outside;
mod root;
mod storm;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask ci [--only STEP]    the whole gate, or one step of it
       cargo xtask tidy                the invariants of ARCHITECTURE.md
       cargo xtask storm --minutes N [--seed S]
                                       random walks through the real binary, from seed S or a new one on
       cargo xtask generate [--check]  write the generated files, or tell which are stale";

/// The exit code for a command line that makes no sense, as everywhere in Tally.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["ci"] => root::find().and_then(|root| ci::run(&root, None)),
        ["ci", "--only", step] => root::find().and_then(|root| ci::run(&root, Some(step))),
        ["tidy"] => root::find().and_then(|root| tidy::check(&root)),
        ["storm", options @ ..] => match storm::options(options) {
            Some(options) => root::find().and_then(|root| storm::run(&root, options)),
            None => return usage(),
        },
        ["generate"] => root::find().and_then(|root| generate::write(&root)),
        ["generate", "--check"] => root::find().and_then(|root| generate::check(&root)),
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            println!("{report}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    println!("{USAGE}\nsteps: {}", ci::step_names().join(", "));
    ExitCode::from(EXIT_USAGE)
}
