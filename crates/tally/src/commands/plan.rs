//! `tally plan` and `tally apply`.

use super::run::{self, request, view};
use super::whole_file::WholeFile;
use super::{alert, listener, show};
use crate::cli::{ApplyArgs, Cli, Output, PlanArgs};
use crate::language::say;
use crate::render;
use pipeline::plan_document::PlanDocument;
use pipeline::run::Application;
use pipeline::{Error, ErrorKind, clock, config};
use std::sync::Arc;

/// Shows what a run would change, and saves it if asked to.
pub(crate) async fn plan(args: &PlanArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.run.config.config).map_err(Error::config)?;
    let request = request(&args.run, cli, &config, false)?;
    // A path that cannot be written to is told before the work, not after it.
    let saved = args.out.as_deref().map(|path| WholeFile::begin(path, "the plan")).transpose()?;
    let (outcome, document) = pipeline::run::plan(&request).await?;
    if let Some(saved) = saved {
        saved.finish("file/plan", |writer| {
            serde_json::to_writer_pretty(&mut *writer, &document)?;
            writer.write_all(b"\n")
        })?;
    }
    show(cli, &outcome, || render::run::run(&outcome, view(&args.run)))?;
    if let (Some(path), false, Output::Text) = (&args.out, cli.quiet, cli.output) {
        eprintln!("{}", say!("plan-saved", path = path.display().to_string()));
    }
    Ok(outcome.verdict.exit_code())
}

/// Carries out a saved plan, or a run that sends also what is held back.
pub(crate) async fn apply(args: &ApplyArgs, cli: &Cli) -> Result<u8, Error> {
    let Some(path) = &args.plan else { return run::run(&args.run, cli, None, true).await };
    for (given, name) in [
        (args.run.from.is_some(), "--from"),
        (args.run.to.is_some(), "--to"),
        (args.run.config.report.is_some(), "--report"),
    ] {
        if given {
            let message = format!("{name} has no meaning with a saved plan: its report and its periods are its own");
            return Err(Error::new(ErrorKind::Config, message).advice(format!("Leave {name} out.")));
        }
    }
    let document = PlanDocument::read(path)?;
    let config = config::load(&args.run.config.config).map_err(Error::config)?;
    let application = Application {
        config: &config,
        document: &document,
        stop: pipeline::run::Stop::default(),
        trigger: "saved plan",
        progress: listener(cli),
        now: Arc::new(clock::now),
    };
    let outcome = pipeline::run::apply(&application).await?;
    // A plan that is not carried out is told to the person who asked for it.
    alert::tell(&config, &outcome.report, Ok(&outcome)).await;
    show(cli, &outcome, || render::run::run(&outcome, view(&args.run)))?;
    Ok(outcome.verdict.exit_code())
}
