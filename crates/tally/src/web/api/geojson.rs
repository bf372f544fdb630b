//! Organisation units as features of GeoJSON (RFC 7946), with the outlines of the dashboard's map: as many corners as a drawing
//! needs.

use super::reports::decimal;
use pipeline::gazetteer::{Corner, Outline, Unit};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// Hundred-thousandths in a degree: what the corners of an outline are counted in.
const PER_DEGREE: f64 = 100_000.0;

/// Longitude and latitude in degrees.
type Position = [f64; 2];

/// An organisation unit on the map.
#[derive(Serialize, JsonSchema)]
pub(super) struct Feature {
    /// `Feature`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// UID of the organisation unit.
    id: String,
    /// What is known of it.
    properties: Properties,
    /// Where it lies; none: DHIS2 does not say.
    geometry: Option<Geometry>,
}

/// What is known of an organisation unit.
#[derive(Serialize, JsonSchema)]
pub(super) struct Properties {
    /// Its name; its UID if that is not known.
    name: String,
    /// Depth in the hierarchy; 1 is the root.
    level: Option<u32>,
    /// The total over all disaggregations, as a decimal number in text; none: there is no value.
    value: Option<String>,
}

/// Where something lies.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", content = "coordinates")]
pub(super) enum Geometry {
    /// A place without an extent.
    Point(Position),
    /// Each polygon is a border and the borders of its holes.
    MultiPolygon(Vec<Vec<Vec<Position>>>),
}

/// What a feature is made of.
#[derive(Default)]
pub(super) struct Place<'p> {
    pub(super) unit: Option<&'p Unit>,
    pub(super) value: Option<Decimal>,
}

impl Place<'_> {
    /// The feature of an organisation unit.
    pub(super) fn feature(&self, uid: &str, name: String) -> Feature {
        let outline = self.unit.and_then(|unit| unit.outline.as_ref());
        Feature {
            kind: "Feature",
            id: uid.to_owned(),
            properties: Properties { name, level: self.unit.map(|unit| unit.level), value: self.value.map(decimal) },
            geometry: outline.and_then(geometry),
        }
    }
}

fn geometry(outline: &Outline) -> Option<Geometry> {
    match outline {
        Outline::Point(corner) => Some(Geometry::Point(position(*corner))),
        Outline::Rings(rings) => Some(polygons(rings)).filter(|all| !all.is_empty()).map(Geometry::MultiPolygon),
    }
}

fn position([longitude, latitude]: Corner) -> Position {
    [f64::from(longitude) / PER_DEGREE, f64::from(latitude) / PER_DEGREE]
}

/// What lies within an odd number of rings is inside: a ring around which an odd number of others goes is a hole of the smallest
/// of them.
fn polygons(rings: &[Vec<Corner>]) -> Vec<Vec<Vec<Position>>> {
    // What is no area is no ring of GeoJSON.
    let rings: Vec<&Vec<Corner>> = rings.iter().filter(|ring| ring.len() >= 3 && twice_area(ring) != 0).collect();
    let around = |inner: usize| -> Vec<usize> {
        let is_around = |outer: &usize| {
            *outer != inner
                && twice_area(rings[*outer]).abs() > twice_area(rings[inner]).abs()
                && contains(rings[*outer], rings[inner][0])
        };
        (0..rings.len()).filter(is_around).collect()
    };
    let mut found: Vec<(usize, Vec<Vec<Position>>)> = Vec::new();
    let mut holes = Vec::new();
    for (index, ring) in rings.iter().enumerate() {
        let around = around(index);
        if around.len() % 2 == 0 {
            found.push((index, vec![closed(ring, true)]));
        } else if let Some(smallest) = around.into_iter().min_by_key(|outer| twice_area(rings[*outer]).abs()) {
            holes.push((smallest, closed(ring, false)));
        }
    }
    for (border, hole) in holes {
        if let Some((_, polygon)) = found.iter_mut().find(|(index, _)| *index == border) {
            polygon.push(hole);
        }
    }
    found.into_iter().map(|(_, polygon)| polygon).collect()
}

/// Twice the area of a ring; negative if it goes clockwise.
fn twice_area(ring: &[Corner]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| i128::from(a[0]) * i128::from(b[1]) - i128::from(b[0]) * i128::from(a[1])).sum()
}

/// Whether a corner lies within a ring: a line from it to the east crosses the ring an odd number of times.
fn contains(ring: &[Corner], [x, y]: Corner) -> bool {
    let (x, y) = (i128::from(x), i128::from(y));
    let next = ring.iter().cycle().skip(1);
    let crossings = ring.iter().zip(next).filter(|(a, b)| {
        let (ax, ay, bx, by) = (i128::from(a[0]), i128::from(a[1]), i128::from(b[0]), i128::from(b[1]));
        // x < ax + (y - ay) (bx - ax) / (by - ay), without a division.
        (ay > y) != (by > y) && ((x - ax) * (by - ay) < (y - ay) * (bx - ax)) == (by > ay)
    });
    crossings.count() % 2 == 1
}

/// A ring as RFC 7946 has it: it ends where it begins; a border goes against the clock, a hole with it.
fn closed(ring: &[Corner], is_border: bool) -> Vec<Position> {
    let mut corners: Vec<Corner> = ring.to_vec();
    if corners.first() == corners.last() {
        corners.pop();
    }
    if (twice_area(&corners) > 0) != is_border {
        corners.reverse();
    }
    corners.extend(corners.first().copied());
    corners.into_iter().map(position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(at: i32, side: i32) -> Vec<Corner> {
        vec![[at, at], [at, at + side], [at + side, at + side], [at + side, at]]
    }

    fn area(ring: &[Position]) -> f64 {
        ring.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum::<f64>() / 2.0
    }

    #[test]
    fn holes_belong_to_what_is_around_them() {
        // A square with a hole, an island in the hole, and another square beside.
        let rings =
            [square(0, 900_000), square(300_000, 300_000), square(400_000, 100_000), square(2_000_000, 100_000)];
        let found = polygons(&rings);
        let shape: Vec<Vec<f64>> =
            found.iter().map(|polygon| polygon.iter().map(|ring| area(ring).round()).collect()).collect();
        // Borders go against the clock and count more than nothing, holes with it.
        assert_eq!(shape, [vec![81.0, -9.0], vec![1.0], vec![1.0]]);
        assert!(found.iter().flatten().all(|ring| ring.first() == ring.last() && ring.len() == 5));
    }

    #[test]
    fn what_is_no_area_is_left_out() {
        assert_eq!(geometry(&Outline::Rings(vec![vec![[0, 0], [1, 1]], vec![[0, 0], [1, 1], [2, 2]]])), None);
        assert_eq!(geometry(&Outline::Point([-1_180_000, 850_000])), Some(Geometry::Point([-11.8, 8.5])));
    }
}
