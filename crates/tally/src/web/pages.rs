//! The pages of a report, made from real runs between the simulators.

mod outline;
mod shown;

use super::site::Site;
use super::visit::Visit;
use super::visitor::{Role, Visitor, Way};
use super::{cell, map, report};
use crate::language::Language;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::Request as HttpRequest;
use axum::response::Response;
use jiff::SignedDuration;
use jiff::civil::date;
use pipeline::config::{self, Config};
use pipeline::progress::Silent;
use pipeline::run::{Request, Stop, run};
use sandbox::clock::Clock;
use sandbox::population::Population;
use sandbox::world::{World, WorldOptions, account};
use std::sync::Arc;
use tempfile::TempDir;

const EXAMPLE: &str = include_str!("../../../../examples/covid19-weekly/tally.toml");
/// A name that is all that a name must not be.
const HOSTILE: &str = "\u{202e}<script>alert(1)</script>\"'&";

/// Both servers, a run that came through, and the site of it.
pub(super) struct Stage {
    pub(super) world: Option<World>,
    pub(super) clock: Clock,
    pub(super) folder: TempDir,
    pub(super) site: Arc<Site>,
}

impl Stage {
    pub(super) async fn new(change: impl FnOnce(String) -> String, before: impl FnOnce(&World)) -> Self {
        let clock = Clock::fixed("2020-03-31T10:00:00Z".parse().unwrap());
        let options = WorldOptions { clock: clock.clone(), ..WorldOptions::default() };
        let world = World::start(Population::covid19(7, 300, date(2020, 2, 3), 8), &options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("places.csv", &world.population.places_csv());
        write("godata-password", account::GODATA_PASSWORD);
        write("dhis2-password", account::DHIS2_PASSWORD);
        let numbers = &EXAMPLE[..EXAMPLE.find("# --- What follows from the numbers.").unwrap()];
        let text = numbers
            .replace("http://127.0.0.1:8431", &world.godata.url())
            .replace("http://127.0.0.1:8432", &world.dhis2_url())
            .replace("password_env = \"TALLY_GODATA_PASSWORD\"", "password_file = \"godata-password\"")
            .replace("password_env = \"TALLY_DHIS2_PASSWORD\"", "password_file = \"dhis2-password\"")
            .replace("look_back = 30", "look_back = 8")
            .replace("complete = true", "complete = false");
        write("tally.toml", &change(text));
        before(&world);
        let site = site(&folder, &clock);
        let stage = Self { world: Some(world), clock, folder, site };
        stage.run().await;
        stage
    }

    pub(super) fn config(&self) -> Config {
        config::load(&self.folder.path().join("tally.toml")).unwrap()
    }

    pub(super) async fn run(&self) {
        let (config, clock) = (self.config(), self.clock.clone());
        let request = Request {
            config: &config,
            report: &config.reports[0],
            from: None,
            to: None,
            release: false,
            full: false,
            after: None,
            stop: Stop::default(),
            trigger: "test",
            engine: None,
            progress: Arc::new(Silent),
            now: Arc::new(move || clock.now()),
        };
        run(&request).await.unwrap();
        self.clock.advance(SignedDuration::from_hours(1));
    }

    fn report(&self) -> String {
        self.config().reports[0].name.clone()
    }

    async fn visit(&self, role: Role, language: Language, here: &str) -> Visit {
        let (mut parts, ()) = HttpRequest::builder().uri(here).body(()).unwrap().into_parts();
        parts.extensions.insert(Visitor { name: "somebody".into(), role, csrf: String::new(), way: Way::Session });
        let visit = Visit::from_request_parts(&mut parts, &self.site).await.unwrap();
        Visit { language, ..visit }
    }

    /// A page by its path and query, as somebody sees it in English.
    async fn get(&self, role: Role, here: &str) -> (u16, String) {
        self.get_in(role, Language::English, here).await
    }

    async fn get_in(&self, role: Role, language: Language, here: &str) -> (u16, String) {
        let visit = self.visit(role, language, here).await;
        let uri: axum::http::Uri = here.parse().unwrap();
        let report = Path(self.report());
        let response = match uri.path().rsplit('/').next().unwrap() {
            "map" => map::page(visit, report, Query::try_from_uri(&uri).unwrap()).await,
            "cell" => cell::page(visit, report, Query::try_from_uri(&uri).unwrap()).await,
            _ => report::page(visit, report, Query::try_from_uri(&uri).unwrap()).await,
        };
        text(response).await
    }
}

fn site(folder: &TempDir, clock: &Clock) -> Arc<Site> {
    let config = config::load(&folder.path().join("tally.toml")).unwrap();
    let clock = clock.clone();
    Site::new(config, Arc::default(), Arc::new(move || clock.now()))
}

async fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let page = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(!page.contains("style=") && !page.contains("<script>"), "what the pages' policy forbids");
    (status, page)
}

