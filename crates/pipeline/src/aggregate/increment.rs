//! What came of all records without one of them, and as bytes that are kept until the next run.

use super::{Aggregation, ISSUE_SAMPLES_MAX};
use crate::normalise::unreadable_field;
use compact_str::CompactString;
use epi::account::Account;
use epi::cell::Cells;
use epi::contribution::{Contributions, contributions};
use epi::headcount::Headcounts;
use epi::increment::{Inexact, Smallest};
use epi::indicator::Definitions;
use epi::issue::{Issue, Rule};
use epi::packed::{Packer, Unpackable, Unpacker};
use epi::quality::{Quality, Scope};
use epi::record::{Joined, RecordKind};
use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

impl Aggregation {
    /// Takes one record out as it was added, with the same issues; `found` is memory that is used again.
    /// [`Self::settle`] ends what takes some out and adds others.
    ///
    /// # Errors
    /// It was never added, or a sum left the range of exact decimals: what is left is of no use then.
    pub fn subtract<'r>(
        &mut self,
        record: impl Into<Joined<'r>>,
        definitions: &'r Definitions,
        issues: &mut Vec<Issue>,
        found: &mut Contributions<'r>,
    ) -> Result<(), Inexact> {
        let record = record.into();
        contributions(record, definitions, found);
        self.account.subtract(found)?;
        self.cells.subtract(found)?;
        self.headcounts.subtract(found)?;
        if let Some(classifications) = &mut self.classifications
            && let Some(person) = record.person().filter(|_| record.kind() == RecordKind::Case)
        {
            take_one(classifications, &person.classification)?;
        }
        if let Some(location) = super::entry::unmapped_of(found, record, definitions) {
            let n = self.unmapped.get_mut(location).ok_or(Inexact::NeverCounted)?;
            *n = n.checked_sub(1).ok_or(Inexact::NeverCounted)?;
            if *n == 0 {
                self.unmapped.remove(location);
            }
        }
        for (field, values) in &mut self.values {
            if let Some(value) = (field.get)(record).text() {
                take_one(values, value)?;
            }
        }
        if let Some(person) = record.person() {
            let unreadable = issues.iter().any(|issue| issue.rule == Rule::Unreadable);
            self.quality.subtract(person, unreadable, &definitions.places)?;
        }
        for issue in issues.drain(..) {
            let key = (issue.rule, issue.field);
            let n = self.issues.get_mut(&key).ok_or(Inexact::NeverCounted)?;
            *n = n.checked_sub(1).ok_or(Inexact::NeverCounted)?;
            if *n == 0 {
                self.issues.remove(&key);
            }
            self.samples.entry(key).or_default().remove(&issue.record);
        }
        Ok(())
    }

    /// What is told is what would have come of the records that are left.
    ///
    /// # Errors
    /// That is not known.
    pub fn settle(&mut self) -> Result<(), Inexact> {
        self.quality.settle()?;
        self.samples.retain(|_, samples| !samples.is_empty());
        match self.samples.values().all(|samples| samples.has_first(ISSUE_SAMPLES_MAX)) {
            true => Ok(()),
            false => Err(Inexact::Examples),
        }
    }

    /// As bytes. They hold record ids, so they belong where records are.
    pub fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        self.account.pack(&mut packer);
        self.cells.pack(&mut packer);
        self.headcounts.pack(&mut packer);
        packer.flag(self.classifications.is_some());
        if let Some(classifications) = &self.classifications {
            packer.n_values(classifications.len());
            for (classification, n) in classifications {
                packer.flag(classification.is_some());
                packer.text(classification.as_deref().unwrap_or_default());
                packer.number(*n);
            }
        }
        packer.n_values(self.unmapped.len());
        for (location, n) in &self.unmapped {
            packer.text(location);
            packer.number(*n);
        }
        packer.n_values(self.values.len());
        for (_, values) in &self.values {
            packer.n_values(values.len());
            for (value, n) in values {
                packer.text(value);
                packer.number(*n);
            }
        }
        packer.n_values(self.issues.len());
        for ((rule, field), n) in &self.issues {
            pack_kind(*rule, field, &mut packer);
            packer.number(*n);
        }
        packer.n_values(self.samples.len());
        for ((rule, field), samples) in &self.samples {
            pack_kind(*rule, field, &mut packer);
            samples.pack(&mut packer);
        }
        self.quality.pack(&mut packer);
        packer.into_bytes()
    }

    /// From bytes, under the same definitions and the same scope.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(bytes: &[u8], definitions: &Definitions, scope: &Arc<Scope>) -> Result<Self, Unpackable> {
        let mut unpacker = Unpacker::new(bytes);
        let mut found = Self::new(definitions, scope);
        found.account = Account::unpack(&mut unpacker)?;
        if found.account.indicators.len() != definitions.indicators.len() {
            return Err(Unpackable);
        }
        found.cells = Cells::unpack(&mut unpacker, definitions)?;
        found.headcounts = Headcounts::unpack(&mut unpacker, definitions)?;
        if unpacker.flag()? != found.classifications.is_some() {
            return Err(Unpackable);
        }
        if let Some(classifications) = &mut found.classifications {
            for _ in 0..unpacker.n_values()? {
                let (is_some, classification) = (unpacker.flag()?, unpacker.text()?);
                classifications.insert(is_some.then_some(classification), unpacker.number()?);
            }
        }
        for _ in 0..unpacker.n_values()? {
            found.unmapped.insert(unpacker.text()?, unpacker.number()?);
        }
        if unpacker.n_values()? != found.values.len() {
            return Err(Unpackable);
        }
        for (_, values) in &mut found.values {
            for _ in 0..unpacker.n_values()? {
                values.insert(unpacker.text()?, unpacker.number()?);
            }
        }
        for _ in 0..unpacker.n_values()? {
            found.issues.insert(unpack_kind(&mut unpacker)?, unpacker.number()?);
        }
        for _ in 0..unpacker.n_values()? {
            found.samples.insert(unpack_kind(&mut unpacker)?, Smallest::unpack(&mut unpacker)?);
        }
        found.quality = Quality::unpack(&mut unpacker, scope)?;
        unpacker.finish()?;
        Ok(found)
    }
}

