//! `cargo fuzz run configuration`: see CONTRIBUTING.md.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (fuzz::target("configuration").try_on)(data));
