//! Secrets come from the environment or from files, never from the configuration itself or from arguments.

use super::problem::{Problem, SourceText};
use super::raw::At;
use secrecy::SecretString;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where a secret is to be found.
#[derive(Clone, Debug)]
pub struct SecretPlace {
    /// Which secret it is, for messages, such as `the Go.Data password`.
    pub what: &'static str,
    kind: Kind,
    place: (SourceText, Range<usize>),
}

#[derive(Clone, Debug)]
enum Kind {
    Env(String),
    File(PathBuf),
}

impl SecretPlace {
    /// Chooses between an environment variable and a file; `None` when neither is given.
    pub(super) fn of(
        what: &'static str,
        env: Option<&At<String>>,
        file: Option<&At<String>>,
        source: &SourceText,
        folder: &Path,
    ) -> Result<Option<Self>, Problem> {
        let at = |kind, span| Some(Self { what, kind, place: (source.clone(), span) });
        match (env, file) {
            (Some(env), Some(_)) => Err(Problem::at(source, env.span(), format!("{what} is named twice"))
                .advice("Keep either the environment variable or the file.")),
            (Some(env), None) => Ok(at(Kind::Env(env.get().clone()), env.span())),
            (None, Some(file)) => Ok(at(Kind::File(folder.join(file.get())), file.span())),
            (None, None) => Ok(None),
        }
    }

    /// A problem at the place where the configuration says where the secret is.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::at(&self.place.0, self.place.1.clone(), message)
    }

    /// Reads the secret. An environment variable may be given as `systemd` gives it, in `$CREDENTIALS_DIRECTORY`.
    pub fn read(&self) -> Result<SecretString, Problem> {
        let problem = |message: String, advice: String| self.problem(message).advice(advice);
        let secret = match &self.kind {
            Kind::Env(name) => std::env::var(name).map_err(|_| {
                problem(
                    format!("{} is not set: environment variable `{name}`", self.what),
                    format!("Set `{name}` and run again."),
                )
            })?,
            Kind::File(path) => std::fs::read_to_string(path).map_err(|error| {
                problem(
                    format!("{} cannot be read from `{}`: {error}", self.what, path.display()),
                    "Create the file, readable only by the account that runs Tally.".to_owned(),
                )
            })?,
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(problem(format!("{} is empty", self.what), "Give it a value and run again.".to_owned()));
        }
        Ok(SecretString::from(secret.to_owned()))
    }
}
