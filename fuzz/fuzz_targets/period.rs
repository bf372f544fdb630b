//! `cargo fuzz run period`: see CONTRIBUTING.md.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (fuzz::target("period").try_on)(data));
