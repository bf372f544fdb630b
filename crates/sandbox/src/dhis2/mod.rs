//! A DHIS2 of the two COVID-19 packages, or of any metadata, on the loopback interface.
//!
//! It answers as DHIS2 2.36-2.43 does for what a client of aggregate data needs: sign-in, metadata
//! queries, `/api/dataValueSets` with the validation order and error codes of both importers (see
//! [`Dialect`]), completions, asynchronous imports, and packages of metadata. XML, CSV and ADX payloads are refused with 415,
//! sessions and lock-out after failed sign-ins are not simulated, and there are no analytics.
//!
//! [`router`] gives the plain server, so that faults can be layered around it; [`State`] is the
//! handle by which a test alters the server and looks at what it holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

mod auth;
mod catalogue;
mod completion;
mod covid19;
mod fields;
mod filter;
mod import;
mod metadata;
mod object;
mod package;
mod period;
mod query;
mod read;
mod resource;
mod respond;
mod server;
mod single;
mod store;
mod system;
mod tasks;
mod value_type;
mod version;

pub use metadata::{
    Category, CategoryCombo, CategoryOption, CategoryOptionCombo, DEFAULT_COMBO, DEFAULT_OPTION_COMBO, DataElement,
    DataSet, Indicator, InputPeriod, Metadata, OptionSet, OrgUnit, SetOption, User,
};
pub use period::{Period, PeriodType};
pub use server::{Running, router, serve};
pub use version::{Dialect, Version};

use catalogue::{Catalogue, IdScheme, Kind, Uid};
use store::{Key, PeriodTable, Row, Store};

/// Requests that the log keeps; older ones are dropped, so that a soak test stays small.
const REQUESTS_MAX: usize = 10_000;

/// A source of "now".
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How the server is set up.
#[derive(Clone)]
pub struct Options {
    /// Release, such as `2.42.0`; decides the [`Dialect`] and smaller differences.
    pub version: String,
    /// Login name of the main user.
    pub username: String,
    /// Password of the main user.
    pub password: String,
    /// Personal access tokens of the main user, taken as they are.
    pub tokens: Vec<String>,
    /// Authorities of the main user. `ALL` would lift the expiry and future checks.
    pub authorities: Vec<String>,
    /// Whether the main user signs in with two factors, so that Basic is refused.
    pub two_factor: bool,
    /// The clock. The server's time zone is UTC.
    pub now: Now,
    /// `calendar` in the system information; only `iso8601` is computed with.
    pub calendar: String,
    /// `systemId` in the system information.
    pub system_id: String,
    /// How often an asynchronous import must be asked after before it is done.
    pub async_polls: u32,
    /// Whether data input periods are read backwards; `None` follows the release.
    pub input_periods_inverted: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: "2.42.0".to_owned(),
            username: "tally".to_owned(),
            password: "district".to_owned(),
            tokens: Vec::new(),
            authorities: ["F_DATAVALUE_ADD", "F_DATAVALUE_DELETE", "F_VIEW_EVENT_ANALYTICS"]
                .map(str::to_owned)
                .to_vec(),
            two_factor: false,
            now: Arc::new(Timestamp::now),
            calendar: "iso8601".to_owned(),
            system_id: "eed3d451-4ff5-4193-b951-ffcc68954299".to_owned(),
            async_polls: 2,
            input_periods_inverted: None,
        }
    }
}

/// Data element, period, organisation unit, category option combo, attribute option combo.
pub type ValueKey = (String, String, String, String, String);

/// Data set, period, organisation unit.
pub type Slice = (String, String, String);

/// A registered completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The day of completion.
    pub date: Date,
    /// Who registered it.
    pub stored_by: String,
    /// False if the slice was completed once and is not any more.
    pub completed: bool,
}

/// A request that reached the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path as it came.
    pub path: String,
    /// Query as it came, without the question mark.
    pub query: String,
    /// Data values (or registrations) in the body, as far as it could be decoded.
    pub n_values: usize,
    /// Status of the answer, before any fault.
    pub status: u16,
    /// The unpacked body of a small data value set; empty for everything else.
    pub body: String,
}

/// The server's memory and the handle to it; clones share.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    options: Options,
    version: Version,
    server: Mutex<Server>,
}

/// Everything that changes while the server runs.
pub(crate) struct Server {
    catalogue: Catalogue,
    periods: PeriodTable,
    store: Store,
    completions: BTreeMap<CompletionKey, CompletionRow>,
    locked: BTreeSet<Slice>,
    lock_exceptions: BTreeSet<Slice>,
    approved: BTreeSet<Slice>,
    jobs: tasks::Jobs,
    requests: VecDeque<LoggedRequest>,
}

