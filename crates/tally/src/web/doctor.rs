//! What `tally doctor` finds, asked for from the page of settings. It takes as long as both servers take to answer, so that it goes
//! on behind the page.

use super::site::Site;
use super::visit::{Refusal, Visit};
use super::visitor::Right;
use crate::commands::doctor::area;
use crate::language::say;
use crate::render::phrase::advice::sentence;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pipeline::doctor::{Diagnosis, Examination, examine};
use pipeline::progress::Silent;
use pipeline::upkeep::Severity;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the last examination.
#[derive(Clone, Debug, Default)]
pub(super) enum Examined {
    /// Nobody asked yet.
    #[default]
    Never,
    /// It goes on.
    Running,
    /// When it ended, and what it found.
    Done(Timestamp, Arc<Examination>),
}

/// The last examination of a site.
#[derive(Debug, Default)]
pub(crate) struct Doctor(Mutex<Examined>);

impl Doctor {
    /// What is known.
    pub(super) fn known(&self) -> Examined {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins, unless one goes on already.
    fn begin(&self) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = !matches!(*known, Examined::Running);
        if begins {
            *known = Examined::Running;
        }
        begins
    }

    fn end(&self, now: Timestamp, examination: Examination) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Examined::Done(now, Arc::new(examination));
    }
}

/// `POST /settings/doctor`: looks at everything, and goes back to the page.
pub(super) async fn ask(visit: Visit) -> Response {
    if !visit.visitor.may(Right::Settings) {
        return visit.refused(&Refusal::Forbidden);
    }
    begin(&visit.site);
    Redirect::to("/settings#doctor").into_response()
}

/// Looks at everything, unless somebody does already.
pub(super) fn begin(site: &Arc<Site>) {
    if site.doctor.begin() {
        tokio::spawn(examined(Arc::clone(site)));
    }
}

/// The word of a severity for programs.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

async fn examined(site: Arc<Site>) {
    let path = site.config().source.path.clone();
    // It opens files and asks both servers; what a panic would leave is an examination that never ends.
    let now = site.now();
    let looked = tokio::spawn(async move { examine(&path, None, &Silent, now).await }).await;
    site.doctor.end(site.now(), looked.unwrap_or_default());
}

/// A finding on the page: how bad, a class for it, where, what, why, what to do.
pub(super) struct Finding {
    pub(super) tone: &'static str,
    pub(super) mark: String,
    pub(super) area: String,
    pub(super) text: String,
    pub(super) cause: Option<String>,
    pub(super) remedy: Option<String>,
}

impl Finding {
    /// A finding in words.
    pub(super) fn of(diagnosis: &Diagnosis) -> Self {
        let (tone, mark) = match diagnosis.severity {
            Severity::Ok => ("good", say!("doctor-good")),
            Severity::Warning => ("warn", say!("doctor-warning")),
            Severity::Error => ("bad", say!("doctor-error")),
        };
        let area = area(diagnosis.area);
        let said = |text: &Option<String>| text.as_deref().map(sentence);
        Self {
            tone,
            mark,
            area,
            text: sentence(&diagnosis.text),
            cause: said(&diagnosis.cause),
            remedy: said(&diagnosis.remedy),
        }
    }
}
