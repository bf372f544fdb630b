//! The quality of many records without one that was among them, and as bytes.

use super::{CHECKS, Findings, Likeness, Quality, SAMPLES_MAX, Scope, month};
use crate::day;
use crate::increment::{Inexact, Smallest, take};
use crate::packed::{Packer, Unpackable, Unpacker};
use crate::place::Places;
use crate::quality::{Duplicates, Histogram};
use crate::record::Person;
use std::sync::Arc;

impl Quality {
    /// Takes a record out as it was added; [`Self::settle`] ends what takes some out and adds others.
    ///
    /// # Errors
    /// It was never added; what is left is of no use then.
    pub fn subtract(&mut self, person: &Person, unreadable: bool, places: &Places) -> Result<(), Inexact> {
        let findings = Findings::of(person, unreadable, &self.scope, places);
        let row = findings.place.row(self.scope.n_org_units);
        take(&mut self.n_records[row][person.kind as usize], 1)?;
        for check in findings.checks() {
            take(self.broken[row].get_mut(check).ok_or(Inexact::NeverCounted)?, 1)?;
            self.samples[check].remove(&person.id);
        }
        for place in 0..self.scope.delays.len() {
            let Some((from, to)) = self.scope.delays[place].dates(person) else { continue };
            if self.is_plausible(from) && self.is_plausible(to) {
                let days = day::number(to) - day::number(from);
                self.at_place(row)[place].subtract(days)?;
                self.in_month(month(to))[place].subtract(days)?;
            }
        }
        for (duplicates, likeness) in self.duplicates.iter_mut().zip(Likeness::ALL) {
            if likeness.is_judged(&self.scope) {
                duplicates.subtract(likeness, person);
            }
        }
        Ok(())
    }

    /// What is told is what would have been found in the records that are left.
    ///
    /// # Errors
    /// That is not known.
    pub fn settle(&mut self) -> Result<(), Inexact> {
        if !self.samples.iter().all(|samples| samples.has_first(SAMPLES_MAX)) {
            return Err(Inexact::Examples);
        }
        for (duplicates, likeness) in self.duplicates.iter_mut().zip(Likeness::ALL) {
            if likeness.is_judged(&self.scope) {
                duplicates.settle()?;
            }
        }
        Ok(())
    }

    /// As bytes.
    pub fn pack(&self, packer: &mut Packer) {
        packer.n_values(self.n_records.len());
        self.n_records.iter().flatten().for_each(|n| packer.number(*n));
        for broken in &self.broken {
            packer.n_values(broken.len());
            broken.iter().for_each(|n| packer.number(*n));
        }
        self.samples.iter().for_each(|samples| samples.pack(packer));
        pack_histograms(&self.by_place, packer);
        pack_histograms(&self.by_month, packer);
        self.duplicates.iter().for_each(|duplicates| duplicates.pack(packer));
    }

    /// From bytes, under the same scope.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(unpacker: &mut Unpacker<'_>, scope: &Arc<Scope>) -> Result<Self, Unpackable> {
        let mut quality = Self::new(Arc::clone(scope));
        if unpacker.n_values()? != quality.n_records.len() {
            return Err(Unpackable);
        }
        for n in quality.n_records.iter_mut().flatten() {
            *n = unpacker.number()?;
        }
        for broken in &mut quality.broken {
            *broken = (0..unpacker.n_values()?).map(|_| unpacker.number()).collect::<Result<_, _>>()?;
            if !broken.is_empty() && broken.len() != CHECKS.len() {
                return Err(Unpackable);
            }
        }
        for samples in &mut quality.samples {
            *samples = Smallest::unpack(unpacker)?;
        }
        let n_places = quality.by_place.len();
        quality.by_place = unpack_histograms(unpacker, scope)?;
        quality.by_month = unpack_histograms(unpacker, scope)?;
        if quality.by_place.len() != n_places {
            return Err(Unpackable);
        }
        for duplicates in &mut quality.duplicates {
            *duplicates = Duplicates::unpack(unpacker)?;
        }
        Ok(quality)
    }
}

fn pack_histograms(rows: &[Vec<Histogram>], packer: &mut Packer) {
    packer.n_values(rows.len());
    for histograms in rows {
        packer.n_values(histograms.len());
        histograms.iter().for_each(|histogram| histogram.pack(packer));
    }
}

/// For each row a histogram of each delay, or none at all.
fn unpack_histograms(unpacker: &mut Unpacker<'_>, scope: &Scope) -> Result<Vec<Vec<Histogram>>, Unpackable> {
    let mut rows = Vec::new();
    for _ in 0..unpacker.n_values()? {
        let row = (0..unpacker.n_values()?).map(|_| Histogram::unpack(unpacker)).collect::<Result<Vec<_>, _>>()?;
        if !row.is_empty() && row.len() != scope.delays.len() {
            return Err(Unpackable);
        }
        rows.push(row);
    }
    Ok(rows)
}
