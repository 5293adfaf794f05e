//! `INVOKE_CHAINCODE`: calls from chaincode to chaincode.

use std::sync::Arc;

use ccs_channel::Channel;
use ccs_channel::access::{Access, SignedData};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeSpec, Response};
use prost::Message;

use super::{Payload, RequestError, decode_payload};
use crate::context::{ChaincodeCall, Context};
use crate::shared_simulation::SharedSimulation;
use crate::system_chaincode::SystemChaincode;
use crate::wire::TransactionKey;

/// Destination of a call.
#[derive(Debug, PartialEq, Eq)]
struct CalleeName<'a> {
    chaincode: &'a str,
    /// [`None`] for the caller's channel.
    channel: Option<&'a str>,
}

impl<'a> CalleeName<'a> {
    /// Parses `name[:version][/channel]`, ignoring the version.
    fn parse(text: &'a str) -> Self {
        let (chaincode, channel) = match text.split_once('/') {
            Some((chaincode, channel)) => (chaincode, Some(channel).filter(|channel| !channel.is_empty())),
            None => (text, None),
        };
        let chaincode = chaincode.split_once(':').map_or(chaincode, |(name, _version)| name);
        Self { chaincode, channel }
    }
}

/// Runs another chaincode and returns its last message.
///
/// On the same channel, it reads and writes in the caller's simulation. On another channel, its writes are discarded.
pub(super) async fn call(payload: &[u8], context: &Context) -> Payload {
    let spec: ChaincodeSpec = decode_payload(payload)?;
    let name = spec.chaincode_id.map(|id| id.name).unwrap_or_default();
    let target = CalleeName::parse(&name);
    if target.chaincode.is_empty() {
        return Err(RequestError::Target(format!("no chaincode name in {name:?}")));
    }
    if let Some(system) = SystemChaincode::find(target.chaincode) {
        return Ok(completed(context, &system.reject(&context.proposal)));
    }
    let here = context.channel.name();
    let channel = match target.channel {
        Some(other) if other != here => {
            context.callees.channel(other).ok_or_else(|| RequestError::NoChannel(other.to_owned()))?
        }
        _ => Arc::clone(&context.channel),
    };
    permitted(context, &channel)?;
    let simulation = if channel.name() == here {
        context.shared_simulation()
    } else {
        SharedSimulation::new(channel.ledger().simulate(context.transaction_id.as_str())?)
    };
    let call = ChaincodeCall {
        input: spec.input.unwrap_or_default(),
        transaction_id: context.transaction_id.clone(),
        proposal: Arc::clone(&context.proposal),
        creator: context.creator.clone(),
        simulation,
    };
    let invoked = Arc::clone(&context.callees).invoke(channel, target.chaincode, call).await;
    Ok(invoked.map_err(|error| RequestError::Execute(Box::new(error)))?.encode_to_vec())
}

/// Checks that the creator of the transaction may call chaincode on a channel. The policy of
/// `peer/ChaincodeToChaincode` requires Writers, even on the caller's own channel (Fabric 3.1
/// `core/chaincode/handler.go`).
///
/// A peer also rejects calls without a signed proposal; here there always is one.
fn permitted(context: &Context, channel: &Channel) -> Result<(), RequestError> {
    let Some(creator) = &context.creator else { return Ok(()) };
    let signed = SignedData {
        identity: creator.creator(),
        message: &context.proposal.proposal_bytes,
        signature: &context.proposal.signature,
    };
    let checked = Access::Write.check(channel.msps(), signed);
    checked.map(drop).map_err(|denied| RequestError::AccessDenied(denied.on(channel.name())))
}

/// Returns the last message of a chaincode that answers immediately, as its caller receives it.
fn completed(context: &Context, response: &Response) -> Vec<u8> {
    let (channel, id) = (context.channel.name().to_owned(), context.transaction_id.clone());
    TransactionKey { channel, id }.message(Type::Completed, response.encode_to_vec()).encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_perhaps_with_version_and_channel() {
        for (text, chaincode, channel) in [
            ("basic", "basic", None),
            ("basic:1.0", "basic", None),
            ("basic/other", "basic", Some("other")),
            ("basic:1.0/other", "basic", Some("other")),
            ("basic/other:1.0", "basic", Some("other:1.0")),
            ("basic/", "basic", None),
            ("", "", None),
        ] {
            assert_eq!(CalleeName::parse(text), CalleeName { chaincode, channel }, "{text}");
        }
    }
}
