//! The `filter` parameter: `path:operator:value`, joined by AND or OR.

use serde_json::Value;

use super::catalogue::Catalogue;
use super::object::Node;
use super::query::Query;
use super::respond::Problem;

/// Most filters that one request may carry; `id:in:[..]` is the way to name many objects.
const FILTERS_MAX: usize = 100;

/// The filters of a request.
pub(crate) struct Filters {
    filters: Vec<Filter>,
    any: bool,
}

struct Filter {
    path: Vec<String>,
    test: Test,
    negated: bool,
}

enum Test {
    Equal(String),
    EqualAnyCase(String),
    In(Vec<String>),
    /// Pattern, any case, anchored at the start, anchored at the end.
    Like(String, bool, bool, bool),
    Null,
    Empty,
    Compare(std::cmp::Ordering, bool, String),
}

impl Filters {
    /// Reads `filter` and `rootJunction`.
    ///
    /// # Errors
    /// 400 for an unknown operator or a missing value.
    pub(crate) fn parse(query: &Query) -> Result<Self, Problem> {
        let filters = query.all("filter").map(Filter::parse).collect::<Result<Vec<_>, _>>()?;
        if filters.len() > FILTERS_MAX {
            return Err(Problem::bad_request("Too many filters"));
        }
        Ok(Self { filters, any: query.get("rootJunction") == Some("OR") })
    }

    /// Whether the object passes.
    ///
    /// # Errors
    /// 400 for a property that does not exist.
    pub(crate) fn pass(&self, catalogue: &Catalogue, object: &Node) -> Result<bool, Problem> {
        if self.filters.is_empty() {
            return Ok(true);
        }
        for filter in &self.filters {
            let path: Vec<&str> = filter.path.iter().map(String::as_str).collect();
            let mut found = Vec::new();
            object
                .at(catalogue, &path, &mut found)
                .map_err(|name| Problem::bad_request(format!("Unknown path property: `{name}`")))?;
            let passes = filter.test.pass(&found) != filter.negated;
            if passes == self.any {
                return Ok(passes);
            }
        }
        Ok(!self.any)
    }
}

impl Filter {
    fn parse(text: &str) -> Result<Self, Problem> {
        let invalid = || Problem::bad_request(format!("Invalid filter => {text}"));
        let mut parts = text.splitn(3, ':');
        let path = parts.next().filter(|p| !p.is_empty()).ok_or_else(invalid)?;
        let operator = parts.next().ok_or_else(invalid)?;
        let value = parts.next();
        let needed = || value.map(str::to_owned).ok_or_else(invalid);
        let (negated, plain) = match operator.strip_prefix('!') {
            Some(plain) => (true, plain),
            None => (false, operator),
        };
        let test = match plain {
            "eq" => Test::Equal(needed()?),
            "ieq" => Test::EqualAnyCase(needed()?),
            "ne" | "neq" => {
                return Ok(Self { path: split(path), test: Test::Equal(needed()?), negated: true });
            }
            "in" => {
                let list = needed()?;
                let inner = list.strip_prefix('[').and_then(|l| l.strip_suffix(']')).ok_or_else(invalid)?;
                Test::In(inner.split(',').map(str::to_owned).collect())
            }
            "like" => Test::Like(needed()?, false, false, false),
            "$like" => Test::Like(needed()?, false, true, false),
            "like$" => Test::Like(needed()?, false, false, true),
            "ilike" => Test::Like(needed()?, true, false, false),
            "$ilike" => Test::Like(needed()?, true, true, false),
            "ilike$" => Test::Like(needed()?, true, false, true),
            "null" => Test::Null,
            "empty" => Test::Empty,
            "gt" => Test::Compare(std::cmp::Ordering::Greater, false, needed()?),
            "ge" | "gte" => Test::Compare(std::cmp::Ordering::Greater, true, needed()?),
            "lt" => Test::Compare(std::cmp::Ordering::Less, false, needed()?),
            "le" | "lte" => Test::Compare(std::cmp::Ordering::Less, true, needed()?),
            _ => {
                return Err(Problem::bad_request(format!("`{operator}` is not a valid operator.")));
            }
        };
        Ok(Self { path: split(path), test, negated })
    }
}

impl Test {
    fn pass(&self, found: &[Value]) -> bool {
        let texts = || found.iter().map(plain);
        match self {
            Self::Null | Self::Empty => found.is_empty(),
            Self::Equal(wanted) => texts().any(|t| t == *wanted),
            Self::EqualAnyCase(wanted) => texts().any(|t| t.eq_ignore_ascii_case(wanted)),
            Self::In(wanted) => texts().any(|t| wanted.contains(&t)),
            Self::Like(pattern, any_case, start, end) => texts().any(|text| {
                let fold = |s: &str| {
                    if *any_case { s.to_lowercase() } else { s.to_owned() }
                };
                let (text, pattern) = (fold(&text), fold(pattern));
                match (start, end) {
                    (true, _) => text.starts_with(&pattern),
                    (_, true) => text.ends_with(&pattern),
                    _ => text.contains(&pattern),
                }
            }),
            Self::Compare(order, or_equal, wanted) => texts().any(|text| {
                let ordered = match (text.parse::<f64>(), wanted.parse::<f64>()) {
                    (Ok(a), Ok(b)) => a.partial_cmp(&b),
                    _ => Some(text.as_str().cmp(wanted)),
                };
                ordered == Some(*order) || (*or_equal && ordered == Some(std::cmp::Ordering::Equal))
            }),
        }
    }
}

fn split(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
