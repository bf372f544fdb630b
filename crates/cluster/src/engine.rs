//! The engine: what a run asks when its configuration says `[engine]`.

use crate::contributions::{KEY, SAMPLE};
use crate::manifest::Manifest;
use crate::store::Store;
use crate::table::{READ, schema};
use crate::{contributions, failure, sealed, session, smallest, snapshot};
use compact_str::CompactString;
use datafusion::arrow::array::{Array, AsArray, PrimitiveArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Int64Type, UInt8Type, UInt16Type, UInt32Type};
use datafusion::common::{Column, DataFusionError};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::prelude::{DataFrame, SessionContext};
use epi::indicator::Definitions;
use futures::StreamExt;
use pipeline::aggregate::Aggregation;
use pipeline::aggregate::entry::{Entry, Part};
use pipeline::engine::{Answer, Answering, Engine, Question};
use pipeline::progress::Progress;
use pipeline::{Error, ErrorKind};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Attempts at a computation: the engine repeats lost tasks itself, so a job that fails has met something larger, and once
/// more is enough to tell a passing fault from a lasting one.
const ATTEMPTS: u32 = 2;
/// How long the scheduler may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Tasks that a computation is cut into at most. Each of one stage reads from each of the stage before.
const TASKS_MAX: usize = 128;

/// Ballista.
#[derive(Debug, Default)]
pub struct Ballista;

impl Engine for Ballista {
    fn aggregate<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(answer(question))
    }
}

async fn answer(question: Question<'_>) -> Result<Answer, Error> {
    let settings = question.settings;
    let store = Store::open(&settings.snapshot.value, false)?;
    let manifest = newest(&store, &question).await?;
    let scheduler = &settings.scheduler.value;
    reach(scheduler).await?;
    let kinds: Vec<&'static str> = question.kinds.iter().map(|kind| kind.name()).collect();
    let job = Job {
        scheduler: Some(scheduler.clone()),
        store,
        manifest,
        kinds,
        definitions: Arc::clone(question.definitions),
    };
    let as_of = job.manifest.as_of;
    let aggregation = attempts(&job, settings.timeout, question.progress).await?;
    Ok(Answer { aggregation, as_of })
}

/// The newest snapshot of the outbreak, if it holds what is asked.
async fn newest(store: &Store, question: &Question<'_>) -> Result<Manifest, Error> {
    let place = store.place();
    let advice = "Take a snapshot with `tally-cluster snapshot`.";
    let Some(manifest) = snapshot::manifest(store, question.outbreak).await? else {
        let message = format!("there is no snapshot of outbreak `{}` in `{place}`", question.outbreak);
        return Err(Error::new(ErrorKind::Config, message).advice(advice));
    };
    match manifest.lack(question.wanted) {
        None => Ok(manifest),
        Some(lack) => {
            let message = format!("the snapshot in `{place}` is not enough for the report: {lack}");
            Err(Error::new(ErrorKind::Config, message).advice(advice))
        }
    }
}

/// A scheduler that is not there is told at once, and not when the time is up.
async fn reach(scheduler: &Url) -> Result<(), Error> {
    const DEFAULT_PORT: u16 = 50050;
    let address = (scheduler.host_str().unwrap_or_default(), scheduler.port().unwrap_or(DEFAULT_PORT));
    let reason = match tokio::time::timeout(CONNECT, tokio::net::TcpStream::connect(address)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {} s", CONNECT.as_secs()),
    };
    let message = format!("no Ballista scheduler answers at `{scheduler}`: {reason}");
    Err(Error::new(ErrorKind::Temporary, message)
        .advice("Start it with `tally-cluster scheduler`, or correct `ballista` in the configuration."))
}

async fn attempts(job: &Job, timeout: Duration, progress: &dyn Progress) -> Result<Aggregation, Error> {
    let mut attempt = 1;
    loop {
        // On a worker of its own: the planner's recursion wants the stack of one.
        let mut working = tokio::spawn(job.clone().compute());
        let ended = match tokio::time::timeout(timeout, &mut working).await {
            Ok(ended) => ended.map_err(|_| Error::new(ErrorKind::Internal, "the computation panicked"))?,
            Err(_) => {
                working.abort();
                let message = format!("the computation did not end in {} s", timeout.as_secs());
                return Err(Error::new(ErrorKind::Temporary, message).advice(
                    "Are executors running and registered with the scheduler? If they only need longer, raise \
                     `timeout_secs` under `[engine]`. Nothing was pushed.",
                ));
            }
        };
        match ended {
            Err(error) if error.kind == ErrorKind::Temporary && attempt < ATTEMPTS => {
                attempt += 1;
                progress.warn(&format!("{error}; the computation begins once more"));
            }
            ended => return ended,
        }
    }
}

/// One computation.
#[derive(Clone)]
pub struct Job {
    /// Who carries it out; this process if nobody.
    pub scheduler: Option<Url>,
    /// Where the snapshot lies.
    pub store: Store,
    /// The snapshot.
    pub manifest: Manifest,
    /// Names of the kinds of records that are counted.
    pub kinds: Vec<&'static str>,
    /// What decides the numbers.
    pub definitions: Arc<Definitions>,
}

