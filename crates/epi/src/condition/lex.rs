//! A condition's words and signs, each with its place in bytes.
//!
//! The parser counts lines and characters; messages need bytes. So every place is rewritten before the parser sees it:
//! line 1, and as column the byte offset plus one. Whatever the parser then says about places is about bytes.

use super::ConditionError;
use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};
use std::ops::Range;
use std::str::CharIndices;

/// A condition's text cut into words and signs, without white space and comments.
pub(super) struct Lexed<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<TokenWithSpan>,
}

/// The bytes of a rewritten place; empty at the start of the text for a place that the parser does not know.
pub(super) fn range(span: Span) -> Range<usize> {
    let byte = |location: Location| usize::try_from(location.column).unwrap_or(0).saturating_sub(1);
    byte(span.start)..byte(span.end)
}

impl<'t> Lexed<'t> {
    pub(super) fn new(dialect: &dyn Dialect, text: &'t str) -> Result<Self, ConditionError> {
        let mut bytes = Bytes::new(text);
        let tokens = Tokenizer::new(dialect, text).tokenize_with_location().map_err(|error| {
            let at = bytes.at(error.location);
            ConditionError::new(
                at..text.len(),
                lowercase_first(error.message.replace("EOF", "end").trim_end_matches('.')),
            )
        })?;
        let mut kept = Vec::with_capacity(tokens.len());
        for TokenWithSpan { token, span } in tokens {
            let (start, end) = (bytes.at(span.start), bytes.at(span.end));
            if !matches!(token, Token::Whitespace(_) | Token::EOF) {
                let place = |byte: usize| Location::new(1, byte as u64 + 1);
                kept.push(TokenWithSpan { token, span: Span::new(place(start), place(end)) });
            }
        }
        Ok(Self { text, tokens: kept })
    }

    /// The source of a place, for quoting it in a message.
    pub(super) fn source(&self, span: &Range<usize>) -> &'t str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The text literal inside a place that may have parentheses around it.
    pub(super) fn literal_within(&self, span: &Range<usize>) -> Range<usize> {
        let inside = self.tokens.iter().skip_while(|token| range(token.span).start < span.start);
        let mut literals = inside.filter(|token| matches!(token.token, Token::SingleQuotedString(_)));
        literals.next().map_or(span.clone(), |token| range(token.span))
    }

    /// The start of the `n`th token before a byte, counted from 1.
    pub(super) fn start_before(&self, byte: usize, n: usize) -> usize {
        let index = self.tokens.partition_point(|token| range(token.span).end <= byte);
        self.tokens.get(index.wrapping_sub(n)).map_or(byte, |token| range(token.span).start)
    }

    /// The end of the `n`th token after a byte, counted from 1.
    pub(super) fn end_after(&self, byte: usize, n: usize) -> usize {
        self.token_after(byte, n).map_or(byte, |token| range(token.span).end)
    }

    /// The `n`th token after a byte, counted from 1.
    pub(super) fn token_after(&self, byte: usize, n: usize) -> Option<&TokenWithSpan> {
        let index = self.tokens.partition_point(|token| range(token.span).start < byte);
        self.tokens.get(index + n - 1)
    }
}

/// `Unterminated string literal` as a fragment of ours.
pub(super) fn lowercase_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Turns the tokenizer's places into byte offsets in one walk over the text: its places never go back.
struct Bytes<'t> {
    chars: CharIndices<'t>,
    line: u64,
    column: u64,
}

impl<'t> Bytes<'t> {
    fn new(text: &'t str) -> Self {
        Self { chars: text.char_indices(), line: 1, column: 1 }
    }

    fn at(&mut self, place: Location) -> usize {
        while (self.line, self.column) < (place.line, place.column) {
            match self.chars.next() {
                Some((_, '\n')) => (self.line, self.column) = (self.line + 1, 1),
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.chars.offset()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::dialect::AnsiDialect;

    fn sources(text: &str) -> Vec<&str> {
        let lexed = Lexed::new(&AnsiDialect {}, text).unwrap();
        lexed.tokens.iter().map(|token| lexed.source(&range(token.span))).collect()
    }

    #[test]
    fn places_are_bytes_across_lines_and_scripts() {
        assert_eq!(
            sources("kind = 'Fièvre'\n  AND\r\n\toutcome<>'エボラ' /* ünï\n */ OR age_years>=-1.50 -- señal\nOR x"),
            [
                "kind",
                "=",
                "'Fièvre'",
                "AND",
                "outcome",
                "<>",
                "'エボラ'",
                "OR",
                "age_years",
                ">=",
                "-",
                "1.50",
                "OR",
                "x"
            ]
        );
    }

    #[test]
    fn a_doubled_quote_and_a_line_break_stay_inside_their_text() {
        assert_eq!(sources("'a''b\nc' = d"), ["'a''b\nc'", "=", "d"]);
    }

    #[test]
    fn what_cannot_be_cut_has_its_place() {
        let error = Lexed::new(&AnsiDialect {}, "é = 'open").err().unwrap();
        assert_eq!((error.span, error.message.as_str()), (5..10, "unterminated string literal"));
    }
}
