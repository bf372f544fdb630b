//! Comma-separated values after RFC 4180, safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

/// Signs by which a spreadsheet takes a cell for a formula; the last four are their wide forms.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Writes one line.
pub(crate) fn line<'c>(to: &mut dyn Write, cells: impl IntoIterator<Item = Cow<'c, str>>) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to);
    for cell in cells {
        writer.write_field(neutral(&cell).as_bytes())?;
    }
    writer.write_record(None::<&[u8]>)?;
    writer.flush()
}

/// A text that a spreadsheet takes for a text: an apostrophe stands before what would be a formula. Numbers stay.
pub(crate) fn neutral(cell: &str) -> Cow<'_, str> {
    let is_number = || {
        cell.len() < 64
            && cell.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
            && cell.parse::<f64>().is_ok()
    };
    match cell.trim_start_matches([' ', '\u{a0}', '\u{feff}']).starts_with(FORMULA) && !is_number() {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        for cell in ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u{feff}=1", "＝1", "-1+1", "+", "--1"]
        {
            assert_eq!(neutral(cell), format!("'{cell}"), "{cell}");
        }
        for cell in ["", "-1", "-1.5", "+3", "-1e-3", "2020-02-03", "CONFIRMED", "a=b", "0-4", "it's"] {
            assert_eq!(neutral(cell), cell);
        }
    }

    #[test]
    fn a_line_is_quoted_where_it_must_be() {
        let mut bytes = Vec::new();
        line(&mut bytes, ["a", "b,c", "d \"e\"", "f\ng", "", " h", "=1,2"].map(Cow::Borrowed)).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "a,\"b,c\",\"d \"\"e\"\"\",\"f\ng\",, h,\"'=1,2\"\r\n");
    }
}
