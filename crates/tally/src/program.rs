//! A program made of this command line: `tally` as it is, or one with commands of its own besides.

use crate::cli::{AlertCommand, Cli, Command, Explain, LocationsCommand, MapCommand, Output, ProgramsEngine};
use crate::commands::{
    self, alert, bootstrap, catalogue, check, demo, doctor, editor, explain, export, history, init, locations,
    map_options, map_places, plan, quality, query, reset, run, sandbox, serve, state, token, user, verify, worked,
};
use crate::language::{self, Language};
use crate::{panic, render, terminal};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use pipeline::engine::Engine;
use pipeline::progress::Progress;
use pipeline::{Error, ErrorKind};
use serde::Serialize;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

/// What a program is called and what it can do besides.
pub struct Program {
    /// Its name, in help and usage.
    pub name: &'static str,
    /// Commands that it has beside those of `tally`.
    pub extras: Vec<Box<dyn Extra>>,
    /// What it can compute reports with besides itself.
    pub engine: Option<Arc<dyn Engine>>,
    /// Stack of a worker thread in bytes, where the usual 2 MiB are too little.
    pub thread_stack_bytes: Option<usize>,
}

impl Default for Program {
    /// `tally` itself.
    fn default() -> Self {
        Self { name: "tally", extras: Vec::new(), engine: None, thread_stack_bytes: None }
    }
}

impl Program {
    /// Its whole command line, as clap has it: for completions and manual pages, and for whoever writes about it.
    pub fn command(&self) -> clap::Command {
        whole(self)
    }
}

/// A command beside those of `tally`.
pub trait Extra: Sync {
    /// Its name, arguments and help.
    fn command(&self) -> clap::Command;

    /// Does it; the exit code comes back.
    ///
    /// # Errors
    /// What the program ends with, as any command does.
    fn run<'a>(&'a self, matches: &'a ArgMatches, talk: Talk) -> Pin<Box<dyn Future<Output = Result<u8, Error>> + 'a>>;
}

/// How a command speaks: what `--output` and `--quiet` say.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    output: Output,
    quiet: bool,
}

impl Talk {
    fn of(matches: &ArgMatches) -> Self {
        let output = matches.get_one::<Output>("output").copied().unwrap_or(Output::Text);
        Self { output, quiet: matches.get_flag("quiet") }
    }

    /// Writes a result to stdout: `text` for people, or the value itself as JSON.
    ///
    /// # Errors
    /// A value that has no JSON; an output that cannot be written.
    pub fn show<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) -> Result<(), Error> {
        commands::show_as(self.output, value, text)
    }

    /// What listens to long work.
    pub fn progress(self) -> Arc<dyn Progress> {
        commands::listener_as(self.quiet)
    }

    /// Says something to a person on stderr, unless nobody wants to hear it.
    pub fn say(self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }
}

