//! Dimensions and their groups.

use super::{Checker, located};
use crate::config::model::{DimensionModel, Located};
use crate::config::near::suggestion;
use crate::config::problem::NOWHERE;
use crate::config::raw::{self, At};
use epi::age::{AgeBand, AgeBands, AgeBandsError};
use epi::dimension::{Dimension, Groups, Unknown};
use epi::field::{self, Domain, Field, OUTBREAK, TABLES, Table, TableName};
use epi::value::ValueType;
use std::collections::HashMap;
use std::ops::Range;

impl Checker<'_> {
    pub(super) fn dimension(&mut self, raw: &raw::Dimension) -> Option<DimensionModel> {
        let field = self.grouping_field(&raw.field)?;
        if raw.groups.get().is_empty() {
            self.at(raw.groups.span(), format!("dimension `{}` has no group", raw.code.get()))
                .advice("Give each group its `option`, and `values` or `ages`.");
            return None;
        }
        let (groups, values) = match field.value_type {
            ValueType::Number => (self.bands(&raw.groups, field)?, Vec::new()),
            ValueType::Text => self.sets(&raw.groups, field)?,
            ValueType::Date | ValueType::Bool => {
                self.at(raw.field.span(), format!("`{}` cannot be grouped: it is {}", field.name, a(field.value_type)))
                    .advice("Group by a text, such as `gender`, or by a number, such as `age_years`.");
                return None;
            }
        };
        let mut options: Vec<_> = raw.groups.get().iter().map(|group| located(&group.get().option)).collect();
        let unknown = if raw.unknown.get() == "exclude" {
            Unknown::Exclude
        } else {
            options.push(located(&raw.unknown));
            Unknown::Group
        };
        self.once(options.iter(), "Each group stands for an option of its own.");
        let dimension = Dimension::new(raw.code.get().clone(), field, groups, unknown);
        Some(DimensionModel { dimension, options, values })
    }

    fn grouping_field(&mut self, at: &At<String>) -> Option<&'static Field> {
        let found = named(at.get());
        if found.is_none() {
            let known: Vec<_> = TABLES.iter().flat_map(|table| table.fields).map(|field| field.name).collect();
            self.at(at.span(), format!("unknown field `{}`", at.get())).advice(suggestion(at.get(), &known));
        }
        found
    }

    fn bands(&mut self, groups: &At<Vec<At<raw::Group>>>, field: &Field) -> Option<Groups> {
        let mut bands: Vec<(AgeBand, Range<usize>)> = Vec::new();
        for at in groups.get() {
            let group = at.get();
            if let Some(values) = &group.values {
                self.at(values.span(), format!("`{}` is a number: its groups have `ages`, not `values`", field.name))
                    .advice("Write for example `ages = \"0-4\"`.");
            } else if let Some(ages) = &group.ages {
                match ages.get().parse() {
                    Ok(band) => bands.push((band, ages.span())),
                    Err(error) => {
                        let error: epi::age::AgeBandError = error;
                        self.at(ages.span(), error.to_string());
                    }
                }
            } else {
                self.at(at.span(), "this group has no `ages`").advice("Write for example `ages = \"0-4\"`.");
            }
        }
        if bands.len() != groups.get().len() {
            return None;
        }
        match AgeBands::new(bands.iter().map(|(band, _)| *band).collect()) {
            Ok(bands) => Some(Groups::Bands(bands)),
            Err(errors) => {
                for error in errors {
                    let guilty = match &error {
                        AgeBandsError::Overlap { second: band, .. } | AgeBandsError::Gap { after: band, .. } => {
                            Some(band)
                        }
                        _ => None,
                    };
                    // Of two equal bands the later one is guilty.
                    let found = guilty.and_then(|guilty| bands.iter().rfind(|(band, _)| band == guilty));
                    self.at(found.map_or(groups.span(), |(_, span)| span.clone()), error.to_string())
                        .advice("Every age needs exactly one group.");
                }
                None
            }
        }
    }

    fn sets(&mut self, groups: &At<Vec<At<raw::Group>>>, field: &Field) -> Option<(Groups, Vec<Located<String>>)> {
        let (mut sets, mut values) = (Vec::new(), Vec::new());
        let mut seen: HashMap<String, Range<usize>> = HashMap::new();
        for at in groups.get() {
            let group = at.get();
            if let Some(ages) = &group.ages {
                self.at(ages.span(), format!("`{}` is a text: its groups have `values`, not `ages`", field.name))
                    .advice("Write for example `values = \"MALE\"`.");
                continue;
            }
            let Some(given) = &group.values else {
                self.at(at.span(), "this group has no `values`").advice("Write for example `values = \"MALE\"`.");
                continue;
            };
            let mut set = Vec::new();
            for (value, span) in given.items() {
                let value = match field.domain {
                    Domain::Reference(category) => field::short_value(category, value).to_owned(),
                    _ => value.to_owned(),
                };
                if let Some(first) = seen.insert(value.clone(), span.clone()).filter(|_| span != NOWHERE) {
                    let first = self.source.line(first.start);
                    self.at(span.clone(), format!("value `{value}` stands twice, first on line {first}"))
                        .advice("Every value needs exactly one group.");
                }
                values.push(Located { value: value.clone(), span });
                set.push(value);
            }
            if set.is_empty() {
                self.at(given.span(), "this group has no value");
            }
            sets.push(set);
        }
        (sets.len() == groups.get().len()).then_some((Groups::Values(sets), values))
    }
}

/// The field by which a dimension groups: of a person, else of the first table that has it. `lab_result.status` says which
/// table is meant, where several have one of that name.
pub(super) fn named(name: &str) -> Option<&'static Field> {
    let own = |table: &Table, name: &str| table.fields.iter().find(|field| field.name == name);
    let qualified = || {
        let (table, name) = name.split_once('.')?;
        own(TableName::from_name(table)?.table(), name)
    };
    let outbreak = || OUTBREAK.iter().find(|field| field.name == name);
    TABLES.iter().find_map(|table| own(table, name)).or_else(outbreak).or_else(qualified)
}

/// A type in a sentence.
pub(super) fn a(value_type: ValueType) -> String {
    match value_type {
        ValueType::Bool => value_type.to_string(),
        other => format!("a {other}"),
    }
}
