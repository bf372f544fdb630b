//! The configuration exactly as a person wrote it. One definition: the JSON Schema for editors, the check for unknown and
//! misspelt keys and the reader all come from these types.

mod alerts;
mod dashboard;

pub use self::alerts::{AlertEmail, AlertHeartbeat, AlertWebhook, Alerts, EventKind, HeartbeatMethod, MailSecurity};
pub use self::dashboard::{Dashboard, DashboardProxy};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// A value with its place in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct At<T>(Spanned<T>);

impl<T> At<T> {
    /// The value.
    pub fn get(&self) -> &T {
        self.0.get_ref()
    }

    /// Its bytes in the file, quotes included.
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// One text, or several.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<At<String>>),
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `untagged`: serde would keep the items apart from their places.
        deserializer.deserialize_any(OneOrMoreVisitor)
    }
}

struct OneOrMoreVisitor;

impl<'de> Visitor<'de> for OneOrMoreVisitor {
    type Value = OneOrMore;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OneOrMore, E> {
        Ok(OneOrMore::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<OneOrMore, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMore::More)
    }
}

impl At<OneOrMore> {
    /// The texts, each with its place.
    pub fn items(&self) -> Vec<(&str, Range<usize>)> {
        match self.get() {
            OneOrMore::One(item) => vec![(item, self.span())],
            OneOrMore::More(items) => items.iter().map(|item| (item.get().as_str(), item.span())).collect(),
        }
    }
}

/// Tally's configuration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tally configuration")]
pub struct Raw {
    /// Where the line list comes from.
    pub godata: At<Godata>,
    /// Where the data values go.
    pub dhis2: At<Dhis2>,
    /// Where Tally keeps what it remembers.
    #[serde(default)]
    pub state: State,
    /// What computes the reports, if not this process.
    pub engine: Option<Engine>,
    /// Who is told when a report needs a person.
    pub alerts: Option<Alerts>,
    /// Where the dashboard listens, and who gets in.
    #[serde(default)]
    pub dashboard: Dashboard,
    /// Which location counts in which organisation unit.
    pub places: Places,
    /// What the quality of the records is judged by.
    #[serde(default)]
    pub quality: Quality,
    /// Dimensions by which indicators are disaggregated.
    #[serde(default)]
    pub dimension: Vec<Dimension>,
    /// Reports, each under a line `[[report]]`; at least one. A report fills one DHIS2 data set, or several of one period
    /// type.
    pub report: At<Vec<Report>>,
}

/// Where the line list comes from: a Go.Data server, or files that it wrote.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Godata {
    /// Address of the server, such as `https://godata.example.org`.
    pub url: Option<At<String>>,
    /// Id or exact name of the outbreak, or of several: the records of all are counted. Beside `files`, the name of theirs.
    pub outbreak: Option<At<OneOrMore>>,
    /// E-mail address of Tally's own account. Go.Data ends the other sessions of an account at each login, so share it
    /// with nobody.
    pub email: Option<At<String>>,
    /// Environment variable that holds the password.
    pub password_env: Option<At<String>>,
    /// File that holds the password.
    pub password_file: Option<At<String>>,
    /// Files instead of a server: what the API or the JSON export (with `useDbColumns` and `dontTranslateValues`) gave.
    pub files: Option<At<Files>>,
    /// Time zone in which the server keeps its days, such as `Africa/Dakar`. Asked from the server when absent; UTC if it
    /// does not say.
    pub time_zone: Option<At<String>>,
    /// Records asked for at a time.
    #[schemars(range(min = 1, max = 10000))]
    pub page_records: Option<At<u32>>,
    /// Seconds to wait for one answer.
    #[schemars(range(min = 1, max = 3600))]
    pub timeout_secs: Option<At<u32>>,
    /// Allow `http://` to another machine: the password and the line list then travel readable.
    #[serde(default)]
    pub allow_http: bool,
}

/// Files that Go.Data wrote. Paths are relative to the configuration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Cases.
    pub cases: Option<String>,
    /// Contacts.
    pub contacts: Option<String>,
    /// Contacts of contacts.
    pub contacts_of_contacts: Option<String>,
    /// Follow-ups.
    pub follow_ups: Option<String>,
    /// Laboratory results.
    pub lab_results: Option<String>,
    /// Relationships.
    pub relationships: Option<String>,
    /// Events.
    pub events: Option<String>,
    /// Locations. Without it, only the locations of the map of places are known.
    pub locations: Option<String>,
    /// Reference data. Without it, constants in conditions are not checked.
    pub reference_data: Option<String>,
}

