//! `cscc`: queries for channels and their configuration (Fabric 3.1 `core/scc/cscc/configure.go`).
//!
//! A peer's channels and their configuration are fixed at startup, so the functions that join a channel are rejected.

use ccs_chaincode::SystemChaincode;
use ccs_channel::{Channel, access};
use ccs_proto::common::{Block, Config, ConfigEnvelope, Envelope, Payload};
use ccs_proto::peer::{ChannelInfo, ChannelQueryResponse};
use prost::Message;

use super::{Answer, Request};

pub(super) fn invoke(request: &Request<'_>) -> Answer {
    let count = request.arguments().len();
    let function = request.text(0);
    if count < 1 || (function != "GetChannels" && count < 2) {
        return Err(format!("Incorrect number of arguments, {count}"));
    }
    let called = request.called();
    if called != "cscc" {
        return Err(SystemChaincode::Cscc.rejection(&called));
    }
    match function.as_str() {
        "GetChannels" => channels(request),
        "GetConfigBlock" => Ok(config_block(readable(request, &function)?)?.encode_to_vec()),
        "GetChannelConfig" => Ok(channel_config(readable(request, &function)?)?.encode_to_vec()),
        "JoinChain" | "JoinChainBySnapshot" | "JoinBySnapshotStatus" => {
            Err(format!("{function} is not supported: the channels of this peer are configured at startup"))
        }
        _ => Err(format!("Requested function {function} not found.")),
    }
}

/// Returns the names of the channels to a member of the peer's organization, even if the header names a channel of
/// other organizations. The signature is already verified.
fn channels(request: &Request<'_>) -> Answer {
    request.local.msps.identify(request.proposal.creator.creator()).map_err(|error| {
        let what = "Failed deserializing proposal creator";
        let denied = access::channelless(what, "Members", &error.to_string());
        format!("access denied for [GetChannels]: {denied}")
    })?;
    let channels =
        request.channels.iter().map(|channel| ChannelInfo { channel_id: channel.name().to_owned() });
    Ok(ChannelQueryResponse { channels: channels.collect() }.encode_to_vec())
}

/// Returns the channel in the second argument, if the client may read it.
fn readable<'a>(request: &Request<'a>, function: &str) -> Result<&'a Channel, String> {
    let name = request.text(1);
    let denied = |reason: String| format!("access denied for [{function}][{name}]: {reason}");
    let channel = request.channels.get(&name);
    // A peer first looks for the policy, and so reports the missing policy manager of an unknown channel.
    let channel = channel.ok_or_else(|| denied(access::no_policy_manager(&name)))?;
    request.may_read(channel).map_err(denied)?;
    Ok(channel)
}

fn config_block(channel: &Channel) -> Result<Block, String> {
    let block = channel.ledger().block(0).map_err(|error| error.to_string())?;
    block.ok_or_else(|| "no such block number [0] in index".to_owned())
}

/// Returns the configuration of a channel.
pub(crate) fn channel_config(channel: &Channel) -> Result<Config, String> {
    let block = config_block(channel)?;
    let envelope = block.data.as_ref().and_then(|data| data.data.first());
    let read = |bytes: &[u8]| {
        let payload = Payload::decode(Envelope::decode(bytes)?.payload.as_slice())?;
        ConfigEnvelope::decode(payload.data.as_slice())
    };
    let config = read(envelope.map(Vec::as_slice).unwrap_or_default());
    let config = config.map_err(|error| format!("bad configuration envelope: {error}"))?.config;
    config.ok_or_else(|| "the first block contains no configuration".to_owned())
}
