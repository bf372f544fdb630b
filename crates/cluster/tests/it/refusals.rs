//! What cannot be computed is refused with a reason and a next step, and nothing is pushed.

use crate::machines::Machines;
use crate::site::Site;
use jiff::civil::date;
use sandbox::population::Population;

const WEEKLY: &str = include_str!("../../../../examples/covid19-weekly/tally.toml");

#[test]
fn no_snapshot_no_scheduler_and_another_form_are_told() {
    let site = Site::of(WEEKLY, Population::covid19(7, 60, date(2020, 2, 3), 4));
    let snapshots = site.path("snapshots");
    // Port 9 discards, where anybody listens at all.
    site.engine("df://127.0.0.1:9", &snapshots);
    let run = ["run", "--config", "cluster.toml", "--from", "2020W6", "--to", "2020W9"];
    let refused = |code: i32| site.tally(&run, &[]).with_code(code).err();

    let no_folder = refused(10);
    assert!(no_folder.contains("the folder of snapshots"), "{no_folder}");
    std::fs::create_dir(&snapshots).unwrap();
    let no_snapshot = refused(10);
    assert!(no_snapshot.contains("there is no snapshot of outbreak") && no_snapshot.contains("tally-cluster snapshot"));

    site.tally(&["snapshot", "--config", "cluster.toml"], &[]).with_code(0);
    let no_scheduler = refused(75);
    assert!(no_scheduler.contains("no Ballista scheduler answers at `df://127.0.0.1:9`"), "{no_scheduler}");

    let manifest = std::fs::read_dir(&snapshots).unwrap().next().unwrap().unwrap().path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replacen("\"form\": 1", "\"form\": 2", 1)).unwrap();
    let other_form = refused(10);
    assert!(other_form.contains("is not enough for the report: it has form 2"), "{other_form}");
    assert!(site.world.dhis2.values().is_empty());
}

#[test]
fn a_computation_that_nobody_does_ends_when_its_time_is_up() {
    let machines = Machines::start(0, &[]);
    let site = Site::of(WEEKLY, Population::covid19(7, 60, date(2020, 2, 3), 4));
    site.engine(machines.url.as_str(), &site.path("snapshots"));
    let text = std::fs::read_to_string(site.path("cluster.toml")).unwrap();
    site.write("cluster.toml", &format!("{text}timeout_secs = 2\n"));
    site.tally(&["snapshot", "--config", "cluster.toml"], &[]).with_code(0);
    let run = ["run", "--config", "cluster.toml", "--from", "2020W6", "--to", "2020W9"];
    let ended = site.tally(&run, &[]).with_code(75).err();
    assert!(ended.contains("the computation did not end in 2 s"), "{ended}");
    assert!(ended.contains("Are executors running"), "{ended}");
    assert!(site.world.dhis2.values().is_empty());
}
