//! Markup that escapes whatever is put into it.

use std::fmt::Write;

/// Letters of a name in a picture; the table beside it has the whole name.
pub(super) const NAME_LETTERS_MAX: usize = 40;

/// Text of markup while it is made.
#[derive(Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Opens an element with attributes.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.begin(name, attributes);
        self.0.push('>');
        self
    }

    /// An element with nothing in it, as SVG has them.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.begin(name, attributes);
        self.0.push_str("/>");
        self
    }

    pub(super) fn close(&mut self, name: &str) -> &mut Self {
        let _ = write!(self.0, "</{name}>");
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape(&mut self.0, text);
        self
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.open(name, attributes).text(text).close(name)
    }

    /// Markup that was made here as well.
    pub(super) fn markup(&mut self, made: &str) -> &mut Self {
        self.0.push_str(made);
        self
    }

    pub(super) fn done(self) -> String {
        self.0
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.0, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.0, " {attribute}=\"");
            escape(&mut self.0, value);
            self.0.push('"');
        }
    }
}

/// A picture's beginning: what it is called and what it shows, for those who cannot see it. `id` is unique on its page.
pub(super) fn begin(id: &str, size: (f64, f64), class: &str, title: &str, description: &str) -> Markup {
    let mut svg = Markup::default();
    let view = format!("0 0 {} {}", size.0, size.1);
    let (title_id, description_id) = (format!("{id}-t"), format!("{id}-d"));
    let labels = format!("{title_id} {description_id}");
    let attributes = [("class", class), ("viewBox", &view), ("role", "img"), ("aria-labelledby", &labels)];
    svg.open("svg", &attributes);
    svg.leaf("title", &[("id", &title_id)], title).leaf("desc", &[("id", &description_id)], description);
    svg
}

/// A coordinate with at most one decimal.
pub(super) fn at(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No negative zero.
    format!("{}", rounded + 0.0)
}

/// A name as a picture has room for it: without marks that turn the direction of what stands after it, and not too long.
pub(super) fn shortened(name: &str, letters: usize) -> String {
    let plain = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
    };
    let mut text: String = name.chars().filter(plain).take(letters + 1).collect();
    if text.chars().count() > letters {
        text = text.chars().take(letters.saturating_sub(1)).collect();
        text.push('…');
    }
    text
}

fn escape(to: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\'' => to.push_str("&#39;"),
            // Neither XML nor HTML has them.
            c if c.is_control() && !matches!(c, '\n' | '\t') => to.push('\u{fffd}'),
            c => to.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_put_in_is_text() {
        let mut markup = Markup::default();
        markup.leaf("p", &[("title", "\"><script>")], "<script>alert('x')</script> & \u{0}");
        assert_eq!(
            markup.done(),
            "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; \u{fffd}</p>"
        );
    }

    #[test]
    fn a_name_is_shortened_and_turns_nothing_around() {
        assert_eq!(shortened("Côte \u{202e}East\u{0}", 40), "Côte East");
        let long = shortened(&"é".repeat(300), 40);
        assert_eq!((long.chars().count(), long.ends_with('…')), (40, true));
        assert_eq!(shortened("abc", 3), "abc");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([at(-0.01), at(1.0), at(1.26), at(-3.04)], ["0", "1", "1.3", "-3"]);
    }
}
