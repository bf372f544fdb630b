//! `tally doctor`.

use super::{listener, show};
use crate::cli::{Cli, ConfigArgs};
use crate::render::number::counted;
use crate::render::query::printable;
use pipeline::doctor::{Diagnosis, Examination, examine};
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
    let mut area = None;
    for finding in &examination.findings {
        if area != Some(finding.area) {
            text += &format!("{}{}\n", if area.is_some() { "\n" } else { "" }, finding.area.name());
            area = Some(finding.area);
        }
        text += &one(finding);
    }
    let n = |severity| examination.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    text += "\n";
    text += &match (n(Severity::Error), n(Severity::Warning)) {
        (0, 0) => "All is well.\n".to_owned(),
        (0, warnings) => format!("{} to look at; a run would go on.\n", counted(warnings, "finding")),
        (errors, 0) => format!("{} that would end a run.\n", counted(errors, "finding")),
        (errors, warnings) => {
            format!("{} that would end a run, and {warnings} more to look at.\n", counted(errors, "finding"))
        }
    };
    text
}

fn one(finding: &Diagnosis) -> String {
    let mark = match finding.severity {
        Severity::Ok => "ok",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = format!("  {mark:8} {}\n", printable(&finding.text));
    text += &finding.cause.iter().map(|cause| format!("           why: {}\n", printable(cause))).collect::<String>();
    text += &finding.remedy.iter().map(|remedy| format!("           do:  {}\n", printable(remedy))).collect::<String>();
    text
}
