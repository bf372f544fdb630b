//! `tally plan` and `tally apply`.

use super::run::{self, request, view};
use super::{listener, show};
use crate::cli::{ApplyArgs, Cli, Output, PlanArgs};
use crate::render;
use pipeline::plan_document::PlanDocument;
use pipeline::run::Application;
use pipeline::{Error, ErrorKind, clock, config, crash};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Shows what a run would change, and saves it if asked to.
pub(crate) async fn plan(args: &PlanArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.run.config.config).map_err(Error::config)?;
    let request = request(&args.run, cli, &config, false)?;
    // A path that cannot be written to is told before the work, not after it.
    let saved = args.out.as_deref().map(Saved::begin).transpose()?;
    let (outcome, document) = pipeline::run::plan(&request).await?;
    if let Some(saved) = saved {
        saved.finish(&document)?;
    }
    show(cli, &outcome, || render::run::run(&outcome, view(&args.run)))?;
    if let (Some(path), false, Output::Text) = (&args.out, cli.quiet, cli.output) {
        eprintln!("The plan is in {}; `tally apply {}` carries it out.", path.display(), path.display());
    }
    Ok(outcome.verdict.exit_code())
}

/// Carries out a saved plan, or a run that sends also what is held back.
pub(crate) async fn apply(args: &ApplyArgs, cli: &Cli) -> Result<u8, Error> {
    let Some(path) = &args.plan else { return run::run(&args.run, cli, true).await };
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
        trigger: "saved plan",
        progress: listener(cli),
        now: Arc::new(clock::now),
    };
    let outcome = pipeline::run::apply(&application).await?;
    show(cli, &outcome, || render::run::run(&outcome, view(&args.run)))?;
    Ok(outcome.verdict.exit_code())
}

/// A plan file that is there whole or not at all. It names records, so only its owner may read it.
struct Saved<'p> {
    path: &'p Path,
    file: tempfile::NamedTempFile,
}

impl<'p> Saved<'p> {
    fn begin(path: &'p Path) -> Result<Self, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A temporary file is its owner's alone (0600) from the beginning.
        let file = tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path, file })
    }

    fn finish(mut self, document: &PlanDocument) -> Result<(), Error> {
        let mut writer = BufWriter::new(&mut self.file);
        let written = serde_json::to_writer_pretty(&mut writer, document).map_err(std::io::Error::from);
        let written = written.and_then(|()| writer.write_all(b"\n")).and_then(|()| writer.flush());
        drop(writer);
        let kept = written.and_then(|()| self.file.as_file().sync_all());
        crash::before("file/plan");
        let kept = kept.and_then(|()| self.file.persist(self.path).map_err(|error| error.error));
        crash::after("file/plan");
        kept.map(drop).map_err(|error| cannot_write(self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    // The library's own words name the temporary file; the cause below them does not.
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Error::new(ErrorKind::Config, format!("the plan cannot be written to `{}`: {cause}", path.display()))
        .advice("Is there such a folder, may you write there, and has the disk room?")
}
