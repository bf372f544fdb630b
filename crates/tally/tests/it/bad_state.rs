//! A state that cannot be used: named, left as it is, and good again once it is put back.

use crate::site::{Site, refused_at};
use std::fs;

/// Where SQLite keeps `PRAGMA user_version` in a file: four bytes, big-endian.
const USER_VERSION: std::ops::Range<usize> = 60..64;

/// Spoils a file of the state, and puts it back afterwards.
#[track_caller]
fn spoiled(name: &str, file: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let mut site = Site::weekly();
    site.run().with_code(0);
    let path = site.path(".tally").join(file);
    let good = fs::read(&path).unwrap();
    let bad = spoil(good.clone());
    let copy = bad.clone();
    refused_at(
        &mut site,
        name,
        10,
        |_| fs::write(&path, bad).unwrap(),
        |_| {
            assert_eq!(fs::read(&path).unwrap(), copy, "what cannot be used is left as it is");
            fs::write(&path, good).unwrap();
        },
    );
}

fn newer(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[USER_VERSION].copy_from_slice(&9999_u32.to_be_bytes());
    bytes
}

fn garbage(bytes: Vec<u8>) -> Vec<u8> {
    let n = bytes.len();
    b"This is a letter, not a database. ".iter().copied().cycle().take(n).collect()
}

/// The header stays, the pages are overwritten.
fn damaged(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[100..].fill(0xa5);
    bytes
}

#[test]
fn a_state_of_a_newer_tally() {
    spoiled("state_newer", "state.sqlite", newer);
}

#[test]
fn a_state_of_garbage() {
    spoiled("state_garbage", "state.sqlite", garbage);
}

#[test]
fn a_damaged_state() {
    spoiled("state_damaged", "state.sqlite", damaged);
}

#[test]
fn a_line_list_of_a_newer_tally() {
    spoiled("line_list_newer", "line-list.sqlite", newer);
}

#[test]
fn a_line_list_of_garbage() {
    spoiled("line_list_garbage", "line-list.sqlite", garbage);
}

#[test]
fn a_folder_in_place_of_the_state() {
    let mut site = Site::weekly();
    site.run().with_code(0);
    let (path, aside) = (site.path(".tally/state.sqlite"), site.path(".tally/aside"));
    refused_at(
        &mut site,
        "state_is_a_folder",
        10,
        |_| {
            fs::rename(&path, &aside).unwrap();
            fs::create_dir(&path).unwrap();
        },
        |_| {
            fs::remove_dir(&path).unwrap();
            fs::rename(&aside, &path).unwrap();
        },
    );
}

#[test]
fn a_file_in_place_of_the_folder() {
    let mut site = Site::weekly();
    site.run().with_code(0);
    let (path, aside) = (site.path(".tally"), site.path("aside"));
    refused_at(
        &mut site,
        "state_folder_is_a_file",
        10,
        |_| {
            fs::rename(&path, &aside).unwrap();
            fs::write(&path, "not a folder").unwrap();
        },
        |_| {
            fs::remove_file(&path).unwrap();
            fs::rename(&aside, &path).unwrap();
        },
    );
}

#[test]
fn every_command_names_an_unusable_state() {
    let site = Site::weekly();
    site.run().with_code(0);
    site.write(".tally/state.sqlite", garbage(vec![0; 4096]));
    for command in [&["history"][..], &["show", "1"], &["check"], &["plan"]] {
        let ended = site.tally(command).with_code(10);
        assert!(ended.err.contains("state.sqlite") && ended.err.contains("hint: "), "{command:?}: {ended}");
    }
}
