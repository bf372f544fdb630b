//! What is wrong in the configuration or in a file beside it, with its place.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that was read, for showing places in it.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Path as the user knows it.
    pub path: PathBuf,
    /// The whole text.
    pub text: Arc<str>,
}

impl SourceText {
    /// A text and where it came from.
    pub fn new(path: &Path, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.to_owned(), text: text.into() }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong: a lowercase fragment that names the input.
    pub message: String,
    /// What to do next: a full sentence.
    pub advice: Option<String>,
    /// The place, when there is one.
    pub place: Option<(SourceText, Range<usize>)>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(source: &SourceText, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), advice: None, place: Some((source.clone(), span)) }
    }

    /// A problem without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), advice: None, place: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// `file:line:column`, counted from 1, or nothing.
    pub fn location(&self) -> Option<String> {
        let (source, span) = self.place.as_ref()?;
        let before = source.text.get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        Some(format!("{}:{line}:{column}", source.path.display()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.advice.as_ref().map(|advice| Box::new(advice) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        None
    }
}

impl Problem {
    /// The problem with its text, for a report that shows the place.
    pub fn report(&self) -> miette::Report {
        let Some((source, span)) = &self.place else { return miette::Report::new(self.clone()) };
        let mut diagnostic = miette::MietteDiagnostic::new(self.message.clone());
        diagnostic.help.clone_from(&self.advice);
        diagnostic.labels = Some(vec![LabeledSpan::new(None, span.start, span.len())]);
        let name = source.path.display().to_string();
        miette::Report::new(diagnostic).with_source_code(NamedSource::new(name, source.text.to_string()))
    }
}
