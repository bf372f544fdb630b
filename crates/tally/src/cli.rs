//! What can be said on the command line.

mod access;
mod alert;
mod setup;

pub(crate) use access::*;
pub(crate) use alert::*;
pub(crate) use setup::*;

use crate::language::Language;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use pipeline::engine::Engine;
use std::path::PathBuf;
use std::sync::Arc;

/// From an outbreak's line list in Go.Data to proved data values in DHIS2.
///
/// Tally reads the cases of an outbreak, counts them into the indicators of a report by period, place and
/// disaggregation, shows what would change in DHIS2, pushes the difference, reads it back, and accounts for every record.
#[derive(Debug, Parser)]
#[command(
    name = "tally",
    version,
    arg_required_else_help = true,
    after_help = "Start with `tally demo`: it runs the whole job on simulated servers.\n\n\
                  Exit codes: 0 clean, 1 internal, 2 usage, 10 configuration, 20 Go.Data, 30 DHIS2, \
                  40 partial or held, 75 temporary (try again later)."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Write results as text for people or as JSON for programs; tables of `query`, `export` and `quality` also as CSV. Results go to
    /// stdout, talk to stderr.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Speak this language to people; without it that of LC_ALL, LC_MESSAGES or LANG, or English. JSON, CSV and exit codes are the
    /// same in every language.
    #[arg(long, global = true, value_enum, env = "TALLY_LANGUAGE", hide_env_values = true)]
    pub(crate) language: Option<Language>,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log what is asked of the servers; twice for more. Never values of persons, never secrets.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// What the program can compute reports with besides itself; nothing that a person says.
    #[arg(skip)]
    pub(crate) engine: ProgramsEngine,
}

/// The engine of the program, if it has one.
#[derive(Clone, Default)]
pub(crate) struct ProgramsEngine(pub(crate) Option<Arc<dyn Engine>>);

impl std::fmt::Debug for ProgramsEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "an engine" } else { "no engine" })
    }
}

/// The form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tables and sentences.
    Text,
    /// One JSON document.
    Json,
    /// Comma-separated values, for `query` and `export` alone.
    Csv,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole job on two simulated servers with an invented outbreak.
    Demo(DemoArgs),
    /// Set up a report: connect to both servers, propose an indicator for each data element, map the places, show a first plan.
    Init(InitArgs),
    /// Extract, aggregate, compare, push, read back and account for every record.
    Run(RunCommandArgs),
    /// Run the reports by their schedules until stopped.
    Serve(ServeArgs),
    /// As `run`, but stop before anything is pushed, and show what would change and why.
    Plan(PlanArgs),
    /// Carry out a saved plan, or send what earlier runs held back.
    Apply(ApplyArgs),
    /// Hold the values of a past run against both servers as they are now. Writes nothing to them.
    Verify(VerifyArgs),
    /// Check the configuration, both servers and how they fit, without changing anything.
    Check(ConfigArgs),
    /// Work the examples beside the configuration: invented records and what the report should make of them. Asks no server.
    Test(TestArgs),
    /// Look at everything that can be set right before a run, each finding with its cause and its remedy. Changes nothing.
    Doctor(ConfigArgs),
    /// Make the metadata that a report needs, for a DHIS2 that has none: data set, data elements, categories, a dashboard.
    Bootstrap(BootstrapArgs),
    /// List the indicators that a report can take by name, after WHO's definitions.
    Catalogue {
        /// A set, such as `cholera`, or one of its indicators, such as `cholera.deaths`; all sets when absent.
        name: Option<String>,
    },
    /// Serve the two simulated servers until stopped.
    Sandbox(SandboxArgs),
    /// Explain a thing.
    #[command(subcommand)]
    Explain(Explain),
    /// Ask the line list in SQL. Nothing can be changed.
    Query(QueryArgs),
    /// Write the records of the line list, or the computed values of a run, as CSV or JSON.
    #[command(subcommand)]
    Export(ExportCommand),
    /// List past runs.
    History(HistoryArgs),
    /// Show a past run.
    Show(ShowArgs),
    /// Show what is missing or cannot be in the records, by place, with record ids: what to correct in Go.Data.
    Quality(QualityArgs),
    /// Tell people when a report needs them.
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Say who may sign in to the dashboard.
    #[command(subcommand)]
    User(UserCommand),
    /// Make and remove the tokens with which programs use the API.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make the maps between Go.Data and DHIS2.
    #[command(subcommand)]
    Map(MapCommand),
    /// Begin an outbreak in Go.Data with the places of DHIS2.
    #[command(subcommand)]
    Locations(LocationsCommand),
    /// Look after the state folder.
    #[command(subcommand)]
    State(StateCommand),
    /// Forget what Tally wrote for a report: its values in DHIS2 stay, and belong to nobody.
    Reset(ResetArgs),
    /// Print the JSON Schema of the configuration, by which editors complete and check it.
    Schema,
    /// Print what a shell needs to complete commands and options.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command.
    Man {
        /// The folder for them; it is made if it is not there.
        folder: PathBuf,
    },
}

