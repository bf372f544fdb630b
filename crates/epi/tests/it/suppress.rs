//! Small cells, and somebody who tries to get them back: every table of whole numbers that fits what is published is
//! enumerated, and no small cell may have the same number in all of them.

use epi::suppress::{Cell, Policy, Relation, Rule, Suppressed, suppress};
use proptest::prelude::*;
use std::collections::BTreeSet;

const FIVE: Policy = Policy { threshold: 5, suppress_zeros: false, least: 1 };

fn cells(numbers: &[u64], zeros_are_written: bool) -> Vec<Cell> {
    let cell = |n: &u64| Cell { n_records: *n, may_be_suppressed: true, is_published: *n > 0 || zeros_are_written };
    numbers.iter().map(cell).collect()
}

fn hidden(cells: &[Cell], found: &Suppressed) -> Vec<bool> {
    cells.iter().zip(&found.rules).map(|(cell, rule)| rule.is_some() || !cell.is_published).collect()
}

/// All numbers that each hidden cell of `wanted` can have, whatever fits: published cells are known, hidden ones are at least
/// `least`, and every relation gives what it gives for the true numbers. Numbers up to `most` are tried.
fn possible(cells: &[Cell], hidden: &[bool], relations: &[Relation], least: i64, most: i64) -> Vec<BTreeSet<i64>> {
    let truth: Vec<i64> = cells.iter().map(|cell| cell.n_records as i64).collect();
    let sum =
        |table: &[i64], relation: &Relation| relation.terms.iter().map(|(cell, sign)| table[*cell] * sign).sum::<i64>();
    let sums: Vec<i64> = relations.iter().map(|relation| sum(&truth, relation)).collect();
    let open: Vec<usize> = (0..cells.len()).filter(|cell| hidden[*cell]).collect();
    let mut found = vec![BTreeSet::new(); cells.len()];
    let mut table = truth;
    walk(&open, &mut table, least, most, &mut |table, n_set| {
        // A relation is decided once its last hidden cell is.
        let is_open = |cell: usize| open[n_set..].contains(&cell);
        let last = n_set.checked_sub(1).map(|last| open[last]);
        let decided = relations.iter().enumerate().filter(|(_, r)| {
            r.terms.iter().all(|(cell, _)| !is_open(*cell))
                && last.is_none_or(|last| r.terms.iter().any(|(cell, _)| *cell == last))
        });
        let fits = decided.into_iter().all(|(index, relation)| sum(table, relation) == sums[index]);
        if fits && n_set == open.len() {
            for cell in &open {
                found[*cell].insert(table[*cell]);
            }
        }
        fits
    });
    found
}

fn walk(open: &[usize], table: &mut [i64], least: i64, most: i64, fits: &mut impl FnMut(&[i64], usize) -> bool) {
    fn at(
        open: &[usize],
        n_set: usize,
        table: &mut [i64],
        range: (i64, i64),
        fits: &mut impl FnMut(&[i64], usize) -> bool,
    ) {
        if !fits(table, n_set) || n_set == open.len() {
            return;
        }
        let truth = table[open[n_set]];
        for number in range.0..=range.1 {
            table[open[n_set]] = number;
            at(open, n_set + 1, table, range, fits);
        }
        table[open[n_set]] = truth;
    }
    at(open, 0, table, (least, most), fits);
}

/// Nobody can tell a small cell; returns what is left out.
fn safe(numbers: &[u64], relations: &[Relation], policy: &Policy, zeros: bool) -> Result<Suppressed, TestCaseError> {
    let cells = cells(numbers, zeros);
    let found = suppress(&cells, relations, policy);
    prop_assert!(found.exposed.is_empty());
    let hidden = hidden(&cells, &found);
    let most = *numbers.iter().max().unwrap_or(&0) as i64 + 2;
    let possible = possible(&cells, &hidden, relations, policy.least, most);
    for (cell, rule) in found.rules.iter().enumerate() {
        let is_small = cells[cell].is_published && policy.is_small(cells[cell].n_records);
        prop_assert_eq!(*rule == Some(Rule::Primary), is_small);
        if is_small {
            prop_assert!(possible[cell].contains(&(numbers[cell] as i64)), "the truth is among them");
            prop_assert!(
                possible[cell].len() > 1,
                "cell {} of {:?} can only be {:?}: {:?}",
                cell,
                numbers,
                possible[cell],
                found
            );
        }
    }
    Ok(found)
}

