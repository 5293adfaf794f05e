//! Connection profiles, for applications that use them.
//!
//! They have the form of the profiles of Fabric's test network, and also list channels and the orderer, which clients
//! without service discovery need. The CA in them has the address of the test network's, unless one is running.

use std::collections::BTreeMap;

use serde::Serialize;

use super::OrganizationPlan;

/// Address of the organization's CA in the test network.
const CA_URL: &str = "https://localhost:7054";

/// What a profile says in addition to the description of the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileSettings {
    /// Whether clients use TLS.
    pub is_tls: bool,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// The orderer, if it has a listener of its own; otherwise the peer's listener serves the orderer too.
    pub orderer: Option<OrdererProfile>,
    /// The Fabric CA, if one is running.
    pub ca: Option<CaProfile>,
}

/// How clients reach a Fabric CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaProfile {
    /// Address that clients dial, `host:port`.
    pub endpoint: String,
    /// CA certificate that clients trust, as PEM.
    pub tls_ca: String,
}

/// How clients reach an orderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdererProfile {
    /// Address that clients dial, `host:port`.
    pub endpoint: String,
    /// CA certificate that clients trust, as PEM.
    pub tls_ca: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    name: String,
    version: &'static str,
    client: Client,
    organizations: BTreeMap<String, Member<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    channels: BTreeMap<&'a str, Channel>,
    peers: BTreeMap<String, Node<'a>>,
    orderers: BTreeMap<String, Node<'a>>,
    certificate_authorities: BTreeMap<String, Authority<'a>>,
}

#[derive(Serialize)]
struct Client {
    organization: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member<'a> {
    mspid: &'a str,
    peers: Vec<String>,
    certificate_authorities: Vec<String>,
}

#[derive(Serialize)]
struct Channel {
    orderers: Vec<String>,
    peers: BTreeMap<String, Roles>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the format has these keys")]
struct Roles {
    endorsing_peer: bool,
    chaincode_query: bool,
    ledger_query: bool,
    event_source: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    url: String,
    #[serde(rename = "tlsCACerts")]
    tls_ca_certs: Pem<&'a str>,
    grpc_options: Options,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authority<'a> {
    url: String,
    ca_name: String,
    #[serde(rename = "tlsCACerts")]
    tls_ca_certs: Pem<[&'a str; 1]>,
    http_options: Http,
}

#[derive(Serialize)]
struct Pem<T> {
    pem: T,
}

#[derive(Serialize)]
struct Http {
    verify: bool,
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

/// Returns the name of a profile that this program has written.
pub(super) fn profile_name(plan: &OrganizationPlan) -> String {
    format!("development-{}", plan.domain.first_label())
}

fn profile<'a>(plan: &'a OrganizationPlan, tls_ca: &'a str, settings: &'a ProfileSettings) -> Profile<'a> {
    let (name, peer, orderer) = (organization_name(plan), plan.peer_name(), plan.orderer_name());
    let ca = format!("ca.{}", plan.domain);
    let scheme = if settings.is_tls { "grpcs" } else { "grpc" };
    let node = |endpoint: &str, tls_ca: &'a str, name: &String| Node {
        url: format!("{scheme}://{endpoint}"),
        tls_ca_certs: Pem { pem: tls_ca },
        grpc_options: Options { target: name.clone(), hostname: name.clone() },
    };
    let orderer_node = match &settings.orderer {
        Some(OrdererProfile { endpoint, tls_ca }) => node(endpoint, tls_ca, &orderer),
        // One listener serves both. The peer's name is also in certificates of other origin.
        None => node(&plan.endpoint, tls_ca, &peer),
    };
    let channel = || {
        let roles =
            Roles { endorsing_peer: true, chaincode_query: true, ledger_query: true, event_source: true };
        Channel { orderers: vec![orderer.clone()], peers: BTreeMap::from([(peer.clone(), roles)]) }
    };
    let (url, root) = match &settings.ca {
        Some(CaProfile { endpoint, tls_ca }) => (format!("https://{endpoint}"), tls_ca.as_str()),
        None => (CA_URL.to_owned(), tls_ca),
    };
    let authority = Authority {
        url,
        ca_name: plan.ca_name(),
        tls_ca_certs: Pem { pem: [root] },
        http_options: Http { verify: false },
    };
    let member = Member {
        mspid: plan.msp_id.as_str(),
        peers: vec![peer.clone()],
        certificate_authorities: vec![ca.clone()],
    };
    Profile {
        name: profile_name(plan),
        version: "1.0.0",
        client: Client { organization: name.clone() },
        organizations: BTreeMap::from([(name, member)]),
        channels: settings.channels.iter().map(|name| (name.as_str(), channel())).collect(),
        peers: BTreeMap::from([(peer.clone(), node(&plan.endpoint, tls_ca, &peer))]),
        orderers: BTreeMap::from([(orderer.clone(), orderer_node)]),
        certificate_authorities: BTreeMap::from([(ca, authority)]),
    }
}

pub(super) fn json(plan: &OrganizationPlan, tls_ca: &str, settings: &ProfileSettings) -> String {
    // Keys are strings and values strings or booleans, so this cannot fail.
    let mut text = serde_json::to_string_pretty(&profile(plan, tls_ca, settings)).unwrap_or_default();
    text.push('\n');
    text
}

/// Returns the JSON profile's content as YAML, with each certificate as a block of lines.
pub(super) fn yaml(plan: &OrganizationPlan, tls_ca: &str, settings: &ProfileSettings) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    // Texts, lists and maps with text keys can be written as YAML.
    serde_saphyr::to_string_with_options(&profile(plan, tls_ca, settings), options).unwrap_or_default()
}
