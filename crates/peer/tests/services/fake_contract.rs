//! A contract in this process, which replaces a running chaincode.

use std::sync::Arc;

use ccs_chaincode::{ChaincodeCall, Completed, Gap, Target, TransactionError};
use ccs_channel::{Channel, Definition};
use ccs_identity::SignaturePolicy;
use ccs_ledger::{Simulation, SimulationError};
use ccs_peer::{ChaincodeExecutor, ChaincodePolicies, CollectionPolicies, EndorsementPolicy};
use ccs_proto::peer::{ChaincodeEvent, Response};
use prost::Message;
use tokio::sync::watch;

/// Runs the contract `basic`, on every channel.
#[derive(Default)]
pub(crate) struct FakeContract {
    /// Number of running calls of the function that never answers.
    pub(crate) hanging: watch::Sender<usize>,
    /// Organization of the peer, for functions that differ between peers.
    pub(crate) organization: &'static str,
    /// Whether the peer has no contract.
    pub(crate) is_absent: bool,
}

/// Call that never answers.
struct Hanging<'a>(&'a watch::Sender<usize>);

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

pub(crate) fn policies() -> ChaincodePolicies {
    let collection = |name: &str, members: &str, endorsement: Option<&str>| CollectionPolicies {
        name: name.to_owned(),
        members: members.parse().unwrap(),
        required_peer_count: i32::from(name.starts_with("distributed")),
        endorsement_policy: endorsement.map(|policy| EndorsementPolicy::Signature(policy.parse().unwrap())),
        block_to_live: 0,
    };
    ChaincodePolicies {
        endorsement_policy: EndorsementPolicy::Channel,
        collections: vec![
            collection("ours", "OR('Org1MSP.member')", None),
            collection("theirs", "OR('Org2MSP.member')", None),
            collection("everyone's", "OR('Org1MSP.member', 'Org2MSP.member')", None),
            collection("distributed", "OR('Org1MSP.member', 'Org2MSP.member')", None),
            collection("distributed alone", "OR('Org1MSP.member')", None),
            collection("strict", "OR('Org1MSP.member')", Some("OR('Org2MSP.peer')")),
            collection("light", "OR('Org1MSP.member', 'Org2MSP.member')", Some("OR('Org1MSP.peer')")),
        ],
    }
}

#[tonic::async_trait]
impl ChaincodeExecutor for FakeContract {
    fn policies(&self, _: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        (chaincode == "basic").then(|| Arc::new(policies()))
    }

    fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap> {
        if chaincode != "basic" || self.is_absent {
            return Err(Gap::Undefined(chaincode.to_owned()));
        }
        let definition = Definition { sequence: 1, version: "1.0".to_owned(), ..Definition::default() };
        Ok(Target {
            channel: Arc::clone(channel),
            chaincode: chaincode.to_owned(),
            definition: Arc::new(definition),
            id: "basic:1".to_owned(),
        })
    }

    async fn execute(&self, target: Target, call: ChaincodeCall) -> Result<Completed, TransactionError> {
        let arguments: Vec<_> =
            call.input.args.iter().map(|argument| String::from_utf8(argument.clone()).unwrap()).collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        if arguments[0] == "hang" {
            self.hanging.send_modify(|count| *count += 1);
            let _hanging = Hanging(&self.hanging);
            std::future::pending::<()>().await;
        }
        let mut simulation = call.simulation.lock();
        let arguments = match *arguments.as_slice() {
            ["on", organization, ref then @ ..] if organization == self.organization => then,
            ["on", _, ..] => &["put", "done", "1"],
            ["put own name", key] => &["put", key, self.organization],
            ["own name"] => &["answer with", self.organization],
            ref all => all,
        };
        let (response, event) = run(&mut simulation, arguments)?;
        Ok(Completed { response, event, definition: target.definition })
    }
}

fn run(
    simulation: &mut Simulation,
    arguments: &[&str],
) -> Result<(Response, Option<ChaincodeEvent>), TransactionError> {
    let answer = |payload: &[u8]| Response { status: 200, message: String::new(), payload: payload.to_vec() };
    let failed = |error: SimulationError| TransactionError::Failure(error.to_string());
    let mut event = None;
    let response = match *arguments {
        ["put", key, value] => {
            simulation.put("basic", key, value.into()).unwrap();
            answer(value.as_bytes())
        }
        ["get", key] => answer(&simulation.get("basic", key).unwrap().unwrap_or_default()),
        ["answer with", text] => answer(text.as_bytes()),
        ["get private", collection, key] => {
            answer(&simulation.get_private("basic", collection, key).map_err(failed)?.unwrap_or_default())
        }
        ["has private", collection, key] => {
            let has_it = simulation.private_hash("basic", collection, key).map_err(failed)?.is_some();
            answer(has_it.to_string().as_bytes())
        }
        ["copy private", collection, from, to] => {
            let value =
                simulation.get_private("basic", collection, from).map_err(failed)?.unwrap_or_default();
            simulation.put_private("basic", collection, to, value).map_err(failed)?;
            answer(b"")
        }
        ["hide", key, collection] => {
            let value = simulation.get("basic", key).unwrap().unwrap_or_default();
            simulation.put_private("basic", collection, key, value).map_err(failed)?;
            answer(b"")
        }
        ["increment", key] => {
            let old = simulation.get("basic", key).unwrap().unwrap_or_default();
            simulation.put("basic", key, [old, b"+".to_vec()].concat()).unwrap();
            answer(b"")
        }
        ["put private", collection, key, value] => {
            simulation.put_private("basic", collection, key, value.into()).unwrap();
            answer(b"")
        }
        ["endorsed by", key, policy] => {
            let policy: SignaturePolicy = policy.parse().unwrap();
            let parameter = ("VALIDATION_PARAMETER".to_owned(), policy.to_envelope().encode_to_vec());
            simulation.put_metadata("basic", key, [parameter].into()).unwrap();
            answer(b"")
        }
        ["endorsed privately by", collection, key, policy] => {
            let policy: SignaturePolicy = policy.parse().unwrap();
            let parameter = ("VALIDATION_PARAMETER".to_owned(), policy.to_envelope().encode_to_vec());
            simulation.put_private_metadata("basic", collection, key, [parameter].into()).unwrap();
            answer(b"")
        }
        ["write elsewhere", namespace] => {
            simulation.put(namespace, "key", b"value".to_vec()).unwrap();
            answer(b"")
        }
        ["emit", name, payload] => {
            simulation.put("basic", name, payload.into()).unwrap();
            event = Some(ChaincodeEvent {
                chaincode_id: "a lie".to_owned(),
                tx_id: "another".to_owned(),
                event_name: name.to_owned(),
                payload: payload.into(),
            });
            answer(b"emitted")
        }
        ["answer", status, message] => {
            event = Some(ChaincodeEvent { event_name: "lost".to_owned(), ..ChaincodeEvent::default() });
            Response {
                status: status.parse().unwrap(),
                message: message.to_owned(),
                payload: b"result".to_vec(),
            }
        }
        ["fail", message] => return Err(TransactionError::Failure(message.to_owned())),
        _ => return Err(TransactionError::Failure(format!("no such function: {arguments:?}"))),
    };
    Ok((response, event))
}
