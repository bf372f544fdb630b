//! The operations, in one table.

use super::super::decisions::ProblemFacts;
use super::super::hub::Live;
use super::super::jobs::JobFacts;
use super::super::overview::{Overview, ReportFacts};
use super::super::plans::PlanFacts;
use super::super::quality::QualityFacts;
use super::super::runs::RunFacts;
use super::super::settings::SettingsFacts;
use super::super::visitor::Right;
use super::answer::{ListPart, Stretch};
use super::operation::{
    ANY_PERIOD, ATTRIBUTES, BEFORE, COMBO, DATA_ELEMENT, FROM, GET, INDICATOR, JOB, LIMIT, OF_REPORT, ORG_UNIT,
    Operation, PERIOD, PLAN, REPORT, RUN, Subject,
};
use super::{accepted, asked, cells, house, reports, runs};
use axum::routing::{get, post};
use pipeline::certificate::Certificate;
use pipeline::daemon::Job;
use pipeline::report::{PlannedChange, RunReport};
use pipeline::store::Accepted;
use schemars::SchemaGenerator;

/// What most operations about reports are.
const OF_REPORTS: Operation = Operation { subject: Subject::Reports, parameters: &[REPORT], refusals: &[404], ..GET };
/// What most operations about runs are.
const OF_RUNS: Operation = Operation { subject: Subject::Runs, parameters: &[RUN], refusals: &[404], ..GET };
/// What most operations about decisions are.
const OF_DECISIONS: Operation = Operation { subject: Subject::Decisions, ..GET };
/// What operations about the daemon's surroundings are.
const OF_THE_HOUSE: Operation = Operation { subject: Subject::Administration, ..GET };

