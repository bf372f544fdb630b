//! `tally token`: what programs show to use the API.

use super::show;
use super::state::actor;
use super::user::{audit, named, opened};
use crate::cli::{Cli, TokenAddArgs, TokenArgs, TokenCommand};
use crate::language::say;
use crate::web::door::{TOKEN_PREFIX, secret};
use jiff::{SignedDuration, Timestamp};
use pipeline::access::Right;
use pipeline::store::Token;
use pipeline::{Error, ErrorKind, clock, failure};
use secrecy::ExposeSecret;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// What the user said about tokens.
pub(crate) fn token(command: &TokenCommand, cli: &Cli) -> Result<u8, Error> {
    match command {
        TokenCommand::Add(args) => add(args, cli),
        TokenCommand::List(args) => list(&args.config, cli),
        TokenCommand::Remove(args) => remove(args, cli),
    }?;
    Ok(0)
}

fn add(args: &TokenAddArgs, cli: &Cli) -> Result<(), Error> {
    let name = named(&args.which.name)?;
    let (_, mut state) = opened(&args.which.state.config)?;
    let scopes: BTreeSet<Right> = args.scope.iter().filter_map(|word| Right::of(word)).collect();
    let now = clock::now();
    let end = args.days.map(|days| now.saturating_add(SignedDuration::from_hours(24 * i64::from(days))));
    let token = Token {
        name: name.to_owned(),
        scopes: scopes.into_iter().collect(),
        created_at: now,
        created_by: actor(),
        expires_at: end.and_then(Result::ok),
        last_used_at: None,
    };
    let shown = format!("{TOKEN_PREFIX}{}", secret::random()?.expose_secret());
    let row = audit("token added", format!("{name}: {}", words(&token)));
    if !state.add_token(&token, &secret::hash(&shown), &row).map_err(|error| failure::store(&error))? {
        let advice = format!("Give it another name, or remove that one with `tally token remove {name}`.");
        return Err(Error::new(ErrorKind::Config, format!("there is a token `{name}` already")).advice(advice));
    }
    let json = json!({
        "name": token.name, "scopes": token.scopes, "expires_at": token.expires_at, "token": shown,
    });
    show(cli, &json, || say!("token-once", name = name) + "\n" + &shown + "\n")
}

fn list(config: &Path, cli: &Cli) -> Result<(), Error> {
    let (_, state) = opened(config)?;
    let tokens = state.tokens().map_err(|error| failure::store(&error))?;
    show(cli, &tokens, || match tokens.is_empty() {
        true => say!("token-none") + "\n",
        false => tokens.iter().map(line).collect(),
    })
}

fn remove(args: &TokenArgs, cli: &Cli) -> Result<(), Error> {
    let name = &args.name;
    let (_, mut state) = opened(&args.state.config)?;
    let row = audit("token removed", name.clone());
    if !state.remove_token(name, &row).map_err(|error| failure::store(&error))? {
        let error = Error::new(ErrorKind::Config, format!("there is no token `{name}`"));
        return Err(error.advice("`tally token list` lists them."));
    }
    show(cli, &json!({ "removed": name }), || say!("token-removed", name = name) + "\n")
}

fn words(token: &Token) -> String {
    token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
}

fn line(token: &Token) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let until = token.expires_at.map_or_else(|| say!("token-for-ever"), day);
    let used = token.last_used_at.map_or_else(|| say!("token-never"), day);
    say!("token-line", name = token.name.as_str(), scopes = words(token), until = until, used = used) + "\n"
}
