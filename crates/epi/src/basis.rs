//! Date bases: which date, or which interval, ties a record to a period.

use crate::condition::{Condition, ConditionError};
use crate::field::{ElementField, Field, List, Needs, PERSONS, Table};
use crate::record::Joined;
use crate::value::ValueType;
use jiff::civil::Date;
use std::fmt;

/// A date of a record, or its intervals.
#[derive(Clone, Debug)]
pub struct DateBasis {
    source: String,
    table: &'static Table,
    kind: BasisKind,
}

#[derive(Clone, Debug)]
enum BasisKind {
    Field(&'static Field),
    Element {
        pick: Pick,
        list: &'static List,
        field: &'static ElementField,
        condition: Option<Condition>,
    },
    Interval {
        list: &'static List,
        start: &'static ElementField,
        end: &'static ElementField,
        condition: Option<Condition>,
    },
    /// From one date to another.
    Between(Box<[BasisKind; 2]>),
}

/// Which of several dates of a list is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    /// The earliest.
    First,
    /// The latest.
    Last,
}

/// A closed interval of days; an absent end means *until now*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Option<Date>,
}

impl DateBasis {
    /// Reads a date basis:
    ///
    /// - a date field, `date_of_onset`;
    /// - the earliest or latest date of a list, `first(stays.start WHERE type = 'HOSPITALIZATION')`, `last(...)`;
    /// - the intervals of a list, `stays WHERE type = 'ISOLATION'`, for the windows `at_end` and `overlapping`;
    /// - the interval between two dates, `follow_up_start TO follow_up_end`, for the same windows.
    ///
    /// Here of persons; see [`DateBasis::parse_of`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<ConditionError>> {
        Self::parse_of(&PERSONS, text)
    }

    /// Reads a date basis of a table's records.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_of(table: &'static Table, text: &str) -> Result<Self, Vec<ConditionError>> {
        let kind = Parser { table, text }.basis()?;
        Ok(Self { source: text.trim().to_owned(), table, kind })
    }

    /// The date field, if it is one and not a date of a list.
    pub fn field(&self) -> Option<&'static Field> {
        match self.kind {
            BasisKind::Field(field) => Some(field),
            BasisKind::Element { .. } | BasisKind::Interval { .. } | BasisKind::Between(_) => None,
        }
    }

    /// Whether it gives intervals rather than a date.
    pub fn is_interval(&self) -> bool {
        self.kind.is_interval()
    }

    /// The date in a record; `None` where there is none, and for intervals.
    pub fn date<'a>(&self, record: impl Into<Joined<'a>>) -> Option<Date> {
        self.kind.date(record.into())
    }

    /// The intervals in a record. One without a start, or whose end lies before its start, says nothing and is left out.
    pub fn intervals<'a>(&'a self, record: impl Into<Joined<'a>>) -> impl Iterator<Item = Interval> + 'a {
        let record = record.into();
        let of_list = match &self.kind {
            BasisKind::Interval { list, start, end, condition } => Some((*list, *start, *end, condition.as_ref())),
            _ => None,
        };
        let of_list = of_list.into_iter().flat_map(move |(list, start, end, condition)| {
            elements(list, condition, record)
                .filter_map(move |i| Some(((start.get)(record, i).date()?, (end.get)(record, i).date())))
        });
        let between = match &self.kind {
            BasisKind::Between(ends) => ends[0].date(record).map(|start| (start, ends[1].date(record))),
            _ => None,
        };
        let in_order = |(start, end): &(Date, Option<Date>)| end.is_none_or(|end| end >= *start);
        of_list.chain(between).filter(in_order).map(|(start, end)| Interval { start, end })
    }

    /// What Go.Data is asked for.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::nothing();
        self.kind.need(self.table, &mut needs);
        needs
    }

    /// The conditions on the elements of lists.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let parts: Vec<&BasisKind> = match &self.kind {
            BasisKind::Between(ends) => ends.iter().collect(),
            kind => vec![kind],
        };
        parts.into_iter().filter_map(BasisKind::condition)
    }

    /// The condition on the list's elements, if there is one.
    pub fn condition(&self) -> Option<&Condition> {
        self.conditions().next()
    }
}

impl BasisKind {
    fn is_interval(&self) -> bool {
        matches!(self, Self::Interval { .. } | Self::Between(_))
    }

    fn date(&self, record: Joined<'_>) -> Option<Date> {
        match self {
            Self::Field(field) => (field.get)(record).date(),
            Self::Element { pick, list, field, condition } => {
                let dates = elements(list, condition.as_ref(), record).filter_map(|i| (field.get)(record, i).date());
                match pick {
                    Pick::First => dates.min(),
                    Pick::Last => dates.max(),
                }
            }
            Self::Interval { .. } | Self::Between(_) => None,
        }
    }

