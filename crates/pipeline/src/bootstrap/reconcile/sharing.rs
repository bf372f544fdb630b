//! Who may see and use new objects: without it, nobody but who imported them.

use crate::bootstrap::drawing::Object;
use serde_json::{Value, json};

/// Metadata that everybody with the authority for it may change, and everybody sees.
const METADATA: &str = "rw------";
/// The same, and everybody may see data.
const DATA_READ: &str = "rwr-----";
/// The same, and everybody who may enter data at all may enter it.
const DATA_WRITE: &str = "rwrw----";
/// A dashboard that people look at.
const LOOKED_AT: &str = "r-------";

/// Gives every object its sharing. The account that asks may write into the data sets; if there is none, everybody may.
pub(super) fn share(objects: &mut [Object], account: Option<&str>) {
    for object in objects {
        let (public, user) = match object.collection {
            "dataSets" => (if account.is_some() { DATA_READ } else { DATA_WRITE }, account),
            // They hold no data: the data set decides.
            "categoryOptions" => (DATA_WRITE, None),
            "visualizations" | "dashboards" => (LOOKED_AT, None),
            "dataElements" | "categories" | "categoryCombos" | "optionSets" | "indicators" => (METADATA, None),
            _ => continue,
        };
        let grant = |id: &str| (id.to_owned(), json!({ "id": id, "access": DATA_WRITE }));
        let users: serde_json::Map<String, Value> = user.map(grant).into_iter().collect();
        let sharing = json!({ "public": public, "external": false, "users": users, "userGroups": {} });
        object.body.insert("sharing".to_owned(), sharing);
    }
}