impl Job {
    /// Computes the aggregation.
    ///
    /// # Errors
    /// What the engine says; another number of records than the snapshot has.
    pub async fn compute(self) -> Result<Aggregation, Error> {
        let mut aggregation = Aggregation::of_entries(&self.definitions);
        let folders: Vec<&str> =
            self.kinds.iter().copied().filter(|kind| self.manifest.files.contains_key(*kind)).collect();
        if folders.is_empty() {
            return Ok(aggregation);
        }
        let sealed =
            sealed::seal(&self.definitions).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
        let failed = |error: DataFusionError| failure::computation("the computation failed", &error);
        let context = match &self.scheduler {
            Some(scheduler) => session::client(scheduler, self.n_tasks()),
            None => session::local(self.n_tasks()),
        }
        .map_err(failed)?;
        let counted = self.plan(&context, &folders, sealed).map_err(failed)?;
        let mut batches = counted.execute_stream().await.map_err(failed)?;
        while let Some(batch) = batches.next().await {
            enter(&batch.map_err(failed)?, &mut aggregation, &self.definitions)?;
        }
        self.check(&aggregation)?;
        Ok(aggregation)
    }

    fn n_tasks(&self) -> usize {
        let files: usize = self.kinds.iter().filter_map(|kind| self.manifest.files.get(*kind)).map(Vec::len).sum();
        files.clamp(1, TASKS_MAX)
    }

    /// Reads the records, asks what each adds, groups and counts.
    fn plan(&self, context: &SessionContext, folders: &[&str], sealed: String) -> Result<DataFrame, DataFusionError> {
        const ENTRY: &str = "entry";
        let urls = folders.iter().map(|kind| {
            let folder = snapshot::folder(&self.store, &self.manifest, kind);
            ListingTableUrl::parse(self.store.url(&folder) + "/")
        });
        let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
        let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<_, _>>()?)
            .with_listing_options(options)
            .with_schema(schema());
        let field = |name: &str| Expr::Column(Column::from_name(format!("{ENTRY}.{name}")));
        let arguments = std::iter::once(lit(sealed)).chain(READ.map(col));
        let entries = contributions::function().call(arguments.collect());
        context
            .read_table(Arc::new(ListingTable::try_new(config)?))?
            .select(vec![entries.alias(ENTRY)])?
            // The list becomes rows, and each row's struct becomes columns.
            .unnest_columns(&[ENTRY])?
            .unnest_columns(&[ENTRY])?
            .aggregate(
                KEY.map(|name| field(name).alias(name)).to_vec(),
                vec![count(lit(1)).alias("n"), smallest::function().call(vec![field(SAMPLE)]).alias(SAMPLE)],
            )
    }

    /// Every record of the snapshot is in the account, or files were lost.
    fn check(&self, aggregation: &Aggregation) -> Result<(), Error> {
        let (counted, expected) = (aggregation.account.n_records, self.manifest.n_of(self.kinds.iter().copied()));
        if counted == expected {
            return Ok(());
        }
        let message = format!("{counted} records were counted of {expected} in the snapshot");
        Err(Error::new(ErrorKind::Temporary, message)
            .advice("Do all executors see the whole snapshot? Nothing was pushed."))
    }
}

/// Enters counted keys.
fn enter(batch: &RecordBatch, aggregation: &mut Aggregation, definitions: &Definitions) -> Result<(), Error> {
    let columns =
        Columns::of(batch).ok_or_else(|| Error::new(ErrorKind::Internal, "the engine answered with other columns"))?;
    for row in 0..batch.num_rows() {
        let part = Part::of_number(columns.part.value(row))
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the engine answered with an unknown part"))?;
        let text = columns.text.is_valid(row).then(|| Cow::Borrowed(columns.text.value(row)));
        let entry = Entry {
            part,
            indicator: columns.indicator.value(row),
            period: columns.period.value(row),
            place: columns.place.value(row),
            combo: columns.combo.value(row),
            text,
            sample: None,
        };
        let n = u64::try_from(columns.n.value(row)).map_err(failure::internal)?;
        let samples = columns.samples.is_valid(row).then(|| columns.samples.value(row));
        let samples = smallest::read(samples).map_err(failure::internal)?;
        aggregation.enter(&entry, n, samples.into_iter().map(CompactString::from), definitions)?;
    }
    Ok(())
}

struct Columns<'b> {
    part: &'b PrimitiveArray<UInt8Type>,
    indicator: &'b PrimitiveArray<UInt16Type>,
    period: &'b PrimitiveArray<UInt16Type>,
    place: &'b PrimitiveArray<UInt32Type>,
    combo: &'b PrimitiveArray<UInt32Type>,
    text: &'b StringArray,
    n: &'b PrimitiveArray<Int64Type>,
    samples: &'b StringArray,
}

impl<'b> Columns<'b> {
    fn of(batch: &'b RecordBatch) -> Option<Self> {
        fn numbers<'b, T: ArrowPrimitiveType>(batch: &'b RecordBatch, name: &str) -> Option<&'b PrimitiveArray<T>> {
            batch.column_by_name(name)?.as_primitive_opt()
        }
        let texts = |name: &str| batch.column_by_name(name)?.as_string_opt();
        let [part, indicator, period, place, combo, text] = KEY;
        Some(Self {
            part: numbers(batch, part)?,
            indicator: numbers(batch, indicator)?,
            period: numbers(batch, period)?,
            place: numbers(batch, place)?,
            combo: numbers(batch, combo)?,
            text: texts(text)?,
            n: numbers(batch, "n")?,
            samples: texts(SAMPLE)?,
        })
    }
}
