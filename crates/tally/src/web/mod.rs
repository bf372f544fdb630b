//! Pages: the only code that knows HTML. Whatever is put into one is escaped by the template engine.

pub(crate) mod certificate;
#[cfg_attr(not(test), expect(dead_code, reason = "the router asks for it"))]
pub(crate) mod health;
#[cfg_attr(not(test), expect(dead_code, reason = "the router asks for it"))]
pub(crate) mod metrics;
