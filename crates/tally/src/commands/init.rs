//! `tally init`: from two addresses to a configuration and the plan of the last closed period.

mod ask;
mod files;

use super::{listener, map_places, plan, show};
use crate::cli::{Cli, ConfigArgs, InitArgs, MapPlacesArgs, Output, PlanArgs, RunArgs};
use crate::language::say;
use crate::render::query::printable;
use crate::render::table::{Column, table};
use crate::terminal;
use ask::Asker;
use files::Files;
use pipeline::config;
use pipeline::config::model::Config;
use pipeline::run::{Request, span_of};
use pipeline::setup::{self, Choice, Dhis2Access, Draft, GodataAccess, Secret, Servers};
use pipeline::{Error, ErrorKind, clock};
use serde::Serialize;
use std::sync::Arc;

/// What was set up.
#[derive(Serialize)]
struct SetUp {
    /// The files that were written, in their order.
    written: Vec<String>,
    /// UID of the data set.
    data_set: String,
    /// Data elements with an indicator, and all of them.
    n_decided: usize,
    n_elements: usize,
    elements: Vec<ElementRow>,
}

#[derive(Serialize)]
struct ElementRow {
    data_element: String,
    name: String,
    /// The block of the catalogue; none: a person has to decide.
    block: Option<String>,
    /// Blocks that are near, or why there is none.
    open: Option<String>,
}

/// Asks, proposes, writes, maps the places and shows the plan of the last closed period.
pub(crate) async fn init(args: &InitArgs, cli: &Cli) -> Result<u8, Error> {
    let asker = Asker::new(!args.non_interactive && cli.output == Output::Text && terminal::can_ask());
    let files = Files::beside(&args.config);
    let is_new = !args.config.exists();
    let set_up = if is_new { begin(args, cli, asker, &files).await? } else { extend(args, cli, asker, &files).await? };
    // As JSON, the file that was made is the result; the plan is a command of its own.
    show(cli, &set_up, || text(&set_up, is_new))?;
    if cli.output != Output::Text || args.no_plan {
        return Ok(0);
    }
    let config = ConfigArgs { config: args.config.clone(), report: None };
    let map = MapPlacesArgs {
        config: config.clone(),
        accept: epi::matching::Rules::ACCEPT,
        non_interactive: !asker.can_ask(),
        dry_run: false,
        all_units: false,
        reopen: false,
        no_records: false,
        all: false,
    };
    say_next(cli, &say!("init-places"));
    map_places::map_places(&map, cli).await?;
    let loaded = config::load(&args.config).map_err(Error::config)?;
    if loaded.reports.iter().all(|report| report.indicators.is_empty()) {
        return Ok(0);
    }
    let last = last_closed(&loaded, cli)?;
    say_next(cli, &say!("init-plan", period = last.as_str()));
    let run = RunArgs { config, from: Some(last.clone()), to: Some(last), full: false, all: false };
    let code = plan::plan(&PlanArgs { run, out: None }, cli).await?;
    say_next(cli, &say!("init-done", config = args.config.display().to_string()));
    Ok(code)
}

fn say_next(cli: &Cli, text: &str) {
    if !cli.quiet {
        eprintln!("\n{text}");
    }
}

/// The last closed period of the first report.
fn last_closed(config: &Config, cli: &Cli) -> Result<String, Error> {
    let report = config.reports.first().ok_or_else(|| Error::new(ErrorKind::Config, "there is no report"))?;
    let request = Request {
        config,
        report,
        from: None,
        to: None,
        release: false,
        full: false,
        after: None,
        stop: pipeline::run::Stop::default(),
        trigger: "command line",
        engine: None,
        progress: listener(cli),
        now: Arc::new(clock::now),
    };
    Ok(span_of(&request)?.last().to_string())
}

