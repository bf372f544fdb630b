//! What `tally init` asks: flags first, then a person, if one sits there.

use super::files::SECRETS_FOLDER;
use crate::language::say;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{FuzzySelect, Input, Password};
use pipeline::setup::Secret;
use pipeline::{Error, ErrorKind};
use secrecy::SecretString;
use url::Url;

/// Choices that are shown at once.
const SHOWN: usize = 12;

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    can_ask: bool,
}

/// The account in DHIS2.
pub(super) struct Dhis2Account {
    pub(super) credentials: dhis2::Credentials,
    /// None with a token.
    pub(super) username: Option<String>,
    pub(super) secret: Secret,
    /// The password or token, to keep it if it was typed.
    pub(super) typed: SecretString,
}

impl Asker {
    pub(super) fn new(can_ask: bool) -> Self {
        Self { can_ask }
    }

    /// Whether a person sits there.
    pub(super) fn can_ask(self) -> bool {
        self.can_ask
    }

    /// An address.
    pub(super) fn url(self, given: Option<&Url>, flag: &str, prompt: &str) -> Result<Url, Error> {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        self.needs(flag)?;
        let theme = theme();
        let check = |text: &String| -> Result<(), String> { address(text).map(drop) };
        let text: String =
            Input::with_theme(&*theme).with_prompt(prompt).validate_with(check).interact_text().map_err(stopped)?;
        address(&text).map_err(|reason| Error::new(ErrorKind::Config, reason))
    }

    /// A line of text.
    pub(super) fn text(self, given: Option<&String>, flag: &str, prompt: &str) -> Result<String, Error> {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        self.needs(flag)?;
        let theme = theme();
        let text: String = Input::with_theme(&*theme).with_prompt(prompt).interact_text().map_err(stopped)?;
        Ok(text.trim().to_owned())
    }

    /// A password: of the environment, else as typed, which is kept in a file that only its owner may read.
    pub(super) fn secret(self, variable: &str, file: &str, prompt: &str) -> Result<(SecretString, Secret), Error> {
        if let Ok(secret) = std::env::var(variable)
            && !secret.trim().is_empty()
        {
            return Ok((SecretString::from(secret), Secret::Env(variable.to_owned())));
        }
        if !self.can_ask {
            return Err(Error::new(ErrorKind::Config, format!("`{variable}` is not set"))
                .advice(format!("Set the environment variable `{variable}` and run again.")));
        }
        let theme = theme();
        let typed = Password::with_theme(&*theme).with_prompt(prompt).interact().map_err(stopped)?;
        Ok((SecretString::from(typed), Secret::File(format!("{SECRETS_FOLDER}/{file}"))))
    }

    /// The account in DHIS2: a token of the environment, else a user with a password.
    pub(super) fn dhis2_account(self, username: Option<&String>) -> Result<Dhis2Account, Error> {
        const TOKEN: &str = "TALLY_DHIS2_TOKEN";
        let token = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
        if let (Some(token), None) = (token, username) {
            let typed = SecretString::from(token);
            let credentials = dhis2::Credentials::Token(typed.clone());
            return Ok(Dhis2Account { credentials, username: None, secret: Secret::Env(TOKEN.to_owned()), typed });
        }
        let username = self.text(username, "--dhis2-account", &say!("init-ask-username"))?;
        let prompt = say!("init-ask-password", who = username.as_str());
        let (password, secret) = self.secret("TALLY_DHIS2_PASSWORD", "dhis2-password", &prompt)?;
        let credentials = dhis2::Credentials::Basic { username: username.clone(), password: password.clone() };
        Ok(Dhis2Account { credentials, username: Some(username), secret, typed: password })
    }

    /// One of several, by its position: the one that is wanted, the only one, or a person's choice.
    pub(super) fn one_of(
        self,
        wanted: Option<&str>,
        flag: &str,
        prompt: &str,
        names: &[&str],
        is: impl Fn(usize, &str) -> bool,
    ) -> Result<usize, Error> {
        if let Some(wanted) = wanted {
            let fitting: Vec<usize> = (0..names.len()).filter(|at| names[*at] == wanted || is(*at, wanted)).collect();
            return match fitting.as_slice() {
                [only] => Ok(*only),
                [] => Err(Error::new(ErrorKind::Config, format!("{flag}: there is no `{wanted}`"))
                    .advice(near(wanted, names))),
                _ => Err(Error::new(ErrorKind::Config, format!("{flag}: there are several `{wanted}`"))
                    .advice("Give its id instead.")),
            };
        }
        if names.len() == 1 {
            return Ok(0);
        }
        if !self.can_ask {
            return Err(Error::new(ErrorKind::Config, format!("{flag} is not given, and there are {}", names.len()))
                .advice(format!("Give {flag} one of: {}.", names.join("; "))));
        }
        select(prompt, names)?.ok_or_else(|| stopped(dialoguer::Error::IO(std::io::ErrorKind::Interrupted.into())))
    }

    /// A block of the catalogue among those that are near, or none.
    pub(super) fn block(self, prompt: &str, near: &[String]) -> Result<Option<String>, Error> {
        let titled = near.iter().map(|name| {
            let title = pipeline::catalogue::find(name).map_or("", |(_, block)| block.title.as_str());
            format!("{name}: {title}")
        });
        let later = say!("init-later");
        let choices: Vec<String> = titled.chain([later]).collect();
        let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
        Ok(select(prompt, &choices)?.and_then(|at| near.get(at).cloned()))
    }

    fn needs(self, flag: &str) -> Result<(), Error> {
        if self.can_ask {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Config, format!("{flag} is not given, and nobody can be asked"))
            .advice(format!("Give {flag}, or run `tally init` in a terminal.")))
    }
}

fn near(wanted: &str, names: &[&str]) -> String {
    match epi::nearest(wanted, names) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("There is: {}.", names.join("; ")),
    }
}

fn select(prompt: &str, names: &[&str]) -> Result<Option<usize>, Error> {
    // Names come from servers: nothing in them may move the cursor or colour the screen.
    let names: Vec<String> = names.iter().map(|name| crate::render::query::printable(name).into_owned()).collect();
    let theme = theme();
    let select = FuzzySelect::with_theme(&*theme).with_prompt(prompt).items(&names).default(0);
    select.max_length(SHOWN).interact_opt().map_err(stopped)
}

fn theme() -> Box<dyn Theme> {
    if crate::terminal::is_fancy() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
}

/// An address as a person types it.
fn address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| format!("`{text}` is no address such as https://dhis2.example.org"))?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if is_web { Ok(url) } else { Err(format!("`{text}` is no address such as https://dhis2.example.org")) }
}

fn stopped(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == std::io::ErrorKind::Interrupted {
        return Error::new(ErrorKind::Config, "stopped before anything was written").advice("Run `tally init` again.");
    }
    Error::new(ErrorKind::Internal, format!("the terminal cannot be used: {error}"))
        .advice("Give --non-interactive and the flags; `tally init --help` lists them.")
}
