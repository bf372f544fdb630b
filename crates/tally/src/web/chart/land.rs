//! A map: organisation units where they lie, coloured by a value. Nothing is fetched from anywhere for it.

mod projection;
mod scale;

use super::draw::{Markup, NAME_LETTERS_MAX, at, begin, shortened};
use super::figure;
use super::twin::Twin;
use crate::language::say;
use pipeline::gazetteer::{Gazetteer, Outline, Unit};
use projection::Projection;
use rust_decimal::Decimal;
use scale::{COLOURS, Scale, ZERO};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Radius of a unit that is only a point.
const RADIUS: f64 = 9.0;
const BORDER: &str = "#475467";
/// Organisation units in a table; more are read by nobody, and the heat map has all.
const ROWS_MAX: usize = 2_000;

/// What a map shows.
pub(in crate::web) struct Land<'l> {
    /// Names and shapes.
    pub(in crate::web) gazetteer: &'l Gazetteer,
    /// The value of each unit that has one, by UID.
    pub(in crate::web) values: &'l BTreeMap<String, Decimal>,
    /// What is shown.
    pub(in crate::web) title: String,
    /// Where a unit leads; its UID is put behind.
    pub(in crate::web) link: String,
}

/// A map as SVG with its legend and its table; only the table if no unit has a shape.
pub(in crate::web) fn map(land: &Land<'_>) -> String {
    let mut html = Markup::default();
    if let Some(svg) = drawing(land) {
        html.markup(&svg).markup(&legend(&Scale::of(land.values.values())));
    }
    html.markup(&twin(land).html());
    html.done()
}

fn drawing(land: &Land<'_>) -> Option<String> {
    let units = &land.gazetteer.units;
    let projection = Projection::of(units.values().filter_map(|unit| unit.outline.as_ref()))?;
    let scale = Scale::of(land.values.values());
    let n_drawn = units.values().filter(|unit| unit.outline.is_some()).count();
    let with_value = land.values.keys().filter(|uid| units.contains_key(*uid)).count();
    let description = say!("map-described", n = with_value as u64, units = n_drawn as u64);
    let mut svg = begin("map", projection.size(), "chart map", &land.title, &description);
    hatching(&mut svg);
    let above = with_children(units);
    // The largest first, so that what lies within it stands on it.
    let mut order: Vec<(&String, &Unit)> = units.iter().filter(|(_, unit)| unit.outline.is_some()).collect();
    let is_point = |unit: &Unit| matches!(unit.outline, Some(Outline::Point(_)));
    order.sort_by_key(|(uid, unit)| (is_point(unit), unit.level, (*uid).clone()));
    for (uid, unit) in order {
        let value = land.values.get(uid);
        let fill = match value {
            Some(value) => scale.colour(*value),
            // What is below says it all.
            None if above.contains(uid.as_str()) => "none",
            None => "url(#no-data)",
        };
        let name = shortened(land.gazetteer.unit(uid), NAME_LETTERS_MAX);
        let hint = match value {
            Some(value) => say!("map-unit", name = name, value = figure(*value)),
            None => say!("map-unit-without", name = name),
        };
        // No link in a picture: to those who cannot see it, it is one thing. The table has them.
        shape(&mut svg, unit.outline.as_ref()?, &projection, fill, &hint);
    }
    svg.close("svg");
    Some(svg.done())
}

fn shape(svg: &mut Markup, outline: &Outline, projection: &Projection, fill: &str, hint: &str) {
    let drawn = [("fill", fill), ("stroke", BORDER), ("stroke-width", "1")];
    match outline {
        Outline::Point(corner) => {
            let (x, y) = projection.place(*corner);
            let (x, y, radius) = (at(x), at(y), at(RADIUS));
            let attributes = [("cx", &*x), ("cy", &y), ("r", &radius)].into_iter().chain(drawn);
            svg.open("circle", &attributes.collect::<Vec<_>>()).leaf("title", &[], hint).close("circle");
        }
        Outline::Rings(rings) => {
            let way = way(rings, projection);
            let attributes = [("d", &*way), ("fill-rule", "evenodd")].into_iter().chain(drawn);
            svg.open("path", &attributes.collect::<Vec<_>>()).leaf("title", &[], hint).close("path");
        }
    }
}

