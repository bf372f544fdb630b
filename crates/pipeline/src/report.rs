//! What a run has to say: the same for the terminal, for JSON and for the history.

use crate::cause::Cause;
use crate::certificate::Certificate;
use crate::comparison::Comparison;
use crate::quality::QualityReport;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// DHIS2 says everything that it should.
    Clean,
    /// Something that was pushed is not there: DHIS2 rejected it, or it could not be verified.
    Partial,
    /// Something waits for a person or for a later day; the rest is done.
    Held,
}

impl Verdict {
    /// The exit code of a process that ends with it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Partial | Self::Held => 40,
        }
    }

    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Partial => "partial",
            Self::Held => "held",
        }
    }
}

/// Everything that a run has to say.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// Number of the run in the history; none for a plan, which is not kept.
    pub run: Option<i64>,
    /// Name of the report.
    pub report: String,
    /// First period.
    pub first: String,
    /// Last period.
    pub last: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What came of it.
    pub verdict: Verdict,
    /// The source.
    pub godata: GodataFacts,
    /// The destination.
    pub dhis2: Dhis2Facts,
    /// What became of every record.
    pub account: Vec<AccountRow>,
    /// Locations without an organisation unit, and how many records hang on them.
    pub unmapped: Vec<UnmappedPlace>,
    /// Reference values that no definition mentions.
    pub unmentioned: Vec<UnmentionedValue>,
    /// Data-quality issues, counted.
    pub issues: Vec<IssueRow>,
    /// The quality of the records by place; none for runs of earlier versions.
    #[serde(default)]
    pub quality: Option<QualityReport>,
    /// How it became known what stands in DHIS2; none for runs of earlier versions, and for a saved plan that was carried out.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// What was to change.
    pub plan: PlanSummary,
    /// What was pushed; none for a plan.
    pub push: Option<PushSummary>,
    /// What was read back; none for a plan.
    pub verify: Option<VerifySummary>,
    /// Our totals beside DHIS2's, for each indicator.
    pub tie_out: Vec<TieOutRow>,
    /// What the run can be held to; none for a plan, and for runs of earlier versions.
    #[serde(default)]
    pub certificate: Option<Certificate>,
    /// How long the steps took.
    pub timings: Vec<Timing>,
    /// Other things that a person should know.
    pub warnings: Vec<String>,
}

/// Facts about the source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GodataFacts {
    /// Address, or `files`.
    pub source: String,
    /// Version, if the server says it.
    pub version: Option<String>,
    /// Name of the outbreak.
    pub outbreak: Option<String>,
    /// Records read.
    pub n_records: u64,
    /// What Go.Data's own count says for the same lists, when it was asked.
    pub n_counted_by_godata: Option<u64>,
    /// How the line list was read: `full`, `changes` (only what changed since the last time), `files`, or
    /// `shared` (an earlier report of the same command read it).
    #[serde(default)]
    pub extraction: String,
    /// Records that were read from the source; the others were known from before.
    #[serde(default)]
    pub n_travelled: u64,
    /// Records that were counted anew, where the others were known from the last count of the same definitions on the same
    /// day; none where all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_changed: Option<u64>,
}

/// Facts about the destination.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Dhis2Facts {
    /// Address.
    pub url: String,
    /// Version.
    pub version: String,
    /// The server's system id.
    pub system_id: String,
    /// UID of the data set; of several, in the order of the report, with commas between.
    pub data_set: String,
    /// Name of the data set, or names of the data sets.
    pub data_set_name: String,
}

/// What became of the records for one indicator.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccountRow {
    /// Code of the indicator.
    pub indicator: String,
    /// Title of the indicator.
    pub title: String,
    /// Records looked at.
    pub n_records: u64,
    /// Records counted.
    pub counted: u64,
    /// Counted records for each date basis, in order; all but the first are fallbacks.
    pub by_date: Vec<Tally>,
    /// Excluded records by reason.
    pub excluded: Vec<Tally>,
    /// Counted records that fell into *unknown*, by dimension.
    pub unknown: Vec<Tally>,
}

/// A name and a number of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// What is counted.
    pub name: String,
    /// Number of records.
    pub n: u64,
}

/// A location that counts nowhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnmappedPlace {
    /// Location id.
    pub location: String,
    /// Its name, where Go.Data or the map knows it.
    pub name: Option<String>,
    /// Records that hang on it.
    pub n_records: u64,
}

/// A reference value that no definition mentions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnmentionedValue {
    /// Field.
    pub field: String,
    /// Value.
    pub value: String,
    /// Records that hold it.
    pub n_records: u64,
}

/// A kind of data-quality issue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IssueRow {
    /// What is odd.
    pub rule: String,
    /// Field.
    pub field: String,
    /// How often.
    pub n: u64,
    /// Some of the records.
    pub records: Vec<String>,
}

