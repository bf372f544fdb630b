//! One value of a request.

use super::Reading;
use crate::plan::Plan;
use crate::report::RejectedValue;
use crate::store::{CellKey, LedgerUpdate};
use crate::target::Target;
use compact_str::CompactString;
use epi::plan::{Action, Change};

/// One value of a request.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) key: CellKey,
    /// `None`: it is deleted.
    pub(super) value: Option<CompactString>,
    /// What stood there when it was compared.
    pub(super) was: Option<CompactString>,
}

impl Item {
    pub(super) fn of(plan: &Plan, change: &Change) -> Self {
        let value = if change.action == Action::RetractByDeletion { None } else { change.desired.clone() };
        Self { key: plan.cell_key(&change.key), value, was: change.actual.clone() }
    }

    /// How its values are compared.
    pub(super) fn reading(&self, target: &Target) -> Reading {
        target.reading(&self.key.data_element)
    }

    /// What the ledger learns when it stands in DHIS2.
    pub(super) fn update(&self, target: &Target) -> LedgerUpdate {
        LedgerUpdate {
            system_id: target.facts.system_id.as_str().into(),
            key: self.key.clone(),
            value: self.value.clone(),
        }
    }

    /// It was not written, and why.
    pub(super) fn refused(&self, code: Option<String>, reason: String) -> RejectedValue {
        RejectedValue {
            data_element: self.key.data_element.to_string(),
            period: self.key.period.to_string(),
            org_unit: self.key.org_unit.to_string(),
            category_option_combo: self.key.category_option_combo.to_string(),
            attribute_option_combo: self.key.attribute_option_combo.to_string(),
            code,
            reason,
        }
    }
}

/// A value of an intent as it is stored: the five parts of its key, and what was to stand there.
type Row<T> = (T, T, T, T, T, Option<T>);

/// The values of an intent, as they are stored.
pub(super) fn text_of(items: &[Item]) -> String {
    use serde::Serializer as _;
    let mut text = Vec::with_capacity(items.len() * ROW_BYTES);
    let row = |item: &Item| -> Row<CompactString> {
        let key = item.key.clone();
        let parts = (key.data_element, key.period, key.org_unit, key.category_option_combo, key.attribute_option_combo);
        (parts.0, parts.1, parts.2, parts.3, parts.4, item.value.clone())
    };
    // Texts have a JSON and memory takes them: it cannot fail. Were it not so, nothing could be read back, and the intent
    // would stay open.
    let _ = serde_json::Serializer::new(&mut text).collect_seq(items.iter().map(row));
    String::from_utf8(text).unwrap_or_default()
}

/// Bytes of a usual value there.
const ROW_BYTES: usize = 80;

/// The values of a stored intent; none if they cannot be read.
pub(super) fn items_of(text: &str) -> Option<Vec<Item>> {
    let rows: Vec<Row<CompactString>> = serde_json::from_str(text).ok()?;
    let item = |(data_element, period, org_unit, category_option_combo, attribute_option_combo, value)| Item {
        key: CellKey { data_element, period, org_unit, category_option_combo, attribute_option_combo },
        value,
        was: None,
    };
    Some(rows.into_iter().map(item).collect())
}
