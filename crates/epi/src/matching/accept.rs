//! Rounds of judging: what is sure is accepted and helps to judge the rest.

use super::called::called;
use super::index::Index;
use super::reason::Reason;
use super::score::{BestNames, Firm, Scoring, round};
use super::tree::Tree;
use super::{CANDIDATES_MAX, Candidate, Decisions, Location, Matched, Matching, Rules, State, Unit};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How much better than the next one a match is to be, on both sides.
const MARGIN: f64 = 0.015;
/// Units below a parent's unit that are all looked at; where there are more, only those that the index gives.
const BELOW_MAX: usize = 400;
/// Rounds after which nothing more is looked for. Each round but one in a while accepts something at some level, and trees
/// have some ten levels.
const ROUNDS_MAX: usize = 100;
/// Candidates of less confidence are not worth a person's look.
const SHOWN_MIN: f64 = 0.4;

/// The state of the work.
pub(super) struct Matcher<'a> {
    scoring: Scoring<'a>,
    decisions: &'a Decisions,
    rules: Rules,
    firm: Firm,
    states: Vec<State>,
    accepted: Vec<Option<Candidate>>,
    /// Units that share a key with each location.
    indexed: Vec<Vec<u32>>,
    roots: Vec<u32>,
    names: FxHashMap<(u32, u32), Option<Box<BestNames>>>,
    n_same_ids: usize,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(
        locations: &'a [Location],
        units: &'a [Unit],
        decisions: &'a Decisions,
        rules: Rules,
    ) -> Matcher<'a> {
        let location_tree = Tree::new(locations.iter().map(|one| (one.id.as_str(), one.parent.as_deref())));
        let unit_tree = Tree::new(units.iter().map(|one| (one.id.as_str(), one.parent.as_deref())));
        let of_locations: Vec<_> = locations.iter().map(|one| (one.name.as_str(), one.synonyms.as_slice())).collect();
        let of_units: Vec<_> = units.iter().map(|one| (one.name.as_str(), one.other_names.as_slice())).collect();
        let [location_names, unit_names] = called([&location_tree, &unit_tree], [&of_locations, &of_units]);
        let scoring = Scoring { locations, units, location_names, unit_names, location_tree, unit_tree };
        let (indexed, n_same_ids) = candidates(&scoring);
        let roots = (0..units.len()).filter(|unit| scoring.unit_tree.parents[*unit].is_none());
        let roots: Vec<u32> = roots.map(|unit| unit as u32).take(BELOW_MAX).collect();
        let firm =
            Firm { unit_of: vec![None; locations.len()], location_of: vec![None; units.len()], depth_of: Vec::new() };
        let states = vec![State::Open; locations.len()];
        let accepted = vec![None; locations.len()];
        let names = FxHashMap::default();
        Matcher { scoring, decisions, rules, firm, states, accepted, indexed, roots, names, n_same_ids }
    }

    pub(super) fn run(mut self) -> Matching {
        self.decide();
        // Parents come first; only when nothing moves are places looked at whose parents nobody knows.
        let mut with_unknown_parents = false;
        for _ in 0..ROUNDS_MAX {
            self.learn_depths();
            let judged = self.judge_all();
            let n = self.accept(&judged, with_unknown_parents);
            if n == 0 && with_unknown_parents {
                break;
            }
            with_unknown_parents = n == 0;
        }
        self.finish()
    }

    fn decide(&mut self) {
        let position: FxHashMap<&str, usize> =
            self.scoring.units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
        for (at, location) in self.scoring.locations.iter().enumerate() {
            if let Some(decision) = self.decisions.get(&location.id) {
                let unit = decision.as_deref().and_then(|id| position.get(id).copied());
                self.states[at] = State::Decided(unit);
                if let Some(unit) = unit {
                    self.firm.unit_of[at] = Some(unit);
                    self.firm.location_of[unit].get_or_insert(at);
                }
            }
        }
    }

    /// At which depth of the units the locations of each depth are, where nearly all agree.
    fn learn_depths(&mut self) {
        let mut found: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
        for (at, unit) in self.firm.unit_of.iter().enumerate() {
            if let Some(unit) = unit {
                let depth = self.scoring.unit_tree.depths[*unit];
                *found.entry(self.scoring.location_tree.depths[at]).or_default().entry(depth).or_default() += 1;
            }
        }
        let deepest = self.scoring.location_tree.depths.iter().max().map_or(0, |depth| depth + 1);
        self.firm.depth_of = vec![None; deepest];
        for (depth, counts) in found {
            let n: usize = counts.values().sum();
            let most = counts.into_iter().max_by_key(|(_, n)| *n);
            self.firm.depth_of[depth] = most.filter(|(_, most)| n >= 3 && most * 5 >= n * 4).map(|(depth, _)| depth);
        }
    }

    /// The candidates of every open location, the likeliest first.
    fn judge_all(&mut self) -> Vec<Vec<Candidate>> {
        (0..self.states.len())
            .map(|at| if self.states[at] == State::Open { self.judge(at) } else { Vec::new() })
            .collect()
    }

    fn judge(&mut self, location: usize) -> Vec<Candidate> {
        let mut units = self.indexed[location].clone();
        match self.scoring.location_tree.parents[location] {
            None => units.extend_from_slice(&self.roots),
            Some(parent) => self.below(self.firm.unit_of[parent], &mut units),
        }
        let by_children = self.by_children(location);
        units.extend(by_children.map(|(unit, ..)| unit as u32));
        units.sort_unstable();
        units.dedup();
        let mut judged = Vec::new();
        for unit in units {
            let (scoring, key) = (&self.scoring, (location as u32, unit));
            let names =
                self.names.entry(key).or_insert_with(|| Some(Box::new(scoring.names(key.0 as usize, unit as usize))));
            if let Some(names) = names.as_deref() {
                judged.extend(scoring.judge(location, unit as usize, names, &self.firm));
            }
        }
        if let Some((unit, inside, of)) = by_children {
            self.boost_by_children(location, unit, Reason::Children { inside, of }, &mut judged);
        }
        self.boost_last(location, &mut judged);
        judged.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.unit.cmp(&b.unit)));
        judged
    }

    /// The units right below one, and those below these.
    fn below(&self, unit: Option<usize>, found: &mut Vec<u32>) {
        let Some(unit) = unit else { return };
        let children = &self.scoring.unit_tree.children;
        let mut below: Vec<u32> = children[unit].iter().map(|at| *at as u32).collect();
        if below.len() <= BELOW_MAX {
            below.extend(children[unit].iter().flat_map(|at| &children[*at]).map(|at| *at as u32).take(BELOW_MAX));
            found.append(&mut below);
        }
    }

    /// The unit in which most of a location's matched places lie, with how many of them lie there.
    fn by_children(&self, location: usize) -> Option<(usize, usize, usize)> {
        let children = &self.scoring.location_tree.children[location];
        let units = children.iter().filter_map(|at| self.scoring.unit_tree.parents[self.firm.unit_of[*at]?]);
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        units.for_each(|unit| *counts.entry(unit).or_default() += 1);
        let of = counts.values().sum();
        let (unit, inside) = counts.into_iter().max_by_key(|(_, n)| *n)?;
        let free = self.firm.location_of[unit].is_none() && self.scoring.units[unit].may_take;
        (free && inside >= 2 && inside * 3 >= of * 2).then_some((unit, inside, of))
    }

    fn boost_by_children(&self, location: usize, unit: usize, reason: Reason, judged: &mut Vec<Candidate>) {
        if let Some(found) = judged.iter_mut().find(|one| one.unit == unit) {
            if found.confidence >= 0.5 {
                found.confidence = round((1.0 - (1.0 - found.confidence) * 0.5).max(0.85));
                found.reasons.push(reason);
            }
        } else if !self.scoring.location_tree.above(location).any(|at| self.firm.unit_of[at] == Some(unit)) {
            judged.push(Candidate { unit, confidence: 0.85, reasons: vec![Reason::OtherName, reason] });
        }
    }

    /// Where one location and one unit are left under matched parents, a likeness is worth more.
    fn boost_last(&self, location: usize, judged: &mut [Candidate]) {
        let Some(parent) = self.scoring.location_tree.parents[location] else { return };
        let Some(above) = self.firm.unit_of[parent] else { return };
        let siblings = &self.scoring.location_tree.children[parent];
        let n_open = siblings.iter().filter(|at| self.states[**at] == State::Open).take(2).count();
        if siblings.len() < 3 || n_open != 1 {
            return;
        }
        let children = &self.scoring.unit_tree.children[above];
        let mut free = children.iter().filter(|unit| self.firm.location_of[**unit].is_none());
        let (Some(last), None) = (free.next(), free.next()) else { return };
        if let Some(found) = judged.iter_mut().find(|one| one.unit == *last)
            && (0.8..self.rules.accept).contains(&found.confidence)
            && !found.reasons.iter().any(|reason| matches!(reason, Reason::Marks { .. } | Reason::OtherKind))
        {
            found.confidence = round(1.0 - (1.0 - found.confidence) * 0.6);
            found.reasons.push(Reason::OnlyOnesLeft);
        }
    }

    /// Accepts what is sure. Returns how many that were.
    fn accept(&mut self, judged: &[Vec<Candidate>], with_unknown_parents: bool) -> usize {
        let rivals = self.rivals(judged);
        let tree = &self.scoring.location_tree;
        let may = |at: usize| {
            with_unknown_parents || tree.parents[at].is_none_or(|parent| self.firm.unit_of[parent].is_some())
        };
        let is_sure = |at: &usize| {
            let free: Vec<&Candidate> = self.free(&judged[*at]).take(2).collect();
            free.first().is_some_and(|best| {
                best.confidence >= self.rules.accept
                    && free.get(1).is_none_or(|next| is_clearly_less(weight(next), weight(best)))
                    && rivals
                        .get(&best.unit)
                        .is_none_or(|of| of.iter().all(|(rival, w)| rival == at || is_clearly_less(*w, weight(best))))
            })
        };
        let mut sure: Vec<usize> = (0..self.states.len())
            .filter(|at| self.states[*at] == State::Open && !judged[*at].is_empty() && may(*at))
            .filter(is_sure)
            .collect();
        if with_unknown_parents {
            // One level at a time, so that what lies below is judged by what was found above.
            let top = sure.iter().map(|at| tree.depths[*at]).min();
            sure.retain(|at| Some(tree.depths[*at]) == top);
        }
        for at in &sure {
            let Some(best) = self.free(&judged[*at]).next().cloned() else { continue };
            self.states[*at] = State::Accepted;
            self.firm.unit_of[*at] = Some(best.unit);
            self.firm.location_of[best.unit] = Some(*at);
            self.accepted[*at] = Some(best);
        }
        sure.len()
    }

    /// The candidates whose unit is nobody's yet.
    fn free<'c>(&self, judged: &'c [Candidate]) -> impl Iterator<Item = &'c Candidate> {
        judged.iter().filter(|one| self.firm.location_of[one.unit].is_none())
    }

    /// The two likeliest locations of every unit.
    fn rivals(&self, judged: &[Vec<Candidate>]) -> FxHashMap<usize, Vec<(usize, f64)>> {
        let mut rivals: FxHashMap<usize, Vec<(usize, f64)>> = FxHashMap::default();
        for (at, candidates) in judged.iter().enumerate() {
            for one in candidates {
                let best = rivals.entry(one.unit).or_default();
                best.push((at, weight(one)));
                best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                best.truncate(2);
            }
        }
        rivals
    }

    fn finish(mut self) -> Matching {
        let judged = self.judge_all();
        let rivals = self.rivals(&judged);
        let mut locations = Vec::with_capacity(self.states.len());
        for (at, candidates) in judged.into_iter().enumerate() {
            let mut candidates = match self.accepted[at].take() {
                Some(accepted) => vec![accepted],
                None => self.doubted(at, candidates, &rivals),
            };
            candidates.truncate(CANDIDATES_MAX);
            locations.push(Matched { state: self.states[at], candidates });
        }
        let mut shared: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, matched) in locations.iter().enumerate() {
            if let Some(unit) = matched.unit() {
                shared.entry(unit).or_default().push(at);
            }
        }
        shared.retain(|_, locations| locations.len() > 1);
        Matching { locations, n_same_ids: self.n_same_ids, shared }
    }

    /// The candidates of an open location, with less confidence where another unit or another location fits as well.
    fn doubted(
        &self,
        location: usize,
        mut candidates: Vec<Candidate>,
        rivals: &FxHashMap<usize, Vec<(usize, f64)>>,
    ) -> Vec<Candidate> {
        let name = |at: usize| self.scoring.locations[at].name.clone();
        let top: Vec<(usize, f64)> = self.free(&candidates).take(2).map(|one| (one.unit, weight(one))).collect();
        for candidate in &mut candidates {
            let weight = weight(candidate);
            let mut doubt = |most: f64, reason: Reason| {
                candidate.confidence = round(candidate.confidence.min(most).min(self.rules.accept - 0.01));
                candidate.reasons.push(reason);
            };
            if let Some(owner) = self.firm.location_of[candidate.unit] {
                doubt(0.5, Reason::Taken(name(owner)));
                continue;
            }
            let rival = rivals.get(&candidate.unit).into_iter().flatten().find(|(at, _)| *at != location);
            if let Some((rival, c)) = rival
                && !is_clearly_less(*c, weight)
                && weight >= SHOWN_MIN
            {
                doubt(0.7, Reason::AnotherLocation(name(*rival)));
            }
            let other = top.iter().find(|(unit, _)| *unit != candidate.unit);
            if let Some((other, c)) = other
                && top.iter().any(|(unit, _)| *unit == candidate.unit)
                && (c - weight).abs() <= MARGIN
            {
                doubt(0.6, Reason::AnotherUnit(self.scoring.units[*other].name.clone()));
            }
        }
        candidates.retain(|one| one.confidence >= SHOWN_MIN);
        candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.unit.cmp(&b.unit)));
        candidates
    }
}

