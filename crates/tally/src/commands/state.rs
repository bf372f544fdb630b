//! `tally state`: looking after the state folder.

use super::show;
use crate::cli::{Cli, Output, StateArgs, StateCommand};
use crate::language::say;
use crate::render;
use crate::terminal;
use pipeline::config::{self, Config};
use pipeline::{Error, clock, upkeep};

/// Shows, copies, checks or unlocks the state.
pub(crate) fn state(command: &StateCommand, cli: &Cli) -> Result<u8, Error> {
    match command {
        StateCommand::Show(args) => {
            let overview = upkeep::overview(&load(args)?, clock::now())?;
            show(cli, &overview, || render::state::overview(&overview, terminal::width()))?;
            Ok(0)
        }
        StateCommand::Backup(args) => {
            let copied = upkeep::backup(&load(&args.state)?, &args.file, args.with_line_list)?;
            show(cli, &copied, || render::state::copied(&copied))?;
            Ok(0)
        }
        StateCommand::Check(args) => {
            let inspection = upkeep::inspect(&load(args)?, clock::now())?;
            show(cli, &inspection, || render::state::inspection(&inspection))?;
            Ok(inspection.exit_code())
        }
        StateCommand::Unlock(args) => {
            let unlocked = upkeep::unlock(&load(&args.state)?, args.force, &actor(), clock::now())?;
            if let (Some(warning), Output::Text) = (&unlocked.warning, cli.output) {
                eprintln!("{}", say!("warning", text = warning));
            }
            show(cli, &unlocked, || render::state::unlocked(&unlocked))?;
            Ok(0)
        }
    }
}

fn load(args: &StateArgs) -> Result<Config, Error> {
    config::load(&args.config).map_err(Error::config)
}

/// Who gives this command, for the audit: the name of the account, where the system tells it.
pub(crate) fn actor() -> String {
    let name = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "command line".to_owned())
}