/// Data set, period, organisation unit, attribute option combo.
pub(crate) type CompletionKey = (String, String, String, String);

pub(crate) struct CompletionRow {
    completion: Completion,
    last_updated: Timestamp,
}

impl State {
    /// A server with the main user of the options at the root of the hierarchy.
    ///
    /// # Panics
    /// If the version cannot be read or the metadata is impossible (a malformed UID, a unit that is
    /// its own ancestor).
    pub fn new(options: Options, mut metadata: Metadata) -> Self {
        let version =
            Version::parse(&options.version).unwrap_or_else(|| panic!("`{}` is not a DHIS2 version", options.version));
        let roots = metadata.org_units.iter().filter(|unit| unit.parent.is_none());
        let user = User {
            uid: "M5zQapPyTZI".to_owned(),
            username: options.username.clone(),
            password: options.password.clone(),
            tokens: options.tokens.iter().cloned().collect(),
            authorities: options.authorities.iter().cloned().collect(),
            org_units: roots.map(|unit| unit.uid.clone()).collect(),
            two_factor: options.two_factor,
            disabled: false,
        };
        metadata.users.insert(0, user);
        let server = Server {
            catalogue: Catalogue::new(metadata),
            periods: PeriodTable::default(),
            store: Store::default(),
            completions: BTreeMap::new(),
            locked: BTreeSet::new(),
            lock_exceptions: BTreeSet::new(),
            approved: BTreeSet::new(),
            jobs: tasks::Jobs::default(),
            requests: VecDeque::new(),
        };
        Self(Arc::new(Shared { options, version, server: Mutex::new(server) }))
    }

    /// The release that is simulated.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// Alters the metadata, as an administrator would. The main user is the first of `users`.
    pub fn edit<T>(&self, alter: impl FnOnce(&mut Metadata) -> T) -> T {
        let mut server = self.lock();
        let mut metadata = std::mem::take(&mut server.catalogue.metadata);
        let answer = alter(&mut metadata);
        server.catalogue = Catalogue::new(metadata);
        answer
    }

    /// Assigns the organisation unit to the data set.
    pub fn assign(&self, data_set: &str, org_unit: &str) {
        self.edit(|m| m.data_set_mut(data_set).org_units.insert(org_unit.to_owned()));
    }

    /// Takes the organisation unit from the data set.
    pub fn unassign(&self, data_set: &str, org_unit: &str) {
        self.edit(|m| m.data_set_mut(data_set).org_units.remove(org_unit));
    }

    /// Removes a category option combo, as an administrator's clean-up would.
    pub fn remove_option_combo(&self, uid: &str) {
        self.edit(|m| m.category_option_combos.retain(|combo| combo.uid != uid));
    }

    /// Makes every category option combo that is missing, as an administrator's *Update category option combinations* does.
    ///
    /// # Panics
    /// If there are more than a simulator is for.
    pub fn update_option_combos(&self) {
        self.edit(package::generate_option_combos);
    }

    /// Locks the slice as if it had expired (E7640, E8030).
    pub fn lock_slice(&self, data_set: &str, period: &str, org_unit: &str) {
        self.lock().locked.insert(slice(data_set, period, org_unit));
    }

    /// Undoes [`State::lock_slice`].
    pub fn unlock_slice(&self, data_set: &str, period: &str, org_unit: &str) {
        self.lock().locked.remove(&slice(data_set, period, org_unit));
    }

    /// Undoes every [`State::lock_slice`].
    pub fn unlock_slices(&self) {
        self.lock().locked.clear();
    }

    /// Gives a category option combo another UID, as a repair of the category model does: its values go along.
    ///
    /// # Panics
    /// If the new UID is malformed.
    pub fn regenerate_option_combo(&self, old: &str, new: &str) {
        self.edit(|m| {
            m.category_option_combos
                .iter_mut()
                .filter(|combo| combo.uid == old)
                .for_each(|combo| combo.uid = new.into());
        });
        let uid = |text: &str| Uid::parse(text).unwrap_or_else(|| panic!("`{text}` is not a UID"));
        self.lock().store.rename_option_combo(uid(old), uid(new));
    }

    /// Grants a lock exception: the slice is open although it has expired.
    pub fn grant_lock_exception(&self, data_set: &str, period: &str, org_unit: &str) {
        self.lock().lock_exceptions.insert(slice(data_set, period, org_unit));
    }

    /// Approves the data of the slice (E7642, E8033).
    pub fn approve(&self, data_set: &str, period: &str, org_unit: &str) {
        self.lock().approved.insert(slice(data_set, period, org_unit));
    }

