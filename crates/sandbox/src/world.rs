//! Both simulators on one outbreak: a Go.Data that holds it, and a DHIS2 whose organisation units mirror its places.

use crate::canary::Canaries;
use crate::clock::Clock;
use crate::dhis2::{self, Metadata};
use crate::fault::{self, Faults};
use crate::godata::{GodataOptions, GodataServer};
use crate::listen::Listening;
use crate::oracle::{self, Key};
use crate::population::Population;
use jiff::civil::date;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

/// The account that both servers know.
pub mod account {
    /// E-mail address at Go.Data.
    pub const GODATA_EMAIL: &str = "tally@example.org";
    /// Password at Go.Data.
    pub const GODATA_PASSWORD: &str = "sandbox-godata-canary";
    /// User name at DHIS2.
    pub const DHIS2_USERNAME: &str = "tally";
    /// Password at DHIS2.
    pub const DHIS2_PASSWORD: &str = "sandbox-dhis2-canary";
    /// Personal access token at DHIS2.
    pub const DHIS2_TOKEN: &str = "d2pat_sandboxcanarysandboxcanarysandbo0000000000";
}

/// How to set the world up.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Port of Go.Data; 0 takes a free one.
    pub godata_port: u16,
    /// Port of DHIS2; 0 takes a free one.
    pub dhis2_port: u16,
    /// Version of DHIS2.
    pub dhis2_version: String,
    /// What both servers believe the time is.
    pub clock: Clock,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { godata_port: 0, dhis2_port: 0, dhis2_version: "2.42.1".to_owned(), clock: Clock::System }
    }
}

/// Both servers, running until dropped.
pub struct World {
    /// Go.Data.
    pub godata: GodataServer,
    /// DHIS2.
    pub dhis2: dhis2::State,
    /// Faults of DHIS2; those of Go.Data are at [`GodataServer::faults`].
    pub dhis2_faults: Faults,
    /// The places and organisation units.
    pub population: Population,
    dhis2_listening: Listening,
}

impl World {
    /// Starts both servers on an outbreak.
    ///
    /// # Errors
    /// A port is taken.
    pub fn start(population: Population, options: &WorldOptions) -> io::Result<Self> {
        let units: Vec<dhis2::OrgUnit> = population
            .org_units
            .iter()
            .map(|unit| dhis2::OrgUnit {
                code: Some(unit.code.clone()),
                point: unit.point,
                border: unit.border.clone(),
                ..dhis2::OrgUnit::new(
                    &unit.uid,
                    &unit.name,
                    unit.parent.as_deref(),
                    unit.level.into(),
                    date(2015, 1, 1),
                )
            })
            .collect();
        let clock = options.clock.clone();
        let state = dhis2::State::new(
            dhis2::Options {
                version: options.dhis2_version.clone(),
                username: account::DHIS2_USERNAME.to_owned(),
                password: account::DHIS2_PASSWORD.to_owned(),
                tokens: vec![account::DHIS2_TOKEN.to_owned()],
                now: Arc::new(move || clock.now()),
                ..dhis2::Options::default()
            },
            Metadata::covid19(&units),
        );
        let dhis2_faults = Faults::none();
        let router = fault::layer(dhis2::router(state.clone()), dhis2_faults.clone());
        let dhis2_listening = Listening::start(options.dhis2_port, router)?;
        let mut godata_options = GodataOptions::new(account::GODATA_EMAIL, account::GODATA_PASSWORD);
        godata_options.port = options.godata_port;
        let documents = population.documents.clone();
        let godata = GodataServer::start(godata_options, documents, options.clock.clone(), Faults::none())?;
        Ok(Self { godata, dhis2: state, dhis2_faults, population, dhis2_listening })
    }

    /// Address of DHIS2.
    pub fn dhis2_url(&self) -> String {
        self.dhis2_listening.url()
    }

    /// What must be found nowhere outside of these two servers, as of now.
    pub fn canaries(&self) -> Canaries {
        Canaries::of_every_sandbox().and_tokens(self.godata.issued_tokens())
    }

    /// What DHIS2 should hold for the weekly package, counted from Go.Data's documents as they are now, by data element,
    /// period, organisation unit and category option combo.
    pub fn weekly_truth(&self) -> BTreeMap<dhis2::ValueKey, String> {
        self.values_of(&oracle::weekly(&self.godata.documents(), &self.population.org_units))
    }

    /// [`World::weekly_truth`] of one outbreak alone.
    pub fn weekly_truth_of(&self, outbreak_id: &str) -> BTreeMap<dhis2::ValueKey, String> {
        let mut documents = self.godata.documents().clone();
        documents.persons.retain(|person| person.get("outbreakId").and_then(|id| id.as_str()) == Some(outbreak_id));
        self.values_of(&oracle::weekly(&documents, &self.population.org_units))
    }

    /// What DHIS2 should hold for the weekly package's transmission classification in some weeks, by the rules of the
    /// example.
    pub fn weekly_transmission(&self, weeks: &[String]) -> BTreeMap<dhis2::ValueKey, String> {
        self.values_of(&oracle::transmission(&self.godata.documents(), &self.population.org_units, weeks))
    }

    /// The people tested, of the weekly package.
    pub fn weekly_tested(&self) -> BTreeMap<dhis2::ValueKey, String> {
        self.values_of(&oracle::tested(&self.godata.documents(), &self.population.org_units))
    }

    /// The same for the daily package.
    pub fn daily_truth(&self) -> BTreeMap<dhis2::ValueKey, String> {
        self.values_of(&oracle::daily(&self.godata.documents(), &self.population.org_units))
    }

    fn values_of<T: ToString>(&self, counts: &BTreeMap<Key, T>) -> BTreeMap<dhis2::ValueKey, String> {
        let default = dhis2::DEFAULT_OPTION_COMBO.to_owned();
        self.dhis2.edit(|metadata| {
            let combo_of: BTreeMap<(String, BTreeSet<String>), String> = metadata
                .data_elements
                .iter()
                .flat_map(|element| {
                    let combos = &metadata.category_option_combos;
                    combos.iter().filter(|coc| coc.category_combo == element.category_combo).map(|coc| {
                        let options: BTreeSet<String> = coc.category_options.iter().cloned().collect();
                        ((element.uid.clone(), options), coc.uid.clone())
                    })
                })
                .collect();
            counts
                .iter()
                .map(|(key, n)| {
                    let combo = &combo_of[&(key.data_element.clone(), key.options.clone())];
                    let (element, period, unit) = (&key.data_element, &key.period, &key.org_unit);
                    let value_key = (element.clone(), period.clone(), unit.clone(), combo.clone(), default.clone());
                    (value_key, n.to_string())
                })
                .collect()
        })
    }
}
