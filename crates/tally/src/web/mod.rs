//! Pages: the only code that knows HTML. Whatever is put into one is escaped by the template engine.

pub(crate) mod certificate;
