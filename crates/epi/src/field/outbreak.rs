//! The fields that every table has: which outbreak a record belongs to.

use super::{Domain, Field};
use crate::record::Outbreak;
use crate::value::ValueType;

/// Go.Data's name of the field. It need not be asked for: every list is one of an outbreak. It stands for the outbreak among
/// what is needed.
pub const OUTBREAK_WIRE: &str = "outbreakId";

/// The outbreak of a record, by its name and by its id.
pub static OUTBREAK: [Field; 2] = [
    Field {
        name: "outbreak",
        value_type: ValueType::Text,
        domain: Domain::Outbreak,
        doc: "Name of the outbreak.",
        wire: &[OUTBREAK_WIRE],
        person_wire: &[],
        joins: false,
        get: |record| record.outbreak().map(Outbreak::name).into(),
    },
    Field {
        name: "outbreak_id",
        value_type: ValueType::Text,
        domain: Domain::OutbreakId,
        doc: "Go.Data's id of the outbreak.",
        wire: &[OUTBREAK_WIRE],
        person_wire: &[],
        joins: false,
        get: |record| record.outbreak().map(Outbreak::id).into(),
    },
];
