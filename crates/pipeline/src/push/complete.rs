//! Registering slices as complete.

use super::Pushing;
use crate::config::Config;
use crate::crash;
use crate::error::Error;
use crate::failure;
use crate::progress::Step;
use crate::target::Target;
use compact_str::CompactString;
use dhis2::{CompletionQuery, IdSchemes, Registration, Time};
use epi::period::{Period, Span};
use std::collections::BTreeSet;

/// Registrations in one request.
const REGISTRATIONS_MAX: usize = 1000;

/// What DHIS2 registers as complete: a data set in an organisation unit and a period, under an attribute option combo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The data set, by its position in the report.
    pub data_set: usize,
    /// Period.
    pub period: Period,
    /// UID of the organisation unit.
    pub org_unit: CompactString,
    /// UID of the attribute option combo.
    pub attribute: CompactString,
}

/// Registers slices as complete that are not yet. Returns how many were registered.
///
/// # Errors
/// What DHIS2 says as a whole; complaints about single slices go to the listener.
pub async fn register(
    slices: &[Slice],
    span: Span,
    target: &Target,
    config: &Config,
    pushing: &mut Pushing<'_>,
) -> Result<u64, Error> {
    let uid = |slice: &Slice| target.data_sets[slice.data_set].data_set.id.to_string();
    let data_sets: BTreeSet<String> = slices.iter().map(uid).collect();
    let units: BTreeSet<String> = slices.iter().map(|slice| slice.org_unit.to_string()).collect();
    if units.is_empty() {
        return Ok(0);
    }
    let query = CompletionQuery {
        data_sets: data_sets.into_iter().collect(),
        time: Time::Between { start: span.start(), end: span.end() },
        org_units: units.into_iter().collect(),
        children: false,
        id_schemes: IdSchemes::default(),
    };
    crash::before("read/completions");
    let known = target.client.completions(&query).await.map_err(|error| failure::dhis2(&error, config))?;
    crash::after("read/completions");
    type Key = (CompactString, CompactString, CompactString, Option<CompactString>);
    let known: BTreeSet<Key> = known
        .into_iter()
        .filter(|known| known.completed)
        .map(|known| (known.data_set, known.period, known.org_unit, known.attribute_option_combo))
        .collect();
    let is_known = |slice: &&Slice| {
        let key = |attribute| (uid(slice).into(), slice.period.id(), slice.org_unit.clone(), attribute);
        known.contains(&key(Some(slice.attribute.clone()))) || known.contains(&key(None))
    };
    let missing: Vec<Registration> = slices
        .iter()
        .filter(|slice| !is_known(slice))
        .map(|slice| Registration {
            data_set: uid(slice).into(),
            period: slice.period.id(),
            org_unit: slice.org_unit.clone(),
            attribute_option_combo: Some(slice.attribute.clone()),
            date: Some(target.today),
            completed: true,
        })
        .collect();
    let mut registered = 0;
    for part in missing.chunks(REGISTRATIONS_MAX) {
        (pushing.may_write)(pushing.state)?;
        crash::before("dhis2/complete");
        let verdict = target
            .client
            .complete(part, &IdSchemes::default())
            .await
            .map_err(|error| failure::dhis2(&error, config))?;
        crash::after("dhis2/complete");
        for conflict in &verdict.conflicts {
            let object = conflict.object.as_deref().unwrap_or_default();
            pushing.progress.warn(&format!("completeness: {} {object}", conflict.reason));
        }
        registered += (part.len() as u64).saturating_sub(verdict.conflicts.len() as u64);
        pushing.progress.advance(Step::Complete, registered);
    }
    Ok(registered)
}