/// What was to change.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct PlanSummary {
    /// Hash of the changes.
    pub hash: String,
    /// Number of values by action.
    pub actions: Vec<Tally>,
    /// For each data element: the number of values by action.
    pub elements: Vec<PlanElement>,
    /// The values that change or are held, as many as are told one by one.
    pub changes: Vec<PlannedChange>,
    /// Number of values beyond those.
    pub n_more_changes: u64,
    /// Why slices are held.
    pub held: Vec<HeldSlice>,
    /// Values that are left out, by data element.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<SuppressedElement>,
}

/// Values of a data element that are left out, because too few people stand behind them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressedElement {
    /// UID.
    pub data_element: String,
    /// Name.
    pub name: String,
    /// Number of values that are small.
    pub primary: u64,
    /// Number of values with which a small one could be computed.
    pub complementary: u64,
}

/// The plan for one data element.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlanElement {
    /// UID.
    pub data_element: String,
    /// Name.
    pub name: String,
    /// Number of values by action.
    pub actions: Vec<Tally>,
}

/// A value that changes or is held.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlannedChange {
    /// What happens.
    pub action: String,
    /// UID of the data element.
    pub data_element: String,
    /// Its name.
    pub data_element_name: String,
    /// Period.
    pub period: String,
    /// UID of the organisation unit.
    pub org_unit: String,
    /// Its name.
    pub org_unit_name: String,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// Its name.
    pub category_option_combo_name: String,
    /// UID of the attribute option combo.
    pub attribute_option_combo: String,
    /// What DHIS2 says.
    pub old: Option<String>,
    /// What it shall say.
    pub new: Option<String>,
    /// What Tally last wrote there.
    #[serde(default)]
    pub written: Option<String>,
    /// Who wrote what stands there, where it is not what Tally last wrote: DHIS2's user name.
    #[serde(default)]
    pub changed_by: Option<String>,
    /// When, in DHIS2's words.
    #[serde(default)]
    pub changed_at: Option<String>,
    /// Why it changes.
    #[serde(default)]
    pub cause: Option<Cause>,
}

/// A slice that DHIS2 will not take now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeldSlice {
    /// UID of the organisation unit; none when the whole period is held.
    pub org_unit: Option<String>,
    /// Period; none when the organisation unit is held in all periods.
    pub period: Option<String>,
    /// Why.
    pub reason: String,
    /// Number of values that wait.
    pub n_values: u64,
}

/// What was pushed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct PushSummary {
    /// Values that DHIS2 took.
    pub written: u64,
    /// Requests sent.
    pub requests: u64,
    /// Values that DHIS2 rejected, with its reason.
    pub rejected: Vec<RejectedValue>,
    /// Values that DHIS2 would not take now, with its reason: an expired or locked period, an approval, missing access.
    /// They are sent again by the next run.
    #[serde(default)]
    pub held: Vec<RejectedValue>,
}

impl PushSummary {
    /// Values of which it is known what became of them.
    pub fn settled(&self) -> u64 {
        self.written + (self.rejected.len() + self.held.len()) as u64
    }
}

/// A value that DHIS2 rejected.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RejectedValue {
    /// UID of the data element.
    pub data_element: String,
    /// Period.
    pub period: String,
    /// UID of the organisation unit.
    pub org_unit: String,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// UID of the attribute option combo.
    #[serde(default)]
    pub attribute_option_combo: String,
    /// DHIS2's error code.
    pub code: Option<String>,
    /// DHIS2's words.
    pub reason: String,
}

/// What was read back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct VerifySummary {
    /// Values compared.
    pub compared: u64,
    /// Values that are as they should be.
    pub equal: u64,
    /// Values that are not.
    pub different: Vec<DifferentValue>,
    /// Slices registered as complete.
    pub completed: u64,
}

/// A value that is not as it should be.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DifferentValue {
    /// UID of the data element.
    pub data_element: String,
    /// Period.
    pub period: String,
    /// UID of the organisation unit.
    pub org_unit: String,
    /// UID of the category option combo.
    pub category_option_combo: String,
    /// UID of the attribute option combo.
    #[serde(default)]
    pub attribute_option_combo: String,
    /// What it should be.
    pub should: Option<String>,
    /// What DHIS2 says.
    pub says: Option<String>,
}

/// Our total beside DHIS2's.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TieOutRow {
    /// Code of the indicator.
    pub indicator: String,
    /// Title of the indicator.
    pub title: String,
    /// Records behind the values.
    pub n_records: u64,
    /// Sum of the values that we computed.
    pub ours: String,
    /// Sum of the values read back at the same keys.
    pub dhis2: Option<String>,
    /// Sum of the values that are held.
    pub held: String,
    /// Sum of the values that are left out as small cells; none if none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<String>,
    /// Whether all values agree, the held ones aside.
    pub agrees: bool,
}

/// How long a step took.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// Name of the step.
    pub step: String,
    /// Seconds.
    pub secs: f64,
}
