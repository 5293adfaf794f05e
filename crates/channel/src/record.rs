//! Records of `_lifecycle` in the state: a metadata key names the record's type and its fields, and each field has a
//! key.
//!
//! As in Fabric 3.1 `core/chaincode/lifecycle/serializer.go`, the public state contains the definitions, and the
//! implicit collection of each organization contains its approvals.

use ccs_ledger::{LedgerError, Simulation, SimulationError};
use ccs_proto::lifecycle::{StateData, StateMetadata, state_data};
use ccs_proto::peer::TxValidationCode;
use prost::Message;
use sha2::{Digest, Sha256};

/// Namespace of the definitions.
pub const LIFECYCLE: &str = "_lifecycle";

/// Prefix of the implicit collection of an organization.
pub const IMPLICIT: &str = "_implicit_org_";

/// Returns the name of an organization's implicit collection.
#[must_use]
pub fn implicit_collection(organization: &str) -> String {
    format!("{IMPLICIT}{organization}")
}

/// Error from reading or writing a definition.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] SimulationError),
    /// The transaction with the definition cannot be signed.
    #[error("the definition of chaincode {chaincode} was not signed")]
    Unsigned {
        /// Name of the chaincode.
        chaincode: String,
        /// Reason.
        source: Box<crate::signed::SigningError>,
    },
    /// The ledger rejected the transaction with the definition.
    #[error("the definition of chaincode {chaincode} was not committed: {}", code.as_str_name())]
    Rejected {
        /// Name of the chaincode.
        chaincode: String,
        /// Validation code.
        code: TxValidationCode,
    },
    /// A field of the definition is damaged.
    #[error("could not read the field {field} of the definition of chaincode {chaincode}: {reason}")]
    Damaged {
        /// Name of the chaincode.
        chaincode: String,
        /// Name of the field.
        field: &'static str,
        /// Description of the damage.
        reason: String,
    },
}

/// Wraps a ledger error as an error of a definition.
impl From<LedgerError> for DefinitionError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

/// Namespace of the records for definitions and approved parameters.
pub(crate) const NAMESPACES: &str = "namespaces";

/// Type of the records of approved parameters.
pub(crate) const PARAMETERS: &str = "ChaincodeParameters";

/// Namespace of the records that name an organization's packages.
pub(crate) const SOURCES: &str = "chaincode-sources";

/// Location of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// In the public state.
    Public,
    /// In the implicit collection of an organization; the hashes are public.
    Organization(&'a str),
}

impl Place<'_> {
    fn get(self, simulation: &mut Simulation, key: &str) -> Result<Option<Vec<u8>>, SimulationError> {
        match self {
            Self::Public => simulation.get(LIFECYCLE, key),
            Self::Organization(id) => simulation.get_private(LIFECYCLE, &implicit_collection(id), key),
        }
    }

    fn put(self, simulation: &mut Simulation, key: &str, value: Vec<u8>) -> Result<(), SimulationError> {
        match self {
            Self::Public => simulation.put(LIFECYCLE, key, value),
            Self::Organization(id) => simulation.put_private(LIFECYCLE, &implicit_collection(id), key, value),
        }
    }
}

/// Record in the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) datatype: &'static str,
    /// Fields in the order of the metadata.
    pub(crate) fields: Vec<(&'static str, state_data::Type)>,
}

impl Record {
    /// Returns keys and values, starting with the metadata.
    pub(crate) fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        let metadata = StateMetadata {
            datatype: self.datatype.to_owned(),
            fields: self.fields.iter().map(|(field, _)| (*field).to_owned()).collect(),
        };
        let fields = self.fields.iter().map(|(field, value)| {
            let value = StateData { r#type: Some(value.clone()) };
            (field_key(self.kind, &self.name, field), value.encode_to_vec())
        });
        std::iter::once((metadata_key(self.kind, &self.name), metadata.encode_to_vec()))
            .chain(fields)
            .collect()
    }

