//! Definitions that a network commits by itself, before it has clients.

use std::sync::Arc;

use ccs_ledger::Replicas;
use ccs_proto::peer::TxValidationCode;

use crate::channel::Channel;
use crate::definition::Definition;
use crate::record::{DefinitionError, LIFECYCLE};
use crate::signed::{Signers, SystemCall};

/// Commits the definition of a chaincode in a block of its own, with a transaction like that of an administrator.
/// `channels` is the same channel on all peers, which are the whole network.
pub fn define(
    channels: &[Arc<Channel>],
    (chaincode, definition): (&str, &Definition),
    signers: Signers<'_>,
) -> Result<(), DefinitionError> {
    let Some(channel) = channels.first() else { return Ok(()) };
    let unsigned =
        |source| DefinitionError::Unsigned { chaincode: chaincode.to_owned(), source: Box::new(source) };
    let arguments = vec![b"CommitChaincodeDefinition".to_vec(), definition.arguments(chaincode)];
    let call = SystemCall::new((channel.name(), LIFECYCLE), arguments, signers.client).map_err(unsigned)?;
    let mut simulation = channel.ledger().simulate(call.id())?;
    definition.write(&mut simulation, chaincode)?;
    let transaction = call.transaction(simulation.finish(), signers).map_err(unsigned)?;
    let ledgers = channels.iter().map(|channel| channel.ledger().clone()).collect();
    let batches: Vec<_> = channels.iter().map(|_| [transaction.clone()]).collect();
    let committed = Replicas::new(ledgers)?.commit_with(&batches, &**channel, |_| ())?;
    match committed.first().and_then(|block| block.codes.first()) {
        Some(TxValidationCode::Valid) => Ok(()),
        code => Err(DefinitionError::Rejected {
            chaincode: chaincode.to_owned(),
            code: code.copied().unwrap_or(TxValidationCode::NotValidated),
        }),
    }
}
