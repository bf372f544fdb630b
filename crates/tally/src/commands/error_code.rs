//! `tally explain error`: what a code means and what to do, without the manual.

use super::show;
use crate::cli::Cli;
use pipeline::{Code, Error, ErrorKind};
use serde::Serialize;

#[derive(Serialize)]
struct Explained {
    code: &'static str,
    cause: &'static str,
    remedy: &'static str,
}

impl From<Code> for Explained {
    fn from(code: Code) -> Self {
        Self { code: code.name(), cause: code.cause(), remedy: code.remedy() }
    }
}

/// The cause and the remedy of an error; of all errors without a code.
pub(crate) fn error_code(name: Option<&str>, cli: &Cli) -> Result<u8, Error> {
    let codes = match name {
        None => Code::ALL.to_vec(),
        Some(name) => vec![Code::named(name).ok_or_else(|| {
            let error = Error::new(ErrorKind::Config, format!("no error has the code `{name}`"));
            error.advice(
                "`tally explain error` lists all codes; those of the doctor stand in its chapter of the manual.",
            )
        })?],
    };
    let explained: Vec<Explained> = codes.into_iter().map(Explained::from).collect();
    show(cli, &explained, || {
        let told = |one: &Explained| format!("{}\n  cause:  {}\n  remedy: {}\n", one.code, one.cause, one.remedy);
        explained.iter().map(told).collect::<Vec<_>>().join("\n")
    })?;
    Ok(0)
}
