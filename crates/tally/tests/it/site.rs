//! A ministry's installation in small: a folder with a configuration, both servers, and the real binary run in it.

use jiff::civil::date;
use sandbox::canary::Canaries;
use sandbox::dhis2::ValueKey;
use sandbox::population::Population;
use sandbox::world::{World, WorldOptions, account};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// The weekly example as it stands in the repository.
pub(crate) const WEEKLY: &str = include_str!("../../../../examples/covid19-weekly/tally.toml");
/// Where the weekly example's statement begins.
const STATEMENTS: &str = "# --- What follows from the numbers.";

/// The weekly example without its statement: most tests are about numbers.
pub(crate) fn weekly_numbers() -> &'static str {
    &WEEKLY[..WEEKLY.find(STATEMENTS).expect("the example has a statement")]
}

/// The daily example.
pub(crate) const DAILY: &str = include_str!("../../../../examples/covid19-daily/tally.toml");

/// The periods of the outbreak of [`Site::weekly`].
pub(crate) const WEEKS: [&str; 4] = ["--from", "2020W6", "--to", "2020W17"];

/// A folder with a configuration, and the two servers that it names. Go.Data is full of canaries: they are looked for in
/// whatever a process says, and at the end in every file, the test's own aside.
pub(crate) struct Site {
    pub(crate) world: World,
    folder: TempDir,
    files: BTreeMap<&'static str, Vec<u8>>,
    /// What the test itself wrote.
    written: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
    /// What is asked of `tally`; reset by [`Site::restore`].
    pub(crate) arguments: Vec<String>,
    /// Environment variables; reset by [`Site::restore`].
    pub(crate) environment: BTreeMap<String, String>,
}

impl Site {
    /// The weekly report of a small outbreak of twelve weeks from 3 February 2020 on.
    pub(crate) fn weekly() -> Self {
        Self::of(weekly_numbers(), Population::covid19(19, 240, date(2020, 2, 3), 12), &WorldOptions::default())
    }

    /// An example's configuration for any outbreak.
    pub(crate) fn of(example: &str, population: Population, options: &WorldOptions) -> Self {
        let world = World::start(population, options).expect("loopback ports are free");
        let config = example
            .replace("http://127.0.0.1:8431", &world.godata.url())
            .replace("http://127.0.0.1:8432", &world.dhis2_url())
            .replace("password_env = \"TALLY_GODATA_PASSWORD\"", "password_file = \"godata-password\"")
            .replace("password_env = \"TALLY_DHIS2_PASSWORD\"", "password_file = \"dhis2-password\"");
        let files: BTreeMap<&'static str, Vec<u8>> = [
            ("tally.toml", config.into_bytes()),
            ("places.csv", world.population.places_csv().into_bytes()),
            ("godata-password", account::GODATA_PASSWORD.into()),
            ("dhis2-password", account::DHIS2_PASSWORD.into()),
        ]
        .into();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (arguments, environment, written) = (Vec::new(), BTreeMap::new(), Mutex::default());
        let mut site = Self { world, folder, files, written, arguments, environment };
        site.restore();
        site
    }

    /// Writes the correct files again and forgets faults, arguments and environment.
    pub(crate) fn restore(&mut self) {
        for (name, bytes) in &self.files {
            self.write(name, bytes);
        }
        self.arguments = ["run"].iter().chain(&WEEKS).map(|word| (*word).to_owned()).collect();
        self.environment.clear();
        self.world.godata.faults().clear();
        self.world.godata.faults().release();
        self.world.dhis2_faults.clear();
        self.world.dhis2_faults.release();
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file is there")
    }

    /// Writes a file until the next [`Site::restore`], or for good if that does not know it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::write(&path, &bytes).expect("the folder can be written");
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(path, bytes.as_ref().to_vec());
    }

    /// Replaces the first occurrence of a text in a file.
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is not in {name}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// Replaces a text in the configuration.
    pub(crate) fn configure(&self, from: &str, to: &str) {
        self.replace("tally.toml", from, to);
    }

    /// Makes the present configuration the correct one.
    pub(crate) fn settle(&mut self) {
        let text = self.read("tally.toml");
        self.files.insert("tally.toml", text.into_bytes());
    }

    /// Runs `tally` with [`Site::arguments`].
    pub(crate) fn run(&self) -> Ended {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.tally(&arguments)
    }

    /// Runs `tally` in the folder, in an environment of its own.
    pub(crate) fn tally(&self, arguments: &[&str]) -> Ended {
        self.tally_with(arguments, &self.environment)
    }

    /// Runs `tally` in the folder, in this environment.
    pub(crate) fn tally_with(&self, arguments: &[&str], environment: &BTreeMap<String, String>) -> Ended {
        let ended = tally_in(self.folder.path(), arguments, environment);
        assert_silent(&self.world.canaries(), &format!("{arguments:?}"), &ended);
        ended
    }

    /// Asserts that no file in the folder holds a canary, the test's own aside. Returns how many were looked at.
    #[track_caller]
    pub(crate) fn assert_silent_files(&self) -> usize {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let canaries = self.world.canaries();
        let mut n = 0;
        for path in files_below(self.folder()) {
            // A journal may go away meanwhile.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            if written.get(&path) != Some(&bytes) {
                let found =
                    canaries.found_in(&bytes).or_else(|| canaries.found_in(path.as_os_str().as_encoded_bytes()));
                assert!(found.is_none(), "{} is in {}", found.unwrap_or_default(), path.display());
                n += 1;
            }
        }
        n
    }

    /// What DHIS2 holds.
    pub(crate) fn values(&self) -> BTreeMap<ValueKey, String> {
        self.world.dhis2.values()
    }

    /// Requests that may have changed DHIS2.
    pub(crate) fn n_writes(&self) -> usize {
        let writes = ["/dataValueSets", "/completeDataSetRegistrations", "/dataValues"];
        let requests = self.world.dhis2.requests().into_iter();
        requests.filter(|r| r.method != "GET" && writes.iter().any(|path| r.path.ends_with(path))).count()
    }

    /// What DHIS2 should hold after a run over all weeks.
    pub(crate) fn truth(&self) -> BTreeMap<ValueKey, String> {
        let week = |period: &str| period.strip_prefix("2020W").and_then(|number| number.parse::<u32>().ok());
        let in_span = |key: &ValueKey| week(&key.1).is_some_and(|week| (6..=17).contains(&week));
        self.world.weekly_truth().into_iter().filter(|(key, _)| in_span(key)).collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_silent_files();
        }
    }
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

