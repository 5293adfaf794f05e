//! A client, the services, a peer, and a chaincode on the published Rust shim.

use std::sync::Arc;

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport, Source};
use ccs_channel::{Channel, Definition};
use ccs_dial::ConnectionInfo;
use ccs_identity::SignaturePolicy;
use ccs_ledger::Store;
use ccs_peer::{Peer, PeerOptions};
use ccs_proto::common::{ApplicationPolicy, application_policy};
use ccs_proto::gateway::{ChaincodeEventsRequest, SignedChaincodeEventsRequest};
use ccs_proto::peer::{
    CollectionConfig, CollectionConfigPackage, CollectionPolicyConfig, StaticCollectionConfig,
    TxValidationCode, collection_config, collection_policy_config,
};
use fabric_shim::{ChaincodeStub, Response, Server};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::deliver::at;
use crate::evaluate::details;
use crate::network::{CHANNEL, Network};
use crate::running::{LIMIT, Running, genesis, serve_node};

pub(crate) const ID: &str = "basic:5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f";

/// Contract that stores public and private values, answers late or with large responses, and calls other chaincodes.
#[derive(Default)]
struct Values {
    /// Number of calls that have started to hang.
    hanging: watch::Sender<usize>,
}

#[fabric_shim::async_trait]
impl fabric_shim::Chaincode for Values {
    async fn invoke(&self, stub: ChaincodeStub) -> Response {
        let (function, arguments) = stub.get_function_and_args();
        let result = match (function.as_str(), arguments.as_slice()) {
            ("Put", [key, value]) => {
                let written = stub.put_state(key, value.clone().into_bytes()).await;
                written.and_then(|()| stub.set_event("Put", key.clone().into_bytes())).map(|()| Vec::new())
            }
            ("Get", [key]) => stub.get_state(key).await,
            ("PutPrivate", [key]) => {
                let value = stub.get_transient().get("key").cloned().unwrap_or_default();
                stub.put_private_data("ours", key, value).await.map(|()| Vec::new())
            }
            ("Increment", [key]) => increment(&stub, key).await,
            ("Hang", []) => {
                self.hanging.send_modify(|hanging| *hanging += 1);
                std::future::pending().await
            }
            ("Big", [size]) => Ok(vec![b'x'; size.parse().unwrap_or(0)]),
            ("Call", [chaincode, channel, key]) => {
                let get = vec![b"Get".to_vec(), key.clone().into_bytes()];
                match stub.invoke_chaincode(chaincode, get, channel).await {
                    Ok(response) => return response,
                    Err(error) => Err(error),
                }
            }
            ("GetPrivate", [key]) => stub.get_private_data("ours", key).await,
            _ => return Response::error("unknown function"),
        };
        match result {
            Ok(payload) => Response::success(payload),
            Err(error) => Response::error(error.to_string()),
        }
    }
}

async fn increment(stub: &ChaincodeStub, key: &str) -> fabric_shim::Result<Vec<u8>> {
    let before = String::from_utf8_lossy(&stub.get_state(key).await?).parse().unwrap_or(0);
    let after = (before + 1).to_string().into_bytes();
    stub.put_state(key, after.clone()).await?;
    Ok(after)
}

