//! Checks 13-28: what the strict flags, the calendar of the data sets and the approval allow.

use super::super::super::catalogue::{IdScheme, Kind};
use super::super::super::metadata::DataSet;
use super::super::super::store::Key;
use super::super::options::Strategy;
use super::super::payload::SentValue;
use super::super::timeliness;
use super::judge::{Judge, References, Refusal, one};

/// Longest `storedBy` in characters.
const STORED_BY_CHARS_MAX: usize = 255;

/// Checks 13 and 14, before the defaults are filled in.
pub(super) fn required(judge: &Judge<'_>, refs: &References<'_>) -> Result<(), Refusal> {
    if judge.options.require_option_combo && refs.option_combo.is_none() {
        let text = "Category option combo is required but is not specified";
        return Err(one("E7630", "categoryOptionCombo", Vec::new(), text));
    }
    if judge.options.require_attribute_combo && refs.attribute_combo.is_none() {
        let text = "Attribute option combo is required but is not specified";
        return Err(one("E7631", "attributeOptionCombo", Vec::new(), text));
    }
    Ok(())
}

/// Checks 15-28.
pub(super) fn check(judge: &mut Judge<'_>, sent: &SentValue, refs: &References<'_>, key: &Key) -> Result<(), Refusal> {
    strict(judge, refs, key)?;
    if sent.stored_by.as_deref().is_some_and(|name| name.chars().count() > STORED_BY_CHARS_MAX) {
        return Err(one("E7637", "storedBy", Vec::new(), "Invalid storedBy: stored_by_length_greater_than_max_length"));
    }
    attribute_options(judge, refs, key)?;
    timely(judge, refs, key)?;
    let element = &judge.server.catalogue.metadata.data_elements[refs.element];
    let file = matches!(element.value_type.as_str(), "FILE_RESOURCE" | "IMAGE");
    if judge.strategy == Strategy::Delete && file && judge.server.store.get(key).is_none() {
        let text = format!("No data value for file resource exist for data element: `{}`", element.uid);
        return Err(one("E7645", "dataElement", vec![("dataElement", element.uid.clone())], text));
    }
    Ok(())
}

/// Checks 15-19, each of which its flag turns on.
fn strict(judge: &Judge<'_>, refs: &References<'_>, key: &Key) -> Result<(), Refusal> {
    let (options, catalogue) = (judge.options, &judge.server.catalogue);
    let uid = key.data_element.as_str().to_owned();
    let sets = &catalogue.data_sets_of_element[refs.element];
    let of_element = || vec![("dataElement", uid.clone())];
    if options.strict_periods && !sets.iter().any(|&s| catalogue.period_types[s] == Some(refs.period.kind)) {
        let text = format!("Period type of period: `{}` not valid for data element: `{uid}`", refs.period.iso);
        return Err(one("E7632", "period", vec![("period", refs.period.iso.clone()), ("dataElement", uid)], text));
    }
    let outer = judge.outer.data_set;
    if options.strict_data_elements && outer.is_some_and(|set| !sets.contains(&set)) {
        let set = outer.map(|set| judge.server.data_set(set).uid.clone()).unwrap_or_default();
        let text = format!("Data element: `{uid}` is not part of dataset(s): `{set}`");
        return Err(one("E7633", "dataElement", of_element(), text));
    }
    strict_combos(judge, refs, key)?;
    let assigned = |&set: &usize| catalogue.org_units_of_data_set[set].contains(&refs.org_unit);
    if options.strict_org_units && !sets.iter().any(assigned) {
        let unit = key.org_unit.as_str();
        let text = format!("Data element: `{uid}` must be assigned through data sets to organisation unit: `{unit}`");
        return Err(one("E7636", "orgUnit", vec![("organisationUnit", unit.to_owned())], text));
    }
    Ok(())
}

