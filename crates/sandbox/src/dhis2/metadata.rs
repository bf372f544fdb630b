//! The metadata of the simulated DHIS2: plain objects that a test may build and alter.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Deserialize;
use serde_json::Value;

/// The default category option combo, the same UID in every DHIS2.
pub const DEFAULT_OPTION_COMBO: &str = "HllvX50cXC0";
/// The default category combo.
pub const DEFAULT_COMBO: &str = "bjDvmb4bfuf";
/// The default category.
const DEFAULT_CATEGORY: &str = "GLevLNI9wkl";
/// The default category option.
const DEFAULT_OPTION: &str = "xYerKDKCefk";

/// Everything that the server knows before the first data value arrives.
///
/// UIDs are DHIS2 UIDs: a letter and ten letters or digits.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Data sets.
    pub data_sets: Vec<DataSet>,
    /// Data elements.
    pub data_elements: Vec<DataElement>,
    /// Category combos.
    pub category_combos: Vec<CategoryCombo>,
    /// Categories.
    pub categories: Vec<Category>,
    /// Category options.
    pub category_options: Vec<CategoryOption>,
    /// Category option combos, the ones that no category spans any more included.
    pub category_option_combos: Vec<CategoryOptionCombo>,
    /// Option sets with their options.
    pub option_sets: Vec<OptionSet>,
    /// Organisation units; parents may come after their children.
    pub org_units: Vec<OrgUnit>,
    /// DHIS2 indicators: formulas over data elements.
    pub indicators: Vec<Indicator>,
    /// Users besides the one of the options.
    pub users: Vec<User>,
    /// Values of metadata attributes, by the UIDs of object and attribute. They need not be unique.
    #[serde(skip)]
    pub attribute_values: BTreeMap<(String, String), String>,
    /// When somebody changed an object last, by its UID and the server's own clock; all others long ago.
    #[serde(skip)]
    pub changed_at: BTreeMap<String, DateTime>,
    /// Objects as packages brought them, by collection and UID: all there is of kinds that nothing here computes with, such
    /// as `visualizations`, and of others the properties that nothing here has a place for.
    #[serde(skip)]
    pub others: BTreeMap<(String, String), Value>,
}

/// A data set: which elements a place reports for which period type, and until when.
#[derive(Clone, Deserialize)]
pub struct DataSet {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Short name.
    #[serde(default)]
    pub short_name: Option<String>,
    /// Name of the period type, such as `Weekly`.
    pub period_type: String,
    /// Days after the period's end on which values are still taken; 0 means for ever.
    #[serde(default)]
    pub expiry_days: i64,
    /// Future periods that are open; 0 refuses even the current one.
    #[serde(default)]
    pub open_future_periods: u32,
    /// Days after the period's end on which a completion is in time.
    #[serde(default)]
    pub timely_days: u32,
    /// Category combo of the attribute option combos.
    pub category_combo: String,
    /// UIDs of the data elements.
    #[serde(default)]
    pub data_elements: Vec<String>,
    /// Combos that replace an element's own in this data set: (data element, category combo).
    #[serde(default)]
    pub combo_overrides: Vec<(String, String)>,
    /// UIDs of the assigned organisation units.
    #[serde(default)]
    pub org_units: BTreeSet<String>,
    /// Periods and moments in which values are taken; none means always.
    #[serde(skip)]
    pub input_periods: Vec<InputPeriod>,
    /// Whether the user may write data (sharing).
    #[serde(default = "yes")]
    pub data_write: bool,
    /// `noValueRequiresComment`.
    #[serde(default)]
    pub no_value_requires_comment: bool,
}

/// An entry of a data set's `dataInputPeriods`.
#[derive(Clone)]
pub struct InputPeriod {
    /// The period, as text.
    pub period: String,
    /// First moment of entry, if bounded.
    pub opening: Option<Timestamp>,
    /// Last moment of entry, if bounded.
    pub closing: Option<Timestamp>,
}

