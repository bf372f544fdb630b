//! Changes of an input: what a fuzzer does, without its luck.

/// A row of numbers that is the same each time (xorshift64*).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `n`, or 0 when that is nothing.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() >> 11) as usize % n }
    }
}

/// Inputs stay below so many bytes, or a chain of doublings would take the gate's time.
const BYTES_MAX: usize = 16 * 1024;

/// Bytes that mean something in one of the formats, or in none.
const SIGNS: &[u8] = b"\"'\\{}[](),;:-.+09 \n\t\x00\xff";

/// One to four changes of an input; `other` is another of the corpus to take pieces from.
pub(crate) fn changed(input: &[u8], other: &[u8], words: &[&str], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=numbers.below(4) {
        change(&mut bytes, other, words, numbers);
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[&str], numbers: &mut Numbers) {
    let at = numbers.below(bytes.len() + 1);
    let range = at..(at + numbers.below(40)).min(bytes.len());
    match numbers.below(9) {
        0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
        1 if at < bytes.len() => bytes[at] = SIGNS[numbers.below(SIGNS.len())],
        2 => drop(bytes.drain(range)),
        3 => {
            let copy = bytes[range].to_vec();
            bytes.splice(at..at, copy);
        }
        4 => {
            let copy = bytes[range].repeat(1 + numbers.below(60));
            bytes.splice(at..at, copy);
        }
        5 => {
            let from = numbers.below(other.len() + 1);
            let piece = &other[from..(from + numbers.below(80)).min(other.len())];
            bytes.splice(range, piece.iter().copied());
        }
        6 => bytes.truncate(at),
        7 if at < bytes.len() => {
            let digit = b'0' + numbers.below(10) as u8;
            let found = bytes[at..].iter().position(u8::is_ascii_digit);
            if let Some(found) = found {
                bytes[at + found] = digit;
            }
        }
        _ => {
            let word = words[numbers.below(words.len())];
            bytes.splice(at..at, word.bytes());
        }
    }
}
