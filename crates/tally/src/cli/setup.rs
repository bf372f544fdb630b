//! The commands that set a report up, and make the maps between both systems.

use super::{ConfigArgs, OutArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use url::Url;

/// What to set up, as far as it is known.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "What is not given is asked for. Passwords are taken from TALLY_GODATA_PASSWORD, TALLY_DHIS2_PASSWORD or \
                  TALLY_DHIS2_TOKEN, or typed; typed ones are kept beside the configuration in the folder `secrets`, readable by \
                  you alone.\n\n\
                  Where there is a configuration already, its data sets are looked at again, and what they have gained is \
                  added to it; nothing else in it changes."
)]
pub(crate) struct InitArgs {
    /// The configuration; the other files are written beside it.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
    /// Address of Go.Data.
    #[arg(long, value_name = "URL")]
    pub(crate) godata: Option<Url>,
    /// E-mail address of Tally's account in Go.Data.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) godata_email: Option<String>,
    /// The outbreak, by name or id.
    #[arg(long, value_name = "NAME")]
    pub(crate) outbreak: Option<String>,
    /// Address of DHIS2, with the path under which it is installed.
    #[arg(long, value_name = "URL")]
    pub(crate) dhis2: Option<Url>,
    /// User name of Tally's account in DHIS2.
    #[arg(long, value_name = "NAME")]
    pub(crate) dhis2_account: Option<String>,
    /// The data set, by name, code or UID.
    #[arg(long, value_name = "NAME")]
    pub(crate) data_set: Option<String>,
    /// Name of the report; after the period type when absent.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) report: Option<String>,
    /// Allow `http://` to another machine: the passwords and the line list then travel readable.
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Ask nothing: what is not beyond doubt stays open in the files.
    #[arg(long)]
    pub(crate) non_interactive: bool,
    /// End with the configuration: map no places and make no plan.
    #[arg(long)]
    pub(crate) no_plan: bool,
}

/// Which examples to work.
#[derive(Args, Clone, Debug)]
#[command(after_help = "An example, in the file `tally.test.toml` beside `tally.toml`:\n\n\
                        [[example]]\n\
                        title = \"A confirmed case counts in the week of onset\"\n\
                        today = 2026-01-20\n\n\
                        [[example.record]]\n\
                        id = \"A\"\n\
                        classification = \"CONFIRMED\"\n\
                        date_of_onset = 2026-01-06\n\
                        residence = \"SN001\"\n\n\
                        [[example.expect]]\n\
                        indicator = \"confirmed_cases\"\n\
                        period = \"2026W2\"\n\
                        org_unit = \"EcUDl5z39WY\"\n\
                        value = 1\n\n\
                  Of the indicators that an example names, it states every value: one more than expected is a difference too. \
                  `nothing_of = [\"deaths\"]` says that an indicator counts nothing.")]
pub(crate) struct TestArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
    /// The examples; can be repeated. When absent, the file beside the configuration: `tally.test.toml` for `tally.toml`.
    #[arg(long, value_name = "FILE")]
    pub(crate) examples: Vec<PathBuf>,
}

/// What metadata to make.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "UIDs follow from names and codes: the same report gives the same package, and importing it again changes what \
                  the first import made instead of making it twice. Where DHIS2 is asked, what it has already (by the UID or \
                  the code that the configuration gives, or with the same options) is taken as it is.\n\n\
                  Without --import nothing is sent. The file is for DHIS2's app Import/Export; whoever imports it needs more \
                  authority than Tally's own account should have. At the end stand the lines that the configuration needs."
)]
pub(crate) struct BootstrapArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Write the package to this file; `REPORT-dhis2.json` when absent, or nowhere with --import.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it exists.
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not ask DHIS2 what it has already.
    #[arg(long, conflicts_with = "import")]
    pub(crate) offline: bool,
    /// Assign the organisation units of the map of places to the data set.
    #[arg(long)]
    pub(crate) assign: bool,
    /// Send the package to DHIS2, after a dry run and a question.
    #[arg(long)]
    pub(crate) import: bool,
    /// Do not ask before the import.
    #[arg(long, short, requires = "import")]
    pub(crate) yes: bool,
}