/// The texts of a page between two texts.
fn between<'p>(page: &'p str, from: &str, to: &str) -> Vec<&'p str> {
    page.split(from).skip(1).filter_map(|rest| rest.split(to).next()).collect()
}

fn plain(config: String) -> String {
    config
}

fn unchanged(_: &World) {}

fn spoil_names(world: &World) {
    let units = world.population.org_units.clone();
    world.dhis2.edit(|metadata| {
        for (at, unit) in units.iter().filter(|unit| unit.level == 3).enumerate() {
            metadata.org_unit_mut(&unit.uid).name = format!("{HOSTILE} {at:02} {}", "ن".repeat(280));
        }
    });
}

#[tokio::test]
async fn a_report_is_shown_at_a_glance() {
    let stage = Stage::new(plain, spoil_names).await;
    let (status, page) = stage.get(Role::Operator, "/reports/x").await;
    assert_eq!(status, 200);
    for section in ["id=\"curve\"", "id=\"completeness\"", "id=\"trends\"", "id=\"revisions\""] {
        assert!(page.contains(section), "{section}");
    }
    assert!(page.contains("100 % of what had values over 8 periods stands in DHIS2 whole."));
    assert!(page.contains("All cases of the line list"));
    assert!(page.contains(&"ن".repeat(280)), "whole names are there");
    assert!(!page.contains('\u{202e}') || page.contains("<bdi>"));
    assert!(page.len() < 400_000, "{}", page.len());
    assert!(page.contains("<svg class=\"chart curve\"") && page.contains("<details class=\"twin\">"));

    let (_, french) = stage.get_in(Role::Operator, Language::French, "/reports/x").await;
    assert!(french.contains("Courbe épidémique") && french.contains("Complétude dans DHIS2"));
    assert!(!french.contains("Epidemic curve"));
}

#[tokio::test]
async fn a_field_leads_to_its_values_one_to_its_past_and_that_to_its_records() {
    let stage = Stage::new(plain, unchanged).await;
    let (_, page) = stage.get(Role::Operator, "/reports/x").await;
    let field = between(&page, "<a href=\"", "\"").into_iter().find(|href| href.contains("/cell?org_unit=")).unwrap();
    let (status, slice) = stage.get(Role::Operator, &field.replace("&amp;", "&")).await;
    assert_eq!(status, 200);
    let cell = between(&slice, "href=\"", "\"").into_iter().find(|href| href.contains("data_element=")).unwrap();
    let cell = cell.replace("&amp;", "&").replace("&#38;", "&");
    let (status, one) = stage.get(Role::Operator, &cell).await;
    assert_eq!(status, 200, "{cell}");
    assert!(one.contains("What it was") && one.contains("href=\"/runs/1\""));
    let asked = format!("{cell}&records=1");
    let (status, records) = stage.get(Role::Operator, &asked).await;
    assert_eq!(status, 200);
    assert!(records.contains("by the definitions of today."), "{records}");
    let cases: Vec<String> = {
        let documents = stage.world.as_ref().unwrap().godata.documents();
        documents.cases().filter_map(|case| Some(case.get("id")?.as_str()?.to_owned())).collect()
    };
    assert_eq!(cases.len(), 300);
    assert!(cases.iter().any(|id| records.contains(id.as_str())), "ids of records are told");

    let (_, viewed) = stage.get(Role::Viewer, &asked).await;
    assert!(cases.iter().all(|id| !viewed.contains(id.as_str())), "a viewer is told none");
    assert!(viewed.contains("The records in it are shown to operators."));
    for nothing in ["/cell?org_unit=a&period=2019W1", "/cell?org_unit=a&period=never"] {
        assert_eq!(stage.get(Role::Operator, nothing).await.0, 404, "{nothing}");
    }
}