/// Rows and columns with all their sums: the cells row by row, then a total for each row, each column, and all.
fn crossed(inner: &[u64], n_rows: usize, n_columns: usize, margins: [bool; 3]) -> (Vec<u64>, Vec<Relation>) {
    let (mut numbers, mut relations) = (inner.to_vec(), Vec::new());
    let mut add = |parts: Vec<usize>| {
        let total = parts.iter().map(|part| inner[*part]).sum();
        numbers.push(total);
        relations.push(Relation::total(numbers.len() - 1, parts));
        numbers.len() - 1
    };
    let at = |row: usize, column: usize| row * n_columns + column;
    let [rows, columns, all] = margins;
    let rows: Vec<usize> =
        (0..n_rows).filter(|_| rows).map(|r| add((0..n_columns).map(|c| at(r, c)).collect())).collect();
    let columns: Vec<usize> =
        (0..n_columns).filter(|_| columns).map(|c| add((0..n_rows).map(|r| at(r, c)).collect())).collect();
    if all {
        let total = add((0..inner.len()).collect());
        for margin in [rows, columns].into_iter().filter(|margin| !margin.is_empty()) {
            relations.push(Relation::total(total, margin));
        }
    }
    (numbers, relations)
}

fn rules(found: &Suppressed) -> String {
    let letter = |rule: &Option<Rule>| match rule {
        None => '.',
        Some(Rule::Primary) => 'P',
        Some(Rule::Complementary) => 'C',
    };
    found.rules.iter().map(letter).collect()
}

#[test]
fn a_part_of_a_published_total_takes_another_with_it() {
    let one = |numbers: &[u64]| {
        let relation = Relation::total(numbers.len() - 1, 0..numbers.len() - 1);
        rules(&safe(numbers, &[relation], &FIVE, true).unwrap())
    };
    // The smallest other part goes, not the total.
    assert_eq!(one(&[3, 20, 9, 32]), "P.C.");
    // Two small ones hide each other.
    assert_eq!(one(&[3, 4, 9, 16]), "PP..");
    // Unless both can only be ones.
    assert_eq!(one(&[1, 1, 9, 11]), "PPC.");
    // A zero is published as a zero and hides nothing; left out, it says that there is something.
    assert_eq!(one(&[3, 0, 20, 23]), "P.C.");
    // A small total is small itself.
    assert_eq!(one(&[2, 0, 0, 2]), "P..P");
    assert_eq!(one(&[7, 20, 27]), "...");
    assert_eq!(rules(&suppress(&cells(&[3, 9], true), &[], &FIVE)), "P.", "without a total nothing gives it back");
}

#[test]
fn zeros_that_are_not_written_hide_a_one() {
    let policy = Policy { least: 0, ..FIVE };
    let relation = [Relation::total(3, 0..3)];
    assert_eq!(rules(&safe(&[3, 0, 20, 23], &relation, &policy, false).unwrap()), "P...");
    let all_small = Policy { suppress_zeros: true, least: 0, threshold: 5 };
    assert_eq!(rules(&safe(&[3, 0, 20, 23], &relation, &all_small, true).unwrap()), "PP..");
}

#[test]
fn rows_and_columns_need_a_circle() {
    let (numbers, relations) = crossed(&[3, 6, 7, 8, 9, 6, 7, 8, 9], 3, 3, [true, true, true]);
    let found = safe(&numbers, &relations, &FIVE, true).unwrap();
    let n = rules(&found).matches('C').count();
    assert!((3..=4).contains(&n), "{}", rules(&found));
}

