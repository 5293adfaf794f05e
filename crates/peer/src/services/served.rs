//! A layer in front of all services, which rejects calls of services that are not on this port. The client receives the
//! text of a Fabric peer (grpc-go 1.71 `server.go`), and the terminal shows what to do.

use std::sync::Arc;
use std::task::{Context, Poll};

use ccs_server::Warnings;
use futures_util::future::{Either, Ready, ready};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use ccs_ordering::observer::Observer;

/// Methods of the services for clients.
const CLIENTS: [(&str, &[&str]); 5] = [
    ("gateway.Gateway", &["Evaluate", "Endorse", "Submit", "CommitStatus", "ChaincodeEvents"]),
    ("protos.Endorser", &["ProcessProposal"]),
    ("protos.Deliver", &["Deliver", "DeliverFiltered", "DeliverWithPrivateData"]),
    ("discovery.Discovery", &["Discover"]),
    ("orderer.AtomicBroadcast", &["Broadcast", "Deliver"]),
];

/// Methods of the services of an orderer.
const ORDERER: [(&str, &[&str]); 1] = [("orderer.AtomicBroadcast", &["Broadcast", "Deliver"])];

/// Methods of the services for chaincode.
const CHAINCODE: [(&str, &[&str]); 2] =
    [("protos.ChaincodeSupport", &["Register"]), ("grpc.health.v1.Health", &["Check", "Watch"])];

/// Port on which a peer listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Clients,
    Orderer,
    Chaincode,
}

/// Layer that passes on only calls of services on this port.
#[derive(Clone, Debug)]
pub(super) struct Served {
    port: Port,
    warnings: Warnings,
}

impl Port {
    /// Returns the service and the method of a call, or the status that rejects the call.
    fn check(self, path: &str) -> Result<(), Status> {
        let services: &[(&str, &[&str])] = match self {
            Self::Clients => &CLIENTS,
            Self::Orderer => &ORDERER,
            Self::Chaincode => &CHAINCODE,
        };
        let unimplemented = |message: String| Err(Status::unimplemented(message));
        let Some((service, method)) = path.strip_prefix('/').and_then(|path| path.rsplit_once('/')) else {
            return unimplemented(format!("malformed method name: {path:?}"));
        };
        match services.iter().find(|(name, _)| *name == service) {
            None => unimplemented(format!("unknown service {service}")),
            Some((_, methods)) if !methods.contains(&method) => {
                unimplemented(format!("unknown method {method} for service {service}"))
            }
            Some(_) => Ok(()),
        }
    }

    /// Returns the next step for the owner of the client.
    fn hint(self, path: &str) -> &'static str {
        let is_of = |service: &str| path.strip_prefix('/').is_some_and(|path| path.starts_with(service));
        let is_of_clients = CLIENTS.iter().any(|(service, _)| is_of(service));
        match self {
            Self::Clients if is_of("protos.ChaincodeSupport/") => {
                "this port is for clients: let the chaincode connect to the peer's port for chaincode"
            }
            Self::Clients => {
                "this port serves gateway.Gateway, protos.Endorser, protos.Deliver, discovery.Discovery and orderer.AtomicBroadcast"
            }
            Self::Orderer => {
                "this port is the orderer's: let the application connect to a peer's port for clients"
            }
            Self::Chaincode if is_of_clients => {
                "this port is for chaincode: let the application connect to the peer's port for clients"
            }
            Self::Chaincode => "this port serves protos.ChaincodeSupport and grpc.health.v1.Health",
        }
    }
}

impl Served {
    pub(super) fn new(port: Port, observer: &Observer) -> Self {
        let observer = observer.clone();
        let warn = Arc::new(move |warning| observer.warn(warning));
        Self { port, warnings: Warnings::new("rejected a call".to_owned(), warn) }
    }
}

impl<S> Layer<S> for Served {
    type Service = Serving<S>;

    fn layer(&self, inner: S) -> Serving<S> {
        Serving { inner, served: self.clone() }
    }
}

/// Service behind the layer.
#[derive(Clone, Debug)]
pub(super) struct Serving<S> {
    inner: S,
    served: Served,
}

impl<S: Service<Request<Body>, Response = Response<Body>>> Service<Request<Body>> for Serving<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Served { port, warnings } = &self.served;
        let path = request.uri().path();
        match port.check(path) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(status) => {
                warnings.tell(&format_args!("{}; {}", status.message(), port.hint(path)));
                Either::Right(ready(Ok(status.into_http())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_another_service_is_rejected_in_the_words_of_a_peer() {
        let message = |port: Port, path: &str| {
            let status = port.check(path).unwrap_err();
            assert_eq!(status.code(), tonic::Code::Unimplemented);
            status.message().to_owned()
        };
        assert!(Port::Clients.check("/gateway.Gateway/Evaluate").is_ok());
        assert!(Port::Clients.check("/discovery.Discovery/Discover").is_ok());
        assert!(Port::Chaincode.check("/protos.ChaincodeSupport/Register").is_ok());
        for (port, path, expected, hint) in [
            (
                Port::Clients,
                "/protos.ChaincodeSupport/Register",
                "unknown service protos.ChaincodeSupport",
                "this port is for clients",
            ),
            (
                Port::Clients,
                "/gateway.Gateway/Query",
                "unknown method Query for service gateway.Gateway",
                "this port serves gateway.Gateway, ",
            ),
            (
                Port::Chaincode,
                "/gateway.Gateway/Evaluate",
                "unknown service gateway.Gateway",
                "this port is for chaincode: let the application connect",
            ),
            (
                Port::Orderer,
                "/gateway.Gateway/Evaluate",
                "unknown service gateway.Gateway",
                "this port is the orderer's: ",
            ),
            (Port::Clients, "/", "malformed method name: \"/\"", "this port serves gateway.Gateway, "),
        ] {
            assert_eq!(message(port, path), expected);
            assert!(port.hint(path).starts_with(hint), "{}", port.hint(path));
        }
    }
}
