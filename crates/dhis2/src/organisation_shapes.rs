//! Where organisation units lie: what a map of them is drawn from.

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::uid::Uid;

/// What is asked for. A server that has no geometry for a unit leaves the field out.
const FIELDS: &str = "id,name,level,path,geometry";
/// Units in one request: a district drawn carefully has some 100 kB of corners, so an answer stays at a few megabytes.
const UNITS_PER_REQUEST: usize = 50;
/// Corners that are kept of all units together: ten times a country with carefully drawn districts. A corner takes 16 bytes.
const CORNERS_MAX: usize = 2_000_000;

/// A corner: longitude, then latitude, in degrees, as GeoJSON has it.
pub type LonLat = [f64; 2];

/// What an organisation unit covers.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A place without an extent: most facilities.
    Point(LonLat),
    /// The rings of its areas, borders and holes alike: what an odd number of rings goes around is inside.
    Areas(Vec<Vec<LonLat>>),
}

/// An organisation unit with its name and its shape.
#[derive(Debug, Clone, PartialEq)]
pub struct OrgUnitShape {
    /// The uid.
    pub id: Uid,
    /// The name.
    pub name: String,
    /// The depth in the hierarchy; 1 is the root.
    pub level: u32,
    /// The uids from the root of the hierarchy.
    pub path: String,
    /// Its shape; none: it has none, or none that can be drawn.
    pub shape: Option<Shape>,
}

/// Organisation units with their shapes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrgUnitShapes {
    /// The units, in the order in which they were asked for as far as the server keeps to it.
    pub units: Vec<OrgUnitShape>,
    /// Corners that lie nowhere on earth, and were left out.
    pub n_corners_dropped: u64,
    /// Units whose shape was left out because it, or all together, had too many corners.
    pub n_too_large: u64,
}

impl Client {
    /// The shapes of some organisation units, fifty to a request. A unit that does not exist, or that the account may not see,
    /// is missing. A geometry that is neither a point nor an area is none.
    ///
    /// # Errors
    /// The usual ones. An answer that is too large is no error: it is asked for in halves, and a unit that is too large by
    /// itself is given without its shape.
    pub async fn org_unit_shapes(&self, units: &[Uid]) -> Result<OrgUnitShapes, Error> {
        let mut found = OrgUnitShapes::default();
        let mut room = CORNERS_MAX;
        let mut open: Vec<&[Uid]> = units.chunks(UNITS_PER_REQUEST).rev().collect();
        while let Some(some) = open.pop() {
            match self.shapes_of(some, FIELDS).await {
                Ok(listed) => listed.into_iter().for_each(|one| found.take(one, &mut room)),
                Err(error) if !matches!(error.kind(), ErrorKind::TooLarge { .. }) => return Err(error),
                Err(_) if some.len() > 1 => {
                    let (first, second) = some.split_at(some.len() / 2);
                    open.extend([second, first]);
                }
                Err(_) => {
                    found.n_too_large += 1;
                    let named = self.shapes_of(some, "id,name,level,path").await?;
                    named.into_iter().for_each(|one| found.take(one, &mut room));
                }
            }
        }
        Ok(found)
    }

    async fn shapes_of(&self, units: &[Uid], fields: &str) -> Result<Vec<Listed>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            organisation_units: Vec<Listed>,
        }
        let ids: Vec<&str> = units.iter().map(Uid::as_str).collect();
        let parameters = [
            ("filter", format!("id:in:[{}]", ids.join(","))),
            ("fields", fields.to_owned()),
            ("paging", "false".to_owned()),
        ];
        let page: Page = self.transport.get_json(&["organisationUnits"], &parameters).await?;
        Ok(page.organisation_units)
    }
}

impl OrgUnitShapes {
    fn take(&mut self, one: Listed, room: &mut usize) {
        let mut shape = one.geometry.and_then(|geometry| geometry.shape(&mut self.n_corners_dropped));
        let n = match &shape {
            None => 0,
            Some(Shape::Point(_)) => 1,
            Some(Shape::Areas(rings)) => rings.iter().map(Vec::len).sum(),
        };
        match room.checked_sub(n) {
            Some(left) => *room = left,
            None => {
                shape = None;
                self.n_too_large += 1;
            }
        }
        self.units.push(OrgUnitShape { id: one.id, name: one.name, level: one.level, path: one.path, shape });
    }
}

