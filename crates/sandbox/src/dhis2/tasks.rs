//! Asynchronous imports: accepted at once, done after a while, asked after in two places.
//!
//! Time passes by being asked: every look at the notifications or the summary of a job counts as
//! one poll. The first answers are `[]` and an empty body, then comes a notification that is not
//! completed, and after the last poll the import itself runs. [`super::State::finish_jobs`] makes
//! time pass without polls.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::import::{self, ImportOptions, Payload, Undecodable};
use super::{Server, Session};

/// Jobs kept; a scenario starts a handful.
const JOBS_MAX: usize = 1_000;

/// The jobs of the server, oldest first.
#[derive(Default)]
pub(crate) struct Jobs {
    jobs: Vec<Job>,
    n_started: u64,
}

/// Who sent what.
type Waiting = (Session, ImportOptions, Result<Payload, Undecodable>);

struct Job {
    uid: String,
    started: Timestamp,
    polls_left: u32,
    polled: bool,
    waiting: Option<Box<Waiting>>,
    summary: Option<(Timestamp, Value)>,
}

/// Accepts an import and answers with its job.
pub(crate) fn start(
    server: &mut Server,
    session: &Session,
    polls: u32,
    options: ImportOptions,
    payload: Result<Payload, Undecodable>,
) -> Value {
    let jobs = &mut server.jobs;
    jobs.n_started += 1;
    let uid = format!("job{:08}", jobs.n_started % 100_000_000);
    if jobs.jobs.len() == JOBS_MAX {
        jobs.jobs.remove(0);
    }
    jobs.jobs.push(Job {
        uid: uid.clone(),
        started: session.now,
        polls_left: polls,
        polled: false,
        waiting: Some(Box::new((session.clone(), options, payload))),
        summary: None,
    });
    let message = if session.version.minor <= 40 {
        "Initiated dataValueImport".to_owned()
    } else {
        format!("Initiated DATAVALUE_IMPORT ({uid})")
    };
    json!({
        "httpStatus": "OK", "httpStatusCode": 200, "status": "OK", "message": message,
        "response": {
            "responseType": "JobConfiguration", "name": "dataValueImport", "id": uid,
            "created": moment(session.now), "jobType": "DATAVALUE_IMPORT", "jobStatus": "SCHEDULED",
            "relativeNotifierEndpoint": format!("/api/system/tasks/DATAVALUE_IMPORT/{uid}"),
        },
    })
}

/// The notifications of a job, newest first; `[]` for one that has not begun or does not exist.
pub(crate) fn notifications(server: &mut Server, uid: &str, now: Timestamp) -> Value {
    let Some(position) = poll(server, uid, now) else {
        return json!([]);
    };
    let job = &server.jobs.jobs[position];
    let mut list = Vec::new();
    let entry = |at: Timestamp, n: u32, message: &str, completed: bool| {
        json!({
            "level": "INFO", "id": format!("not{n:08}"), "uid": format!("not{n:08}"),
            "category": "DATAVALUE_IMPORT", "time": moment(at), "message": message, "completed": completed,
        })
    };
    if let Some((at, _)) = &job.summary {
        list.push(entry(*at, 2, "Import done", true));
    }
    if job.polled {
        list.push(entry(job.started, 1, "Process started", false));
    }
    server.jobs.jobs[position].polled = true;
    Value::Array(list)
}

/// The summary of a job; `None` (an empty body) while there is none.
pub(crate) fn summary(server: &mut Server, uid: &str, now: Timestamp) -> Option<Value> {
    let position = poll(server, uid, now)?;
    server.jobs.jobs[position].summary.as_ref().map(|(_, value)| value.clone())
}

/// Runs everything that waits.
pub(crate) fn finish_all(server: &mut Server, now: Timestamp) {
    for position in 0..server.jobs.jobs.len() {
        server.jobs.jobs[position].polls_left = 0;
        finish(server, position, now);
    }
}

/// Counts a poll and runs the import when it was the last.
fn poll(server: &mut Server, uid: &str, now: Timestamp) -> Option<usize> {
    let position = server.jobs.jobs.iter().position(|job| job.uid == uid)?;
    let job = &mut server.jobs.jobs[position];
    if job.polls_left > 0 {
        job.polls_left -= 1;
    } else {
        finish(server, position, now);
    }
    Some(position)
}

fn finish(server: &mut Server, position: usize, now: Timestamp) {
    let Some(waiting) = server.jobs.jobs[position].waiting.take() else {
        return;
    };
    let (mut session, options, payload) = *waiting;
    session.now = now;
    let summary = match payload {
        Ok(payload) => import::run(server, &session, &options, payload),
        Err(undecodable) => undecodable.into_summary(),
    };
    server.jobs.jobs[position].summary = Some((now, summary.bare(&session, &options)));
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}
