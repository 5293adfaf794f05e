//! The gRPC services of a [`Peer`](crate::Peer). This module handles messages, status codes and texts; the decisions
//! are made elsewhere.
//!
//! | Module | Services |
//! | --- | --- |
//! | `gateway` | `gateway.Gateway`, for the fabric-gateway SDKs |
//! | `endorser` | `protos.Endorser`, for the peer command |
//! | `deliver` | `protos.Deliver`, and the blocks of `orderer.AtomicBroadcast` |
//! | `discovery` | `discovery.Discovery`, for clients that look for peers and orderers |
//! | `broadcast` | the transactions of `orderer.AtomicBroadcast` |
//! | `chaincode_listener` | `protos.ChaincodeSupport`, for chaincode that connects to the peer: [`serve_chaincode`] |
//! | `health` | `grpc.health.v1.Health`, on the listener for chaincode |
//! | `served` | rejects calls of other services, in a layer in front of all of them |
//! | `server` | all of them on one listener: [`serve`]; those of an orderer on another one: [`serve_orderer`] |

mod blocks;
mod broadcast;
mod chaincode_listener;
mod deadline;
mod deliver;
mod discovery;
mod endorser;
mod gateway;
mod health;
mod limit;
mod served;
mod server;

pub use ccs_server::{Budget, ServerTls, ServerTlsError};
pub use chaincode_listener::{ChaincodeListenerOptions, serve_chaincode};
pub use deliver::{SeekRange, SeekRequest};
pub use server::{ServeError, serve, serve_orderer};
