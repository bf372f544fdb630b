//! Records as they are stored, to be understood on another thread than the one that reads the file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use epi::field::TableName;
use epi::record::Linked;
use rusqlite::Row;

use super::linked::{self, EACH, Last};
use super::{LineList, decode};
use crate::store::database::{Fault, with_path};
use crate::store::error::StoreError;

/// Records of a batch: a few hundred kilobytes, some milliseconds of work.
const RECORDS: usize = 1_000;

/// Some records beside the persons whom they name, as they are stored.
#[derive(Debug)]
pub struct Texts {
    path: Arc<Path>,
    text: String,
    rows: Vec<TextRow>,
}

#[derive(Debug)]
struct TextRow {
    table: TableName,
    id: Range<usize>,
    json: Range<usize>,
    unreadable: Maybe,
    /// Ids and texts of the person and the source.
    persons: [(Maybe, Maybe); 2],
}

/// Where a text stands, if there is one.
type Maybe = Option<Range<usize>>;

impl LineList {
    /// As [`LineList::for_each_found`], with the records still to be understood and some at a time, until the answer is false.
    pub fn for_each_texts(&self, mut with: impl FnMut(Texts) -> bool) -> Result<(), StoreError> {
        let path: Arc<Path> = self.path().into();
        let empty = || Texts { path: Arc::clone(&path), text: String::new(), rows: Vec::with_capacity(RECORDS) };
        self.database.read(|conn| {
            let mut statement = conn.prepare_cached(EACH)?;
            let mut rows = statement.query([])?;
            let mut texts = empty();
            while let Some(row) = rows.next()? {
                texts.push(row)?;
                if texts.rows.len() == RECORDS {
                    let mut next = empty();
                    next.text.reserve(texts.text.len() + texts.text.len() / 8);
                    if !with(std::mem::replace(&mut texts, next)) {
                        return Ok(());
                    }
                }
            }
            with(texts);
            Ok(())
        })
    }
}

impl Texts {
    /// Gives every record with the names of the fields that could not be read on the wire.
    ///
    /// # Errors
    /// [`StoreError::Row`] at one that cannot be understood.
    pub fn for_each(&self, mut with: impl FnMut(&Linked, Vec<String>)) -> Result<(), StoreError> {
        let mut last = [Last::default(), Last::default()];
        let mut understand = |row: &TextRow| -> Result<(), Fault> {
            let text = |at: &Range<usize>| &self.text[at.clone()];
            let maybe = |at: &Maybe| at.as_ref().map(text);
            let id = text(&row.id);
            let unreadable = match maybe(&row.unreadable) {
                None => Vec::new(),
                Some(list) => decode(id, list)?,
            };
            let ([person, source], [whom, whose]) = (&mut last, &row.persons);
            let linked = Linked {
                record: linked::record(row.table, id, text(&row.json))?,
                person: person.of(maybe(&whom.0), maybe(&whom.1))?,
                source: source.of(maybe(&whose.0), maybe(&whose.1))?,
            };
            with(&linked, unreadable);
            Ok(())
        };
        self.rows.iter().try_for_each(&mut understand).map_err(|fault| with_path(&self.path, fault))
    }

    fn push(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let table = linked::table(row, 0)?;
        let id = self.add(linked::needed(row, 1)?);
        let json = self.add(linked::needed(row, 2)?);
        let mut maybe = |column| -> Result<_, Fault> { Ok(linked::text(row, column)?.map(|text| self.add(text))) };
        let (unreadable, person, source) = (maybe(3)?, (maybe(4)?, maybe(5)?), (maybe(6)?, maybe(7)?));
        self.rows.push(TextRow { table, id, json, unreadable, persons: [person, source] });
        Ok(())
    }

    fn add(&mut self, text: &str) -> Range<usize> {
        let begin = self.text.len();
        self.text.push_str(text);
        begin..self.text.len()
    }
}