/// Where the data values go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dhis2 {
    /// Address of the server, such as `https://dhis2.example.org`.
    pub url: At<String>,
    /// User name, with a password.
    pub username: Option<At<String>>,
    /// Environment variable that holds the password.
    pub password_env: Option<At<String>>,
    /// File that holds the password.
    pub password_file: Option<At<String>>,
    /// Environment variable that holds a personal access token; instead of user name and password.
    pub token_env: Option<At<String>>,
    /// File that holds a personal access token.
    pub token_file: Option<At<String>>,
    /// How data sets, data elements, category options and organisation units are named here and in the map of places:
    /// `uid` (the default), `code`, or `attribute:` with the UID of a metadata attribute.
    pub id_scheme: Option<At<String>>,
    /// How data sets are named, if otherwise.
    pub data_set_id_scheme: Option<At<String>>,
    /// How data elements are named, if otherwise.
    pub data_element_id_scheme: Option<At<String>>,
    /// How category options are named, if otherwise.
    pub category_option_id_scheme: Option<At<String>>,
    /// How organisation units are named, if otherwise.
    pub org_unit_id_scheme: Option<At<String>>,
    /// Values in one request.
    #[schemars(range(min = 1, max = 50000))]
    pub batch_values: Option<At<u32>>,
    /// Seconds to wait for one answer.
    #[schemars(range(min = 1, max = 3600))]
    pub timeout_secs: Option<At<u32>>,
    /// Allow `http://` to another machine: the password then travels readable.
    #[serde(default)]
    pub allow_http: bool,
    /// Leave out values behind which too few people stand; nothing is left out when absent.
    pub small_cells: Option<SmallCells>,
}

/// Values behind which too few people stand are not published.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmallCells {
    /// Values of fewer records than this are left out.
    #[schemars(range(min = 2, max = 1000))]
    pub threshold: At<u32>,
    /// Leave out explicit zeros as well.
    #[serde(default)]
    pub suppress_zeros: bool,
}

/// Where Tally keeps what it remembers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Folder, relative to the configuration.
    pub folder: Option<At<String>>,
    /// Whether the normalised records stay on this machine.
    #[serde(default)]
    pub keep: Keep,
    /// Days after which everything is read again and not only what changed, for changes that Go.Data does not stamp; 7 when
    /// absent, 0 for always.
    #[schemars(range(min = 0, max = 92))]
    pub full_after_days: Option<At<u32>>,
    /// Hours after which the ids of the line list are held against Go.Data's, for records that came or went without a
    /// stamp; 24 when absent, 0 for always. Whenever Go.Data counts another number of records it is done at once.
    #[schemars(range(min = 0, max = 744))]
    pub reconcile_after_hours: Option<At<u32>>,
    /// Days for which `tally show --as-of` knows what values were before they changed; for ever when absent.
    #[schemars(range(min = 1, max = 36500))]
    pub values_kept_days: Option<At<u32>>,
}

/// What computes the reports: Ballista, over a snapshot of the line list. Only `tally-cluster` has this engine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Address of the Ballista scheduler, such as `df://scheduler.example.org:50050`.
    #[serde(rename = "ballista")]
    pub scheduler: At<String>,
    /// Where snapshots lie: a folder that all machines see under this path, or `s3://bucket/folder`.
    pub snapshot: At<String>,
    /// Seconds that a computation may take.
    #[schemars(range(min = 1, max = 86400))]
    pub timeout_secs: Option<At<u32>>,
}

/// Whether the normalised records stay on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// In the line list file, so that every number can be followed to its records after the run.
    #[default]
    Records,
    /// Not at all: records are counted as they arrive and forgotten.
    Nothing,
}

/// Which location counts in which organisation unit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// CSV file with the columns `location_id` and `org_unit`; others are for people. Relative to the configuration.
    pub map: At<String>,
}

/// What the quality of the records is judged by. What a report reads anyway is always judged.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Ask Go.Data also for the fields that only the rules of data quality need: dates, gender, age, residence, stays,
    /// classification and its history, outcome, pregnancy status, case number. No names, no addresses, no answers.
    #[serde(default)]
    pub all_rules: bool,
    /// First day on which somebody can have fallen ill, such as `2020-01-01`; the start of the outbreak in Go.Data when
    /// absent.
    pub outbreak_start: Option<At<String>>,
}

