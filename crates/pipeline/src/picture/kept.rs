//! Pictures that are kept until something changes, so that a page costs no reading of a quarter of a million cells.

use super::{Curve, Picture, Sight, curve_of_records, picture};
use crate::as_of::Selection;
use crate::config::model::{Config, Report};
use crate::error::Error;
use crate::revisions::{Revisions, revisions};
use crate::store::{ExtractionId, LineList, Stamp, State};
use epi::period::Period;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures that are kept; beyond it all are forgotten. A report has two, one for each sight.
const PICTURES_MAX: usize = 64;
/// Delays of the triangle on a page; `tally history --revisions` shows more.
const DELAYS: usize = 8;
/// Periods of the triangle on a page.
const TRIANGLE_PERIODS: usize = 12;

/// What is kept of a report.
#[derive(Debug)]
pub struct KeptPicture {
    /// The picture; none: no run has come through.
    pub picture: Option<Picture>,
    /// The triangle over the last periods; none: nobody may see it, or no run has come through.
    pub revisions: Option<Revisions>,
}

type Key = (String, Sight, u64);
/// A curve and the extraction that it was made of; none: the list has no curve.
type KeptCurve = (ExtractionId, Option<Arc<Curve>>);

/// Pictures that are kept.
///
/// Whoever first asks after something changed waits until it is made; who asks meanwhile gets the one before, which says itself
/// of which run it is. Otherwise fifty viewers would make the same picture fifty times at once.
#[derive(Debug, Default)]
pub struct Pictures {
    pictures: Mutex<HashMap<Key, (Stamp, Arc<KeptPicture>)>>,
    curves: Mutex<HashMap<(Period, Period), KeptCurve>>,
    /// What somebody is making.
    making: Making<Key>,
    drawing: Making<(Period, Period)>,
}

/// What is being made, by its key.
#[derive(Debug)]
struct Making<K>(Mutex<HashSet<K>>);

impl<K> Default for Making<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The right to make something; given back when it goes.
struct Turn<'m, K: Eq + Hash>(&'m Making<K>, K);

impl<K: Clone + Eq + Hash> Making<K> {
    /// Takes the right to make it; none if somebody has it.
    fn take(&self, key: &K) -> Option<Turn<'_, K>> {
        lock(&self.0).insert(key.clone()).then(|| Turn(self, key.clone()))
    }
}

impl<K: Eq + Hash> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        lock(&self.0.0).remove(&self.1);
    }
}

impl Pictures {
    /// The picture of a report, made anew only if something ended since. `configured` names the configuration, for a report
    /// may mean something else after it changed.
    ///
    /// # Errors
    /// What the state says.
    #[expect(clippy::too_many_arguments, reason = "what a picture depends on")]
    pub fn of(
        &self,
        state: &State,
        config: &Config,
        report: &Report,
        units: &[String],
        sight: Sight,
        configured: u64,
        now: Timestamp,
    ) -> Result<Arc<KeptPicture>, Error> {
        let stamp = state.stamp()?;
        let key = (report.name.clone(), sight, configured);
        let before = lock(&self.pictures).get(&key).map(|(made, kept)| (*made == stamp, Arc::clone(kept)));
        let turn = self.making.take(&key);
        if let Some((is_same, kept)) = before
            && (is_same || turn.is_none())
        {
            return Ok(kept);
        }
        let picture = picture(state, config, report, units, sight, now)?;
        let revisions = match (&picture, sight) {
            (Some(picture), Sight::All) => Some(triangle(state, report, picture, now)?),
            _ => None,
        };
        let kept = Arc::new(KeptPicture { picture, revisions });
        let mut pictures = lock(&self.pictures);
        if pictures.len() >= PICTURES_MAX {
            pictures.clear();
        }
        pictures.insert(key, (stamp, Arc::clone(&kept)));
        Ok(kept)
    }

    /// The curve of the line list's cases over some periods, made anew only if an extraction was finished since. None: the list
    /// holds no date of onset, or was never finished.
    ///
    /// # Errors
    /// What the line list says.
    pub fn curve(&self, line_list: &LineList, periods: &[Period]) -> Result<Option<Arc<Curve>>, Error> {
        let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(None) };
        let Some(extraction) = line_list.last_finished()?.map(|extraction| extraction.id) else { return Ok(None) };
        let key = (*first, *last);
        let before = lock(&self.curves).get(&key).map(|(made, curve)| (*made == extraction, curve.clone()));
        let turn = self.drawing.take(&key);
        if let Some((is_same, curve)) = before
            && (is_same || turn.is_none())
        {
            return Ok(curve);
        }
        let curve = curve_of_records(line_list, periods)?.map(Arc::new);
        let mut curves = lock(&self.curves);
        if curves.len() >= PICTURES_MAX {
            curves.clear();
        }
        curves.insert(key, (extraction, curve.clone()));
        Ok(curve)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A reader that panicked left whole entries behind: they are inserted in one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn triangle(state: &State, report: &Report, picture: &Picture, now: Timestamp) -> Result<Revisions, Error> {
    let at = |index: usize| picture.periods.get(index).and_then(|id| report.period_type.value.parse(id).ok());
    let last = picture.periods.len().saturating_sub(1);
    let selection = Selection {
        from: at(picture.periods.len().saturating_sub(TRIANGLE_PERIODS)),
        to: at(last),
        ..Selection::default()
    };
    revisions(state, report, DELAYS, &selection, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_makes_it_and_gives_the_turn_back() {
        let making = Making::default();
        let turn = making.take(&1);
        assert!(turn.is_some() && making.take(&1).is_none() && making.take(&2).is_some());
        drop(turn);
        assert!(making.take(&1).is_some());
    }
}
