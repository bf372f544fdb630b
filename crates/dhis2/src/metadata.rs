//! Data sets and what hangs on them: elements, category combos, option sets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::DateTime;
use serde::Deserialize;

use crate::category::{CategoryCombo, CategoryOption, OPTION, combo_fields};
use crate::client::Client;
use crate::decode;
use crate::error::{Error, ErrorKind};
use crate::id_scheme::{ATTRIBUTE_VALUES, AttributeValue, IdScheme};
use crate::uid::Uid;

/// A data set with everything that is needed to say, without asking again, whether a value fits it. Its organisation
/// units come from [`Client::org_units_of`]: there may be tens of thousands.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    pub name: String,
    /// The period type, like `Weekly`.
    pub period_type: String,
    /// Days after a period's end until it is locked; 0 never locks. Newer servers allow fractions.
    pub expiry_days: f64,
    /// How many periods, the current one included, are open before their end: 0 refuses even the current period.
    pub open_future_periods: i32,
    /// Whether this user may enter data. `None` if the server does not say.
    pub can_write: Option<bool>,
    /// Whether a zero or no value needs a comment.
    pub no_value_requires_comment: bool,
    /// Whether only compulsory fields decide if it may be completed.
    pub compulsory_fields_complete_only: bool,
    /// The only periods that take data, if any are given.
    pub data_input_periods: Vec<DataInputPeriod>,
    /// What must be filled before it may be completed.
    pub compulsory: Vec<Operand>,
    /// The approval workflow, if data may be approved and so locked.
    pub workflow: Option<Uid>,
    /// Its combos are the *attribute* option combos of its values.
    pub category_combo: Arc<CategoryCombo>,
    /// The elements.
    pub elements: Vec<DataSetElement>,
}

/// A period that takes data, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataInputPeriod {
    /// The period, in DHIS2's spelling.
    pub period: String,
    /// From when, in the server's time zone.
    pub opening_date: Option<DateTime>,
    /// Until when, in the server's time zone.
    pub closing_date: Option<DateTime>,
}

/// A data element, possibly with one of its combos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operand {
    /// The element.
    pub data_element: Uid,
    /// The combo; all of them if none.
    pub category_option_combo: Option<Uid>,
}

/// An element of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSetElement {
    /// The element.
    pub data_element: DataElement,
    /// The combo that holds in this data set: the data set may overrule the element's own.
    pub category_combo: Arc<CategoryCombo>,
}

/// A data element.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataElement {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The kind of its values, like `INTEGER_ZERO_OR_POSITIVE`.
    #[serde(default)]
    pub value_type: String,
    /// How values of several places and periods are combined, like `SUM`.
    #[serde(default)]
    pub aggregation_type: String,
    /// `AGGREGATE` or `TRACKER`.
    #[serde(default)]
    pub domain_type: String,
    /// Whether zeros are stored up to 2.42.
    #[serde(default)]
    pub zero_is_significant: bool,
    /// The values it may have, if it has a list.
    pub option_set: Option<OptionSet>,
    /// The comments that it may have, if they are from a list.
    pub comment_option_set: Option<Reference>,
    /// Values of metadata attributes.
    #[serde(default)]
    pub attribute_values: Vec<AttributeValue>,
}

/// A list of options.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireOptionSet")]
pub struct OptionSet {
    /// The uid.
    pub id: Uid,
    /// The options' codes: what values hold.
    pub codes: Vec<String>,
}

/// A DHIS2 indicator: a formula over data elements. It cannot be written to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Indicator {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
}

/// A data set in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataSetName {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The period type, as DHIS2 names it: `Weekly`.
    #[serde(default)]
    pub period_type: String,
}

const ELEMENT: &str = "id,code,name,valueType,aggregationType,zeroIsSignificant,domainType,optionSet[id,options[code]],\
                       commentOptionSet[id],attributeValues[value,attribute[id]]";
fn data_set_fields() -> String {
    let combo = combo_fields();
    format!(
        "id,code,name,{ATTRIBUTE_VALUES},periodType,expiryDays,openFuturePeriods,noValueRequiresComment,compulsoryFieldsCompleteOnly,\
         workflow[id],access[data],dataInputPeriods[period[id],openingDate,closingDate],\
         compulsoryDataElementOperands[dataElement[id],categoryOptionCombo[id]],{combo},\
         dataSetElements[{combo},dataElement[{ELEMENT},{combo}]]"
    )
}

impl Client {
    /// A data set with its elements and combos, in one request.
    ///
    /// # Errors
    /// `NotFound` if there is none or this user cannot read it, `Ambiguous` if the code is not unique.
    pub async fn data_set(&self, key: &str, scheme: IdScheme) -> Result<DataSet, Error> {
        let wire: WireDataSet = self.lookup_one("dataSets", "data set", &data_set_fields(), scheme, key).await?;
        wire.into_data_set()
    }

