//! Records from a file, for sites whose Go.Data never meets the network.
//!
//! Both forms are read: a list as the API answers it, and a JSON export made with database columns and untranslated
//! values (`useDbColumns`, `dontTranslateValues`). Other exports have translated column names and no `_id`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::decode::{Decoded, Rules, records};
use crate::error::{Error, Kind};
use crate::wire::Record;

/// The largest file that is read: some 400,000 whole cases, or two million with a report's fields.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// The bytes of a file of records.
pub struct RecordFile {
    name: String,
    bytes: Vec<u8>,
}

impl RecordFile {
    /// Reads the file whole.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] with the cause, [`Kind::TooLarge`] beyond 1 GiB.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_within(path, FILE_BYTES_MAX)
    }

    fn open_within(path: &Path, bytes_max: u64) -> Result<Self, Error> {
        let name = path.display().to_string();
        let failed = |error: std::io::Error| Error::new(Kind::File, name.as_str()).because(error);
        let file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > bytes_max {
            let max = bytes_max as usize;
            return Err(Error::new(Kind::TooLarge { max }, name));
        }
        Ok(Self { name, bytes })
    }

    /// Gives each record to `each`, in the file's order, which need not be that of the ids.
    ///
    /// # Errors
    ///
    /// [`Kind::Decode`] with the position, [`Kind::Truncated`] for a file that ends too early. The records before it
    /// were given by then.
    pub fn decode<'f, T: Record<'f>>(&'f self, each: impl FnMut(&mut T)) -> Result<Decoded, Error> {
        // Editors on Windows begin a file with a byte order mark.
        let bytes = self.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.bytes);
        records(bytes, Rules::default(), each).map_err(|kind| Error::new(kind, self.name.as_str()))
    }
}

impl std::fmt::Debug for RecordFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordFile({}, {} bytes)", self.name, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let n_bytes = std::fs::metadata(path).unwrap().len();
        assert!(RecordFile::open_within(path, n_bytes).is_ok());
        let error = RecordFile::open_within(path, n_bytes - 1).unwrap_err();
        assert_eq!(*error.kind(), Kind::TooLarge { max: n_bytes as usize - 1 });
    }
}
