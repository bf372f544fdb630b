//! A page as an outline: what people read and where it leads, a line each, without what only the eye sees.

use std::fmt::Write;

/// Rows of a table in an outline; the rest is counted.
const ROWS_SHOWN: usize = 3;

/// A tag: its name, and its attributes as they stand.
pub(super) struct Tag<'p> {
    pub(super) name: &'p str,
    text: &'p str,
}

impl<'p> Tag<'p> {
    fn new(text: &'p str) -> Self {
        let end = text.find(|c: char| c.is_whitespace()).unwrap_or(text.len());
        Self { name: &text[..end], text }
    }

    /// An attribute, unescaped.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let from = self.text.split_once(&format!(" {name}=\""))?.1;
        Some(plain(from.split('"').next().unwrap_or_default()))
    }

    /// The names of all its attributes.
    pub(super) fn attributes(&self) -> Vec<&'p str> {
        let mut names = Vec::new();
        // Outside quotes only: a value may hold anything.
        for (n, piece) in self.text.split('"').enumerate() {
            if n % 2 == 0 {
                names.extend(piece.split_whitespace().filter_map(|word| word.strip_suffix('=')));
            }
        }
        names
    }
}

/// Tags and the texts behind them, in their order.
pub(super) fn pieces(page: &str) -> impl Iterator<Item = (Tag<'_>, &str)> {
    page.split('<').skip(1).map(|piece| {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        (Tag::new(tag), text)
    })
}

/// Text without the signs that stand for others.
pub(super) fn plain(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    let signs = signs.into_iter().chain([("&#60;", "<"), ("&#62;", ">")]);
    signs.fold(text.to_owned(), |text, (from, to)| text.replace(from, to)).replace("&amp;", "&")
}

/// The outline of a page without what stands around each: its title, and its content.
pub(super) fn content(page: &str) -> String {
    let title = page.split_once("<title>").map_or("", |(_, rest)| rest.split("</head>").next().unwrap_or_default());
    let content = page.split_once("<main").map_or("", |(_, rest)| rest);
    outline(&format!("<title>{title}<main{}", content.split("</main>").next().unwrap_or_default()))
}

/// The outline of a page.
pub(super) fn outline(page: &str) -> String {
    let mut out = String::new();
    let (mut in_picture, mut n_rows, mut in_body, mut leads_to) = (false, 0, false, String::new());
    for (tag, text) in pieces(page) {
        match tag.name {
            "svg" => {
                in_picture = true;
                let name = tag.get("aria-label").unwrap_or_default();
                let _ = write!(out, "\n(picture {name})");
            }
            "/svg" => in_picture = false,
            "tbody" => (in_body, n_rows) = (true, 0),
            "/tbody" => {
                in_body = false;
                if n_rows > ROWS_SHOWN {
                    let _ = write!(out, "\n  ({} more rows)", n_rows - ROWS_SHOWN);
                }
            }
            "tr" => n_rows += usize::from(in_body),
            "a" => leads_to = tag.get("href").unwrap_or_default(),
            _ => {}
        }
        if in_picture || (in_body && n_rows > ROWS_SHOWN) {
            continue;
        }
        if tag.name == "/a" {
            let _ = write!(out, "]({leads_to})");
        }
        open(&mut out, &tag);
        let text = plain(text);
        out += &text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.ends_with(char::is_whitespace) && !text.trim().is_empty() {
            out.push(' ');
        }
    }
    let lines = out.lines().map(str::trim_end).filter(|line| !line.trim_matches(['|', ' ']).is_empty());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// What a tag is in the outline.
fn open(out: &mut String, tag: &Tag<'_>) {
    let get = |name| tag.get(name).unwrap_or_default();
    let _ = match tag.name {
        "title" => write!(out, "\ntitle: "),
        "h1" => write!(out, "\n# "),
        "h2" => write!(out, "\n## "),
        "h3" => write!(out, "\n### "),
        "caption" => write!(out, "\ntable: "),
        "tr" => write!(out, "\n  |"),
        "th" | "td" => write!(out, " "),
        "/th" | "/td" => write!(out, " |"),
        "a" => write!(out, "["),
        "form" => write!(out, "\nform {} {}", get("method"), get("action")),
        "input" => write!(out, "\n  input {} {}={}", get("type"), get("name"), get("value")),
        "select" => write!(out, "\n  select {}:", get("name")),
        "option" => write!(out, " / "),
        "button" => write!(out, "\n  button "),
        "meta" => match tag.get("http-equiv") {
            Some(what) => write!(out, "\nmeta {what} {}", get("content")),
            None => Ok(()),
        },
        "html" => write!(out, "\nhtml {}", get("lang")),
        "p" | "dt" | "li" | "section" | "summary" | "footer" | "header" | "nav" | "main" | "label" | "div"
        | "/title" => {
            writeln!(out)
        }
        "dd" => write!(out, ": "),
        _ => Ok(()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_outlined() {
        let page = "<html lang=\"en\"><h1>A &lt;b&gt;</h1><p>See <a href=\"/x?a=1&amp;b=2\">this</a>.</p><svg aria-label=\"m\"><text>1</text></svg>\
                    <table><tbody><tr><td>1</td></tr><tr><td>2</td></tr><tr><td>3</td></tr><tr><td>4</td></tr></tbody></table>";
        insta::assert_snapshot!(outline(page), @r"
        html en
        # A <b>
        See [this](/x?a=1&b=2).
        (picture m)
          | 1 |
          | 2 |
          | 3 |
          (1 more rows)
        ");
    }
}
