//! `cscc`: queries for channels and their configuration (Fabric 3.1 `core/scc/cscc/configure.go`).
//!
//! A peer's channels and their configuration are fixed at startup, so it rejects each request to join a channel: the
//! channel is joined already, or unknown.

use ccs_chaincode::SystemChaincode;
use ccs_channel::{Channel, access};
use ccs_proto::common::{Block, ChannelHeader, Config, ConfigEnvelope, Envelope, Payload};
use ccs_proto::peer::{ChannelInfo, ChannelQueryResponse};
use prost::Message;

use super::{Answer, Request};
use crate::local::require_admin;

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
        "JoinChain" => join(request),
        "JoinChainBySnapshot" | "JoinBySnapshotStatus" => Err(unsupported(&function)),
        _ => Err(format!("Requested function {function} not found.")),
    }
}

fn unsupported(function: &str) -> String {
    format!("{function} is not supported: the channels of this peer are configured at startup")
}

/// Rejects a first block, for the first reason that a Fabric peer would find.
fn join(request: &Request<'_>) -> Answer {
    let bytes = request.arguments().get(1).map(Vec::as_slice).unwrap_or_default();
    let block = Block::decode(bytes);
    let block = block.map_err(|error| format!("Failed to reconstruct the genesis block, {error}"))?;
    let name = channel_of(&block).map_err(|reason| {
        format!("\"JoinChain\" request failed to extract channel id from the block due to [{reason}]")
    })?;
    let invalid = |reason: String| {
        format!(
            "\"JoinChain\" for channelID = {name} failed because of validation of configuration block, because of {reason}"
        )
    };
    let config = config_of(&block).map_err(invalid)?;
    config.channel_group.ok_or_else(|| invalid("Nil channel group".to_owned()))?;
    require_admin(&request.local.msps, request.signed())
        .map_err(|reason| format!("access denied for [JoinChain][{name}]: [{reason}]"))?;
    match request.channels.get(&name) {
        Some(_) => Err(format!(
            "cannot create ledger from genesis block: ledger [{name}] already exists with state [ACTIVE]"
        )),
        None => Err(unsupported("JoinChain")),
    }
}

/// Returns the name of the channel in the header of a block's first transaction.
fn channel_of(block: &Block) -> Result<String, String> {
    let envelope = block.data.as_ref().and_then(|data| data.data.first());
    let envelope = envelope.ok_or("failed to retrieve channel id - block is empty")?;
    let payload = Envelope::decode(envelope.as_slice())
        .and_then(|envelope| Payload::decode(envelope.payload.as_slice()))
        .map_err(|error| error.to_string())?;
    let header = payload.header.ok_or("failed to retrieve channel id - payload header is empty")?;
    let header = ChannelHeader::decode(header.channel_header.as_slice());
    Ok(header.map_err(|error| error.to_string())?.channel_id)
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
    config_of(&config_block(channel)?)
}

fn config_of(block: &Block) -> Result<Config, String> {
    let envelope = block.data.as_ref().and_then(|data| data.data.first());
    let read = |bytes: &[u8]| {
        let payload = Payload::decode(Envelope::decode(bytes)?.payload.as_slice())?;
        ConfigEnvelope::decode(payload.data.as_slice())
    };
    let config = read(envelope.map(Vec::as_slice).unwrap_or_default());
    let config = config.map_err(|error| format!("Bad configuration envelope: {error}"))?.config;
    config.ok_or_else(|| "Nil config envelope Config".to_owned())
}