/// A new configuration.
async fn begin(args: &InitArgs, cli: &Cli, asker: Asker, files: &Files) -> Result<SetUp, Error> {
    files.ready()?;
    let url = asker.url(args.godata.as_ref(), "--godata", &say!("init-ask-godata"))?;
    let email = asker.text(args.godata_email.as_ref(), "--godata-email", &say!("init-ask-email"))?;
    let (password, godata_secret) =
        asker.secret("TALLY_GODATA_PASSWORD", "godata-password", &say!("init-ask-password", who = email.as_str()))?;
    let godata = GodataAccess { url, email, password, allow_http: args.allow_http };
    let found = godata.look().await?;
    tell(
        cli,
        &say!(
            "init-godata",
            version = found.version.clone().unwrap_or_else(|| "?".to_owned()),
            email = godata.email.as_str(),
            outbreaks = found.outbreaks.len()
        ),
    );
    if found.is_restricted {
        tell(cli, &say!("init-restricted"));
    }
    let names: Vec<&str> = found.outbreaks.iter().map(|(_, name)| name.as_str()).collect();
    let at =
        asker.one_of(args.outbreak.as_deref(), "--outbreak", &say!("init-ask-outbreak"), &names, |at, wanted| {
            found.outbreaks[at].0 == wanted
        })?;
    let (id, name) = &found.outbreaks[at];
    // A name that two outbreaks have says nothing; the id always does.
    let outbreak = if names.iter().filter(|other| *other == name).count() > 1 { id.clone() } else { name.clone() };

    let url = asker.url(args.dhis2.as_ref(), "--dhis2", &say!("init-ask-dhis2"))?;
    let account = asker.dhis2_account(args.dhis2_account.as_ref())?;
    let dhis2 = Dhis2Access { url, credentials: account.credentials, allow_http: args.allow_http };
    let seen = dhis2.look().await?;
    tell(
        cli,
        &say!(
            "init-dhis2",
            version = seen.version.as_str(),
            user = seen.username.as_str(),
            sets = seen.data_sets.len()
        ),
    );
    if seen.is_superuser {
        tell(cli, &say!("init-superuser"));
    }
    if !seen.may_write {
        tell(cli, &say!("init-may-not-write"));
    }
    let sets: Vec<String> =
        seen.data_sets.iter().map(|set| format!("{} ({}, {})", set.name, set.period_type, set.id)).collect();
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let at =
        asker.one_of(args.data_set.as_deref(), "--data-set", &say!("init-ask-data-set"), &sets, |at, wanted| {
            let set = &seen.data_sets[at];
            set.id.as_str() == wanted || set.name == wanted || set.code.as_deref() == Some(wanted)
        })?;
    let data_set = seen.data_set(seen.data_sets[at].id.as_str()).await?;
    let mut draft = Draft::of(&data_set, &[]);
    decide(asker, &mut draft, |_| true)?;
    let servers = Servers {
        godata_url: godata.url.to_string(),
        outbreak,
        email: godata.email.clone(),
        godata_secret,
        godata_http: args.allow_http && godata.url.scheme() == "http",
        dhis2_url: dhis2.url.to_string(),
        username: account.username,
        dhis2_secret: account.secret,
        dhis2_http: args.allow_http && dhis2.url.scheme() == "http",
    };
    for (secret, typed) in [(&servers.godata_secret, &godata.password), (&servers.dhis2_secret, &account.typed)] {
        if let Secret::File(file) = secret {
            files.keep(file, typed)?;
        }
    }
    let report = args.report.clone().unwrap_or_else(|| draft.period_type.to_lowercase());
    files.write_new(&setup::configuration(&servers, &report, &draft), &setup::environment(&servers))?;
    Ok(SetUp::of(&draft, files.new_names()))
}

