//! Which of a report's values stay out of DHIS2, because too few people stand behind them or because they would give such a
//! value back. The decision is that of [`epi::suppress`]; here is what is known of the values: which indicators count the
//! same records, so that their sums over what they do not share are equal.

use crate::config::model::{Config, IndicatorModel, Report};
use crate::plan::{ElementKeys, Plan};
use crate::store::CellRow;
use crate::target::{Address, Target};
use compact_str::CompactString;
use epi::indicator::{Indicator, Measure, Window};
use epi::period::Span;
use epi::plan::ValueKey;
use epi::suppress::{Cell, Policy, Relation, Rule, suppress};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A value by the indexes of the definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    indicator: usize,
    period: usize,
    combo: usize,
}

/// The values of an organisation unit, with the records behind each.
type OfUnit = BTreeMap<Place, u64>;

/// Decides on the values of a plan. Returns the number of small values that others can compute all the same, from values that
/// the configuration lets through.
pub(crate) fn of_plan(plan: &mut Plan, config: &Config, report: &Report, span: Span) -> u64 {
    let Some(rules) = Rules::of(config, report, span.n_periods()) else { return 0 };
    let cells = |keys: &Option<ElementKeys>| keys.as_ref().map(|(_, cells)| places(cells)).unwrap_or_default();
    let combos: Vec<FxHashMap<(u32, u32), usize>> = plan.keys.elements.iter().map(cells).collect();
    let mut units: FxHashMap<u32, Vec<(ValueKey, Place, u64)>> = FxHashMap::default();
    for (key, desired) in &plan.desired {
        // A statement is no number of people.
        let Some(indicator) = plan.indicator_of.get(key).map(|indicator| usize::from(*indicator)) else { continue };
        let combo = combos.get(indicator).and_then(|combos| combos.get(&(key.combo, key.attribute)));
        let (Some(period), Some(combo)) = (span.position(key.period), combo) else { continue };
        let place = Place { indicator, period, combo: *combo };
        units.entry(key.org_unit).or_default().push((*key, place, desired.n_records));
    }
    let mut n_exposed = 0;
    for values in units.into_values() {
        let of_unit: OfUnit = values.iter().map(|(_, place, n)| (*place, *n)).collect();
        let (left_out, exposed) = rules.decide(&of_unit);
        n_exposed += exposed;
        let found = values.iter().filter_map(|(key, place, _)| Some((*key, *left_out.get(place)?)));
        plan.suppressed.extend(found);
    }
    n_exposed
}

/// Decides again on the values of a past run, with the rules of today. One answer for each value, in their order.
pub(crate) fn of_cells(cells: &[CellRow], config: &Config, report: &Report, target: &Target, span: Span) -> Vec<bool> {
    let Some(rules) = Rules::of(config, report, span.n_periods()) else { return vec![false; cells.len()] };
    let codes: FxHashMap<&str, usize> =
        report.indicators.iter().enumerate().map(|(i, model)| (model.indicator.code.as_str(), i)).collect();
    let of_address = |one: &Option<Address>| one.as_ref().map(|one| places(&one.cells)).unwrap_or_default();
    let combos: Vec<FxHashMap<(CompactString, CompactString), usize>> =
        target.indicators.iter().map(of_address).collect();
    let periods: FxHashMap<CompactString, usize> =
        span.iter().enumerate().map(|(i, period)| (period.id(), i)).collect();
    let place = |cell: &CellRow| {
        let indicator = *codes.get(cell.indicator.as_str())?;
        let both = (cell.key.category_option_combo.clone(), cell.key.attribute_option_combo.clone());
        let combo = *combos.get(indicator)?.get(&both)?;
        Some(Place { indicator, period: *periods.get(&cell.key.period)?, combo })
    };
    let mut units: FxHashMap<&str, Vec<(usize, Place)>> = FxHashMap::default();
    for (index, cell) in cells.iter().enumerate() {
        units.entry(&cell.key.org_unit).or_default().extend(place(cell).map(|place| (index, place)));
    }
    let mut suppressed = vec![false; cells.len()];
    for values in units.into_values() {
        let of_unit: OfUnit = values.iter().map(|(index, place)| (*place, cells[*index].n_records)).collect();
        let (left_out, _) = rules.decide(&of_unit);
        for (index, _) in values.into_iter().filter(|(_, place)| left_out.contains_key(place)) {
            suppressed[index] = true;
        }
    }
    suppressed
}

