//! Stages B and C: the data set of the group, and the checks that reject the group as a whole.

use std::collections::{BTreeSet, HashMap};

use super::super::super::catalogue::{IdScheme, Kind, Uid};
use super::super::super::metadata::{CategoryOption, DataSet};
use super::super::super::store::PeriodId;
use super::super::super::{DEFAULT_OPTION_COMBO, Server, Session};
use super::super::options::ImportOptions;
use super::super::summary::Conflict;
use super::super::timeliness;
use super::{Group, conflict};

/// Everything that the group names, each once.
struct Named {
    elements: BTreeSet<Uid>,
    org_units: BTreeSet<Uid>,
    periods: BTreeSet<PeriodId>,
    attribute_combos: BTreeSet<Uid>,
    option_combos: BTreeSet<(Uid, Uid)>,
    slices: BTreeSet<(Uid, PeriodId)>,
    attribute_places: BTreeSet<(Uid, Uid)>,
    attribute_periods: BTreeSet<(Uid, PeriodId)>,
}

/// Finds the group's data set and checks the group against it.
pub(super) fn check(
    server: &Server,
    session: &Session,
    options: &ImportOptions,
    group: &Group,
) -> Result<usize, Conflict> {
    let named = named(server, group);
    if let Some(unknown) = &group.unknown_data_set {
        return Err(nonexistent(session, unknown, &named));
    }
    let position = match group.data_set {
        Some(position) => position,
        None => detect(server, &named)?,
    };
    let set = server.data_set(position);
    if !session.user.is_super() {
        access(server, session, set, &named)?;
    }
    usable(server, position, &named)?;
    combos_usable(server, set, &named)?;
    operating(server, &named)?;
    if !(options.force && session.user.is_super()) {
        timely(server, session, set, &named)?;
    }
    attribute_dates(server, options.force && session.user.is_super(), &named)?;
    unique(server, set, group)?;
    Ok(position)
}

fn named(server: &Server, group: &Group) -> Named {
    let default = server.default_option_combo();
    let mut named = Named {
        elements: BTreeSet::new(),
        org_units: BTreeSet::new(),
        periods: BTreeSet::new(),
        attribute_combos: BTreeSet::new(),
        option_combos: BTreeSet::new(),
        slices: BTreeSet::new(),
        attribute_places: BTreeSet::new(),
        attribute_periods: BTreeSet::new(),
    };
    let mut place = |element: Uid, combo: Option<Uid>, attribute: Option<Uid>, unit: Uid, period: PeriodId| {
        named.elements.insert(element);
        named.org_units.insert(unit);
        named.periods.insert(period);
        named.slices.insert((unit, period));
        // Only named option combos are checked; nulls become the default unseen.
        named.option_combos.extend(combo.map(|combo| (element, combo)));
        if let Some(attribute) = attribute.or(default) {
            named.attribute_combos.insert(attribute);
            named.attribute_places.insert((attribute, unit));
            named.attribute_periods.insert((attribute, period));
        }
    };
    for entry in &group.entries {
        place(entry.data_element, entry.option_combo, entry.attribute_combo, entry.org_unit, entry.period);
    }
    for (element, combo, attribute) in &group.scope.elements {
        for unit in &group.scope.org_units {
            for period in &group.scope.periods {
                // In a deletion the missing combo is checked, as the default.
                place(*element, combo.or(default), *attribute, *unit, *period);
            }
        }
    }
    named
}

/// A data set that does not exist is noticed by what it does not allow.
fn nonexistent(session: &Session, unknown: &str, named: &Named) -> Conflict {
    if session.user.is_super() {
        let elements = uids(named.elements.iter());
        let text = format!("Data set {unknown} not usable with data element(s): `{elements}`");
        return conflict("E8020", &[unknown, &elements], text);
    }
    let text = format!("Current user cannot enter data for data set: `{unknown}`");
    conflict("E8010", &[unknown], text)
}

/// Without a data set, the elements must belong to exactly one.
fn detect(server: &Server, named: &Named) -> Result<usize, Conflict> {
    let catalogue = &server.catalogue;
    let elements = named.elements.iter().filter_map(|&uid| catalogue.by_uid(Kind::DataElement, uid));
    let sets: BTreeSet<usize> =
        elements.flat_map(|element| catalogue.data_sets_of_element[element].iter().copied()).collect();
    let mut sets_iter = sets.iter();
    match (sets_iter.next(), sets_iter.next()) {
        (Some(&only), None) => Ok(only),
        (None, _) => {
            let elements = uids(named.elements.iter());
            let text = format!("Data set detection failed, found no set for data element(s): `{elements}`");
            Err(conflict("E8003", &[&elements], text))
        }
        _ => {
            let sets: Vec<_> = sets.iter().map(|&set| catalogue.uid(Kind::DataSet, set)).collect();
            let sets = uids(sets.iter());
            Err(conflict("E8002", &[&sets], format!("Data set detection failed, found multiple sets: `{sets}`")))
        }
    }
}

