//! The steps of the gate that use what is not Rust: Chromium for the pages, Python for a real mail server and for the exercise of
//! the API. What is missing is an error with its remedy; nothing is skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ci::finish;

/// Where the browser's tests lie.
const BROWSER: &str = "crates/tally/tests/browser";
/// Where Python's tests lie.
const PYTHON: &str = "crates/tally/tests/python";
/// Where Debian puts Chromium; `TALLY_CHROMIUM` names another.
const CHROMIUM: &str = "/usr/bin/chromium";
/// What was installed, beside it: a copy of the file that says so.
const STAMP: &str = ".installed";

/// What both need of the gate.
pub(crate) struct Setting<'g> {
    /// The repository.
    pub(crate) root: &'g Path,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
}

impl Setting<'_> {
    /// The program that the gate's tests use: built with the same features, so that it is built once.
    fn program(&self) -> PathBuf {
        self.target.join("debug").join(format!("tally{}", std::env::consts::EXE_SUFFIX))
    }
}

/// The pages in Chromium.
///
/// # Errors
/// What is missing, or what failed.
pub(crate) fn browser(setting: &Setting<'_>) -> Result<(), String> {
    needed("node", "--version", "apt-get install nodejs")?;
    needed("npm", "--version", "apt-get install npm")?;
    let chromium = std::env::var_os("TALLY_CHROMIUM").map_or_else(|| PathBuf::from(CHROMIUM), PathBuf::from);
    if !chromium.exists() {
        let path = chromium.display();
        return Err(format!("{path} is absent: apt-get install chromium, or set TALLY_CHROMIUM"));
    }
    let folder = setting.root.join(BROWSER);
    let modules = folder.join("node_modules");
    install(&folder.join("package-lock.json"), &modules, || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder);
        finish(npm).map_err(|how| format!("`npm ci` in {BROWSER} {how}"))
    })?;
    let screenshots = setting.target.join("screenshots");
    let mut tests: Vec<PathBuf> = listed(&folder)?;
    tests.retain(|path| path.to_string_lossy().ends_with(".test.js"));
    let mut node = Command::new("node");
    node.args(["--test", "--test-concurrency=2", "--test-reporter=spec"])
        .args(tests)
        .current_dir(&folder)
        .env("TALLY_BIN", setting.program())
        .env("TALLY_SCREENSHOTS", &screenshots)
        .env("TALLY_CHROMIUM", chromium);
    finish(node).map_err(|how| format!("`node --test` in {BROWSER} {how}"))?;
    let n = listed(&screenshots)?.len();
    println!("gate: {n} pictures of pages in {}", screenshots.display());
    Ok(())
}

/// Mail to a real server, and the exercise of the API.
///
/// # Errors
/// What is missing, or what failed.
pub(crate) fn python(setting: &Setting<'_>) -> Result<(), String> {
    needed("python3", "--version", "apt-get install python3")?;
    let folder = setting.root.join(PYTHON);
    let environment = setting.target.join("python");
    let python = environment.join("bin/python");
    let requirements = folder.join("requirements.txt");
    install(&requirements, &environment, || {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&environment);
        finish(venv).map_err(|how| format!("`python3 -m venv` {how}: apt-get install python3-venv"))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]);
        pip.arg(&requirements);
        finish(pip).map_err(|how| format!("`pip install -r {PYTHON}/requirements.txt` {how}"))
    })?;
    let mut tests = Command::new(&python);
    tests
        .args(["-m", "unittest", "discover", "--verbose", "--start-directory"])
        .arg(&folder)
        .current_dir(&setting.target)
        .env("TALLY_BIN", setting.program())
        // The tests lie in the repository, which is to stay as it is.
        .env("PYTHONDONTWRITEBYTECODE", "1");
    finish(tests).map_err(|how| format!("`python -m unittest discover` in {PYTHON} {how}"))
}

fn needed(program: &str, question: &str, remedy: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.arg(question).stdout(std::process::Stdio::null());
    finish(command).map_err(|how| format!("`{program}` {how}: {remedy}"))
}

/// Installs into a folder what a file lists, unless it was done from the very same file before.
fn install(listed: &Path, into: &Path, run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let wanted = std::fs::read(listed).map_err(|error| format!("{}: {error}", listed.display()))?;
    let stamp = into.join(STAMP);
    if std::fs::read(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    run()?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// The files of a folder, in their order.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(said)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(said)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_installed_again_only_from_another_list() {
        let folder = std::env::temp_dir().join(format!("xtask-install-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let list = folder.join("list");
        let mut n = 0;
        for (text, expected) in [("one", 1), ("one", 1), ("two", 2)] {
            std::fs::write(&list, text).unwrap();
            install(&list, &folder, || {
                n += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!(n, expected, "{text}");
        }
        std::fs::write(&list, "three").unwrap();
        let failed = install(&list, &folder, || Err("no line".to_owned()));
        assert_eq!(failed, Err("no line".to_owned()));
        assert_eq!(std::fs::read_to_string(folder.join(STAMP)).unwrap(), "two", "it is tried again");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_program_that_is_missing_is_told_with_its_remedy() {
        let told = needed("no-such-program-at-all", "--version", "apt-get install it").unwrap_err();
        assert!(told.contains("no-such-program-at-all") && told.ends_with(": apt-get install it"), "{told}");
    }
}
