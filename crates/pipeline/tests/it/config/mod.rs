//! The configuration as a person meets it: files on a disk, and what Tally says about them.

mod alerts;
mod catalogue;
mod dashboard;
mod destined;
mod environment;
mod fancy;
mod good;
mod meaning;
mod outbreaks;
mod places;
mod random;
mod schedules;
mod schema;
mod secrets;
mod shape;

use pipeline::config::{Config, Problem, load_with_env};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A sound configuration, small enough to be read at a glance; the tests spoil it.
const SOUND: &str = r#"[godata]
url = "https://godata.example.org"
outbreak = "COVID-19 in Sandland"
email = "tally@example.org"
password_env = "GODATA_PASSWORD"

[dhis2]
url = "https://dhis2.example.org"
username = "tally"
password_env = "DHIS2_PASSWORD"

[places]
map = "places.csv"

[[dimension]]
code = "sex"
field = "gender"
unknown = "exclude"
groups = [
    { values = "MALE", option = "MP15bHaQh2x" },
    { values = "FEMALE", option = "FFA9e1yIXCT" },
]

[[report]]
name = "weekly"
data_set = "uKtOZwDnIpM"
period = "Weekly"

[[report.indicator]]
code = "confirmed_cases"
where = "classification = 'CONFIRMED'"
when = ["date_of_onset", "date_of_reporting"]
by = ["sex"]
data_element = "bmbNyNoJcXP"
"#;

const PLACES: &str = "location_id,location,org_unit\nL1,Country,ImspTQPwCqd\nL2,District,O6uvpzGd5pu\n";

/// A folder with a configuration.
struct Folder(TempDir);

impl Folder {
    fn new(config: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("tally.toml", config).write("places.csv", PLACES)
    }

    fn write(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, env: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        load(&self.path("tally.toml"), env)
    }

    /// What is wrong, as the command line says it, with paths relative to the folder.
    #[track_caller]
    fn problems(&self, env: &[(&str, &str)]) -> String {
        let problems = self.load(env).expect_err("the configuration should be refused");
        self.relative(&shown(&problems))
    }

    fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn load(path: &Path, env: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    load_with_env(path, env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn shown(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let place = problem.location().map(|place| format!("{place}: ")).unwrap_or_default();
        writeln!(text, "{place}{problem}").unwrap();
        if let Some(advice) = &problem.advice {
            writeln!(text, "  hint: {advice}").unwrap();
        }
    }
    text
}

/// The sound configuration with parts of it replaced.
#[track_caller]
fn spoilt(changes: &[(&str, &str)]) -> String {
    let mut config = SOUND.to_owned();
    for (from, to) in changes {
        assert!(config.contains(from), "the configuration has no {from}");
        config = config.replace(from, to);
    }
    config
}

/// What is wrong with the sound configuration after the changes.
#[track_caller]
fn problems_after(changes: &[(&str, &str)]) -> String {
    Folder::new(&spoilt(changes)).problems(&[])
}
