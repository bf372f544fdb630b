//! A condition as a typed tree.
//!
//! The checker builds it and has seen to the types, so that evaluation cannot fail: what cannot be is unknown.

use super::like::Pattern;
use crate::field::{ElementField, Field, List};
use jiff::civil::Date;
use rust_decimal::Decimal;
use rustc_hash::FxHashSet;

/// From this many texts on, a list is a hash set; below, a walk over a few short texts is faster.
const LIST_AS_SET_MIN: usize = 12;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Null,
    Text(Box<str>),
    Number(Decimal),
    Date(Date),
    Bool(bool),
    Field(&'static Field),
    Element(&'static ElementField),
    /// The number behind a rule's name, by its index.
    Given(usize),
    Negate(Box<Expr>),
    Arithmetic(Arithmetic, Box<[Expr; 2]>),
    Compare(Comparison, Box<[Expr; 2]>),
    In(Box<Expr>, Box<[Expr]>),
    InTexts(Box<Expr>, Box<TextSet>),
    /// Value, lowest, highest.
    Between(Box<[Expr; 3]>),
    Like(Box<Expr>, Pattern),
    IsNull(Box<Expr>),
    /// Is this very truth value: never unknown.
    Is(Box<Expr>, bool),
    Not(Box<Expr>),
    And(Box<[Expr]>),
    Or(Box<[Expr]>),
    Case(Box<Case>),
    Coalesce(Box<[Expr]>),
    Exists(&'static List, Option<Box<Expr>>),
    Fold(Box<Fold>),
}

/// `(SELECT MIN(start) FROM stays WHERE ...)`: one value made of a list's elements.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) function: FoldFunction,
    pub(super) list: &'static List,
    /// What is taken of each element; nothing when elements are counted.
    pub(super) value: Option<Expr>,
    pub(super) condition: Option<Expr>,
}

/// What is made of the elements' values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoldFunction {
    Count,
    Min,
    Max,
    Sum,
}

/// `+ - * /`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// `= <> < <= > >=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Both forms of `CASE`: with an operand, an arm is taken when it equals the operand.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) operand: Option<Expr>,
    pub(super) arms: Box<[(Expr, Expr)]>,
    pub(super) otherwise: Expr,
}

/// A long list of text constants.
#[derive(Clone, Debug)]
pub(super) struct TextSet {
    pub(super) texts: FxHashSet<Box<str>>,
    pub(super) has_null: bool,
}

impl Expr {
    /// All of them; cheap ones first, which changes no result because nothing can fail.
    pub(super) fn and(conditions: Vec<Expr>) -> Expr {
        let mut flat = Vec::with_capacity(conditions.len());
        for condition in conditions {
            match condition {
                Expr::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort_by_cached_key(Expr::cost);
        Expr::And(flat.into())
    }

    /// Any of them; cheap ones first.
    pub(super) fn or(conditions: Vec<Expr>) -> Expr {
        let mut flat = Vec::with_capacity(conditions.len());
        for condition in conditions {
            match condition {
                Expr::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort_by_cached_key(Expr::cost);
        Expr::Or(flat.into())
    }

    pub(super) fn not(self) -> Expr {
        Expr::Not(Box::new(self))
    }

    pub(super) fn is_in(value: Expr, list: Vec<Expr>) -> Expr {
        if list.len() < LIST_AS_SET_MIN || !list.iter().all(|item| matches!(item, Expr::Text(_) | Expr::Null)) {
            return Expr::In(Box::new(value), list.into());
        }
        let mut set = TextSet { texts: FxHashSet::default(), has_null: false };
        for item in list {
            match item {
                Expr::Text(text) => _ = set.texts.insert(text),
                _ => set.has_null = true,
            }
        }
        Expr::InTexts(Box::new(value), Box::new(set))
    }

    /// A rough number of steps.
    fn cost(&self) -> u64 {
        let all = |items: &[Expr]| items.iter().map(Expr::cost).sum::<u64>();
        match self {
            Expr::Null | Expr::Text(_) | Expr::Number(_) | Expr::Date(_) | Expr::Bool(_) => 0,
            Expr::Field(_) | Expr::Element(_) | Expr::Given(_) => 1,
            Expr::Negate(inner) | Expr::IsNull(inner) | Expr::Is(inner, _) | Expr::Not(inner) => inner.cost(),
            Expr::Compare(Comparison::Equal | Comparison::NotEqual, pair) => all(pair.as_slice()),
            Expr::Compare(_, pair) => 1 + all(pair.as_slice()),
            Expr::Arithmetic(_, pair) => 8 + all(pair.as_slice()),
            Expr::In(value, list) => value.cost() + list.len() as u64 + all(list),
            Expr::InTexts(value, _) => 6 + value.cost(),
            Expr::Between(three) => 2 + all(three.as_slice()),
            Expr::Like(value, _) => 8 + value.cost(),
            Expr::And(items) | Expr::Or(items) | Expr::Coalesce(items) => all(items),
            Expr::Case(case) => {
                let arms = case.arms.iter().map(|(when, then)| when.cost() + then.cost()).sum::<u64>();
                1 + arms + case.otherwise.cost()
            }
            Expr::Exists(_, condition) => 10 + 4 * condition.as_ref().map_or(0, |inner| inner.cost()),
            Expr::Fold(fold) => {
                let parts = [&fold.value, &fold.condition];
                10 + 4 * parts.into_iter().flatten().map(Expr::cost).sum::<u64>()
            }
        }
    }
}
