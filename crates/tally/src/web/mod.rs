//! Pages: the only code that knows HTML. Whatever is put into one is escaped by the template engine.

pub(crate) mod certificate;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "the dashboard that it guards is wired in with its pages")
)]
pub(crate) mod door;
pub(crate) mod visitor;