/// A data element.
#[derive(Clone, Deserialize)]
pub struct DataElement {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Short name.
    #[serde(default)]
    pub short_name: Option<String>,
    /// Value type, such as `INTEGER_ZERO_OR_POSITIVE`.
    pub value_type: String,
    /// Aggregation type, such as `SUM`.
    pub aggregation_type: String,
    /// Whether a zero is kept (only the row importer asks).
    #[serde(default)]
    pub zero_is_significant: bool,
    /// UID of the category combo that disaggregates it.
    pub category_combo: String,
    /// UID of the option set whose codes are its values.
    #[serde(default)]
    pub option_set: Option<String>,
    /// UID of the option set of its comments.
    #[serde(default)]
    pub comment_option_set: Option<String>,
}

/// A category combo: the product of its categories.
#[derive(Clone, Deserialize)]
pub struct CategoryCombo {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// UIDs of its categories.
    pub categories: Vec<String>,
}

/// A category: a dimension of disaggregation.
#[derive(Clone, Deserialize)]
pub struct Category {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// UIDs of its options.
    pub category_options: Vec<String>,
}

/// A category option.
#[derive(Clone, Deserialize)]
pub struct CategoryOption {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// First day on which it may be used as an attribute.
    #[serde(default)]
    pub start_date: Option<Date>,
    /// Last day on which it may be used as an attribute.
    #[serde(default)]
    pub end_date: Option<Date>,
    /// Organisation units (with those below) that may use it as an attribute; none means all.
    #[serde(default)]
    pub org_units: Vec<String>,
    /// Whether the user may write data for it (sharing).
    #[serde(default = "yes")]
    pub data_write: bool,
}

/// A category option combo: one cell of a category combo.
#[derive(Clone, Deserialize)]
pub struct CategoryOptionCombo {
    /// UID.
    pub uid: String,
    /// Code; usually absent.
    #[serde(default)]
    pub code: Option<String>,
    /// Name; the order of the options in it is arbitrary.
    pub name: String,
    /// UID of the category combo.
    pub category_combo: String,
    /// UIDs of its options.
    pub category_options: Vec<String>,
}

/// An option set.
#[derive(Clone, Deserialize)]
pub struct OptionSet {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Value type of its codes.
    pub value_type: String,
    /// The options.
    pub options: Vec<SetOption>,
}

/// An option of an option set; its code is the data value.
#[derive(Clone, Deserialize)]
pub struct SetOption {
    /// UID.
    pub uid: String,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// An organisation unit.
#[derive(Clone, Debug, Deserialize)]
pub struct OrgUnit {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// UID of the parent; none for a root.
    #[serde(default)]
    pub parent: Option<String>,
    /// Depth; the root is 1.
    pub level: u32,
    /// First day of operation.
    pub opening_date: Date,
    /// Last day of operation.
    #[serde(default)]
    pub closed_date: Option<Date>,
    /// Longitude and latitude of its point, if it has one.
    #[serde(default)]
    pub point: Option<(f64, f64)>,
    /// Corners of its border, longitude and latitude, the first one last again; it has none if this is empty.
    #[serde(default)]
    pub border: Vec<(f64, f64)>,
}

/// A DHIS2 indicator.
#[derive(Clone, Deserialize)]
pub struct Indicator {
    /// UID.
    pub uid: String,
    /// Code, unique.
    #[serde(default)]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Numerator expression.
    pub numerator: String,
    /// Denominator expression.
    pub denominator: String,
    /// UID of the indicator type.
    pub indicator_type: String,
}

/// A user with its credentials (invented ones: this is a simulator).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct User {
    /// UID.
    pub uid: String,
    /// Login name.
    pub username: String,
    /// Password for Basic authentication.
    pub password: String,
    /// Personal access tokens.
    pub tokens: BTreeSet<String>,
    /// Authorities; `ALL` makes a superuser.
    pub authorities: BTreeSet<String>,
    /// Organisation units of data capture and view; the ones below are included.
    pub org_units: Vec<String>,
    /// Two-factor users cannot use Basic authentication.
    pub two_factor: bool,
    /// Disabled accounts are refused with their own message.
    pub disabled: bool,
}

