//! A plan that was asked for, and waits to be applied or discarded.

use super::face::Face;
use super::moment::Moment;
use super::run::sections;
use super::runs::href;
use super::table::Table;
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::language::say;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::plan_document::PlanDocument;
use pipeline::store::{KeptPlan, PlanId, PlanState, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Values that change, on a page.
const CHANGES_SHOWN: usize = 100;

/// A plan that was kept.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PlanFacts {
    /// Its number.
    pub(crate) plan: i64,
    /// Name of the report.
    pub(crate) report: String,
    /// First period.
    pub(crate) first: String,
    /// Last period.
    pub(crate) last: String,
    /// SHA-256 over the plan.
    pub(crate) hash: String,
    /// When it was made.
    pub(crate) made_at: Timestamp,
    /// Who asked for it.
    pub(crate) made_by: String,
    /// Until when it may be applied.
    pub(crate) until: Timestamp,
    /// Number of values by action.
    pub(crate) actions: Vec<ActionCount>,
    /// `open`, `applied`, `discarded` or `expired`.
    pub(crate) state: String,
    /// When it was decided.
    pub(crate) decided_at: Option<Timestamp>,
    /// Who decided.
    pub(crate) decided_by: Option<String>,
    /// The run that carried it out.
    pub(crate) run: Option<i64>,
}

/// A number of values.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ActionCount {
    /// What happens to them.
    pub(crate) action: String,
    /// How many.
    pub(crate) n: u64,
}

impl PlanFacts {
    /// A plan as the state has it.
    pub(crate) fn of(kept: &KeptPlan) -> Self {
        let action = |action: &pipeline::store::PlanAction| ActionCount { action: action.name.clone(), n: action.n };
        Self {
            plan: kept.id.0,
            report: kept.report.clone(),
            first: kept.first.clone(),
            last: kept.last.clone(),
            hash: kept.hash.clone(),
            made_at: kept.made_at,
            made_by: kept.made_by.clone(),
            until: kept.until,
            actions: kept.actions.iter().map(action).collect(),
            state: kept.state.name().to_owned(),
            decided_at: kept.decided_at,
            decided_by: kept.decided_by.clone(),
            run: kept.run.map(|run| run.0),
        }
    }
}

/// How a plan stands, in a word.
pub(super) fn state_word(state: PlanState) -> String {
    match state {
        PlanState::Open => say!("plan-open"),
        PlanState::Applied => say!("plan-applied"),
        PlanState::Discarded => say!("plan-discarded"),
        PlanState::Expired => say!("plan-expired"),
    }
}

/// The class of how a plan stands.
pub(super) fn tone(state: PlanState) -> &'static str {
    match state {
        PlanState::Open => "warn",
        PlanState::Applied => "good",
        PlanState::Discarded | PlanState::Expired => "plain",
    }
}

/// Which part of a plan.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    /// Page of the values that change, from 1.
    #[serde(default)]
    page: usize,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct Page {
    face: Face,
    facts: PlanFacts,
    state: String,
    tone: &'static str,
    made: Moment,
    until: Moment,
    may_decide: bool,
    changes: Option<Table>,
    shown: String,
    earlier: Option<String>,
    later: Option<String>,
    run: Option<String>,
}

/// `GET /plans/{plan}`.
pub(super) async fn page(visit: Visit, Path(plan): Path<i64>, Query(wanted): Query<Wanted>) -> Response {
    visit.page(move |visit, state| make(visit, state, PlanId(plan), wanted)).await
}

fn make(visit: &Visit, state: &State, id: PlanId, wanted: Wanted) -> Result<String, Refusal> {
    let kept = state.kept_plan(id)?.ok_or(Refusal::NotFound)?;
    let document = state.kept_document(id)?;
    let document = document.map(|text| PlanDocument::of_text(&text, &format!("plan {id}"))).transpose()?;
    let n = document.as_ref().map_or(0, |document| document.changes.len());
    let last = n.div_ceil(CHANGES_SHOWN).max(1);
    let page = wanted.page.clamp(1, last);
    let (from, to) = ((page - 1) * CHANGES_SHOWN, (page * CHANGES_SHOWN).min(n));
    let link = |page: usize| format!("/plans/{id}?page={page}#changes");
    let (now, facts) = (visit.site.now(), PlanFacts::of(&kept));
    let page = Page {
        face: Face::new(visit, say!("plan-number", plan = id.0.to_string())),
        state: state_word(kept.state),
        tone: tone(kept.state),
        made: Moment::new(kept.made_at, now, &TimeZone::UTC),
        until: Moment::new(kept.until, now, &TimeZone::UTC),
        may_decide: kept.state == PlanState::Open && kept.until > now && visit.visitor.may(Right::Decide),
        changes: document.as_ref().map(|document| sections::changes(&document.changes[from..to])),
        shown: if n == 0 {
            String::new()
        } else {
            say!("changes-shown", from = from as u64 + 1, to = to as u64, n = n as u64)
        },
        earlier: (page > 1).then(|| link(page - 1)),
        later: (page < last).then(|| link(page + 1)),
        run: facts.run.map(href),
        facts,
    };
    Ok(page.render()?)
}
