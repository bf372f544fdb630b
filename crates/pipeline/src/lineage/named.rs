//! Which cell people mean: ids, codes and names.

use super::{CellName, CellOfRecord, Lineage};
use crate::error::{Error, ErrorKind};
use std::collections::BTreeSet;

/// The cells that a name means.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Indexes of the indicators.
    indicators: BTreeSet<usize>,
    period: String,
    /// Organisation units as the map of places names them.
    org_units: BTreeSet<String>,
    /// UID of the category option combo; none is all of them.
    combo: Option<String>,
}

impl Wanted {
    /// Whether a cell of an indicator is one of them.
    pub(super) fn has(&self, indicator: usize, of: &CellOfRecord) -> bool {
        self.indicators.contains(&indicator)
            && of.period == self.period
            && self.org_units.contains(&of.org_unit)
            && self.combo.as_ref().is_none_or(|combo| *combo == of.category_option_combo)
    }
}

/// A thing that may be meant.
struct Candidate {
    /// What it is in the end; several names may lead to one.
    key: String,
    /// Ids and codes, which are compared as they are.
    ids: Vec<String>,
    /// Names, where capitals do not matter.
    names: Vec<String>,
}

impl Lineage {
    pub(super) fn find(&self, cell: &CellName) -> Result<Wanted, Error> {
        let element = pick("data element of the report", &cell.data_element, &self.elements())?;
        let is_meant = |index: usize| {
            let target = &self.target.indicators[index];
            let indicator = &self.definitions.indicators[index];
            match element.strip_prefix("indicator ") {
                Some(code) => indicator.code == code,
                None => target.as_ref().is_some_and(|address| address.data_element == element),
            }
        };
        let indicators: BTreeSet<usize> = (0..self.target.indicators.len()).filter(|index| is_meant(*index)).collect();
        let uid = pick("organisation unit of the map of places", &cell.org_unit, &self.org_units())?;
        let is_unit = |named: &&String| self.target.org_units.get(*named).is_some_and(|u| u.unit.id.as_str() == uid);
        let org_units = self.definitions.places.org_units().iter().filter(is_unit).cloned().collect();
        let combo = match &cell.combo {
            Some(combo) => Some(pick("category option combo of the data element", combo, &self.combos(&indicators))?),
            None => None,
        };
        Ok(Wanted { indicators, period: cell.period.id().to_string(), org_units, combo })
    }

    /// Data elements, and indicators where they are named by their own code or title.
    fn elements(&self) -> Vec<Candidate> {
        let both = self.target.indicators.iter().zip(&self.definitions.indicators);
        let mut candidates = Vec::new();
        for (target, indicator) in both {
            if let Some(address) = target {
                let uid = address.data_element.to_string();
                let mut known = self.target.data_sets.iter().flat_map(|one| &one.data_set.elements);
                let known = known.find(|element| element.data_element.id.as_str() == uid);
                let code = known.and_then(|element| element.data_element.code.clone());
                let ids = [uid.clone(), address.written.clone()].into_iter().chain(code).collect();
                candidates.push(Candidate { key: uid, ids, names: vec![address.name.clone()] });
            }
            let (ids, names) = (vec![indicator.code.clone()], vec![indicator.title.clone()]);
            candidates.push(Candidate { key: format!("indicator {}", indicator.code), ids, names });
        }
        candidates
    }

    fn org_units(&self) -> Vec<Candidate> {
        let candidate = |named: &String| {
            let unit = &self.target.org_units.get(named)?.unit;
            let uid = unit.id.to_string();
            let ids = [named.clone(), uid.clone()].into_iter().chain(unit.code.clone()).collect();
            Some(Candidate { key: uid, ids, names: vec![unit.name.clone()] })
        };
        self.definitions.places.org_units().iter().filter_map(candidate).collect()
    }

