//! Errors of a run: small reports to the person who runs Tally.

mod code;

pub use code::Code;

use crate::config::Problem;
use std::fmt;

/// Whose matter it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A defect in Tally.
    Internal,
    /// The configuration, a file beside it, or the state folder.
    Config,
    /// Go.Data.
    Godata,
    /// DHIS2.
    Dhis2,
    /// Everything waits for a person or for a later day.
    Held,
    /// It may pass by itself: try again later.
    Temporary,
}

impl ErrorKind {
    /// The exit code of a process that ends with it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Config => 10,
            Self::Godata => 20,
            Self::Dhis2 => 30,
            Self::Held => 40,
            Self::Temporary => 75,
        }
    }

    /// The name in JSON and in the history.
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Config => "configuration",
            Self::Godata => "godata",
            Self::Dhis2 => "dhis2",
            Self::Held => "held",
            Self::Temporary => "temporary",
        }
    }
}

/// An error that ends a run.
#[derive(Debug)]
pub struct Error {
    /// Whose matter it is.
    pub kind: ErrorKind,
    /// The name under which it is looked up.
    pub code: Code,
    /// What failed: a lowercase fragment that names the input.
    pub message: String,
    /// What to do next: full sentences.
    pub advice: Option<String>,
    /// All that is wrong, when it is more than one thing or has a place in a file.
    pub problems: Vec<Problem>,
}

impl Error {
    /// An error with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, code: Code::of(kind), message: message.into(), advice: None, problems: Vec::new() }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Gives it a code of its own.
    #[must_use]
    pub fn coded(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// An error with its place in a file.
    pub fn at(kind: ErrorKind, problem: Problem) -> Self {
        let message = problem.message.clone();
        Self { problems: vec![problem], ..Self::new(kind, message) }
    }

    /// Problems of the configuration.
    pub fn config(problems: Vec<Problem>) -> Self {
        let message = match problems.as_slice() {
            [only] => only.message.clone(),
            several => format!("the configuration has {} problems", several.len()),
        };
        Self { problems, ..Self::new(ErrorKind::Config, message) }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::config(vec![problem])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
