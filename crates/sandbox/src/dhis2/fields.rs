//! The `fields` parameter: `id,name,dataSetElements[dataElement[id]]`, presets, exclusions.

use super::respond::Problem;

/// Deepest nesting of brackets; a client asks for some six levels.
const DEPTH_MAX: usize = 16;

/// One entry of a field list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A property, with the fields wanted of what it refers to.
    Property(String, Option<Vec<Field>>),
    /// `!name`.
    Without(String),
    /// `*`, `:all`, `:owner`, `:persisted`, `:simple`.
    All,
    /// `:identifiable`.
    Identifiable,
    /// `:nameable`.
    Nameable,
}

/// Parses a field list.
///
/// # Errors
/// 400 if brackets do not match.
pub(crate) fn parse(text: &str) -> Result<Vec<Field>, Problem> {
    let mut rest = text;
    let fields = list(&mut rest, 0)?;
    if rest.is_empty() { Ok(fields) } else { Err(unbalanced(text)) }
}

fn list(rest: &mut &str, depth: usize) -> Result<Vec<Field>, Problem> {
    if depth > DEPTH_MAX {
        return Err(Problem::bad_request("Fields are nested too deeply"));
    }
    let mut fields = Vec::new();
    loop {
        let end = rest.find([',', '[', ']', '(', ')']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        let nested = match rest.strip_prefix(['[', '(']) {
            Some(inside) => {
                *rest = inside;
                let nested = list(rest, depth + 1)?;
                *rest = rest.strip_prefix([']', ')']).ok_or_else(|| unbalanced(name))?;
                Some(nested)
            }
            None => None,
        };
        fields.extend(field(name.trim(), nested));
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Ok(fields),
        }
    }
}

fn field(name: &str, nested: Option<Vec<Field>>) -> Option<Field> {
    match name {
        "" => None,
        "*" | ":all" | ":owner" | ":persisted" | ":simple" => Some(Field::All),
        ":identifiable" => Some(Field::Identifiable),
        ":nameable" => Some(Field::Nameable),
        _ if name.starts_with('!') => Some(Field::Without(name[1..].to_owned())),
        _ => Some(match name.split_once('.') {
            Some((head, tail)) => Field::Property(head.to_owned(), field(tail, nested).map(|inner| vec![inner])),
            None => Field::Property(name.to_owned(), nested),
        }),
    }
}

fn unbalanced(text: &str) -> Problem {
    Problem::bad_request(format!("Unbalanced brackets in fields: `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_presets_and_exclusions_are_read() {
        let id = || Field::Property("id".to_owned(), None);
        assert_eq!(
            parse("id,parent[id,:identifiable],!code,*,a.id").unwrap(),
            [
                id(),
                Field::Property("parent".to_owned(), Some(vec![id(), Field::Identifiable])),
                Field::Without("code".to_owned()),
                Field::All,
                Field::Property("a".to_owned(), Some(vec![id()])),
            ]
        );
    }

    #[test]
    fn brackets_must_match() {
        assert!(parse("a[b").is_err());
        assert!(parse("a]b").is_err());
        assert!(parse(&"a[".repeat(40)).is_err());
    }
}
