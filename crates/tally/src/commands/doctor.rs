//! `tally doctor`.

use super::{listener, show};
use crate::cli::{Cli, ConfigArgs};
use crate::language::say;
use crate::render::phrase::advice::sentence;
use crate::render::query::printable;
use crate::render::severity::mark;
use pipeline::doctor::{Area, Diagnosis, Examination, examine};
use pipeline::upkeep::Severity;
use pipeline::{Error, clock};

/// Looks at everything, to the end.
pub(crate) async fn doctor(args: &ConfigArgs, cli: &Cli) -> Result<u8, Error> {
    let progress = listener(cli);
    let examination = examine(&args.config, args.report.as_deref(), progress.as_ref(), clock::now()).await;
    show(cli, &examination, || text(&examination))?;
    Ok(examination.exit_code())
}

fn text(examination: &Examination) -> String {
    let mut text = String::new();
    let mut last = None;
    for finding in &examination.findings {
        if last != Some(finding.area) {
            text += &format!("{}{}\n", if last.is_some() { "\n" } else { "" }, area(finding.area));
            last = Some(finding.area);
        }
        text += &one(finding);
    }
    let n = |severity| examination.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    text += "\n";
    text += &match (n(Severity::Error), n(Severity::Warning)) {
        (0, 0) => say!("doctor-all-well"),
        (0, warnings) => say!("doctor-warnings", n = warnings),
        (errors, 0) => say!("doctor-errors", n = errors),
        (errors, warnings) => say!("doctor-errors-and-warnings", n = errors, warnings = warnings),
    };
    text + "\n"
}

fn one(finding: &Diagnosis) -> String {
    let mark = mark(finding.severity);
    let mut text = format!("  {mark} {}\n", printable(&sentence(&finding.text)));
    let below = " ".repeat("  ".len() + mark.chars().count() + " ".len());
    let (why, what) = (say!("doctor-why"), say!("doctor-do"));
    let width = why.chars().count().max(what.chars().count());
    for (word, said) in [(why, &finding.cause), (what, &finding.remedy)] {
        text += &said
            .iter()
            .map(|said| format!("{below}{word:width$} {}\n", printable(&sentence(said))))
            .collect::<String>();
    }
    text
}

/// What was looked at, in a word.
pub(crate) fn area(area: Area) -> String {
    match area {
        Area::Configuration => say!("doctor-configuration"),
        Area::State => say!("doctor-state"),
        Area::Daemon => say!("doctor-daemon"),
        // The names of servers are the same everywhere.
        Area::Godata | Area::Dhis2 => area.name().to_owned(),
        Area::Report => say!("doctor-report"),
    }
}