    /// Undoes [`State::approve`].
    pub fn unapprove(&self, data_set: &str, period: &str, org_unit: &str) {
        self.lock().approved.remove(&slice(data_set, period, org_unit));
    }

    /// Revokes the access tokens of every user.
    pub fn revoke_tokens(&self) {
        self.edit(|m| m.users.iter_mut().for_each(|user| user.tokens.clear()));
    }

    /// The live data values.
    pub fn values(&self) -> BTreeMap<ValueKey, String> {
        let server = self.lock();
        let live = server.store.rows().filter(|(_, row)| !row.deleted);
        live.filter_map(|(key, row)| Some((server.spell(&key), row.value.clone()?))).collect()
    }

    /// The keys of the soft-deleted rows.
    pub fn deleted(&self) -> BTreeSet<ValueKey> {
        let server = self.lock();
        server.store.rows().filter(|(_, row)| row.deleted).map(|(key, _)| server.spell(&key)).collect()
    }

    /// Writes a value as another user would in the data entry app; `None` deletes it.
    ///
    /// # Panics
    /// If the period or a UID cannot be read.
    pub fn set_value(&self, key: &ValueKey, value: Option<&str>) {
        self.set_value_as(key, value, "somebody_else");
    }

    /// Writes a value in the name of a user; `None` deletes it.
    ///
    /// # Panics
    /// If the period or a UID cannot be read.
    pub fn set_value_as(&self, key: &ValueKey, value: Option<&str>, user: &str) {
        let now = self.now();
        let key = self.read_key(key);
        let mut server = self.lock();
        let before = server.store.get(&key).cloned();
        let row = Row {
            value: value.map(str::to_owned).or_else(|| before.as_ref()?.value.clone()),
            comment: None,
            followup: false,
            deleted: value.is_none(),
            stored_by: user.into(),
            created: before.map_or(now, |row| row.created),
            last_updated: now,
        };
        server.store.put(&key, row);
    }

    /// Removes a value as an administrator does in the database: no stamp is left.
    ///
    /// # Panics
    /// If the period or a UID cannot be read.
    pub fn purge_value(&self, key: &ValueKey) {
        let key = self.read_key(key);
        self.lock().store.purge(&key);
    }

    fn read_key(&self, key: &ValueKey) -> Key {
        let uid = |text: &str| Uid::parse(text).unwrap_or_else(|| panic!("`{text}` is not a UID"));
        let period = self.lock().periods.id(&key.1, self.0.version);
        Key {
            data_element: uid(&key.0),
            period: period.unwrap_or_else(|| panic!("`{}` is not a period", key.1)),
            org_unit: uid(&key.2),
            option_combo: uid(&key.3),
            attribute_combo: uid(&key.4),
        }
    }

    /// The completions, by data set, period, organisation unit and attribute option combo.
    pub fn completions(&self) -> BTreeMap<(String, String, String, String), Completion> {
        let server = self.lock();
        server.completions.iter().map(|(key, row)| (key.clone(), row.completion.clone())).collect()
    }

    /// The last requests, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    /// Forgets the request log.
    pub fn clear_requests(&self) {
        self.lock().requests.clear();
    }

    /// Runs every asynchronous import that still waits, as if enough time had passed.
    pub fn finish_jobs(&self) {
        let now = self.now();
        tasks::finish_all(&mut self.lock(), now);
    }

    fn lock(&self) -> MutexGuard<'_, Server> {
        self.0.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        (self.0.options.now)()
    }
}

impl Server {
    fn spell(&self, key: &Key) -> ValueKey {
        let text = |uid: &Uid| uid.as_str().to_owned();
        (
            text(&key.data_element),
            self.periods.get(key.period).iso.clone(),
            text(&key.org_unit),
            text(&key.option_combo),
            text(&key.attribute_combo),
        )
    }

    fn data_set(&self, position: usize) -> &DataSet {
        &self.catalogue.metadata.data_sets[position]
    }

    fn default_option_combo(&self) -> Option<Uid> {
        let found = self.catalogue.find(Kind::CategoryOptionCombo, IdScheme::Uid, DEFAULT_OPTION_COMBO)?;
        Some(self.catalogue.uid(Kind::CategoryOptionCombo, found))
    }
}

/// Who asks, when, and of which release.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: User,
    pub(crate) now: Timestamp,
    pub(crate) version: Version,
    /// `NN` of `/api/NN/`.
    pub(crate) api: Option<u32>,
    pub(crate) inverted: bool,
}

impl Session {
    /// The server's day.
    pub(crate) fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }
}

fn slice(data_set: &str, period: &str, org_unit: &str) -> Slice {
    (data_set.to_owned(), period.to_owned(), org_unit.to_owned())
}
