//! How far patience and trust in the servers go.

use std::time::Duration;

use dhis2::Polling;

/// From this many values in one request on, DHIS2 imports as a job: a connection may not last that long.
const JOB_VALUES_MIN: usize = 25_000;
/// How patiently a job is waited for: the server's scheduler may take 20 seconds to begin, and an hour is longer than any
/// import of one request.
const JOB_POLLING: Polling = Polling { delay: Duration::from_secs(1), deadline: Duration::from_secs(3600) };

/// Limits that are no keys of the configuration: nobody but a test has a reason to set them. `None` leaves a client its own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How often a failed request is sent again, where that may help.
    pub retries: Option<u32>,
    /// The pause before the first retry; it doubles from one to the next.
    pub retry_delay: Option<Duration>,
    /// The largest answer that is read, unpacked, in bytes.
    pub answer_bytes_max: Option<usize>,
    /// Whether Go.Data is asked for packed answers.
    pub godata_gzip: Option<bool>,
    /// Values in one request from which on DHIS2 imports as a job.
    pub job_values_min: usize,
    /// How patiently such a job is waited for.
    pub job_polling: Polling,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            retries: None,
            retry_delay: None,
            answer_bytes_max: None,
            godata_gzip: None,
            job_values_min: JOB_VALUES_MIN,
            job_polling: JOB_POLLING,
        }
    }
}

impl Limits {
    /// Sets them for a client of Go.Data.
    pub fn for_godata(&self, settings: &mut godata::Settings) {
        settings.retries = self.retries.unwrap_or(settings.retries);
        settings.retry_delay = self.retry_delay.unwrap_or(settings.retry_delay);
        settings.answer_bytes_max = self.answer_bytes_max.unwrap_or(settings.answer_bytes_max);
        settings.gzip = self.godata_gzip.unwrap_or(settings.gzip);
    }

    /// Sets them for a client of DHIS2.
    pub fn for_dhis2(&self, settings: &mut dhis2::Settings) {
        settings.retries = self.retries.unwrap_or(settings.retries);
        settings.retry_delay = self.retry_delay.unwrap_or(settings.retry_delay);
        settings.answer_bytes_max = self.answer_bytes_max.unwrap_or(settings.answer_bytes_max);
    }
}
