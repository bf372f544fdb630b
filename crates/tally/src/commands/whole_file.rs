//! Files that a command leaves behind.

use pipeline::{Error, ErrorKind, crash};
use std::io::{BufWriter, Write};
use std::path::Path;

/// A file that is there whole or not at all, and that only its owner may read.
pub(super) struct WholeFile<'p> {
    path: &'p Path,
    what: &'static str,
    file: tempfile::NamedTempFile,
}

impl<'p> WholeFile<'p> {
    /// Begins a file beside the place where it will stand, so that a folder that cannot be written to is told before the
    /// work and not after it.
    pub(super) fn begin(path: &'p Path, what: &'static str) -> Result<Self, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A temporary file is its owner's alone (0600) from the beginning.
        let file = tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot_write(path, what, &error))?;
        Ok(Self { path, what, file })
    }

    /// Whoever may read the file that it replaces may read this one.
    pub(super) fn shared_as_before(self) -> Self {
        if let Ok(before) = std::fs::metadata(self.path) {
            // What a file system does not know of permissions, it does not take; the owner can read it in any case.
            let _ = self.file.as_file().set_permissions(before.permissions());
        }
        self
    }

    /// Writes it and puts it in its place; `boundary` is its name among the crash points.
    pub(super) fn finish(
        mut self,
        boundary: &'static str,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let mut writer = BufWriter::new(&mut self.file);
        let written = write(&mut writer).and_then(|()| writer.flush());
        drop(writer);
        let kept = written.and_then(|()| self.file.as_file().sync_all());
        crash::before(boundary);
        let kept = kept.and_then(|()| self.file.persist(self.path).map_err(|error| error.error));
        crash::after(boundary);
        kept.map(drop).map_err(|error| cannot_write(self.path, self.what, &error))
    }
}

fn cannot_write(path: &Path, what: &str, error: &std::io::Error) -> Error {
    // The library's own words name the temporary file: the kind is all of them that anybody needs.
    let bare = error.get_ref().map(|_| error.kind().to_string());
    let cause = bare.unwrap_or_else(|| error.to_string());
    Error::new(ErrorKind::Config, format!("{what} cannot be written to `{}`: {cause}", path.display()))
        .advice("Is there such a folder, may you write there, and has the disk room?")
}
