//! Tables of pages: one form for all, with the template `table.html`.

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// What it shows, for those who cannot see where it stands.
    pub(super) caption: String,
    /// Its columns.
    pub(super) columns: Vec<Column>,
    /// Its rows, each with a cell for each column.
    pub(super) rows: Vec<Vec<Cell>>,
    /// What stands instead of no rows.
    pub(super) empty: String,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) is_number: bool,
}

/// A cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) href: Option<String>,
    /// A class of the style sheet: how good it is.
    pub(super) tone: &'static str,
    pub(super) note: String,
}

impl Column {
    /// A column of texts.
    pub(super) fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), is_number: false }
    }

    /// A column of numbers.
    pub(super) fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), is_number: true }
    }
}

impl Cell {
    /// A text.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// With a page behind it.
    pub(super) fn to(self, href: impl Into<String>) -> Self {
        Self { href: Some(href.into()), ..self }
    }

    /// As a mark of how good it is: a class of the style sheet.
    pub(super) fn toned(self, tone: &'static str) -> Self {
        Self { tone, ..self }
    }

    /// With something smaller below.
    pub(super) fn noted(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl Table {
    /// A table without rows.
    pub(super) fn new(caption: String, empty: String, columns: Vec<Column>) -> Self {
        Self { caption, columns, rows: Vec::new(), empty }
    }

    /// The cells of a row beside their columns.
    pub(super) fn cells<'t>(&'t self, row: &'t [Cell]) -> impl Iterator<Item = (&'t Column, &'t Cell)> {
        self.columns.iter().zip(row)
    }
}