#[derive(Deserialize)]
struct Listed {
    id: Uid,
    #[serde(default)]
    name: String,
    #[serde(default)]
    level: u32,
    #[serde(default)]
    path: String,
    #[serde(default)]
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(default)]
    coordinates: Nested,
}

impl Geometry {
    fn shape(self, n_dropped: &mut u64) -> Option<Shape> {
        let mut on_earth = |corner: &LonLat| {
            let is = corner[0].abs() <= 180.0 && corner[1].abs() <= 90.0;
            *n_dropped += u64::from(!is);
            is
        };
        match self.coordinates {
            Nested::Corner(corner) => on_earth(&corner).then_some(Shape::Point(corner)),
            Nested::Rings(mut rings) => {
                rings.iter_mut().for_each(|ring| ring.retain(&mut on_earth));
                rings.retain(|ring| ring.len() >= 3);
                (!rings.is_empty()).then_some(Shape::Areas(rings))
            }
            // A line, or several points.
            Nested::Ring(_) | Nested::Number(_) | Nested::Nothing => None,
        }
    }
}

/// GeoJSON's coordinates, which say what they are by their depth alone.
#[derive(Debug, Default)]
enum Nested {
    #[default]
    Nothing,
    Number(f64),
    Corner(LonLat),
    Ring(Vec<LonLat>),
    /// Of a polygon or of several: a border or a hole each.
    Rings(Vec<Vec<LonLat>>),
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor)
    }
}

struct NestedVisitor;

impl<'de> Visitor<'de> for NestedVisitor {
    type Value = Nested;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_unit<E>(self) -> Result<Nested, E> {
        Ok(Nested::Nothing)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Nested, E> {
        Ok(Nested::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Nested, E> {
        Ok(Nested::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Nested, E> {
        Ok(Nested::Number(value as f64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nested, A::Error> {
        let (mut numbers, mut ring, mut rings) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(one) = seq.next_element::<Nested>()? {
            match one {
                Nested::Nothing => {}
                // A third one is the height.
                Nested::Number(number) if numbers.len() < 2 => numbers.push(number),
                Nested::Number(_) => {}
                Nested::Corner(corner) => ring.push(corner),
                Nested::Ring(one) => rings.push(one),
                Nested::Rings(some) => rings.extend(some),
            }
        }
        Ok(match numbers[..] {
            [longitude, latitude] => Nested::Corner([longitude, latitude]),
            _ if !rings.is_empty() => Nested::Rings(rings),
            _ if !ring.is_empty() => Nested::Ring(ring),
            _ => Nested::Nothing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> (Option<Shape>, u64) {
        let geometry: Geometry = serde_json::from_str(json).unwrap();
        let mut n_dropped = 0;
        (geometry.shape(&mut n_dropped), n_dropped)
    }

    #[test]
    fn points_polygons_and_several_polygons_are_read() {
        assert_eq!(shape(r#"{"type":"Point","coordinates":[-11.5,8,120]}"#), (Some(Shape::Point([-11.5, 8.0])), 0));
        let (polygon, _) = shape(r#"{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4]],[[1,1],[2,1],[2,2]]]}"#);
        let Some(Shape::Areas(rings)) = polygon else { panic!("{polygon:?}") };
        assert_eq!(rings.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
        let (several, _) =
            shape(r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4]]],[[[5,5],[6,5],[6,6]]]]}"#);
        assert_eq!(
            several,
            Some(Shape::Areas(vec![
                vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]],
                vec![[5.0, 5.0], [6.0, 5.0], [6.0, 6.0]]
            ]))
        );
    }

    #[test]
    fn what_is_no_point_and_no_area_has_no_shape() {
        for none in [
            r#"{"type":"LineString","coordinates":[[0,0],[1,1],[2,2]]}"#,
            r#"{"type":"Point","coordinates":null}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}"#,
            r#"{"type":"GeometryCollection","geometries":[]}"#,
        ] {
            assert_eq!(shape(none), (None, 0), "{none}");
        }
    }

    #[test]
    fn corners_that_lie_nowhere_on_earth_are_dropped_and_counted() {
        let (area, n) = shape(r#"{"type":"Polygon","coordinates":[[[0,0],[200,0],[4,-91],[4,4],[4,0]]]}"#);
        assert_eq!((area, n), (Some(Shape::Areas(vec![vec![[0.0, 0.0], [4.0, 4.0], [4.0, 0.0]]])), 2));
        assert_eq!(shape(r#"{"type":"Point","coordinates":[8000000,900000]}"#), (None, 1));
    }
}
