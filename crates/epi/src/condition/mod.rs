//! Conditions: which records an indicator counts.
//!
//! A condition is an SQL expression in a small subset. It is parsed by `sqlparser`, turned into a typed tree of our own,
//! checked against the [field catalogue](crate::field), and evaluated natively with SQL's three-valued logic, where a
//! field that nobody filled in makes a comparison *unknown*.
//!
//! - Fields by name, each of the table whose records are looked at; `person.x` reaches the person whom a follow-up or a
//!   laboratory result names, `target.x` and `source.x` those of a relationship. Inside a list an element's field hides the
//!   record's of the same name, which the table's name reaches: `person.x`, `lab_result.x`.
//! - `'text'`, numbers, `TRUE`, `FALSE`, `NULL`, `DATE '2020-01-31'`; a text beside a date is read as a date.
//! - `= <> != < <= > >=`, `[NOT] IN (...)`, `[NOT] BETWEEN`, `[NOT] LIKE '...'` (`%`, `_`; case matters), `IS [NOT] NULL`,
//!   `IS [NOT] TRUE`, `IS [NOT] FALSE`, `AND`, `OR`, `NOT`, parentheses, comments.
//! - `+ - * /` on numbers; a date minus a date is a number of days; a date plus or minus a number of whole days is a date.
//!   What has no result (a division by a value that is zero, a day outside the calendar, part of a day) is null.
//! - `CASE` in both forms, `COALESCE(a, b, ...)`.
//! - `EXISTS (SELECT 1 FROM stays WHERE ...)` over a record's lists, one deep. It is never unknown.
//! - `(SELECT MIN(start) FROM stays WHERE ...)`, also `MAX`, `SUM` and `COUNT(*)`: one value made of a list, one deep.
//!
//! Everything else is refused with its place. A comparison with the word `NULL` is refused too: it would never be true.

mod agree;
mod arithmetic;
mod check;
mod error;
mod eval;
mod exists;
mod explain;
mod expr;
mod expression;
mod lex;
mod like;
mod parse;
mod refuse;
mod rule;
mod scope;
mod simple;

pub use error::ConditionError;
pub use explain::{Explanation, Looked};
pub use expression::Expression;
pub use rule::Rule;
pub use simple::Simple;

use crate::field::{Domain, List, Needs, PERSONS, Table};
use crate::record::Joined;
use check::Checker;
use eval::Row;
use expr::Expr;
use scope::{Found, Scope};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// Bytes of a condition. A list of some hundred location ids fits; a program does not.
pub const LENGTH_MAX: usize = 16 * 1024;
/// Parentheses in parentheses. People lose count at five; the parser's stack is what is protected.
const NESTING_MAX: usize = 32;
/// Words and signs, the constants of lists aside. A chain of them becomes a deep tree in the parser.
const TOKENS_MAX: usize = 800;
/// Depth of the typed tree, which is walked by recursion.
const DEPTH_MAX: usize = 100;

/// A condition over a record, or over an element of one of its lists.
#[derive(Clone)]
pub struct Condition {
    source: String,
    list: Option<&'static List>,
    expr: Expr,
    names: Names,
    constants: Vec<Constant>,
}

/// A text that a condition compares for equality with a field, for checking it against the server's reference data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// The list of the field, if it is an element's.
    pub list: Option<&'static str>,
    /// The field's name.
    pub field: &'static str,
    /// What the field holds.
    pub domain: Domain,
    /// The value as records hold it: a reference value without its category.
    pub value: String,
    /// Where it stands in the condition's text, in bytes, with its quotes.
    pub span: Range<usize>,
}

impl Condition {
    /// Reads a condition over a person.
    ///
    /// # Errors
    /// Everything that is wrong with it; after an error of grammar only that one.
    pub fn parse(text: &str) -> Result<Self, Vec<ConditionError>> {
        Self::parse_of(&PERSONS, text)
    }

    /// Reads a condition over a record of a table.
    ///
    /// # Errors
    /// Everything that is wrong with it; after an error of grammar only that one.
    pub fn parse_of(table: &'static Table, text: &str) -> Result<Self, Vec<ConditionError>> {
        Self::parse_in(text, table, None)
    }

    /// Reads a condition over one element of a person's list: the `WHERE` of `first(stays.start WHERE type = 'ISOLATION')`.
    ///
    /// # Errors
    /// Everything that is wrong with it; after an error of grammar only that one.
    pub fn parse_for_list(text: &str, list: &'static List) -> Result<Self, Vec<ConditionError>> {
        Self::parse_for_list_of(&PERSONS, text, list)
    }

