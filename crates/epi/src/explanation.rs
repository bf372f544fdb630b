//! Why a record counts for an indicator, or why not: every question that
//! [`contributions`](crate::contribution::contributions) asks of it, with the answer.
//!
//! That function alone decides. This asks the same parts of the definitions the same questions and tells all answers, also
//! those after the first that excluded the record.

use crate::basis::DateBasis;
use crate::condition::{Explanation, Looked};
use crate::contribution::Reason;
use crate::indicator::{Definitions, Indicator};
use crate::place::{Resolution, Via};
use crate::record::Joined;
use crate::value::Value;
use serde::Serialize;
use std::fmt;

/// What an indicator sees in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// Whether the indicator looks at such records.
    pub is_its_kind: bool,
    /// How its condition came to its verdict; none if all records are counted.
    pub condition: Option<Explanation>,
    /// Its date bases in their order.
    pub dates: Vec<DateSeen>,
    /// Where the record counts.
    pub place: PlaceSeen,
    /// Into which groups it falls, in the order of the indicator's dimensions.
    pub groups: Vec<GroupSeen>,
    /// What is measured; none of a count.
    pub measured: Option<Looked>,
}

/// A date basis in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DateSeen {
    /// The date basis, as the configuration has it.
    pub basis: String,
    /// Its date, or its intervals as `2020-02-03 to 2020-02-09`; empty if the record has none.
    pub found: Vec<String>,
    /// It is the one that counts: the first that is not empty.
    pub is_used: bool,
    /// It counts because those before it are empty.
    pub is_fallback: bool,
}

/// The way from a record's place to an organisation unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceSeen {
    /// The field that says where.
    pub field: String,
    /// The location and those that it lies in, up to the one that is mapped or to the root; empty if none was recorded. One
    /// that Go.Data does not list stands alone.
    pub path: Vec<Location>,
    /// The organisation unit, as the map of places names it; none if the record counts nowhere.
    pub org_unit: Option<String>,
}

/// A location of Go.Data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Its id.
    pub id: String,
    /// What people call it; none if Go.Data does not list it.
    pub name: Option<String>,
}

/// A dimension in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupSeen {
    /// Code of the dimension.
    pub dimension: String,
    /// Its field and what the record has there.
    pub looked: Looked,
    /// Name of the group; none if the record is excluded for it.
    pub group: Option<String>,
    /// The value is empty or in no group.
    pub is_unknown: bool,
}

/// What an indicator of these definitions sees in a record.
pub fn explain<'a>(record: impl Into<Joined<'a>>, indicator: &Indicator, definitions: &Definitions) -> Meaning {
    let record = record.into();
    let is_its_kind = indicator.kinds.contains(&record.kind());
    let table = record.kind().table().name;
    if indicator.kinds.iter().all(|kind| kind.table().name != table) {
        // It has none of the fields that the indicator asks for.
        let place = PlaceSeen { field: indicator.place.name.to_owned(), path: Vec::new(), org_unit: None };
        return Meaning { is_its_kind, condition: None, dates: Vec::new(), place, groups: Vec::new(), measured: None };
    }
    let groups = indicator.by.iter().map(|index| {
        let dimension = &definitions.dimensions[*index];
        let (group, is_unknown) = dimension.group(record);
        let field = dimension.field_of(table);
        GroupSeen {
            dimension: dimension.code.clone(),
            looked: match field {
                Some(field) => Looked::new(field.name, (field.get)(record)),
                None => Looked::new(dimension.code.clone(), Value::Null),
            },
            group: group.map(|group| dimension.group_name(group)),
            is_unknown,
        }
    });
    Meaning {
        is_its_kind,
        condition: indicator.condition.as_ref().map(|condition| condition.explain(record)),
        dates: dates(record, indicator),
        place: place(record, indicator, definitions),
        groups: groups.collect(),
        measured: indicator.measure.expression().map(|measured| Looked::new(measured.source(), measured.value(record))),
    }
}

fn dates(record: Joined<'_>, indicator: &Indicator) -> Vec<DateSeen> {
    let mut seen: Vec<DateSeen> = Vec::new();
    for basis in &indicator.when {
        let found = if indicator.window.needs_interval() { intervals(basis, record) } else { date(basis, record) };
        let is_used = !found.is_empty() && seen.iter().all(|before| !before.is_used);
        let is_fallback = is_used && !seen.is_empty();
        seen.push(DateSeen { basis: basis.to_string(), found, is_used, is_fallback });
    }
    seen
}

