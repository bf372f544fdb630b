//! A plan as a file: what would change, and why, to be read, kept, sent to somebody, and carried out later.

use crate::error::{Error, ErrorKind};
use crate::plan::Plan;
use crate::report::{Dhis2Facts, GodataFacts, HeldSlice, PlannedChange, RunReport};
use crate::standing;
use crate::store::ExtractionId;
use crate::target::Target;
use compact_str::CompactString;
use epi::period::{Period, Span};
use epi::plan::{Action, Change, ValueKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The form of the document. Another form would be another number.
const FORMAT: &str = "tally plan 1";
/// A plan of a million values takes some 500 MB.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// A plan as a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// The form of the document.
    pub format: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The version of Tally that made it.
    pub tally_version: String,
    /// Name of the report.
    pub report: String,
    /// First period.
    pub first: String,
    /// Last period.
    pub last: String,
    /// Hash of the configuration and of the map of places.
    pub definitions_hash: String,
    /// The extraction of the line list that was counted; none if no records are kept.
    pub extraction: Option<i64>,
    /// The source.
    pub godata: GodataFacts,
    /// The destination.
    pub dhis2: Dhis2Facts,
    /// Every value that changes or is held, with its cause.
    pub changes: Vec<PlannedChange>,
    /// Why slices are held.
    pub held: Vec<HeldSlice>,
    /// SHA-256 over everything else in this document.
    pub hash: String,
}

impl PlanDocument {
    /// The document of a plan that was just made.
    ///
    /// # Errors
    /// A defect.
    pub fn of(
        report: &RunReport,
        plan: &Plan,
        target: &Target,
        definitions_hash: &str,
        extraction: Option<ExtractionId>,
    ) -> Result<Self, Error> {
        let mut document = Self {
            format: FORMAT.to_owned(),
            made_at: report.finished_at,
            tally_version: env!("CARGO_PKG_VERSION").to_owned(),
            report: report.report.clone(),
            first: report.first.clone(),
            last: report.last.clone(),
            definitions_hash: definitions_hash.to_owned(),
            extraction: extraction.map(|extraction| extraction.0),
            godata: report.godata.clone(),
            dhis2: report.dhis2.clone(),
            changes: plan.told(target),
            held: plan.held.clone(),
            hash: String::new(),
        };
        document.hash = document.own_hash()?;
        Ok(document)
    }

