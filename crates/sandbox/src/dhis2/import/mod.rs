//! `POST /api/dataValueSets`: decoding, options, and the choice between the two importers.

mod group;
mod options;
mod payload;
mod row;
mod summary;
mod timeliness;

pub(crate) use options::ImportOptions;
pub(crate) use payload::{Payload, Undecodable, decode};
pub(crate) use summary::{Conflict, Import, Summary};

use super::version::Dialect;
use super::{Server, Session};

/// Runs an import with the importer of the release.
pub(crate) fn run(server: &mut Server, session: &Session, options: &ImportOptions, payload: Payload) -> Summary {
    match session.version.dialect() {
        Dialect::Row => row::import(server, session, options, payload),
        Dialect::Group => group::import(server, session, options, payload),
    }
}
