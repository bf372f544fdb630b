//! `cargo fuzz run import_summary`: see CONTRIBUTING.md.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (fuzz::target("import_summary").try_on)(data));
