//! The record type of this contract, and the six records that `InitLedger` writes.

use serde::{Deserialize, Serialize};

/// An asset in the world state: JSON with sorted keys, so that every peer endorses the same bytes.
///
/// Names and types are those of Fabric's `asset-transfer-basic` sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Asset {
    // serde writes fields in this order: keep it alphabetical by JSON key.
    /// The estimated worth, without a currency.
    pub appraised_value: u32,
    /// The color, as free text.
    pub color: String,
    /// The key in the world state.
    #[serde(rename = "ID")]
    pub id: String,
    /// The owner, as free text.
    pub owner: String,
    /// The size, without a unit.
    pub size: u32,
}

impl Asset {
    /// Returns the assets that `InitLedger` writes, the same as in Fabric's sample.
    pub(crate) fn initial() -> impl Iterator<Item = Self> {
        [
            ("asset1", "blue", 5, "Tomoko", 300),
            ("asset2", "red", 5, "Brad", 400),
            ("asset3", "green", 10, "Jin Soo", 500),
            ("asset4", "yellow", 10, "Max", 600),
            ("asset5", "black", 15, "Adriana", 700),
            ("asset6", "white", 15, "Michel", 800),
        ]
        .into_iter()
        .map(|(id, color, size, owner, appraised_value)| Self {
            appraised_value,
            color: color.to_owned(),
            id: id.to_owned(),
            owner: owner.to_owned(),
            size,
        })
    }
}
