//! What SQL has and a condition has not.
//!
//! Looked for among the words and signs, because the parser keeps no place for many of these things.

use super::lex::{Lexed, range};
use super::{ConditionError, NESTING_MAX, TOKENS_MAX};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// What a condition may hold, for whoever reached for something else.
pub(super) const POSSIBLE: &str = "Possible are = <> < <= > >=, IN, BETWEEN, LIKE, IS NULL, IS TRUE, IS FALSE, AND, OR, NOT, + - * /, CASE, \
     COALESCE, and over a list EXISTS or (SELECT MIN(...) FROM ...).";

const SUBQUERY: &str = "Write EXISTS (SELECT 1 FROM stays WHERE ...) or (SELECT MIN(start) FROM stays WHERE ...), with the \
                        name of a list.";

/// What makes one value of a list's elements.
const FOLDS: [Keyword; 4] = [Keyword::MIN, Keyword::MAX, Keyword::SUM, Keyword::COUNT];

/// Words with a meaning in SQL that has no place here, and what to do instead.
const REFUSED_WORDS: &[(&str, &str)] = &[
    ("ALL", POSSIBLE),
    ("ANY", POSSIBLE),
    ("AS", "Leave the alias out; fields are reached as `stays.start` or `person.outcome`."),
    ("COLLATE", "Texts are compared byte by byte."),
    ("CURRENT_DATE", "A condition knows no clock; the report's periods say which days count."),
    ("CURRENT_TIME", "A condition knows no clock; the report's periods say which days count."),
    ("CURRENT_TIMESTAMP", "A condition knows no clock; the report's periods say which days count."),
    ("DISTINCT", "Leave it out; two values are compared by =, <> and IS NULL."),
    ("DIV", POSSIBLE),
    ("ESCAPE", "In LIKE, `%` and `_` cannot be escaped."),
    ("EXCEPT", POSSIBLE),
    ("FETCH", "Leave it out: EXISTS asks whether there is at least one element."),
    ("GLOB", "Write LIKE, where `%` stands for any text and `_` for one character."),
    ("GROUP", "Leave it out: EXISTS asks whether there is at least one element."),
    ("HAVING", "Leave it out: EXISTS asks whether there is at least one element."),
    ("ILIKE", "Write LIKE, which heeds case."),
    ("INTERSECT", POSSIBLE),
    ("INTERVAL", "Days are added to a date as a number: date_of_onset + 21."),
    ("JOIN", "One EXISTS reads one list; join conditions with AND."),
    ("LIMIT", "Leave it out: EXISTS asks whether there is at least one element."),
    ("MOD", POSSIBLE),
    ("OFFSET", "Leave it out: EXISTS asks whether there is at least one element."),
    ("ORDER", "Leave it out: EXISTS asks whether there is at least one element."),
    ("OVERLAPS", "Compare the dates: start <= x AND end >= y."),
    ("REGEXP", "Write LIKE, where `%` stands for any text and `_` for one character."),
    ("RLIKE", "Write LIKE, where `%` stands for any text and `_` for one character."),
    ("SIMILAR", "Write LIKE, where `%` stands for any text and `_` for one character."),
    ("SOME", POSSIBLE),
    ("UNION", "Join two EXISTS with OR."),
    ("UNKNOWN", "Write IS NULL: a condition that is unknown is null."),
    ("VALUES", POSSIBLE),
    ("WITH", POSSIBLE),
    ("XOR", POSSIBLE),
];

/// Words that a parenthesis may follow.
const BEFORE_PARENTHESIS: &[Keyword] = &[
    Keyword::AND,
    Keyword::BETWEEN,
    Keyword::CASE,
    Keyword::ELSE,
    Keyword::EXISTS,
    Keyword::FROM,
    Keyword::IN,
    Keyword::LIKE,
    Keyword::NOT,
    Keyword::OR,
    Keyword::SELECT,
    Keyword::THEN,
    Keyword::WHEN,
    Keyword::WHERE,
];

