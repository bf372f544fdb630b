//! Where the organisation units lie: districts that tile their province, provinces that tile the country, all on one wavy grid,
//! so that neighbours have the very same corners between them. Some districts are only a point, one is nowhere.

use super::places::{COUNTRY, N_DISTRICTS, N_PROVINCES};
use crate::random::Random;

/// Districts of which DHIS2 knows a point only.
const POINTS: [&str; 2] = ["SN010", "SN021"];
/// A district of which DHIS2 knows nothing.
const NOWHERE: &str = "SN030";

/// The north-western corner of the country: longitude and latitude.
const CORNER: (f64, f64) = (-17.0, 16.5);
/// Degrees of longitude of a province, and of latitude of a district.
const STEP: (f64, f64) = (1.1, 0.6);
/// Corners between two crossings of the grid.
const BETWEEN: usize = 3;

/// A crossing of the grid: its column from the west, its row from the north.
type Crossing = (usize, usize);

/// Longitude and latitude of a place's point, if it is one of the few that have one instead of a border.
pub(super) fn point(location_id: &str) -> Option<(f64, f64)> {
    let (column, row) = district(location_id).filter(|_| POINTS.contains(&location_id))?;
    let ((west, north), (east, south)) = (crossing((column, row)), crossing((column + 1, row + 1)));
    Some((rounded((west + east) / 2.0), rounded((north + south) / 2.0)))
}

/// The corners of a place's border, the first one last again; none of a place that has no border.
pub(super) fn border(location_id: &str) -> Vec<(f64, f64)> {
    if POINTS.contains(&location_id) || location_id == NOWHERE {
        return Vec::new();
    }
    let n_rows = |column: usize| (N_DISTRICTS - column).div_ceil(N_PROVINCES);
    let number = number(location_id);
    if location_id == COUNTRY {
        let mut turns = vec![(0, 0), (N_PROVINCES, 0)];
        // Down the east, then west along the bottoms of the provinces.
        for column in (0..N_PROVINCES).rev() {
            turns.extend([(column + 1, n_rows(column)), (column, n_rows(column))]);
        }
        return along(&turns);
    }
    match (number, district(location_id)) {
        (Some(province @ 1..=N_PROVINCES), _) => {
            let (column, rows) = (province - 1, n_rows(province - 1));
            along(&[(column, 0), (column + 1, 0), (column + 1, rows), (column, rows)])
        }
        (_, Some((column, row))) => {
            along(&[(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)])
        }
        _ => Vec::new(),
    }
}

fn number(location_id: &str) -> Option<usize> {
    location_id.strip_prefix("SN")?.parse().ok()
}

/// The crossing in the north-west of a district.
fn district(location_id: &str) -> Option<Crossing> {
    let at = number(location_id)?.checked_sub(1 + N_PROVINCES).filter(|at| *at < N_DISTRICTS)?;
    Some((at % N_PROVINCES, at / N_PROVINCES))
}

/// The closed way along the grid that turns at these crossings.
fn along(turns: &[Crossing]) -> Vec<(f64, f64)> {
    let mut way = Vec::new();
    for (from, to) in turns.iter().zip(turns.iter().cycle().skip(1)) {
        let mut at = *from;
        while at != *to {
            let next = (toward(at.0, to.0), toward(at.1, to.1));
            way.push(crossing(at));
            way.extend(between(at, next));
            at = next;
        }
    }
    way.extend(way.first().copied());
    way
}

fn toward(at: usize, to: usize) -> usize {
    match at.cmp(&to) {
        std::cmp::Ordering::Less => at + 1,
        std::cmp::Ordering::Equal => at,
        std::cmp::Ordering::Greater => at - 1,
    }
}

fn crossing((column, row): Crossing) -> (f64, f64) {
    let mut random = Random::of_text(&format!("crossing {column} {row}"));
    let (longitude, latitude) = (CORNER.0 + STEP.0 * column as f64, CORNER.1 - STEP.1 * row as f64);
    (rounded(longitude + wave(&mut random, 0.12)), rounded(latitude + wave(&mut random, 0.12)))
}

/// The corners between two neighbours, the same from both sides.
fn between(from: Crossing, to: Crossing) -> Vec<(f64, f64)> {
    let (first, last) = (from.min(to), from.max(to));
    let mut random = Random::of_text(&format!("between {first:?} {last:?}"));
    let ((x0, y0), (x1, y1)) = (crossing(first), crossing(last));
    let corner = |part: usize| {
        let share = part as f64 / (BETWEEN + 1) as f64;
        let (x, y) = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share);
        (rounded(x + wave(&mut random, 0.05)), rounded(y + wave(&mut random, 0.05)))
    };
    let mut corners: Vec<_> = (1..=BETWEEN).map(corner).collect();
    if first != from {
        corners.reverse();
    }
    corners
}

/// A number between minus and plus `most`.
fn wave(random: &mut Random, most: f64) -> f64 {
    random.between(-1000, 1000) as f64 / 1000.0 * most
}

/// As a survey has it: some ten metres.
fn rounded(degrees: f64) -> f64 {
    (degrees * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice the area of a ring.
    fn area(ring: &[(f64, f64)]) -> f64 {
        ring.windows(2).map(|two| two[0].0 * two[1].1 - two[1].0 * two[0].1).sum::<f64>().abs()
    }

    #[test]
    fn districts_tile_provinces_and_provinces_tile_the_country() {
        let of = |number: usize| area(&border(&format!("SN{number:03}")));
        let provinces: f64 = (1..=N_PROVINCES).map(of).sum();
        assert!((provinces - of(0)).abs() < 1e-6, "{provinces} {}", of(0));
        // The third province has all its districts but none that is a point or nowhere.
        let districts: f64 =
            (0..N_DISTRICTS).filter(|at| at % N_PROVINCES == 1).map(|at| of(1 + N_PROVINCES + at)).sum();
        assert!((districts - of(2)).abs() < 1e-6, "{districts} {}", of(2));
    }

    #[test]
    fn some_districts_are_a_point_and_one_is_nowhere() {
        assert!(point("SN010").is_some() && border("SN010").is_empty());
        assert!(point(NOWHERE).is_none() && border(NOWHERE).is_empty());
        assert!(point("SN011").is_none() && border("SN900").is_empty());
        let ring = border("SN011");
        assert_eq!(ring.first(), ring.last());
    }
}
