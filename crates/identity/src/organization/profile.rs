//! Connection profiles, for applications that use them.
//!
//! They have the form of the profiles of Fabric's test network, but list no CA, since none is running.

use serde::Serialize;
use std::collections::BTreeMap;

use super::OrganizationPlan;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    name: String,
    version: &'static str,
    client: Client,
    organizations: BTreeMap<String, Member<'a>>,
    peers: BTreeMap<String, Peer<'a>>,
}

#[derive(Serialize)]
struct Client {
    organization: String,
}

#[derive(Serialize)]
struct Member<'a> {
    mspid: &'a str,
    peers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Peer<'a> {
    url: String,
    #[serde(rename = "tlsCACerts")]
    tls_ca_certs: Pem<'a>,
    grpc_options: Options,
}

#[derive(Serialize)]
struct Pem<'a> {
    pem: &'a str,
}

#[derive(Serialize)]
struct Options {
    #[serde(rename = "ssl-target-name-override")]
    target: String,
    #[serde(rename = "hostnameOverride")]
    hostname: String,
}

/// Returns the organization's name in profiles: the first label of its domain, capitalized.
fn organization_name(plan: &OrganizationPlan) -> String {
    let mut letters = plan.domain.first_label().chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

pub(super) fn json(plan: &OrganizationPlan, tls_ca: &str) -> String {
    let (name, peer) = (organization_name(plan), plan.peer_name());
    let entry = Peer {
        url: format!("grpcs://{}", plan.endpoint),
        tls_ca_certs: Pem { pem: tls_ca },
        grpc_options: Options { target: peer.clone(), hostname: peer.clone() },
    };
    let member = Member { mspid: plan.msp_id.as_str(), peers: vec![peer.clone()] };
    let profile = Profile {
        name: format!("development-{}", plan.domain.first_label()),
        version: "1.0.0",
        client: Client { organization: name.clone() },
        organizations: BTreeMap::from([(name, member)]),
        peers: BTreeMap::from([(peer, entry)]),
    };
    // Keys and values are strings, so this cannot fail.
    let mut text = serde_json::to_string_pretty(&profile).unwrap_or_default();
    text.push('\n');
    text
}

/// Returns the JSON profile's content as YAML, with the certificate as a block of lines.
pub(super) fn yaml(plan: &OrganizationPlan, tls_ca: &str) -> String {
    let (name, peer) = (organization_name(plan), plan.peer_name());
    let label = plan.domain.first_label();
    let (msp_id, endpoint) = (&plan.msp_id, &plan.endpoint);
    let indent = "\n        ";
    let pem = tls_ca.lines().collect::<Vec<_>>().join(indent);
    format!(
        "name: development-{label}
version: 1.0.0
client:
  organization: \"{name}\"
organizations:
  \"{name}\":
    mspid: \"{msp_id}\"
    peers:
      - {peer}
peers:
  {peer}:
    url: \"grpcs://{endpoint}\"
    tlsCACerts:
      pem: |{indent}{pem}
    grpcOptions:
      ssl-target-name-override: {peer}
      hostnameOverride: {peer}
"
    )
}