/// E8010-E8012, which superusers skip.
fn access(server: &Server, session: &Session, set: &DataSet, named: &Named) -> Result<(), Conflict> {
    if !set.data_write {
        let text = format!("Current user cannot enter data for data set: `{}`", set.uid);
        return Err(conflict("E8010", &[&set.uid], text));
    }
    let catalogue = &server.catalogue;
    let outside = named.org_units.iter().filter(|&&uid| {
        let unit = catalogue.by_uid(Kind::OrgUnit, uid);
        unit.is_none_or(|unit| !catalogue.is_within(unit, &session.user.org_units))
    });
    if let Some(units) = some(uids(outside)) {
        let text = format!("Current user cannot enter data for org unit(s): `{units}`");
        return Err(conflict("E8011", &[&units], text));
    }
    let combos = named.option_combos.iter().map(|(_, combo)| combo).chain(&named.attribute_combos);
    let shut: BTreeSet<Uid> = combos
        .flat_map(|&combo| options_of(server, combo))
        .filter(|option| !option.data_write)
        .filter_map(|option| Uid::parse(&option.uid))
        .collect();
    if let Some(options) = some(uids(shut.iter())) {
        let text = format!("Current user cannot enter data for category option(s): `{options}`");
        return Err(conflict("E8012", &[&options], text));
    }
    Ok(())
}

/// E8020, E8022, E8021, E8023, in this order.
fn usable(server: &Server, position: usize, named: &Named) -> Result<(), Conflict> {
    let catalogue = &server.catalogue;
    let set = server.data_set(position);
    let refuse = |code, what: &str, list: &str| {
        let text = format!("Data set {} not usable with {what}: `{list}`", set.uid);
        Err(conflict(code, &[&set.uid, list], text))
    };
    let foreign = named.elements.iter().filter(|&&uid| {
        let element = catalogue.by_uid(Kind::DataElement, uid);
        element.is_none_or(|e| !catalogue.elements_of_data_set[position].contains(&e))
    });
    if let Some(list) = some(uids(foreign)) {
        return refuse("E8020", "data element(s)", &list);
    }
    let unassigned = named.org_units.iter().filter(|&&uid| {
        let unit = catalogue.by_uid(Kind::OrgUnit, uid);
        unit.is_none_or(|u| !catalogue.org_units_of_data_set[position].contains(&u))
    });
    if let Some(list) = some(uids(unassigned)) {
        return refuse("E8022", "org unit(s)", &list);
    }
    let kind = catalogue.period_types[position];
    let other = named.periods.iter().filter(|&&p| Some(server.periods.get(p).kind) != kind);
    if let Some(list) = some(isos(server, other)) {
        return refuse("E8021", "period(s)", &list);
    }
    let combo = catalogue.find(Kind::CategoryCombo, IdScheme::Uid, &set.category_combo);
    let strange = named.attribute_combos.iter().filter(|&&uid| !is_of_combo(server, uid, combo));
    if let Some(list) = some(uids(strange)) {
        return refuse("E8023", "attribute option combo(s)", &list);
    }
    Ok(())
}

/// E8024, E8025: option combos within the elements' combos, attribute combos within their units.
fn combos_usable(server: &Server, set: &DataSet, named: &Named) -> Result<(), Conflict> {
    let catalogue = &server.catalogue;
    let mut combos: HashMap<Uid, Option<usize>> = HashMap::new();
    for &(element, option_combo) in &named.option_combos {
        let allowed = *combos.entry(element).or_insert_with(|| {
            let found = catalogue.by_uid(Kind::DataElement, element)?;
            catalogue.effective_combo(set, &catalogue.metadata.data_elements[found])
        });
        if !is_of_combo(server, option_combo, allowed) {
            let of_element = named.option_combos.iter().filter(|(e, _)| *e == element).map(|(_, c)| c);
            let list = uids(of_element.filter(|&&c| !is_of_combo(server, c, allowed)));
            let element = element.as_str();
            let text = format!(
                "Data set {} + data element {element} not usable with category option combo(s): `{list}`",
                set.uid
            );
            return Err(conflict("E8024", &[&set.uid, element, &list], text));
        }
    }
    for (attribute, unit) in &named.attribute_places {
        let place = catalogue.by_uid(Kind::OrgUnit, *unit);
        let barred = options_of(server, *attribute).into_iter().any(|option| {
            !option.org_units.is_empty() && place.is_none_or(|place| !catalogue.is_within(place, &option.org_units))
        });
        if barred {
            let (attribute, unit) = (attribute.as_str(), unit.as_str());
            let text = format!("Attribute option combo {attribute} not usable with org unit(s): `[{unit}]`");
            return Err(conflict("E8025", &[attribute, &format!("[{unit}]")], text));
        }
    }
    Ok(())
}

