//! Cells as bytes.

use super::{Cell, Cells};
use crate::contribution::CellKey;
use crate::counts::Counts;
use crate::indicator::Definitions;
use crate::packed::{Packer, Unpackable, Unpacker};

impl Cells {
    /// As bytes: some seven for a cell that counts.
    pub fn pack(&self, packer: &mut Packer) {
        packer.n_values(self.len());
        for (key, n) in self.in_tables() {
            key.pack(packer);
            Cell::Count(n).pack(packer);
        }
        for (key, cell) in &self.cells {
            key.pack(packer);
            cell.pack(packer);
        }
    }

    /// From bytes, under the same definitions.
    ///
    /// # Errors
    /// Bytes of something else.
    pub fn unpack(unpacker: &mut Unpacker<'_>, definitions: &Definitions) -> Result<Self, Unpackable> {
        let n_cells = unpacker.n_values()?;
        let mut cells = Self { tables: Counts::of_all(definitions), ..Self::default() };
        for n_left in (1..=n_cells).rev() {
            let key = CellKey {
                indicator: unpacker.small()?,
                period: unpacker.small()?,
                place: unpacker.small()?,
                combo: unpacker.small()?,
            };
            let cell = Cell::unpack(unpacker)?;
            // No cell stands twice.
            let is_new = match (cells.counted(key), cell) {
                (Some(count), Cell::Count(n)) => std::mem::replace(count, n) == 0 && n > 0,
                (Some(_), _) => false,
                (None, cell) => {
                    // Room for all at once: they come in the order in which such a map has them, which a growing one likes least.
                    if cells.cells.is_empty() {
                        cells.cells.reserve(n_left);
                    }
                    cells.cells.insert(key, cell).is_none()
                }
            };
            if !is_new {
                return Err(Unpackable);
            }
        }
        Ok(cells)
    }
}

impl CellKey {
    fn pack(self, packer: &mut Packer) {
        packer.number(self.indicator.into());
        packer.number(self.period.into());
        packer.number(self.place.into());
        packer.number(self.combo.into());
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
