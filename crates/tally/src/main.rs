//! The `tally` binary: the command line. It talks to people; the pipeline does the work.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "stdout is data and stderr is talk")]

mod cli;
mod commands;
mod panic;
mod render;
mod terminal;
mod web;

use clap::Parser;
use cli::{Cli, Command, Explain, Output};
use commands::{
    catalogue, check, demo, explain, export, history, plan, quality, query, reset, run, sandbox, state, verify,
};
use pipeline::{Error, ErrorKind};
use std::process::ExitCode;

fn main() -> ExitCode {
    panic::quote_nothing();
    let cli = Cli::parse();
    terminal::log(cli.verbose);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the asynchronous runtime cannot start: {error}");
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(dispatch(&cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if cli.output == Output::Json {
                println!("{}", render::error::json(&error));
            }
            eprint!("{}", render::error::error(&error, terminal::is_fancy()));
            ExitCode::from(error.kind.exit_code())
        }
    }
}

async fn dispatch(cli: &Cli) -> Result<u8, Error> {
    if cli.output == Output::Csv && !matches!(cli.command, Command::Query(_) | Command::Export(_) | Command::Quality(_))
    {
        let error = Error::new(ErrorKind::Config, "only `query`, `export` and `quality` write CSV");
        return Err(error.advice("Use --output json."));
    }
    match &cli.command {
        Command::Demo(args) => demo::demo(args, cli).await,
        Command::Run(args) => run::certified(args, cli).await,
        Command::Plan(args) => plan::plan(args, cli).await,
        Command::Apply(args) => plan::apply(args, cli).await,
        Command::Verify(args) => verify::verify(args, cli).await,
        Command::Check(args) => check::check(args, cli).await,
        Command::Catalogue { name } => catalogue::catalogue(name.as_deref(), cli),
        Command::Sandbox(args) => sandbox::sandbox(args, cli).await,
        Command::Explain(Explain::Period { date }) => explain::period(*date, cli),
        Command::Explain(Explain::Value(args)) => explain::value(args, cli).await,
        Command::Explain(Explain::Case(args)) => explain::case(args, cli).await,
        Command::Query(args) => query::query(args, cli),
        Command::Export(what) => export::export(what, cli).await,
        Command::History(args) => history::history(args, cli),
        Command::Show(args) => history::show(args, cli),
        Command::Quality(args) => quality::quality(args, cli).await,
        Command::State(command) => state::state(command, cli),
        Command::Reset(args) => reset::reset(args, cli).await,
    }
}
