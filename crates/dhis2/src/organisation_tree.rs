//! The whole hierarchy of organisation units, for whoever looks for one by its name or its place.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use crate::client::Client;
use crate::decode;
use crate::error::Error;
use crate::id_scheme::AttributeValue;
use crate::uid::Uid;

/// What is asked for.
const FIELDS: &str = "id,code,name,shortName,level,closedDate,parent[id],attributeValues[value,attribute[id]]";

/// An organisation unit with the names that people know it by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedOrgUnit {
    /// The uid.
    pub id: Uid,
    /// The code that people gave.
    pub code: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The short name, at most 50 letters.
    pub short_name: Option<String>,
    /// The depth in the hierarchy; 1 is the root.
    #[serde(default)]
    pub level: u32,
    /// Until when it existed.
    #[serde(default, deserialize_with = "decode::date")]
    pub closed_date: Option<Date>,
    /// The unit above, if there is one that this account may see.
    pub parent: Option<Parent>,
    /// Values of metadata attributes.
    #[serde(default)]
    pub attribute_values: Vec<AttributeValue>,
}

/// The unit above another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Parent {
    /// Its uid.
    pub id: Uid,
}

/// The middle of an organisation unit, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Middle {
    /// Latitude, north positive.
    pub latitude: f64,
    /// Longitude, east positive.
    pub longitude: f64,
}

impl Client {
    /// All organisation units that the account may see.
    ///
    /// # Errors
    /// The usual ones.
    pub async fn org_units(&self) -> Result<Vec<NamedOrgUnit>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            organisation_units: Vec<NamedOrgUnit>,
        }
        let parameters = [("fields", FIELDS.to_owned()), ("paging", "false".to_owned())];
        let listed: Listed = self.transport.get_json(&["organisationUnits"], &parameters).await?;
        Ok(listed.organisation_units)
    }

    /// The middle of every organisation unit that has a point or an area; of an area, the mean of its corners, which is near
    /// enough to tell two towns apart. Units without a geometry, or with one that is no GeoJSON, have none.
    ///
    /// # Errors
    /// The usual ones; [`TooLarge`](crate::ErrorKind::TooLarge) where the areas have millions of corners.
    pub async fn org_unit_middles(&self) -> Result<BTreeMap<Uid, Middle>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            organisation_units: Vec<Placed>,
        }
        #[derive(Deserialize)]
        struct Placed {
            id: Uid,
            #[serde(default)]
            geometry: Option<Geometry>,
        }
        let parameters = [("fields", "id,geometry".to_owned()), ("paging", "false".to_owned())];
        let listed: Listed = self.transport.get_json(&["organisationUnits"], &parameters).await?;
        let middle = |unit: Placed| Some((unit.id, unit.geometry?.coordinates.middle()?));
        Ok(listed.organisation_units.into_iter().filter_map(middle).collect())
    }
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(default)]
    coordinates: Corners,
}

/// The corners of a GeoJSON geometry of any depth, summed up while they are read.
#[derive(Debug, Default, Clone, Copy)]
struct Corners {
    n: u32,
    longitudes: f64,
    latitudes: f64,
    /// A number where a list of corners was expected: this is a corner's coordinate itself.
    bare: Option<f64>,
}

impl Corners {
    fn middle(self) -> Option<Middle> {
        let n = f64::from(self.n);
        (self.n > 0).then(|| Middle { latitude: self.latitudes / n, longitude: self.longitudes / n })
    }
}

impl<'de> Deserialize<'de> for Corners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CornersVisitor)
    }
}

struct CornersVisitor;

impl<'de> Visitor<'de> for CornersVisitor {
    type Value = Corners;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_unit<E>(self) -> Result<Corners, E> {
        Ok(Corners::default())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Corners, E> {
        Ok(Corners { bare: Some(value), ..Corners::default() })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Corners, E> {
        Ok(Corners { bare: Some(value as f64), ..Corners::default() })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Corners, E> {
        Ok(Corners { bare: Some(value as f64), ..Corners::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Corners, A::Error> {
        let (mut sum, mut bare) = (Corners::default(), Vec::new());
        while let Some(one) = seq.next_element::<Corners>()? {
            sum.n = sum.n.saturating_add(one.n);
            sum.longitudes += one.longitudes;
            sum.latitudes += one.latitudes;
            if let Some(value) = one.bare.filter(|_| bare.len() < 2) {
                bare.push(value);
            }
        }
        // GeoJSON has the longitude first.
        if let [longitude, latitude] = bare[..] {
            return Ok(Corners { n: 1, longitudes: longitude, latitudes: latitude, bare: None });
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn middle(json: &str) -> Option<(f64, f64)> {
        let geometry: Geometry = serde_json::from_str(json).unwrap();
        geometry.coordinates.middle().map(|middle| (middle.latitude, middle.longitude))
    }

    #[test]
    fn points_and_areas_have_a_middle() {
        assert_eq!(middle(r#"{"type":"Point","coordinates":[-11.5,8.25]}"#), Some((8.25, -11.5)));
        assert_eq!(middle(r#"{"type":"Point","coordinates":[-11,8,120.0]}"#), Some((8.0, -11.0)));
        let square = r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,2]]],[[[4,4],[4,4]]]]}"#;
        assert_eq!(middle(square), Some((2.0, 2.0)));
        assert_eq!(middle(r#"{"type":"Point","coordinates":null}"#), None);
        assert_eq!(middle(r#"{"type":"GeometryCollection"}"#), None);
    }
}