/// Everything that is refused, or the one thing that forbids to read on.
pub(super) fn refusals(lexed: &Lexed<'_>) -> Result<Vec<ConditionError>, ConditionError> {
    limits(lexed)?;
    Ok((0..lexed.tokens.len()).filter_map(|index| refusal(lexed, index)).collect())
}

/// Depth and number: the parser recurses over both.
fn limits(lexed: &Lexed<'_>) -> Result<(), ConditionError> {
    let (mut depth, mut n_tokens) = (0_usize, 0_usize);
    for token in &lexed.tokens {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            // A list of constants may be long: it is flat.
            Token::Comma | Token::SingleQuotedString(_) | Token::Number(..) => {}
            _ => n_tokens += 1,
        }
        if depth > NESTING_MAX {
            let message = format!("parentheses are nested more than {NESTING_MAX} deep");
            return Err(ConditionError::new(range(token.span), message));
        }
        if n_tokens > TOKENS_MAX {
            let message = format!("the condition has more than {TOKENS_MAX} words and signs");
            let hint = "Compare one field with many values by IN, or split the indicator.";
            return Err(ConditionError::new(range(token.span), message).hint(hint));
        }
    }
    Ok(())
}

fn refusal(lexed: &Lexed<'_>, index: usize) -> Option<ConditionError> {
    let token = &lexed.tokens[index];
    let span = range(token.span);
    let source = lexed.source(&span);
    let sign = |hint: String| {
        Some(ConditionError::new(span.clone(), format!("`{source}` is not possible in a condition")).hint(hint))
    };
    match &token.token {
        Token::Word(word) if word.quote_style.is_some() => Some(
            ConditionError::new(span.clone(), format!("{source} stands in the wrong quotes"))
                .hint(format!("A text is written '{0}'; a field is written without quotes: {0}.", word.value)),
        ),
        Token::Word(word) => word_refusal(lexed, index, word),
        Token::Number(_, false)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq
        | Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::LParen
        | Token::RParen
        | Token::Period => None,
        Token::DoubleEq => sign("Equality is written `=`.".into()),
        Token::SemiColon => sign("A condition is one expression; leave the `;` out.".into()),
        Token::DoubleColon => sign("A field keeps its type; a date is written DATE '2020-01-31'.".into()),
        Token::ExclamationMark => sign("Negation is written NOT.".into()),
        Token::Ampersand | Token::Overlap => sign("Both conditions are written AND.".into()),
        Token::Pipe | Token::StringConcat => {
            sign("Texts cannot be put together; either of two conditions is written OR.".into())
        }
        Token::NationalStringLiteral(text) | Token::EscapedStringLiteral(text) => {
            sign(format!("A text is written in single quotes: '{text}'."))
        }
        _ => sign(POSSIBLE.into()),
    }
}

fn word_refusal(lexed: &Lexed<'_>, index: usize, word: &Word) -> Option<ConditionError> {
    let span = range(lexed.tokens[index].span);
    let followed = |token: &Token| lexed.tokens.get(index + 1).is_some_and(|next| next.token == *token);
    let preceded = |n: usize, keyword: Keyword| {
        let before = index.checked_sub(n).and_then(|before| lexed.tokens.get(before));
        before.is_some_and(|before| matches!(&before.token, Token::Word(word) if word.keyword == keyword))
    };
    if word.keyword == Keyword::SELECT {
        let opened = index > 0 && lexed.tokens[index - 1].token == Token::LParen;
        if opened && preceded(2, Keyword::EXISTS) {
            return exists_refusal(lexed, index);
        }
        let next = lexed.tokens.get(index + 1).map(|next| &next.token);
        let folds = matches!(next, Some(Token::Word(word)) if FOLDS.contains(&word.keyword));
        if !opened || !folds || preceded(2, Keyword::IN) {
            let message = "a subquery stands only in EXISTS, or is MIN, MAX, SUM or COUNT(*) of a list";
            return Some(ConditionError::new(span, message).hint(SUBQUERY));
        }
        return None;
    }
    if FOLDS.contains(&word.keyword) && preceded(1, Keyword::SELECT) {
        return fold_refusal(lexed, index);
    }
    if word.keyword == Keyword::COALESCE {
        return None;
    }
    if let Some((refused, hint)) = REFUSED_WORDS.iter().find(|(refused, _)| refused.eq_ignore_ascii_case(&word.value)) {
        return Some(ConditionError::new(span, format!("{refused} is not possible in a condition")).hint(*hint));
    }
    (followed(&Token::LParen) && !BEFORE_PARENTHESIS.contains(&word.keyword)).then(|| {
        let message = format!("the function `{}` is not possible in a condition", word.value);
        ConditionError::new(span, message).hint(POSSIBLE)
    })
}

