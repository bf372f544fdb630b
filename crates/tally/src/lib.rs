//! The command line: it talks to people; the pipeline does the work. A library, so that a program with more to offer has
//! all commands of this one: see [`Program`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "stdout is data and stderr is talk")]

mod cli;
mod commands;
mod language;
mod panic;
mod program;
mod render;
mod terminal;
mod web;

pub use program::{Extra, Program, Talk, main};
