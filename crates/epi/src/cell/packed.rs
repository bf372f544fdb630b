//! Cells as bytes.

use super::{Cell, Cells};
use crate::contribution::CellKey;
use crate::counts::Counts;
use crate::indicator::Definitions;
use crate::packed::{Packer, Unpackable, Unpacker};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

impl Cells {
    /// As bytes: some seven for a cell that counts.
    pub fn pack(&self, packer: &mut Packer) {
        packer.n_values(self.len());
        let in_tables = self.in_tables().map(|(key, n)| (key, Cow::Owned(Cell::Count(n))));
        for (key, cell) in in_tables.chain(self.cells.iter().map(|(key, cell)| (*key, Cow::Borrowed(cell)))) {
            packer.number(key.indicator.into());
            packer.number(key.period.into());
            packer.number(key.place.into());
            packer.number(key.combo.into());
            cell.pack(packer);
        }
    }

    /// From bytes, under the definitions by which the cells were counted: a count goes where further ones are added to it.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(unpacker: &mut Unpacker<'_>, definitions: &Definitions) -> Result<Self, Unpackable> {
        let n_cells = unpacker.n_values()?;
        let mut cells = Self { tables: Counts::of_all(definitions), cells: FxHashMap::default() };
        for _ in 0..n_cells {
            let key = CellKey {
                indicator: unpacker.small()?,
                period: unpacker.small()?,
                place: unpacker.small()?,
                combo: unpacker.small()?,
            };
            let cell = Cell::unpack(unpacker)?;
            let known = match (cells.counted(key), &cell) {
                (Some(count), Cell::Count(n)) => std::mem::replace(count, *n) > 0,
                (Some(_), _) => true,
                (None, _) => cells.cells.insert(key, cell).is_some(),
            };
            if known {
                return Err(Unpackable);
            }
        }
        Ok(cells)
    }
}

impl Cell {
    fn pack(&self, packer: &mut Packer) {
        match self {
            Self::Count(n) => {
                packer.number(0);
                packer.number(*n);
            }
            Self::Distinct(values) => {
                packer.number(1);
                packer.n_values(values.len());
                for (value, n) in values {
                    packer.text(value);
                    packer.number(*n);
                }
            }
            Self::Sum { sum, n } => {
                packer.number(2);
                packer.decimal(*sum);
                packer.number(*n);
            }
            Self::Numbers(numbers) => {
                packer.number(3);
                packer.n_values(numbers.len());
                for (number, n) in numbers {
                    packer.decimal(*number);
                    packer.number(*n);
                }
            }
        }
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Unpackable> {
        Ok(match unpacker.number()? {
            0 => Self::Count(unpacker.number()?),
            1 => {
                let values = (0..unpacker.n_values()?).map(|_| Ok((unpacker.text()?, unpacker.number()?)));
                Self::Distinct(values.collect::<Result<_, Unpackable>>()?)
            }
            2 => Self::Sum { sum: unpacker.decimal()?, n: unpacker.number()? },
            3 => {
                let numbers = (0..unpacker.n_values()?).map(|_| Ok((unpacker.decimal()?, unpacker.number()?)));
                Self::Numbers(numbers.collect::<Result<_, Unpackable>>()?)
            }
            _ => return Err(Unpackable),
        })
    }
}
