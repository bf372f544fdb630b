//! Certificates as files.

use super::whole_file::WholeFile;
use crate::web;
use pipeline::certificate::Certificate;
use pipeline::tie_out::Difference;
use pipeline::{Error, ErrorKind};
use std::path::Path;

/// In which form a certificate goes into which file, known before any work is done.
pub(crate) enum Form<'p> {
    /// A page to print.
    Page(&'p Path),
    /// For programs.
    Json(&'p Path),
}

impl<'p> Form<'p> {
    /// The form that a file's name asks for.
    pub(crate) fn of(path: &'p Path) -> Result<Self, Error> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("html" | "htm") => Ok(Self::Page(path)),
            Some("json") => Ok(Self::Json(path)),
            _ => {
                let message = format!("`{}` is neither a page nor JSON", path.display());
                let advice = "Let the name of the certificate end in .html or .json.";
                Err(Error::new(ErrorKind::Config, message).advice(advice))
            }
        }
    }

    /// Writes a certificate, with the differences that a later look has found.
    pub(crate) fn write(&self, certificate: &Certificate, differences: &[Difference]) -> Result<(), Error> {
        let internal = |error: String| Error::new(ErrorKind::Internal, error);
        let (path, text) = match self {
            Self::Page(path) => (path, web::certificate::page(certificate, differences).map_err(internal)?),
            Self::Json(path) => {
                let json = serde_json::to_string_pretty(certificate).map_err(|error| internal(error.to_string()))?;
                (path, json + "\n")
            }
        };
        let written = WholeFile::begin(path, "the certificate")
            .and_then(|file| file.finish("file/certificate", |writer| writer.write_all(text.as_bytes())));
        written.map_err(|error| error.advice("What was pushed is pushed; `tally show N --certificate FILE` writes it."))
    }
}
