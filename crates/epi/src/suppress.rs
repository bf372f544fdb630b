//! Small cells: which values stay unpublished, so that nobody can be found behind a number.
//!
//! *Primary* suppression leaves out what fewer records than the threshold stand behind. *Complementary* suppression leaves out
//! more, where what is published would give a small cell back. What is published about a cell, beside itself, are the
//! [`Relation`]s that it is in: sums of other values that count the same records. What DHIS2 adds up is no relation: it
//! adds published values only, and a value that is not there is not in the sum.
//!
//! **The guarantee.** Somebody knows every published value and every relation, knows which cells are left out, though not why,
//! and knows that counts are whole numbers, not below [`Policy::least`]. For each small cell that is left out there are at least
//! two numbers that fit all of that. The proof is made, not argued: a cell counts as safe only once another table is found in
//! which it has another number ([`Table::is_ambiguous`]). Where the search ends without one, more is left out.

use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What is small, and what is known of what is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Cells of fewer records than this are small. At least 2; with 1 nothing but zeros could be small.
    pub threshold: u64,
    /// Whether a cell of no record is small too.
    pub suppress_zeros: bool,
    /// The least number that a cell that is left out can have, as far as others know: 1 where they can tell a zero from a value
    /// that is left out, and 0 where zeros are left out too.
    pub least: i64,
}

impl Policy {
    /// Whether so many records are too few.
    pub fn is_small(&self, n_records: u64) -> bool {
        n_records < self.threshold && (n_records > 0 || self.suppress_zeros)
    }
}

/// A cell of a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The number of records, which for a count is the value.
    pub n_records: u64,
    /// It may be left out. What may not is published, small or not, and known.
    pub may_be_suppressed: bool,
    /// It is published if nothing speaks against it. What is not (such as a zero that is not written) is left out from the
    /// start, and nobody but Tally knows why.
    pub is_published: bool,
}

/// A sum that others know: the cells, each added (`1`) or subtracted (`-1`), together give a known number.
///
/// A total over its parts is the total minus each part, and gives 0. A cell stands in a relation once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Cells by their place in the table, and their signs.
    pub terms: Vec<(usize, i64)>,
}

impl Relation {
    /// A total and its parts.
    pub fn total(total: usize, parts: impl IntoIterator<Item = usize>) -> Self {
        Self { terms: std::iter::once((total, 1)).chain(parts.into_iter().map(|part| (part, -1))).collect() }
    }
}

/// Why a cell is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Too few records stand behind it.
    Primary,
    /// With it, a small cell could be computed.
    Complementary,
}

impl Rule {
    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Complementary => "complementary",
        }
    }
}

/// Cells that are published together, and the sums that tie them.
#[derive(Clone, Debug)]
pub struct Table<'t> {
    cells: &'t [Cell],
    relations: &'t [Relation],
    /// The relations of each cell.
    of_cell: FxHashMap<usize, Vec<usize>>,
}

/// What is left out of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// The rule for each cell; none: it is published, or was never to be.
    pub rules: Vec<Option<Rule>>,
    /// Small cells that are left out and can be computed all the same, from cells that may not be left out.
    pub exposed: Vec<usize>,
}

/// Which cells of a table are left out.
///
/// The relations have to hold for the true numbers, apart from a constant. The same table gives the same answer.
pub fn suppress(cells: &[Cell], relations: &[Relation], policy: &Policy) -> Suppressed {
    let mut of_cell: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (index, relation) in relations.iter().enumerate() {
        for (cell, _) in &relation.terms {
            of_cell.entry(*cell).or_default().push(index);
        }
    }
    let table = Table { cells, relations, of_cell };
    let is_primary = |cell: &Cell| cell.may_be_suppressed && cell.is_published && policy.is_small(cell.n_records);
    let mut found = Suppressed {
        rules: cells.iter().map(|cell| is_primary(cell).then_some(Rule::Primary)).collect(),
        exposed: Vec::new(),
    };
    let mut hidden: Vec<bool> =
        cells.iter().zip(&found.rules).map(|(cell, rule)| rule.is_some() || !cell.is_published).collect();
    for cell in 0..cells.len() {
        if found.rules[cell] != Some(Rule::Primary) {
            continue;
        }
        let mut added = Vec::new();
        while !table.is_ambiguous(cell, &hidden, policy) {
            match table.next_to_hide(cell, &hidden, policy) {
                Some(more) => {
                    hidden[more] = true;
                    added.push(more);
                }
                None => {
                    found.exposed.push(cell);
                    break;
                }
            }
        }
        // What was left out on the way and is not needed in the end is published, most records first. The cells before this
        // one were safe without it.
        added.sort_by_key(|more| std::cmp::Reverse((cells[*more].n_records, *more)));
        for more in added {
            hidden[more] = false;
            if !table.is_ambiguous(cell, &hidden, policy) {
                hidden[more] = true;
                found.rules[more] = Some(Rule::Complementary);
            }
        }
    }
    found
}

