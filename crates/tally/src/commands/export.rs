//! `tally export`.

use super::run::period;
use super::whole_file::WholeFile;
use super::written;
use crate::cli::{Cli, ExportCellsArgs, ExportCommand, ExportRecordsArgs, OutArgs, Output};
use crate::render::csv;
use crate::render::number::counted;
use epi::field::OUTBREAK;
use epi::record::{Joined, Linked, Record};
use epi::value::Value;
use pipeline::export::{CellSelection, Cells, Named, NamedCell, RecordSelection};
use pipeline::store::RunId;
use pipeline::{Error, ErrorKind, config, export};
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

/// Writes records or values.
pub(crate) async fn export(what: &ExportCommand, cli: &Cli) -> Result<u8, Error> {
    match what {
        ExportCommand::Records(args) => records(args, cli),
        ExportCommand::Cells(args) => cells(args, cli).await,
    }
}

fn records(args: &ExportRecordsArgs, cli: &Cli) -> Result<u8, Error> {
    let selection = RecordSelection::parse(&args.kind, &args.fields, args.condition.as_deref())?;
    let is_json = cli.output == Output::Json;
    if let Some(list) = selection.columns.iter().find(|named| matches!(named, Named::List(_))).filter(|_| !is_json) {
        let message = format!("`{}` is a list, which has no place in a line of CSV", list.name());
        let advice = format!("Use --output json, or `tally query \"SELECT * FROM {}\" --output csv`.", list.name());
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    }
    let config = config::load(&args.state.config).map_err(Error::config)?;
    let n = write(&args.out, |to| {
        let columns: Vec<Named> = match selection.columns.as_slice() {
            [] => {
                // Of one outbreak it would say the same in every line.
                let n = if config.godata.has_several_outbreaks() { OUTBREAK.len() } else { 0 };
                selection.table.fields.iter().chain(&OUTBREAK[..n]).map(Named::Field).collect()
            }
            chosen => chosen.to_vec(),
        };
        let mut lines = Lines::new(to);
        if !is_json {
            lines.head(|to| csv::line(to, columns.iter().map(|named| Cow::Borrowed(named.name()))));
        }
        export::records(&config, &selection, |linked| {
            lines.next(|to, _| match is_json {
                true => json_line(to, linked, &selection.columns),
                false => csv::line(to, columns.iter().map(|named| cell(linked.joined(), *named))),
            })
        })?;
        lines.end()
    })?;
    talk(cli, &args.out, &counted(n, "record"), "It holds data of persons, without names: keep it as you keep those.");
    Ok(0)
}

async fn cells(args: &ExportCellsArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load(&args.config.config).map_err(Error::config)?;
    let report = config.report(args.config.report.as_deref())?;
    let selection = CellSelection {
        report,
        run: args.run.map(RunId),
        from: period("--from", args.from.as_deref(), report)?,
        to: period("--to", args.to.as_deref(), report)?,
    };
    let cells = Cells::open(&config, &selection, !args.without_names).await?;
    let is_json = cli.output == Output::Json;
    let n = write(&args.out, |to| {
        let mut lines = Lines::new(to);
        lines.head(|to| match is_json {
            true => to.write_all(b"["),
            false => csv::line(to, CELL_COLUMNS.map(Cow::Borrowed)),
        });
        cells.for_each(|cell| {
            lines.next(|to, n| match is_json {
                true => {
                    to.write_all(if n == 0 { b"\n  " } else { b",\n  " })?;
                    Ok(serde_json::to_writer(to, &cell)?)
                }
                false => csv::line(to, cell_columns(&cell)),
            })
        })?;
        if is_json {
            lines.head(|to| to.write_all(b"\n]\n"));
        }
        lines.end()
    })?;
    talk(cli, &args.out, &format!("{} of run {}", counted(n, "value"), cells.run.id), "");
    Ok(0)
}

/// Lines on their way out. What fails is told at the end, and nothing is written after it.
struct Lines<'t> {
    to: &'t mut dyn Write,
    n: u64,
    failure: Option<io::Error>,
}

impl<'t> Lines<'t> {
    fn new(to: &'t mut dyn Write) -> Self {
        Self { to, n: 0, failure: None }
    }

    /// Writes what is no record.
    fn head(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = write(self.to).err();
        }
    }

    /// Writes a record, given how many came before it. Whether it may go on.
    fn next(&mut self, write: impl FnOnce(&mut dyn Write, u64) -> io::Result<()>) -> bool {
        let n = self.n;
        self.head(|to| write(to, n));
        self.n += 1;
        self.failure.is_none()
    }

    fn end(self) -> Result<Result<u64, io::Error>, Error> {
        Ok(self.failure.map_or(Ok(self.n), Err))
    }
}