fn places<T: Clone + Eq + std::hash::Hash>(all: &[T]) -> FxHashMap<T, usize> {
    all.iter().cloned().enumerate().map(|(place, one)| (one, place)).collect()
}

/// Two sums that are equal whatever the records are, in every organisation unit and period: the cells of each side, by
/// indicator and combo.
type Tie = [Vec<(usize, usize)>; 2];

/// The rules of a report.
struct Rules {
    policy: Policy,
    publish_small: Vec<bool>,
    ties: Vec<Tie>,
    n_periods: usize,
}

impl Rules {
    fn of(config: &Config, report: &Report, n_periods: usize) -> Option<Self> {
        let small = config.dhis2.small_cells.as_ref()?;
        // Where there is no value others may well know that it is a zero.
        let least = i64::from(!small.suppress_zeros);
        let code = |model: &IndicatorModel| model.indicator.code.clone();
        Some(Self {
            policy: Policy { threshold: small.threshold, suppress_zeros: small.suppress_zeros, least },
            publish_small: report.indicators.iter().map(|model| report.publish_small.contains(&code(model))).collect(),
            ties: ties(config, report),
            n_periods,
        })
    }

    /// What of an organisation unit's values is left out, and how many small ones can be computed all the same.
    fn decide(&self, of_unit: &OfUnit) -> (FxHashMap<Place, Rule>, u64) {
        if !of_unit.values().any(|n| self.policy.is_small(*n)) {
            return (FxHashMap::default(), 0);
        }
        let mut table = Table { cells: Vec::new(), places: Vec::new(), index: FxHashMap::default(), rules: self };
        for (place, n_records) in of_unit {
            table.add(*place, Some(*n_records));
        }
        let mut relations = Vec::new();
        for tie in &self.ties {
            for period in 0..self.n_periods {
                relations.push(table.relation(tie, period));
            }
        }
        let found = suppress(&table.cells, &relations, &self.policy);
        let rules = table.places.iter().zip(&found.rules).filter_map(|(place, rule)| Some((*place, (*rule)?)));
        (rules.collect(), found.exposed.len() as u64)
    }
}

/// The cells of an organisation unit as they are looked at.
struct Table<'r> {
    cells: Vec<Cell>,
    places: Vec<Place>,
    index: FxHashMap<Place, usize>,
    rules: &'r Rules,
}

impl Table<'_> {
    /// The number of a cell. One that has no value is a zero, and known as one unless zeros are left out as well.
    fn add(&mut self, place: Place, n_records: Option<u64>) -> usize {
        if let Some(index) = self.index.get(&place) {
            return *index;
        }
        let index = self.cells.len();
        self.cells.push(Cell {
            n_records: n_records.unwrap_or_default(),
            may_be_suppressed: !self.rules.publish_small.get(place.indicator).copied().unwrap_or_default(),
            is_published: n_records.is_some() || !self.rules.policy.suppress_zeros,
        });
        self.places.push(place);
        self.index.insert(place, index);
        index
    }

    /// What a tie says in a period.
    fn relation(&mut self, tie: &Tie, period: usize) -> Relation {
        let mut terms = Vec::new();
        for (side, sign) in tie.iter().zip([1, -1]) {
            for (indicator, combo) in side {
                terms.push((self.add(Place { indicator: *indicator, period, combo: *combo }, None), sign));
            }
        }
        Relation { terms }
    }
}

/// The pairs of a cumulative indicator and one of what is new that count the same records: what one of them says more than a
/// period earlier is what the other says. No policy of single periods can keep that apart, since what is left out of a week
/// for the sake of the one before comes back when that is no longer looked at.
pub(crate) fn increments(report: &Report) -> Vec<(&IndicatorModel, &IndicatorModel)> {
    let mut found = Vec::new();
    let is_concerned = |model: &&IndicatorModel| !report.publish_small.contains(&model.indicator.code);
    let of_window = |window| sent(report).map(|(_, model)| model).filter(move |model| model.indicator.window == window);
    for up_to in of_window(Window::UpTo) {
        let new = of_window(Window::During);
        let same = new.filter(|new| count_the_same(&up_to.indicator, &new.indicator)).filter(is_concerned);
        found.extend(same.map(|new| (up_to, new)));
    }
    found
}

