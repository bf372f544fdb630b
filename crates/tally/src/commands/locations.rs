//! `tally locations`: an outbreak that begins with the places of DHIS2.

use super::export::{talk, write};
use crate::cli::{Cli, LocationsExportArgs};
use crate::render::number::counted;
use dhis2::{Client, Credentials, Settings, Uid};
use pipeline::locations::{Locations, Wanted, locations};
use pipeline::{Error, ErrorKind, config, target};
use secrecy::SecretString;

/// Where the secrets of a DHIS2 are that no configuration names.
const PASSWORD: &str = "TALLY_DHIS2_PASSWORD";
const TOKEN: &str = "TALLY_DHIS2_TOKEN";

/// Renamed places that are listed one by one.
const LISTED_MAX: usize = 10;

/// Writes the organisation units of DHIS2 as Go.Data's file of locations.
pub(crate) async fn export(args: &LocationsExportArgs, cli: &Cli) -> Result<u8, Error> {
    let wanted = Wanted { root: args.root.as_deref().map(uid).transpose()?, depth: args.depth.map(usize::from) };
    let client = client(args).await?;
    let asked = futures::future::try_join(client.org_units(), client.org_unit_middles()).await;
    let (units, middles) = asked.map_err(|error| failed(&error))?;
    let made = locations(&units, &middles, &wanted).map_err(|error| {
        Error::new(ErrorKind::Config, error.to_string())
            .advice("Give the UID of one that the account sees, with --root.")
    })?;
    if made.n_locations == 0 {
        let error = Error::new(ErrorKind::Dhis2, "DHIS2 shows this account no organisation units");
        return Err(error.advice("Give the account organisation units for data capture or data view."));
    }
    write(&args.out, |to| {
        let written = serde_json::to_writer_pretty(&mut *to, &made.roots).map_err(std::io::Error::from);
        Ok(written.and_then(|()| to.write_all(b"\n")).map(|()| made.n_locations as u64))
    })?;
    if !cli.quiet {
        say(&made);
    }
    talk(
        cli,
        &args.out,
        &counted(made.n_locations as u64, "location"),
        "Import them into Go.Data before the first record.",
    );
    Ok(0)
}

/// What a person should know before importing.
fn say(made: &Locations) {
    let n_unplaced = made.n_locations - made.n_placed;
    if n_unplaced > 0 {
        eprintln!("{} without coordinates in DHIS2.", counted(n_unplaced as u64, "location"));
    }
    if made.n_too_deep > 0 {
        let n = counted(made.n_too_deep as u64, "organisation unit");
        eprintln!("warning: {n} below the last level left out; records there are entered one level higher.");
    }
    let list = |what: &str, all: &[(String, String)]| {
        if all.is_empty() {
            return;
        }
        eprintln!("{what}:");
        all.iter().take(LISTED_MAX).for_each(|(id, name)| eprintln!("  {id}  {name}"));
        if all.len() > LISTED_MAX {
            eprintln!("  ... and {} more", all.len() - LISTED_MAX);
        }
    };
    list("Named otherwise than in DHIS2, because a place beside them has the same name", &made.renamed);
    list("Short names left out, because a place beside them is called so", &made.without_synonym);
}

fn uid(text: &str) -> Result<Uid, Error> {
    text.parse().map_err(|_| {
        let error = Error::new(ErrorKind::Config, format!("--root: `{text}` is no UID"));
        error.advice("A UID has eleven letters and digits, such as ImspTQPwCqd.")
    })
}

/// The DHIS2 of the command line, or that of the configuration.
async fn client(args: &LocationsExportArgs) -> Result<Client, Error> {
    let Some(url) = &args.url else {
        let config = config::load_without_map(&args.config)
            .map_err(|problems| Error::config(problems).advice("Without a configuration, name DHIS2 with --url."))?;
        return Ok(target::connect(&config).await?.0);
    };
    let secret = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty()).map(SecretString::from);
    let missing = |name: &str, what: &str| {
        let error = Error::new(ErrorKind::Config, format!("the environment variable {name} is empty"));
        error.advice(format!("Put the {what} there; arguments can be seen by others on this machine."))
    };
    let credentials = match &args.account {
        Some(name) => {
            let password = secret(PASSWORD).ok_or_else(|| missing(PASSWORD, "account's password"))?;
            Credentials::Basic { username: name.clone(), password }
        }
        None => Credentials::Token(secret(TOKEN).ok_or_else(|| missing(TOKEN, "personal access token"))?),
    };
    let client = Client::new(&Settings::new(url.clone(), credentials)).map_err(|error| failed(&error))?;
    client.me().await.map_err(|error| failed(&error))?;
    Ok(client)
}

fn failed(error: &dhis2::Error) -> Error {
    let kind = if error.is_temporary() { ErrorKind::Temporary } else { ErrorKind::Dhis2 };
    let told = Error::new(kind, format!("DHIS2: {error}"));
    told.advice("Check the address, the account and its password or token.").coded(pipeline::failure::dhis2_code(error))
}
