//! What the daemon does about jobs: one at a time, in the order in which they were asked, before what is due.

use super::{Asked, Carried, Daemon, Event, Job, JobEnd, JobState, RunId, Why, World};
use crate::error::{Code, Error, ErrorKind};
use crate::report::Verdict;
use crate::store::{JOB_WAITS_MAX, State};
use jiff::Timestamp;

impl<W: World> Daemon<'_, W> {
    /// Says what a daemon that is gone had begun. Nothing of it is done again by itself: its run may have written, and the
    /// person who asked does not know.
    pub(super) fn lose_jobs(&mut self, state: &mut State) -> Result<(), Error> {
        for asked in state.lose_jobs(self.now())? {
            self.world.tell(&ended(&asked, JobState::Lost, &Carried::default(), None));
        }
        Ok(())
    }

    /// Does a job; false when it was ended by a stop.
    pub(super) async fn oblige(&mut self, state: &mut State, asked: &Asked, began: Timestamp) -> Result<bool, Error> {
        if began.duration_since(asked.at) > JOB_WAITS_MAX {
            let message = format!("it waited for more than {} hours", JOB_WAITS_MAX.as_hours());
            let error = Error::new(ErrorKind::Held, message).advice("Ask again.");
            self.end(state, asked, JobState::Refused, (&Carried::default(), Some(&error)))?;
            return Ok(true);
        }
        if !state.begin_job(asked.id, began)? {
            return Ok(true);
        }
        self.world.tell(&Event::JobBegan {
            id: asked.id.0,
            job: asked.job.name(),
            report: asked.job.report().map(str::to_owned),
            by: asked.by.clone(),
        });
        match self.world.carry_out(&self.config, asked).await {
            Ok(carried) => {
                self.note(carried.verdict.map_or(0, Verdict::exit_code));
                self.end(state, asked, JobState::Done, (&carried, None))?;
                Ok(true)
            }
            Err(error) => {
                self.note(error.kind.exit_code());
                let run = run_of(state, asked, began)?;
                self.end(state, asked, JobState::Failed, (&Carried { run, ..Carried::default() }, Some(&error)))?;
                Ok(error.code != Code::Stopped)
            }
        }
    }

    fn end(
        &mut self,
        state: &mut State,
        asked: &Asked,
        came: JobState,
        (carried, error): (&Carried, Option<&Error>),
    ) -> Result<(), Error> {
        let end = JobEnd {
            run: carried.run,
            plan: carried.plan,
            verdict: carried.verdict.map(|verdict| verdict.name().to_owned()),
            code: error.map(|error| error.code.name().to_owned()),
            message: error.map(|error| error.message.clone()),
        };
        state.end_job(asked.id, came, &end, self.now())?;
        self.world.tell(&ended(asked, came, carried, error.map(Why::from)));
        Ok(())
    }
}

fn ended(asked: &Asked, state: JobState, carried: &Carried, why: Option<Why>) -> Event {
    Event::JobEnded {
        id: asked.id.0,
        job: asked.job.name(),
        report: asked.job.report().map(str::to_owned),
        by: asked.by.clone(),
        state,
        run: carried.run.map(|run| run.0),
        plan: carried.plan.map(|plan| plan.0),
        verdict: carried.verdict,
        why,
    }
}

/// The run that a job led to before an error ended it.
fn run_of(state: &State, asked: &Asked, began: Timestamp) -> Result<Option<RunId>, Error> {
    if matches!(asked.job, Job::Plan { .. } | Job::Discard { .. }) {
        return Ok(None);
    }
    let last = state.runs(None, 1)?.pop();
    Ok(last.filter(|run| run.started_at >= began && run.trigger == asked.by).map(|run| run.id))
}
