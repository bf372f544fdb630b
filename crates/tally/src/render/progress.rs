//! Progress on stderr: bars on a terminal, plain lines elsewhere.

use super::phrase;
use crate::language::say;
use indicatif::{ProgressBar, ProgressStyle};
use pipeline::progress::{Progress, Step};
use std::sync::Mutex;
use std::time::Instant;

/// Shows the progress of a run.
pub(crate) struct Shown {
    bar: Option<ProgressBar>,
    begun: Mutex<Option<Instant>>,
}

impl Shown {
    /// Bars if `terminal`, lines otherwise.
    pub(crate) fn new(terminal: bool) -> Self {
        let bar = terminal.then(|| {
            // A spinner has nothing to show before the first step.
            let bar = ProgressBar::new_spinner();
            bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { bar, begun: Mutex::new(None) }
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }
}

/// Often enough to look alive, rarely enough to cost nothing.
const TICK: std::time::Duration = std::time::Duration::from_millis(100);

impl Progress for Shown {
    fn begin(&self, step: Step, total: Option<u64>) {
        *self.begun.lock().expect("no thread panics while it holds this") = Some(Instant::now());
        if let Some(bar) = &self.bar {
            let template = if total.is_some() { "{msg} {wide_bar} {pos}/{len}" } else { "{msg} {spinner} {pos}" };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar.set_length(total.unwrap_or(0));
            bar.set_position(0);
            bar.set_message(padded(step));
        }
    }

    fn advance(&self, _: Step, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    fn end(&self, step: Step, summary: &str) {
        let begun = self.begun.lock().expect("no thread panics while it holds this").take();
        let ms = begun.map_or(0, |begun| begun.elapsed().as_millis() as u64);
        self.line(&say!("step-ended", step = padded(step), summary = phrase::summary(summary), ms = ms));
    }

    fn warn(&self, message: &str) {
        self.line(&say!("warning", text = message));
    }
}

/// The name of a step, as wide as the longest of them and a space.
fn padded(step: Step) -> String {
    let width = STEPS.iter().map(|step| phrase::step(step.name()).chars().count()).max().unwrap_or_default() + 1;
    format!("{:width$}", phrase::step(step.name()))
}

const STEPS: [Step; 7] =
    [Step::Preflight, Step::Extract, Step::Control, Step::Diff, Step::Push, Step::Verify, Step::Complete];

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