/// Where the configuration is.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
    /// Which report; not needed when there is only one.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) report: Option<String>,
}

/// What to do with the state folder.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Show what is in it: reports, values, runs, open requests, the lease, the line list.
    Show(StateArgs),
    /// Copy the state file, while runs go on.
    Backup(BackupArgs),
    /// Check that both files are whole, private and at rest.
    Check(StateArgs),
    /// Take the lease away from a process that is gone.
    Unlock(UnlockArgs),
}

/// Whose state.
#[derive(Args, Clone, Debug)]
pub(crate) struct StateArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
}

/// Where to copy to.
#[derive(Args, Clone, Debug)]
pub(crate) struct BackupArgs {
    /// The copy; it must not exist yet.
    pub(crate) file: PathBuf,
    /// Copy the line list as well, beside it. It holds data of persons.
    #[arg(long)]
    pub(crate) with_line_list: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// How to unlock.
#[derive(Args, Clone, Debug)]
pub(crate) struct UnlockArgs {
    /// Take the lease away even if its process is running, or cannot be seen from here.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// What to forget.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResetArgs {
    /// Name of the report.
    pub(crate) report: String,
    /// Remove the line list as well; the next run reads it from Go.Data again.
    #[arg(long)]
    pub(crate) line_list: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// What to run.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// First period, such as 2026W5, instead of the report's look-back.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) from: Option<String>,
    /// Last period; the last closed one when absent.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) to: Option<String>,
    /// Read the whole line list from Go.Data and all values from DHIS2, not only what changed.
    #[arg(long)]
    pub(crate) full: bool,
    /// Show every value that changes, not only the first ones.
    #[arg(long)]
    pub(crate) all: bool,
}

/// What to run and to certify.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunCommandArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Write the run's certificate: a page to print, or JSON if the name ends so.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
}

/// What to verify.
#[derive(Args, Clone, Debug)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Number of the run, from `tally history`; the report's last finished one when absent.
    #[arg(long, value_name = "N")]
    pub(crate) run: Option<i64>,
    /// Show every value that differs and every period, not only the first ones.
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the certificate as of now: a page to print, or JSON if the name ends so.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A report runs by itself when it has a `schedule`. What became due while nobody served is run once, unless \
                  `catch_up = false`. SIGTERM and Ctrl-C end the run under way after the request that it is writing; the \
                  next one goes on from there. SIGHUP reads the configuration anew: a bad one is told, and the old one stays."
)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    /// Run what is due now, and end.
    #[arg(long)]
    pub(crate) once: bool,
    /// Show the dashboard at this address, such as 127.0.0.1:8420, or `off`.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    pub(crate) listen: Option<String>,
}

/// What to plan.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Write the plan to a file, with every value, old and new, and why it changes: `tally apply` carries it out.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// What to carry out.
#[derive(Args, Clone, Debug)]
#[command(
    group(clap::ArgGroup::new("what").required(true).args(["plan", "held"])),
    after_help = "A saved plan is carried out as it was made, or not at all: it is refused when the configuration, the map \
                  of places or the values in DHIS2 changed since.\n\n\
                  With --held the report is computed anew, and what Tally held back by its own judgement is sent as well: \
                  values that DHIS2's metadata say it will not take, and losses beyond losses_max_percent. DHIS2 decides \
                  then. Values that somebody else wrote stay as they are; `on_drift` and `on_existing` speak of those."
)]
pub(crate) struct ApplyArgs {
    /// The plan, from `tally plan --out FILE`.
    pub(crate) plan: Option<PathBuf>,
    /// Compute the report anew and send also what is held back.
    #[arg(long)]
    pub(crate) held: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// How to demonstrate.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArgs {
    /// Leave the simulated servers running and the configuration in this folder, to play with.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "tally-demo")]
    pub(crate) keep: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) outbreak: OutbreakArgs,
}

/// The invented outbreak and the simulated server.
#[derive(Args, Clone, Debug)]
pub(crate) struct OutbreakArgs {
    /// Seed of the outbreak: the same seed gives the same cases.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Number of cases.
    #[arg(long, default_value_t = 2000)]
    pub(crate) cases: usize,
    /// Version of DHIS2 to behave as; from 2.43 on it has another importer.
    #[arg(long, default_value = "2.42.1", value_name = "VERSION")]
    pub(crate) dhis2_version: String,
    /// Names of outbreak, locations and organisation units that a careless page would run or burst from: for tests.
    #[arg(long, hide = true)]
    pub(crate) hostile_names: bool,
}

