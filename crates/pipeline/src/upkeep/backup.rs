//! A consistent copy, while runs go on.

use super::{look_at, no_state};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::store::LineList;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// The copy of the state file.
    pub state: PathBuf,
    /// The copy of the line list, if it was asked for.
    pub line_list: Option<PathBuf>,
}

/// Copies the state file to `target`, and with `with_line_list` the line list beside it, as `target` with `.line-list` before
/// its ending. Both are 0600, and neither replaces a file.
///
/// # Errors
/// There is nothing to copy, a target exists, or what the disk says.
pub fn backup(config: &Config, target: &Path, with_line_list: bool) -> Result<Copied, Error> {
    let state = look_at(config)?.ok_or_else(|| no_state(config))?;
    let beside = with_line_list.then(|| line_list_target(target));
    for path in [Some(target), beside.as_deref()].into_iter().flatten() {
        if path.exists() {
            return Err(Error::new(ErrorKind::Config, format!("{} exists already", path.display()))
                .advice("Name a file that does not exist yet: a backup replaces nothing."));
        }
    }
    let list = match &beside {
        None => None,
        Some(_) if config.line_list_file().exists() => Some(LineList::open_read_only(&config.line_list_file())?),
        Some(_) => {
            let message = format!("there is no line list {}", config.line_list_file().display());
            return Err(Error::new(ErrorKind::Config, message).advice("Leave out --with-line-list."));
        }
    };
    state.backup_to(target)?;
    if let (Some(list), Some(beside)) = (list, &beside) {
        list.backup_to(beside)?;
    }
    Ok(Copied { state: target.to_owned(), line_list: beside })
}

fn line_list_target(target: &Path) -> PathBuf {
    let mut name = target.file_stem().unwrap_or_default().to_owned();
    name.push(".line-list");
    if let Some(ending) = target.extension() {
        name.push(".");
        name.push(ending);
    }
    target.with_file_name(name)
}