/// Runs a program on the arguments of this process.
pub fn main(program: &Program) -> ExitCode {
    panic::quote_nothing();
    let matches = whole(program).get_matches();
    language::choose(matches.get_one::<Language>("language").copied());
    terminal::log(matches.get_count("verbose"));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(bytes) = program.thread_stack_bytes {
        builder.thread_stack_size(bytes);
    }
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the asynchronous runtime cannot start: {error}");
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(dispatch(program, &matches)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if Talk::of(&matches).output == Output::Json {
                println!("{}", render::error::json(&error));
            }
            eprint!("{}", render::error::error(&error, terminal::is_fancy()));
            eprint!("{}", render::error::code(&error, terminal::is_fancy()));
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// The whole command line of a program.
fn whole(program: &Program) -> clap::Command {
    let command = program.extras.iter().fold(Cli::command(), |command, extra| command.subcommand(extra.command()));
    command.name(program.name)
}

async fn dispatch(program: &Program, matches: &ArgMatches) -> Result<u8, Error> {
    if let Some((name, own)) = matches.subcommand()
        && let Some(extra) = program.extras.iter().find(|extra| extra.command().get_name() == name)
    {
        if Talk::of(matches).output == Output::Csv {
            return Err(no_csv());
        }
        return extra.run(own, Talk::of(matches)).await;
    }
    let mut cli = Cli::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
    cli.engine = ProgramsEngine(program.engine.clone());
    match &cli.command {
        Command::Completions { shell } => editor::completions(*shell, whole(program)),
        Command::Man { folder } => editor::man(folder, whole(program)),
        _ => command(&cli).await,
    }
}

async fn command(cli: &Cli) -> Result<u8, Error> {
    if cli.output == Output::Csv && !matches!(cli.command, Command::Query(_) | Command::Export(_) | Command::Quality(_))
    {
        return Err(no_csv());
    }
    match &cli.command {
        Command::Demo(args) => demo::demo(args, cli).await,
        Command::Run(args) => run::certified(args, cli).await,
        Command::Serve(args) => serve::serve(args, cli).await,
        Command::Plan(args) => plan::plan(args, cli).await,
        Command::Apply(args) => plan::apply(args, cli).await,
        Command::Verify(args) => verify::verify(args, cli).await,
        Command::Check(args) => check::check(args, cli).await,
        Command::Init(args) => init::init(args, cli).await,
        Command::Doctor(args) => doctor::doctor(args, cli).await,
        Command::Bootstrap(args) => bootstrap::bootstrap(args, cli).await,
        Command::Catalogue { name } => catalogue::catalogue(name.as_deref(), cli),
        Command::Sandbox(args) => sandbox::sandbox(args, cli).await,
        Command::Explain(Explain::Period { date }) => explain::period(*date, cli),
        Command::Explain(Explain::Value(args)) => explain::value(args, cli).await,
        Command::Explain(Explain::Case(args)) => explain::case(args, cli).await,
        Command::Explain(Explain::Error { code }) => commands::error_code::error_code(code.as_deref(), cli),
        Command::Query(args) => query::query(args, cli),
        Command::Export(what) => export::export(what, cli).await,
        Command::History(args) => history::history(args, cli),
        Command::Show(args) => history::show(args, cli),
        Command::Quality(args) => quality::quality(args, cli).await,
        Command::Alert(AlertCommand::Test(args)) => alert::test(args, cli).await,
        Command::Alert(AlertCommand::List(args)) => alert::list(args, cli),
        Command::Alert(AlertCommand::Acknowledge(args)) => alert::acknowledge(args, cli),
        Command::User(command) => user::user(command, cli),
        Command::Token(command) => token::token(command, cli),
        Command::Map(MapCommand::Places(args)) => map_places::map_places(args, cli).await,
        Command::Map(MapCommand::Options(args)) => map_options::map_options(args, cli).await,
        Command::Locations(LocationsCommand::Export(args)) => locations::export(args, cli).await,
        Command::State(command) => state::state(command, cli),
        Command::Reset(args) => reset::reset(args, cli).await,
        Command::Test(args) => worked::test(args, cli),
        Command::Schema => editor::schema(),
        // They are of the whole program, with the commands that another one adds.
        Command::Completions { .. } | Command::Man { .. } => unreachable!("dispatched before"),
    }
}

fn no_csv() -> Error {
    let error = Error::new(ErrorKind::Config, "only `query`, `export` and `quality` write CSV");
    error.advice("Use --output json.")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count;

    impl Extra for Count {
        fn command(&self) -> clap::Command {
            clap::Command::new("count").arg(clap::Arg::new("to").required(true))
        }

        fn run<'a>(
            &'a self,
            matches: &'a ArgMatches,
            talk: Talk,
        ) -> Pin<Box<dyn Future<Output = Result<u8, Error>> + 'a>> {
            let to = matches.get_one::<String>("to").and_then(|to| to.parse().ok());
            Box::pin(async move { Ok(to.unwrap_or(0) + u8::from(talk.quiet)) })
        }
    }

    #[test]
    fn a_program_has_its_own_commands_beside_all_others() {
        let program = Program { name: "more", extras: vec![Box::new(Count)], ..Program::default() };
        let command = Cli::command().subcommand(Count.command()).name(program.name);
        let names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert!(names.contains(&"run") && names.contains(&"count"), "{names:?}");
        let matches = command.try_get_matches_from(["more", "count", "6", "--quiet"]).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(dispatch(&program, &matches)).unwrap(), 7);
    }
}
