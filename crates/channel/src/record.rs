//! How `_lifecycle` keeps something in the state: one key says what it is and which fields it has, and each field has a key.
//!
//! Fabric 3.1 `core/chaincode/lifecycle/serializer.go`. The public state has the definitions; the collection that each
//! organization has by itself holds what it has approved.

use ccs_ledger::{LedgerError, Simulation, SimulationError};
use ccs_proto::lifecycle::{StateData, StateMetadata, state_data};
use ccs_proto::peer::TxValidationCode;
use prost::Message;
use sha2::{Digest, Sha256};

/// The namespace of definitions.
pub const LIFECYCLE: &str = "_lifecycle";

/// The prefix of the collection that every organization has without defining it.
pub const IMPLICIT: &str = "_implicit_org_";

/// Names the collection that an organization has without defining it.
#[must_use]
pub fn implicit_collection(organization: &str) -> String {
    format!("{IMPLICIT}{organization}")
}

/// Why a definition cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] SimulationError),
    /// The ledger has rejected the transaction that defines it.
    #[error("the definition of chaincode {chaincode} was not committed: {}", code.as_str_name())]
    Rejected {
        /// The chaincode.
        chaincode: String,
        /// Why.
        code: TxValidationCode,
    },
    /// A field of it is damaged.
    #[error("could not read the field {field} of the definition of chaincode {chaincode}: {reason}")]
    Damaged {
        /// The chaincode.
        chaincode: String,
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// The ledger cannot be reached, as an error of a definition.
impl From<LedgerError> for DefinitionError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

/// The records of definitions and of approved parameters.
pub(crate) const NAMESPACES: &str = "namespaces";

/// The records that say which package an organization runs.
pub(crate) const SOURCES: &str = "chaincode-sources";

/// Where a record is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// In the public state.
    Public,
    /// Among what an organization keeps for itself; the hashes are public.
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

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) datatype: &'static str,
    /// In the order of the metadata.
    pub(crate) fields: Vec<(&'static str, state_data::Type)>,
}

impl Record {
    /// Returns keys and values, the metadata first.
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

    /// Writes what is not there already.
    pub(crate) fn write(&self, place: Place<'_>, simulation: &mut Simulation) -> Result<(), SimulationError> {
        for (key, value) in self.pairs() {
            if place.get(simulation, &key)?.as_ref() != Some(&value) {
                place.put(simulation, &key, value)?;
            }
        }
        Ok(())
    }

    /// Names the fields in which an organization's record differs, by the hashes alone; the metadata are one of them. None
    /// when it is the same.
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

/// In what two records differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Differences {
    /// There is no such record, or it is of another type.
    Everything,
    /// In these fields.
    Fields(Vec<&'static str>),
}

impl Differences {
    /// Returns whether they do not differ.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Fields(fields) if fields.is_empty())
    }

    /// Says where to look, in a peer's words.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        let Self::Fields(fields) = self else {
            return vec!["ChaincodeParameters (Check the Sequence, ChaincodeName)".to_owned()];
        };
        let hint = |field: &str| match field {
            "EndorsementInfo" => "Version, InitRequired, EndorsementPlugin",
            "ValidationInfo" => "ValidationParameter, ValidationPlugin",
            _ => "Collections",
        };
        fields.iter().map(|field| format!("{field} (Check the {})", hint(field))).collect()
    }
}

/// Returns whether there is a record.
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

/// Reads a field that holds a message; one that is not there is an empty message.
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
        Some(_) => Err(damaged(name, wanted, &"it holds no bytes")),
        None => Ok(M::default()),
    }
}

pub(crate) fn damaged(name: &str, field: &'static str, reason: &dyn std::fmt::Display) -> DefinitionError {
    DefinitionError::Damaged { chaincode: name.to_owned(), field, reason: reason.to_string() }
}

/// The keys of all metadata of a kind begin with it.
pub(crate) fn metadata_key(kind: &str, name: &str) -> String {
    format!("{kind}/metadata/{name}")
}

fn field_key(kind: &str, name: &str, field: &str) -> String {
    format!("{kind}/fields/{name}/{field}")
}