/// How to serve the simulators.
#[derive(Args, Clone, Debug)]
pub(crate) struct SandboxArgs {
    /// Port of the simulated Go.Data; 0 takes a free one.
    #[arg(long, default_value_t = 8431)]
    pub(crate) godata_port: u16,
    /// Port of the simulated DHIS2; 0 takes a free one.
    #[arg(long, default_value_t = 8432)]
    pub(crate) dhis2_port: u16,
    /// Let something go wrong: a fault of the list that `--list-faults` gives. Those in the middle of a list of cases need
    /// several pages: set `page_records = 100` in `[godata]`.
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Option<String>,
    /// List the faults and end.
    #[arg(long)]
    pub(crate) list_faults: bool,
    #[command(flatten)]
    pub(crate) outbreak: OutbreakArgs,
}

/// What to explain.
#[derive(Debug, Subcommand)]
pub(crate) enum Explain {
    /// In which period of every type a day lies.
    Period {
        /// The day, such as 2021-01-03.
        date: Date,
    },
    /// Which records are in a value, and how each met the condition, the date, the place and the groups.
    Value(ValueArgs),
    /// In which values a case counts, and for each indicator why not.
    Case(CaseArgs),
    /// The cause and the remedy of an error, by the code that it has in JSON; all codes when absent.
    Error {
        /// The code, such as dhis2_certificate.
        code: Option<String>,
    },
}

/// Which value to explain.
#[derive(Args, Clone, Debug)]
pub(crate) struct ValueArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Data element: UID, code or name; or the code of an indicator.
    #[arg(long, value_name = "ID")]
    pub(crate) data_element: String,
    /// Period, such as 2026W5.
    #[arg(long)]
    pub(crate) period: String,
    /// Organisation unit: UID, code or name, or as the map of places has it.
    #[arg(long, value_name = "ID")]
    pub(crate) org_unit: String,
    /// Category option combo: UID or name; all of them when absent.
    #[arg(long, value_name = "ID", alias = "combo")]
    pub(crate) category_option_combo: Option<String>,
}

/// Which case to explain.
#[derive(Args, Clone, Debug)]
pub(crate) struct CaseArgs {
    /// Id of the case, contact or contact of contact in Go.Data, or its case number.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// First period to look at, instead of the report's look-back.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) from: Option<String>,
    /// Last period to look at.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) to: Option<String>,
}

/// What to ask.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The line list is what the last run read: `keep = \"records\"` keeps it. Its views and their columns are \
                        listed by `tally query --views`; the SQL is SQLite's. Dates are texts such as 2026-01-31, truth is \
                        1 or 0.\n\n\
                        Example: tally query \"SELECT classification, count(*) FROM cases GROUP BY 1\""
)]
pub(crate) struct QueryArgs {
    /// One SELECT over the views; the views are listed when absent.
    pub(crate) sql: Option<String>,
    /// List the views and their columns.
    #[arg(long, conflicts_with = "sql")]
    pub(crate) views: bool,
    /// Seconds after which the statement is stopped.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) timeout: u32,
    /// Rows of the answer; more are left out, which is said.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_rows: u32,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// What to write.
#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// The records of the line list: data of persons, without their names. CSV, or JSON lines with --output json.
    Records(ExportRecordsArgs),
    /// The values that a run computed, with how many records are in each. CSV, or JSON with --output json.
    Cells(ExportCellsArgs),
}

/// Where to write to.
#[derive(Args, Clone, Debug)]
pub(crate) struct OutArgs {
    /// Write to this file, for its owner alone, instead of to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it exists.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// Which records to write.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportRecordsArgs {
    /// A kind of record: case, contact, contact_of_contact, follow_up, lab_result, relationship or event. The first three may
    /// be given together, and are when absent.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Fields to write, separated by commas; all when absent. JSON takes lists as well, such as stays.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// Only the records that meet this condition, written as in the configuration.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) condition: Option<String>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Which values to write.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportCellsArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Number of the run, from `tally history`; the report's last finished one when absent.
    #[arg(long, value_name = "N")]
    pub(crate) run: Option<i64>,
    /// First period; all when absent.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) from: Option<String>,
    /// Last period; all when absent.
    #[arg(long, value_name = "PERIOD")]
    pub(crate) to: Option<String>,
    /// Leave the names out, so that DHIS2 need not be asked for them.
    #[arg(long)]
    pub(crate) without_names: bool,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// Which runs to list.
#[derive(Args, Clone, Debug)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// How many.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub(crate) limit: u32,
}