impl OrgUnit {
    /// An open organisation unit without code.
    pub fn new(uid: &str, name: &str, parent: Option<&str>, level: u32, opening_date: Date) -> Self {
        Self {
            uid: uid.to_owned(),
            code: None,
            name: name.to_owned(),
            parent: parent.map(str::to_owned),
            level,
            opening_date,
            closed_date: None,
            point: None,
            border: Vec::new(),
        }
    }
}

impl User {
    /// Whether the user has the authority, or all of them.
    pub fn may(&self, authority: &str) -> bool {
        self.is_super() || self.authorities.contains(authority)
    }

    /// Whether the user has `ALL`.
    pub fn is_super(&self) -> bool {
        self.authorities.contains("ALL")
    }
}

impl Metadata {
    /// A DHIS2 in which nobody has made anything yet but organisation units: what every installation begins with.
    pub fn bare(org_units: &[OrgUnit]) -> Self {
        let uid = str::to_owned;
        Self {
            org_units: org_units.to_vec(),
            category_options: vec![CategoryOption {
                uid: uid(DEFAULT_OPTION),
                code: Some(uid("default")),
                name: uid("default"),
                start_date: None,
                end_date: None,
                org_units: Vec::new(),
                data_write: true,
            }],
            categories: vec![Category {
                uid: uid(DEFAULT_CATEGORY),
                code: Some(uid("default")),
                name: uid("default"),
                category_options: vec![uid(DEFAULT_OPTION)],
            }],
            category_combos: vec![CategoryCombo {
                uid: uid(DEFAULT_COMBO),
                code: Some(uid("default")),
                name: uid("default"),
                categories: vec![uid(DEFAULT_CATEGORY)],
            }],
            category_option_combos: vec![CategoryOptionCombo {
                uid: uid(DEFAULT_OPTION_COMBO),
                code: Some(uid("default")),
                name: uid("default"),
                category_combo: uid(DEFAULT_COMBO),
                category_options: vec![uid(DEFAULT_OPTION)],
            }],
            ..Self::default()
        }
    }

    /// The data set of that UID, to be altered.
    ///
    /// # Panics
    /// If there is none: a test that names a wrong data set should fail at once.
    pub fn data_set_mut(&mut self, uid: &str) -> &mut DataSet {
        let found = self.data_sets.iter_mut().find(|d| d.uid == uid);
        found.unwrap_or_else(|| panic!("no data set {uid} in the sandbox"))
    }

    /// The data element of that UID, to be altered.
    ///
    /// # Panics
    /// If there is none.
    pub fn data_element_mut(&mut self, uid: &str) -> &mut DataElement {
        let found = self.data_elements.iter_mut().find(|d| d.uid == uid);
        found.unwrap_or_else(|| panic!("no data element {uid} in the sandbox"))
    }

    /// The organisation unit of that UID, to be altered.
    ///
    /// # Panics
    /// If there is none.
    pub fn org_unit_mut(&mut self, uid: &str) -> &mut OrgUnit {
        let found = self.org_units.iter_mut().find(|o| o.uid == uid);
        found.unwrap_or_else(|| panic!("no organisation unit {uid} in the sandbox"))
    }

    /// The category option of that UID, to be altered.
    ///
    /// # Panics
    /// If there is none.
    pub fn category_option_mut(&mut self, uid: &str) -> &mut CategoryOption {
        let found = self.category_options.iter_mut().find(|o| o.uid == uid);
        found.unwrap_or_else(|| panic!("no category option {uid} in the sandbox"))
    }
}

fn yes() -> bool {
    true
}
