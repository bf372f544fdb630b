//! What is wrong with a condition, and where.

use std::ops::Range;

/// One thing that is wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// Where, in bytes of the condition's text. Empty at the end of the text when something is missing there.
    pub span: Range<usize>,
    /// What: a lowercase fragment without a period.
    pub message: String,
    /// What to do about it: full sentences.
    pub hint: Option<String>,
}

impl ConditionError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
