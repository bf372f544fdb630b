//! The files that `tally init` writes: a commented configuration, and what the passwords are called.

use super::draft::{Choice, Dimension, Draft, Element};
use crate::catalogue;
use std::fmt::Write;

/// Whose servers and accounts, for the head of a configuration.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Address of Go.Data.
    pub godata_url: String,
    /// Name of the outbreak.
    pub outbreak: String,
    /// E-mail address of the account.
    pub email: String,
    /// Where Go.Data's password is.
    pub godata_secret: Secret,
    /// Allow `http://` to Go.Data on another machine.
    pub godata_http: bool,
    /// Address of DHIS2.
    pub dhis2_url: String,
    /// User name; none with a token.
    pub username: Option<String>,
    /// Where DHIS2's password or token is.
    pub dhis2_secret: Secret,
    /// Allow `http://` to DHIS2 on another machine.
    pub dhis2_http: bool,
}

/// Where a password or token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// In an environment variable of this name.
    Env(String),
    /// In this file beside the configuration.
    File(String),
}

/// A whole configuration.
pub fn configuration(servers: &Servers, report: &str, draft: &Draft) -> String {
    let mut text = format!(
        "#:schema ./tally.schema.json\n\
         # {}: from Go.Data to the DHIS2 data set \"{}\".\n\
         #\n\
         # Written by `tally init`; everything here may be changed by hand. `tally init` adds what a data set has gained and\n\
         # changes nothing else. `tally check` says whether it fits both servers, `tally plan` what a run would change.\n\n",
        line(&servers.outbreak),
        line(&draft.name),
    );
    text += &head(servers);
    if !draft.dimensions.is_empty() {
        text += "# --- Dimensions: groups of a field's values, each with its category option in DHIS2. ---\n\n";
        text += &dimensions(draft);
    }
    text += "# --- The report. ---\n\n";
    let _ = write!(
        text,
        "[[report]]\nname = {}\ndata_set = {} # {}\nperiod = {}\n\
         # The closed periods that every run looks at again, so that late reports and reclassified cases correct theirs.\n\
         look_back = {}\n",
        quoted(report),
        quoted(&draft.data_set),
        line(&draft.name),
        quoted(&draft.period_type),
        look_back(&draft.period_type),
    );
    if let Some(combo) = &draft.attribute_combo {
        let _ = writeln!(
            text,
            "# The data set has the category combo \"{}\" of its own: name the options that this report writes under.\n\
             # attribute_options = [\"...\"]",
            line(combo)
        );
    }
    text += "\n";
    text += &indicators(draft);
    text
}

/// A configuration that there is already, with what a data set has gained: new dimensions before the first report, new
/// indicators at the end of the report that fills the data set. `None` if there is nothing to add.
pub fn updated(before: &str, draft: &Draft) -> Option<String> {
    let missing = Draft {
        elements: draft.elements.iter().filter(|element| !before.contains(&element.uid)).cloned().collect(),
        ..draft.clone()
    };
    if missing.elements.is_empty() {
        return None;
    }
    let is_used = |made: &&Dimension| missing.elements.iter().any(|element| element.by.contains(&made.code));
    let missing = Draft { dimensions: draft.dimensions.iter().filter(is_used).cloned().collect(), ..missing };
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let is_report = |line: &&str| line.trim_start().starts_with("[[report]]");
    let first = lines.iter().position(is_report).unwrap_or(lines.len());
    let names_it =
        |from: usize| lines[from..end_of_report(&lines, from)].iter().any(|line| line.contains(&draft.data_set));
    let reports: Vec<usize> = (0..lines.len()).filter(|at| is_report(&lines[*at])).collect();
    let report = reports.iter().copied().find(|at| names_it(*at)).or(reports.last().copied())?;
    let end = end_of_report(&lines, report);
    let mut text = lines[..first].concat();
    text += &dimensions(&missing);
    text += &lines[first..end].concat();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    text += "# Added by `tally init`.\n";
    text += &indicators(&missing);
    text += &lines[end..].concat();
    Some(text)
}

/// Where the table that follows a report's own ones begins.
fn end_of_report(lines: &[&str], report: usize) -> usize {
    let is_next = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('[') && !line.starts_with("[[report.") && !line.starts_with("[report.")
    };
    lines[report + 1..].iter().position(is_next).map_or(lines.len(), |after| report + 1 + after)
}

/// What the environment has to hold, for a person to copy.
pub fn environment(servers: &Servers) -> String {
    let mut text = "# What `tally` reads from the environment. Copy this file to `.env`, fill it in, keep it from others, and load it:\n\
                    #     set -a; . ./.env; set +a\n"
        .to_owned();
    let is_token = servers.username.is_none();
    for (secret, name, what) in [
        (&servers.godata_secret, "TALLY_GODATA_PASSWORD", "Password of Tally's account in Go.Data."),
        (
            &servers.dhis2_secret,
            if is_token { "TALLY_DHIS2_TOKEN" } else { "TALLY_DHIS2_PASSWORD" },
            if is_token { "Personal access token of DHIS2." } else { "Password of Tally's account in DHIS2." },
        ),
    ] {
        let _ = match secret {
            Secret::Env(name) => write!(text, "\n# {what}\n{name}=\n"),
            Secret::File(file) => write!(
                text,
                "\n# {what} It is in the file `{file}`; to take it from here, put `{}` in its place.\n# {name}=\n",
                if name.ends_with("TOKEN") { "token_env" } else { "password_env" },
            ),
        };
    }
    text + "\n# One file for several machines: any value of [godata], [dhis2], [state] and [places] can be replaced, such as\n\
            # TALLY__GODATA__URL=https://godata.example.org\n"
}

