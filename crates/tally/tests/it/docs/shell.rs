//! Command lines in the code blocks of a page, cut into words as a shell cuts them.

/// What ends a command on its line.
const ENDS: [&str; 6] = ["|", ">", ">>", "&&", "||", ";"];

/// The command lines of `tally` in lines of code blocks, each with the language of its block: after a prompt or at the
/// beginning of a line, in a unit of systemd, and in a table of cron.
pub(super) fn commands(lines: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut lines = lines.iter();
    while let Some((language, line)) = lines.next() {
        let mut line = (*line).to_owned();
        while let Some(begun) = line.strip_suffix('\\') {
            let Some((_, more)) = lines.next() else { break };
            line = format!("{begun}{}", more.trim_start());
        }
        let is_shell = matches!(*language, "console" | "sh" | "bash" | "text" | "ini" | "cron" | "");
        if is_shell {
            commands.extend(commands_of(&line));
        }
    }
    commands
}

/// The commands of one line: one, or several with something between them.
fn commands_of(line: &str) -> Vec<Vec<String>> {
    let start = line.trim_start();
    let after = ["$ ", "ExecStart=", "ExecStartPre="].iter().find_map(|prompt| start.strip_prefix(prompt));
    let is_bare = start.starts_with("tally ") && start.len() == line.len();
    let text = after.map(str::to_owned).or_else(|| from_cron(start)).or_else(|| is_bare.then(|| start.to_owned()));
    let Some(text) = text else { return Vec::new() };
    let words = words(&text);
    words
        .split(|word| ENDS.contains(&word.as_str()))
        .filter_map(|command| {
            let at = command.iter().position(|word| !is_assignment(word))?;
            let is_tally = command[at] == "tally" || command[at].ends_with("/tally");
            is_tally.then(|| [vec!["tally".to_owned()], command[at + 1..].to_vec()].concat())
        })
        .collect()
}

/// What a line of cron's table runs: it begins with five fields of time.
fn from_cron(line: &str) -> Option<String> {
    let is_time = |word: &&str| word.chars().all(|c| c.is_ascii_digit() || "*/,-".contains(c));
    let words: Vec<&str> = line.split_whitespace().collect();
    (words.len() > 5 && words[..5].iter().all(is_time)).then(|| words[5..].join(" "))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

/// The words of a line, without its comment; quotes keep words together, as in a shell.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "a quote is open: {line}");
    words.extend(word);
    words
}

#[test]
fn command_lines_are_found_and_cut_as_a_shell_cuts_them() {
    let of = |line: &str| commands(&[("console", line)]).into_iter().map(|words| words.join("|")).collect::<Vec<_>>();
    assert_eq!(of("$ tally run --full   # all of it"), ["tally|run|--full"]);
    assert_eq!(of("tally query \"SELECT 'a b'\" --output csv > a.csv"), ["tally|query|SELECT 'a b'|--output|csv"]);
    assert_eq!(of("ExecStart=/usr/local/bin/tally run --quiet"), ["tally|run|--quiet"]);
    assert_eq!(of("30 6 * * 1  cd /srv/tally && tally run --quiet || mail me"), ["tally|run|--quiet"]);
    assert_eq!(of("$ TALLY_CONFIG=a.toml tally check && tally run"), ["tally|check", "tally|run"]);
    assert_eq!(of("$ cargo build"), Vec::<String>::new());
    assert_eq!(of("  tally is a word of a message here"), Vec::<String>::new());
    let folded = commands(&[("sh", "tally plan \\"), ("sh", "    --all")]);
    assert_eq!(folded, [["tally", "plan", "--all"]]);
    assert!(commands(&[("toml", "tally run")]).is_empty());
}
