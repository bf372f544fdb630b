//! The real binary, over real HTTP, against both simulators: what a ministry's data manager would see.

mod bad_configuration;
mod bad_servers;
mod bad_state;
mod certificates;
mod commands;
mod demo;
mod examples;
mod fifty_four_cases;
mod secrets;
mod site;
mod tie_out;
mod worse_days;