/// What follows the `SELECT` of an `EXISTS`: `1 FROM stays`, and then `WHERE` or the closing parenthesis. The parser knows
/// forty more clauses.
fn exists_refusal(lexed: &Lexed<'_>, select: usize) -> Option<ConditionError> {
    let one = lexed.tokens.get(select + 1)?;
    if one.token != Token::Mul && !matches!(&one.token, Token::Number(digits, _) if digits == "1") {
        return Some(unexpected(lexed, one, "EXISTS"));
    }
    from_refusal(lexed, select + 2, "EXISTS")
}

/// What follows the function of a fold: what it takes in parentheses, `FROM stays`, and then `WHERE` or the closing
/// parenthesis.
fn fold_refusal(lexed: &Lexed<'_>, function: usize) -> Option<ConditionError> {
    let opening = lexed.tokens.get(function + 1)?;
    if opening.token != Token::LParen {
        return Some(unexpected(lexed, opening, "a subquery"));
    }
    let mut depth = 0_usize;
    let closing = lexed.tokens.iter().enumerate().skip(function + 1).find(|(_, token)| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    from_refusal(lexed, closing?.0 + 1, "a subquery")
}

/// From a `FROM` on: a list's name, and then `WHERE` or the closing parenthesis.
fn from_refusal(lexed: &Lexed<'_>, from: usize, what: &str) -> Option<ConditionError> {
    let is_word = |token: &Token, keyword| matches!(token, Token::Word(word) if word.keyword == keyword);
    let after = |n: usize| lexed.tokens.get(from + n);
    // `person.stays` is a name of two words.
    let n_name = if after(2).is_some_and(|token| token.token == Token::Period) { 3 } else { 1 };
    let odd = (after(0).filter(|token| !is_word(&token.token, Keyword::FROM)))
        .or_else(|| after(1).filter(|token| !matches!(token.token, Token::Word(_))))
        .or_else(|| after(n_name).filter(|token| !matches!(token.token, Token::Word(_))))
        .or_else(|| after(n_name + 1).filter(|t| t.token != Token::RParen && !is_word(&t.token, Keyword::WHERE)))?;
    Some(unexpected(lexed, odd, what))
}

fn unexpected(lexed: &Lexed<'_>, odd: &TokenWithSpan, what: &str) -> ConditionError {
    let span = range(odd.span);
    let message = format!("unexpected `{}` in {what}", lexed.source(&span));
    ConditionError::new(span, message).hint(SUBQUERY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::TABLES;

    #[test]
    fn no_name_of_the_catalogue_is_refused() {
        for table in TABLES {
            let elements = table.all_lists().flat_map(|list| list.fields).map(|field| field.name);
            let fields = table.all_fields().map(|field| field.name);
            for name in fields.chain(table.all_lists().map(|list| list.name)).chain(elements) {
                for part in name.split('.') {
                    assert!(REFUSED_WORDS.iter().all(|(word, _)| !word.eq_ignore_ascii_case(part)), "{name}");
                }
            }
        }
    }
}