/// The rings as the data of a path: whole numbers, each corner from the one before it, which is short.
fn way(rings: &[Vec<[i32; 2]>], projection: &Projection) -> String {
    let mut way = String::new();
    for ring in rings {
        let mut before: Option<(i64, i64)> = None;
        for corner in ring {
            let (x, y) = projection.place(*corner);
            let (x, y) = (x.round() as i64, y.round() as i64);
            // Writing to a text cannot fail.
            let _ = match before {
                None => write!(way, "M{x},{y}l"),
                Some((from_x, from_y)) if (from_x, from_y) == (x, y) => Ok(()),
                Some((from_x, from_y)) => write!(way, "{},{} ", x - from_x, y - from_y),
            };
            before = Some((x, y));
        }
        let trimmed = way.trim_end_matches([' ', 'l']).len();
        way.truncate(trimmed);
        way.push('z');
    }
    way
}

/// Units of which another one that has a shape lies below.
fn with_children(units: &BTreeMap<String, Unit>) -> BTreeSet<&str> {
    let drawn = units.iter().filter(|(_, unit)| unit.outline.is_some());
    drawn.flat_map(|(uid, unit)| unit.path.split('/').filter(move |above| !above.is_empty() && above != uid)).collect()
}

/// Lines for what has no value: no colour stands for nothing.
fn hatching(svg: &mut Markup) {
    let pattern = [("id", "no-data"), ("width", "8"), ("height", "8"), ("patternUnits", "userSpaceOnUse")];
    svg.open("defs", &[]).open("pattern", &pattern);
    svg.empty("rect", &[("width", "8"), ("height", "8"), ("fill", "#ffffff")]);
    svg.empty("path", &[("d", "M0,8L8,0"), ("stroke", "#98a2b3"), ("stroke-width", "1.5")]);
    svg.close("pattern").close("defs");
}

fn legend(scale: &Scale) -> String {
    let mut html = Markup::default();
    html.open("ul", &[("class", "legend")]);
    let mut key = |fill: &str, text: &str| {
        html.open("li", &[]).open("svg", &[("class", "key"), ("viewBox", "0 0 12 12"), ("aria-hidden", "true")]);
        let attributes =
            [("x", "0.5"), ("y", "0.5"), ("width", "11"), ("height", "11"), ("fill", fill), ("stroke", BORDER)];
        html.empty("rect", &attributes).close("svg").text(text).close("li");
    };
    key(ZERO, &figure(Decimal::ZERO));
    for (colour, (from, to)) in COLOURS.iter().zip(scale.classes()) {
        match from == to {
            true => key(colour, &figure(from)),
            false => key(colour, &say!("map-range", from = figure(from), to = figure(to))),
        }
    }
    if scale.has_negative() {
        key(scale::NEGATIVE, &say!("map-below-zero"));
    }
    html.open("li", &[]).leaf("span", &[("class", "key hatched"), ("aria-hidden", "true")], "");
    html.text(&say!("map-no-value")).close("li").close("ul");
    html.done()
}