/// A dimension: groups of a field's values, each with its category option.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Code by which indicators name it.
    pub code: At<String>,
    /// The field that decides, such as `gender` or `age_years`.
    pub field: At<String>,
    /// What becomes of records in no group: a category option, or `exclude`.
    pub unknown: At<String>,
    /// The groups.
    pub groups: At<Vec<At<Group>>>,
}

/// A group of a dimension.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Completed years, such as `0-4` or `80+`.
    pub ages: Option<At<String>>,
    /// Values of the field.
    pub values: Option<At<OneOrMore>>,
    /// The category option that the group stands for.
    pub option: At<String>,
}

/// A report: indicators of one data set, or of several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Name, for the command line and the history.
    pub name: At<String>,
    /// DHIS2 data set, named as `id_scheme` says; or a list of them. Each indicator goes to the one that holds its data
    /// element.
    pub data_set: At<OneOrMore>,
    /// Period type of the data sets, such as `Weekly`.
    pub period: At<String>,
    /// Number of closed periods before today that a run covers.
    #[schemars(range(min = 1, max = 2000))]
    pub look_back: Option<At<u32>>,
    /// Also cover the period that has not ended.
    #[serde(default)]
    pub include_open: bool,
    /// Time zone that says which day it is; UTC when absent.
    pub time_zone: Option<At<String>>,
    /// When `tally serve` runs the report: minute, hour, day of the month, month and day of the week, as cron has them;
    /// never by itself when absent.
    pub schedule: Option<At<String>>,
    /// Time zone of the schedule; that of the report when absent.
    pub schedule_time_zone: Option<At<String>>,
    /// How long after a due time a run must have succeeded, such as `6h` or `2d`; without it nobody minds.
    pub deadline: Option<At<String>>,
    /// Run once for what became due while the daemon was down; true when absent.
    pub catch_up: Option<At<bool>>,
    /// Category options of the data set's own category combo; none for the default one.
    #[serde(default)]
    pub attribute_options: Vec<At<String>>,
    /// A comment for every value that Tally writes: a text in which `{report}`, `{run}`, `{date}` and `{version}` stand for
    /// themselves. Nothing of a person can be in it.
    pub comment: Option<At<String>>,
    /// Register the data set as complete for every organisation unit and period that was verified.
    #[serde(default)]
    pub complete: bool,
    /// Write an explicit 0 where no record counts, for every organisation unit of the map.
    #[serde(default)]
    pub zeros: bool,
    /// What to do with a value of ours that somebody changed in DHIS2.
    #[serde(default)]
    pub on_drift: OnOther,
    /// What to do with a value that stood in DHIS2 before Tally first wrote there.
    #[serde(default)]
    pub on_existing: OnOther,
    /// So much of what was reported a run may take away by itself, in percent; more waits for a person.
    #[schemars(range(min = 0, max = 100))]
    pub losses_max_percent: Option<At<u32>>,
    /// Codes of indicators whose small values are published all the same; see `[dhis2.small_cells]`.
    #[serde(default)]
    pub publish_small: Vec<At<String>>,
    /// Sums that people know, each under a line `[[report.total]]`, so that small values are not given back by them.
    #[serde(default)]
    pub total: Vec<Total>,
    /// Indicators, each under a line `[[report.indicator]]`; at least one.
    pub indicator: At<Vec<Indicator>>,
    /// Statements, each under a line `[[report.statement]]`: texts and options that follow from the numbers, or that a
    /// person stated.
    #[serde(default)]
    pub statement: Vec<Statement>,
}

/// A value that follows from the numbers of a place and a period, or that a person stated, and the data element that takes
/// it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Code, unique among the indicators and statements of the report.
    pub code: At<String>,
    /// Title for people; the code when absent.
    pub title: Option<String>,
    /// Rules in order: the first that holds gives the value.
    #[serde(default)]
    pub rules: Vec<At<Rule>>,
    /// The value where no rule holds; none when absent.
    pub otherwise: Option<At<String>>,
    /// CSV file with the columns `org_unit`, `period` and `value`: what a person stated there comes before the rules.
    /// Relative to the configuration.
    pub stated: Option<At<String>>,
    /// DHIS2 data element that takes the value, named as `id_scheme` says.
    pub data_element: At<String>,
    /// The data set of the report that it goes to, if several hold its data element.
    pub data_set: Option<At<String>>,
    /// Category options of the value.
    #[serde(default)]
    pub options: Vec<At<String>>,
    /// Category options of the data set's own category combo; those of the report when absent.
    pub attribute_options: Option<Vec<At<String>>>,
}