/// What candidates are compared by: an id or a code outweighs every name.
fn weight(candidate: &Candidate) -> f64 {
    let by_code = candidate.confidence >= 0.9 && matches!(candidate.reasons.first(), Some(Reason::SameCode));
    let by_id = matches!(candidate.reasons.first(), Some(Reason::SameId));
    candidate.confidence + if by_id { 2.0 } else { f64::from(u8::from(by_code)) }
}

fn is_clearly_less(one: f64, than: f64) -> bool {
    one < than - MARGIN
}

/// The units that share a key with each location, and how many locations have a unit's id.
fn candidates(scoring: &Scoring<'_>) -> (Vec<Vec<u32>>, usize) {
    let mut index = Index::default();
    let ids: FxHashMap<&str, u32> =
        scoring.units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at as u32)).collect();
    for (at, unit) in scoring.units.iter().enumerate().filter(|(_, unit)| unit.may_take) {
        unit.codes.iter().filter(|code| !code.trim().is_empty()).for_each(|code| index.add_code(code, at));
        scoring.unit_names[at].iter().for_each(|way| index.add_name(&way.name, at));
    }
    let mut n_same_ids = 0;
    let of_location = |(at, location): (usize, &Location)| {
        let mut found = Vec::new();
        let mut has_id = false;
        for code in location.codes.iter().chain([&location.id]) {
            if let Some(unit) = ids.get(code.as_str()) {
                found.push(*unit);
                has_id = true;
            }
            let of_code = index.of_code(code);
            found.extend(of_code.iter().take(CANDIDATES_MAX * 4));
        }
        n_same_ids += usize::from(has_id);
        scoring.location_names[at].iter().for_each(|way| index.of_name(&way.name, &mut found));
        found.sort_unstable();
        found.dedup();
        found
    };
    let indexed = scoring.locations.iter().enumerate().map(of_location).collect();
    (indexed, n_same_ids)
}
