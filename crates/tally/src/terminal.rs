//! What the terminal can do, and the log.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Whether stderr is a terminal that a person looks at.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a person sits there who can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && stderr_is_terminal()
}

/// Whether errors are drawn with lines and colours.
pub(crate) fn is_fancy() -> bool {
    stderr_is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Columns to write for: those of the terminal, or `COLUMNS`, or what a log and a mail still show in one line.
pub(crate) fn width() -> Option<u16> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || std::io::stdout().is_terminal().then(|| comfy_table::Table::new().width()).flatten();
    Some(columns.or_else(terminal).unwrap_or(ELSEWHERE))
}

/// Columns where nobody tells.
const ELSEWHERE: u16 = 120;

/// Sends the log to stderr: nothing but warnings, unless more is asked for. `TALLY_LOG` says it in detail.
pub(crate) fn log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "warn,tally=info,pipeline=info,godata=info,dhis2=info",
        _ => "warn,tally=debug,pipeline=debug,godata=debug,dhis2=debug",
    };
    let filter = EnvFilter::try_from_env("TALLY_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A log that is there already, as in tests, is kept.
    let _ = log.try_init();
}