    /// Writes the keys whose values differ from the state.
    pub(crate) fn write(&self, place: Place<'_>, simulation: &mut Simulation) -> Result<(), SimulationError> {
        for (key, value) in self.pairs() {
            if place.get(simulation, &key)?.as_ref() != Some(&value) {
                place.put(simulation, &key, value)?;
            }
        }
        Ok(())
    }

    /// Returns the fields in which an organization's record differs, compared by hash; the metadata count as a field.
    /// Empty if the records are equal.
    pub(crate) fn differences(
        &self,
        organization: &str,
        simulation: &mut Simulation,
    ) -> Result<Differences, SimulationError> {
        let collection = implicit_collection(organization);
        let mut is_same = |(key, value): &(String, Vec<u8>)| {
            let hash = simulation.private_hash(LIFECYCLE, &collection, key)?;
            Ok::<_, SimulationError>(hash.as_deref() == Some(Sha256::digest(value).as_slice()))
        };
        let pairs = self.pairs();
        let [metadata, fields @ ..] = pairs.as_slice() else { return Ok(Differences::Fields(Vec::new())) };
        if !is_same(metadata)? {
            return Ok(Differences::Everything);
        }
        let mut different = Vec::new();
        for ((field, _), pair) in self.fields.iter().zip(fields) {
            if !is_same(pair)? {
                different.push(*field);
            }
        }
        Ok(Differences::Fields(different))
    }
}

/// Differences between two records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Differences {
    /// The other record does not exist, or has another type.
    Everything,
    /// The listed fields differ.
    Fields(Vec<&'static str>),
}

impl Differences {
    /// Returns whether the records are equal.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Fields(fields) if fields.is_empty())
    }

    /// Returns the differences in a peer's words. The peer command adds a description of each
    /// (Fabric 3.1 `internal/peer/lifecycle/chaincode/checkcommitreadiness.go`).
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        match self {
            Self::Everything => vec![PARAMETERS.to_owned()],
            Self::Fields(fields) => fields.iter().map(|field| (*field).to_owned()).collect(),
        }
    }
}

/// Returns whether a record exists.
pub(crate) fn exists(
    simulation: &mut Simulation,
    place: Place<'_>,
    (kind, name): (&str, &str),
) -> Result<bool, SimulationError> {
    Ok(place.get(simulation, &metadata_key(kind, name))?.is_some())
}

/// Reads a field.
pub(crate) fn field(
    simulation: &mut Simulation,
    place: Place<'_>,
    (kind, name): (&str, &str),
    field: &'static str,
) -> Result<Option<state_data::Type>, DefinitionError> {
    let Some(bytes) = place.get(simulation, &field_key(kind, name, field))? else { return Ok(None) };
    let data = StateData::decode(bytes.as_slice()).map_err(|error| damaged(name, field, &error))?;
    Ok(data.r#type)
}

/// Reads a field that contains a message. A missing field counts as an empty message.
pub(crate) fn message<M: Message + Default>(
    simulation: &mut Simulation,
    place: Place<'_>,
    (kind, name): (&str, &str),
    wanted: &'static str,
) -> Result<M, DefinitionError> {
    match field(simulation, place, (kind, name), wanted)? {
        Some(state_data::Type::Bytes(bytes)) => {
            M::decode(bytes.as_slice()).map_err(|error| damaged(name, wanted, &error))
        }
        Some(_) => Err(damaged(name, wanted, &"not a byte string")),
        None => Ok(M::default()),
    }
}

pub(crate) fn damaged(name: &str, field: &'static str, reason: &dyn std::fmt::Display) -> DefinitionError {
    DefinitionError::Damaged { chaincode: name.to_owned(), field, reason: reason.to_string() }
}

/// Returns the key of a record's metadata. With an empty name, it is the prefix of all such keys of a kind.
pub(crate) fn metadata_key(kind: &str, name: &str) -> String {
    format!("{kind}/metadata/{name}")
}

fn field_key(kind: &str, name: &str, field: &str) -> String {
    format!("{kind}/fields/{name}/{field}")
}
