//! What must hold for whatever comes from outside.
//!
//! Each target takes any bytes as a text of one kind and panics when a property breaks: no panic inside, what is refused
//! is refused with its place, what is read can be written and read again, two readers of one format agree. The gate tries
//! every file of `corpus/` and thousands of changes of them, the same ones each time; `cargo fuzz` (the folder `fuzz` of
//! the repository) searches on, led by coverage. What it finds becomes a file of the corpus and then a fix.

mod condition;
mod configuration;
mod import_summary;
mod page;
mod period;
mod places;

/// A kind of text and what must hold for it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name: of the corpus folder and of the program that `cargo fuzz` runs.
    pub name: &'static str,
    /// Tries one input.
    ///
    /// # Panics
    /// When a property does not hold.
    pub try_on: fn(&[u8]),
    /// How many changed inputs the gate tries: some seconds for all targets together, in a build without optimisation.
    pub n_changed: u32,
    /// Pieces that a change may put in, beside those of other files.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: [Target; 6] = [
    Target { name: "condition", try_on: condition::try_on, n_changed: 10_000, words: condition::WORDS },
    Target { name: "configuration", try_on: configuration::try_on, n_changed: 1_000, words: configuration::WORDS },
    Target { name: "import_summary", try_on: import_summary::try_on, n_changed: 20_000, words: import_summary::WORDS },
    Target { name: "page", try_on: page::try_on, n_changed: 10_000, words: page::WORDS },
    Target { name: "period", try_on: period::try_on, n_changed: 60_000, words: period::WORDS },
    Target { name: "places", try_on: places::try_on, n_changed: 4_000, words: places::WORDS },
];

/// The target of that name.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> Target {
    let found = TARGETS.into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("there is no target `{name}`"))
}
