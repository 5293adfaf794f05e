//! A channel of the peer: its ledger, organizations, and chaincode definitions.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ccs_identity::{Msp, MspId, MspManager};
use ccs_ledger::{Collections, Ledger, Results, Simulation};
use ccs_proto::peer::TxValidationCode;

use crate::binding::{Bindings, RunAs};
use crate::definition::Definition;
use crate::envelope;
use crate::mirror::{MirrorError, StateMirror};
use crate::record::{DefinitionError, IMPLICIT, implicit_collection};

/// Channel of the peer.
#[derive(Debug)]
pub struct Channel {
    ledger: Ledger,
    msps: Arc<MspManager>,
    /// Definitions by chaincode name, cached from the ledger.
    definitions: RwLock<HashMap<String, Known>>,
    bindings: Bindings,
    /// Copy of the state that answers rich queries instead of the ledger.
    mirror: OnceLock<StateMirror>,
}

/// Definition, as read from the ledger.
#[derive(Clone, Debug)]
struct Known {
    definition: Arc<Definition>,
    /// Minimum number of blocks at the time of the read. The entry is current as long as there are no more.
    height: u64,
}

impl Channel {
    /// Creates a channel from a ledger and the organizations that belong to it.
    #[must_use]
    pub fn new(ledger: Ledger, msps: Vec<Arc<Msp>>) -> Self {
        Self {
            ledger,
            msps: Arc::new(MspManager::new(msps)),
            definitions: RwLock::default(),
            bindings: Bindings::default(),
            mirror: OnceLock::new(),
        }
    }

    /// Returns the channel's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.ledger.name()
    }

    /// Returns the channel's ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the organizations of the channel.
    #[must_use]
    pub fn msps(&self) -> &Arc<MspManager> {
        &self.msps
    }

    /// Sets the peer's own organization, whose approvals determine the package that a chaincode runs.
    #[must_use]
    pub fn of_organization(mut self, id: MspId) -> Self {
        self.bindings = Bindings::of_organization(id);
        self
    }

    /// Returns the names of the defined chaincodes, sorted.
    pub fn defined(&self) -> Result<Vec<String>, DefinitionError> {
        Ok(Definition::names(&self.ledger.simulate("")?)?)
    }

    /// Returns the current definition of a chaincode.
    pub fn definition(&self, chaincode: &str) -> Result<Option<Arc<Definition>>, DefinitionError> {
        let height = self.ledger.height();
        if let Some(known) = self.known(chaincode).filter(|known| known.height == height) {
            return Ok(Some(known.definition));
        }
        let definition = self.resolve(&mut self.ledger.simulate("")?, chaincode)?;
        if let Some(definition) = &definition {
            self.note(chaincode, definition, height);
        }
        Ok(definition)
    }

    fn known(&self, chaincode: &str) -> Option<Known> {
        self.definitions.read().unwrap_or_else(PoisonError::into_inner).get(chaincode).cloned()
    }

    /// Returns the definition of a chaincode as a simulation sees it. Records a read of its sequence number, so that
    /// a new definition invalidates the transaction.
    pub fn resolve(
        &self,
        simulation: &mut Simulation,
        chaincode: &str,
    ) -> Result<Option<Arc<Definition>>, DefinitionError> {
        let Some(sequence) = Definition::sequence(simulation, chaincode)? else { return Ok(None) };
        if let Some(known) = self.known(chaincode).filter(|known| known.definition.sequence == sequence) {
            return Ok(Some(known.definition));
        }
        let height = self.ledger.height();
        // Use a separate simulation, since reads of the other fields do not belong to the read set.
        let mut aside = self.ledger.simulate("")?;
        let definition = Definition::read(&mut aside, chaincode)?.map(Arc::new);
        if let Some(definition) = &definition {
            self.note(chaincode, definition, height);
        }
        Ok(definition)
    }

    /// Caches a definition that was read at the given height or later.
    fn note(&self, chaincode: &str, definition: &Arc<Definition>, height: u64) {
        let known = Known { definition: Arc::clone(definition), height };
        self.definitions.write().unwrap_or_else(PoisonError::into_inner).insert(chaincode.to_owned(), known);
    }

    /// Defines a chaincode in a block of its own, without signatures: for a ledger that no client reads.
    pub fn define(&self, chaincode: &str, definition: &Definition) -> Result<(), DefinitionError> {
        let id = format!("definition of {chaincode} {}", definition.sequence);
        let mut simulation = self.ledger.simulate(id.as_str())?;
        definition.write(&mut simulation, chaincode)?;
        match self.commit_unsigned(simulation.finish(), id)? {
            TxValidationCode::Valid => Ok(()),
            code => Err(DefinitionError::Rejected { chaincode: chaincode.to_owned(), code }),
        }
    }

    /// Commits results in a block of their own, with an envelope that contains nothing else. Returns the validation
    /// code.
    pub fn commit_unsigned(&self, results: Results, id: String) -> Result<TxValidationCode, DefinitionError> {
        let committed = self.ledger.commit(&[envelope::transaction(self.name(), id, results)], self)?;
        Ok(committed.codes.first().copied().unwrap_or(TxValidationCode::NotValidated))
    }

    /// Binds a chaincode of this channel to an ID, until its organization approves a different package or definition.
    pub fn bind(&self, chaincode: &str, id: &str) {
        let definition = self.definition(chaincode).ok().flatten();
        self.bindings.bind(&self.ledger, chaincode, id, definition.as_deref());
    }

    /// Returns the ID under which a chaincode runs; [`None`] if its organization has not approved the definition.
    pub fn run_as(&self, chaincode: &str, definition: &Definition) -> Result<Option<RunAs>, DefinitionError> {
        self.bindings.run_as(&self.ledger, chaincode, definition)
    }

    /// Copies the state of these chaincodes to CouchDB, which answers rich queries from then on. Only the first call
    /// has an effect.
    pub async fn mirror_to(
        &self,
        server: ccs_couchdb::Server,
        chaincodes: &[String],
    ) -> Result<(), MirrorError> {
        let namespaces = chaincodes.iter().map(|chaincode| (chaincode.clone(), self.collections(chaincode)));
        let mirror = StateMirror::open(server, &self.ledger, &namespaces.collect()).await?;
        // A second copy is dropped: the first one contains every block since.
        let _ = self.mirror.set(mirror);
        Ok(())
    }

    /// Returns the copy of the state in CouchDB, if there is one.
    #[must_use]
    pub fn mirror(&self) -> Option<&StateMirror> {
        self.mirror.get()
    }

    /// Returns the names of a chaincode's collections, including the implicit collections of organizations.
    fn collections(&self, chaincode: &str) -> Vec<String> {
        let implicit = self.msps.msps().iter().map(|msp| implicit_collection(msp.id().as_str()));
        let definition = self.definition(chaincode).ok().flatten();
        let defined = definition.iter().flat_map(|definition| definition.collection_names());
        implicit.chain(defined.map(str::to_owned)).collect()
    }

    /// Returns whether a name is that of the implicit collection of an organization in the channel.
    #[must_use]
    pub fn is_implicit_collection(&self, name: &str) -> bool {
        let organization = name.strip_prefix(IMPLICIT);
        organization.is_some_and(|id| self.msps.msp(id).is_some())
    }
}

