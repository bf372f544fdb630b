//! Certificates as files, and `tally verify`.

use crate::site::{Site, WEEKS, snapshot};
use sandbox::fault::{Fault, FaultRule};

fn run_with(site: &Site, extra: &[&str]) -> crate::site::Ended {
    let arguments: Vec<&str> = ["run"].into_iter().chain(WEEKS).chain(extra.iter().copied()).collect();
    site.tally(&arguments)
}

#[test]
fn verify_agrees_after_a_run_and_tells_who_changed_a_value() {
    let site = Site::weekly();
    snapshot("verify_before_any_run", &site.tally(&["verify"]).with_code(10).to_string());
    run_with(&site, &[]).with_code(0);
    let n_writes = site.n_writes();
    let agreed = site.tally(&["verify", "--certificate", "now.json"]).with_code(0);
    snapshot("verify", &agreed.to_string());
    let json: serde_json::Value = serde_json::from_str(&site.read("now.json")).unwrap();
    assert_eq!(json["indicators"][0]["indicator"], "confirmed_cases");
    assert_eq!(json["n_cells"].as_u64(), Some(site.truth().len() as u64));

    let (key, _) = site.values().into_iter().next().unwrap();
    site.world.dhis2.set_value(&key, Some("777"));
    let differs = site.tally(&["verify", "--certificate", "now.html"]).with_code(40);
    snapshot("verify_foreign_edit", &differs.to_string());
    let page = site.read("now.html");
    assert!(page.contains("The sides differ") && page.contains("<td>777</td>") && page.contains("somebody_else"));
    let json = site.tally(&["verify", "--output", "json"]).with_code(40).json();
    assert_eq!((&json["agrees"], &json["differences"][0]["says"]), (&false.into(), &"777".into()));
    assert_eq!(site.n_writes(), n_writes, "verify writes nothing");
}

#[test]
fn verify_ends_with_the_codes_of_the_servers() {
    let site = Site::weekly();
    run_with(&site, &[]).with_code(0);
    let reject = |status| Fault::Reject { status, body: "{}".into() };
    site.world.dhis2_faults.push(FaultRule::on("/api/*dataValueSets*", reject(404)).forever());
    site.tally(&["verify"]).with_code(30);
    site.world.dhis2_faults.clear();
    site.world.godata.faults().push(FaultRule::on("*/filtered-count", reject(400)).forever());
    site.tally(&["verify"]).with_code(20);
    site.world.godata.faults().clear();
    site.tally(&["verify"]).with_code(0);
}

#[test]
fn the_page_of_a_run_stands_alone_and_shows_repeats_it() {
    let site = Site::weekly();
    let hostile = "<script>alert(1)</script> & \\\"Co\\\"";
    site.configure("title = \"New confirmed cases\"", &format!("title = \"{hostile}\""));
    run_with(&site, &["--certificate", "run.html"]).with_code(0);
    let page = site.read("run.html");
    snapshot("certificate_page", &page);
    assert!(!page.contains("<script") && page.contains("&#60;script&#62;alert(1)"), "names are escaped");
    for outside in ["src=", "href=", "url(", "@import", "<link", "<img"] {
        assert!(!page.contains(outside), "`{outside}` reaches outside the page");
    }
    assert_eq!(page.matches("class=\"differs\"").count() + page.matches(">NO<").count(), 0);
    assert!(page.contains("The sides agree") && page.contains("Data manager") && page.contains("Epidemiologist"));
    site.tally(&["show", "1", "--certificate", "show.html"]).with_code(0);
    assert_eq!(site.read("show.html"), page);
}

#[test]
fn a_certificate_has_one_of_two_forms_and_only_runs_have_one() {
    let site = Site::weekly();
    snapshot("certificate_of_no_form", &run_with(&site, &["--certificate", "c.pdf"]).with_code(10).to_string());
    let plan: Vec<&str> = ["plan"].into_iter().chain(WEEKS).chain(["--certificate", "c.html"]).collect();
    snapshot("certificate_of_a_plan", &site.tally(&plan).with_code(2).to_string());
    assert!(site.values().is_empty());
    site.world.godata.faults().push(FaultRule::on("*/cases", Fault::Reject { status: 400, body: "{}".into() }));
    run_with(&site, &["--certificate", "c.html"]).with_code(20);
    snapshot(
        "certificate_of_a_failed_run",
        &site.tally(&["show", "1", "--certificate", "c.html"]).with_code(10).to_string(),
    );
    assert!(!site.path("c.html").exists());
    let nowhere = run_with(&site, &["--certificate", "nowhere/c.html"]).with_code(10);
    assert!(nowhere.err.contains("tally show N --certificate FILE"), "{nowhere}");
    assert_eq!(site.values(), site.truth(), "what was pushed is pushed");
}
