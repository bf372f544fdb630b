//! Fewer corners: a survey draws a river bank to the metre, and a screen has a thousand dots.
//!
//! All shapes are put on one grid, and what falls on the same place of it is one corner. Neighbours have the same corners along
//! their border before, so they have the same ones after: no gap opens between them, as it does where each is thinned by itself.

use super::Outline;
use dhis2::{LonLat, Shape};
use std::collections::BTreeMap;

/// Corners of all outlines together: at some eight bytes in a drawing, a hundred kilobytes before it is packed.
const CORNERS_MAX: usize = 12_000;
/// Places of the finest grid along the longer side of what is drawn: the dots of a wide screen.
const PLACES_MAX: f64 = 1_000.0;
/// Places of the coarsest grid. More corners than that a drawing cannot do without.
const PLACES_MIN: f64 = 60.0;

/// A corner: longitude and latitude in hundred-thousandths of a degree, some metre.
pub type Corner = [i32; 2];

/// Hundred-thousandths in a degree.
const PER_DEGREE: f64 = 100_000.0;

/// The outlines of some shapes, on the finest grid that is coarse enough.
pub(super) fn outlines(shapes: &BTreeMap<String, Shape>) -> BTreeMap<String, Outline> {
    let Some(extent) = extent(shapes) else { return BTreeMap::new() };
    let mut places = PLACES_MAX;
    loop {
        let step = extent / places;
        let thinned = shapes.iter().filter_map(|(uid, shape)| Some((uid.clone(), outline(shape, step)?)));
        let found: BTreeMap<String, Outline> = thinned.collect();
        if found.values().map(n_corners).sum::<usize>() <= CORNERS_MAX || places <= PLACES_MIN {
            return found;
        }
        places *= 0.8;
    }
}

fn n_corners(outline: &Outline) -> usize {
    match outline {
        Outline::Point(_) => 1,
        Outline::Rings(rings) => rings.iter().map(Vec::len).sum(),
    }
}

/// Degrees along the longer side of everything.
fn extent(shapes: &BTreeMap<String, Shape>) -> Option<f64> {
    let corners = shapes.values().flat_map(|shape| -> Box<dyn Iterator<Item = &LonLat>> {
        match shape {
            Shape::Point(point) => Box::new(std::iter::once(point)),
            Shape::Areas(rings) => Box::new(rings.iter().flatten()),
        }
    });
    let mut sides: Option<[f64; 4]> = None;
    for [x, y] in corners {
        let [west, east, south, north] = sides.unwrap_or([*x, *x, *y, *y]);
        sides = Some([west.min(*x), east.max(*x), south.min(*y), north.max(*y)]);
    }
    // A single point has none; a metre is as good as any.
    sides.map(|[west, east, south, north]| (east - west).max(north - south).max(1e-5))
}

fn outline(shape: &Shape, step: f64) -> Option<Outline> {
    match shape {
        Shape::Point(point) => Some(Outline::Point(point.map(|degrees| (degrees * PER_DEGREE).round() as i32))),
        Shape::Areas(rings) => {
            let mut thinned: Vec<Vec<Corner>> = rings.iter().map(|ring| thin(ring, step)).collect();
            // An island smaller than a dot; the largest ring stays even so, or a unit would be lost.
            if thinned.iter().any(|ring| ring.len() >= 3) {
                thinned.retain(|ring| ring.len() >= 3);
                return Some(Outline::Rings(thinned));
            }
            let largest = thinned.into_iter().max_by_key(Vec::len)?;
            largest.first().map(|corner| Outline::Point(*corner))
        }
    }
}

/// A ring on the grid, without corners that stand twice in a row or lie on the line between their neighbours, and without the
/// first one again at the end.
fn thin(ring: &[LonLat], step: f64) -> Vec<Corner> {
    let on_grid = |degrees: f64| (degrees / step).round();
    let mut corners: Vec<[f64; 2]> = Vec::new();
    for corner in ring.iter().map(|corner| corner.map(on_grid)) {
        if corners.last() == Some(&corner) {
            continue;
        }
        corners.push(corner);
        while let [.., a, b, c] = corners[..]
            && is_straight(a, b, c)
        {
            corners.pop();
            corners.pop();
            if a != c {
                corners.push(c);
            }
        }
    }
    while corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners.into_iter().map(|corner| corner.map(|places| (places * step * PER_DEGREE).round() as i32)).collect()
}

/// Whether the middle one of three lies on the line of the others.
fn is_straight(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> bool {
    (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A square with a wavy border: many corners, and the same along a side from both sides.
    fn square(x: f64, y: f64, per_side: usize) -> Shape {
        let wave = |at: f64| (at * 40.0).sin() * 0.01;
        let part = |i: usize| i as f64 / per_side as f64;
        let mut ring: Vec<LonLat> = Vec::new();
        ring.extend((0..per_side).map(|i| [x + part(i), y + wave(x + part(i))]));
        ring.extend((0..per_side).map(|i| [x + 1.0 + wave(y + part(i)), y + part(i)]));
        ring.extend((0..per_side).rev().map(|i| [x + part(i + 1), y + 1.0 + wave(x + part(i + 1))]));
        ring.extend((0..per_side).rev().map(|i| [x + wave(y + part(i + 1)), y + part(i + 1)]));
        ring.push(ring[0]);
        Shape::Areas(vec![ring])
    }

    fn country(side: usize, per_side: usize) -> BTreeMap<String, Shape> {
        let units = (0..side).flat_map(|x| (0..side).map(move |y| (x, y)));
        units.map(|(x, y)| (format!("{x:02}/{y:02}"), square(x as f64, y as f64, per_side))).collect()
    }

    #[test]
    fn three_hundred_units_have_no_more_corners_than_a_drawing_takes() {
        let found = outlines(&country(18, 400));
        assert_eq!(found.len(), 324);
        let n: usize = found.values().map(n_corners).sum();
        assert!((1_000..=CORNERS_MAX).contains(&n), "{n}");
    }

    #[test]
    fn neighbours_keep_the_same_border() {
        let found = outlines(&country(2, 200));
        let corners = |uid: &str| -> BTreeSet<Corner> {
            let Outline::Rings(rings) = &found[uid] else { panic!("{uid} is a point") };
            rings.iter().flatten().copied().collect()
        };
        let (west, east) = (corners("00/00"), corners("01/00"));
        let border = |all: &BTreeSet<Corner>| -> BTreeSet<Corner> {
            // Within the wave around the border, and away from its ends, where the lines of others begin.
            all.iter().filter(|c| (c[0] - 100_000).abs() < 2_000 && (5_000..95_000).contains(&c[1])).copied().collect()
        };
        assert!(border(&west).len() > 10);
        assert_eq!(border(&west), border(&east));
    }

    #[test]
    fn what_is_smaller_than_a_dot_is_a_point_beside_the_country() {
        let mut shapes = country(2, 10);
        let tiny = vec![vec![[0.5, 0.5], [0.500_01, 0.5], [0.500_01, 0.500_01]]];
        shapes.insert("tiny".to_owned(), Shape::Areas(tiny));
        shapes.insert("point".to_owned(), Shape::Point([0.25, 0.75]));
        let found = outlines(&shapes);
        assert!(matches!(found["tiny"], Outline::Point(_)));
        assert_eq!(found["point"], Outline::Point([25_000, 75_000]));
        assert!(outlines(&BTreeMap::new()).is_empty());
    }
}
