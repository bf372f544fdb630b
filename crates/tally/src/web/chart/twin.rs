//! The numbers of a picture as a table, closed until somebody opens it.

use super::draw::Markup;
use crate::language::say;

/// A table beside a picture. The first column names the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct Twin {
    /// What it shows.
    pub(in crate::web) caption: String,
    /// Titles of the columns.
    pub(in crate::web) head: Vec<String>,
    /// The rows.
    pub(in crate::web) rows: Vec<Vec<String>>,
    /// Where the name of each row leads; none, or fewer than rows, lead nowhere.
    pub(in crate::web) links: Vec<Option<String>>,
}

impl Twin {
    /// As HTML.
    pub(in crate::web) fn html(&self) -> String {
        let mut html = Markup::default();
        html.open("details", &[("class", "twin")]).leaf("summary", &[], &say!("chart-table"));
        html.open("div", &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", &self.caption)]);
        html.open("table", &[]).leaf("caption", &[("class", "unseen")], &self.caption);
        html.open("thead", &[]).open("tr", &[]);
        for (index, title) in self.head.iter().enumerate() {
            let class = if index == 0 { "name" } else { "number" };
            html.open("th", &[("scope", "col"), ("class", class)]).leaf("bdi", &[], title).close("th");
        }
        html.close("tr").close("thead").open("tbody", &[]);
        for (at, row) in self.rows.iter().enumerate() {
            let link = self.links.get(at).and_then(Option::as_deref);
            html.open("tr", &[]);
            for (index, text) in row.iter().enumerate() {
                match index {
                    0 => {
                        html.open("th", &[("scope", "row")]);
                        match link {
                            Some(href) => html.open("a", &[("href", href)]).leaf("bdi", &[], text).close("a"),
                            None => html.leaf("bdi", &[], text),
                        };
                        html.close("th")
                    }
                    _ => html.leaf("td", &[("class", "number")], text),
                };
            }
            html.close("tr");
        }
        html.close("tbody").close("table").close("div").close("details");
        html.done()
    }
}
