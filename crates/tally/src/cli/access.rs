//! What can be said of the users and tokens of the dashboard.

use super::StateArgs;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use pipeline::access::Right;

/// What to do about users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user of the dashboard. The password is asked for twice, or read from stdin, one line.
    Add(UserRoleArgs),
    /// List the users.
    List(StateArgs),
    /// Remove a user, who is signed out at once.
    Remove(UserArgs),
    /// Give a user another role, at once.
    Role(UserRoleArgs),
    /// Give a user another password, asked for as by `add`, and sign the user out everywhere.
    Reset(UserArgs),
}

/// Which user, and what the user may do.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A viewer reads pages; an operator also runs reports and decides about their values; an admin also sees what \
                        is configured and who did what."
)]
pub(crate) struct UserRoleArgs {
    #[command(flatten)]
    pub(crate) who: UserArgs,
    /// What the user may do.
    #[arg(long, value_parser = ["viewer", "operator", "admin"])]
    pub(crate) role: String,
}

/// Which user.
#[derive(Args, Clone, Debug)]
pub(crate) struct UserArgs {
    /// Name: letters, digits and `.`, `_`, `-`, `@`, 64 at most.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token for a program that uses the API, and print it, this once.
    Add(TokenAddArgs),
    /// List the tokens: what they are good for, until when, when they were last used.
    List(StateArgs),
    /// Remove a token, which is refused at once.
    Remove(TokenArgs),
}

/// What a token is good for.
#[derive(Args, Clone, Debug)]
pub(crate) struct TokenAddArgs {
    #[command(flatten)]
    pub(crate) which: TokenArgs,
    /// What it is good for, separated by commas or said several times: read, run (start runs and make plans), decide (apply
    /// plans, release what is held, accept drift, acknowledge alerts), metrics, settings (see what is configured, and who did what).
    #[arg(long, required = true, value_delimiter = ',', value_parser = PossibleValuesParser::new(Right::ALL.map(Right::name)))]
    pub(crate) scope: Vec<String>,
    /// Days after which it is refused; never when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: Option<u16>,
}

/// Which token.
#[derive(Args, Clone, Debug)]
pub(crate) struct TokenArgs {
    /// Name: letters, digits and `.`, `_`, `-`, `@`, 64 at most.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}
