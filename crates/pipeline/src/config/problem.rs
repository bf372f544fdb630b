//! What is wrong in the configuration or in a file beside it, with its place.

use miette::{Diagnostic, LabeledSpan, MietteDiagnostic, NamedSource};
use std::fmt;
use std::io::{ErrorKind, Read};
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
    /// Environment variables that replace values of the text.
    variables: Arc<[Variable]>,
}

/// An environment variable that replaces a value of a text. It counts as standing behind the text's end, so that whoever
/// holds the place of a value need not know where the value came from.
#[derive(Clone, Debug)]
struct Variable {
    name: String,
    value: String,
    start: usize,
}

/// The place of values that the reader put in for what is missing or wrong and already reported. Problems there are
/// consequences and are not shown.
pub(super) const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

impl SourceText {
    /// A text and where it came from.
    pub fn new(path: &Path, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.to_owned(), text: text.into(), variables: Arc::new([]) }
    }

    /// The text with the variables, name and value, that replace values of it.
    pub(super) fn with_variables(mut self, variables: &[(String, String)]) -> Self {
        let mut start = self.text.len() + 1;
        let place = |(name, value): &(String, String)| {
            let variable = Variable { name: name.clone(), value: value.clone(), start };
            start += value.len() + 1;
            variable
        };
        self.variables = variables.iter().map(place).collect();
        self
    }

    /// The place of the value of a variable given to [`SourceText::with_variables`].
    pub(super) fn variable(&self, index: usize) -> Range<usize> {
        self.variables.get(index).map_or(NOWHERE, |variable| variable.start..variable.start + variable.value.len())
    }

    /// The line on which a byte of the text stands, counted from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
    }

    /// A problem at a place of the text; of the text as a whole if a variable put there what stands there.
    pub(super) fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        if span != NOWHERE && self.variable_at(&span).is_some() {
            return Problem::of(self, message);
        }
        Problem::at(self, span, message)
    }

    fn variable_at(&self, span: &Range<usize>) -> Option<&Variable> {
        self.variables.iter().rev().find(|variable| variable.start <= span.start)
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
    pub place: Option<Box<Place>>,
}

/// Where a problem is.
#[derive(Clone, Debug)]
pub struct Place {
    /// In which text.
    pub source: SourceText,
    /// Its bytes in the text; none: the text as a whole.
    pub span: Option<Range<usize>>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(source: &SourceText, span: Range<usize>, message: impl Into<String>) -> Self {
        let place = Place { source: source.clone(), span: Some(span) };
        Self { message: message.into(), advice: None, place: Some(Box::new(place)) }
    }

    /// A problem of a text as a whole, such as something that is missing from it.
    pub fn of(source: &SourceText, message: impl Into<String>) -> Self {
        let place = Place { source: source.clone(), span: None };
        Self { message: message.into(), advice: None, place: Some(Box::new(place)) }
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

    /// `file:line:column`, counted from 1; `file` for the text as a whole; or the environment variable that gave the value.
    pub fn location(&self) -> Option<String> {
        let Place { source, span } = self.place.as_deref()?;
        let path = source.path.display();
        let Some(span) = span else { return Some(path.to_string()) };
        if let Some(variable) = source.variable_at(span) {
            return Some(format!("environment variable {}", variable.name));
        }
        let before = source.text.get(..span.start)?;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        Some(format!("{path}:{}:{column}", source.line(span.start)))
    }

    /// The problem with its text, for a report that shows the place.
    pub fn report(&self) -> miette::Report {
        let mut diagnostic = MietteDiagnostic::new(self.message.clone());
        diagnostic.help.clone_from(&self.advice);
        let Some(Place { source, span }) = self.place.as_deref() else { return miette::Report::new(diagnostic) };
        let path = source.path.display().to_string();
        let Some(span) = span else {
            diagnostic.message = format!("{path}: {}", self.message);
            return miette::Report::new(diagnostic);
        };
        let (start, name, text) = match source.variable_at(span) {
            Some(variable) => {
                let name = format!("environment variable {}", variable.name);
                (span.start - variable.start, name, variable.value.clone())
            }
            None => (span.start, path, source.text.to_string()),
        };
        let start = start.min(text.len());
        let length = span.len().min(text.len() - start);
        diagnostic.labels = Some(vec![LabeledSpan::new(None, start, length)]);
        miette::Report::new(diagnostic).with_source_code(NamedSource::new(name, text))
    }

    /// Whether it only follows from another problem.
    fn is_consequence(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.span.as_ref().is_some_and(|span| span.start == NOWHERE.start))
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
}

/// Puts problems in the order in which a person meets them: those of whole files, then line by line, the configuration
/// before the files that it names; each once, and none that only follows from another.
pub(super) fn in_order(mut problems: Vec<Problem>, first: &Path) -> Vec<Problem> {
    problems.retain(|problem| !problem.is_consequence());
    problems.sort_by_key(|problem| {
        let place = problem.place.as_ref();
        let path = place.map(|place| place.source.path.clone()).filter(|path| path != first);
        (path, place.and_then(|place| place.span.as_ref()).map(|span| span.start))
    });
    problems.dedup_by(|a, b| a.message == b.message && a.location() == b.location());
    problems
}

/// Reads a text file that a person wrote.
///
/// # Errors
/// Why not, in words that follow "cannot be read: ", and what to do about it if there is something.
pub(crate) fn read_text(path: &Path, bytes_max: u64) -> Result<String, (String, Option<&'static str>)> {
    let in_words = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => ("there is no such file".to_owned(), None),
        ErrorKind::PermissionDenied => ("the account that runs Tally may not read it".to_owned(), None),
        ErrorKind::IsADirectory => ("it is a folder".to_owned(), None),
        _ => (error.to_string(), None),
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(in_words)?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(in_words)?;
    if bytes.len() as u64 > bytes_max {
        return Err((format!("it is larger than {} KiB", bytes_max / 1024), None));
    }
    String::from_utf8(bytes)
        .map_err(|_| ("it is not UTF-8 text".to_owned(), Some("Save it as UTF-8; in a spreadsheet, as CSV UTF-8.")))
}
