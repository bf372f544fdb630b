//! A line so small that it stands in a row: how an indicator went.

use super::draw::{at, begin};
use super::figure;
use super::twin::Twin;
use crate::language::say;
use pipeline::picture::Trend;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Width and height of the drawing.
const SIZE: (f64, f64) = (160.0, 36.0);
/// Room around the line, for its width and for the dot at its end.
const MARGIN: f64 = 4.0;

/// The line of a trend. `id` is unique on its page.
pub(in crate::web) fn line(id: &str, trend: &Trend, periods: &[String]) -> String {
    let description = match latest(trend) {
        Some((index, total)) => {
            say!("spark-described", total = figure(total), period = periods.get(index).cloned().unwrap_or_default())
        }
        None => say!("spark-nothing"),
    };
    let mut svg = begin(id, SIZE, "spark", &trend.title, &description);
    for stretch in stretches(&trend.totals) {
        let points: Vec<String> = stretch.iter().map(|(x, y)| format!("{},{}", at(*x), at(*y))).collect();
        let attributes =
            [("points", &*points.join(" ")), ("fill", "none"), ("stroke", "#2c6693"), ("stroke-width", "1.5")];
        svg.empty("polyline", &attributes);
    }
    if let Some((x, y)) = stretches(&trend.totals).last().and_then(|stretch| stretch.last().copied()) {
        svg.empty("circle", &[("cx", &*at(x)), ("cy", &at(y)), ("r", "2.5"), ("fill", "#2c6693")]);
    }
    svg.close("svg");
    svg.done()
}

/// The last total that is known.
pub(in crate::web) fn latest(trend: &Trend) -> Option<(usize, Decimal)> {
    trend.totals.iter().enumerate().rev().find_map(|(index, total)| Some((index, (*total)?)))
}

/// The points of the line, apart where nothing is known. The lowest line is zero, or the lowest value if one is below.
fn stretches(totals: &[Option<Decimal>]) -> Vec<Vec<(f64, f64)>> {
    let values: Vec<Option<f64>> = totals.iter().map(|total| total.and_then(|total| total.to_f64())).collect();
    let lowest = values.iter().flatten().copied().fold(0.0, f64::min);
    let highest = values.iter().flatten().copied().fold(lowest, f64::max);
    let reach = if highest > lowest { highest - lowest } else { 1.0 };
    let step = (SIZE.0 - 2.0 * MARGIN) / totals.len().saturating_sub(1).max(1) as f64;
    let mut stretches: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut is_open = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_open = false;
            continue;
        };
        let share = (value - lowest) / reach;
        let point = (MARGIN + step * index as f64, SIZE.1 - MARGIN - share * (SIZE.1 - 2.0 * MARGIN));
        match stretches.last_mut().filter(|_| is_open) {
            Some(stretch) => stretch.push(point),
            None => stretches.push(vec![point]),
        }
        is_open = true;
    }
    stretches
}

/// The totals of all trends: a row for each period.
pub(in crate::web) fn table(trends: &[Trend], periods: &[String]) -> String {
    let mut head = vec![say!("chart-period")];
    head.extend(trends.iter().map(|trend| trend.title.clone()));
    let row = |(index, period): (usize, &String)| {
        let total = |trend: &Trend| trend.totals.get(index).copied().flatten();
        let mut row = vec![period.clone()];
        row.extend(trends.iter().map(|trend| total(trend).map_or_else(|| "\u{2013}".to_owned(), figure)));
        row
    };
    let rows = periods.iter().enumerate().map(row).collect();
    Twin { caption: say!("spark-table"), head, rows, links: Vec::new() }.html()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::as_of::Summed;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    fn trend(totals: &[Option<i64>]) -> Trend {
        let totals = totals.iter().map(|total| total.map(Decimal::from)).collect();
        Trend { indicator: "cases".into(), title: "New <cases>".into(), of: Summed::Values, totals }
    }

    #[test]
    fn a_line_has_gaps_where_nothing_is_known() {
        let periods: Vec<String> = (1..=5).map(|week| format!("2026W{week}")).collect();
        let trend = trend(&[Some(1), Some(4), None, Some(2), Some(0)]);
        insta::assert_snapshot!(line("s0", &trend, &periods));
        insta::assert_snapshot!(table(&[trend], &periods[..2]));
    }

    #[test]
    fn no_point_leaves_the_drawing() {
        let mut random = StdRng::seed_from_u64(7);
        for round in 0..300 {
            let most = [1_i64, 50, i64::MAX][round % 3];
            let n = random.random_range(0..30);
            let totals: Vec<Option<Decimal>> = (0..n)
                .map(|_| random.random_bool(0.8).then(|| Decimal::from(random.random_range(-most / 3..=most))))
                .collect();
            let points: Vec<(f64, f64)> = stretches(&totals).concat();
            assert_eq!(points.len(), totals.iter().flatten().count());
            for (x, y) in points {
                assert!((MARGIN - 1e-9..=SIZE.0 - MARGIN + 1e-9).contains(&x), "{x}");
                assert!((MARGIN - 1e-9..=SIZE.1 - MARGIN + 1e-9).contains(&y), "{y}");
            }
        }
    }
}
