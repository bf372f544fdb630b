//! How objects are named in requests and answers.

use serde::Deserialize;

use crate::uid::Uid;

/// What an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdScheme {
    /// The uid that DHIS2 gave.
    #[default]
    Uid,
    /// The code that people gave.
    Code,
    /// The value of a metadata attribute with this uid.
    Attribute(Uid),
}

/// The value of a metadata attribute that an object has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireAttributeValue")]
pub struct AttributeValue {
    /// The attribute.
    pub attribute: Uid,
    /// The value.
    pub value: String,
}

#[derive(Deserialize)]
struct WireAttributeValue {
    value: String,
    attribute: WireAttribute,
}

#[derive(Deserialize)]
struct WireAttribute {
    id: Uid,
}

impl From<WireAttributeValue> for AttributeValue {
    fn from(wire: WireAttributeValue) -> Self {
        Self { attribute: wire.attribute.id, value: wire.value }
    }
}

/// What is asked of an object to name it by an attribute.
pub(crate) const ATTRIBUTE_VALUES: &str = "attributeValues[value,attribute[id]]";

/// The id schemes of one request: one for all, and exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdSchemes {
    /// For everything that is not excepted.
    pub all: IdScheme,
    /// For data sets.
    pub data_set: Option<IdScheme>,
    /// For data elements.
    pub data_element: Option<IdScheme>,
    /// For organisation units.
    pub org_unit: Option<IdScheme>,
    /// For category option combos, and for attribute option combos: up to 2.42 these cannot differ.
    pub category_option_combo: Option<IdScheme>,
}

impl From<IdScheme> for IdSchemes {
    fn from(all: IdScheme) -> Self {
        Self { all, ..Self::default() }
    }
}

impl IdScheme {
    /// What an object with this uid, this code and these attribute values is called; none if it has no such name.
    #[must_use]
    pub fn name_of<'o>(
        self,
        id: &'o Uid,
        code: Option<&'o str>,
        attribute_values: &'o [AttributeValue],
    ) -> Option<&'o str> {
        match self {
            Self::Uid => Some(id.as_str()),
            Self::Code => code,
            Self::Attribute(uid) => {
                attribute_values.iter().find(|given| given.attribute == uid).map(|given| given.value.as_str())
            }
        }
    }

    /// As DHIS2 spells it in a request.
    pub(crate) fn parameter(self) -> String {
        match self {
            Self::Uid => "uid".to_owned(),
            Self::Code => "code".to_owned(),
            Self::Attribute(uid) => format!("attribute:{uid}"),
        }
    }

    /// The property that a metadata filter compares.
    pub(crate) fn property(self) -> String {
        match self {
            Self::Uid => "id".to_owned(),
            Self::Code => "code".to_owned(),
            Self::Attribute(uid) => uid.to_string(),
        }
    }
}

impl IdSchemes {
    /// The parameters of an import or of what an export writes. The default, uid, is not spelled out.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = Vec::new();
        if self.all != IdScheme::Uid {
            parameters.push(("idScheme", self.all.parameter()));
        }
        for (name, scheme) in [
            ("dataSetIdScheme", self.data_set),
            ("dataElementIdScheme", self.data_element),
            ("orgUnitIdScheme", self.org_unit),
            ("categoryOptionComboIdScheme", self.category_option_combo),
        ] {
            parameters.extend(scheme.map(|scheme| (name, scheme.parameter())));
        }
        parameters
    }

    /// The parameters that say how a query names its objects.
    pub(crate) fn input_parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = Vec::new();
        if self.all != IdScheme::Uid {
            parameters.push(("inputIdScheme", self.all.parameter()));
        }
        for (name, scheme) in [
            ("inputDataSetIdScheme", self.data_set),
            ("inputDataElementIdScheme", self.data_element),
            ("inputOrgUnitIdScheme", self.org_unit),
        ] {
            parameters.extend(scheme.map(|scheme| (name, scheme.parameter())));
        }
        parameters
    }
}
