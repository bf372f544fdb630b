//! The options of an import, from the query of the request.

use serde_json::{Value, json};

use super::super::catalogue::IdScheme;
use super::super::query::Query;
use super::super::respond::Problem;

/// What may be done with rows that exist or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Strategy {
    #[default]
    CreateAndUpdate,
    Create,
    Update,
    Delete,
}

/// Import options.
#[derive(Clone, Default)]
pub(crate) struct ImportOptions {
    pub(crate) dry_run: bool,
    pub(crate) strategy: Strategy,
    pub(crate) asynchronous: bool,
    pub(crate) force: bool,
    pub(crate) strict_periods: bool,
    pub(crate) strict_data_elements: bool,
    pub(crate) strict_option_combos: bool,
    pub(crate) strict_attribute_combos: bool,
    pub(crate) strict_org_units: bool,
    pub(crate) strict_approval: bool,
    pub(crate) strict_locking: bool,
    pub(crate) strict_input_periods: bool,
    pub(crate) require_option_combo: bool,
    pub(crate) require_attribute_combo: bool,
    pub(crate) schemes: Schemes,
}

/// How the payload names things; the specific ones fall back to `idScheme`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Schemes {
    pub(crate) all: Option<IdScheme>,
    pub(crate) data_set: Option<IdScheme>,
    pub(crate) data_element: Option<IdScheme>,
    pub(crate) org_unit: Option<IdScheme>,
    pub(crate) option_combo: Option<IdScheme>,
    /// Only in the payload, and only the group importer reads it.
    pub(crate) attribute_combo: Option<IdScheme>,
}

impl Strategy {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "CREATE_AND_UPDATE" | "NEW_AND_UPDATES" | "SYNC" => Some(Self::CreateAndUpdate),
            "CREATE" | "NEW" => Some(Self::Create),
            "UPDATE" | "UPDATES" => Some(Self::Update),
            "DELETE" | "DELETES" => Some(Self::Delete),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreateAndUpdate => "CREATE_AND_UPDATE",
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

impl ImportOptions {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 for a repeated or unreadable flag, an unknown strategy, or an unknown id scheme.
    pub(crate) fn parse(query: &Query) -> Result<Self, Problem> {
        let scheme = |name: &str| match query.get(name) {
            None => Ok(None),
            Some(text) => IdScheme::parse(text)
                .map(Some)
                .ok_or_else(|| Problem::bad_request(format!("The sandbox does not know the id scheme '{text}'"))),
        };
        let strategy = query.get("importStrategy").or(query.get("strategy"));
        let strategy = match strategy {
            None => Strategy::default(),
            Some(text) => Strategy::parse(text).ok_or_else(|| {
                Problem::bad_request(format!("Value '{text}' is not valid for parameter importStrategy."))
            })?,
        };
        Ok(Self {
            dry_run: query.flag("dryRun")?,
            strategy,
            asynchronous: query.flag("async")?,
            force: query.flag("force")?,
            strict_periods: query.flag("strictPeriods")?,
            strict_data_elements: query.flag("strictDataElements")?,
            strict_option_combos: query.flag("strictCategoryOptionCombos")?,
            strict_attribute_combos: query.flag("strictAttributeOptionCombos")?,
            strict_org_units: query.flag("strictOrganisationUnits")?,
            strict_approval: query.flag("strictDataSetApproval")?,
            strict_locking: query.flag("strictDataSetLocking")?,
            strict_input_periods: query.flag("strictDataSetInputPeriods")?,
            require_option_combo: query.flag("requireCategoryOptionCombo")?,
            require_attribute_combo: query.flag("requireAttributeOptionCombo")?,
            schemes: Schemes {
                all: scheme("idScheme")?,
                data_set: scheme("dataSetIdScheme")?,
                data_element: scheme("dataElementIdScheme")?,
                org_unit: scheme("orgUnitIdScheme")?,
                option_combo: scheme("categoryOptionComboIdScheme")?,
                attribute_combo: None,
            },
        })
    }

    /// `importOptions` of the summary, in its essentials.
    pub(crate) fn echo(&self) -> Value {
        json!({
            "idSchemes": {}, "dryRun": self.dry_run, "async": self.asynchronous,
            "importStrategy": self.strategy.name(), "mergeMode": "REPLACE", "reportMode": "FULL",
            "skipExistingCheck": false, "skipAudit": false, "strictPeriods": self.strict_periods,
            "strictDataElements": self.strict_data_elements,
            "strictCategoryOptionCombos": self.strict_option_combos,
            "strictAttributeOptionCombos": self.strict_attribute_combos,
            "strictOrganisationUnits": self.strict_org_units,
            "requireCategoryOptionCombo": self.require_option_combo,
            "requireAttributeOptionCombo": self.require_attribute_combo,
            "force": self.force, "firstRowIsHeader": true,
        })
    }
}

impl Schemes {
    pub(crate) fn data_set(&self) -> IdScheme {
        self.data_set.or(self.all).unwrap_or_default()
    }

    pub(crate) fn data_element(&self) -> IdScheme {
        self.data_element.or(self.all).unwrap_or_default()
    }

    pub(crate) fn org_unit(&self) -> IdScheme {
        self.org_unit.or(self.all).unwrap_or_default()
    }

    pub(crate) fn option_combo(&self) -> IdScheme {
        self.option_combo.or(self.all).unwrap_or_default()
    }

    /// The row importer reads attribute option combos by [`Schemes::option_combo`] instead.
    pub(crate) fn attribute_combo(&self) -> IdScheme {
        self.attribute_combo.or(self.all).unwrap_or_default()
    }

    /// What the payload says of schemes wins over the query.
    pub(crate) fn overridden_by(self, inner: Self) -> Self {
        Self {
            all: inner.all.or(self.all),
            data_set: inner.data_set.or(self.data_set),
            data_element: inner.data_element.or(self.data_element),
            org_unit: inner.org_unit.or(self.org_unit),
            option_combo: inner.option_combo.or(self.option_combo),
            attribute_combo: inner.attribute_combo.or(self.attribute_combo),
        }
    }
}