/// E8031, which not even force skips.
fn operating(server: &Server, named: &Named) -> Result<(), Conflict> {
    let catalogue = &server.catalogue;
    for &(unit, id) in &named.slices {
        let period = server.periods.get(id);
        let Some(place) = catalogue.by_uid(Kind::OrgUnit, unit) else {
            continue;
        };
        let place = &catalogue.metadata.org_units[place];
        let closed = place.closed_date.is_some_and(|last| period.start > last);
        if period.start < place.opening_date || closed {
            let list = format!("[{}]", period.iso);
            let text = format!("Untimely data entry for org unit {} and period(s): `{list}`", place.uid);
            return Err(conflict("E8031", &[&place.uid, &list], text));
        }
    }
    Ok(())
}

/// E8030, E8033.
fn timely(server: &Server, session: &Session, set: &DataSet, named: &Named) -> Result<(), Conflict> {
    let latest = timeliness::latest_open(session, set);
    // Who may edit expired data may also enter future data: both sit behind the same question.
    let bound = !session.user.may("F_EDIT_EXPIRED");
    for &(unit, id) in &named.slices {
        let period = server.periods.get(id);
        let unit = unit.as_str();
        let expired = bound && timeliness::is_expired(server, session, set, period, unit);
        let future = bound && latest.as_ref().is_some_and(|latest| period.end > latest.end);
        if expired || future || !timeliness::is_input_open_quirky(session, set, period) {
            let list = format!("[{}]", period.iso);
            let text = format!("Untimely data entry for data set {} and period(s): `{list}`", set.uid);
            return Err(conflict("E8030", &[&set.uid, &list], text));
        }
    }
    for &(unit, id) in &named.slices {
        let period = server.periods.get(id);
        if timeliness::is_approved(server, set, period, unit.as_str()) {
            let text = format!(
                "Data already approved for data set {} org unit {} and period {}",
                set.uid,
                unit.as_str(),
                period.iso
            );
            return Err(conflict("E8033", &[&set.uid, unit.as_str(), &period.iso], text));
        }
    }
    Ok(())
}

/// E8032: the whole period must lie within the dates of the attribute option combo.
fn attribute_dates(server: &Server, forced: bool, named: &Named) -> Result<(), Conflict> {
    if forced {
        return Ok(());
    }
    for &(attribute, id) in &named.attribute_periods {
        let period = server.periods.get(id);
        let outside = options_of(server, attribute).into_iter().any(|option| {
            option.start_date.is_some_and(|start| period.start < start)
                || option.end_date.is_some_and(|end| period.end > end)
        });
        if outside {
            let (combo, list) = (attribute.as_str(), format!("[{}]", period.iso));
            let text = format!("Untimely data entry for attribute option combo {combo} and period(s): `{list}`");
            return Err(conflict("E8032", &[combo, &list], text));
        }
    }
    Ok(())
}

/// E8128: two values of the group with one key.
fn unique(server: &Server, set: &DataSet, group: &Group) -> Result<(), Conflict> {
    let default = Uid::parse(DEFAULT_OPTION_COMBO);
    let mut first: HashMap<_, usize> = HashMap::with_capacity(group.entries.len());
    for (index, entry) in group.entries.iter().enumerate() {
        let key = (
            entry.data_element,
            entry.org_unit,
            entry.period,
            entry.option_combo.or(default),
            entry.attribute_combo.or(default),
        );
        if let Some(earlier) = first.insert(key, index) {
            let indexes = format!("{earlier}, {index}");
            let name = format!(
                "{} {} {} {}",
                set.uid,
                entry.data_element.as_str(),
                server.periods.get(entry.period).iso,
                entry.org_unit.as_str()
            );
            let text = format!("Value #{indexes} all affect the same data value: `{name}`");
            return Err(conflict("E8128", &[&indexes, &name], text));
        }
    }
    Ok(())
}

fn is_of_combo(server: &Server, option_combo: Uid, combo: Option<usize>) -> bool {
    let found = server.catalogue.by_uid(Kind::CategoryOptionCombo, option_combo);
    combo.is_some() && found.and_then(|p| server.catalogue.combo_of_option_combo[p]) == combo
}

fn options_of(server: &Server, option_combo: Uid) -> Vec<&CategoryOption> {
    let catalogue = &server.catalogue;
    let Some(found) = catalogue.by_uid(Kind::CategoryOptionCombo, option_combo) else {
        return Vec::new();
    };
    let options = catalogue.metadata.category_option_combos[found].category_options.iter();
    options
        .filter_map(|uid| catalogue.find(Kind::CategoryOption, IdScheme::Uid, uid))
        .map(|option| &catalogue.metadata.category_options[option])
        .collect()
}

/// `[a, b]`, or nothing for an empty list.
fn uids<'a>(list: impl Iterator<Item = &'a Uid>) -> String {
    bracketed(list.map(|uid| uid.as_str().to_owned()).collect())
}

fn isos<'a>(server: &Server, list: impl Iterator<Item = &'a PeriodId>) -> String {
    bracketed(list.map(|&id| server.periods.get(id).iso.clone()).collect())
}

fn bracketed(list: Vec<String>) -> String {
    if list.is_empty() { String::new() } else { format!("[{}]", list.join(", ")) }
}

fn some(list: String) -> Option<String> {
    (!list.is_empty()).then_some(list)
}
