//! A typed client for the aggregate side of the DHIS2 web API, versions 2.38 and later.
//!
//! DHIS2 has two importers of data values behind one URL: the one of 2.38 to 2.42 judges row by row, the one of 2.43
//! and later judges group by group. They count, reject and answer differently. This crate reads both into one
//! [`Verdict`] and keeps what they do differently in one table, [`Version::behaviour`].
//!
//! # What can change a server
//!
//! Only [`Client::import`], [`Client::import_async`], both with what was prepared for them before
//! ([`Client::import_prepared`], [`Client::import_prepared_async`]), [`Client::complete`] and, for metadata,
//! [`Client::import_metadata`] write. Everything else is a `GET`. A write is never repeated blindly: if its answer is
//! lost, the error says so ([`Error::outcome_unknown`]), and the caller reads the values back before it decides.
//!
//! # What it refuses to do
//!
//! It follows no redirect (DHIS2 answers a missing session with a redirect to a web page), takes no web page for an
//! answer, speaks `http://` only to this machine unless told otherwise, prints no credential, and never takes an HTTP
//! status for the verdict of an import: that stands in the body.

mod async_import;
mod category;
mod changed;
mod client;
mod completion;
mod credentials;
mod decode;
mod error;
mod id_scheme;
mod lookup;
mod metadata;
mod metadata_import;
mod organisation;
mod organisation_shapes;
mod organisation_tree;
mod retry;
mod selection;
mod summary;
mod system;
mod transport;
mod uid;
mod url_base;
mod value_stream;
mod values;
mod verdict;
mod version;

pub use compact_str::CompactString;

pub use async_import::Polling;
pub use category::{Category, CategoryCombo, CategoryOption, CategoryOptionCombo};
pub use changed::Changed;
pub use client::{Client, Settings};
pub use completion::{CompletionConflict, CompletionQuery, CompletionVerdict, Registration};
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
pub use id_scheme::{AttributeValue, IdScheme, IdSchemes};
pub use metadata::{
    DataElement, DataInputPeriod, DataSet, DataSetElement, DataSetName, Indicator, Operand, OptionSet, Reference,
};
pub use metadata_import::{MetadataCounts, MetadataError, MetadataMode, MetadataReport};
pub use organisation::OrgUnit;
pub use organisation_shapes::{LonLat, OrgUnitShape, OrgUnitShapes, Shape};
pub use organisation_tree::{Middle, NamedOrgUnit, Parent};
pub use selection::{Time, changed_within};
pub use summary::{Counts, Status};
pub use system::{Me, MyOrgUnit, SystemInfo};
pub use transport::RESPONSE_BYTES_MAX;
pub use uid::{InvalidUid, Uid};
pub use value_stream::{ValueRow, ValueSink};
pub use values::{
    BODY_BYTES_MAX, DATA_VALUES_MAX_GROUP, DATA_VALUES_MAX_ROW, DataValue, DataValueSet, GZIP_BYTES_MIN, ImportOptions,
    ImportStrategy, PreparedImport, StandingValue, StoredValue, ValueQuery,
};
pub use verdict::{Outcome, Rejection, RejectionScope, Verdict};
pub use version::{
    Behaviour, CompletionCombo, Dialect, RefusedVersion, UnchangedRows, Version, WholeFailure, ZeroStorage,
};