/// The units by name, with their values.
fn twin(land: &Land<'_>) -> Twin {
    let uids: BTreeSet<&String> = land.gazetteer.units.keys().chain(land.values.keys()).collect();
    let mut rows: Vec<(Vec<String>, Option<String>)> = uids
        .into_iter()
        .map(|uid| {
            let value = land.values.get(uid);
            let text = value.copied().map_or_else(|| "\u{2013}".to_owned(), figure);
            (vec![land.gazetteer.unit(uid).to_owned(), text], value.map(|_| format!("{}{uid}", land.link)))
        })
        .collect();
    rows.sort();
    rows.truncate(ROWS_MAX);
    let (rows, links) = rows.into_iter().unzip();
    Twin { caption: land.title.clone(), head: vec![say!("heat-unit"), say!("map-value")], rows, links }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    fn unit(name: &str, level: u32, path: &str, outline: Option<Outline>) -> Unit {
        Unit { name: name.to_owned(), level, path: path.to_owned(), outline }
    }

    fn square(west: i32, south: i32, side: i32) -> Outline {
        let (east, north) = (west + side, south + side);
        Outline::Rings(vec![vec![[west, south], [east, south], [east, north], [west, north]]])
    }

    fn gazetteer(units: Vec<(&str, Unit)>) -> Gazetteer {
        Gazetteer {
            read_at: Timestamp::UNIX_EPOCH,
            url: "https://dhis2.example.org/".to_owned(),
            units: units.into_iter().map(|(uid, unit)| (uid.to_owned(), unit)).collect(),
            data_elements: BTreeMap::new(),
            combos: BTreeMap::new(),
            n_corners_dropped: 0,
            n_too_large: 0,
        }
    }

    fn values(values: &[(&str, i64)]) -> BTreeMap<String, Decimal> {
        values.iter().map(|(uid, value)| ((*uid).to_owned(), Decimal::from(*value))).collect()
    }

    fn draw(gazetteer: &Gazetteer, values: &BTreeMap<String, Decimal>) -> String {
        map(&Land { gazetteer, values, title: "New cases".to_owned(), link: "/cell?org_unit=".to_owned() })
    }

    #[test]
    fn a_map_is_drawn() {
        let hostile = format!("<script>\u{202e}{}", "x".repeat(300));
        let gazetteer = gazetteer(vec![
            ("country", unit("Sandland", 1, "/country", Some(square(0, 0, 200_000)))),
            ("east", unit("East", 2, "/country/east", Some(square(100_000, 0, 100_000)))),
            ("west", unit(&hostile, 2, "/country/west", Some(square(0, 0, 100_000)))),
            ("post", unit("Post", 3, "/country/east/post", Some(Outline::Point([150_000, 150_000])))),
            ("nowhere", unit("Nowhere", 2, "/country/nowhere", None)),
        ]);
        let drawn = draw(&gazetteer, &values(&[("east", 12_345), ("west", 0), ("nowhere", 7), ("former", 3)]));
        assert!(!drawn.contains("<script") && !drawn.contains("style="));
        assert!(drawn.contains(&"x".repeat(300)), "the whole name is in the table");
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn without_shapes_there_is_a_table() {
        let drawn = draw(&gazetteer(vec![("east", unit("East", 2, "/east", None))]), &values(&[("east", 4)]));
        assert!(!drawn.contains("<svg") && drawn.contains(">4<"), "{drawn}");
        assert!(draw(&gazetteer(vec![]), &values(&[])).contains("<table>"));
    }

    /// Every number of a path's data, summed up from corner to corner.
    fn corners(way: &str) -> Vec<(i64, i64)> {
        let mut corners = Vec::new();
        for ring in way.split('z').filter(|ring| !ring.is_empty()) {
            let (mut x, mut y) = (0, 0);
            for pair in ring.split(['M', 'l', ' ']).filter(|pair| !pair.is_empty()) {
                let (dx, dy) = pair.split_once(',').unwrap();
                x += dx.parse::<i64>().unwrap();
                y += dy.parse::<i64>().unwrap();
                corners.push((x, y));
            }
        }
        corners
    }

    #[test]
    fn no_corner_leaves_the_drawing_wherever_it_lies_on_earth() {
        let mut random = StdRng::seed_from_u64(8);
        for round in 0..300 {
            let reach = [100, 100_000, 9_000_000][round % 3];
            let (x, y) = (random.random_range(-18_000_000..=18_000_000), random.random_range(-9_000_000..=9_000_000));
            let mut corner = || {
                let x: i32 = x + random.random_range(-reach..=reach);
                // Around the back of the earth.
                let x = (x + 18_000_000).rem_euclid(36_000_000) - 18_000_000;
                [x, (y + random.random_range(-reach..=reach)).clamp(-9_000_000, 9_000_000)]
            };
            let outlines = [
                Outline::Rings(vec![(0..9).map(|_| corner()).collect(), (0..3).map(|_| corner()).collect()]),
                Outline::Point(corner()),
            ];
            let projection = Projection::of(outlines.iter()).unwrap();
            let (width, height) = projection.size();
            assert!(width.is_finite() && height.is_finite() && height > 0.0);
            let Outline::Rings(rings) = &outlines[0] else { unreachable!() };
            let found = corners(&way(rings, &projection));
            assert!(found.len() <= 12);
            for (x, y) in found {
                assert!((0..=width as i64).contains(&x) && (0..=height.ceil() as i64).contains(&y), "{x} {y} {height}");
            }
        }
    }

    #[test]
    fn three_hundred_units_make_a_page_that_a_poor_line_carries() {
        let corner = |ring: usize, at: usize| {
            let turn = at as f64 / 40.0 * std::f64::consts::TAU;
            let (x, y) = ((ring % 18) as f64 * 20_000.0, (ring / 18) as f64 * 20_000.0);
            [(x + turn.cos() * 9_900.0) as i32, (y + turn.sin() * 9_900.0) as i32]
        };
        let units: Vec<(String, Unit)> = (0..300)
            .map(|ring| {
                let outline = Outline::Rings(vec![(0..40).map(|at| corner(ring, at)).collect()]);
                (format!("OuPlace{ring:04}"), unit(&format!("District number {ring}"), 2, "/c/x", Some(outline)))
            })
            .collect();
        let numbers = units.iter().enumerate().map(|(n, (uid, _))| (uid.clone(), Decimal::from(n))).collect();
        let gazetteer = gazetteer(units.iter().map(|(uid, unit)| (uid.as_str(), unit.clone())).collect());
        let drawn = draw(&gazetteer, &numbers);
        assert!(drawn.len() < 150_000, "{}", drawn.len());
    }
}