    /// Reads a document and checks that nobody changed it.
    ///
    /// # Errors
    /// A file that cannot be read, that is no plan, or whose content is not what Tally wrote.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refuse = |message: String, advice: &str| Err(Error::new(ErrorKind::Config, message).advice(advice));
        let name = path.display();
        let again = "Make the plan again with `tally plan --out FILE`.";
        let size = std::fs::metadata(path).map(|data| data.len());
        let text = match size {
            Ok(bytes) if bytes > FILE_BYTES_MAX => return refuse(format!("`{name}` is too large for a plan"), again),
            Ok(_) => std::fs::read_to_string(path),
            Err(error) => Err(error),
        };
        let text = match text {
            Ok(text) => text,
            Err(error) => return refuse(format!("the plan `{name}` cannot be read: {error}"), "Check the path."),
        };
        Self::of_text(&text, &name.to_string())
    }

    /// Reads a document that is called `name`, and checks that nobody changed it.
    ///
    /// # Errors
    /// A text that is no plan, or whose content is not what Tally wrote.
    pub fn of_text(text: &str, name: &str) -> Result<Self, Error> {
        let refuse = |message: String, advice: &str| Err(Error::new(ErrorKind::Config, message).advice(advice));
        let again = "Make the plan again with `tally plan --out FILE`.";
        let document: Self = match serde_json::from_str(text) {
            Ok(document) => document,
            Err(error) => {
                let place = format!("line {}, column {}", error.line(), error.column());
                return refuse(format!("`{name}` is not a plan of this version of Tally ({place})"), again);
            }
        };
        if document.format != FORMAT {
            return refuse(format!("`{name}` has the form `{}`, not `{FORMAT}`", document.format), again);
        }
        if document.hash != document.own_hash()? {
            return refuse(
                format!("`{name}` was changed after Tally wrote it"),
                "A plan is carried out as it was made, or not at all. Make it again with `tally plan --out FILE`.",
            );
        }
        Ok(document)
    }

    fn own_hash(&self) -> Result<String, Error> {
        let bare = Self { hash: String::new(), ..self.clone() };
        let text = serde_json::to_string(&bare).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        Ok(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The periods of the plan.
    ///
    /// # Errors
    /// Periods that are none.
    pub fn span(&self) -> Result<Span, Error> {
        let period = |text: &str| Period::parse(text).map_err(|error| error.to_string());
        let span = period(&self.first)
            .and_then(|first| Ok((first, period(&self.last)?)))
            .and_then(|(first, last)| Span::between(first, last).map_err(|error| error.to_string()));
        span.map_err(|error| Error::new(ErrorKind::Config, format!("the plan's periods: {error}")))
    }

    /// The plan with numbers for names, as [`crate::push`] takes it.
    ///
    /// # Errors
    /// An action or a period that is none.
    pub fn plan(&self) -> Result<Plan, Error> {
        let mut plan = Plan { held: self.held.clone(), ..Plan::default() };
        for told in &self.changes {
            let action = Action::from_name(&told.action);
            let period = Period::parse(&told.period).ok();
            let (Some(action), Some(period)) = (action, period) else {
                let message = format!("the plan does `{}` in `{}`, which is nothing", told.action, told.period);
                return Err(Error::new(ErrorKind::Config, message));
            };
            let key = ValueKey {
                period,
                org_unit: plan.names.number(&told.org_unit),
                data_element: plan.names.number(&told.data_element),
                combo: plan.names.number(&told.category_option_combo),
                attribute: plan.names.number(&told.attribute_option_combo),
            };
            let text = |value: &Option<String>| value.as_deref().map(CompactString::from);
            let (actual, desired, written) = (text(&told.old), text(&told.new), text(&told.written));
            plan.changes.push(Change { key, action, actual, desired, written });
            if let Some(cause) = &told.cause {
                plan.causes.insert(key, cause.clone());
            }
        }
        Ok(plan)
    }
}

/// Values told one by one when a plan is out of date.
const MOVED_TOLD_MAX: usize = 5;

/// Refuses a plan when DHIS2, or what Tally last wrote there, is no longer what the plan was made from.
///
/// # Errors
/// [`ErrorKind::Held`] with the first values that moved; what DHIS2 or the state says.
pub async fn refuse_if_moved(
    plan: &Plan,
    span: Span,
    target: &Target,
    state: &crate::store::State,
    config: &crate::config::Config,
) -> Result<(), Error> {
    let standing =
        standing::standing(plan, span, target).await.map_err(|error| crate::failure::dhis2(&error, config))?;
    let mut moved = Vec::new();
    let mut n_moved = 0_u64;
    for (change, stands) in plan.changes.iter().zip(&standing).filter(|(change, _)| change.action.is_pushed()) {
        let key = plan.cell_key(&change.key);
        let stands = stands.as_deref();
        let written = state.ledger_value(&target.facts.system_id, &key)?.and_then(|ledger| ledger.value);
        let reading = target.reading(&key.data_element);
        if reading.agrees(change.actual.as_deref(), stands)
            && reading.agrees(change.written.as_deref(), written.as_deref())
        {
            continue;
        }
        n_moved += 1;
        if moved.len() < MOVED_TOLD_MAX {
            let word = |value: Option<&str>| value.unwrap_or("nothing").to_owned();
            moved.push(format!(
                "{} {} {} {} was {} and is {}",
                key.data_element,
                key.period,
                key.org_unit,
                key.category_option_combo,
                word(change.actual.as_deref()),
                word(stands)
            ));
        }
    }
    if n_moved == 0 {
        return Ok(());
    }
    let values = crate::progress::counted(n_moved, "value");
    let message = format!("DHIS2 moved since the plan was made: {values}: {}", moved.join("; "));
    let advice = "Nothing was pushed. Make the plan again, look at it, and apply that.";
    Err(Error::new(ErrorKind::Held, message).advice(advice))
}