pub(crate) fn define(channel: &Channel, sequence: i64, policy: &str) {
    let policy = policy.parse::<SignaturePolicy>().unwrap().to_envelope();
    let policy = ApplicationPolicy { r#type: Some(application_policy::Type::SignaturePolicy(policy)) };
    let members = "OR('Org1MSP.member')".parse::<SignaturePolicy>().unwrap().to_envelope();
    let members = collection_policy_config::Payload::SignaturePolicy(members);
    let ours = StaticCollectionConfig {
        name: "ours".to_owned(),
        member_orgs_policy: Some(CollectionPolicyConfig { payload: Some(members) }),
        ..StaticCollectionConfig::default()
    };
    let ours = CollectionConfig { payload: Some(collection_config::Payload::StaticCollectionConfig(ours)) };
    let definition = Definition {
        sequence,
        version: format!("{sequence}.0"),
        validation_parameter: policy.encode_to_vec(),
        collections: CollectionConfigPackage { config: vec![ours] },
        ..Definition::default()
    };
    channel.define("basic", &definition).unwrap();
}

/// Starts chaincode on a free port. The receiver counts its hanging calls.
pub(crate) async fn serve_values() -> (String, watch::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = Server::new(ID.to_owned(), &address).unwrap();
    let values = Values::default();
    let hanging = values.hanging.subscribe();
    tokio::spawn(server.serve_with_listener(values, listener, std::future::pending()));
    (address, hanging)
}

/// Starts chaincode, peer and services.
async fn start() -> (Running, Arc<ChaincodeSupport>) {
    start_on(serve_values().await.0).await
}

/// Starts peer and services, with a chaincode at an address.
pub(crate) async fn start_on(address: String) -> (Running, Arc<ChaincodeSupport>) {
    let network = Network::new();
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let channel = Channel::new(ledger.clone(), vec![Arc::clone(network.organization.msp())]);
    define(&channel, 1, "OR('Org1MSP.peer')");
    channel.bind("basic", ID);
    let peer = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
    peer.join(Arc::new(channel));
    let info = ConnectionInfo { address, dial_timeout: LIMIT, tls: None };
    peer.chaincodes().add(ID, Source::Server(info));

    let options =
        PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
    let node = Peer::with_chaincode(options, &peer);
    (serve_node(network, ledger, node, Arc::default()).await, peer)
}

#[tokio::test]
async fn a_transaction_goes_all_the_way_and_its_event_comes_back() {
    let (running, peer) = start().await;
    let (id, block) = running.submit(&["Put", "a", "1"]).await;
    assert_eq!(running.evaluate(&["Get", "a"]).await, b"1");
    let request = ChaincodeEventsRequest {
        channel_id: CHANNEL.to_owned(),
        chaincode_id: "basic".to_owned(),
        identity: running.network.client.creator().to_vec(),
        start_position: Some(ccs_proto::orderer::SeekPosition { r#type: Some(at(0)) }),
        after_transaction_id: String::new(),
    };
    let request = request.encode_to_vec();
    let signature = running.network.client.sign(&request).unwrap();
    let request = SignedChaincodeEventsRequest { request, signature };
    let mut events = running.gateway().chaincode_events(request).await.unwrap().into_inner();
    let response = timeout(LIMIT, events.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(response.block_number, block);
    let event = &response.events[0];
    assert_eq!((event.event_name.as_str(), event.payload.as_slice()), ("Put", b"a".as_slice()));
    assert_eq!((event.chaincode_id.as_str(), event.tx_id.as_str()), ("basic", id.as_str()));
    drop(events);
    running.stop().await;
    peer.chaincodes().close().await;
}

#[tokio::test]
async fn private_data_gets_from_the_transient_map_into_the_collection() {
    let (running, peer) = start().await;
    let parts = running.parts(&["PutPrivate", "k"]).with_transient();
    running.send(running.prepare(&parts).await).await.unwrap();
    let status = running.status(&parts.id()).await;
    assert_eq!(status.result(), TxValidationCode::Valid);
    assert_eq!(running.evaluate(&["GetPrivate", "k"]).await, b"secret");
    let envelope = running.ledger.transaction(&parts.id()).unwrap().unwrap().envelope;
    assert!(!envelope.windows(6).any(|bytes| bytes == b"secret"));
    running.stop().await;
    peer.chaincodes().close().await;
}

#[tokio::test]
async fn a_new_definition_invalidates_what_was_endorsed_under_the_old_one() {
    let (running, peer) = start().await;
    let parts = running.parts(&["Put", "a", "1"]);
    let transaction = running.prepare(&parts).await;
    define(&peer.channel(CHANNEL).unwrap(), 2, "OR('Org1MSP.peer')");
    running.send(transaction).await.unwrap();
    assert_eq!(running.status(&parts.id()).await.result(), TxValidationCode::MvccReadConflict);

    define(&peer.channel(CHANNEL).unwrap(), 3, "OR('Org2MSP.peer')");
    let parts = running.parts(&["Put", "a", "1"]);
    running.send(running.prepare_for(&parts, "Org1MSP").await).await.unwrap();
    let status = running.status(&parts.id()).await;
    assert_eq!(status.result(), TxValidationCode::EndorsementPolicyFailure);
    // Without the organization in the request, the gateway looks for a combination of peers.
    let request = running.endorse_request(&running.parts(&["Put", "a", "1"]));
    let status = running.gateway().endorse(request).await.unwrap_err();
    assert_eq!(
        status.message(),
        "no combination of peers can be derived which satisfy the endorsement policy: no peer combination can satisfy the endorsement policy"
    );
    running.stop().await;
    peer.chaincodes().close().await;
}

#[tokio::test]
async fn the_chaincodes_own_error_reaches_the_client() {
    let (running, peer) = start().await;
    let request = running.endorse_request(&running.parts(&["Nothing"]));
    let status = running.gateway().endorse(request).await.unwrap_err();
    assert_eq!(details(&status), ["chaincode response 500, unknown function"]);
    running.stop().await;
    peer.chaincodes().close().await;
}
