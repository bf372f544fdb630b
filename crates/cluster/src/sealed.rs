//! Definitions as a text constant: what the function gets as its first argument, however many machines it runs on.
//!
//! JSON, compressed, in base64, behind its own hash: the hash is the key under which what was read once is kept, and a text
//! that was cut or changed on its way is refused.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use epi::indicator::Definitions;
use epi::portable::{Portable, PortableError};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use pipeline::aggregate::Aggregation;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that sealed definitions may have. They travel with every task in a message of 16 MB at most; 100,000 places take
/// some 3 MB.
pub const SEALED_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Bytes that they may have when opened: a million places.
const OPENED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Hexadecimal digits of the hash.
const HASH_LEN: usize = 64;
/// Definitions that are kept open: a few reports that are computed at the same time.
const KEPT_MAX: usize = 8;

/// Why a text is no definitions.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// Larger than a message.
    #[error("the definitions have {0} bytes, more than {SEALED_BYTES_MAX}: too many places for one computation")]
    TooLarge(usize),
    /// Cut or changed on its way.
    #[error("the definitions were changed on their way")]
    Changed,
    /// Of another form.
    #[error("the definitions cannot be read: {0}")]
    Form(String),
    /// Of another version.
    #[error(transparent)]
    Version(#[from] PortableError),
}

/// Definitions and the aggregation of nothing under them.
#[derive(Debug)]
pub struct Opened {
    /// The definitions.
    pub definitions: Definitions,
    /// Nothing yet.
    pub blank: Aggregation,
    /// Whether the persons whom records name are looked at.
    pub is_joined: bool,
}

/// Seals definitions.
///
/// # Errors
/// [`SealedError::TooLarge`].
pub fn seal(definitions: &Definitions) -> Result<String, SealedError> {
    let json = serde_json::to_vec(&Portable::of(definitions)).map_err(form)?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(&json).and_then(|()| encoder.finish()).map_err(form)?;
    let text = hash(&packed) + &BASE64_STANDARD.encode(packed);
    if text.len() > SEALED_BYTES_MAX { Err(SealedError::TooLarge(text.len())) } else { Ok(text) }
}

/// Opens sealed definitions; those of late are kept open.
///
/// # Errors
/// A text that is none, or one of another version.
pub fn open(sealed: &str) -> Result<Arc<Opened>, SealedError> {
    let key = sealed.get(..HASH_LEN).ok_or(SealedError::Changed)?;
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, opened)) = kept.iter().find(|(known, _)| known == key) {
        return Ok(Arc::clone(opened));
    }
    let opened = Arc::new(unseal(key, &sealed[HASH_LEN..])?);
    if kept.len() == KEPT_MAX {
        kept.pop_front();
    }
    kept.push_back((key.to_owned(), Arc::clone(&opened)));
    Ok(opened)
}

static KEPT: Mutex<VecDeque<(String, Arc<Opened>)>> = Mutex::new(VecDeque::new());

fn unseal(key: &str, body: &str) -> Result<Opened, SealedError> {
    let packed = BASE64_STANDARD.decode(body).map_err(|_| SealedError::Changed)?;
    if hash(&packed) != key {
        return Err(SealedError::Changed);
    }
    let mut json = Vec::new();
    ZlibDecoder::new(packed.as_slice()).take(OPENED_BYTES_MAX).read_to_end(&mut json).map_err(form)?;
    let definitions = serde_json::from_slice::<Portable>(&json).map_err(form)?.definitions()?;
    let (blank, is_joined) = (Aggregation::of_entries(&definitions), definitions.needs().joins());
    Ok(Opened { definitions, blank, is_joined })
}

fn form(error: impl std::fmt::Display) -> SealedError {
    SealedError::Form(error.to_string())
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use epi::period::{Period, Span};
    use epi::place::Places;

    fn definitions() -> Definitions {
        let week = Period::parse("2020W7").unwrap();
        Definitions {
            span: Span::between(week, week).unwrap().index(),
            today: week.start(),
            places: Places::of_reported(vec!["Ou".into()], [("north".to_owned(), Some(0)), ("east".to_owned(), None)]),
            dimensions: Vec::new(),
            indicators: Vec::new(),
        }
    }

    #[test]
    fn what_is_sealed_can_be_opened_and_is_opened_once() {
        let sealed = seal(&definitions()).unwrap();
        let opened = open(&sealed).unwrap();
        assert_eq!(Portable::of(&opened.definitions), Portable::of(&definitions()));
        assert!(Arc::ptr_eq(&opened, &open(&sealed).unwrap()));
    }

    #[test]
    fn what_was_cut_or_changed_is_refused() {
        let mut other = definitions();
        other.today = jiff::civil::date(1999, 1, 1);
        let sealed = seal(&other).unwrap();
        let (hash, body) = sealed.split_at(HASH_LEN);
        let cut = &sealed[..sealed.len() - 4];
        let swapped = format!("{}{body}", "0".repeat(HASH_LEN));
        for text in ["", "é", hash, cut, &swapped] {
            assert!(matches!(open(text), Err(SealedError::Changed)), "{text}");
        }
    }
}
