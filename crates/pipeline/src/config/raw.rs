//! The configuration exactly as a person wrote it. One definition: the JSON Schema for editors, the check for unknown and
//! misspelt keys and the reader all come from these types.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
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
    /// Several, in order of preference.
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
    /// Which location counts in which organisation unit.
    pub places: Places,
    /// Dimensions by which indicators are disaggregated.
    #[serde(default)]
    pub dimension: Vec<Dimension>,
    /// Reports, each under a line `[[report]]`; at least one. A report fills one DHIS2 data set.
    pub report: At<Vec<Report>>,
}

/// Where the line list comes from: a Go.Data server, or files that it wrote.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Godata {
    /// Address of the server, such as `https://godata.example.org`.
    pub url: Option<At<String>>,
    /// Id or exact name of the outbreak.
    pub outbreak: Option<At<String>>,
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
    /// How data sets, data elements, category options and organisation units are named here.
    #[serde(default)]
    pub id_scheme: IdScheme,
    /// Values in one request.
    #[schemars(range(min = 1, max = 50000))]
    pub batch_values: Option<At<u32>>,
    /// Seconds to wait for one answer.
    #[schemars(range(min = 1, max = 3600))]
    pub timeout_secs: Option<At<u32>>,
    /// Allow `http://` to another machine: the password then travels readable.
    #[serde(default)]
    pub allow_http: bool,
}

/// How things of DHIS2 are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdScheme {
    /// By UID, 11 characters.
    #[default]
    Uid,
    /// By code.
    Code,
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

/// A report: indicators of one data set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Name, for the command line and the history.
    pub name: At<String>,
    /// DHIS2 data set, named as `id_scheme` says.
    pub data_set: At<String>,
    /// Period type of the data set, such as `Weekly`.
    pub period: At<String>,
    /// Number of closed periods before today that a run covers.
    #[schemars(range(min = 1, max = 2000))]
    pub look_back: Option<At<u32>>,
    /// Also cover the period that has not ended.
    #[serde(default)]
    pub include_open: bool,
    /// Time zone that says which day it is; UTC when absent.
    pub time_zone: Option<At<String>>,
    /// Category options of the data set's own category combo; none for the default one.
    #[serde(default)]
    pub attribute_options: Vec<At<String>>,
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
    /// Indicators, each under a line `[[report.indicator]]`; at least one.
    pub indicator: At<Vec<Indicator>>,
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
    /// Code, unique in the report.
    pub code: At<String>,
    /// Title for people; the code when absent.
    pub title: Option<String>,
    /// Which records are looked at.
    #[serde(default)]
    pub of: Of,
    /// Which of them count: an SQL condition over the record's fields; all when absent.
    #[serde(rename = "where")]
    pub condition: Option<At<String>>,
    /// The date that decides the period; several in order of preference.
    pub when: At<OneOrMore>,
    /// The location field that decides the organisation unit.
    pub place: Option<At<String>>,
    /// What is computed: `count` (the default), `count distinct F`, `sum F`, `average F`, `min F`, `max F`, `median F`.
    pub measure: Option<At<String>>,
    /// How the date relates to the period.
    pub window: Option<At<Window>>,
    /// Codes of dimensions.
    #[serde(default)]
    pub by: Vec<At<String>>,
    /// Category options that hold for all records of the indicator.
    #[serde(default)]
    pub options: Vec<At<String>>,
    /// DHIS2 data element that takes the values, named as `id_scheme` says.
    pub data_element: At<String>,
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

/// The JSON Schema of the configuration.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Raw).to_value()
}
