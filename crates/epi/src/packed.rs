//! Tallies as bytes: what was counted is kept until the next count and taken up again.
//!
//! Numbers take as many bytes as they need, seven bits in each. What is packed is read by the same version of the program only,
//! so there are no names in it; whoever keeps it remembers what it was made by.

use compact_str::CompactString;
use rust_decimal::Decimal;

/// Bytes that are not what this version packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a tally of this version")]
pub struct Unpackable;

/// Takes values in, one after the other.
#[derive(Debug, Default)]
pub struct Packer {
    bytes: Vec<u8>,
}

impl Packer {
    /// Everything that was taken in.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A whole number.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// A number of values that follow.
    pub fn n_values(&mut self, len: usize) {
        self.number(len as u64);
    }

    /// A yes or a no.
    pub fn flag(&mut self, flag: bool) {
        self.bytes.push(u8::from(flag));
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.n_values(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A number in eight bytes, whatever it is: one without small values.
    pub fn hash(&mut self, hash: u64) {
        self.bytes.extend_from_slice(&hash.to_le_bytes());
    }

    /// An exact decimal, with its digits behind the point.
    pub fn decimal(&mut self, decimal: Decimal) {
        self.bytes.extend_from_slice(&decimal.serialize());
    }
}

/// Gives values back, in the order in which they were taken in.
#[derive(Debug)]
pub struct Unpacker<'a> {
    rest: &'a [u8],
}

impl<'a> Unpacker<'a> {
    /// Of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Nothing may be left over.
    ///
    /// # Errors
    /// Something is.
    pub fn finish(self) -> Result<(), Unpackable> {
        if self.rest.is_empty() { Ok(()) } else { Err(Unpackable) }
    }

    /// A whole number.
    pub fn number(&mut self) -> Result<u64, Unpackable> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(Unpackable)?;
            self.rest = rest;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Unpackable);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unpackable)
    }

    /// A whole number of a smaller type.
    pub fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Unpackable> {
        T::try_from(self.number()?).map_err(|_| Unpackable)
    }

    /// A number of values that follow: never more than there are bytes, so that room can be made for them.
    pub fn n_values(&mut self) -> Result<usize, Unpackable> {
        let len: usize = self.small()?;
        if len <= self.rest.len() { Ok(len) } else { Err(Unpackable) }
    }

    /// A yes or a no.
    pub fn flag(&mut self) -> Result<bool, Unpackable> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Unpackable),
        }
    }

    /// A text.
    pub fn text(&mut self) -> Result<CompactString, Unpackable> {
        let len = self.n_values()?;
        CompactString::from_utf8(self.take(len)?).map_err(|_| Unpackable)
    }

    /// A number in eight bytes.
    pub fn hash(&mut self) -> Result<u64, Unpackable> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().map_err(|_| Unpackable)?))
    }

    /// An exact decimal.
    pub fn decimal(&mut self) -> Result<Decimal, Unpackable> {
        let bytes: [u8; 16] = self.take(16)?.try_into().map_err(|_| Unpackable)?;
        let decimal = Decimal::deserialize(bytes);
        // What is no decimal is made one without a word.
        if decimal.serialize() == bytes { Ok(decimal) } else { Err(Unpackable) }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Unpackable> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Unpackable)?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(number in any::<u64>(), text in ".{0,40}", digits in any::<i64>(), scale in 0_u32..28) {
            let decimal = Decimal::new(digits, scale);
            let mut packer = Packer::default();
            packer.number(number);
            packer.text(&text);
            packer.decimal(decimal);
            packer.hash(number);
            packer.flag(true);
            let bytes = packer.into_bytes();
            let mut unpacker = Unpacker::new(&bytes);
            prop_assert_eq!(unpacker.number(), Ok(number));
            prop_assert_eq!(unpacker.text(), Ok(text.as_str().into()));
            prop_assert_eq!(unpacker.decimal().map(|d| d.to_string()), Ok(decimal.to_string()));
            prop_assert_eq!(unpacker.hash(), Ok(number));
            prop_assert_eq!(unpacker.flag(), Ok(true));
            prop_assert_eq!(unpacker.finish(), Ok(()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Unpacker::new(&bytes).number();
            let _ = Unpacker::new(&bytes).text();
            let _ = Unpacker::new(&bytes).decimal();
            prop_assert!(!Unpacker::new(&bytes).n_values().is_ok_and(|n| n > bytes.len()));
        }
    }

    #[test]
    fn numbers_take_what_they_need() {
        for (number, n_bytes) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (u64::MAX, 10)] {
            let mut packer = Packer::default();
            packer.number(number);
            assert_eq!(packer.into_bytes().len(), n_bytes, "{number}");
        }
        assert_eq!(Unpacker::new(&[0xff; 10]).number(), Err(Unpackable), "beyond 64 bits");
    }
}