/// What to do with locations.
#[derive(Debug, Subcommand)]
pub(crate) enum LocationsCommand {
    /// Write the organisation units of DHIS2 as the file of locations that Go.Data imports.
    Export(LocationsExportArgs),
}

/// Which organisation units to write.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "An outbreak that begins with this file is mapped before anybody maps anything: a location has the id of its \
                  organisation unit, and `tally map places` recognises it. Names, short names, codes, parents and the middle \
                  of every area come along.\n\n\
                  In Go.Data: Locations, Import, hierarchical locations from a JSON file. It takes all of the file or nothing; \
                  what it would refuse (two places beside each other of the same name) is named otherwise here, and said.\n\n\
                  DHIS2 is that of the configuration. Without one, name it with --url and --account; the password comes from \
                  the environment variable TALLY_DHIS2_PASSWORD, or a personal access token from TALLY_DHIS2_TOKEN."
)]
pub(crate) struct LocationsExportArgs {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tally.toml", env = "TALLY_CONFIG")]
    pub(crate) config: PathBuf,
    /// Address of DHIS2, instead of the configuration's.
    #[arg(long)]
    pub(crate) url: Option<url::Url>,
    /// The account at that address; without one a personal access token is used.
    #[arg(long, value_name = "NAME", requires = "url")]
    pub(crate) account: Option<String>,
    /// Only this organisation unit, by its UID, and what lies in it.
    #[arg(long, value_name = "UID")]
    pub(crate) root: Option<String>,
    /// So many levels, the first included; Go.Data has ten.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(crate) depth: Option<u8>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// Which map to make.
#[derive(Debug, Subcommand)]
pub(crate) enum MapCommand {
    /// Find the organisation unit of every location, and keep it in the map of places.
    Places(MapPlacesArgs),
    /// Show which group of a dimension counts in which category option, and propose what is missing. Writes nothing.
    Options(ConfigArgs),
}

/// How to map places.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Locations of Go.Data and organisation units of DHIS2 are matched by ids and codes, then by names, parents and \
                  distance. Sure matches are written into the map of places, the CSV that the configuration names. For the \
                  rest you are asked, the locations with most records first; at every question you can type to search all \
                  organisation units. What you chose is never changed again, nor is any row of the map that you wrote.\n\n\
                  Without a terminal, or with --non-interactive, open locations stand in the map with `open` in the column \
                  how, and their candidates. Fill in org_unit (an id, a code, or a name that only one organisation unit \
                  has), or write `above` into how where a location has none of its own; then run the command again.\n\n\
                  Ends with 0 if nothing is open, else with 40."
)]
pub(crate) struct MapPlacesArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Confidence from which on a match is accepted, from 0.5 to 1.
    #[arg(long, value_name = "CONFIDENCE", default_value_t = epi::matching::Rules::ACCEPT, value_parser = confidence)]
    pub(crate) accept: f64,
    /// Ask nothing: leave open matches in the map, to be filled in there.
    #[arg(long)]
    pub(crate) non_interactive: bool,
    /// Show what would be mapped, ask nothing and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Map also to organisation units that no data set of the report is assigned to.
    #[arg(long)]
    pub(crate) all_units: bool,
    /// Look also at rows that have neither an organisation unit nor a word in the column how. They are taken for a person's
    /// decision otherwise: such a location is left to the one above.
    #[arg(long)]
    pub(crate) reopen: bool,
    /// Do not count the records of each location.
    #[arg(long)]
    pub(crate) no_records: bool,
    /// Show every location, not only the open ones and the least sure.
    #[arg(long)]
    pub(crate) all: bool,
}

/// A confidence on the command line. Below a half a match is no match.
fn confidence(text: &str) -> Result<f64, String> {
    let confidence = text.parse().ok().filter(|value| (0.5..=1.0).contains(value));
    confidence.ok_or_else(|| "give a number from 0.5 to 1".to_owned())
}
