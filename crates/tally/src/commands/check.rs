//! `tally check`.

use super::{listener, show};
use crate::cli::{Cli, ConfigArgs};
use crate::render::phrase::advice::sentence;
use crate::render::severity::mark;
use pipeline::check::Finding;
use pipeline::upkeep::Severity;
use pipeline::{Error, clock, config};

/// Checks everything that can be checked without changing anything.
pub(crate) async fn check(args: &ConfigArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config).map_err(Error::config)?;
    pipeline::engine::asked(&config, cli.engine.0.as_ref())?;
    let reports = match &args.report {
        Some(name) => vec![config.report(Some(name))?],
        None => config.reports.iter().collect(),
    };
    let progress = listener(cli);
    let findings = pipeline::check::check(&config, &reports, progress.as_ref(), clock::now()).await?;
    show(cli, &findings, || findings.iter().map(line).collect())?;
    Ok(0)
}

fn line(finding: &Finding) -> String {
    let mark = mark(if finding.is_warning { Severity::Warning } else { Severity::Ok });
    format!("{mark} {}\n", sentence(&finding.text))
}