    /// Reads a condition over one element of a list of a table's records.
    ///
    /// # Errors
    /// Everything that is wrong with it; after an error of grammar only that one.
    pub fn parse_for_list_of(
        table: &'static Table,
        text: &str,
        list: &'static List,
    ) -> Result<Self, Vec<ConditionError>> {
        Self::parse_in(text, table, Some(list))
    }

    fn parse_in(text: &str, table: &'static Table, list: Option<&'static List>) -> Result<Self, Vec<ConditionError>> {
        let scope = Scope { table, list };
        let Read { typed, mut names, constants } = read(text, |checker, tree| checker.condition(tree, scope))?;
        if let Some(list) = list {
            names.note_list(table, list);
        }
        Ok(Self { source: text.to_owned(), list, expr: typed.expr, names, constants })
    }

    /// Whether the record meets the condition; none is *unknown*. A condition over a list's element is unknown of a record.
    pub fn matches<'a>(&'a self, record: impl Into<Joined<'a>>) -> Option<bool> {
        match self.list {
            None => self.expr.truth(Row { record: record.into(), index: 0, numbers: &[] }),
            Some(_) => None,
        }
    }

    /// Whether the element at an index of the list meets the condition; none is *unknown*, and so is an element that does
    /// not exist. A condition over a record does not look at the index.
    pub fn matches_element<'a>(&'a self, record: impl Into<Joined<'a>>, index: usize) -> Option<bool> {
        let record = record.into();
        match self.list {
            Some(list) if index >= (list.len)(record) => None,
            _ => self.expr.truth(Row { record, index, numbers: &[] }),
        }
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What Go.Data is asked for.
    pub fn needs(&self) -> &Needs {
        &self.names.needs
    }

    /// The texts compared for equality with a field, in the order in which they were written.
    pub fn constants(&self) -> &[Constant] {
        &self.constants
    }

    /// The comparisons that all have to hold, if the condition is nothing else than comparisons (`=`, `<>`, `IN`) of the
    /// record's text fields with constants: then a server's own filter can ask the same.
    pub fn conjunction(&self) -> Option<Vec<Simple<'_>>> {
        if self.list.is_some() { None } else { simple::conjunction(&self.expr) }
    }

    /// Whether the condition looks at a field of the record (`kind`), at a list (`stays`) or at a field of a list's
    /// elements (`stays.start`).
    pub fn mentions(&self, field: &str) -> bool {
        let (list, name) = field.rsplit_once('.').unwrap_or(("", field));
        self.names.fields.contains(&(list, name)) || self.names.lists.contains(field)
    }
}

/// The text says all; the tree would bury it.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.source).finish()
    }
}

/// What came of reading a text.
struct Read {
    typed: agree::Typed,
    names: Names,
    constants: Vec<Constant>,
}

/// Reads a text and checks it; all errors in the order of their places.
fn read(
    text: &str,
    check: impl FnOnce(&mut Checker<'_>, &sqlparser::ast::Expr) -> Option<agree::Typed>,
) -> Result<Read, Vec<ConditionError>> {
    let parsed = parse::parse(text).map_err(|error| vec![error])?;
    let mut checker = Checker::new(&parsed.lexed, !parsed.errors.is_empty());
    let typed = parsed.tree.as_ref().and_then(|tree| check(&mut checker, tree));
    let Checker { findings, names, .. } = checker;
    let mut errors = parsed.errors.clone();
    errors.extend(findings.errors);
    // One word is refused once: what its grammar says comes before what its name says.
    errors.sort_by_key(|error| error.span.start);
    errors.dedup_by_key(|error| error.span.start);
    let Some(typed) = typed.filter(|_| errors.is_empty()) else {
        return Err(errors);
    };
    let mut constants = findings.constants;
    constants.sort_by_key(|constant| constant.span.start);
    Ok(Read { typed, names, constants })
}

/// The names that a condition uses.
#[derive(Clone, Debug, Default)]
struct Names {
    /// The list, empty for the record, and the field.
    fields: BTreeSet<(&'static str, &'static str)>,
    lists: BTreeSet<&'static str>,
    needs: Needs,
}

impl Names {
    fn note(&mut self, table: &Table, found: Found) {
        match found {
            Found::Field(field) => self.needs.field(table, field),
            Found::Element(list, _) => self.needs.list(table, list),
        }
        self.fields.insert((found.list().map_or("", |list| list.name), found.name()));
    }

    fn note_list(&mut self, table: &Table, list: &'static List) {
        self.needs.list(table, list);
        self.lists.insert(list.name);
    }
}
