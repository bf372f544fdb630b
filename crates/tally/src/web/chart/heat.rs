//! The heat map of completeness: a table with a colour and a sign in each field, so that it says nothing by colour alone, reads
//! well aloud, and scrolls on a telephone under a first column that stays.

use super::draw::{Markup, NAME_LETTERS_MAX, shortened};
use crate::language::say;
use crate::render::number::grouped;
use pipeline::picture::{Filled, Written};

/// A row: an organisation unit.
pub(in crate::web) struct Row<'h> {
    /// Its name.
    pub(in crate::web) name: &'h str,
    /// Its fields, one for each period.
    pub(in crate::web) fields: &'h [Filled],
    /// Where a field leads; the period is put behind.
    pub(in crate::web) link: String,
}

/// The sign and the class of a kind of field.
fn sign(written: Written) -> (&'static str, &'static str) {
    match written {
        Written::All => ("■", "h-all"),
        Written::Some => ("◪", "h-some"),
        Written::Waiting => ("◷", "h-waiting"),
        Written::Missing => ("✕", "h-missing"),
        Written::Nothing => ("·", "h-nothing"),
        Written::NoData => ("∕", "h-no-data"),
    }
}

/// What a kind of field is called.
pub(in crate::web) fn called(written: Written) -> String {
    match written {
        Written::All => say!("heat-all"),
        Written::Some => say!("heat-some"),
        Written::Waiting => say!("heat-waiting"),
        Written::Missing => say!("heat-missing"),
        Written::Nothing => say!("heat-nothing"),
        Written::NoData => say!("heat-no-data"),
    }
}

/// The table. `periods` are ids of periods, which need no escape in a link.
pub(in crate::web) fn table(caption: &str, periods: &[String], rows: &[Row<'_>]) -> String {
    let mut html = Markup::default();
    html.open("div", &[("class", "scroll heat"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)]);
    html.open("table", &[]).leaf("caption", &[("class", "unseen")], caption);
    html.open("thead", &[]).open("tr", &[]).leaf("th", &[("scope", "col")], &say!("heat-unit"));
    for period in periods {
        html.open("th", &[("scope", "col"), ("class", "period")]).leaf("span", &[], period).close("th");
    }
    html.close("tr").close("thead").open("tbody", &[]);
    for row in rows {
        // The whole name: nothing else on the page has it.
        html.open("tr", &[]).open("th", &[("scope", "row"), ("title", row.name)]);
        html.leaf("bdi", &[], &shortened(row.name, NAME_LETTERS_MAX)).close("th");
        for (field, period) in row.fields.iter().zip(periods) {
            let (sign, class) = sign(field.written);
            html.open("td", &[("class", class)]);
            if field.n_computed == 0 {
                html.leaf("span", &[("title", &called(field.written))], sign);
            } else {
                let label = told(field);
                let href = format!("{}&period={period}", row.link);
                html.leaf("a", &[("href", &href), ("aria-label", &label), ("title", &label)], sign);
            }
            html.close("td");
        }
        html.close("tr");
    }
    html.close("tbody").close("table").close("div");
    html.done()
}

/// A field in words.
fn told(field: &Filled) -> String {
    let (of, n) = (u64::from(field.n_computed), u64::from(field.n_standing));
    say!("heat-field", written = called(field.written), n = n, of = of)
}

/// What the signs mean, and how many fields have each.
pub(in crate::web) fn legend(counts: &[usize; 6]) -> String {
    let mut html = Markup::default();
    html.open("ul", &[("class", "legend heat")]);
    for (written, n) in Written::ALL.into_iter().zip(counts) {
        let (sign, class) = sign(written);
        html.open("li", &[]).leaf("span", &[("class", &format!("key {class}")), ("aria-hidden", "true")], sign);
        html.text(" ").text(&called(written)).text(" ").leaf("b", &[], &grouped(*n as u64)).close("li");
    }
    html.close("ul");
    html.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(written: Written, n_computed: u32, n_standing: u32) -> Filled {
        Filled { written, n_computed, n_standing }
    }

    #[test]
    fn a_heat_map_has_a_sign_and_words_in_each_field() {
        let hostile = format!("\u{202e}<script>{}", "ن".repeat(300));
        let fields = [
            vec![field(Written::All, 12, 12), field(Written::Waiting, 3, 1)],
            vec![field(Written::Nothing, 0, 0), field(Written::NoData, 0, 0)],
        ];
        let periods = ["2026W9".to_owned(), "2026W10".to_owned()];
        let row = |name, fields| Row { name, fields, link: "/reports/w/cell?org_unit=abc".to_owned() };
        let rows = [row("Côte East", &fields[0]), row(&hostile, &fields[1])];
        let drawn = table("Completeness", &periods, &rows);
        assert!(!drawn.contains("<script") && !drawn.contains("style="));
        assert!(drawn.contains(&"ن".repeat(300)), "the whole name is there");
        insta::assert_snapshot!(drawn);
        insta::assert_snapshot!(legend(&[1, 0, 1, 0, 1, 1]));
    }
}
