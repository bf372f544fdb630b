//! The query of a request, read as Spring reads it.

use super::respond::Problem;

/// Decoded name-value pairs, in order.
#[derive(Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        let decoded = axum::extract::Query::try_from_uri(
            &format!("/?{raw}").parse().unwrap_or_else(|_| axum::http::Uri::from_static("/")),
        );
        Self(decoded.map(|axum::extract::Query(pairs)| pairs).unwrap_or_default())
    }

    /// First value of the name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Every value of the name as it stands.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Every value of the name, a single one split at commas, as Spring fills a set.
    pub(crate) fn set(&self, name: &str) -> Vec<String> {
        let values: Vec<_> = self.all(name).collect();
        match values[..] {
            [only] => only.split(',').filter(|v| !v.is_empty()).map(str::to_owned).collect(),
            _ => values.into_iter().map(str::to_owned).collect(),
        }
    }

    /// A boolean that may be given once only.
    ///
    /// # Errors
    /// 400 if it is repeated or neither `true` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        let values: Vec<_> = self.all(name).collect();
        match values[..] {
            [] => Ok(false),
            ["true"] => Ok(true),
            ["false" | ""] => Ok(false),
            [other] => Err(Problem::bad_request(format!(
                "Value '{other}' is not valid for parameter {name}. Valid values are: [true, false]"
            ))),
            _ => Err(Problem::bad_request(format!(
                "You likely repeated request parameter '{name}' and used multiple comma-separated values"
            ))),
        }
    }
}