/// All operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/visitor",
        id: "visitor",
        summary: "Who asks, and what that one may do",
        answer: (200, SchemaGenerator::subschema_for::<reports::VisitorFacts>),
        route: || get(reports::visitor),
        ..GET
    },
    Operation {
        path: "/overview",
        id: "overview",
        summary: "Each report at a glance, and what the daemon does",
        answer: (200, SchemaGenerator::subschema_for::<Overview>),
        route: || get(reports::overview),
        ..GET
    },
    Operation {
        path: "/live",
        id: "live",
        summary: "What the daemon does now: the steps of the run that is under way",
        answer: (200, SchemaGenerator::subschema_for::<Live>),
        route: || get(reports::live),
        ..GET
    },
    Operation {
        path: "/reports",
        id: "reports",
        summary: "Each report at a glance, in the order of the configuration",
        parameters: &[],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<ReportFacts>>),
        refusals: &[],
        route: || get(reports::reports),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}",
        id: "report",
        summary: "A report at a glance",
        answer: (200, SchemaGenerator::subschema_for::<ReportFacts>),
        route: || get(reports::report),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/completeness",
        id: "completeness",
        summary: "How complete a report is in DHIS2, by organisation unit and period",
        parameters: &[REPORT, FROM, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<reports::CompletenessFacts>),
        route: || get(reports::completeness),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/curve",
        id: "curve",
        summary: "The epidemic curve: of the line list's cases by classification, else of an indicator's values",
        parameters: &[REPORT, INDICATOR],
        answer: (200, SchemaGenerator::subschema_for::<reports::CurveFacts>),
        route: || get(reports::curve),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/trends",
        id: "trends",
        summary: "How each indicator went from period to period",
        answer: (200, SchemaGenerator::subschema_for::<reports::TrendsFacts>),
        route: || get(reports::trends),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/revisions",
        id: "revisions",
        summary: "How the numbers of each period were revised",
        answer: (200, SchemaGenerator::subschema_for::<reports::RevisionsFacts>),
        route: || get(reports::revisions),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/map",
        id: "map",
        summary: "An indicator in a period on the map, as GeoJSON",
        parameters: &[REPORT, INDICATOR, ANY_PERIOD],
        answer: (200, SchemaGenerator::subschema_for::<reports::MapFacts>),
        route: || get(reports::on_the_map),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/values",
        id: "values",
        summary: "The values of an organisation unit in a period",
        parameters: &[REPORT, ORG_UNIT, PERIOD, FROM, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<cells::ValuesFacts>),
        route: || get(cells::values),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/cell",
        id: "cell",
        summary: "A value and its past",
        parameters: &[REPORT, ORG_UNIT, PERIOD, DATA_ELEMENT, COMBO, ATTRIBUTES],
        answer: (200, SchemaGenerator::subschema_for::<cells::CellFacts>),
        route: || get(cells::cell),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/records",
        id: "records",
        summary: "The ids of the records in a value, by the definitions of today; both servers are asked for them",
        rights: cells::TO_SEE_RECORDS,
        parameters: &[REPORT, ORG_UNIT, PERIOD, DATA_ELEMENT, COMBO, FROM, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<Stretch<cells::RecordFacts>>),
        refusals: &[404, 422, 502],
        route: || get(cells::records),
        ..OF_REPORTS
    },
    Operation {
        path: "/reports/{report}/quality",
        id: "quality",
        summary: "The quality of the records, as the last run found it",
        answer: (200, SchemaGenerator::subschema_for::<QualityFacts>),
        route: || get(reports::quality),
        ..OF_REPORTS
    },
    Operation {
        path: "/runs",
        id: "runs",
        summary: "Past runs, the newest first",
        parameters: &[OF_REPORT, BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<RunFacts>>),
        refusals: &[],
        route: || get(runs::runs),
        ..OF_RUNS
    },
    Operation {
        path: "/runs/{run}",
        id: "run",
        summary: "A run",
        answer: (200, SchemaGenerator::subschema_for::<RunFacts>),
        route: || get(runs::run),
        ..OF_RUNS
    },
    Operation {
        path: "/runs/{run}/report",
        id: "run_report",
        summary: "Everything that a run has to say: plan, account, tie-out, certificate",
        answer: (200, SchemaGenerator::subschema_for::<RunReport>),
        route: || get(runs::report),
        ..OF_RUNS
    },
    Operation {
        path: "/runs/{run}/changes",
        id: "run_changes",
        summary: "What a run changed in DHIS2 or held back, value by value",
        parameters: &[RUN, FROM, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<runs::ChangesFacts>),
        route: || get(runs::changes),
        ..OF_RUNS
    },
    Operation {
        path: "/runs/{run}/certificate",
        id: "certificate",
        summary: "What a run can be held to",
        answer: (200, SchemaGenerator::subschema_for::<Certificate>),
        route: || get(runs::certificate),
        ..OF_RUNS
    },
    Operation {
        path: "/jobs",
        id: "jobs",
        summary: "What was asked of the daemon, the newest first",
        parameters: &[BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<JobFacts>>),
        route: || get(asked::jobs),
        ..OF_DECISIONS
    },
    Operation {
        method: "post",
        path: "/jobs",
        id: "ask",
        summary: "Ask the daemon: run, back-fill or plan a report; apply or discard a plan; release what is held; overwrite what \
                  drifted. All but a run and a plan need the scope `decide`",
        rights: &[Right::Run],
        body: Some(SchemaGenerator::subschema_for::<Job>),
        examples: asked::jobs_to_ask,
        answer: (201, SchemaGenerator::subschema_for::<JobFacts>),
        refusals: &[409, 422, 429],
        route: || post(asked::ask),
        ..OF_DECISIONS
    },
    Operation {
        path: "/jobs/{job}",
        id: "job",
        summary: "Something that was asked, and what came of it",
        parameters: &[JOB],
        answer: (200, SchemaGenerator::subschema_for::<JobFacts>),
        refusals: &[404],
        route: || get(asked::job),
        ..OF_DECISIONS
    },
    Operation {
        path: "/plans",
        id: "plans",
        summary: "Plans that were asked for, the newest first",
        parameters: &[BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<PlanFacts>>),
        route: || get(asked::plans),
        ..OF_DECISIONS
    },
    Operation {
        path: "/plans/{plan}",
        id: "plan",
        summary: "A plan: how many values it would change, until when it can be applied, who decided",
        parameters: &[PLAN],
        answer: (200, SchemaGenerator::subschema_for::<PlanFacts>),
        refusals: &[404],
        route: || get(asked::plan),
        ..OF_DECISIONS
    },
    Operation {
        path: "/plans/{plan}/changes",
        id: "plan_changes",
        summary: "What a plan would change or hold back, value by value, until it is decided",
        parameters: &[PLAN, FROM, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<Stretch<PlannedChange>>),
        refusals: &[404],
        route: || get(asked::changes),
        ..OF_DECISIONS
    },
    Operation {
        path: "/problems",
        id: "problems",
        summary: "Problems that are not over",
        answer: (200, SchemaGenerator::subschema_for::<ListPart<ProblemFacts>>),
        route: || get(asked::problems),
        ..OF_DECISIONS
    },
    Operation {
        method: "post",
        path: "/problems/acknowledge",
        id: "acknowledge",
        summary: "See to a problem: it is not told again until it is over or becomes another one",
        rights: &[Right::Decide],
        body: Some(SchemaGenerator::subschema_for::<asked::Acknowledged>),
        examples: asked::problems_to_see_to,
        answer: (200, SchemaGenerator::subschema_for::<asked::Acknowledged>),
        refusals: &[404, 422],
        route: || post(asked::acknowledge),
        ..OF_DECISIONS
    },
    Operation {
        path: "/accepted",
        id: "accepted",
        summary: "Values that stay in DHIS2 as somebody else wrote them, by who accepted them",
        answer: (200, SchemaGenerator::subschema_for::<ListPart<Accepted>>),
        route: || get(accepted::accepted),
        ..OF_DECISIONS
    },
    Operation {
        method: "post",
        path: "/accepted",
        id: "accept",
        summary: "Accept the values of somebody else that a run told of, as it told them",
        rights: &[Right::Decide],
        body: Some(SchemaGenerator::subschema_for::<accepted::OfRun>),
        examples: accepted::run_to_accept,
        answer: (200, SchemaGenerator::subschema_for::<accepted::Values>),
        refusals: &[422],
        route: || post(accepted::accept),
        ..OF_DECISIONS
    },
    Operation {
        method: "post",
        path: "/accepted/withdraw",
        id: "withdraw",
        summary: "Take back all that was accepted for a report",
        rights: &[Right::Decide],
        body: Some(SchemaGenerator::subschema_for::<accepted::OfReport>),
        examples: accepted::report_to_withdraw,
        answer: (200, SchemaGenerator::subschema_for::<accepted::Values>),
        refusals: &[422],
        route: || post(accepted::withdraw),
        ..OF_DECISIONS
    },
    Operation {
        path: "/doctor",
        id: "doctor",
        summary: "What was found when somebody last asked whether all is well",
        rights: &[Right::Read, Right::Settings],
        answer: (200, SchemaGenerator::subschema_for::<accepted::Health>),
        route: || get(accepted::health),
        ..OF_THE_HOUSE
    },
    Operation {
        method: "post",
        path: "/doctor",
        id: "examine",
        summary: "Look at everything: both servers, the state, each report. Nothing is written; `doctor` then tells what was found",
        rights: &[Right::Run, Right::Settings],
        answer: (202, SchemaGenerator::subschema_for::<accepted::Health>),
        refusals: &[],
        route: || post(accepted::examine),
        ..OF_THE_HOUSE
    },
    Operation {
        path: "/places",
        id: "places",
        summary: "The map of places: what is open in it, the heaviest first",
        parameters: &[FROM, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<house::OpenPlaces>),
        route: || get(house::places),
        ..OF_THE_HOUSE
    },
    Operation {
        path: "/settings",
        id: "settings",
        summary: "What is configured; of a secret only where it is",
        rights: &[Right::Read, Right::Settings],
        answer: (200, SchemaGenerator::subschema_for::<SettingsFacts>),
        route: || get(house::settings),
        ..OF_THE_HOUSE
    },
    Operation {
        path: "/audit",
        id: "audit",
        summary: "Who did what, the newest first",
        rights: &[Right::Read, Right::Settings],
        parameters: &[BEFORE, LIMIT],
        answer: (200, SchemaGenerator::subschema_for::<ListPart<house::AuditEntry>>),
        route: || get(house::audit),
        ..OF_THE_HOUSE
    },
];
