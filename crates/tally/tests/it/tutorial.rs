//! The tutorial, command by command, as it stands in the book.

use crate::setup::passwords;
use crate::site::{Site, weekly_numbers};
use jiff::ToSpan;
use jiff::civil::Weekday;
use sandbox::population::Population;
use sandbox::world::{WorldOptions, account};
use std::path::Path;
use std::process::Command;

const TUTORIAL: &str = include_str!("../../../../docs/src/tutorial.md");

/// A command and the lines that the page shows of what it says; `...` stands for any.
struct Step<'p> {
    command: &'p str,
    shown: Vec<&'p str>,
}

fn steps() -> Vec<Step<'static>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for block in TUTORIAL.split("```console\n").skip(1) {
        for line in block[..block.find("```").expect("a block ends")].lines() {
            match line.strip_prefix("$ ") {
                Some(command) => steps.push(Step { command, shown: Vec::new() }),
                None => steps.last_mut().expect("a command comes first").shown.push(line),
            }
        }
    }
    steps
}

#[test]
fn it_can_be_followed_literally() {
    // As `tally sandbox` has it: the last week of the outbreak is the last closed one.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let monday =
        if today.weekday() == Weekday::Monday { today } else { today.nth_weekday(-1, Weekday::Monday).unwrap() };
    let population = Population::covid19(42, 2000, monday.saturating_sub(30_i64.weeks()), 30);
    let site = Site::of(weekly_numbers(), population, &WorldOptions::default());
    for file in ["tally.toml", "places.csv", "godata-password", "dhis2-password"] {
        std::fs::remove_file(site.path(file)).expect("it is there");
    }
    let here = |text: &str| {
        text.replace("http://127.0.0.1:8431", site.world.godata.url().trim_end_matches('/'))
            .replace("http://127.0.0.1:8432", site.world.dhis2_url().trim_end_matches('/'))
    };
    let tally = Path::new(env!("CARGO_BIN_EXE_tally")).parent().expect("a folder");
    let path = format!("{}:{}", tally.display(), std::env::var("PATH").unwrap_or_default());
    let steps = steps();
    assert!(steps.len() > 12, "the page has commands");
    for step in steps {
        // The servers are the test's own; what they are told is set for every command.
        if step.command == "tally sandbox" {
            continue;
        }
        if let Some(set) = step.command.strip_prefix("export ") {
            let (name, value) = set.split_once('=').expect("a variable");
            assert_eq!(passwords().get(name).map(String::as_str), Some(value), "the sandbox's own");
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &here(step.command)]).current_dir(site.folder()).env_clear().env("PATH", &path);
        let output = shell.envs(passwords()).output().expect("a shell");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // The doctor ends with 40 when it found something that a run survives, as the page shows.
        let may_warn = step.shown.iter().any(|line| line.ends_with("a run would go on."));
        assert!(output.status.success() || may_warn, "{}: {said}", step.command);
        for line in step.shown.iter().filter(|line| **line != "...") {
            assert!(said.contains(line.trim_end()), "`{}` does not say `{line}`:\n{said}", step.command);
        }
    }
    assert!(site.n_writes() > 0 && !site.values().is_empty(), "a week was pushed");
    assert!(site.read("week.html").contains("<html"), "the certificate is a page");
    assert_eq!(account::GODATA_EMAIL, "tally@example.org", "as the page has it");
}