/// What of the past to show.
#[derive(Args, Clone, Debug)]
#[command(
    group(clap::ArgGroup::new("what").required(true).args(["run", "as_of", "revisions"])),
    after_help = "--as-of shows the values as the last run that came through had computed them by then, whether or not it \
                  covers them today.\n\n\
                  --revisions shows, for each indicator and period, the total as it was known at the end of the period (0), at \
                  the end of the next one (1), and so on, and as it is known now; and what was added to single values since \
                  the period was first computed, and what was taken away."
)]
pub(crate) struct ShowArgs {
    /// Number of a run, from `tally history`.
    pub(crate) run: Option<i64>,
    /// The report as it stood at a time: 2020-08-03 for the end of that day in the report's time zone, or 2020-08-03T17:00.
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
    /// How late reports and corrections changed the periods.
    #[arg(long)]
    pub(crate) revisions: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Show every value, not only the first ones or the totals.
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the run's certificate: a page to print, or JSON if the name ends so.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["as_of", "revisions"])]
    pub(crate) certificate: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) past: PastArgs,
}

/// Which values of the past to show.
#[derive(Args, Clone, Debug)]
pub(crate) struct PastArgs {
    /// With --as-of and --revisions: only this indicator, by its code; can be repeated.
    #[arg(long, value_name = "CODE", conflicts_with = "run")]
    pub(crate) indicator: Vec<String>,
    /// With --as-of and --revisions: only this organisation unit, by its UID; can be repeated.
    #[arg(long, value_name = "UID", conflicts_with = "run")]
    pub(crate) org_unit: Vec<String>,
    /// With --as-of and --revisions: first period, instead of the first one of the last run.
    #[arg(long, value_name = "PERIOD", conflicts_with = "run")]
    pub(crate) from: Option<String>,
    /// With --as-of and --revisions: last period.
    #[arg(long, value_name = "PERIOD", conflicts_with = "run")]
    pub(crate) to: Option<String>,
    /// With --revisions: for how many further periods.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=26))]
    pub(crate) delays: u8,
}

/// Which findings to show.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The numbers are those of the report's last run. With --records every record is looked at again: they come \
                  from the line list that the run kept, their places from Go.Data.\n\n\
                  A rule judges only fields that are read. `all_rules = true` under `[quality]` has those read that no \
                  indicator needs."
)]
pub(crate) struct QualityArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Only this rule, such as missing, with its meaning and what to do.
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Option<String>,
    /// Only this organisation unit, as the map of places names it: its id there, or its name.
    #[arg(long, value_name = "ID")]
    pub(crate) org_unit: Option<String>,
    /// List every record with a finding, by its id in Go.Data.
    #[arg(long)]
    pub(crate) records: bool,
    /// Show every place and every month.
    #[arg(long)]
    pub(crate) all: bool,
    /// With --output csv, the delays instead of the findings.
    #[arg(long)]
    pub(crate) delays: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Visits a command and all below it.
    fn visit(command: &clap::Command, n: &mut usize) {
        const SECRETS: [&str; 10] =
            ["password", "passwd", "secret", "token", "credential", "apikey", "api-key", "auth", "pat", "user"];
        for argument in command.get_arguments() {
            *n += 1;
            let id = argument.get_id().as_str().replace('_', "-");
            let mut names = vec![id];
            names.extend(argument.get_long().map(str::to_owned));
            names.extend(argument.get_all_aliases().into_iter().flatten().map(str::to_owned));
            names.extend(argument.get_env().map(|name| name.to_string_lossy().to_lowercase()));
            names.extend(argument.get_value_names().into_iter().flatten().map(|name| name.to_lowercase()));
            for name in &names {
                let is_secret =
                    name.split(['-', '_']).any(|word| SECRETS.iter().any(|secret| word.starts_with(secret)));
                // A path is no token.
                assert!(
                    !is_secret || name == "path",
                    "`{} --{name}` would stand in the list of processes",
                    command.get_name()
                );
            }
        }
        command.get_subcommands().for_each(|below| visit(below, n));
    }

    /// Every user of a machine sees the arguments of every process, and a shell writes them into its history: secrets come
    /// from the environment or from files alone.
    #[test]
    fn no_secret_is_an_argument() {
        let mut command = Cli::command();
        command.build();
        let mut n = 0;
        visit(&command, &mut n);
        assert!(n > 50, "the whole tree was visited: {n} arguments");
        let mine = |arguments: &[&str]| Cli::try_parse_from(arguments).is_err();
        for option in ["--password", "--token", "--secret", "--godata-password", "--dhis2-token"] {
            assert!(mine(&["tally", "run", option, "x"]) && mine(&["tally", option, "x", "run"]), "{option}");
        }
    }
}
