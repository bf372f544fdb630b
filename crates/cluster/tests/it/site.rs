//! A folder with an example's configuration, both servers, and the real binary run in it.

use sandbox::population::Population;
use sandbox::world::{World, WorldOptions, account};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) struct Site {
    pub(crate) world: World,
    folder: TempDir,
}

impl Site {
    /// An example's configuration for an outbreak.
    pub(crate) fn of(example: &str, population: Population) -> Self {
        let world = World::start(population, &WorldOptions::default()).unwrap();
        let config = example
            .replace("http://127.0.0.1:8431", &world.godata.url())
            .replace("http://127.0.0.1:8432", &world.dhis2_url())
            .replace("password_env = \"TALLY_GODATA_PASSWORD\"", "password_file = \"godata-password\"")
            .replace("password_env = \"TALLY_DHIS2_PASSWORD\"", "password_file = \"dhis2-password\"");
        let site = Self { folder: tempfile::tempdir().unwrap(), world };
        site.write("tally.toml", &config);
        site.write("places.csv", &site.world.population.places_csv());
        site.write("godata-password", account::GODATA_PASSWORD);
        site.write("dhis2-password", account::DHIS2_PASSWORD);
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Has the configuration end with these lines, or with none of its own.
    pub(crate) fn engine(&self, ballista: &str, snapshot: &Path) {
        let text = std::fs::read_to_string(self.path("tally.toml")).unwrap();
        let snapshot = snapshot.display();
        let engine = format!("\n[engine]\nballista = \"{ballista}\"\nsnapshot = \"{snapshot}\"\n");
        self.write("cluster.toml", &(text + &engine));
    }

    /// Runs `tally-cluster` in the folder.
    pub(crate) fn tally(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tally-cluster"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(environment.iter().copied());
        let ended = Ended(command.output().unwrap());
        let canaries = self.world.canaries();
        let found = canaries.found_in(&ended.0.stdout).or_else(|| canaries.found_in(&ended.0.stderr));
        assert!(found.is_none(), "{} is in what {arguments:?} said", found.unwrap_or_default());
        ended
    }
}

/// How a process ended.
pub(crate) struct Ended(Output);

impl Ended {
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(code), "{}\n{}", self.out(), self.err());
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out()).unwrap_or_else(|error| panic!("{error}: {}", self.out()))
    }
}
