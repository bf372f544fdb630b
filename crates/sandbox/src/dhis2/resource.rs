//! Metadata collections and single objects: fields, filters, paging.

use serde_json::{Map, Value, json};

use super::Server;
use super::catalogue::{IdScheme, Kind};
use super::fields::{self, Field};
use super::filter::Filters;
use super::object::{Node, object};
use super::package;
use super::query::Query;
use super::respond::Problem;

/// Objects on a page unless the request says otherwise.
const PAGE_SIZE: usize = 50;

/// One object by UID.
pub(crate) fn single(server: &Server, kind: Kind, uid: &str, query: &Query) -> Result<Value, Problem> {
    let catalogue = &server.catalogue;
    let position = catalogue.find(kind, IdScheme::Uid, uid).ok_or_else(|| {
        let class = kind.class();
        Problem::not_found(format!("{class} with id {uid} could not be found.")).code("E1005")
    })?;
    let fields = wanted(query, "*")?;
    Ok(object(kind, position).project(catalogue, Some(&fields)))
}

/// A collection: `{"pager": .., "dataSets": [..]}`, ordered by name.
pub(crate) fn collection(server: &Server, kind: Kind, query: &Query, base_url: &str) -> Result<Value, Problem> {
    let catalogue = &server.catalogue;
    let fields = wanted(query, "id,displayName")?;
    let filters = Filters::parse(query)?;
    let identities = catalogue.identities(kind);
    let mut order: Vec<usize> = (0..identities.len()).collect();
    order.sort_by_key(|&p| (identities[p].2, identities[p].0));
    let mut found: Vec<Node> = Vec::new();
    for position in order {
        let node = object(kind, position);
        if filters.pass(catalogue, &node)? {
            found.push(node);
        }
    }
    let mut body = Map::new();
    let mut page = found.as_slice();
    if query.get("paging") != Some("false") {
        let (pager, range) = pager(query, kind, found.len(), base_url)?;
        body.insert("pager".to_owned(), pager);
        page = &found[range];
    }
    let is_whole = fields.contains(&Field::All);
    let project = |node: &Node| {
        let mut object = node.project(catalogue, Some(&fields));
        if is_whole {
            package::complete(&catalogue.metadata, kind.plural(), &mut object);
        }
        object
    };
    let objects = page.iter().map(project).collect();
    body.insert(kind.plural().to_owned(), objects);
    Ok(Value::Object(body))
}

fn wanted(query: &Query, default: &str) -> Result<Vec<Field>, Problem> {
    let given: Vec<_> = query.all("fields").collect();
    if given.is_empty() { fields::parse(default) } else { fields::parse(&given.join(",")) }
}

fn pager(query: &Query, kind: Kind, total: usize, base_url: &str) -> Result<(Value, std::ops::Range<usize>), Problem> {
    let number = |name: &str, default: usize| match query.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| Problem::bad_request(format!("Value '{text}' is not valid for parameter {name}"))),
    };
    let (page, size) = (number("page", 1)?, number("pageSize", PAGE_SIZE)?);
    let n_pages = total.div_ceil(size).max(1);
    let page = page.min(n_pages);
    let start = (page - 1) * size;
    let mut pager = json!({"page": page, "total": total, "pageSize": size, "pageCount": n_pages});
    let link = |page: usize| json!(format!("{base_url}/api/{}?page={page}&pageSize={size}", kind.plural()));
    if page < n_pages {
        pager["nextPage"] = link(page + 1);
    }
    if page > 1 {
        pager["prevPage"] = link(page - 1);
    }
    Ok((pager, start..total.min(start.saturating_add(size))))
}
