//! `tally test`.

use super::show;
use crate::cli::{Cli, TestArgs};
use crate::render::worked::text;
use pipeline::worked::{self, Outcomes};
use pipeline::{Error, ErrorKind, config};
use std::path::{Path, PathBuf};

/// Works the examples beside a configuration.
pub(crate) fn test(args: &TestArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config).map_err(Error::config)?;
    let files = match args.examples.as_slice() {
        [] => vec![beside(&args.config)],
        named => named.to_vec(),
    };
    let mut all = Outcomes { examples: Vec::new(), without_example: Vec::new() };
    for (index, file) in files.iter().enumerate() {
        let examples = worked::read(file).map_err(Error::config)?;
        let outcomes = worked::work(&config, &examples)?;
        all.examples.extend(outcomes.examples);
        // What one file leaves out, another may speak of.
        match index {
            0 => all.without_example = outcomes.without_example,
            _ => all.without_example.retain(|name| outcomes.without_example.contains(name)),
        }
    }
    show(cli, &all, || text(&all))?;
    Ok(if all.n_failed() == 0 { 0 } else { ErrorKind::Config.exit_code() })
}

/// The file of examples of a configuration.
fn beside(config: &Path) -> PathBuf {
    config.with_extension("test.toml")
}