    /// All data sets that this user can read, by name.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn data_sets(&self) -> Result<Vec<DataSetName>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            data_sets: Vec<DataSetName>,
        }
        let parameters = [("fields", "id,code,name,periodType".to_owned()), ("paging", "false".to_owned())];
        let mut listed: Listed = self.transport.get_json(&["dataSets"], &parameters).await?;
        listed.data_sets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(listed.data_sets)
    }

    /// The data elements that these keys name. What is missing from the map does not exist or cannot be read.
    ///
    /// # Errors
    /// `Ambiguous` if a code names several, besides the usual ones.
    pub async fn data_elements(
        &self,
        scheme: IdScheme,
        keys: &[String],
    ) -> Result<BTreeMap<String, DataElement>, Error> {
        self.lookup("dataElements", "data element", ELEMENT, scheme, keys).await
    }

    /// The category options that these keys name. What is missing from the map does not exist or cannot be read.
    ///
    /// # Errors
    /// `Ambiguous` if a code names several, besides the usual ones.
    pub async fn category_options(
        &self,
        scheme: IdScheme,
        keys: &[String],
    ) -> Result<BTreeMap<String, CategoryOption>, Error> {
        self.lookup("categoryOptions", "category option", OPTION, scheme, keys).await
    }

    /// Whether a key names a DHIS2 indicator, so that it can be refused as a target with the reason.
    ///
    /// # Errors
    /// The usual ones; that there is none is no error.
    pub async fn find_indicator(&self, key: &str, scheme: IdScheme) -> Result<Option<Indicator>, Error> {
        match self
            .lookup_one("indicators", "indicator", "id,code,name,attributeValues[value,attribute[id]]", scheme, key)
            .await
        {
            Ok(indicator) => Ok(Some(indicator)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// The uid.
    pub id: Uid,
}

#[derive(Deserialize)]
struct WireOptionSet {
    id: Uid,
    #[serde(default)]
    options: Vec<WireOption>,
}

#[derive(Deserialize)]
struct WireOption {
    code: Option<String>,
}

impl From<WireOptionSet> for OptionSet {
    fn from(wire: WireOptionSet) -> Self {
        Self { id: wire.id, codes: wire.options.into_iter().filter_map(|option| option.code).collect() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDataSet {
    id: Uid,
    code: Option<String>,
    #[serde(default)]
    name: String,
    period_type: String,
    #[serde(default)]
    expiry_days: f64,
    #[serde(default)]
    open_future_periods: i32,
    #[serde(default)]
    no_value_requires_comment: bool,
    #[serde(default)]
    compulsory_fields_complete_only: bool,
    workflow: Option<Reference>,
    access: Option<WireAccess>,
    #[serde(default)]
    data_input_periods: Vec<WireInputPeriod>,
    #[serde(default)]
    compulsory_data_element_operands: Vec<WireOperand>,
    category_combo: CategoryCombo,
    #[serde(default)]
    data_set_elements: Vec<WireElement>,
}

#[derive(Deserialize)]
struct WireAccess {
    data: Option<WireDataAccess>,
}

#[derive(Deserialize)]
struct WireDataAccess {
    write: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInputPeriod {
    period: WirePeriod,
    #[serde(default, deserialize_with = "decode::date_time")]
    opening_date: Option<DateTime>,
    #[serde(default, deserialize_with = "decode::date_time")]
    closing_date: Option<DateTime>,
}

#[derive(Deserialize)]
struct WirePeriod {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOperand {
    data_element: Reference,
    category_option_combo: Option<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireElement {
    category_combo: Option<CategoryCombo>,
    data_element: WireDataElement,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDataElement {
    category_combo: Option<CategoryCombo>,
    #[serde(flatten)]
    element: DataElement,
}

impl WireDataSet {
    fn into_data_set(self) -> Result<DataSet, Error> {
        // Elements repeat the combos they share; one copy of each is kept.
        let mut combos: HashMap<Uid, Arc<CategoryCombo>> = HashMap::new();
        let mut shared = |combo: CategoryCombo| Arc::clone(combos.entry(combo.id).or_insert_with(|| Arc::new(combo)));
        let category_combo = shared(self.category_combo);
        let mut elements = Vec::with_capacity(self.data_set_elements.len());
        for (position, wire) in self.data_set_elements.into_iter().enumerate() {
            let Some(combo) = wire.category_combo.or(wire.data_element.category_combo) else {
                let path = format!("dataSetElements[{position}].dataElement.categoryCombo");
                let message = "neither the data set nor the element has one".to_owned();
                return Err(Error::new(ErrorKind::Decode { path, message }));
            };
            elements.push(DataSetElement { data_element: wire.data_element.element, category_combo: shared(combo) });
        }
        Ok(DataSet {
            id: self.id,
            code: self.code,
            name: self.name,
            period_type: self.period_type,
            expiry_days: self.expiry_days,
            open_future_periods: self.open_future_periods,
            can_write: self.access.and_then(|access| access.data).map(|data| data.write),
            no_value_requires_comment: self.no_value_requires_comment,
            compulsory_fields_complete_only: self.compulsory_fields_complete_only,
            data_input_periods: self.data_input_periods.into_iter().map(WireInputPeriod::into_period).collect(),
            compulsory: self.compulsory_data_element_operands.into_iter().map(WireOperand::into_operand).collect(),
            workflow: self.workflow.map(|workflow| workflow.id),
            category_combo,
            elements,
        })
    }
}

impl WireInputPeriod {
    fn into_period(self) -> DataInputPeriod {
        DataInputPeriod { period: self.period.id, opening_date: self.opening_date, closing_date: self.closing_date }
    }
}

impl WireOperand {
    fn into_operand(self) -> Operand {
        Operand {
            data_element: self.data_element.id,
            category_option_combo: self.category_option_combo.map(|combo| combo.id),
        }
    }
}
