//! The definition of a chaincode on a channel, and how `_lifecycle` keeps it in the state.
//!
//! The keys and messages are those of Fabric 3.1 `core/chaincode/lifecycle/{lifecycle,serializer}.go`, so who reads the
//! blocks finds what a real channel has.

use std::collections::BTreeMap;

use ccs_identity::{EnvelopeError, SignaturePolicy};
use ccs_ledger::{Simulation, SimulationError};
use ccs_proto::lifecycle::{
    ChaincodeEndorsementInfo, ChaincodeValidationInfo, StateData, StateMetadata, state_data,
};
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::collection_policy_config::Payload as Members;
use ccs_proto::peer::{CollectionConfigPackage, StaticCollectionConfig};
use prost::Message;

/// The namespace of definitions.
pub(crate) const LIFECYCLE: &str = "_lifecycle";

/// The type of a definition in its metadata.
const DATA_TYPE: &str = "ChaincodeDefinition";

/// The fields of a definition, in the order of the metadata.
const FIELDS: [&str; 4] = ["Sequence", "EndorsementInfo", "ValidationInfo", "Collections"];

/// What a channel has agreed on about a chaincode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// How often it was defined.
    pub sequence: i64,
    /// Its version.
    pub version: String,
    /// Whether nothing may be called before Init.
    pub init_required: bool,
    /// The endorsement plugin; peers have `escc`.
    pub endorsement_plugin: String,
    /// The validation plugin; peers have `vscc`.
    pub validation_plugin: String,
    /// The bytes of an `ApplicationPolicy`.
    pub validation_parameter: Vec<u8>,
    /// Its collections.
    pub collections: CollectionConfigPackage,
}

/// Why a definition cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] SimulationError),
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

impl Definition {
    /// Reads the sequence number of a definition, which notes it as read; [`None`] where there is no definition.
    pub(crate) fn sequence(
        simulation: &mut Simulation,
        chaincode: &str,
    ) -> Result<Option<i64>, DefinitionError> {
        match field(simulation, chaincode, FIELDS[0])? {
            Some(state_data::Type::Int64(sequence)) => Ok(Some(sequence)),
            Some(_) => Err(damaged(chaincode, FIELDS[0], &"it is no number")),
            None => Ok(None),
        }
    }

    /// Reads a definition.
    pub(crate) fn read(
        simulation: &mut Simulation,
        chaincode: &str,
    ) -> Result<Option<Self>, DefinitionError> {
        let Some(sequence) = Self::sequence(simulation, chaincode)? else { return Ok(None) };
        let endorsement: ChaincodeEndorsementInfo = message(simulation, chaincode, FIELDS[1])?;
        let validation: ChaincodeValidationInfo = message(simulation, chaincode, FIELDS[2])?;
        Ok(Some(Self {
            sequence,
            version: endorsement.version,
            init_required: endorsement.init_required,
            endorsement_plugin: endorsement.endorsement_plugin,
            validation_plugin: validation.validation_plugin,
            validation_parameter: validation.validation_parameter,
            collections: message(simulation, chaincode, FIELDS[3])?,
        }))
    }

