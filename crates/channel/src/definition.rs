//! The definition of a chaincode on a channel, and how it is kept in the state.
//!
//! The keys and messages are those of Fabric 3.1 `core/chaincode/lifecycle/{lifecycle,serializer}.go`, so who reads the
//! blocks finds what a real channel has.

use ccs_identity::{EnvelopeError, SignaturePolicy};
use ccs_ledger::{Simulation, SimulationError};
use ccs_proto::lifecycle::{ChaincodeEndorsementInfo, ChaincodeValidationInfo, state_data};
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::collection_policy_config::Payload as Members;
use ccs_proto::peer::{CollectionConfigPackage, StaticCollectionConfig};
use prost::Message;

use crate::record::{self, DefinitionError, Differences, LIFECYCLE, NAMESPACES, Place, Record};

/// The fields of a definition, in the order of the metadata; the first is not among approved parameters.
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

impl Definition {
    /// Reads the sequence number of a definition, which notes it as read; [`None`] where there is no definition.
    pub fn sequence(simulation: &mut Simulation, chaincode: &str) -> Result<Option<i64>, DefinitionError> {
        match record::field(simulation, Place::Public, (NAMESPACES, chaincode), FIELDS[0])? {
            Some(state_data::Type::Int64(sequence)) => Ok(Some(sequence)),
            Some(_) => Err(record::damaged(chaincode, FIELDS[0], &"it is no number")),
            None => Ok(None),
        }
    }

    /// Reads a definition.
    pub fn read(simulation: &mut Simulation, chaincode: &str) -> Result<Option<Self>, DefinitionError> {
        let Some(sequence) = Self::sequence(simulation, chaincode)? else { return Ok(None) };
        Self::read_parameters(simulation, Place::Public, chaincode, sequence).map(Some)
    }

    /// Reads all of a definition but its sequence number.
    pub(crate) fn read_parameters(
        simulation: &mut Simulation,
        place: Place<'_>,
        name: &str,
        sequence: i64,
    ) -> Result<Self, DefinitionError> {
        let key = (NAMESPACES, name);
        let endorsement: ChaincodeEndorsementInfo = record::message(simulation, place, key, FIELDS[1])?;
        let validation: ChaincodeValidationInfo = record::message(simulation, place, key, FIELDS[2])?;
        Ok(Self {
            sequence,
            version: endorsement.version,
            init_required: endorsement.init_required,
            endorsement_plugin: endorsement.endorsement_plugin,
            validation_plugin: validation.validation_plugin,
            validation_parameter: validation.validation_parameter,
            collections: record::message(simulation, place, key, FIELDS[3])?,
        })
    }

    /// Names the chaincodes that are defined, in order; nothing is noted as read.
    pub fn names(simulation: &Simulation) -> Result<Vec<String>, SimulationError> {
        let prefix = record::metadata_key(NAMESPACES, "");
        let mut names = Vec::new();
        for entry in simulation.scan(LIFECYCLE)? {
            names.extend(entry?.key.strip_prefix(&prefix).map(str::to_owned));
        }
        Ok(names)
    }

    /// Writes the definition of a chaincode where it differs from what is there.
    pub fn write(&self, simulation: &mut Simulation, chaincode: &str) -> Result<(), SimulationError> {
        self.record(chaincode).write(Place::Public, simulation)
    }

    /// Returns the record of the definition.
    pub(crate) fn record(&self, chaincode: &str) -> Record {
        let mut record = self.parameters_record(chaincode.to_owned());
        record.datatype = "ChaincodeDefinition";
        record.fields.insert(0, (FIELDS[0], state_data::Type::Int64(self.sequence)));
        record
    }

    /// Returns the record of all but the sequence number, which is what an organization approves.
    pub(crate) fn parameters_record(&self, name: String) -> Record {
        let endorsement = ChaincodeEndorsementInfo {
            version: self.version.clone(),
            init_required: self.init_required,
            endorsement_plugin: self.endorsement_plugin.clone(),
        };
        let validation = ChaincodeValidationInfo {
            validation_plugin: self.validation_plugin.clone(),
            validation_parameter: self.validation_parameter.clone(),
        };
        let values =
            [endorsement.encode_to_vec(), validation.encode_to_vec(), self.collections.encode_to_vec()];
        let fields = FIELDS[1..].iter().copied().zip(values.map(state_data::Type::Bytes)).collect();
        Record { kind: NAMESPACES, name, datatype: "ChaincodeParameters", fields }
    }

    /// Compares it with what an organization has approved, whose hashes alone need to be here.
    pub fn differences(
        &self,
        simulation: &mut Simulation,
        organization: &str,
        chaincode: &str,
    ) -> Result<Differences, SimulationError> {
        let record = self.parameters_record(parameters_name(chaincode, self.sequence));
        record.differences(organization, simulation)
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

/// Returns the name of the records of what is approved for a sequence number.
pub(crate) fn parameters_name(chaincode: &str, sequence: i64) -> String {
    format!("{chaincode}#{sequence}")
}

/// Returns the policy that the members of a collection satisfy; [`None`] when there is none.
pub fn members(collection: &StaticCollectionConfig) -> Result<Option<SignaturePolicy>, EnvelopeError> {
    let policy = collection.member_orgs_policy.as_ref().and_then(|policy| policy.payload.as_ref());
    policy.map(|Members::SignaturePolicy(envelope)| SignaturePolicy::from_envelope(envelope)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{commit, ledger};

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
        let pairs = definition.record("basic").pairs();
        assert_eq!(
            pairs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            [
                "namespaces/metadata/basic",
                "namespaces/fields/basic/Sequence",
                "namespaces/fields/basic/EndorsementInfo",
                "namespaces/fields/basic/ValidationInfo",
                "namespaces/fields/basic/Collections",
            ]
        );
        let ledger = ledger();
        let mut simulation = ledger.simulate("s").unwrap();
        definition.write(&mut simulation, "basic").unwrap();
        commit(&ledger, "s", simulation.finish());
        let mut simulation = ledger.simulate("t").unwrap();
        assert_eq!(Definition::read(&mut simulation, "basic").unwrap(), Some(definition.clone()));
        assert_eq!(Definition::read(&mut simulation, "other").unwrap(), None);
        assert_eq!(Definition::names(&simulation).unwrap(), ["basic"]);
        assert_eq!(definition.collection("secrets").unwrap().name, "secrets");
        assert_eq!(definition.collection("other"), None);
    }
}
