//! The real binary, over real HTTP, against both simulators: what a ministry's data manager would see.

mod alerts;
mod bad_configuration;
mod bad_input;
mod bad_servers;
mod bad_state;
mod bootstrap;
mod certificates;
mod commands;
#[cfg(feature = "crash-points")]
mod crash_matrix;
#[cfg(unix)]
mod daemon;
#[cfg(unix)]
mod dashboard;
mod demo;
mod docs;
mod doctor;
mod error_codes;
mod examples;
mod explanations;
mod exports;
mod fifty_four_cases;
#[cfg(feature = "crash-points")]
mod host_faults;
mod languages;
mod locations;
mod map_places;
mod packaging;
mod plans;
mod quality;
mod queries;
mod secrets;
#[cfg(unix)]
mod serve;
mod setup;
mod site;
mod state_commands;
#[cfg(feature = "crash-points")]
mod stopped;
#[cfg(feature = "crash-points")]
mod storm;
mod tie_out;
mod tutorial;
mod users;
mod worked;
mod worse_days;