/// Asserts that a process said nothing of a person, and no secret.
#[track_caller]
pub(crate) fn assert_silent(canaries: &Canaries, what: &str, ended: &Ended) {
    for (name, text) in [("stdout", &ended.out), ("stderr", &ended.err)] {
        let found = canaries.found_in(text.as_bytes());
        assert!(found.is_none(), "{} is on {name} of {what}:\n{ended}", found.unwrap_or_default());
    }
}

/// Runs the binary in a folder, in an environment that holds nothing else than what is given.
pub(crate) fn tally_in(folder: &Path, arguments: &[&str], environment: &BTreeMap<String, String>) -> Ended {
    let output = command_in(folder, arguments, environment).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    let ended = Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert_silent(&Canaries::of_every_sandbox(), &format!("{arguments:?}"), &ended);
    ended
}

/// The binary, not started yet, in a folder and an environment that holds nothing else than what is given.
pub(crate) fn command_in(folder: &Path, arguments: &[&str], environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tally"));
    command.args(arguments).current_dir(folder).env_clear().envs(environment).stdin(Stdio::null());
    command
}

/// What a process said and how it ended.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Exit code; none after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ended {
    /// Asserts the exit code, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert!(self.code == Some(code), "should end with {code}:\n{self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("stdout is no JSON ({error}):\n{self}"))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        write!(f, "exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}", self.out, self.err)
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What differs from run to run, and what it is replaced by.
const REDACTED: [(&str, &str); 13] = [
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"\([\d,]+ ms\)", "([TIME])"),
    (r"\([\d\x{202f}]+ ms\)", "([TIME])"),
    (r"\b\d+\.\d\d s\b", "[TIME]"),
    (r"\b\d+,\d\d s\b", "[TIME]"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-01-01 00:00 UTC"),
    (r"process \d+ on [\w-]+(\.[\w-]+)*", "process [PID] on [HOST]"),
    (r"process \d+", "process [PID]"),
    (r"[\d,]+ KiB", "[SIZE] KiB"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2026-01-01T00:00:00Z"),
    (r"\b[0-9a-f]{64}\b", "[SHA-256]"),
    (r"\b\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC", "1 January 2026, 00:00 UTC"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(\+0000)?", "2026-01-01T00:00:00.000"),
];

/// Holds a text against its snapshot, without ports, times and the like.
pub(crate) fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        filters => REDACTED.to_vec(),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name.to_owned(), text) });
}

/// The shape of a JSON document: names and kinds of values, the first item for a list.
pub(crate) fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value as V;
    match value {
        V::Null => V::Null,
        V::Bool(_) => "bool".into(),
        V::Number(_) => "number".into(),
        V::String(_) => "text".into(),
        V::Array(items) => V::Array(items.iter().take(1).map(shape).collect()),
        V::Object(members) => V::Object(members.iter().map(|(name, value)| (name.clone(), shape(value))).collect()),
    }
}

/// Shows that a bad input does no harm. A first run fills DHIS2; then something is broken, and `tally` has to end with
/// `code` and with one clear error, and write nothing; then it is mended, and the next run has to be clean and find
/// nothing to push, for nothing was lost.
#[track_caller]
pub(crate) fn refused(name: &str, code: i32, spoil: impl FnOnce(&mut Site)) {
    refused_then(name, code, spoil, |_| ());
}

/// As [`refused`], for what [`Site::restore`] does not mend.
#[track_caller]
pub(crate) fn refused_then(name: &str, code: i32, spoil: impl FnOnce(&mut Site), mend: impl FnOnce(&mut Site)) {
    let mut site = Site::weekly();
    site.run().with_code(0);
    refused_at(&mut site, name, code, spoil, mend);
}

/// As [`refused_then`], at a site whose DHIS2 is filled already.
#[track_caller]
pub(crate) fn refused_at(
    site: &mut Site,
    name: &str,
    code: i32,
    spoil: impl FnOnce(&mut Site),
    mend: impl FnOnce(&mut Site),
) {
    let (values, n_writes) = (site.values(), site.n_writes());
    assert!(!values.is_empty(), "the first run filled DHIS2");
    spoil(site);
    let ended = site.run();
    snapshot(name, &ended.to_string());
    assert_eq!(ended.code, Some(code), "{ended}");
    let said = ended.err.lines().filter(|line| line.starts_with("error: ")).count();
    assert!(said >= 1, "an error is on stderr:\n{ended}");
    assert!(ended.err.contains("hint: "), "the next step is on stderr:\n{ended}");
    assert_eq!((site.values(), site.n_writes()), (values.clone(), n_writes), "nothing was written:\n{ended}");
    site.restore();
    mend(site);
    let after = site.run().with_code(0);
    assert_eq!((site.values(), site.n_writes()), (values, n_writes), "nothing was lost:\n{after}");
}
