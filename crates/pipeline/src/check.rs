//! Everything that can be checked without changing anything: the configuration, both servers, and how they fit.

use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::progress::{Progress, Step, counted};
use crate::run::open_state;
use crate::source;
use crate::target::Target;
use jiff::Timestamp;
use serde::Serialize;

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether somebody should look at it.
    pub is_warning: bool,
    /// What was found, a sentence.
    pub text: String,
}

/// Checks a configuration, already read, against both servers.
///
/// # Errors
/// The first thing that would end a run, or all problems of the configuration that the servers bring to light.
pub async fn check(
    config: &Config,
    reports: &[&Report],
    progress: &dyn Progress,
    now: Timestamp,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let mut say = |is_warning: bool, text: String| findings.push(Finding { is_warning, text });
    let rows = config.places.rows.len();
    let mapped = config.places.rows.iter().filter(|row| row.org_unit.is_some()).count();
    say(
        false,
        format!(
            "The configuration is well formed: {}, {mapped} of {} mapped.",
            counted(reports.len() as u64, "report"),
            counted(rows as u64, "place")
        ),
    );
    // Opened only where there is one: a check leaves no files behind.
    if config.state_file().exists() {
        let state = open_state(config)?;
        state.integrity_check()?;
        say(false, format!("The state in `{}` is sound.", config.state_folder.display()));
    }
    for report in reports {
        progress.begin(Step::Preflight, None);
        let target = Target::prepare(config, report).await?;
        let opened = source::open(config, report).await?;
        progress.end(Step::Preflight, &format!("report `{}`", report.name));
        let facts = &opened.facts;
        let version = facts.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
        let outbreak = facts.outbreak.as_ref().map(|o| format!(", outbreak \"{o}\"")).unwrap_or_default();
        say(false, format!("Report `{}`: Go.Data{version} answers at {}{outbreak}.", report.name, facts.source));
        let facts = &target.facts;
        say(
            false,
            format!(
                "Report `{}`: DHIS2 {} answers at {}; data set \"{}\" takes {} in {}.",
                report.name,
                facts.version,
                facts.url,
                facts.data_set_name,
                counted(target.indicators.iter().flatten().count() as u64, "indicator"),
                counted(
                    target.org_units.values().filter(|unit| unit.held().next().is_none()).count() as u64,
                    "organisation unit"
                )
            ),
        );
        for warning in &opened.warnings {
            say(true, format!("Report `{}`: {warning}.", report.name));
        }
        let mut held: Vec<&str> = target.org_units.values().flat_map(|unit| unit.held()).collect();
        held.sort_unstable();
        held.dedup();
        for reason in held {
            say(true, format!("Report `{}`: {reason}.", report.name));
        }
        let n_open = opened.places.unmapped().count();
        if n_open > 0 {
            say(
                true,
                format!(
                    "Report `{}`: {} nowhere: no organisation unit is mapped there or above.",
                    report.name,
                    if n_open == 1 { "1 location counts".to_owned() } else { format!("{n_open} locations count") }
                ),
            );
        }
        let today = now.to_zoned(report.time_zone.clone()).date();
        if let Ok(span) = report.look_back(today) {
            target.refuse_when_nothing_is_open(span, config, report)?;
        }
    }
    Ok(findings)
}
