//! An organization's approval of a chaincode definition, with the package that its peers run.

use ccs_ledger::{Simulation, SimulationError};
use ccs_proto::lifecycle::{ChaincodeSource, chaincode_source, state_data};

use crate::definition::{Definition, parameters_name};
use crate::record::{
    self, DefinitionError, LIFECYCLE, NAMESPACES, Place, Record, SOURCES, implicit_collection,
};

/// Name of the only field of a source.
const PACKAGE_ID: &str = "PackageID";

/// Approval of a definition by an organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Approved definition, including its sequence number.
    pub definition: Definition,
    /// ID of the package that the organization's peers run; empty for none.
    pub package_id: String,
}

impl Approval {
    /// Reads an organization's approval for a sequence number.
    pub fn read(
        simulation: &mut Simulation,
        organization: &str,
        (chaincode, sequence): (&str, i64),
    ) -> Result<Option<Self>, DefinitionError> {
        let place = Place::Organization(organization);
        let name = parameters_name(chaincode, sequence);
        if !record::exists(simulation, place, (NAMESPACES, &name))? {
            return Ok(None);
        }
        let definition = Definition::read_parameters(simulation, place, &name, sequence)?;
        let package_id = match record::field(simulation, place, (SOURCES, &name), PACKAGE_ID)? {
            Some(state_data::Type::String(id)) => id,
            Some(_) => return Err(record::damaged(&name, PACKAGE_ID, &"not a string")),
            None => String::new(),
        };
        Ok(Some(Self { definition, package_id }))
    }

    /// Writes an approval of an organization.
    pub fn write(
        &self,
        simulation: &mut Simulation,
        organization: &str,
        chaincode: &str,
    ) -> Result<(), SimulationError> {
        let place = Place::Organization(organization);
        let name = parameters_name(chaincode, self.definition.sequence);
        let source = Record {
            kind: SOURCES,
            name: name.clone(),
            datatype: "ChaincodeLocalPackage",
            fields: vec![(PACKAGE_ID, state_data::Type::String(self.package_id.clone()))],
        };
        self.definition.parameters_record(name).write(place, simulation)?;
        source.write(place, simulation)
    }

    /// Returns the names and sequence numbers of an organization's approvals, sorted. Records no reads.
    pub fn names(
        simulation: &mut Simulation,
        organization: &str,
    ) -> Result<Vec<(String, i64)>, SimulationError> {
        let prefix = record::metadata_key(NAMESPACES, "");
        let mut names = Vec::new();
        for entry in simulation.scan_private(LIFECYCLE, &implicit_collection(organization))? {
            let key = entry?.key;
            let name = key.strip_prefix(&prefix).and_then(|name| name.rsplit_once('#'));
            names.extend(name.and_then(|(name, sequence)| Some((name.to_owned(), sequence.parse().ok()?))));
        }
        names.sort();
        Ok(names)
    }

    /// Returns the source in the form that clients receive.
    #[must_use]
    pub fn source(&self) -> ChaincodeSource {
        let source = if self.package_id.is_empty() {
            chaincode_source::Type::Unavailable(chaincode_source::Unavailable {})
        } else {
            let package_id = self.package_id.clone();
            chaincode_source::Type::LocalPackage(chaincode_source::Local { package_id })
        };
        ChaincodeSource { r#type: Some(source) }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::record::Differences;
    use crate::testing::{commit, ledger};

    fn approval(version: &str) -> Approval {
        let definition = Definition { sequence: 1, version: version.to_owned(), ..Definition::default() };
        Approval { definition, package_id: "basic_1:00".to_owned() }
    }

    #[test]
    fn an_approval_is_read_as_it_was_written_and_only_hashes_are_public() {
        let ledger = ledger();
        let mut simulation = ledger.simulate("t").unwrap();
        approval("1").write(&mut simulation, "Org1MSP", "basic").unwrap();
        let results = simulation.finish();
        let private = results.private.clone().unwrap();
        let sets = &private.ns_pvt_rwset[0].collection_pvt_rwset;
        assert_eq!(sets[0].collection_name, "_implicit_org_Org1MSP");
        let written = ccs_proto::kvrwset::KvrwSet::decode(sets[0].rwset.as_slice()).unwrap().writes;
        assert_eq!(
            written.iter().map(|write| write.key.as_str()).collect::<Vec<_>>(),
            [
                "chaincode-sources/fields/basic#1/PackageID",
                "chaincode-sources/metadata/basic#1",
                "namespaces/fields/basic#1/Collections",
                "namespaces/fields/basic#1/EndorsementInfo",
                "namespaces/fields/basic#1/ValidationInfo",
                "namespaces/metadata/basic#1",
            ]
        );
        commit(&ledger, "t", results);

        let mut simulation = ledger.simulate("u").unwrap();
        let read = Approval::read(&mut simulation, "Org1MSP", ("basic", 1)).unwrap();
        assert_eq!(read, Some(approval("1")));
        assert_eq!(Approval::read(&mut simulation, "Org1MSP", ("basic", 2)).unwrap(), None);
        let mut differences = |version: &str, organization: &str| {
            approval(version).definition.differences(&mut simulation, organization, "basic").unwrap()
        };
        assert!(differences("1", "Org1MSP").is_none());
        assert_eq!(differences("2", "Org1MSP"), Differences::Fields(vec!["EndorsementInfo"]));
        assert_eq!(differences("1", "Org2MSP"), Differences::Everything);
        assert_eq!(differences("2", "Org1MSP").items(), ["EndorsementInfo"]);
        assert_eq!(differences("1", "Org2MSP").items(), ["ChaincodeParameters"]);

        // Equal values are not written again.
        approval("2").write(&mut simulation, "Org1MSP", "basic").unwrap();
        let touched = simulation.finish().touched;
        let written: Vec<_> = touched.iter().flat_map(|touched| &touched.written).collect();
        assert_eq!(written, ["namespaces/fields/basic#1/EndorsementInfo"]);
    }
}
