//! Expressions: what a measure computes of each record.

use super::eval::Row;
use super::expr::{Arithmetic, Expr};
use super::scope::Scope;
use super::{ConditionError, Constant, Names, Read, read};
use crate::field::{Field, Needs, PERSONS, Table};
use crate::record::Joined;
use crate::value::{Value, ValueType};
use std::fmt;
use std::sync::Arc;

/// A value of each record of a table: a field, or whatever the language of conditions can compute.
#[derive(Clone)]
pub struct Expression(Arc<Inner>);

struct Inner {
    source: String,
    expr: Expr,
    value_type: Option<ValueType>,
    names: Names,
    constants: Vec<Constant>,
}

impl Expression {
    /// Reads an expression over a record of a table, such as `date_of_reporting - date_of_onset`.
    ///
    /// # Errors
    /// Everything that is wrong with it; after an error of grammar only that one.
    pub fn parse_of(table: &'static Table, text: &str) -> Result<Self, Vec<ConditionError>> {
        let scope = Scope { table, list: None };
        let Read { typed, names, constants } = read(text, |checker, tree| checker.expr(tree, scope))?;
        let value_type = typed.value_type;
        Ok(Self(Arc::new(Inner { source: text.trim().to_owned(), expr: typed.expr, value_type, names, constants })))
    }

    /// The value in a record.
    pub fn value<'a>(&'a self, record: impl Into<Joined<'a>>) -> Value<'a> {
        self.0.expr.value(Row { record: record.into(), index: 0, numbers: &[] })
    }

    /// The type of the value; none if it is always null.
    pub fn value_type(&self) -> Option<ValueType> {
        self.0.value_type
    }

    /// The field, if it is nothing else than a field.
    pub fn field(&self) -> Option<&'static Field> {
        match self.0.expr {
            Expr::Field(field) => Some(field),
            _ => None,
        }
    }

    /// Whether every number that it gives is whole: counts, ages and days are, and what is made of them without a division.
    pub fn is_whole(&self) -> bool {
        is_whole(&self.0.expr)
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What Go.Data is asked for.
    pub fn needs(&self) -> &Needs {
        &self.0.names.needs
    }

    /// The texts compared for equality with a field, in the order in which they were written.
    pub fn constants(&self) -> &[Constant] {
        &self.0.constants
    }
}

/// Of a date, whether adding days to it can matter here is no question: the difference of two dates is whole.
fn is_whole(expr: &Expr) -> bool {
    match expr {
        Expr::Number(number) => number.is_integer(),
        // All numbers of records are ages and counts; an answer is whatever people typed.
        Expr::Field(_) => true,
        Expr::Element(field) => field.value_type != ValueType::Number,
        Expr::Negate(inner) => is_whole(inner),
        Expr::Arithmetic(Arithmetic::Divide, _) => false,
        Expr::Arithmetic(_, pair) => pair.iter().all(is_whole),
        Expr::Coalesce(values) => values.iter().all(is_whole),
        Expr::Case(case) => is_whole(&case.otherwise) && case.arms.iter().all(|(_, then)| is_whole(then)),
        Expr::Fold(fold) => fold.value.as_ref().is_none_or(is_whole),
        _ => true,
    }
}

/// A field of a person.
impl From<&'static Field> for Expression {
    fn from(field: &'static Field) -> Self {
        let mut names = Names::default();
        names.note(&PERSONS, super::Found::Field(field));
        Self(Arc::new(Inner {
            source: field.name.to_owned(),
            expr: Expr::Field(field),
            value_type: Some(field.value_type),
            names,
            constants: Vec::new(),
        }))
    }
}

/// The text says all; the tree would bury it.
impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.source).finish()
    }
}
