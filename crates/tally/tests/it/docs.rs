//! The manual says what the program takes: every command in it is parsed by the program's own command line, and the
//! reference of commands is written from it.

mod reference;
mod shell;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tally::Program;

/// The folder of the manual's pages.
const PAGES: &str = "docs/src";
/// The reference of commands.
const REFERENCE: &str = "docs/src/reference/commands.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every page of the manual and of the repository's root: its path from the root, and its text.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    let mut folders = vec![PathBuf::from(PAGES)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("the folder can be listed") {
            let path = folder.join(entry.expect("an entry").file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(PathBuf::from));
    pages.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(root().join(&path)).expect("a page can be read");
        (path.display().to_string().replace('\\', "/"), text)
    };
    pages.into_iter().map(read).collect()
}

/// A line between two fences, with the language of its block.
fn fenced(text: &str) -> Vec<(&str, &str)> {
    let mut language = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        match (language, line.trim_start().strip_prefix("```")) {
            (None, Some(name)) => language = Some(name),
            (Some(_), Some(_)) => language = None,
            (Some(name), None) => lines.push((name, line)),
            (None, None) => {}
        }
    }
    lines
}

/// The pieces of code in the running text: between two single backticks, on one line or folded to the next.
fn inline(text: &str) -> Vec<String> {
    let mut fence = false;
    let prose: String = text
        .lines()
        .filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            fence ^= is_fence;
            !fence && !is_fence
        })
        .flat_map(|line| [line.trim(), " "])
        .collect();
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_command_line_of_the_manual_is_one_that_the_program_takes() {
    let mut n = 0;
    // The reference has every command in its general form, and is written from the program itself.
    for (path, text) in pages().into_iter().filter(|(path, _)| path != REFERENCE) {
        for command in shell::commands(&fenced(&text)) {
            if let Err(error) = Program::default().command().try_get_matches_from(&command) {
                let is_answer = matches!(
                    error.kind(),
                    clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion
                );
                assert!(is_answer, "{path}: {}\n{error}", command.join(" "));
            }
            n += 1;
        }
    }
    assert!(n > 60, "only {n} command lines were found");
}

/// In running text a command may be cut short or have a placeholder; its name and its options are real all the same.
#[test]
fn every_command_that_the_manual_mentions_exists_with_its_options() {
    let mut program = Program::default().command();
    program.build();
    let mut n = 0;
    for (path, text) in pages() {
        for piece in inline(&text) {
            let Some(rest) = piece.strip_prefix("tally ") else { continue };
            let mut command = &program;
            let mut words = rest.split_whitespace().peekable();
            while let Some(found) = words.peek().and_then(|word| command.find_subcommand(word)) {
                command = found;
                words.next();
            }
            let is_open = command.has_subcommands();
            if let Some(word) = words.peek().filter(|word| is_open && !word.starts_with('-')) {
                let is_placeholder = word.chars().all(|c| c.is_ascii_uppercase());
                assert!(is_placeholder, "{path}: `{piece}`: there is no command `{word}`");
            }
            for option in words.filter_map(|word| word.strip_prefix("--")).filter(|word| !word.is_empty()) {
                let name = option.split('=').next().unwrap_or(option);
                let is_known = command.get_arguments().any(|argument| argument.get_long() == Some(name));
                // A placeholder for a command takes the options of all.
                assert!(is_known || is_open, "{path}: `{piece}`: no option --{name}");
            }
            n += 1;
        }
    }
    assert!(n > 100, "only {n} mentions were found");
}

#[test]
fn the_reference_of_commands_is_written_from_the_command_line() {
    let path = root().join(REFERENCE);
    let expected = reference::page(Program::default().command());
    if std::env::var_os("TALLY_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder can be made");
        std::fs::write(&path, &expected).expect("it can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "{REFERENCE} is stale: run this test with TALLY_UPDATE=1");
}

#[test]
fn the_reference_has_every_command_argument_default_and_variable() {
    let page = reference::page(Program::default().command());
    let mut program = Program::default().command();
    program.build();
    let mut open = vec![&program];
    let mut n = 0;
    while let Some(command) = open.pop() {
        let everywhere = |argument: &&clap::Arg| ["help", "version"].contains(&argument.get_id().as_str());
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set() && !everywhere(argument)) {
            let mut said: Vec<String> = Vec::new();
            said.extend(argument.get_long().map(|long| format!("--{long}")));
            said.extend(argument.get_env().map(|name| format!("`{}`", name.to_string_lossy())));
            if argument.get_action().takes_values() {
                said.extend(argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())));
            }
            for word in said {
                assert!(page.contains(&word), "{}: {word}", command.get_name());
                n += 1;
            }
        }
        open.extend(command.get_subcommands().filter(|below| below.get_name() != "help"));
    }
    assert!(n > 100, "only {n} things were looked for");
}

#[test]
fn every_page_stands_in_the_summary_once_and_every_line_of_the_summary_is_a_page() {
    let summary = std::fs::read_to_string(root().join(PAGES).join("SUMMARY.md")).expect("there is a summary");
    let lines = summary.lines().map(str::trim).filter(|line| line.starts_with("- [") || line.starts_with('['));
    let mut named = BTreeSet::new();
    for line in lines {
        let target = line.split("](").nth(1).and_then(|rest| rest.split(')').next()).expect("a line has a target");
        assert!(named.insert(format!("{PAGES}/{target}")), "{target} stands twice");
    }
    let pages = pages().into_iter().map(|(path, _)| path);
    let written: BTreeSet<String> =
        pages.filter(|path| path.starts_with(PAGES) && !path.ends_with("SUMMARY.md")).collect();
    assert_eq!(named, written);
}

/// The pages that tell how to do a thing have the same four parts, so that a person finds what they look for.
#[test]
fn every_how_to_has_its_four_parts() {
    let mut n = 0;
    for (path, text) in pages().into_iter().filter(|(path, _)| path.starts_with("docs/src/how-to/")) {
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        for needed in ["When you need it", "What to do", "What you should see", "What can go wrong"] {
            assert!(headings.contains(&needed), "{path} has no heading `{needed}`, but {headings:?}");
        }
        assert!(!shell::commands(&fenced(&text)).is_empty(), "{path} has no command");
        n += 1;
    }
    assert!(n >= 10, "only {n} pages were found");
}
