//! Tables: plain enough for any terminal, a log and a screen reader.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A column's title and whether it holds numbers.
pub(crate) enum Column<'t> {
    /// Text, to the left.
    Text(&'t str),
    /// Numbers, to the right.
    Number(&'t str),
}

/// A table without lines but the one below its titles. `width` is the terminal's, if there is one.
pub(crate) fn table(columns: &[Column<'_>], rows: impl IntoIterator<Item = Vec<String>>, width: Option<u16>) -> String {
    let mut table = Table::new();
    let style = TableStyle::new().header_separator(LineStyle::none().fill('-').junction('-'));
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic);
    match width {
        Some(width) => table.set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(columns.iter().map(|column| match column {
        Column::Text(title) => Cell::new(title),
        Column::Number(title) => Cell::new(title).set_alignment(CellAlignment::Right),
    }));
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in columns.iter().enumerate() {
        if let (Column::Number(_), Some(column)) = (column, table.column_mut(i)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
