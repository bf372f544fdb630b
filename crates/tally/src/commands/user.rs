//! `tally user`: who may sign in to the dashboard.

use super::show;
use super::state::actor;
use crate::cli::{Cli, UserArgs, UserCommand, UserRoleArgs};
use crate::language::say;
use crate::terminal;
use crate::web::door::password;
use dialoguer::Password;
use pipeline::access::{Role, is_name};
use pipeline::config::{self, Config};
use pipeline::store::{AuditRow, State, User};
use pipeline::{Error, ErrorKind, clock, failure};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::io::{BufRead, Read};
use std::path::Path;

/// What the user said about users.
pub(crate) fn user(command: &UserCommand, cli: &Cli) -> Result<u8, Error> {
    match command {
        UserCommand::Add(args) => add(args, cli),
        UserCommand::List(args) => list(&args.config, cli),
        UserCommand::Remove(args) => remove(args, cli),
        UserCommand::Role(args) => role(args, cli),
        UserCommand::Reset(args) => reset(args, cli),
    }?;
    Ok(0)
}

fn add(args: &UserRoleArgs, cli: &Cli) -> Result<(), Error> {
    let (name, role) = (named(&args.who.name)?, role_of(&args.role));
    let (_, mut state) = opened(&args.who.state.config)?;
    if state.user_with_hash(name).map_err(|error| failure::store(&error))?.is_some() {
        return Err(taken(name));
    }
    let hash = password::hash(&asked()?)?;
    let user = User { name: name.to_owned(), role, created_at: clock::now() };
    let row = audit("user added", format!("{name}, {}", role.name()));
    if !state.add_user(&user, hash.expose_secret(), &row).map_err(|error| failure::store(&error))? {
        return Err(taken(name));
    }
    show(cli, &user, || say!("user-added", name = name, role = role.name()) + "\n")
}

fn list(config: &Path, cli: &Cli) -> Result<(), Error> {
    let (config, state) = opened(config)?;
    let users = state.users().map_err(|error| failure::store(&error))?;
    show(cli, &users, || match users.is_empty() {
        true => say!("user-none") + "\n" + &unguarded(&config),
        false => users.iter().map(line).collect(),
    })
}

fn remove(args: &UserArgs, cli: &Cli) -> Result<(), Error> {
    let name = &args.name;
    let (config, mut state) = opened(&args.state.config)?;
    let row = audit("user removed", name.clone());
    there(name, state.remove_user(name, &row).map_err(|error| failure::store(&error))?)?;
    let is_last = !state.has_users().map_err(|error| failure::store(&error))?;
    show(cli, &json!({ "removed": name }), || {
        let rest = if is_last { unguarded(&config) } else { String::new() };
        say!("user-removed", name = name) + "\n" + &rest
    })
}

fn role(args: &UserRoleArgs, cli: &Cli) -> Result<(), Error> {
    let (name, role) = (&args.who.name, role_of(&args.role));
    let (_, mut state) = opened(&args.who.state.config)?;
    let row = audit("user role", format!("{name}, {}", role.name()));
    there(name, state.set_role(name, role, &row).map_err(|error| failure::store(&error))?)?;
    show(cli, &json!({ "name": name, "role": role }), || say!("user-role", name = name, role = role.name()) + "\n")
}

fn reset(args: &UserArgs, cli: &Cli) -> Result<(), Error> {
    let name = &args.name;
    let (_, mut state) = opened(&args.state.config)?;
    there(name, state.user_with_hash(name).map_err(|error| failure::store(&error))?.is_some())?;
    let hash = password::hash(&asked()?)?;
    let row = audit("user password", name.clone());
    there(name, state.set_password(name, hash.expose_secret(), &row).map_err(|error| failure::store(&error))?)?;
    show(cli, &json!({ "reset": name }), || say!("user-reset", name = name) + "\n")
}

/// The configuration, for which no map of places is needed, and the state.
pub(super) fn opened(config: &Path) -> Result<(Config, State), Error> {
    let config = config::load_without_map(config).map_err(Error::config)?;
    let state = State::open(&config.state_file()).map_err(|error| failure::store(&error))?;
    Ok((config, state))
}

/// A row of the audit about what this command does.
pub(super) fn audit(action: &str, detail: String) -> AuditRow {
    AuditRow { at: clock::now(), actor: actor(), action: action.to_owned(), detail }
}

/// The name, if it can be one.
pub(super) fn named(name: &str) -> Result<&str, Error> {
    if is_name(name) {
        return Ok(name);
    }
    let advice = "Use letters, digits and `.`, `_`, `-`, `@`, 64 at most.";
    Err(Error::new(ErrorKind::Config, "this can be no name").advice(advice))
}

fn taken(name: &str) -> Error {
    let advice = format!(
        "For another password say `tally user reset {name}`, for another role `tally user role {name} --role ROLE`."
    );
    Error::new(ErrorKind::Config, format!("there is a user `{name}` already")).advice(advice)
}

fn there(name: &str, is_there: bool) -> Result<(), Error> {
    if is_there {
        return Ok(());
    }
    let error = Error::new(ErrorKind::Config, format!("there is no user `{name}`"));
    Err(error.advice("`tally user list` lists them."))
}

/// The command line takes no other word.
fn role_of(word: &str) -> Role {
    Role::of(word).unwrap_or(Role::Viewer)
}

fn unguarded(config: &Config) -> String {
    if config.dashboard.is_of_this_machine() { say!("user-unguarded") + "\n" } else { String::new() }
}

fn line(user: &User) -> String {
    let since = user.created_at.strftime("%Y-%m-%d").to_string();
    say!("user-line", name = user.name.as_str(), role = user.role.name(), since = since) + "\n"
}

/// A new password: twice at a terminal, else the first line of stdin.
fn asked() -> Result<SecretString, Error> {
    let password: SecretString = if terminal::can_ask() { typed()? } else { piped()? };
    match password::fault(&password) {
        Some(fault) => {
            Err(Error::new(ErrorKind::Config, fault).advice("Several words are easy to remember and hard to guess."))
        }
        None => Ok(password),
    }
}

fn typed() -> Result<SecretString, Error> {
    let (again, differ) = (say!("user-password-again"), say!("user-passwords-differ"));
    let asked = Password::new().with_prompt(say!("user-new-password")).with_confirmation(again, differ).interact();
    asked
        .map(SecretString::from)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("nothing was typed: {error}")))
}

fn piped() -> Result<SecretString, Error> {
    let mut line = String::new();
    // One byte more than is taken, and the end of the line.
    let limit = password::BYTES_MAX as u64 + 3;
    let read = std::io::stdin().lock().take(limit).read_line(&mut line);
    let read = read.map_err(|error| Error::new(ErrorKind::Config, format!("stdin cannot be read: {error}")))?;
    if read == 0 {
        let advice = "Run it at a terminal, or pass the password as one line of stdin.";
        return Err(Error::new(ErrorKind::Config, "there is no password").advice(advice));
    }
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}
