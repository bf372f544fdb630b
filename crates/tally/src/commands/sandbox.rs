//! `tally sandbox`: the two simulated servers, for trying things out.

use super::show;
use crate::cli::{Cli, OutbreakArgs, SandboxArgs};
use jiff::ToSpan;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use pipeline::{Error, ErrorKind};
use sandbox::fault_catalogue::{self, NamedFault};
use sandbox::population::Population;
use sandbox::world::{World, WorldOptions, account};
use serde::Serialize;

/// Weeks of the invented outbreak.
pub(crate) const WEEKS: u32 = 30;

/// Serves until stopped.
pub(crate) async fn sandbox(args: &SandboxArgs, cli: &Cli) -> Result<u8, Error> {
    if args.list_faults {
        return list_faults(cli);
    }
    let fault = args.fault.as_deref().map(named).transpose()?;
    let world = start(&args.outbreak, args.godata_port, args.dhis2_port)?;
    if let Some(fault) = fault {
        fault.arm(&world);
    }
    let facts = Facts::of(&world);
    show(cli, &facts, || {
        format!(
            "Go.Data  {}  account {}\nDHIS2    {}  user {}\n\n\
             export TALLY_GODATA_PASSWORD={}\nexport TALLY_DHIS2_PASSWORD={}\n\n\
             Stop with Ctrl-C; everything is forgotten then.\n",
            facts.godata_url,
            account::GODATA_EMAIL,
            facts.dhis2_url,
            account::DHIS2_USERNAME,
            account::GODATA_PASSWORD,
            account::DHIS2_PASSWORD
        )
    })?;
    until_stopped().await
}

fn list_faults(cli: &Cli) -> Result<u8, Error> {
    let rows: Vec<FaultRow> =
        fault_catalogue::all().map(|fault| FaultRow { name: fault.name, what: fault.what }).collect();
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
    show(cli, &rows, || rows.iter().map(|row| format!("{:width$}  {}\n", row.name, row.what)).collect())?;
    Ok(0)
}

/// The fault of that name.
fn named(name: &str) -> Result<&'static NamedFault, Error> {
    fault_catalogue::find(name).ok_or_else(|| {
        let names: Vec<&str> = fault_catalogue::all().map(|fault| fault.name).collect();
        let near = epi::nearest(name, &names).map(|near| format!("Did you mean `{near}`? "));
        let advice = format!("{}`tally sandbox --list-faults` lists them.", near.unwrap_or_default());
        Error::new(ErrorKind::Config, format!("--fault: there is no fault `{name}`")).advice(advice)
    })
}

#[derive(Serialize)]
struct FaultRow {
    name: &'static str,
    what: &'static str,
}

/// Waits for Ctrl-C or, on Unix, for a polite request to end.
pub(crate) async fn until_stopped() -> Result<u8, Error> {
    let failed =
        |error: std::io::Error| Error::new(ErrorKind::Internal, format!("signals cannot be received: {error}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result.map_err(failed)?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)?;
    Ok(0)
}

/// Starts both servers on an outbreak whose last week is the last closed one.
pub(crate) fn start(outbreak: &OutbreakArgs, godata_port: u16, dhis2_port: u16) -> Result<World, Error> {
    if sandbox::dhis2::Version::parse(&outbreak.dhis2_version).is_none() {
        let message = format!("--dhis2-version: `{}` is not a version of DHIS2", outbreak.dhis2_version);
        return Err(Error::new(ErrorKind::Config, message).advice("Name one such as 2.42.1 or 2.43.1."));
    }
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut population = Population::covid19(outbreak.seed, outbreak.cases, first_monday(today), WEEKS);
    if outbreak.hostile_names {
        population = population.with_hostile_names();
    }
    let options = WorldOptions {
        godata_port,
        dhis2_port,
        dhis2_version: outbreak.dhis2_version.clone(),
        ..WorldOptions::default()
    };
    World::start(population, &options).map_err(|error| {
        Error::new(ErrorKind::Config, format!("the simulated servers cannot start: {error}"))
            .advice("Choose other ports with --godata-port and --dhis2-port, or 0 for free ones.")
    })
}

fn first_monday(today: Date) -> Date {
    let this_monday = if today.weekday() == Weekday::Monday {
        today
    } else {
        today.nth_weekday(-1, Weekday::Monday).unwrap_or(today)
    };
    this_monday.saturating_sub(i64::from(WEEKS).weeks())
}

#[derive(Serialize)]
struct Facts {
    godata_url: String,
    godata_email: &'static str,
    dhis2_url: String,
    dhis2_username: &'static str,
}

impl Facts {
    fn of(world: &World) -> Self {
        Self {
            godata_url: world.godata.url(),
            godata_email: account::GODATA_EMAIL,
            dhis2_url: world.dhis2_url(),
            dhis2_username: account::DHIS2_USERNAME,
        }
    }
}
