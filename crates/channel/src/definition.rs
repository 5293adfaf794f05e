//! The definition of a chaincode on a channel, and its encoding in the state.
//!
//! Keys and messages are those of Fabric 3.1 `core/chaincode/lifecycle/{lifecycle,serializer}.go`, so that readers of
//! the blocks find the same data as on a real channel.

use ccs_identity::{EnvelopeError, SignaturePolicy};
use ccs_ledger::{Simulation, SimulationError};
use ccs_proto::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeEndorsementInfo, ChaincodeValidationInfo, state_data,
};
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::collection_policy_config::Payload as Members;
use ccs_proto::peer::{CollectionConfigPackage, StaticCollectionConfig};
use prost::Message;

use crate::record::{self, DefinitionError, Differences, LIFECYCLE, NAMESPACES, Place, Record};

/// Fields of a definition, in the order of the metadata. Approvals do not contain the first one.
const FIELDS: [&str; 4] = ["Sequence", "EndorsementInfo", "ValidationInfo", "Collections"];

/// Definition of a chaincode, on which a channel has agreed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// Sequence number, which counts the definitions.
    pub sequence: i64,
    /// Version of the chaincode.
    pub version: String,
    /// Whether Init must be called before any other function.
    pub init_required: bool,
    /// Name of the endorsement plugin; peers have `escc`.
    pub endorsement_plugin: String,
    /// Name of the validation plugin; peers have `vscc`.
    pub validation_plugin: String,
    /// Encoded `ApplicationPolicy`.
    pub validation_parameter: Vec<u8>,
    /// Collections of the chaincode.
    pub collections: CollectionConfigPackage,
}

impl Definition {
    /// Reads the sequence number of a definition and records the read; [`None`] if there is no definition.
    pub fn sequence(simulation: &mut Simulation, chaincode: &str) -> Result<Option<i64>, DefinitionError> {
        match record::field(simulation, Place::Public, (NAMESPACES, chaincode), FIELDS[0])? {
            Some(state_data::Type::Int64(sequence)) => Ok(Some(sequence)),
            Some(_) => Err(record::damaged(chaincode, FIELDS[0], &"not a number")),
            None => Ok(None),
        }
    }

    /// Reads a definition.
    pub fn read(simulation: &mut Simulation, chaincode: &str) -> Result<Option<Self>, DefinitionError> {
        let Some(sequence) = Self::sequence(simulation, chaincode)? else { return Ok(None) };
        Self::read_parameters(simulation, Place::Public, chaincode, sequence).map(Some)
    }

    /// Reads all fields of a definition except its sequence number.
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

    /// Returns the names of the defined chaincodes, sorted. Records no reads.
    pub fn names(simulation: &Simulation) -> Result<Vec<String>, SimulationError> {
        let prefix = record::metadata_key(NAMESPACES, "");
        let mut names = Vec::new();
        for entry in simulation.scan(LIFECYCLE)? {
            names.extend(entry?.key.strip_prefix(&prefix).map(str::to_owned));
        }
        Ok(names)
    }

    /// Writes the definition of a chaincode, but only those fields that differ from the state.
    pub fn write(&self, simulation: &mut Simulation, chaincode: &str) -> Result<(), SimulationError> {
        self.record(chaincode).write(Place::Public, simulation)
    }

    /// Returns the argument with which an administrator commits the definition of a chaincode, encoded.
    pub(crate) fn arguments(&self, chaincode: &str) -> Vec<u8> {
        // The arguments of a commit are those of an approval without a package.
        let arguments = ApproveChaincodeDefinitionForMyOrgArgs {
            sequence: self.sequence,
            name: chaincode.to_owned(),
            version: self.version.clone(),
            endorsement_plugin: self.endorsement_plugin.clone(),
            validation_plugin: self.validation_plugin.clone(),
            validation_parameter: self.validation_parameter.clone(),
            collections: (!self.collections.config.is_empty()).then(|| self.collections.clone()),
            init_required: self.init_required,
            source: None,
        };
        arguments.encode_to_vec()
    }

    /// Returns the record of the definition.
    pub(crate) fn record(&self, chaincode: &str) -> Record {
        let mut record = self.parameters_record(chaincode.to_owned());
        record.datatype = "ChaincodeDefinition";
        record.fields.insert(0, (FIELDS[0], state_data::Type::Int64(self.sequence)));
        record
    }

    /// Returns the record of all fields except the sequence number. Organizations approve this record.
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
        Record { kind: NAMESPACES, name, datatype: record::PARAMETERS, fields }
    }

    /// Compares the definition with an organization's approval. Needs only the hashes of the approval.
    pub fn differences(
        &self,
        simulation: &mut Simulation,
        organization: &str,
        chaincode: &str,
    ) -> Result<Differences, SimulationError> {
        let record = self.parameters_record(parameters_name(chaincode, self.sequence));
        record.differences(organization, simulation)
    }

    /// Returns the names of the collections.
    pub(crate) fn collection_names(&self) -> impl Iterator<Item = &str> {
        self.collections.config.iter().filter_map(|config| config.payload.as_ref()).map(|payload| {
            let Payload::StaticCollectionConfig(collection) = payload;
            collection.name.as_str()
        })
    }

    /// Returns the collection with the given name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&StaticCollectionConfig> {
        self.collections.config.iter().find_map(|config| match &config.payload {
            Some(Payload::StaticCollectionConfig(collection)) if collection.name == name => Some(collection),
            _ => None,
        })
    }
}

/// Returns the record name of an approval for a sequence number.
pub(crate) fn parameters_name(chaincode: &str, sequence: i64) -> String {
    format!("{chaincode}#{sequence}")
}

/// Returns the member policy of a collection, if there is one.
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
