//! A value of Go.Data's reference data: a classification, an outcome, a vaccine.

use super::field::Field;
use super::record::wire;

wire! {
    /// A reference-data item. Its id says nothing certain about its meaning.
    pub record ReferenceItem {
        /// The value that records hold.
        "id" | "_id" => id: Field<String>,
        /// The category that it belongs to.
        "categoryId" => category: Field<String>,
        /// The language token of its label.
        "value" => value: Field<String>,
        /// A code for other systems, since 2.45; often empty.
        "code" => code: Field<String>,
        /// Whether it can still be chosen.
        "active" => active: Field<bool>,
        /// Whether the item is (softly) deleted.
        "deleted" => deleted: Field<bool>,
    }
}