fn date(basis: &DateBasis, record: Joined<'_>) -> Vec<String> {
    basis.date(record).map(|date| date.to_string()).into_iter().collect()
}

fn intervals(basis: &DateBasis, record: Joined<'_>) -> Vec<String> {
    let interval = |interval: crate::basis::Interval| {
        let end = interval.end.map_or_else(|| "now".to_owned(), |end| end.to_string());
        format!("{} to {end}", interval.start)
    };
    basis.intervals(record).map(interval).collect()
}

fn place(record: Joined<'_>, indicator: &Indicator, definitions: &Definitions) -> PlaceSeen {
    let (field, places) = (indicator.place, &definitions.places);
    let mut seen = PlaceSeen { field: field.name.to_owned(), path: Vec::new(), org_unit: None };
    let Some(location) = (field.get)(record).text() else { return seen };
    if let Resolution::Mapped { org_unit, .. } = places.resolve(location) {
        seen.org_unit = places.org_units().get(org_unit).cloned();
    }
    let is_mapped = |id: &str| matches!(places.resolve(id), Resolution::Mapped { via: Via::Own, .. });
    let mut above = None;
    for place in places.tree().upwards(location) {
        seen.path.push(Location { id: place.id.clone(), name: Some(place.name.clone()) });
        above = place.parent.as_deref();
        if is_mapped(&place.id) {
            return seen;
        }
    }
    // A location that is not listed may be mapped all the same.
    let unlisted = if seen.path.is_empty() { Some(location) } else { above };
    if let Some(id) = unlisted.filter(|id| places.tree().get(id).is_none()) {
        seen.path.push(Location { id: id.to_owned(), name: None });
    }
    seen
}

impl Meaning {
    /// Why the record is excluded for this reason, with what it has there.
    pub fn because(&self, reason: Reason) -> String {
        let detail = match reason {
            Reason::ConditionFalse | Reason::ConditionUnknown => self.condition.as_ref().map(decisive),
            Reason::NoDate => Some(format!("{} empty", listed(self.dates.iter().map(|date| date.basis.as_str())))),
            Reason::OutsidePeriods => self.date(),
            Reason::NoPlace => Some(format!("{} is empty", self.place.field)),
            Reason::UnknownPlace | Reason::PlaceNotMapped => Some(self.place.to_string()),
            Reason::UnknownGroup(_) => {
                self.groups.iter().find(|group| group.group.is_none()).map(|group| group.to_string())
            }
            Reason::NoValue => self.measured.as_ref().map(|looked| format!("{} is empty", looked.field)),
            Reason::OtherKind => None,
        };
        detail.map_or_else(|| reason.to_string(), |detail| format!("{reason}: {detail}"))
    }

    /// The date that counts, and for which empty ones it stands in.
    pub fn date(&self) -> Option<String> {
        let used = self.dates.iter().position(|date| date.is_used)?;
        let date = &self.dates[used];
        let mut text = format!("{} {}", date.basis, date.found.join(", "));
        if date.is_fallback {
            let empty = listed(self.dates[..used].iter().map(|date| date.basis.as_str()));
            text += &format!(" ({empty} empty)");
        }
        Some(text)
    }
}

/// The parts of a condition that decided, with what the record has there.
pub fn decisive(condition: &Explanation) -> String {
    let parts = condition.decisive().into_iter().map(|part| {
        let values: Vec<_> = part.values.iter().map(ToString::to_string).collect();
        if values.is_empty() { part.text.clone() } else { format!("{} ({})", part.text, values.join(", ")) }
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let is = if names.len() == 1 { "is" } else { "are" };
    format!("{} {is}", names.collect::<Vec<_>>().join(" and "))
}

impl fmt::Display for PlaceSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "{} is empty", self.field);
        }
        for (i, location) in self.path.iter().enumerate() {
            f.write_str(if i > 0 { " > " } else { "" })?;
            match &location.name {
                Some(name) => write!(f, "{name} ({})", location.id)?,
                None => f.write_str(&location.id)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for GroupSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group.as_deref().unwrap_or("in no group");
        write!(f, "{}: {group} ({})", self.dimension, self.looked)
    }
}