/// One less of a value; what does not occur any more has no entry.
fn take_one<K, Q>(values: &mut FxHashMap<K, u64>, value: &Q) -> Result<(), Inexact>
where
    K: Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
{
    let n = values.get_mut(value).ok_or(Inexact::NeverCounted)?;
    *n = n.checked_sub(1).ok_or(Inexact::NeverCounted)?;
    if *n == 0 {
        values.remove(value);
    }
    Ok(())
}

fn pack_kind(rule: Rule, field: &str, packer: &mut Packer) {
    packer.text(rule.name());
    packer.text(field);
}

fn unpack_kind(unpacker: &mut Unpacker<'_>) -> Result<(Rule, &'static str), Unpackable> {
    let (rule, field): (CompactString, CompactString) = (unpacker.text()?, unpacker.text()?);
    let rule = Rule::ALL.into_iter().find(|known| known.name() == rule).ok_or(Unpackable)?;
    Ok((rule, unreadable_field(&field).ok_or(Unpackable)?))
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{Dice, definitions};
    use super::*;
    use epi::issue;
    use epi::quality::{CHECKS, Delay, Likeness, ReferenceData, Surroundings, WIRE};
    use epi::record::{Linked, PersonKind};
    use std::collections::BTreeMap;

    /// A record and what could not be read of it.
    type Found = (Linked, Vec<String>);

    fn scope(definitions: &Definitions) -> Arc<Scope> {
        let reference_data: ReferenceData = FxHashMap::default();
        let around = Surroundings {
            read: WIRE.iter().copied().chain(["riskLevel", "occupation", "vaccinesReceived"]).collect(),
            kinds: PersonKind::ALL.into(),
            outbreak_start: None,
            reference_data: Some(&reference_data),
        };
        Arc::new(Scope::new(definitions, &around))
    }

    fn issues((linked, unreadable): &Found, definitions: &Definitions) -> Vec<Issue> {
        let record = linked.joined();
        let field = |name: &String| unreadable_field(name).unwrap();
        let mut issues: Vec<Issue> = unreadable
            .iter()
            .map(|name| Issue { record: record.id().into(), field: field(name), rule: Rule::Unreadable })
            .collect();
        issue::issues_of(record, true, definitions.today, &definitions.places, &mut issues);
        issues
    }

    fn whole<'a>(
        records: impl IntoIterator<Item = &'a Found>,
        definitions: &Definitions,
        scope: &Arc<Scope>,
    ) -> Aggregation {
        let mut whole = Aggregation::new(definitions, scope);
        for found in records {
            let mut issues = issues(found, definitions);
            whole.add(found.0.joined(), definitions, &mut issues, &mut Contributions::default()).unwrap();
        }
        whole
    }

    #[track_caller]
    fn assert_same(one: &Aggregation, other: &Aggregation, definitions: &Definitions) {
        assert_eq!(one.account, other.account);
        assert_eq!(one.cells, other.cells);
        for ((_, a), (key, b)) in one.cells.sorted().into_iter().zip(other.cells.sorted()) {
            let indicator = &definitions.indicators[usize::from(key.indicator)];
            let text =
                |cell: &epi::cell::Cell| cell.value(&indicator.measure, indicator.decimals).map(epi::cell::wire_text);
            assert_eq!(text(&a), text(&b), "{key:?}");
        }
        assert_eq!(one.headcounts, other.headcounts);
        assert_eq!(one.classifications, other.classifications);
        assert_eq!(one.unmapped, other.unmapped);
        assert_eq!(one.values.len(), other.values.len());
        assert!(one.values.iter().zip(&other.values).all(|((_, a), (_, b))| a == b));
        assert_eq!(one.issues, other.issues);
        assert_eq!(one.issue_samples().collect::<Vec<_>>(), other.issue_samples().collect::<Vec<_>>());
        assert_eq!(told(&one.quality), told(&other.quality));
    }

    /// Everything that the quality says.
    fn told(quality: &Quality) -> Vec<String> {
        let mut lines: Vec<String> = quality.places().map(|row| format!("{row:?}")).collect();
        for (place, check) in CHECKS.iter().enumerate() {
            let (broken, samples): (Vec<_>, Vec<_>) =
                (quality.broken(place).collect(), quality.samples(place).collect());
            lines.push(format!("{} {} {} {broken:?} {samples:?}", check.rule, check.field, quality.n_looked_at(check)));
        }
        for delay in Delay::ALL {
            lines.push(format!("{delay} {:?}", quality.delay(delay)));
            lines.extend(quality.delay_by_place(delay).map(|row| format!("{row:?}")));
            lines.extend(quality.delay_by_month(delay).map(|row| format!("{row:?}")));
        }
        lines.extend(Likeness::ALL.map(|likeness| format!("{likeness} {:?}", quality.alike(likeness))));
        lines
    }

    /// A record with this number: another one, the same as another person's, or nearly what it was.
    fn some(dice: &mut Dice, n: usize, was: Option<&Found>) -> Found {
        let mut found = match was {
            Some(was) if dice.roll(3) == 0 => was.clone(),
            _ => dice.record(n),
        };
        match &mut found.0.record {
            epi::record::Record::Person(person) => {
                person.visual_id = (dice.roll(4) > 0).then(|| format!("C-{}", dice.roll(150)).into());
                person.created_at = person.date_of_reporting;
                match dice.roll(4) {
                    0 => person.kind = PersonKind::ALL[dice.roll(3) as usize],
                    1 => person.residence = Some("south".into()),
                    _ => {}
                }
                if dice.roll(20) == 0 {
                    found.1 = vec!["stays".to_owned(), "stays".to_owned()];
                }
            }
            // The person changes and the sample does not.
            _ if found.0.person.is_some() => found.0.person = Some(Arc::new(dice.person(n).0)),
            _ => {}
        }
        found
    }

    #[test]
    fn after_every_step_of_a_long_chain_the_increment_is_the_whole() {
        let (mut n_exact, mut n_again) = (0, 0);
        for seed in 0..6 {
            let mut dice = Dice(seed);
            let mut definitions = definitions();
            definitions.indicators.retain(|_| dice.roll(4) > 0);
            let scope = scope(&definitions);
            let mut records: BTreeMap<usize, Found> = (0..400).map(|n| (n, some(&mut dice, n, None))).collect();
            let mut next = records.len();
            let mut kept = whole(records.values(), &definitions, &scope).pack();
            for _ in 0..30 {
                let mut aggregation = Aggregation::unpack(&kept, &definitions, &scope).unwrap();
                for _ in 0..dice.roll(30) {
                    // In some chains it is always the first that goes, and with it an example.
                    let first = records.keys().next().copied().filter(|_| seed % 3 == 0 && records.len() > 60);
                    let n = first.unwrap_or_else(|| dice.roll(next as u64 + 1) as usize);
                    next = next.max(n + 1);
                    let before = records.remove(&n);
                    // One in three goes; one that has gone comes back.
                    if before.is_none() || first.is_none() && dice.roll(3) > 0 {
                        records.insert(n, some(&mut dice, n, before.as_ref()));
                    }
                    if let Some(before) = before {
                        let mut issues = issues(&before, &definitions);
                        let mut found = Contributions::default();
                        aggregation.subtract(before.0.joined(), &definitions, &mut issues, &mut found).unwrap();
                    }
                    if let Some(after) = records.get(&n) {
                        let mut issues = issues(after, &definitions);
                        let mut found = Contributions::default();
                        aggregation.add(after.0.joined(), &definitions, &mut issues, &mut found).unwrap();
                    }
                }
                let expected = whole(records.values(), &definitions, &scope);
                match aggregation.settle() {
                    Ok(()) => {
                        assert_same(&aggregation, &expected, &definitions);
                        n_exact += 1;
                        kept = aggregation.pack();
                    }
                    Err(why) => {
                        assert_eq!(why, Inexact::Examples);
                        n_again += 1;
                        kept = expected.pack();
                    }
                }
            }
        }
        assert!(n_exact > 5 * n_again && n_again > 0, "{n_exact} {n_again}");
    }

    #[test]
    fn who_was_never_counted_cannot_be_taken_out() {
        let (definitions, mut dice) = (definitions(), Dice(3));
        let scope = scope(&definitions);
        let records: Vec<Found> = (0..50).map(|n| some(&mut dice, n, None)).collect();
        for found in &records {
            let mut nobody = Aggregation::new(&definitions, &scope);
            let mut issues = issues(found, &definitions);
            let taken = nobody.subtract(found.0.joined(), &definitions, &mut issues, &mut Contributions::default());
            assert_eq!(taken, Err(Inexact::NeverCounted));
        }
    }

    #[test]
    fn bytes_of_something_else_are_refused() {
        let (definitions, mut dice) = (definitions(), Dice(5));
        let scope = scope(&definitions);
        let records: Vec<Found> = (0..80).map(|n| some(&mut dice, n, None)).collect();
        let bytes = whole(&records, &definitions, &scope).pack();
        for len in 0..bytes.len() {
            assert!(Aggregation::unpack(&bytes[..len], &definitions, &scope).is_err(), "{len} of {}", bytes.len());
        }
        assert!(Aggregation::unpack(&[&*bytes, &[0]].concat(), &definitions, &scope).is_err());
        let mut fewer = super::super::entry::tests::definitions();
        fewer.indicators.pop();
        assert!(Aggregation::unpack(&bytes, &fewer, &scope).is_err());
    }
}
