//! The files of a first configuration.

use super::super::whole_file::WholeFile;
use pipeline::{Error, ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};

/// The configuration, and what stands beside it.
pub(super) struct Files {
    config: PathBuf,
    folder: PathBuf,
}

/// What stands beside a configuration.
const ENVIRONMENT: &str = ".env.example";
const SCHEMA: &str = "tally.schema.json";
/// The folder of passwords that were typed, beside the configuration.
pub(super) const SECRETS_FOLDER: &str = "secrets";

impl Files {
    pub(super) fn beside(config: &Path) -> Self {
        let folder = config.parent().map(Path::to_owned).unwrap_or_default();
        Self { config: config.to_owned(), folder }
    }

    /// A folder that cannot be written to is told before anything is asked.
    pub(super) fn ready(&self) -> Result<(), Error> {
        if !self.folder.as_os_str().is_empty() {
            std::fs::create_dir_all(&self.folder).map_err(|error| {
                let message = format!("the folder `{}` cannot be made: {error}", self.folder.display());
                Error::new(ErrorKind::Config, message).advice("Name another with --config.")
            })?;
        }
        WholeFile::begin(&self.config, "the configuration").map(drop)
    }

    /// What was written for a new configuration.
    pub(super) fn new_names(&self) -> Vec<String> {
        [self.config.clone(), self.folder.join(ENVIRONMENT), self.folder.join(SCHEMA)]
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    /// Keeps a password that was typed, in a file that only its owner may read.
    pub(super) fn keep(&self, file: &str, secret: &SecretString) -> Result<(), Error> {
        let path = self.folder.join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                let message = format!("the folder `{}` cannot be made: {error}", folder.display());
                Error::new(ErrorKind::Config, message)
            })?;
        }
        let file = WholeFile::begin(&path, "a password")?;
        file.finish("file/setup", |writer| writer.write_all(secret.expose_secret().as_bytes()))
    }

    /// Writes a new configuration, last of all: with it everything is there that it names.
    pub(super) fn write_new(&self, config: &str, environment: &str) -> Result<(), Error> {
        self.put(&self.folder.join(ENVIRONMENT), "the example of the environment", environment)?;
        let schema = serde_json::to_string_pretty(&pipeline::config::json_schema())
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        self.put(&self.folder.join(SCHEMA), "the schema", &(schema + "\n"))?;
        self.put(&self.config, "the configuration", config)
    }

    /// Writes a configuration that has gained something.
    pub(super) fn write_updated(&self, config: &str) -> Result<(), Error> {
        self.put(&self.config, "the configuration", config)
    }

    fn put(&self, path: &Path, what: &'static str, text: &str) -> Result<(), Error> {
        let file = WholeFile::begin(path, what)?;
        file.shared_as_before().finish("file/setup", |writer| writer.write_all(text.as_bytes()))
    }
}
