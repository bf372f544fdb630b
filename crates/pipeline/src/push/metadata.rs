//! Sending a package of metadata. No data value is touched, and no run is entered: DHIS2 takes all of it or nothing.

use crate::bootstrap::Package;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::failure;
use dhis2::{Client, MetadataMode, MetadataReport};
use serde::Serialize;

/// What DHIS2 makes of a package.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// Whether nothing is wrong with it; otherwise nothing was written.
    pub is_ok: bool,
    /// New objects.
    pub created: u64,
    /// Objects that were there.
    pub updated: u64,
    /// What is wrong: kind, UID, code of the error and DHIS2's words.
    pub errors: Vec<Refused>,
}

/// An object that DHIS2 does not take.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// Its kind, such as `DataElement`.
    pub class: String,
    /// Its UID.
    pub id: Option<String>,
    /// The code of the error, such as `E5003`.
    pub code: Option<String>,
    /// DHIS2's words.
    pub message: String,
}

/// Has DHIS2 check a package, and write it if `commit`.
///
/// # Errors
/// What the server or the line to it says; that it refuses objects is no error.
pub async fn import_package(
    client: &Client,
    config: &Config,
    package: &Package,
    commit: bool,
) -> Result<Imported, Error> {
    let mode = if commit { MetadataMode::Commit } else { MetadataMode::Validate };
    let body = serde_json::to_value(package).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    let report = client.import_metadata(&body, mode).await.map_err(|error| failed(&error, config))?;
    Ok(imported(report))
}

fn failed(error: &dhis2::Error, config: &Config) -> Error {
    let told = failure::dhis2(error, config);
    if error.outcome_unknown() {
        return told
            .advice("Nobody knows whether it was imported. Run the command again: what is there is not made twice.");
    }
    match error.kind() {
        dhis2::ErrorKind::Forbidden { .. } => Error::new(told.kind, told.message).advice(
            "The account needs the authority F_METADATA_IMPORT, which Tally's own account should not have: write the \
             package to a file, and have an administrator import it.",
        ),
        _ => told,
    }
}

fn imported(report: MetadataReport) -> Imported {
    let errors = report.errors.into_iter().map(|error| Refused {
        class: error.class,
        id: error.uid,
        code: error.code,
        message: error.message,
    });
    Imported {
        is_ok: report.is_ok,
        created: report.counts.created,
        updated: report.counts.updated,
        errors: errors.collect(),
    }
}
