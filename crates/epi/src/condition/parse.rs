//! A condition's text as a syntax tree, with what its grammar forbids.

use super::lex::{Lexed, lowercase_first, range};
use super::refuse::refusals;
use super::{ConditionError, LENGTH_MAX};
use sqlparser::ast::{Expr, Ident};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Calls of the parser into itself. An ordinary level of parentheses takes two, so this is above what the limit on
/// parentheses lets through and below what a thread's stack bears.
const RECURSION_MAX: usize = 160;

/// What could be read of a condition.
pub(super) struct Parsed<'t> {
    pub(super) lexed: Lexed<'t>,
    /// None after a syntax error.
    pub(super) tree: Option<Expr>,
    pub(super) errors: Vec<ConditionError>,
}

/// Reads a condition's grammar; types and names come later.
pub(super) fn parse(text: &str) -> Result<Parsed<'_>, ConditionError> {
    if text.len() > LENGTH_MAX {
        let message = format!("the condition is longer than {LENGTH_MAX} bytes");
        return Err(ConditionError::new(LENGTH_MAX..text.len(), message));
    }
    let lexed = Lexed::new(&ConditionDialect, text)?;
    if lexed.tokens.is_empty() {
        return Err(
            ConditionError::new(0..text.len(), "the condition is empty").hint("Write TRUE to count all records.")
        );
    }
    let mut errors = refusals(&lexed)?;
    let tree = match tree(&lexed) {
        Ok(tree) => Some(tree),
        // A refused word often breaks the grammar too; saying so would only blur it.
        Err(error) if errors.is_empty() => {
            errors.push(error);
            None
        }
        Err(_) => None,
    };
    Ok(Parsed { lexed, tree, errors })
}

fn tree(lexed: &Lexed<'_>) -> Result<Expr, ConditionError> {
    let mut parser = Parser::new(&ConditionDialect)
        .with_recursion_limit(RECURSION_MAX)
        .with_tokens_with_locations(lexed.tokens.clone());
    let tree = parser.parse_expr().map_err(|error| syntax_error(lexed, &error))?;
    match parser.peek_token() {
        TokenWithSpan { token: Token::EOF, .. } => Ok(tree),
        TokenWithSpan { token, span } => {
            let span = range(span);
            let message = format!("unexpected `{}`", lexed.source(&span));
            let hint = match token {
                Token::RParen => "It closes nothing.",
                Token::Comma => "A condition is one expression; a list of values stands in parentheses after IN.",
                _ => "Join two conditions with AND or OR.",
            };
            Err(ConditionError::new(span, message).hint(hint))
        }
    }
}

/// The parser's message in our words. Its only place is in its text: `... at Line: 1, Column: 8`.
fn syntax_error(lexed: &Lexed<'_>, error: &ParserError) -> ConditionError {
    let end = lexed.text.trim_end().len();
    let message = match error {
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return ConditionError::new(0..end, "the condition is nested too deeply");
        }
    };
    let (message, column) = message.rsplit_once(" at Line: 1, Column: ").unwrap_or((message, ""));
    let at = column.parse::<usize>().ok().and_then(|column| lexed.token_after(column.saturating_sub(1), 1));
    let span = at.map_or(end..end, |token| range(token.span));
    let found = at.map_or("the end".into(), |token| format!("`{}`", lexed.source(&range(token.span))));
    match message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        // The parser lists what all of SQL allows here.
        Some((expected, _)) if expected.starts_with("[NOT] NULL") => {
            ConditionError::new(span, format!("expected NULL, TRUE, FALSE or NOT after IS, found {found}"))
        }
        Some((expected, _)) if expected.starts_with("SELECT, VALUES") => {
            ConditionError::new(span, format!("expected SELECT 1 FROM a list, found {found}"))
        }
        Some((expected, _)) if expected.chars().all(|sign| sign.is_ascii_punctuation()) => {
            ConditionError::new(span, format!("expected `{expected}`, found {found}"))
        }
        Some((expected, _)) => ConditionError::new(span, format!("expected {expected}, found {found}")),
        None => ConditionError::new(span, lowercase_first(message)),
    }
}

/// SQL without any dialect's additions.
#[derive(Debug)]
struct ConditionDialect;

impl Dialect for ConditionDialect {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    /// A word is a name unless it belongs to our grammar, so that no field collides with one of SQL's thousand keywords.
    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let first = parser.peek_token();
        let next = parser.peek_nth_token(1).token;
        let Token::Word(word) = &first.token else { return None };
        match word.keyword {
            keyword if NEVER_FIRST.contains(&keyword) => return Some(parser.expected("an expression", first)),
            keyword if FIRST.contains(&keyword) => return None,
            _ if matches!(next, Token::LParen | Token::SingleQuotedString(_)) => return None,
            _ => {}
        }
        let name = Ident { value: word.value.clone(), quote_style: word.quote_style, span: first.span };
        parser.next_token();
        Some(Ok(Expr::Identifier(name)))
    }

    /// A `CASE` or `EXISTS` that is broken is not a field of that name after all.
    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        FIRST.contains(&keyword) || NEVER_FIRST.contains(&keyword)
    }
}

/// Words of our grammar that begin an expression.
const FIRST: &[Keyword] = &[Keyword::CASE, Keyword::EXISTS, Keyword::FALSE, Keyword::NOT, Keyword::NULL, Keyword::TRUE];

/// Words of our grammar that stand further inside.
const NEVER_FIRST: &[Keyword] = &[
    Keyword::AND,
    Keyword::BETWEEN,
    Keyword::ELSE,
    Keyword::FROM,
    Keyword::IN,
    Keyword::IS,
    Keyword::LIKE,
    Keyword::OR,
    Keyword::SELECT,
    Keyword::THEN,
    Keyword::WHEN,
    Keyword::WHERE,
];
