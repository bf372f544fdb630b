//! What the quality of the records is judged by.

use super::Checker;
use crate::config::{model, raw};
use jiff::civil::Date;

impl Checker<'_> {
    pub(super) fn quality(&mut self, raw: &raw::Quality) -> model::Quality {
        let outbreak_start = raw.outbreak_start.as_ref().and_then(|at| {
            let date: Option<Date> = at.get().parse().ok();
            if date.is_none() {
                self.at(at.span(), format!("`{}` is no date", at.get()))
                    .advice("Write year, month and day, such as \"2020-01-31\".");
            }
            date
        });
        model::Quality { all_rules: raw.all_rules, outbreak_start }
    }
}
