//! The two sides in a line of a log, so that one text of TLS or gRPC gets the right advice.

use serde::Deserialize;

/// The two sides in a line, as far as the line shows them.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// The peer dials or launches a chaincode.
    PeerToChaincode,
    /// The peer calls its state database.
    CouchDb,
    /// The peer calls a Docker engine.
    Docker,
    /// Some client has dialed the peer, and the peer's server writes the line.
    PeerServer,
    /// Some client has dialed the orderer, and the orderer's server writes the line.
    OrdererServer,
    /// An orderer dials another orderer of its cluster.
    OrdererCluster,
    /// A peer dials an orderer for blocks, or another peer for gossip.
    PeerNetwork,
    /// A peer, an orderer or one of their commands dials a server that the line does not name.
    TlsClient,
    /// The command `peer` or `osnadmin` dials a peer or an orderer.
    PeerCommand,
    /// An application dials a peer or an orderer.
    Application,
}

/// The texts in the lines of each context. The first context with a mark in the line counts, so inner ones come first: the error
/// of an application holds the peer's, and the peer's may contain an error of a chaincode.
const MARKS: &[(Context, &[&str])] = &[
    (
        Context::PeerToChaincode,
        &[
            "error creating grpc connection to",
            "error cannot create connection for",
            "could not launch chaincode",
            "[chaincode.externalbuilder",
        ],
    ),
    (Context::CouchDb, &["CouchDB", "couchdb", "couch db", ":5984"]),
    (
        Context::Docker,
        &["docker build failed", "docker image build failed", "[dockercontroller]", "docker.sock"],
    ),
    (Context::PeerServer, &["server=PeerServer", "\"server\":\"PeerServer\""]),
    (Context::OrdererServer, &["server=Orderer", "\"server\":\"Orderer\""]),
    (Context::OrdererCluster, &["[orderer.common.cluster", "[orderer.consensus", "\"orderer.common.cluster"]),
    (Context::PeerNetwork, &["[peer.blocksprovider]", "[deliveryClient]", "[gossip.", "[peer.orderers]"]),
    (Context::TlsClient, &["[comm.tls] ClientHandshake", "Client TLS handshake failed"]),
    (
        Context::PeerCommand,
        &[
            "endorser client",
            "deliver client",
            "orderer client",
            "broadcast client",
            "snapshot client",
            "osnadmin",
            "[cli.",
            "[channelCmd]",
            "[chaincodeCmd]",
        ],
    ),
    (
        Context::Application,
        &[
            "UNAVAILABLE",
            "code = Unavailable",
            "CONNECTION_FAILED",
            "No connection established",
            "StatusRuntimeException",
            "ServiceEndpoint",
            "Endorser-",
            "Committer-",
            "Discoverer-",
            "Eventer-",
            "EndorseError",
            "SubmitError",
            "GatewayError",
            "EndorseException",
            "SubmitException",
            "GatewayException",
            "org.hyperledger.fabric.",
            "io.grpc.",
            "[fabsdk/",
            "Transaction processing for endorser",
            "dialing connection on target",
        ],
    ),
];

impl Context {
    /// Finds the context of a line.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let is_marked = |(_, marks): &&(Self, &[&str])| marks.iter().any(|mark| line.contains(mark));
        MARKS.iter().find(is_marked).map(|(context, _)| *context)
    }
}
