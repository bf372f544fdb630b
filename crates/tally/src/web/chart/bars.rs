//! The epidemic curve: a column for each period, its parts one on the other.

use super::draw::{Markup, NAME_LETTERS_MAX, at, begin, shortened};
use super::twin::Twin;
use crate::language::say;
use crate::render::number::grouped;
use pipeline::picture::{Curve, CurveSource, Series};

/// Width and height of the drawing, in its own units.
const SIZE: (f64, f64) = (720.0, 280.0);
/// Room for the numbers at the left, and around.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;
/// Periods that are named below the columns; the table names all.
const NAMES_MAX: usize = 9;
/// Dark and light in turn, so that neighbours differ in print without colour and for every kind of colour vision.
const COLOURS: [&str; 8] = ["#08306b", "#e6873c", "#9ecae1", "#525252", "#fdd870", "#238b45", "#c994c7", "#bdbdbd"];

/// A part of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    series: usize,
    period: usize,
    count: u64,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// A curve as SVG with its legend and its table. `title` names what is counted.
pub(in crate::web) fn curve(curve: &Curve, title: &str) -> String {
    let (parts, top) = parts(&curve.series, curve.periods.len());
    let description = say!("curve-described", n = curve.total(), periods = curve.periods.len() as u64);
    let mut svg = begin("curve", SIZE, "chart curve", title, &description);
    axis(&mut svg, top);
    for part in &parts {
        let name = name(&curve.series[part.series], curve);
        let hint = say!(
            "curve-part",
            period = curve.periods[part.period].clone(),
            name = shortened(&name, NAME_LETTERS_MAX),
            n = part.count
        );
        let (x, y, width, height) = (at(part.x), at(part.y), at(part.width), at(part.height));
        let attributes = [("x", &*x), ("y", &y), ("width", &width), ("height", &height), ("fill", colour(part.series))];
        svg.open("rect", &attributes).leaf("title", &[], &hint).close("rect");
    }
    names(&mut svg, &curve.periods);
    svg.close("svg");
    let mut html = Markup::default();
    html.open("div", &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", title)]);
    html.markup(&svg.done()).close("div").markup(&legend(curve)).markup(&twin(curve, title).html());
    html.done()
}

fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

/// Where the parts of the columns stand, and what the top of the axis is.
fn parts(series: &[Series], n_periods: usize) -> (Vec<Part>, u64) {
    let height_of = |period: usize| -> u64 {
        series.iter().filter_map(|one| one.counts.get(period)).fold(0, |sum, n| sum.saturating_add(*n))
    };
    let top = nice((0..n_periods).map(height_of).max().unwrap_or_default());
    let step = (SIZE.0 - LEFT - RIGHT) / n_periods.max(1) as f64;
    let room = SIZE.1 - TOP - BOTTOM;
    let mut parts = Vec::new();
    for period in 0..n_periods {
        let mut below = 0_u64;
        for (index, one) in series.iter().enumerate() {
            let count = one.counts.get(period).copied().unwrap_or_default();
            if count == 0 {
                continue;
            }
            below = below.saturating_add(count);
            let height = count as f64 / top as f64 * room;
            parts.push(Part {
                series: index,
                period,
                count,
                x: LEFT + step * period as f64 + step * 0.08,
                y: TOP + room - below as f64 / top as f64 * room,
                width: step * 0.84,
                height,
            });
        }
    }
    (parts, top)
}

/// The next round number: 1, 2 or 5 and zeros, at least 4, so that the axis has whole steps.
pub(super) fn nice(most: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for factor in [4, 8, 20] {
            let candidate = unit.saturating_mul(factor);
            if candidate >= most {
                return candidate;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

fn axis(svg: &mut Markup, top: u64) {
    let room = SIZE.1 - TOP - BOTTOM;
    for step in 0..=4_u64 {
        let y = TOP + room - room * step as f64 / 4.0;
        let (text, y_text) = (grouped(top / 4 * step), at(y + 4.0));
        let (from, to, y) = (at(LEFT), at(SIZE.0 - RIGHT), at(y));
        svg.empty(
            "line",
            &[("class", "grid"), ("x1", &from), ("x2", &to), ("y1", &y), ("y2", &y), ("stroke", "#d0d5dd")],
        );
        let x = at(LEFT - 6.0);
        svg.leaf("text", &[("x", &x), ("y", &y_text), ("text-anchor", "end"), ("font-size", "12")], &text);
    }
}

/// Names of some periods, evenly, the first one always.
fn names(svg: &mut Markup, periods: &[String]) {
    let step = (SIZE.0 - LEFT - RIGHT) / periods.len().max(1) as f64;
    let each = periods.len().div_ceil(NAMES_MAX).max(1);
    let y = at(SIZE.1 - BOTTOM + 18.0);
    for (index, period) in periods.iter().enumerate().step_by(each) {
        let x = at(LEFT + step * (index as f64 + 0.5));
        svg.leaf("text", &[("x", &x), ("y", &y), ("text-anchor", "middle"), ("font-size", "12")], period);
    }
}

/// What a part is called.
fn name(series: &Series, curve: &Curve) -> String {
    match (&series.classification, &curve.source) {
        (_, CurveSource::Cells { title, .. }) => title.clone(),
        (_, CurveSource::Records { .. }) if series.is_rest => say!("curve-rest"),
        (None, CurveSource::Records { .. }) => say!("curve-unclassified"),
        (Some(word), CurveSource::Records { .. }) => match word.as_str() {
            "CONFIRMED" => say!("curve-confirmed"),
            "PROBABLE" => say!("curve-probable"),
            "SUSPECT" => say!("curve-suspect"),
            "NOT_A_CASE_DISCARDED" => say!("curve-discarded"),
            _ => word.clone(),
        },
    }
}

fn legend(curve: &Curve) -> String {
    let mut html = Markup::default();
    html.open("ul", &[("class", "legend")]);
    for (index, series) in curve.series.iter().enumerate() {
        html.open("li", &[]).open("svg", &[("class", "key"), ("viewBox", "0 0 12 12"), ("aria-hidden", "true")]);
        html.empty("rect", &[("width", "12"), ("height", "12"), ("fill", colour(index))]).close("svg");
        html.leaf("bdi", &[], &shortened(&name(series, curve), NAME_LETTERS_MAX)).close("li");
    }
    html.close("ul");
    html.done()
}

fn twin(curve: &Curve, title: &str) -> Twin {
    let mut head = vec![say!("chart-period")];
    head.extend(curve.series.iter().map(|series| name(series, curve)));
    head.push(say!("chart-total"));
    let row = |(index, period): (usize, &String)| {
        let counts: Vec<u64> =
            curve.series.iter().map(|series| series.counts.get(index).copied().unwrap_or_default()).collect();
        let mut row = vec![period.clone()];
        row.extend(counts.iter().map(|n| grouped(*n)));
        row.push(grouped(counts.iter().fold(0, |sum, n| sum.saturating_add(*n))));
        row
    };
    let rows = curve.periods.iter().enumerate().map(row).collect();
    Twin { caption: title.to_owned(), head, rows, links: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    fn series(classification: Option<&str>, counts: &[u64]) -> Series {
        Series { classification: classification.map(str::to_owned), counts: counts.to_vec(), is_rest: false }
    }

    fn made(series: Vec<Series>) -> Curve {
        let n = series.first().map_or(0, |one| one.counts.len());
        let source = CurveSource::Records { n_by_reporting: 0, n_undated: 0, n_outside: 0 };
        Curve { source, periods: (1..=n).map(|week| format!("2026W{week}")).collect(), series }
    }

    #[test]
    fn a_curve_is_drawn() {
        let hostile = format!("<script>\u{202e}{}", "x".repeat(300));
        let drawn = curve(
            &made(vec![
                series(Some("CONFIRMED"), &[0, 3, 12]),
                series(Some(&hostile), &[1, 0, 2]),
                series(None, &[0, 0, 1]),
            ]),
            "Cases",
        );
        assert!(!drawn.contains("<script") && !drawn.contains("style="));
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn parts_stay_in_the_drawing_and_add_up_to_the_table() {
        let mut random = StdRng::seed_from_u64(6);
        for round in 0..300 {
            let (n_series, n_periods) = (random.random_range(0..9), random.random_range(0..27));
            let most = [1_u64, 9, 1_000, 1 << 40][round % 4];
            let all: Vec<Series> = (0..n_series)
                .map(|_| series(None, &(0..n_periods).map(|_| random.random_range(0..=most)).collect::<Vec<_>>()))
                .collect();
            let (found, top) = parts(&all, n_periods);
            for part in &found {
                for number in [part.x, part.y, part.width, part.height] {
                    assert!(number.is_finite() && number >= 0.0, "{part:?}");
                }
                assert!(part.x >= LEFT && part.x + part.width <= SIZE.0 - RIGHT + 1e-9, "{part:?}");
                assert!(part.y >= TOP - 1e-9 && part.y + part.height <= SIZE.1 - BOTTOM + 1e-9, "{part:?}");
            }
            let curve = made(all);
            let drawn: u64 = found.iter().map(|part| part.count).sum();
            assert_eq!(drawn, curve.total());
            let heights: f64 = found.iter().map(|part| part.height).sum();
            let expected = curve.total() as f64 / top as f64 * (SIZE.1 - TOP - BOTTOM);
            assert!((heights - expected).abs() < 1e-6 * expected.max(1.0));
            let rows = twin(&curve, "").rows;
            let told: u64 = rows.iter().map(|row| row.last().unwrap().replace(',', "").parse::<u64>().unwrap()).sum();
            assert_eq!(told, curve.total());
        }
    }

    #[test]
    fn the_axis_has_whole_steps() {
        assert_eq!([0, 1, 4, 5, 9, 21, 79, 2_001].map(nice), [4, 4, 4, 8, 20, 40, 80, 4_000]);
        assert!(nice(u64::MAX) >= 1);
    }
}