/// Checks 17 and 18.
fn strict_combos(judge: &Judge<'_>, refs: &References<'_>, key: &Key) -> Result<(), Refusal> {
    let (options, catalogue) = (judge.options, &judge.server.catalogue);
    let element = &catalogue.metadata.data_elements[refs.element];
    let uid = &element.uid;
    let sets = &catalogue.data_sets_of_element[refs.element];
    let combo_of = |combo: Option<usize>| combo.and_then(|c| catalogue.combo_of_option_combo[c]);
    if options.strict_option_combos {
        let own = catalogue.find(Kind::CategoryCombo, IdScheme::Uid, &element.category_combo);
        let in_sets = sets.iter().map(|&s| catalogue.effective_combo(judge.server.data_set(s), element));
        let mut allowed = in_sets.chain([own]).flatten();
        if !allowed.any(|combo| combo_of(refs.option_combo) == Some(combo)) {
            let combo = key.option_combo.as_str();
            let text =
                format!("Category option combo: `{combo}` must be part of category combo of data element: `{uid}`");
            return Err(one("E7634", "categoryOptionCombo", vec![("categoryOptionCombo", combo.to_owned())], text));
        }
    }
    if options.strict_attribute_combos {
        let fits = |&set: &usize| is_attribute_of(judge, judge.server.data_set(set), refs);
        if !sets.iter().any(fits) {
            let combo = key.attribute_combo.as_str();
            let text = format!(
                "Attribute option combo: `{combo}` must be part of category combo of data sets of data element: `{uid}`"
            );
            return Err(one("E7635", "attributeOptionCombo", vec![("attributeOptionCombo", combo.to_owned())], text));
        }
    }
    Ok(())
}

/// Checks 21 and 22: dates and organisation units of the attribute option combo's options.
fn attribute_options(judge: &Judge<'_>, refs: &References<'_>, key: &Key) -> Result<(), Refusal> {
    let catalogue = &judge.server.catalogue;
    let Some(combo) = refs.attribute_combo else {
        return Ok(());
    };
    let uid = key.attribute_combo.as_str();
    let options = catalogue.metadata.category_option_combos[combo].category_options.iter();
    let options = options.filter_map(|o| catalogue.find(Kind::CategoryOption, IdScheme::Uid, o));
    for option in options.map(|o| &catalogue.metadata.category_options[o]) {
        let ends_before = option.end_date.is_some_and(|end| end < refs.period.start);
        let starts_after = option.start_date.is_some_and(|start| start > refs.period.end);
        if ends_before || starts_after {
            let iso = &refs.period.iso;
            let text = format!("Period: `{iso}` is not within date range of attribute option combo: `{uid}`");
            return Err(one(
                "E7638",
                "period",
                vec![("period", iso.clone()), ("attributeOptionCombo", uid.to_owned())],
                text,
            ));
        }
        if !option.org_units.is_empty() && !catalogue.is_within(refs.org_unit, &option.org_units) {
            let unit = key.org_unit.as_str();
            let text = format!("Organisation unit: `{unit}` is not valid for attribute option combo: `{uid}`");
            return Err(one(
                "E7639",
                "orgUnit",
                vec![("organisationUnit", unit.to_owned()), ("attributeOptionCombo", uid.to_owned())],
                text,
            ));
        }
    }
    Ok(())
}

/// Checks 23-27 against the target data sets; none of them means that nothing is checked.
fn timely(judge: &mut Judge<'_>, refs: &References<'_>, key: &Key) -> Result<(), Refusal> {
    if judge.options.force && judge.session.user.is_super() {
        return Ok(());
    }
    let targets = targets(judge, refs);
    not_expired(judge, refs, key, &targets)?;
    not_future(judge, refs, key, &targets)?;
    not_approved(judge, refs, key, &targets)?;
    input_open(judge, refs, &targets)
}

/// Check 23.
fn not_expired(judge: &Judge<'_>, refs: &References<'_>, key: &Key, targets: &[usize]) -> Result<(), Refusal> {
    let (server, session, period) = (judge.server, judge.session, refs.period);
    let unit = key.org_unit.as_str();
    let expired = |set: &DataSet| timeliness::is_expired(server, session, set, period, unit);
    let shut = refused(judge, targets, judge.options.strict_locking, &expired);
    let Some(set) = shut.filter(|_| !session.user.may("F_EDIT_EXPIRED")) else {
        return Ok(());
    };
    let text = format!("Current date is past expiry days for period: `{}`  and data set: `{}`", period.iso, set.uid);
    Err(one("E7640", "period", period_and_set(refs, set), text))
}

