//! An outbreak: the container of everything else.

use super::field::{Field, List};
use super::record::wire;

wire! {
    /// An outbreak, without its templates, which are large.
    pub record Outbreak {
        /// The stable key.
        "id" | "_id" => id: Field<String>,
        /// Its name.
        "name" => name: Field<String>,
        /// A reference-data id.
        "disease" => disease: Field<String>,
        /// The first day.
        "startDate" => start_date: Field<String>,
        /// The last day; missing while it goes on.
        "endDate" => end_date: Field<String>,
        /// The roots of the locations it may use; empty means all.
        "locationIds" => locations: List<String>,
        /// The level at which the server itself reports.
        "reportingGeographicalLevelId" => reporting_geographical_level: Field<String>,
        /// Whether users see only the regions of their teams: an unexempt account is silently shown less.
        "applyGeographicRestrictions" => apply_geographic_restrictions: Field<bool>,
        /// Whether laboratory lists show contacts' results.
        "isContactLabResultsActive" => is_contact_lab_results_active: Field<bool>,
        /// When it was last saved.
        "updatedAt" => updated_at: Field<String>,
        /// Whether it is (softly) deleted.
        "deleted" => deleted: Field<bool>,
    }
}