/// What the data sets of a configuration have gained.
async fn extend(args: &InitArgs, cli: &Cli, asker: Asker, files: &Files) -> Result<SetUp, Error> {
    let config = config::load_without_map(&args.config).map_err(Error::config)?;
    let before = config.source.text.to_string();
    let schemes = config.dhis2.id_schemes;
    if [schemes.data_element, schemes.category_option].iter().any(|scheme| *scheme != dhis2::IdScheme::Uid) {
        let message =
            format!("`{}` names DHIS2's metadata by code, and `tally init` adds by UID", args.config.display());
        return Err(Error::new(ErrorKind::Config, message)
            .advice("Add what is missing by hand; `tally check` says whether it fits."));
    }
    let (client, ..) = pipeline::target::connect(&config).await?;
    let known: Vec<(String, Vec<String>)> = config
        .dimensions
        .iter()
        .map(|one| (one.dimension.code.clone(), one.options.iter().map(|option| option.value.clone()).collect()))
        .collect();
    let (mut text, mut last) = (before.clone(), None);
    for named in config.reports.iter().flat_map(|report| &report.data_sets) {
        let found = client.data_set(&named.value, schemes.data_set).await;
        let data_set = found.map_err(|error| pipeline::failure::dhis2_at(&error, &config, named))?;
        let mut draft = Draft::of(&data_set, &known);
        decide(asker, &mut draft, |element| !before.contains(&element.uid))?;
        if let Some(updated) = setup::updated(&text, &draft) {
            text = updated;
        }
        last = Some(draft);
    }
    let written = if text == before {
        tell(cli, &say!("init-nothing-new", config = args.config.display().to_string()));
        Vec::new()
    } else {
        files.write_updated(&text)?;
        vec![args.config.display().to_string()]
    };
    let draft = last.ok_or_else(|| Error::new(ErrorKind::Config, "the configuration has no report with a data set"))?;
    Ok(SetUp::of(&draft, written))
}

/// Asks about the data elements that are not beyond doubt.
fn decide(asker: Asker, draft: &mut Draft, is_new: impl Fn(&setup::Element) -> bool) -> Result<(), Error> {
    for at in 0..draft.elements.len() {
        let element = &draft.elements[at];
        let Choice::Undecided(near) = &element.choice else { continue };
        if near.is_empty() || !is_new(element) || !asker.can_ask() {
            continue;
        }
        let prompt = say!("init-ask-block", name = element.name.as_str());
        if let Some(block) = asker.block(&prompt, near)? {
            draft.choose(at, block);
        }
    }
    Ok(())
}

fn tell(cli: &Cli, text: &str) {
    if !cli.quiet && cli.output == Output::Text {
        eprintln!("{text}");
    }
}

impl SetUp {
    fn of(draft: &Draft, written: Vec<String>) -> Self {
        let row = |element: &setup::Element| {
            let (block, open) = match &element.choice {
                Choice::Block(block) => (Some(block.clone()), None),
                Choice::Undecided(near) if near.is_empty() => (None, Some(say!("init-open-nothing"))),
                Choice::Undecided(near) => (None, Some(say!("init-open-near", near = near.join(", ")))),
                Choice::NoNumber(value_type) => (None, Some(say!("init-open-type", type = value_type.as_str()))),
                Choice::Combo(why) => (
                    None,
                    Some(say!("init-open-combo", category = why.category.as_str(), reason = why.reason.as_str())),
                ),
            };
            ElementRow { data_element: element.uid.clone(), name: element.name.clone(), block, open }
        };
        Self {
            written,
            data_set: draft.data_set.clone(),
            n_decided: draft.n_decided(),
            n_elements: draft.elements.len(),
            elements: draft.elements.iter().map(row).collect(),
        }
    }
}

fn text(set_up: &SetUp, is_new: bool) -> String {
    let mut text = String::new();
    let (name, counts) = (say!("init-column-element"), say!("init-column-counts"));
    let rows = set_up.elements.iter().map(|row| {
        let counts = row.block.as_ref().or(row.open.as_ref()).map_or("", String::as_str);
        vec![printable(&row.name).into_owned(), printable(counts).into_owned()]
    });
    text += &table(&[Column::Text(&name), Column::Text(&counts)], rows, terminal::width());
    text.push('\n');
    text += &say!("init-decided", n = set_up.n_decided, all = set_up.n_elements);
    text.push('\n');
    if !set_up.written.is_empty() {
        let written = set_up.written.join(", ");
        text += &if is_new { say!("init-written", files = written) } else { say!("init-updated", files = written) };
        text.push('\n');
    }
    text
}
