//! The revision triangle: what was known of each period after how many further ones.

use super::draw::Markup;
use super::figure;
use crate::language::say;
use pipeline::revisions::Triangle;
use rust_decimal::Decimal;

/// The table of an indicator. A number that is another one than that before it is marked.
pub(in crate::web) fn table(triangle: &Triangle) -> String {
    let n_delays = triangle.periods.iter().map(|period| period.known.len()).max().unwrap_or_default();
    let mut html = Markup::default();
    let label = say!("triangle-of", title = triangle.title.clone());
    html.open("div", &[("class", "scroll triangle"), ("tabindex", "0"), ("role", "region"), ("aria-label", &label)]);
    html.open("table", &[]).leaf("caption", &[("class", "unseen")], &label).open("thead", &[]).open("tr", &[]);
    html.leaf("th", &[("scope", "col")], &say!("chart-period"));
    for delay in 0..n_delays {
        html.leaf("th", &[("scope", "col"), ("class", "number")], &format!("+{delay}"));
    }
    for title in [say!("triangle-now"), say!("triangle-added"), say!("triangle-taken")] {
        html.leaf("th", &[("scope", "col"), ("class", "number")], &title);
    }
    html.close("tr").close("thead").open("tbody", &[]);
    for period in &triangle.periods {
        html.open("tr", &[]).leaf("th", &[("scope", "row")], &period.period);
        let mut before: Option<&str> = None;
        for delay in 0..n_delays {
            let known = period.known.get(delay).and_then(Option::as_deref);
            let is_revised = known.is_some() && before.is_some() && known != before;
            number(&mut html, known, is_revised);
            before = known.or(before);
        }
        let now = period.now.as_deref();
        number(&mut html, now, now.is_some() && before.is_some() && now != before);
        number(&mut html, Some(&period.added), false);
        number(&mut html, Some(&period.taken), false);
        html.close("tr");
    }
    html.close("tbody").close("table").close("div");
    html.done()
}

fn number(html: &mut Markup, value: Option<&str>, is_revised: bool) {
    let text = value.map(|text| text.parse::<Decimal>().map_or_else(|_| text.to_owned(), figure)).unwrap_or_default();
    html.open("td", &[("class", if is_revised { "number revised" } else { "number" })]);
    match is_revised {
        // Bold and underlined by the style sheet, and told apart by a programme that reads aloud.
        true => html.leaf("ins", &[], &text),
        false => html.text(&text),
    };
    html.close("td");
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::as_of::Summed;
    use pipeline::revisions::Revised;

    #[test]
    fn what_was_revised_is_marked() {
        let known = |texts: &[&str]| texts.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect();
        let period = |id: &str, texts: &[&str], now: &str, added: &str| Revised {
            period: id.to_owned(),
            known: known(texts),
            now: Some(now.to_owned()),
            added: added.to_owned(),
            taken: "0".to_owned(),
        };
        let triangle = Triangle {
            indicator: "cases".into(),
            title: "<b>New cases".into(),
            of: Summed::Values,
            periods: vec![
                period("2026W9", &["1200", "1250", "1250"], "1251", "51"),
                period("2026W10", &["7", "", ""], "7", "0"),
            ],
        };
        let drawn = table(&triangle);
        assert_eq!(drawn.matches("<ins>").count(), 2);
        insta::assert_snapshot!(drawn);
    }
}