/// A rule of a statement.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// An SQL condition over the numbers of the report's indicators, by their codes: `cases > 0 AND linked_cases = cases`.
    /// A number is the total of the period in the place and in the places below it.
    #[serde(rename = "where")]
    pub condition: At<String>,
    /// The value when it holds: of a data element with an option set, the option's code.
    pub value: At<String>,
}

/// An indicator that is the sum of others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Code of the indicator that is the sum.
    pub of: At<String>,
    /// Codes of the indicators that add up to it.
    pub parts: Vec<At<String>>,
}

/// What to do with somebody else's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnOther {
    /// Leave it and say so.
    #[default]
    Hold,
    /// Replace it.
    Overwrite,
}

/// One measured thing and the data element that takes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Code, unique in the report; that of the building block when absent.
    pub code: At<String>,
    /// Building block of the catalogue, such as `covid19.confirmed_cases`: what it says holds for every key that is not
    /// given here.
    #[serde(rename = "use")]
    pub block: Option<At<String>>,
    /// Values of the building block's parameters.
    #[serde(default)]
    pub with: BTreeMap<String, At<String>>,
    /// Title for people; the code when absent.
    pub title: Option<String>,
    /// Which records are looked at.
    #[serde(default)]
    pub of: Of,
    /// Which of them count: an SQL condition over the record's fields; all when absent.
    #[serde(rename = "where")]
    pub condition: Option<At<String>>,
    /// The date that decides the period; several in order of preference. That of the building block when absent.
    pub when: At<OneOrMore>,
    /// The location field that decides the organisation unit.
    pub place: Option<At<String>>,
    /// What is computed: `count` (the default), `count distinct F`, `sum F`, `average F`, `min F`, `max F`, `median F`, where F
    /// is a field or an expression such as `date_of_reporting - date_of_onset`.
    pub measure: Option<At<String>>,
    /// How the date relates to the period.
    pub window: Option<At<Window>>,
    /// Codes of dimensions.
    #[serde(default)]
    pub by: Vec<At<String>>,
    /// Category options that hold for all records of the indicator.
    #[serde(default)]
    pub options: Vec<At<String>>,
    /// DHIS2 data element that takes the values, named as `id_scheme` says. An indicator without one is counted for the
    /// rules of statements and not sent.
    pub data_element: Option<At<String>>,
    /// The data set of the report that it goes to, if several hold its data element.
    pub data_set: Option<At<String>>,
    /// Category options of the data set's own category combo; those of the report when absent.
    pub attribute_options: Option<Vec<At<String>>>,
    /// Codes of dimensions whose options are of the data set's own category combo.
    #[serde(default)]
    pub attribute_by: Vec<At<String>>,
    /// Digits after the decimal point of an average or a median; 2 when absent.
    #[schemars(range(min = 0, max = 9))]
    pub decimals: Option<At<u32>>,
}

/// Which records are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Cases.
    #[default]
    Case,
    /// Contacts.
    Contact,
    /// Contacts of contacts.
    ContactOfContact,
    /// All three.
    Person,
    /// Follow-ups: visits, planned or done.
    FollowUp,
    /// Laboratory results.
    LabResult,
    /// Relationships: exposures.
    Relationship,
    /// Events.
    Event,
}

/// How a date or an interval relates to a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The date falls in the period.
    #[default]
    During,
    /// The interval covers the period's last day.
    AtEnd,
    /// The date is not later than the period's end.
    UpTo,
    /// The interval touches the period.
    Overlapping,
}

/// The JSON Schema of the configuration, for editors.
pub fn json_schema() -> serde_json::Value {
    let mut schema = complete_schema();
    // What a building block may say need not be written; the reader fills it in before it looks for what is missing.
    if let Some(indicator) = schema.pointer_mut("/$defs/Indicator") {
        let mut required = indicator["required"].take();
        if let Some(required) = required.as_array_mut() {
            required.retain(|key| !FROM_BLOCK.iter().any(|one| key == one));
        }
        indicator["required"] = required;
        indicator["anyOf"] = serde_json::json!([{ "required": ["use"] }, { "required": FROM_BLOCK }]);
    }
    schema
}

/// The required keys of an indicator that a building block may give.
const FROM_BLOCK: [&str; 2] = ["code", "when"];

/// The schema of a document into which building blocks were filled.
pub(super) fn complete_schema() -> serde_json::Value {
    schemars::schema_for!(Raw).to_value()
}
