//! Plans that are saved, looked at and carried out, with the real binary.

use crate::site::{Site, WEEKS, snapshot};
use std::os::unix::fs::PermissionsExt;

fn plan(site: &Site, more: &[&str]) -> crate::site::Ended {
    site.tally(&[&["plan"], &WEEKS[..], more].concat())
}

/// A site after its first run, with one confirmed case deleted since; and its id.
fn with_a_correction() -> (Site, String) {
    let site = Site::weekly();
    site.run().with_code(0);
    let truth = site.truth();
    let ids: Vec<String> = {
        let documents = site.world.godata.documents();
        documents.cases().filter_map(|case| Some(case.get("id")?.as_str()?.to_owned())).collect()
    };
    for id in ids {
        site.world.godata.edit(|editor| editor.delete(&id)).unwrap();
        if site.truth() != truth {
            return (site, id);
        }
        site.world.godata.edit(|editor| editor.restore(&id)).unwrap();
    }
    panic!("no case counts");
}

#[test]
fn a_plan_is_saved_looked_at_and_carried_out() {
    let (site, id) = with_a_correction();
    let n_writes = site.n_writes();
    let planned = plan(&site, &["--all", "--out", "plan.json"]).with_code(0);
    assert!(planned.out.contains(&format!("{id} left: deleted, merged or converted")), "{planned}");
    assert!(planned.err.contains("`tally apply plan.json` carries it out"), "{planned}");
    assert_eq!(site.n_writes(), n_writes);
    let mode = std::fs::metadata(site.path("plan.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it names records");

    let applied = site.tally(&["apply", "plan.json"]).with_code(0);
    snapshot("apply", &applied.to_string().replace(&id, "[ID]"));
    assert_eq!(site.values(), site.truth());
    let again = site.run().with_code(0);
    assert_eq!(site.values(), site.truth(), "{again}");
    let history = site.tally(&["history", "--output", "json"]).with_code(0);
    assert!(history.out.contains("\"trigger\": \"saved plan\""), "{history}");
    let shown = site.tally(&["show", "2", "--all"]).with_code(0);
    assert!(shown.out.contains(&format!("{id} left: deleted")), "as it was shown: {shown}");
    // It is carried out once.
    let ended = site.tally(&["apply", "plan.json"]).with_code(40);
    snapshot("apply_twice", &ended.to_string());
}

#[test]
fn a_plan_that_is_out_of_date_is_refused() {
    let (site, _) = with_a_correction();
    plan(&site, &["--out", "plan.json"]).with_code(0);
    let (values, n_writes) = (site.values(), site.n_writes());
    let config = site.read("tally.toml");
    site.configure("'CONFIRMED'", "'PROBABLE'");
    snapshot("apply_other_definitions", &site.tally(&["apply", "plan.json"]).with_code(10).to_string());
    site.write("tally.toml", config);
    let text = site.read("plan.json");
    site.write("plan.json", text.replacen("\"new\": null", "\"new\": \"5\"", 1));
    snapshot("apply_edited_plan", &site.tally(&["apply", "plan.json"]).with_code(10).to_string());
    site.write("plan.json", text);
    snapshot("apply_with_periods", &site.tally(&["apply", "plan.json", "--from", "2020W6"]).with_code(10).to_string());
    snapshot("apply_nothing", &site.tally(&["apply"]).with_code(2).to_string());
    snapshot("apply_no_such_plan", &site.tally(&["apply", "absent.json"]).with_code(10).to_string());
    snapshot("plan_out_nowhere", &plan(&site, &["--out", "absent/plan.json"]).with_code(10).to_string());
    assert_eq!((site.values(), site.n_writes()), (values, n_writes), "nothing was written");
}

#[test]
fn losses_wait_for_a_person_who_lets_them_go() {
    let site = Site::weekly();
    site.run().with_code(0);
    let (values, n_writes) = (site.values(), site.n_writes());
    let ids: Vec<String> = {
        let documents = site.world.godata.documents();
        documents.cases().filter_map(|case| Some(case.get("id")?.as_str()?.to_owned())).step_by(2).collect()
    };
    for id in ids {
        site.world.godata.edit(|editor| editor.delete(&id)).unwrap();
    }
    let held = site.run().with_code(40);
    assert!(held.out.contains("held:") && held.out.contains("losses_max_percent = 10"), "{held}");
    assert!(held.out.contains("tally apply --held"), "the next step is told: {held}");
    assert_eq!((site.values(), site.n_writes()), (values, n_writes));
    site.tally(&[&["apply", "--held"], &WEEKS[..]].concat()).with_code(0);
    assert_eq!(site.values(), site.truth());
}