fn head(servers: &Servers) -> String {
    let secret = |secret: &Secret, key: &str| match secret {
        Secret::Env(name) => format!("{key}_env = {}\n", quoted(name)),
        Secret::File(file) => format!("{key}_file = {}\n", quoted(file)),
    };
    let http = |allowed: bool| if allowed { "allow_http = true\n" } else { "" };
    let mut text = format!(
        "[godata]\nurl = {}\noutbreak = {}\n\
         # An account of Tally's own: Go.Data ends an account's other sessions at each login.\nemail = {}\n{}{}\n",
        quoted(&servers.godata_url),
        quoted(&servers.outbreak),
        quoted(&servers.email),
        secret(&servers.godata_secret, "password"),
        http(servers.godata_http),
    );
    let _ = write!(text, "[dhis2]\nurl = {}\n", quoted(&servers.dhis2_url));
    text += &match &servers.username {
        Some(username) => format!("username = {}\n{}", quoted(username), secret(&servers.dhis2_secret, "password")),
        None => secret(&servers.dhis2_secret, "token"),
    };
    text += http(servers.dhis2_http);
    text += "\n[state]\nfolder = \".tally\"\n\
             # The normalised records stay in this folder, without names, so that a number can be followed to its cases.\n\
             # `nothing` counts them as they arrive and forgets them.\nkeep = \"records\"\n\n\
             [places]\n# Which Go.Data location counts in which organisation unit: `tally map places` fills it in. A place without one\n\
             # counts in the place above it.\nmap = \"places.csv\"\n\n";
    text
}

fn dimensions(draft: &Draft) -> String {
    draft.dimensions.iter().map(dimension_text).collect()
}

/// A dimension as it stands in a configuration.
pub fn dimension_text(dimension: &Dimension) -> String {
    let understood = &dimension.understood;
    let mut text = format!(
        "# Category \"{}\".\n[[dimension]]\ncode = {}\nfield = {}\n",
        line(&dimension.category),
        quoted(&dimension.code),
        quoted(understood.field)
    );
    let _ = match &understood.unknown {
        Some(unknown) => writeln!(text, "unknown = {} # {}", quoted(&unknown.uid), line(&unknown.name)),
        None => writeln!(
            text,
            "# The category has no option for it: such records do not count, and the account says how many.\nunknown = \"exclude\""
        ),
    };
    let key = if understood.field == "age_years" { "ages" } else { "values" };
    text += "groups = [\n";
    for group in &understood.groups {
        let (members, option) = (quoted(&group.members), quoted(&group.option.uid));
        let _ = writeln!(text, "    {{ {key} = {members}, option = {option} }}, # {}", line(&group.option.name));
    }
    text + "]\n\n"
}

fn indicators(draft: &Draft) -> String {
    draft.elements.iter().map(indicator).collect()
}

fn indicator(element: &Element) -> String {
    let (name, uid) = (line(&element.name), quoted(&element.uid));
    let mut rest = String::new();
    if !element.by.is_empty() {
        let by: Vec<String> = element.by.iter().map(|code| quoted(code)).collect();
        let _ = writeln!(rest, "by = [{}]", by.join(", "));
    }
    if !element.options.is_empty() {
        let options: Vec<String> = element.options.iter().map(|(uid, _)| quoted(uid)).collect();
        let _ = writeln!(rest, "options = [{}]", options.join(", "));
    }
    let _ = writeln!(rest, "data_element = {uid} # {name}");
    match &element.choice {
        Choice::Block(block) => {
            let meaning = catalogue::find(block).map_or("", |(_, block)| block.meaning.as_str());
            format!("# {}\n[[report.indicator]]\nuse = {}\n{rest}\n", line(meaning), quoted(block))
        }
        Choice::Undecided(near) => {
            let near = match near.as_slice() {
                [] => {
                    "nothing in the catalogue is like it; see `tally catalogue`, or write `where` and `when` yourself"
                        .to_owned()
                }
                near => format!("perhaps {}", near.join(", ")),
            };
            let block = near_first(&element.choice);
            commented(&format!("To be decided: {name} ({near}).\n[[report.indicator]]\nuse = {block}\n{rest}"))
        }
        Choice::NoNumber(value_type) => commented(&format!(
            "Not filled: {name} takes no number ({value_type}). A `[[report.statement]]` can fill it.\ndata_element = {uid}\n"
        )),
        Choice::Combo(why) => commented(&format!(
            "To be decided: {name}. Its category \"{}\" is not understood: {}.\n[[report.indicator]]\nuse = \"...\"\nby = [\"...\"]\n\
             data_element = {uid}\n",
            line(&why.category),
            line(&why.reason)
        )),
    }
}

fn near_first(choice: &Choice) -> String {
    match choice {
        Choice::Undecided(near) => quoted(near.first().map_or("...", String::as_str)),
        _ => quoted("..."),
    }
}

fn commented(text: &str) -> String {
    text.lines().map(|line| format!("# {line}\n")).collect::<String>() + "\n"
}

/// A text of a server in a comment: in one line, without what would move a cursor.
fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// So many closed periods are looked at again: about a quarter of a year, and of long periods the last two.
fn look_back(period_type: &str) -> u32 {
    match period_type {
        "Daily" => 60,
        weekly if weekly.starts_with("Weekly") => 12,
        "BiWeekly" => 6,
        "Monthly" => 3,
        _ => 2,
    }
}
