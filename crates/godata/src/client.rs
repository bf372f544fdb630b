//! The client: what can be asked of a Go.Data.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use crate::decode::{Rules, records};
use crate::error::{Error, Kind, unreadable};
use crate::exchange::{Answer, Exchange, Key, Question};
use crate::filter::Selection;
use crate::page::{Listing, Page, Pages, page_of};
use crate::resource::{Counting, OutbreakId, Resource, segment};
use crate::retry::Retries;
use crate::session::Session;
use crate::settings::Settings;
use crate::wire::answer::{ClassificationCounts, Count};
use crate::wire::{Field, Location, Outbreak, Record, ReferenceItem, User, Version};

/// How often the token of one question is renewed. Go.Data ends an account's other sessions at each login: somebody else who
/// signs in with the account takes one token away, and two who work at a time take a few.
const RENEWALS_MAX: u8 = 3;

/// A client of one Go.Data as one account. Clones share the connections and the session.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    exchange: Exchange,
    session: Session,
    retries: Retries,
}

/// Counts by a reference-data id, with the server's own total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// How many of each.
    pub by: BTreeMap<String, u64>,
    /// The server's total, which need not be their sum.
    pub total: u64,
}

impl Client {
    /// A client, which sends nothing yet: the first request logs in.
    ///
    /// # Errors
    ///
    /// [`Kind::InvalidUrl`] and [`Kind::InsecureUrl`].
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let exchange = Exchange::new(&settings)?;
        let retries = Retries { n_max: settings.retries, delay: settings.retry_delay };
        let session = Session::new();
        Ok(Self { inner: Arc::new(Inner { settings, exchange, session, retries }) })
    }

    /// Logs in if no request did yet.
    pub async fn log_in(&self) -> Result<(), Error> {
        let inner = &*self.inner;
        let log_in = || inner.session.token(&inner.exchange, &inner.settings);
        inner.retries.run(log_in).await.map(|_| ())
    }

    /// All records of a list with these fields; `id` comes always. Deleted records are left out.
    pub fn pages(&self, resource: Resource, fields: &[&str]) -> Pages {
        self.pages_of(resource, fields, Selection::all())
    }

    /// The selected records of a list with these fields; `id` comes always.
    pub fn pages_of(&self, resource: Resource, fields: &[&str], selection: Selection) -> Pages {
        let mut all = vec!["id".to_owned()];
        for field in fields {
            if !all.iter().any(|known| known == field) {
                all.push((*field).to_owned());
            }
        }
        let n_max = self.inner.settings.page_records.get();
        Pages::new(self.clone(), Listing { resource, fields: all, selection, n_max })
    }

    /// How many records of a list are selected, by the server's own count.
    pub async fn count(&self, resource: &Resource, selection: &Selection) -> Result<u64, Error> {
        let question = match resource.counting() {
            Counting::Filter(path) => Question::get_with(path, "filter", selection.count()),
            Counting::Where(path) => Question::get_with(path, "where", selection.plain_count()),
        };
        let count: Count = self.ask_for(&question).await?;
        whole(&count.count, &question)
    }

    /// The cases of an outbreak by classification, discarded ones included. Cases without one are under
    /// `..._UNCLASSIFIED`, which is no reference-data id.
    pub async fn per_classification_count(&self, outbreak: &OutbreakId) -> Result<Counts, Error> {
        let path = format!("{}/cases/per-classification/count", outbreak.path());
        let question = Question::get(path);
        let counts: ClassificationCounts = self.ask_for(&question).await?;
        let mut by = BTreeMap::new();
        for (classification, count) in counts.by.into_option().unwrap_or_default() {
            let count = count.into_option().unwrap_or_default();
            by.insert(classification, whole(&count.count, &question)?);
        }
        Ok(Counts { by, total: whole(&counts.count, &question)? })
    }

    /// The cases with a stay of each type on a day; a stay without an end goes on. The total is that of all cases.
    ///
    /// The day is sent as its UTC midnight, as Go.Data stores days unless its time zone is set otherwise.
    pub async fn hospitalised_count(&self, outbreak: &OutbreakId, day: Date) -> Result<Counts, Error> {
        let path = format!("{}/cases/hospitalized/count", outbreak.path());
        let filter = json!({ "flags": { "date": format!("{day}T00:00:00.000Z") }, "where": {} });
        let question = Question::get_with(path, "filter", filter.to_string());
        let counts: Field<BTreeMap<String, Field<f64>>> = self.ask_for(&question).await?;
        let mut by = BTreeMap::new();
        for (stay, count) in counts.into_option().unwrap_or_default() {
            by.insert(stay, whole(&count, &question)?);
        }
        // The server leaves the total out when no case at all is selected.
        let total = by.remove("total").unwrap_or_default();
        Ok(Counts { by, total })
    }

    /// The outbreaks that the account may see, in the order of their ids.
    pub async fn outbreaks(&self) -> Result<Vec<Outbreak>, Error> {
        self.all(Resource::Outbreaks, Outbreak::FIELDS).await
    }

    /// One outbreak.
    pub async fn outbreak(&self, outbreak: &OutbreakId) -> Result<Outbreak, Error> {
        let filter = json!({ "fields": Outbreak::FIELDS }).to_string();
        self.ask_for(&Question::get_with(outbreak.path(), "filter", filter)).await
    }

    /// All locations, inactive ones included, in the order of their ids.
    pub async fn locations(&self) -> Result<Vec<Location>, Error> {
        self.all(Resource::Locations, Location::FIELDS).await
    }

    /// The reference data, inactive items included, in the order of their ids.
    pub async fn reference_data(&self) -> Result<Vec<ReferenceItem>, Error> {
        self.all(Resource::ReferenceData, ReferenceItem::FIELDS).await
    }

    /// The server's version and time zone; none when it keeps them to itself, as 2.50 does without its API key.
    pub async fn version(&self) -> Result<Option<Version>, Error> {
        let inner = &*self.inner;
        let question = Question::get("/system-settings/version");
        let ask = || inner.exchange.send(&question, Key::Api(&inner.settings.api_key));
        match inner.retries.run(ask).await {
            Ok(answer) => read(&answer, &question).map(Some),
            Err(error) => match error.kind() {
                Kind::Unauthorised | Kind::Forbidden { .. } | Kind::NotFound => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// What the account may see; none when the server did not tell whose token it gave.
    pub async fn user(&self) -> Result<Option<User>, Error> {
        let inner = &*self.inner;
        let log_in = || inner.session.token(&inner.exchange, &inner.settings);
        let token = inner.retries.run(log_in).await?;
        let Some(user) = &token.user else {
            return Ok(None);
        };
        let question = Question::get(format!("/users/{}", segment(user)));
        self.ask_for(&question).await.map(Some)
    }

    /// The most pages of a list that are read.
    pub(crate) fn pages_max(&self) -> u32 {
        self.inner.settings.pages_max
    }

    /// One page of a list, and whether it is the last. A page that is cut off is asked for again.
    pub(crate) async fn page(
        &self,
        listing: &Listing,
        after: Option<&str>,
        first_n_bytes: Option<usize>,
    ) -> Result<(Page, bool), Error> {
        let question = listing.question(after);
        let renewed = AtomicU8::new(0);
        let (question, renewed) = (&question, &renewed);
        let ask = || async move {
            let answer = self.attempt(question, renewed).await?;
            page_of(answer, listing, after, first_n_bytes)
        };
        self.inner.retries.run(ask).await
    }

    /// A list of the server as a whole, asked for at once: these are small, and no answer has a limit unless one is asked
    /// for.
    async fn all<T: for<'de> Record<'de>>(&self, resource: Resource, fields: &[&str]) -> Result<Vec<T>, Error> {
        let filter = json!({ "fields": fields, "order": ["_id ASC"] }).to_string();
        let question = Question::get_with(resource.path(), "filter", filter);
        let renewed = AtomicU8::new(0);
        let (asked, renewed) = (&question, &renewed);
        let ask = || async move {
            let answer = self.attempt(asked, renewed).await?;
            let mut all = Vec::new();
            records(&answer.body, Rules::default(), |record: &mut T| all.push(std::mem::take(record)))
                .map_err(|kind| Error::new(kind, asked.asked()))?;
            Ok(all)
        };
        self.inner.retries.run(ask).await
    }

    async fn ask_for<T: for<'de> Deserialize<'de>>(&self, question: &Question) -> Result<T, Error> {
        let renewed = AtomicU8::new(0);
        let renewed = &renewed;
        let ask = || async move { read(&self.attempt(question, renewed).await?, question) };
        self.inner.retries.run(ask).await
    }

    /// Asks once with the session's token; a token that Go.Data forgot is renewed, a few times for a question.
    async fn attempt(&self, question: &Question, renewed: &AtomicU8) -> Result<Answer, Error> {
        let Inner { settings, exchange, session, .. } = &*self.inner;
        let mut token = session.token(exchange, settings).await?;
        loop {
            match exchange.send(question, Key::Token(&token.header)).await {
                Err(error) if error.is_stale_token() && renewed.fetch_add(1, Ordering::Relaxed) < RENEWALS_MAX => {
                    token = session.renewed(&token, exchange, settings).await?;
                }
                answer => return answer,
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.inner.settings.url)
    }
}

fn read<T: for<'de> Deserialize<'de>>(answer: &Answer, question: &Question) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|error| Error::new(unreadable(&error), question.asked()))
}

/// A count as a whole number.
fn whole(count: &Field<f64>, question: &Question) -> Result<u64, Error> {
    match count.get() {
        Some(&count) if count >= 0.0 && count.fract() == 0.0 && count < u64::MAX as f64 => Ok(count as u64),
        _ => Err(no_number(question)),
    }
}

fn no_number(question: &Question) -> Error {
    let reason = "a count is missing or no whole number".to_owned();
    Error::new(Kind::Decode { reason }, question.asked())
}