/// The indicators that are sent, with their positions in the report.
fn sent(report: &Report) -> impl Iterator<Item = (usize, &IndicatorModel)> {
    report.indicators.iter().enumerate().filter(|(_, model)| model.goes_to.is_some())
}

/// Which indicators count the same records: those that differ in nothing but their dimensions and their data element; and
/// what the configuration says.
fn ties(config: &Config, report: &Report) -> Vec<Tie> {
    // What is not sent is known to nobody, and ties nothing.
    let all: Vec<(usize, &Indicator)> = sent(report).map(|(index, model)| (index, &model.indicator)).collect();
    let mut ties = Vec::new();
    for (n, (i, one)) in all.iter().enumerate() {
        for (j, other) in all.iter().skip(n + 1) {
            let (i, j) = (*i, *j);
            if one.window == other.window && count_the_same(one, other) {
                ties.extend(by_shared_groups(config, (i, one), (j, other)));
            }
        }
    }
    for total in &report.totals {
        let number = |code: &String| all.iter().find(|(_, indicator)| indicator.code == *code).copied();
        let whole = |(index, indicator)| (0..n_combos(config, indicator)).map(move |combo| (index, combo));
        let Some(of) = number(&total.of) else { continue };
        // With a part that is not sent the others add up to nothing that is known.
        let Some(parts) = total.parts.iter().map(number).collect::<Option<Vec<_>>>() else { continue };
        ties.push([whole(of).collect(), parts.into_iter().flat_map(whole).collect()]);
    }
    ties
}

fn count_the_same(one: &Indicator, other: &Indicator) -> bool {
    let counts = |indicator: &Indicator| matches!(indicator.measure, Measure::Count);
    let condition = |indicator: &Indicator| indicator.condition.as_ref().map(|condition| words(condition.source()));
    let when = |indicator: &Indicator| indicator.when.iter().map(ToString::to_string).collect::<Vec<_>>();
    counts(one)
        && counts(other)
        && one.kinds == other.kinds
        && one.place.name == other.place.name
        && condition(one) == condition(other)
        && when(one) == when(other)
}

/// A condition without regard to blanks.
fn words(condition: &str) -> String {
    condition.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn n_combos(config: &Config, indicator: &Indicator) -> usize {
    indicator.by.iter().map(|d| config.dimensions[*d].dimension.n_groups()).product()
}

/// One tie for each combination of the groups of the dimensions that both have: the sums over all others are equal. Records
/// that a dimension of only one of them excludes make a difference that stays the same, which is no help to anybody.
fn by_shared_groups(config: &Config, (i, one): (usize, &Indicator), (j, other): (usize, &Indicator)) -> Vec<Tie> {
    let shared: Vec<usize> = one.by.iter().filter(|d| other.by.contains(d)).copied().collect();
    let mut ties: BTreeMap<Vec<usize>, Tie> = BTreeMap::new();
    for (side, (index, indicator)) in [(i, one), (j, other)].into_iter().enumerate() {
        for combo in 0..n_combos(config, indicator) {
            ties.entry(groups(config, indicator, combo, &shared)).or_default()[side].push((index, combo));
        }
    }
    ties.into_values().collect()
}

/// The groups of some dimensions in a combination, as `Definitions::groups_of` numbers them.
fn groups(config: &Config, indicator: &Indicator, combo: usize, of: &[usize]) -> Vec<usize> {
    let mut rest = combo;
    let mut found = vec![0; of.len()];
    for d in indicator.by.iter().rev() {
        let n = config.dimensions[*d].dimension.n_groups();
        if let Some(at) = of.iter().position(|one| one == d) {
            found[at] = rest % n;
        }
        rest /= n;
    }
    found
}