/// Check 24, which one data set that is not open is enough to fail.
fn not_future(judge: &mut Judge<'_>, refs: &References<'_>, key: &Key, targets: &[usize]) -> Result<(), Refusal> {
    let (server, period) = (judge.server, refs.period);
    for &target in targets {
        let latest = judge.latest_open(target).filter(|latest| period.end > latest.end);
        let Some(latest) = latest.map(|latest| latest.iso.clone()) else {
            continue;
        };
        let set = server.data_set(target);
        let text = format!(
            "Period: `{}` is after latest open future period: `{latest}` for data element: `{}` and data set: `{}`",
            period.iso,
            key.data_element.as_str(),
            set.uid
        );
        return Err(one("E7641", "period", period_and_set(refs, set), text));
    }
    Ok(())
}

/// Check 25.
fn not_approved(judge: &Judge<'_>, refs: &References<'_>, key: &Key, targets: &[usize]) -> Result<(), Refusal> {
    let unit = key.org_unit.as_str();
    let approved = |set: &DataSet| timeliness::is_approved(judge.server, set, refs.period, unit);
    let Some(set) = refused(judge, targets, judge.options.strict_approval, &approved) else {
        return Ok(());
    };
    let text = format!(
        "Data already approved for data set: `{}` period: `{}` org unit: `{unit}` attribute option combo: `{}`",
        set.uid,
        refs.period.iso,
        key.attribute_combo.as_str()
    );
    Err(one("E7642", "dataSet", period_and_set(refs, set), text))
}

/// Checks 26 and 27: the targets, and then every data set of the element.
fn input_open(judge: &Judge<'_>, refs: &References<'_>, targets: &[usize]) -> Result<(), Refusal> {
    let (server, iso) = (judge.server, &refs.period.iso);
    let shut = |set: &DataSet| !timeliness::is_input_open(judge.session, set, refs.period);
    if let Some(set) = refused(judge, targets, judge.options.strict_input_periods, &shut) {
        let uid = &set.uid;
        let text = format!("Period: `{iso}` is not open for this data set at this time: `{uid}`");
        return Err(one("E7643", "period", period_and_set(refs, set), text));
    }
    let sets = &server.catalogue.data_sets_of_element[refs.element];
    if !sets.is_empty() && sets.iter().all(|&set| shut(server.data_set(set))) {
        let text = format!("Period: `{iso}` does not conform to the open periods of associated data sets");
        return Err(one("E7644", "period", vec![("period", iso.clone())], text));
    }
    Ok(())
}

/// A data set that is closed: any with the strict flag; without it, only if all of them are.
fn refused<'a>(
    judge: &Judge<'a>,
    targets: &[usize],
    is_strict: bool,
    closed: &dyn Fn(&DataSet) -> bool,
) -> Option<&'a DataSet> {
    let server = judge.server;
    let mut shut = targets.iter().map(|&t| server.data_set(t)).filter(|set| closed(set));
    let first = shut.next()?;
    (is_strict || 1 + shut.count() == targets.len()).then_some(first)
}

fn period_and_set(refs: &References<'_>, set: &DataSet) -> Vec<(&'static str, String)> {
    vec![("period", refs.period.iso.clone()), ("dataSet", set.uid.clone())]
}

/// The payload's data set, or else every data set that has the element, the organisation unit and
/// the attribute option combo.
fn targets(judge: &Judge<'_>, refs: &References<'_>) -> Vec<usize> {
    if let Some(set) = judge.outer.data_set {
        return vec![set];
    }
    let catalogue = &judge.server.catalogue;
    let sets = catalogue.data_sets_of_element[refs.element].iter().copied();
    sets.filter(|&set| {
        catalogue.org_units_of_data_set[set].contains(&refs.org_unit)
            && is_attribute_of(judge, judge.server.data_set(set), refs)
    })
    .collect()
}

fn is_attribute_of(judge: &Judge<'_>, set: &DataSet, refs: &References<'_>) -> bool {
    let catalogue = &judge.server.catalogue;
    let combo = catalogue.find(Kind::CategoryCombo, IdScheme::Uid, &set.category_combo);
    combo.is_some() && refs.attribute_combo.and_then(|c| catalogue.combo_of_option_combo[c]) == combo
}
