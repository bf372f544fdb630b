//! The client against servers that answer byte by byte as told.

mod broken_lines;
mod fairness;
mod files;
mod paging;
mod recordings;
mod server;
mod sessions;
mod trust;