    fn need(&self, table: &Table, needs: &mut Needs) {
        match self {
            Self::Field(field) => needs.field(table, field),
            Self::Element { list, .. } | Self::Interval { list, .. } => needs.list(table, list),
            Self::Between(ends) => ends.iter().for_each(|end| end.need(table, needs)),
        }
        if let Some(condition) = self.condition() {
            needs.extend(condition.needs());
        }
    }

    fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Field(_) | Self::Between(_) => None,
            Self::Element { condition, .. } | Self::Interval { condition, .. } => condition.as_ref(),
        }
    }
}

impl fmt::Display for DateBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn elements<'a>(
    list: &'static List,
    condition: Option<&'a Condition>,
    record: Joined<'a>,
) -> impl Iterator<Item = usize> + 'a {
    (0..(list.len)(record)).filter(move |i| condition.is_none_or(|c| c.matches_element(record, *i) == Some(true)))
}

struct Parser<'t> {
    table: &'static Table,
    text: &'t str,
}

impl<'t> Parser<'t> {
    fn basis(&self) -> Result<BasisKind, Vec<ConditionError>> {
        let body = self.text.trim();
        match split_to(body) {
            None => self.part(body),
            Some((start, end)) => {
                let (start, end) = (self.end(start)?, self.end(end)?);
                Ok(BasisKind::Between(Box::new([start, end])))
            }
        }
    }

    /// One end of an interval.
    fn end(&self, body: &'t str) -> Result<BasisKind, Vec<ConditionError>> {
        let end = self.part(body)?;
        if end.is_interval() {
            let hint = "An interval goes from one date TO another, such as `follow_up_start TO follow_up_end`.";
            return Err(self.error(body, format!("`{body}` is not a date"), Some(hint)));
        }
        Ok(end)
    }

