//! What people decided in the map: which rows stand, and what was filled in since.

use super::sheet::{HOW_OPEN, Sheet};
use crate::config::Problem;
use epi::matching::{Decisions, Unit};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The rows of the map as decisions.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// The decisions by location id, with the UID of the organisation unit.
    pub(super) decisions: Decisions,
    /// What a person filled in since: the UID by location id.
    pub(super) filled: BTreeMap<String, String>,
    /// What a person should know.
    pub(super) warnings: Vec<String>,
    /// What cannot be.
    pub(super) problems: Vec<Problem>,
}

/// Reads the decisions of a map. `keys` are the units' names in the map.
pub(super) fn decided(
    sheet: &Sheet,
    known: &BTreeSet<&str>,
    units: &[Unit],
    keys: &[Option<String>],
    reopen: bool,
) -> Decided {
    let mut found = Decided::default();
    let by_key: HashMap<&str, usize> =
        keys.iter().enumerate().filter_map(|(at, key)| Some((key.as_deref()?, at))).collect();
    let mut rows: Vec<(String, usize)> = sheet.positions().into_iter().collect();
    rows.sort_by_key(|(_, row)| *row);
    let mut strangers = Vec::new();
    for (location, row) in rows {
        if !known.contains(location.as_str()) {
            strangers.push(location);
            continue;
        }
        let (org_unit, how) = (sheet.cell(row, "org_unit"), sheet.cell(row, "how"));
        let is_open = how.eq_ignore_ascii_case(HOW_OPEN);
        let unit = by_key.get(org_unit).copied();
        match (org_unit, unit) {
            ("", _) if is_open || reopen && how.is_empty() => {}
            ("", _) => drop(found.decisions.insert(location, None)),
            (_, Some(unit)) => {
                if is_open {
                    found.filled.insert(location.clone(), units[unit].id.clone());
                }
                found.decisions.insert(location, Some(units[unit].id.clone()));
            }
            (text, None) if is_open => match by_any_name(text, units) {
                Ok(unit) => {
                    found.filled.insert(location.clone(), units[unit].id.clone());
                    found.decisions.insert(location, Some(units[unit].id.clone()));
                }
                Err(reason) => found.problems.push(sheet.problem(row, reason).advice(
                    "Give the id of an organisation unit, its code, or its name if only one has it; or leave the cell \
                     empty.",
                )),
            },
            (text, None) => {
                found.warnings.push(format!(
                    "location `{location}` is mapped to `{text}`, which DHIS2 does not show this account"
                ));
                found.decisions.insert(location, Some(text.to_owned()));
            }
        }
    }
    if !strangers.is_empty() {
        let shown: Vec<&str> = strangers.iter().map(String::as_str).take(5).collect();
        let more = if strangers.len() > shown.len() { " and others" } else { "" };
        found.warnings.push(format!("the map has locations that Go.Data has not: {}{more}", shown.join(", ")));
    }
    found
}

/// The unit that a person meant who wrote a UID, a code or a name.
fn by_any_name(text: &str, units: &[Unit]) -> Result<usize, String> {
    let is_named = |unit: &Unit| unit.id == text || unit.codes.iter().any(|code| code == text);
    if let Some(unit) = units.iter().position(is_named) {
        return Ok(unit);
    }
    let same = |name: &str| name.to_lowercase() == text.to_lowercase();
    let has_name = |unit: &Unit| same(&unit.name) || unit.other_names.iter().any(|name| same(name));
    let named: Vec<usize> = (0..units.len()).filter(|at| has_name(&units[*at])).collect();
    match named[..] {
        [only] => Ok(only),
        [] => Err(format!("DHIS2 shows this account no organisation unit `{text}`")),
        _ => Err(format!("DHIS2 has {} organisation units named `{text}`", named.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn rows_are_decisions_unless_they_are_open_and_empty() {
        let text = "location_id,org_unit,how\nA,OU1,name\nB,,\nC,,open\nD,ou2 name,open\nE,twice,open\nF,gone,person\n\
                    G,nowhere,open\nZ,OU1,person\n";
        let sheet = Sheet::of_text(Path::new("places.csv"), text).unwrap();
        let unit = |id: &str, name: &str| Unit { id: id.to_owned(), name: name.to_owned(), ..Unit::default() };
        let units = [unit("OU1", "One"), unit("OU2", "OU2 name"), unit("X", "Twice"), unit("Y", "Twice")];
        let keys: Vec<Option<String>> = units.iter().map(|unit| Some(unit.id.clone())).collect();
        let known = ["A", "B", "C", "D", "E", "F", "G"].into();
        let found = decided(&sheet, &known, &units, &keys, false);
        let some = |text: &str| Some(text.to_owned());
        let expected: Decisions = [("A", some("OU1")), ("B", None), ("D", some("OU2")), ("F", some("gone"))]
            .map(|(a, b)| (a.to_owned(), b))
            .into();
        assert_eq!(found.decisions, expected);
        assert_eq!(found.filled, [("D".to_owned(), "OU2".to_owned())].into());
        let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            ["DHIS2 has 2 organisation units named `twice`", "DHIS2 shows this account no organisation unit `nowhere`"]
        );
        assert_eq!(
            found.warnings,
            [
                "location `F` is mapped to `gone`, which DHIS2 does not show this account",
                "the map has locations that Go.Data has not: Z"
            ]
        );
        assert!(!decided(&sheet, &known, &units, &keys, true).decisions.contains_key("B"));
    }
}
