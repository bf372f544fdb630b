//! The reference of commands as a page, from the definitions of the command line.

use clap::{Arg, ArgAction, Command};

const HEAD: &str = "# Commands\n\n\
    Written from the program's own command line; `tally COMMAND --help` says the same, and `tally --version` tells \
    the version. Results go to stdout, talk to stderr. \
    What the [exit codes](../errors.md) mean stands elsewhere.\n";

/// The whole page.
pub(super) fn page(mut program: Command) -> String {
    program = program.disable_help_subcommand(true);
    program.build();
    let mut text = HEAD.to_owned();
    text += "\n## Options of every command\n\n";
    text += &table(program.get_arguments().filter(|argument| argument.is_global_set()));
    text += &variables();
    for command in program.get_subcommands() {
        section(command, "tally", 2, &mut text);
    }
    text
}

/// Environment variables that belong to no option.
fn variables() -> String {
    "\n## Environment variables\n\n\
     | variable | meaning |\n|---|---|\n\
     | `TALLY_CONFIG` | The configuration, where `--config` is absent. |\n\
     | `TALLY__...` | Replaces a value of the configuration, such as `TALLY__DHIS2__URL` for `url` under `[dhis2]`. |\n\
     | `TALLY_LOG` | What is logged, in detail, instead of `-v` and `-vv`: `dhis2=debug`. |\n\
     | `TALLY_DHIS2_PASSWORD`, `TALLY_DHIS2_TOKEN` | The password, or the personal access token, of `tally locations export` \
     without a configuration. |\n\
     | `NO_COLOR` | No colours and no drawn errors. |\n\
     | `COLUMNS` | Width of tables. |\n\
     | `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` | Proxies on the way to servers; requests to this machine pass none. |\n\n\
     Variables that hold secrets have the names that the configuration gives them (`password_env`, `token_env`).\n"
        .to_owned()
}

/// A command, and those below it.
fn section(command: &Command, above: &str, level: usize, text: &mut String) {
    let name = format!("{above} {}", command.get_name());
    *text += &format!("\n{} {name}\n\n", "#".repeat(level));
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        *text += &format!("{}\n", sentence(&about.to_string()));
    }
    let below: Vec<&Command> = command.get_subcommands().collect();
    if below.is_empty() {
        let mut command = command.clone();
        let usage = command.render_usage().to_string();
        *text += &format!("\n```text\n{}\n```\n", usage.trim_start_matches("Usage: ").trim());
    }
    let own: Vec<&Arg> = command.get_arguments().filter(|argument| is_own(argument)).collect();
    if !own.is_empty() {
        *text += "\n";
        *text += &table(own.into_iter());
    }
    if let Some(more) = command.get_after_help() {
        *text += &prose(&more.to_string());
    }
    for one in below {
        section(one, &name, level + 1, text);
    }
}

/// Paragraphs as they are, and what has lines of its own, such as an example, as it is written.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut is_open = false;
    for paragraph in text.trim().split("\n\n") {
        let is_block = paragraph.contains('\n');
        prose += match (is_open, is_block) {
            (false, true) => "\n```text\n",
            (true, false) => "```\n\n",
            _ => "\n",
        };
        prose += &format!("{paragraph}\n");
        is_open = is_block;
    }
    prose + if is_open { "```\n" } else { "" }
}

fn is_own(argument: &Arg) -> bool {
    let is_help = matches!(argument.get_action(), ArgAction::Help | ArgAction::HelpLong | ArgAction::HelpShort);
    !argument.is_global_set() && !argument.is_hide_set() && !is_help
}

fn table<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let mut text = "| argument | if absent | meaning |\n|---|---|---|\n".to_owned();
    for argument in arguments {
        text += &format!("| {} | {} | {} |\n", name(argument), if_absent(argument), meaning(argument));
    }
    text
}

/// How it is written: `-c`, `--config FILE`; a positional one by its name.
fn name(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if argument.is_positional() {
        return format!("`{value}`");
    }
    let takes = argument.get_action().takes_values();
    let long =
        argument.get_long().map(|long| if takes { format!("`--{long} {value}`") } else { format!("`--{long}`") });
    let short = argument.get_short().map(|short| format!("`-{short}`"));
    short.into_iter().chain(long).collect::<Vec<_>>().join(", ")
}

fn if_absent(argument: &Arg) -> String {
    if argument.is_required_set() {
        return "required".to_owned();
    }
    let mut said = Vec::new();
    said.extend(argument.get_env().map(|name| format!("environment variable `{}`", name.to_string_lossy())));
    if argument.get_action().takes_values() {
        said.extend(argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())));
    }
    said.join(", else ")
}

fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = sentence(&help);
    let choices: Vec<_> = argument.get_possible_values();
    if argument.get_action().takes_values() && !choices.is_empty() {
        let one = |choice: &clap::builder::PossibleValue| match choice.get_help() {
            Some(help) => format!("`{}` ({})", choice.get_name(), help.to_string().trim_end_matches('.')),
            None => format!("`{}`", choice.get_name()),
        };
        text += &format!(" One of {}.", choices.iter().map(one).collect::<Vec<_>>().join(", "));
    }
    text.replace('|', "\\|")
}

/// A text on one line, with its full stop.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.ends_with(['.', '?', '!', ':']) { text } else { text + "." }
}