    fn part(&self, body: &'t str) -> Result<BasisKind, Vec<ConditionError>> {
        if body.is_empty() {
            return Err(self.error(body, "a date is needed here", Some("Name a date field, such as `date_of_onset`.")));
        }
        for (name, pick) in [("first", Pick::First), ("last", Pick::Last)] {
            let rest =
                body.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name)).map(|_| &body[name.len()..]);
            if let Some(rest) = rest.map(str::trim_start).filter(|rest| rest.starts_with('(')) {
                return self.element(pick, rest);
            }
        }
        let (head, condition) = self.split_where(body)?;
        if let Some(list) = self.table.list(head) {
            return self.interval(list, head, condition);
        }
        match (self.table.field(head), condition) {
            (Some(field), None) if field.value_type == ValueType::Date => Ok(BasisKind::Field(field)),
            (Some(_), None) => Err(self.error(head, format!("`{head}` is not a date"), Some(DATE_FIELDS_HINT))),
            (Some(_), Some(_)) => {
                Err(self.error(body, "a field takes no WHERE", Some("Put the condition into `where`.")))
            }
            (None, _) => Err(self.unknown(head, &self.date_fields())),
        }
    }

    fn element(&self, pick: Pick, rest: &'t str) -> Result<BasisKind, Vec<ConditionError>> {
        let Some(closing) = closing_parenthesis(rest) else {
            return Err(self.error(&rest[rest.len()..], "the closing parenthesis is missing", None));
        };
        let trailing = rest[closing + 1..].trim_start();
        if !trailing.is_empty() {
            let hint = "A condition goes inside, as in `first(stays.start WHERE type = 'ISOLATION')`.";
            return Err(self.error(trailing, "nothing may follow the closing parenthesis", Some(hint)));
        }
        let (head, condition) = self.split_where(rest[1..closing].trim())?;
        let Some((list_name, field_name)) = head.rsplit_once('.') else {
            let hint = "Name a list and its date, such as `first(stays.start)`.";
            return Err(self.error(head, "a date of a list is needed here", Some(hint)));
        };
        let Some(list) = self.table.list(list_name) else {
            return Err(self.unknown(list_name, &self.list_names()));
        };
        match list.field(field_name) {
            Some(field) if field.value_type == ValueType::Date => {
                Ok(BasisKind::Element { pick, list, field, condition: self.condition(list, condition)? })
            }
            Some(_) => Err(self.error(field_name, format!("`{head}` is not a date"), None)),
            None => {
                let names: Vec<_> = list.fields.iter().map(|f| f.name).collect();
                Err(self.unknown(field_name, &names))
            }
        }
    }

    fn interval(
        &self,
        list: &'static List,
        head: &'t str,
        condition: Option<&'t str>,
    ) -> Result<BasisKind, Vec<ConditionError>> {
        match (list.field("start"), list.field("end")) {
            (Some(start), Some(end)) => {
                Ok(BasisKind::Interval { list, start, end, condition: self.condition(list, condition)? })
            }
            _ => {
                let hint = match self.interval_names() {
                    names if names.is_empty() => "An interval goes from one date TO another.".to_owned(),
                    names => format!("Intervals are {names}."),
                };
                Err(self.error(head, format!("`{head}` has no start and end"), Some(&hint)))
            }
        }
    }

    fn condition(&self, list: &'static List, text: Option<&'t str>) -> Result<Option<Condition>, Vec<ConditionError>> {
        let Some(text) = text else { return Ok(None) };
        let offset = self.offset(text);
        Condition::parse_for_list_of(self.table, text, list).map(Some).map_err(|errors| {
            errors
                .into_iter()
                .map(|mut error| {
                    error.span = error.span.start + offset..error.span.end + offset;
                    error
                })
                .collect()
        })
    }

    /// Splits at the word WHERE. Neither a list nor a field name can contain it.
    fn split_where(&self, body: &'t str) -> Result<(&'t str, Option<&'t str>), Vec<ConditionError>> {
        let head = body.split_whitespace().next().unwrap_or(body);
        let rest = body[head.len()..].trim_start();
        match rest.split_at_checked(WHERE.len()) {
            Some((word, condition)) if word.eq_ignore_ascii_case(WHERE) && !condition.starts_with(is_word) => {
                Ok((head, Some(condition.trim_start())))
            }
            _ if rest.is_empty() => Ok((head, None)),
            _ if head.contains('.') || self.table.list(head).is_some() => {
                let hint = "A condition begins with WHERE, as in `stays WHERE type = 'ISOLATION'`.";
                Err(self.error(rest, format!("only WHERE may follow `{head}`"), Some(hint)))
            }
            _ => Ok((body, None)),
        }
    }

    /// `name` is a part of the text.
    fn unknown(&self, name: &str, known: &[&str]) -> Vec<ConditionError> {
        // The date of the person whom the record is about, where somebody left the prefix out.
        let joined = self.table.grouping(name).map(|field| field.name).filter(|near| known.contains(near));
        let hint = match joined.or_else(|| crate::nearest::nearest(name, known)) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("Known are: {}.", known.join(", ")),
        };
        let message =
            if name.is_empty() { "a name is missing here".to_owned() } else { format!("unknown date `{name}`") };
        self.error(name, message, Some(&hint))
    }

    /// `part` is a part of the text: where it begins there is the place of the error.
    fn error(&self, part: &str, message: impl Into<String>, hint: Option<&str>) -> Vec<ConditionError> {
        let start = self.offset(part);
        vec![ConditionError { span: start..start + part.len(), message: message.into(), hint: hint.map(str::to_owned) }]
    }

    fn offset(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len())
    }

    fn date_fields(&self) -> Vec<&'static str> {
        let fields = self.table.all_fields().filter(|field| field.value_type == ValueType::Date);
        fields.map(|field| field.name).chain(self.list_names()).collect()
    }

    /// The lists that have a start and an end.
    fn interval_names(&self) -> String {
        let lists = self.table.all_lists().filter(|list| list.field("start").is_some() && list.field("end").is_some());
        lists.map(|list| format!("`{}`", list.name)).collect::<Vec<_>>().join(" and ")
    }

    fn list_names(&self) -> Vec<&'static str> {
        self.table.all_lists().map(|list| list.name).collect()
    }
}

/// The two sides of the word TO outside parentheses, quotes and comments. No field is called so, and in a condition it has no
/// meaning.
fn split_to(body: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    while let Some(c) = body[at..].chars().next() {
        let rest = &body[at..];
        let skipped = match c {
            '(' => closing_parenthesis(rest)? + 1,
            '\'' | '"' => 1 + rest[1..].find(c)? + 1,
            '-' if rest.starts_with("--") => rest.find('\n')?,
            '/' if rest.starts_with("/*") => rest.find("*/")? + 2,
            c if is_word(c) => {
                let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
                if at > 0 && word.eq_ignore_ascii_case("to") {
                    return Some((body[..at].trim_end(), rest[word.len()..].trim_start()));
                }
                word.len()
            }
            _ => c.len_utf8(),
        };
        at += skipped;
    }
    None
}

const WHERE: &str = "where";

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the parenthesis closes that `text` begins with. Those in quotes and comments are text.
fn closing_parenthesis(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let skipped = match c {
            '(' => {
                depth += 1;
                1
            }
            ')' if depth == 1 => return Some(at),
            ')' => {
                depth = depth.saturating_sub(1);
                1
            }
            // A doubled quote ends one text and begins the next.
            '\'' | '"' => 1 + rest[1..].find(c)? + 1,
            '-' if rest.starts_with("--") => rest.find('\n')?,
            '/' if rest.starts_with("/*") => rest.find("*/")? + 2,
            _ => c.len_utf8(),
        };
        at += skipped;
    }
    None
}

const DATE_FIELDS_HINT: &str = "A date basis is a date field, such as `date_of_onset` or `date_of_reporting`.";
