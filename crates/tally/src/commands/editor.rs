//! `tally schema`, `tally completions` and `tally man`: what editors, shells and `man` want to know.

use super::write;
use pipeline::{Error, ErrorKind};
use std::path::Path;

/// Prints the JSON Schema of the configuration.
pub(crate) fn schema() -> Result<u8, Error> {
    let schema = serde_json::to_string_pretty(&pipeline::config::json_schema())
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    write(&(schema + "\n"))?;
    Ok(0)
}

/// Prints what a shell needs to complete the program's commands.
pub(crate) fn completions(shell: clap_complete::Shell, mut program: clap::Command) -> Result<u8, Error> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, name, &mut script);
    write(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Writes a manual page for the program and each of its commands.
pub(crate) fn man(folder: &Path, mut program: clap::Command) -> Result<u8, Error> {
    let cannot = |error: std::io::Error| {
        Error::new(ErrorKind::Config, format!("the manual pages cannot be written to `{}`: {error}", folder.display()))
            .advice("Name a folder that you may write to.")
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    program = program.disable_help_subcommand(true);
    program.build();
    clap_mangen::generate_to(program, folder).map_err(cannot)?;
    Ok(0)
}