/// The sum up to this week less the sum up to the last is this week.
#[test]
fn a_cumulative_number_gives_the_week_away() {
    // New in three weeks, then cumulative at the end of each; 30 before them.
    let numbers = [7, 2, 8, 37, 39, 47];
    let relations = [
        Relation { terms: vec![(3, 1), (0, -1)] },
        Relation { terms: vec![(4, 1), (3, -1), (1, -1)] },
        Relation { terms: vec![(5, 1), (4, -1), (2, -1)] },
    ];
    let found = safe(&numbers, &relations, &FIVE, true).unwrap();
    assert_eq!(found.rules[1], Some(Rule::Primary));
    assert!(rules(&found).contains('C'), "{}", rules(&found));
}

#[test]
fn what_may_not_be_left_out_can_expose_and_is_told() {
    let mut all = cells(&[3, 20, 9, 32], true);
    for cell in &mut all[1..] {
        cell.may_be_suppressed = false;
    }
    let found = suppress(&all, &[Relation::total(3, 0..3)], &FIVE);
    assert_eq!((rules(&found).as_str(), found.exposed.as_slice()), ("P...", &[0][..]));
    all[0].may_be_suppressed = false;
    assert_eq!(rules(&suppress(&all, &[Relation::total(3, 0..3)], &FIVE)), "....");
}

fn policy() -> impl Strategy<Value = (Policy, bool)> {
    let policy = |threshold, suppress_zeros: bool, zeros: bool| {
        let least = i64::from(zeros && !suppress_zeros);
        (Policy { threshold, suppress_zeros, least }, zeros)
    };
    (2..4_u64, any::<bool>(), any::<bool>()).prop_map(move |(t, s, z)| policy(t, s, z))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_gets_a_part_back_from_a_total(numbers in prop::collection::vec(0..6_u64, 1..6), (policy, zeros) in policy()) {
        let mut all = numbers.clone();
        all.push(numbers.iter().sum());
        safe(&all, &[Relation::total(numbers.len(), 0..numbers.len())], &policy, zeros)?;
    }

    #[test]
    fn nobody_gets_a_cell_back_from_rows_and_columns(
        inner in prop::collection::vec(prop_oneof![3 => 0..4_u64, 1 => 4..7_u64], 6),
        rows in any::<bool>(), columns in any::<bool>(), all in any::<bool>(),
        (policy, zeros) in policy(),
    ) {
        let (numbers, relations) = crossed(&inner, 2, 3, [rows, columns, all]);
        safe(&numbers, &relations, &policy, zeros)?;
    }

    #[test]
    fn nobody_gets_a_week_back_from_cumulative_numbers(
        new in prop::collection::vec(0..6_u64, 1..4), before in 0..8_u64, (policy, zeros) in policy(),
    ) {
        let n = new.len();
        let mut numbers = new.clone();
        let mut relations = Vec::new();
        for week in 0..n {
            numbers.push(before + new[..=week].iter().sum::<u64>());
            let mut terms = vec![(n + week, 1), (week, -1)];
            if week > 0 {
                terms.push((n + week - 1, -1));
            }
            // A small number before the first week was left out in its time, so nobody knows it.
            if week > 0 || !policy.is_small(before) {
                relations.push(Relation { terms });
            }
        }
        safe(&numbers, &relations, &policy, zeros)?;
    }

    /// Any relations at all, overlapping as they like.
    #[test]
    fn nobody_gets_a_cell_back_from_any_sums(
        numbers in prop::collection::vec(0..5_u64, 3..6),
        sums in prop::collection::vec(prop::collection::btree_set(0..6_usize, 1..4), 1..4),
        (policy, zeros) in policy(),
    ) {
        let mut all = numbers.clone();
        let mut relations = Vec::new();
        for parts in sums {
            let parts: Vec<usize> = parts.into_iter().filter(|part| *part < numbers.len()).collect();
            if !parts.is_empty() {
                all.push(parts.iter().map(|part| numbers[*part]).sum());
                relations.push(Relation::total(all.len() - 1, parts));
            }
        }
        safe(&all, &relations, &policy, zeros)?;
    }
}