impl Collections for Channel {
    fn block_to_live(&self, namespace: &str, collection: &str) -> u64 {
        // Called during a commit: a cached definition is current, or applies from the next block on.
        self.known(namespace)
            .and_then(|known| known.definition.collection(collection).map(|found| found.block_to_live))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LIFECYCLE;
    use crate::testing::ledger;

    fn channel() -> Channel {
        Channel::new(ledger(), Vec::new())
    }

    #[test]
    fn a_simulation_notes_the_sequence_and_nothing_else_of_a_definition() {
        let channel = channel();
        let definition = Definition { sequence: 1, version: "1".to_owned(), ..Definition::default() };
        channel.define("basic", &definition).unwrap();
        let mut simulation = channel.ledger().simulate("t").unwrap();
        assert_eq!(channel.resolve(&mut simulation, "basic").unwrap().unwrap().version, "1");
        assert_eq!(channel.resolve(&mut simulation, "basic").unwrap().unwrap().version, "1");
        assert_eq!(channel.resolve(&mut simulation, "absent").unwrap(), None);
        let touched = simulation.finish().touched;
        assert_eq!(touched[0].namespace, LIFECYCLE);
        assert_eq!(
            touched[0].read,
            ["namespaces/fields/absent/Sequence", "namespaces/fields/basic/Sequence"]
        );
    }

    #[test]
    fn a_new_sequence_is_a_new_definition() {
        let channel = channel();
        for (sequence, version) in [(1, "1.0"), (2, "2.0")] {
            let version = version.to_owned();
            channel.define("basic", &Definition { sequence, version, ..Definition::default() }).unwrap();
            assert_eq!(channel.definition("basic").unwrap().unwrap().sequence, sequence);
            assert_eq!(channel.definition("basic").unwrap().unwrap().sequence, sequence);
        }
        assert_eq!(channel.definition("basic").unwrap().unwrap().version, "2.0");
        assert_eq!(channel.ledger().height(), 3);
    }

    #[test]
    fn bindings_are_by_name_and_need_no_approval() {
        let channel = channel();
        channel.bind("basic", "basic_1.0:00");
        let definition = Definition { sequence: 1, ..Definition::default() };
        let bound = RunAs::Bound("basic_1.0:00".to_owned());
        assert_eq!(channel.run_as("basic", &definition).unwrap(), Some(bound));
        assert_eq!(channel.run_as("other", &definition).unwrap(), None);
    }
}
