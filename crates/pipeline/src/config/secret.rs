//! Secrets come from the environment or from files, never from the configuration itself or from arguments.

use super::problem::{NOWHERE, Problem, SourceText, read_text};
use super::raw::At;
use secrecy::SecretString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Where a secret is to be found.
#[derive(Clone, Debug)]
pub struct SecretPlace {
    /// Which secret it is, for messages, such as `the Go.Data password`.
    pub what: &'static str,
    kind: Kind,
    place: Box<(SourceText, Range<usize>)>,
}

/// Where a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts<'p> {
    /// In this environment variable, or in a credential of its name.
    Variable(&'p str),
    /// In this file.
    File(&'p Path),
    /// What the configuration names is no place.
    Nowhere,
}

#[derive(Clone, Debug)]
enum Kind {
    Env(String),
    File(PathBuf),
}

/// No password or token is this long; a larger file is another one.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

impl SecretPlace {
    /// Chooses between an environment variable and a file; `None` when neither is given.
    pub(super) fn of(
        what: &'static str,
        env: Option<&At<String>>,
        file: Option<&At<String>>,
        source: &SourceText,
        folder: &Path,
    ) -> Result<Option<Self>, Problem> {
        let at = |kind, span| Some(Self { what, kind, place: Box::new((source.clone(), span)) });
        match (env, file) {
            (Some(env), Some(file)) if env.span() != NOWHERE => {
                Err(Problem::at(source, file.span(), format!("the place of {what} is given twice"))
                    .advice("Keep either the environment variable or the file."))
            }
            (Some(env), _) => Ok(at(Kind::Env(env.get().clone()), env.span())),
            (None, Some(file)) => Ok(at(Kind::File(folder.join(file.get())), file.span())),
            (None, None) => Ok(None),
        }
    }

    /// Where it is to be found, for people; never what it is.
    pub fn whereabouts(&self) -> Whereabouts<'_> {
        match &self.kind {
            // Somebody may have put the secret itself where its variable's name belongs.
            Kind::Env(name) if !is_name(name) => Whereabouts::Nowhere,
            Kind::Env(name) => Whereabouts::Variable(name),
            Kind::File(path) => Whereabouts::File(path),
        }
    }

    /// Reads the secret. An environment variable that is not set may be a file of that name in `$CREDENTIALS_DIRECTORY`,
    /// where `systemd` puts credentials. Line ends behind a secret are no part of it.
    ///
    /// # Errors
    /// The variable is not set, the file cannot be read, or the secret is empty.
    pub fn read(&self) -> Result<SecretString, Problem> {
        self.read_with(|name| std::env::var(name).ok())
    }

    /// As [`SecretPlace::read`], with another environment than the process's.
    ///
    /// # Errors
    /// As [`SecretPlace::read`].
    pub fn read_with(&self, env: impl Fn(&str) -> Option<String>) -> Result<SecretString, Problem> {
        let secret = match &self.kind {
            Kind::Env(name) => match env(name).or_else(|| credential(name, &env)) {
                Some(secret) => secret,
                None => return Err(self.not_set(name)),
            },
            Kind::File(path) => read_text(path, SECRET_BYTES_MAX).map_err(|(reason, advice)| {
                let message = format!("{} cannot be read from `{}`: {reason}", self.what, path.display());
                self.problem(
                    message,
                    advice.unwrap_or("Create the file, readable only by the account that runs Tally."),
                )
            })?,
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.trim().is_empty() {
            let message = match &self.kind {
                Kind::Env(name) => format!("{} is empty: environment variable `{name}`", self.what),
                Kind::File(path) => format!("{} is empty: file `{}`", self.what, path.display()),
            };
            return Err(self.problem(message, "Give it a value and run again."));
        }
        Ok(SecretString::from(secret.to_owned()))
    }

    fn not_set(&self, name: &str) -> Problem {
        // Somebody may have put the secret itself where its variable's name belongs; it must not be shown.
        if !is_name(name) {
            let message = format!("{} cannot be read: this is not the name of an environment variable", self.what);
            return self.problem(message, ADVICE);
        }
        let message = format!("{} is not set: environment variable `{name}`", self.what);
        self.problem(message, &format!("Set `{name}` and run again."))
    }

    /// A problem at the place where the configuration says where the secret is.
    pub fn at_its_place(&self, message: impl Into<String>) -> Problem {
        Problem::at(&self.place.0, self.place.1.clone(), message)
    }

    fn problem(&self, message: String, advice: &str) -> Problem {
        self.at_its_place(message).advice(advice)
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn credential(name: &str, env: impl Fn(&str) -> Option<String>) -> Option<String> {
    let folder = env("CREDENTIALS_DIRECTORY").filter(|_| is_name(name))?;
    read_text(&Path::new(&folder).join(name), SECRET_BYTES_MAX).ok()
}

/// What to do about a secret in the configuration.
pub(super) const ADVICE: &str = "Passwords and tokens do not belong in this file. Name the environment variable that holds \
                                 it with `password_env` or `token_env`, or the file with `password_file` or `token_file`.";

/// The key that says where a secret is, for a key with which one would write the secret itself.
pub(super) fn instead_of(key: &str) -> Option<&'static str> {
    match key.to_ascii_lowercase().as_str() {
        "password" | "pass" | "passwd" | "secret" => Some("password_env"),
        "token" | "api_token" | "access_token" | "pat" | "personal_access_token" => Some("token_env"),
        _ => None,
    }
}

/// The text without the secrets that stand in it against the rule, so that no message shows them.
pub(super) fn masked(text: &str, document: &DeTable<'_>) -> String {
    let mut masked = text.to_owned();
    for table in ["godata", "dhis2", "alerts"].into_iter().filter_map(|table| document.get(table)) {
        mask(table.get_ref(), text, &mut masked);
    }
    masked
}

/// Masks the secrets of a table and of the tables in it.
fn mask(value: &DeValue<'_>, text: &str, masked: &mut String) {
    match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                let is_secret = instead_of(key.get_ref()).is_some() && matches!(value.get_ref(), DeValue::String(_));
                match text.get(value.span()).filter(|_| is_secret) {
                    Some(written) => masked.replace_range(value.span(), &stars(written)),
                    None => mask(value.get_ref(), text, masked),
                }
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| mask(item.get_ref(), text, masked)),
        _ => {}
    }
}

/// As many bytes, so that places stay where they are.
fn stars(written: &str) -> String {
    written.bytes().map(|byte| if matches!(byte, b'\n' | b'\r' | b'"' | b'\'') { byte as char } else { '*' }).collect()
}
