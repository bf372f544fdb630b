//! A place of the location tree.

use super::field::{Field, List};
use super::record::wire;

wire! {
    /// A location, owned, since the tree outlives the answer it came in.
    pub record Location {
        /// The stable key.
        "id" | "_id" => id: Field<String>,
        /// The name, as the field team writes it.
        "name" => name: Field<String>,
        /// Other names.
        "synonyms" => synonyms: List<String>,
        /// Codes of other systems.
        "identifiers" => identifiers: List<LocationIdentifier>,
        /// The parent; null at a root.
        "parentLocationId" => parent: Field<String>,
        /// The administrative level, a reference-data id.
        "geographicalLevelId" => geographical_level: Field<String>,
        /// Where it is.
        "geoLocation" => geo_location: Field<GeoPoint>,
        /// Inactive locations still hold cases.
        "active" => active: Field<bool>,
        /// Whether the record is (softly) deleted.
        "deleted" => deleted: Field<bool>,
    }
}

wire! {
    /// A code that another system knows the location by.
    pub struct LocationIdentifier {
        /// The code, or the kind of code where the description holds the code.
        "code" => code: Field<String>,
        /// What the code is, or the code itself.
        "description" => description: Field<String>,
    }
}

wire! {
    /// A point on the earth, in degrees.
    pub struct GeoPoint {
        /// Latitude, north positive.
        "lat" => latitude: Field<f64>,
        /// Longitude, east positive.
        "lng" => longitude: Field<f64>,
    }
}