#[tokio::test]
async fn what_somebody_changed_in_dhis2_does_not_stand_there_whole() {
    let stage = Stage::new(plain, unchanged).await;
    let world = stage.world.as_ref().unwrap();
    let key = world.dhis2.values().into_keys().next().unwrap();
    world.dhis2.set_value(&key, Some("4711"));
    stage.run().await;
    let (_, page) = stage.get(Role::Operator, "/reports/x").await;
    assert!(page.contains("99 % of what had values over 8 periods stands in DHIS2 whole."), "{page}");
    let field = format!("/cell?org_unit={}&period={}", key.2, key.1);
    let (status, slice) = stage.get(Role::Operator, &field).await;
    assert_eq!(status, 200);
    assert!(slice.contains("somebody changed a value of ours in DHIS2"), "{slice}");
}

#[tokio::test]
async fn the_map_is_drawn_from_what_is_kept_when_dhis2_is_away() {
    let mut stage = Stage::new(plain, spoil_names).await;
    let (status, page) = stage.get(Role::Viewer, "/reports/x/map").await;
    assert_eq!(status, 200);
    assert!(page.matches("<path d=").count() > 20, "the districts are drawn");
    assert_eq!(page.matches("<circle").count(), 2, "those that are points too");
    assert!(page.contains("DHIS2 has no place for 1 organisation unit; the table has it."));
    assert!(page.len() < 200_000, "{}", page.len());

    stage.world = None;
    stage.site = site(&stage.folder, &stage.clock);
    stage.clock.advance(SignedDuration::from_hours(48));
    let (_, later) = stage.get(Role::Viewer, "/reports/x/map?indicator=confirmed_deaths").await;
    assert!(later.contains("<option value=\"confirmed_deaths\" selected>"));
    assert_eq!(later.matches("<path d=").count(), page.matches("<path d=").count());
    assert!(later.contains("2 days ago") || later.contains("49 hours ago") || later.contains("48 hours ago"));
    for nothing in ["/x/map?indicator=none", "/x/map?period=2019W1"] {
        assert_eq!(stage.get(Role::Viewer, nothing).await.0, 404, "{nothing}");
    }
}

#[tokio::test]
async fn a_viewer_sees_published_values_only_where_small_cells_are_left_out() {
    let policy = |config: String| config.replace("[state]", "[dhis2.small_cells]\nthreshold = 5\n\n[state]");
    let stage = Stage::new(policy, unchanged).await;
    let (_, whole) = stage.get(Role::Operator, "/reports/x").await;
    assert!(
        whole.contains("All cases of the line list") && whole.contains("<ins>")
            || whole.contains("class=\"scroll triangle\"")
    );
    let (_, page) = stage.get(Role::Viewer, "/reports/x").await;
    assert!(page.contains("every number on this page is made of published values only"));
    assert!(page.contains("added up over all organisation units") && !page.contains("All cases of the line list"));
    assert!(page.contains("There are no revisions to show.") && !page.contains("class=\"scroll triangle\""));
    let fields = between(&page, "<a href=\"", "\"").into_iter().filter(|href| href.contains("/cell?org_unit="));
    let fields: Vec<String> = fields.map(|href| href.replace("&amp;", "&")).collect();
    assert!(fields.len() > 10);
    for field in fields.iter().take(10) {
        let (status, slice) = stage.get(Role::Viewer, field).await;
        assert_eq!(status, 200);
        assert!(!slice.contains("Computed"), "{field}");
        for number in between(&slice, " class=\"number\"><bdi>", "</td>") {
            let number = number.replace("<bdi>", "").replace("</bdi>", "");
            let number = number.trim();
            assert!(number == "0" || number.parse::<u64>().is_ok_and(|n| n >= 5), "{field}: {number}");
        }
    }
}

#[tokio::test]
async fn a_report_that_never_ran_and_one_that_is_none() {
    let stage = Stage::new(plain, unchanged).await;
    let visit = stage.visit(Role::Viewer, Language::English, "/reports/none").await;
    let uri: axum::http::Uri = "/reports/none".parse().unwrap();
    let response = report::page(visit, Path("none".to_owned()), Query::try_from_uri(&uri).unwrap()).await;
    assert_eq!(text(response).await.0, 404);
    std::fs::remove_dir_all(stage.folder.path().join(".tally")).unwrap();
    drop(pipeline::store::State::open(&stage.folder.path().join(".tally/state.sqlite")).unwrap());
    let fresh = Stage { site: site(&stage.folder, &stage.clock), ..stage };
    for path in ["/reports/x", "/reports/x/map"] {
        let (status, page) = fresh.get(Role::Viewer, path).await;
        assert_eq!(status, 200);
        assert!(page.contains("No run of this report has come through yet."), "{path}");
    }
}
