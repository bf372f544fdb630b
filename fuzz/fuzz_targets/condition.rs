//! `cargo fuzz run condition`: see CONTRIBUTING.md.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (fuzz::target("condition").try_on)(data));