/// Writes to the file or to stdout, and returns how many lines that were.
pub(super) fn write(
    out: &OutArgs,
    content: impl FnOnce(&mut dyn Write) -> Result<Result<u64, io::Error>, Error>,
) -> Result<u64, Error> {
    let Some(path) = &out.out else {
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        let result = content(&mut stdout)?.and_then(|n| stdout.flush().map(|()| n));
        let n = *result.as_ref().unwrap_or(&0);
        written(result.map(drop))?;
        return Ok(n);
    };
    if path.exists() && !out.force {
        let message = format!("`{}` exists", path.display());
        return Err(Error::new(ErrorKind::Config, message).advice("Choose another name, or replace it with --force."));
    }
    let file = WholeFile::begin(path, "the export")?;
    let mut outcome = Ok(0);
    let done = file.finish("file/export", |to| match content(to) {
        Ok(Ok(n)) => {
            outcome = Ok(n);
            Ok(())
        }
        Ok(Err(error)) => Err(error),
        Err(error) => {
            outcome = Err(error);
            // Nothing takes the place of the file.
            Err(io::Error::other("the export was broken off"))
        }
    });
    let n = outcome?;
    done.map(|()| n)
}

pub(super) fn talk(cli: &Cli, out: &OutArgs, what: &str, note: &str) {
    if cli.quiet {
        return;
    }
    let to = out.out.as_ref().map(|path| format!(" to {}", path.display())).unwrap_or_default();
    eprintln!("{}", format!("Wrote {what}{to}. {note}").trim_end());
}

fn cell(record: Joined<'_>, named: Named) -> Cow<'_, str> {
    match named {
        Named::Field(field) => match (field.get)(record) {
            Value::Null => Cow::Borrowed(""),
            Value::Text(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        },
        Named::List(_) => Cow::Borrowed(""),
    }
}

/// The record, or the chosen parts of it in their order; what nobody filled in is null then.
fn json_line(to: &mut dyn Write, linked: &Linked, columns: &[Named]) -> io::Result<()> {
    let whole = match &linked.record {
        Record::Person(person) => serde_json::to_value(person),
        Record::FollowUp(follow_up) => serde_json::to_value(follow_up),
        Record::LabResult(result) => serde_json::to_value(result),
        Record::Relationship(relationship) => serde_json::to_value(relationship),
        Record::Event(event) => serde_json::to_value(event),
    }?;
    if columns.is_empty() {
        serde_json::to_writer(&mut *to, &whole)?;
        return to.write_all(b"\n");
    }
    for (i, named) in columns.iter().enumerate() {
        to.write_all(if i == 0 { b"{" } else { b"," })?;
        serde_json::to_writer(&mut *to, named.name())?;
        to.write_all(b":")?;
        match named {
            Named::Field(field) => match (field.get)(linked.joined()) {
                Value::Null => to.write_all(b"null")?,
                Value::Bool(flag) => serde_json::to_writer(&mut *to, &flag)?,
                // Exact decimals are written as they are.
                Value::Number(number) => write!(to, "{number}")?,
                other => serde_json::to_writer(&mut *to, &other.to_string())?,
            },
            Named::List(list) => serde_json::to_writer(&mut *to, &whole[list.name])?,
        }
    }
    to.write_all(b"}\n")
}

const CELL_COLUMNS: [&str; 11] = [
    "data_element",
    "data_element_name",
    "indicator",
    "period",
    "org_unit",
    "org_unit_name",
    "category_option_combo",
    "category_option_combo_name",
    "attribute_option_combo",
    "value",
    "n_records",
];

/// In the order of [`CELL_COLUMNS`].
fn cell_columns(cell: &NamedCell) -> [Cow<'_, str>; 11] {
    let name = |name: &'_ Option<String>| Cow::Owned(name.clone().unwrap_or_default());
    [
        Cow::Borrowed(&cell.data_element),
        name(&cell.data_element_name),
        Cow::Borrowed(&cell.indicator),
        Cow::Borrowed(&cell.period),
        Cow::Borrowed(&cell.org_unit),
        name(&cell.org_unit_name),
        Cow::Borrowed(&cell.category_option_combo),
        name(&cell.category_option_combo_name),
        Cow::Borrowed(&cell.attribute_option_combo),
        Cow::Borrowed(&cell.value),
        Cow::Owned(cell.n_records.to_string()),
    ]
}