/// Steps of the search for another table. Most tables need fewer than ten; where more would be needed, more is left out.
const STEPS_MAX: usize = 2_000;

impl Table<'_> {
    /// Whether another table fits all that is published, in which the cell has another number. Only cells that are left out
    /// may differ, and by one.
    pub fn is_ambiguous(&self, cell: usize, hidden: &[bool], policy: &Policy) -> bool {
        [1, -1].into_iter().any(|change| {
            let mut search =
                Search { table: self, hidden, least: policy.least, changes: FxHashMap::default(), steps: 0 };
            search.may_change(cell, change) && search.balance(vec![(cell, change)])
        })
    }

    /// The next cell to leave out for the sake of one: of those that stand in a relation with it, or with what is left out
    /// with it, the one with the fewest records; so small numbers go first, and totals last. A zero stays where zeros are
    /// published: nobody could be found behind it, and a missing one would be taken for more.
    fn next_to_hide(&self, cell: usize, hidden: &[bool], policy: &Policy) -> Option<usize> {
        let (mut seen, mut edge) = (BTreeSet::from([cell]), vec![cell]);
        while !edge.is_empty() {
            let relations = edge.iter().filter_map(|cell| self.of_cell.get(cell)).flatten();
            let near: BTreeSet<usize> =
                relations.flat_map(|index| self.relations[*index].terms.iter().map(|(cell, _)| *cell)).collect();
            let may = |cell: &usize| {
                let one = &self.cells[*cell];
                let is_enough = i64::try_from(one.n_records).is_ok_and(|n| n >= policy.least);
                !hidden[*cell] && one.may_be_suppressed && is_enough
            };
            let found = near.iter().copied().filter(may).min_by_key(|cell| (self.cells[*cell].n_records, *cell));
            if found.is_some() {
                return found;
            }
            edge = near.into_iter().filter(|cell| hidden[*cell] && seen.insert(*cell)).collect();
        }
        None
    }
}

/// A search for another table that fits.
struct Search<'s, 't> {
    table: &'s Table<'t>,
    hidden: &'s [bool],
    least: i64,
    changes: FxHashMap<usize, i64>,
    steps: usize,
}

impl Search<'_, '_> {
    fn may_change(&self, cell: usize, change: i64) -> bool {
        let may_be = |n: u64| i64::try_from(n).is_ok_and(|n| n.saturating_add(change) >= self.least);
        self.hidden[cell] && !self.changes.contains_key(&cell) && may_be(self.table.cells[cell].n_records)
    }

    /// Makes the changes, and then further ones until every relation holds again. Changes nothing if that cannot be.
    fn balance(&mut self, mut todo: Vec<(usize, i64)>) -> bool {
        let made: Vec<usize> = todo.iter().map(|(cell, _)| *cell).collect();
        self.changes.extend(todo.drain(..));
        if self.settle() {
            return true;
        }
        for cell in made {
            self.changes.remove(&cell);
        }
        false
    }

    fn settle(&mut self) -> bool {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return false;
        }
        let Some((relation, off)) = self.first_off() else { return true };
        let table = self.table;
        // What stands in few other relations disturbs least.
        let mut terms: Vec<(usize, i64)> = table.relations[relation].terms.clone();
        terms.sort_by_key(|(cell, _)| (table.of_cell.get(cell).map_or(0, Vec::len), *cell));
        terms.into_iter().any(|(cell, sign)| {
            let change = -off.signum() * sign;
            self.may_change(cell, change) && self.balance(vec![(cell, change)])
        })
    }

    /// A relation that the changes put out of balance, and by how much.
    fn first_off(&self) -> Option<(usize, i64)> {
        let touched: BTreeSet<usize> =
            self.changes.keys().filter_map(|cell| self.table.of_cell.get(cell)).flatten().copied().collect();
        let off = |index: &usize| -> i64 {
            let terms = self.table.relations[*index].terms.iter();
            terms.filter_map(|(cell, sign)| Some(self.changes.get(cell)? * sign)).sum()
        };
        touched.into_iter().map(|index| (index, off(&index))).find(|(_, off)| *off != 0)
    }
}