    fn combos(&self, indicators: &BTreeSet<usize>) -> Vec<Candidate> {
        let addresses = indicators.iter().filter_map(|index| self.target.indicators[*index].as_ref());
        let combos: BTreeSet<_> = addresses.flat_map(|address| &address.cells).map(|(combo, _)| combo).collect();
        let candidate = |combo: &compact_str::CompactString| Candidate {
            key: combo.to_string(),
            ids: vec![combo.to_string()],
            names: self.target.combo_names.get(combo).cloned().into_iter().collect(),
        };
        combos.into_iter().map(candidate).collect()
    }
}

/// What a name means: an id or a code comes before a name.
fn pick(what: &str, named: &str, candidates: &[Candidate]) -> Result<String, Error> {
    let keys = |is_meant: &dyn Fn(&Candidate) -> bool| -> BTreeSet<&str> {
        candidates.iter().filter(|one| is_meant(one)).map(|one| one.key.as_str()).collect()
    };
    let by_id = keys(&|one| one.ids.iter().any(|id| id == named));
    let folded = named.trim().to_lowercase();
    let found =
        if by_id.is_empty() { keys(&|one| one.names.iter().any(|name| name.to_lowercase() == folded)) } else { by_id };
    // One data element with one indicator, both of the same name, are one thing.
    let elements: BTreeSet<&str> = found.iter().copied().filter(|key| !key.starts_with("indicator ")).collect();
    let found = if elements.is_empty() { found } else { elements };
    let refuse = |message: String, advice: String| Err(Error::new(ErrorKind::Config, message).advice(advice));
    let mut keys = found.iter();
    match (keys.next(), keys.next()) {
        (Some(only), None) => Ok((*only).to_owned()),
        (None, _) => {
            let known: Vec<&str> =
                candidates.iter().flat_map(|one| one.names.iter().chain(&one.ids)).map(String::as_str).collect();
            let advice = match epi::nearest(named, &known) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Give its id, its code or its whole name.".to_owned(),
            };
            refuse(format!("`{named}` is no {what}"), advice)
        }
        (Some(_), Some(_)) => {
            let keys: Vec<_> = found.into_iter().map(|key| key.trim_start_matches("indicator ")).collect();
            refuse(format!("`{named}` may be {}", keys.join(" or ")), "Give one of these ids.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(key: &str, ids: &[&str], names: &[&str]) -> Candidate {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Candidate { key: key.to_owned(), ids: owned(ids), names: owned(names) }
    }

    #[test]
    fn an_id_comes_before_a_name_and_two_of_a_name_are_told_apart() {
        let candidates = [
            candidate("OuNorth0001", &["OuNorth0001", "N"], &["North"]),
            candidate("OuSouth0001", &["OuSouth0001"], &["N"]),
            candidate("OuTown00001", &["OuTown00001"], &["Town"]),
            candidate("OuTown00002", &["OuTown00002"], &["town"]),
        ];
        let found = |named: &str| pick("organisation unit", named, &candidates).map_err(|error| error.message);
        assert_eq!(found("N").as_deref(), Ok("OuNorth0001"));
        assert_eq!(found(" north").as_deref(), Ok("OuNorth0001"));
        assert_eq!(found("Town"), Err("`Town` may be OuTown00001 or OuTown00002".to_owned()));
        assert_eq!(found("Nroth"), Err("`Nroth` is no organisation unit".to_owned()));
        let advice = pick("organisation unit", "Nroth", &candidates).unwrap_err().advice;
        assert_eq!(advice.as_deref(), Some("Did you mean `North`?"));
    }

    #[test]
    fn a_data_element_and_its_indicator_of_the_same_name_are_one() {
        let candidates = [
            candidate("Element0001", &["Element0001"], &["Deaths"]),
            candidate("indicator deaths", &["deaths"], &["Deaths"]),
        ];
        let found = |named: &str| pick("data element", named, &candidates).map_err(|error| error.message);
        assert_eq!(found("deaths").as_deref(), Ok("indicator deaths"));
        assert_eq!(found("DEATHS").as_deref(), Ok("Element0001"));
    }
}
