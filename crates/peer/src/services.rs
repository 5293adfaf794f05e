//! The services of a peer: gRPC on one side, [`Peer`](crate::Peer) on the other. What they decide is elsewhere; here are
//! their messages, codes and texts.
//!
//! | Module | Services |
//! | --- | --- |
//! | `gateway` | `gateway.Gateway`, for the fabric-gateway SDKs |
//! | `endorser` | `protos.Endorser`, for the peer command |
//! | `deliver` | `protos.Deliver`, and the blocks of `orderer.AtomicBroadcast` |
//! | `broadcast` | the transactions of `orderer.AtomicBroadcast` |
//! | `chaincode_listener` | `protos.ChaincodeSupport`, to which chaincode comes by itself: [`serve_chaincode`] |
//! | `health` | `grpc.health.v1.Health`, on the listener for chaincode |
//! | `server` | all of them on one listener: [`serve`] |

mod blocks;
mod broadcast;
mod chaincode_listener;
mod deadline;
mod deliver;
mod endorser;
mod gateway;
mod health;
mod limit;
mod server;

pub use ccs_server::{Budget, ServerTls, ServerTlsError};
pub use chaincode_listener::{ChaincodeListenerOptions, serve_chaincode};
pub use deliver::{SeekRange, SeekRequest};
pub use server::{ServeError, serve};