    /// Gives the keys and values that define the chaincode.
    pub(crate) fn writes(&self, chaincode: &str) -> BTreeMap<String, Vec<u8>> {
        let metadata = StateMetadata {
            datatype: DATA_TYPE.to_owned(),
            fields: FIELDS.iter().map(|&field| field.to_owned()).collect(),
        };
        let endorsement = ChaincodeEndorsementInfo {
            version: self.version.clone(),
            init_required: self.init_required,
            endorsement_plugin: self.endorsement_plugin.clone(),
        };
        let validation = ChaincodeValidationInfo {
            validation_plugin: self.validation_plugin.clone(),
            validation_parameter: self.validation_parameter.clone(),
        };
        let values = [
            state_data::Type::Int64(self.sequence),
            state_data::Type::Bytes(endorsement.encode_to_vec()),
            state_data::Type::Bytes(validation.encode_to_vec()),
            state_data::Type::Bytes(self.collections.encode_to_vec()),
        ];
        let fields = FIELDS.iter().zip(values).map(|(field, value)| {
            (field_key(chaincode, field), StateData { r#type: Some(value) }.encode_to_vec())
        });
        let metadata = (format!("namespaces/metadata/{chaincode}"), metadata.encode_to_vec());
        std::iter::once(metadata).chain(fields).collect()
    }

    /// Names the collections.
    pub(crate) fn collection_names(&self) -> impl Iterator<Item = &str> {
        self.collections.config.iter().filter_map(|config| config.payload.as_ref()).map(|payload| {
            let Payload::StaticCollectionConfig(collection) = payload;
            collection.name.as_str()
        })
    }

    /// Finds a collection.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&StaticCollectionConfig> {
        self.collections.config.iter().find_map(|config| match &config.payload {
            Some(Payload::StaticCollectionConfig(collection)) if collection.name == name => Some(collection),
            _ => None,
        })
    }
}

/// Gives the policy that the members of a collection satisfy; [`None`] when there is none.
pub(crate) fn members(collection: &StaticCollectionConfig) -> Result<Option<SignaturePolicy>, EnvelopeError> {
    let policy = collection.member_orgs_policy.as_ref().and_then(|policy| policy.payload.as_ref());
    policy.map(|Members::SignaturePolicy(envelope)| SignaturePolicy::from_envelope(envelope)).transpose()
}

fn field_key(chaincode: &str, field: &str) -> String {
    format!("namespaces/fields/{chaincode}/{field}")
}

fn field(
    simulation: &mut Simulation,
    chaincode: &str,
    field: &'static str,
) -> Result<Option<state_data::Type>, DefinitionError> {
    let Some(bytes) = simulation.get(LIFECYCLE, &field_key(chaincode, field))? else { return Ok(None) };
    let data = StateData::decode(bytes.as_slice()).map_err(|error| damaged(chaincode, field, &error))?;
    Ok(data.r#type)
}

fn message<M: Message + Default>(
    simulation: &mut Simulation,
    chaincode: &str,
    name: &'static str,
) -> Result<M, DefinitionError> {
    match field(simulation, chaincode, name)? {
        Some(state_data::Type::Bytes(bytes)) => {
            M::decode(bytes.as_slice()).map_err(|error| damaged(chaincode, name, &error))
        }
        Some(_) => Err(damaged(chaincode, name, &"it holds no bytes")),
        None => Ok(M::default()),
    }
}

fn damaged(chaincode: &str, field: &'static str, reason: &dyn std::fmt::Display) -> DefinitionError {
    DefinitionError::Damaged { chaincode: chaincode.to_owned(), field, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use ccs_ledger::Store;

    use super::*;
    use crate::channel::tests::genesis;

    #[test]
    fn a_definition_is_read_as_it_was_written() {
        let collection =
            StaticCollectionConfig { name: "secrets".to_owned(), ..StaticCollectionConfig::default() };
        let config =
            ccs_proto::peer::CollectionConfig { payload: Some(Payload::StaticCollectionConfig(collection)) };
        let definition = Definition {
            sequence: 3,
            version: "1.0".to_owned(),
            init_required: true,
            collections: CollectionConfigPackage { config: vec![config] },
            ..Definition::default()
        };
        let writes = definition.writes("basic");
        assert_eq!(
            writes.keys().collect::<Vec<_>>(),
            [
                "namespaces/fields/basic/Collections",
                "namespaces/fields/basic/EndorsementInfo",
                "namespaces/fields/basic/Sequence",
                "namespaces/fields/basic/ValidationInfo",
                "namespaces/metadata/basic",
            ]
        );
        let channel =
            crate::Channel::new(Store::in_memory().unwrap().channel("ch", genesis).unwrap(), Vec::new());
        channel.define("basic", &definition).unwrap();
        let mut simulation = channel.ledger().simulate("t").unwrap();
        assert_eq!(Definition::read(&mut simulation, "basic").unwrap(), Some(definition.clone()));
        assert_eq!(Definition::read(&mut simulation, "other").unwrap(), None);
        assert_eq!(definition.collection("secrets").unwrap().name, "secrets");
        assert_eq!(definition.collection("other"), None);
    }
}
