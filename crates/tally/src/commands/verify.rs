//! `tally verify`.

use super::{certificate, listener, show};
use crate::cli::{Cli, VerifyArgs};
use crate::render;
use crate::render::run::View;
use crate::terminal;
use jiff::Timestamp;
use pipeline::store::RunId;
use pipeline::tie_out::{Again, again};
use pipeline::{Error, config};

/// The exit code when a side says otherwise.
const DIFFERS: u8 = 40;

/// Holds the values of a past run against both servers as they are now.
pub(crate) async fn verify(args: &VerifyArgs, cli: &Cli) -> Result<u8, Error> {
    let form = args.certificate.as_deref().map(certificate::Form::of).transpose()?;
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let progress = listener(cli);
    let request = Again {
        config: &config,
        report,
        run: args.run.map(RunId),
        progress: progress.as_ref(),
        now: Timestamp::now(),
        actor: "command line",
    };
    let verification = again(&request).await?;
    drop(progress);
    if let Some(form) = &form {
        form.write(&verification.certificate, &verification.differences)?;
    }
    let view = View { all: args.all, width: terminal::width() };
    show(cli, &verification, || render::verify::verification(&verification, view))?;
    Ok(if verification.agrees { 0 } else { DIFFERS })
}
