//! `tally bootstrap`: the metadata that a report needs, for a DHIS2 that has none.

use super::export::write;
use super::reset::confirmed;
use super::show;
use crate::cli::{BootstrapArgs, Cli, OutArgs};
use crate::render::number::counted;
use crate::render::query::printable;
use pipeline::bootstrap::{Bootstrap, Present, draw, package};
use pipeline::config::{self, Config, Problem};
use pipeline::push::{Imported, import_package};
use pipeline::{Error, ErrorKind, target};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Objects that are listed one by one.
const LISTED_MAX: usize = 10;

/// What was made and done, as JSON.
#[derive(Serialize)]
struct Done<'b> {
    #[serde(flatten)]
    made: &'b Bootstrap,
    /// How many objects of each kind are in the package.
    objects: std::collections::BTreeMap<&'static str, usize>,
    /// Where the package is, if it was written.
    file: Option<&'b Path>,
    /// What DHIS2 made of it without writing.
    dry_run: Option<&'b Imported>,
    /// What DHIS2 made of it.
    imported: Option<&'b Imported>,
}

/// Makes the package, and writes it to a file or sends it.
pub(crate) async fn bootstrap(args: &BootstrapArgs, cli: &Cli) -> Result<u8, Error> {
    let config = load(args)?;
    let report = config.report(args.config.report.as_deref())?;
    let drawing = draw(&config, report, args.assign).map_err(Error::config)?;
    let (client, present) = if args.offline {
        (None, None)
    } else {
        let (client, _, me) = target::connect(&config).await?;
        let present = Present::read(&client, &me, &drawing).await?;
        (Some(client), Some(present))
    };
    let made = package(&drawing, present.as_ref())?;
    let default = PathBuf::from(format!("{}-dhis2.json", file_name(&report.name)));
    let file = args.out.clone().or((!args.import).then_some(default)).filter(|_| !made.package.is_empty());
    if let Some(path) = &file {
        save(path, args.force, &made)?;
    }
    let objects = made.package.counts().into_iter().collect();
    let mut done = Done { made: &made, objects, file: file.as_deref(), dry_run: None, imported: None };
    let Some(client) = client.filter(|_| args.import && !made.package.is_empty()) else {
        show(cli, &done, || text(&done))?;
        return Ok(0);
    };
    let tried = import_package(&client, &config, &made.package, false).await?;
    refusals(&tried)?;
    done.dry_run = Some(&tried);
    if !args.yes {
        eprint!("{}", text(&done));
        let question = format!(
            "Import this into DHIS2 at {}? {} would be created, {} updated.",
            config.dhis2.url.value, tried.created, tried.updated
        );
        if !confirmed(&question)? {
            return Err(Error::new(ErrorKind::Held, "nothing was imported"));
        }
    }
    let imported = import_package(&client, &config, &made.package, true).await?;
    refusals(&imported)?;
    done.imported = Some(&imported);
    show(cli, &done, || text(&done))?;
    Ok(0)
}

/// Whoever begins has no map of places yet; it is needed only to assign its organisation units.
fn load(args: &BootstrapArgs) -> Result<Config, Error> {
    let path = &args.config.config;
    let whole = config::load_before_dhis2(path, true);
    if args.assign {
        return whole.map_err(Error::config);
    }
    whole.or_else(|_| config::load_before_dhis2(path, false)).map_err(Error::config)
}

fn save(path: &Path, force: bool, made: &Bootstrap) -> Result<(), Error> {
    let out = OutArgs { out: Some(path.to_owned()), force };
    let written = write(&out, |to| {
        let written = serde_json::to_writer_pretty(&mut *to, &made.package).map_err(std::io::Error::from);
        Ok(written.and_then(|()| to.write_all(b"\n")).map(|()| 1))
    });
    written.map(drop)
}

fn refusals(imported: &Imported) -> Result<(), Error> {
    if imported.is_ok {
        return Ok(());
    }
    let problem = |refused: &pipeline::push::Refused| {
        let code = refused.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
        Problem::new(format!("{}{code}: {}", refused.class, printable(&refused.message)))
    };
    let mut problems: Vec<Problem> = imported.errors.iter().take(LISTED_MAX).map(problem).collect();
    if let Some(last) = problems.last_mut() {
        last.advice = Some("Nothing was written. Change the configuration, or what is in its way in DHIS2.".to_owned());
    }
    let n = counted(imported.errors.len() as u64, "object");
    let mut error =
        Error::new(ErrorKind::Dhis2, format!("DHIS2 refuses {n} of the package")).advice("Nothing was written.");
    error.problems = problems;
    Err(error)
}

fn text(done: &Done<'_>) -> String {
    let made = done.made;
    let mut text = match (&done.imported, &done.file, made.package.is_empty()) {
        (_, _, true) => format!("DHIS2 has all that report `{}` needs.\n", made.report),
        (Some(imported), ..) => {
            format!("Imported into DHIS2: {} created, {} updated.\n", imported.created, imported.updated)
        }
        (None, Some(file), _) => format!("Package for report `{}`: {}\n", made.report, file.display()),
        (None, None, _) => format!("Package for report `{}`\n", made.report),
    };
    for (word, n) in made.package.counts() {
        text += &format!("  {}\n", counted(n as u64, word).replace("categorys", "categories"));
    }
    for data_set in &made.data_sets {
        text += &format!("Data set {}: {}\n", data_set.id, printable(&data_set.name));
    }
    if !made.kept.is_empty() {
        text += "\nTaken as DHIS2 has it:\n";
        for kept in made.kept.iter().take(LISTED_MAX) {
            text += &format!("  {} {}  {}\n", kept.what, kept.id, printable(&kept.name));
        }
        if made.kept.len() > LISTED_MAX {
            text += &format!("  ... and {} more\n", made.kept.len() - LISTED_MAX);
        }
    }
    if !made.not_sent.is_empty() {
        text += &format!("\nOnly for rules, without a data element: {}\n", made.not_sent.join(", "));
    }
    if !made.notes.is_empty() {
        text += "\nTo know:\n";
        text += &made.notes.iter().map(|note| format!("  - {}\n", printable(note))).collect::<String>();
    }
    if done.imported.is_none() && done.file.is_some() {
        text += "\nImport it with DHIS2's app Import/Export, Metadata import, as JSON; try it there with a dry run first.\n";
    }
    match &made.configuration {
        Some(lines) => text + &format!("\nPut this into the configuration, each key where its table is:\n\n{lines}"),
        None => text + "\nThe configuration names all of it already.\n",
    }
}

/// A report's name as the name of a file.
fn file_name(report: &str) -> String {
    report.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect()
}
