//! An exposure: who met whom, one link of a transmission chain.

use super::field::{Field, List, Text};
use super::record::wire;

wire! {
    /// A link between two people, or a person and an event.
    pub record Relationship<'a> {
        /// The stable key.
        "id" | "_id" => id: Field<Text<'a>>,
        /// The two ends.
        "persons" => persons: List<Participant<'a>>,
        /// The day of the (last) contact.
        "contactDate" => contact_date: Field<Text<'a>>,
        /// The day of the first contact.
        "dateOfFirstContact" => date_of_first_contact: Field<Text<'a>>,
        /// A reference-data id.
        "certaintyLevelId" => certainty_level: Field<Text<'a>>,
        /// A reference-data id, whose label is not what the id says.
        "exposureTypeId" => exposure_type: Field<Text<'a>>,
        /// A reference-data id.
        "exposureFrequencyId" => exposure_frequency: Field<Text<'a>>,
        /// A reference-data id.
        "exposureDurationId" => exposure_duration: Field<Text<'a>>,
        /// The context of transmission, a reference-data id.
        "socialRelationshipTypeId" => context_of_transmission: Field<Text<'a>>,
        /// The cluster that it belongs to.
        "clusterId" => cluster: Field<Text<'a>>,
        /// False when the source is a discarded case.
        "active" => active: Field<bool>,
        /// Whether the record is (softly) deleted.
        "deleted" => deleted: Field<bool>,
        /// When it was deleted.
        "deletedAt" => deleted_at: Field<Text<'a>>,
        /// When it was created.
        "createdAt" => created_at: Field<Text<'a>>,
        /// When it was last saved.
        "updatedAt" => updated_at: Field<Text<'a>>,
        /// When this server's database last saved it.
        "dbUpdatedAt" => db_updated_at: Field<Text<'a>>,
    }
}

wire! {
    /// One end of a relationship.
    pub struct Participant<'a> {
        /// The person's or event's id.
        "id" => id: Field<Text<'a>>,
        /// Case, contact, event ..., a reference-data id.
        "type" => person_type: Field<Text<'a>>,
        /// Whether it is the end that exposed the other.
        "source" => source: Field<bool>,
        /// Whether it is the end that was exposed.
        "target" => target: Field<bool>,
    }
}
