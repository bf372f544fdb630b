//! From the round earth to a flat picture: equirectangular, with a degree of longitude as wide as it is in the middle of what is
//! drawn. For a country that is as good as any other; for Greenland or Russia it is not.

use pipeline::gazetteer::{Corner, Outline};

/// Width of a drawing in its own units; its height follows.
const WIDTH: f64 = 1_000.0;
/// The most height for that width: a country as long as Chile is drawn narrower.
const HEIGHT_MAX: f64 = 1_200.0;
const HEIGHT_MIN: f64 = 200.0;
/// Room around, for points and borders.
const MARGIN: f64 = 12.0;
/// All the way around, in hundred-thousandths of a degree.
const AROUND: i64 = 36_000_000;

/// Where the corners of some outlines stand.
#[derive(Debug)]
pub(super) struct Projection {
    west: i64,
    north: i64,
    /// Whether what lies west of the antimeridian's other side is drawn beyond the east.
    is_shifted: bool,
    /// Width of a degree of longitude in degrees of latitude.
    shrink: f64,
    scale: f64,
    left: f64,
    size: (f64, f64),
}

impl Projection {
    /// The projection in which all of them have room; none if there are none.
    pub(super) fn of<'o>(outlines: impl Iterator<Item = &'o Outline>) -> Option<Self> {
        let corners: Vec<Corner> = outlines
            .flat_map(|outline| match outline {
                Outline::Point(corner) => vec![*corner],
                Outline::Rings(rings) => rings.concat(),
            })
            .collect();
        let extent = |is_shifted: bool| {
            let of = corners.iter().map(|corner| longitude(*corner, is_shifted));
            Some((of.clone().min()?, of.max()?))
        };
        let (plain, shifted) = (extent(false)?, extent(true)?);
        // A country on both sides of the antimeridian (Fiji) is narrower when its west is put beyond its east.
        let is_shifted = shifted.1 - shifted.0 < plain.1 - plain.0;
        let (west, east) = if is_shifted { shifted } else { plain };
        let latitudes = corners.iter().map(|corner| i64::from(corner[1]));
        let (south, north) = (latitudes.clone().min()?, latitudes.max()?);
        let middle = (south + north) as f64 / 2.0 / 100_000.0;
        // Near a pole everything would be a line.
        let shrink = middle.to_radians().cos().max(0.1);
        // A single point has no extent.
        let (wide, high) = (((east - west) as f64 * shrink).max(1.0), ((north - south) as f64).max(1.0));
        let scale = ((WIDTH - 2.0 * MARGIN) / wide).min((HEIGHT_MAX - 2.0 * MARGIN) / high);
        let height = (high * scale + 2.0 * MARGIN).clamp(HEIGHT_MIN, HEIGHT_MAX).ceil();
        let left = (WIDTH - wide * scale) / 2.0;
        Some(Self { west, north, is_shifted, shrink, scale, left, size: (WIDTH, height) })
    }

    /// Width and height of the drawing.
    pub(super) fn size(&self) -> (f64, f64) {
        self.size
    }

    /// Where a corner stands.
    pub(super) fn place(&self, corner: Corner) -> (f64, f64) {
        let east = (longitude(corner, self.is_shifted) - self.west) as f64;
        let south = (self.north - i64::from(corner[1])) as f64;
        (self.left + east * self.shrink * self.scale, MARGIN + south * self.scale)
    }
}

fn longitude(corner: Corner, is_shifted: bool) -> i64 {
    let longitude = i64::from(corner[0]);
    if is_shifted && longitude < 0 { longitude + AROUND } else { longitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_longitude_is_as_wide_as_it_is_there() {
        let square = |latitude: i32| {
            let (south, north) = (latitude - 50_000, latitude + 50_000);
            Outline::Rings(vec![vec![[0, south], [100_000, south], [100_000, north], [0, north]]])
        };
        let ratio = |latitude: i32| {
            let outline = square(latitude);
            let projection = Projection::of(std::iter::once(&outline)).unwrap();
            let ((x0, y0), (x1, y1)) =
                (projection.place([0, latitude + 50_000]), projection.place([100_000, latitude - 50_000]));
            (x1 - x0) / (y1 - y0)
        };
        assert!((ratio(0) - 1.0).abs() < 1e-9);
        assert!((ratio(6_000_000) - 0.5).abs() < 1e-9, "{}", ratio(6_000_000));
    }

    #[test]
    fn a_country_on_both_sides_of_the_antimeridian_is_one() {
        let west =
            Outline::Rings(vec![vec![[17_700_000, -1_800_000], [17_990_000, -1_800_000], [17_990_000, -1_700_000]]]);
        let east = Outline::Point([-17_900_000, -1_750_000]);
        let projection = Projection::of([&west, &east].into_iter()).unwrap();
        let ((x0, _), (x1, _)) =
            (projection.place([17_990_000, -1_800_000]), projection.place([-17_900_000, -1_750_000]));
        assert!(x1 > x0 && x1 - x0 < 400.0, "{x0} {x1}");
    }
}
