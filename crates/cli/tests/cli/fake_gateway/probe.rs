//! `ccs probe --gateway` against a fake gateway, and against servers that are not gateways.

use std::net::SocketAddr;

use ccs_proto::common::{BlockchainInfo, Envelope};
use ccs_proto::orderer::atomic_broadcast_server::{AtomicBroadcast, AtomicBroadcastServer};
use ccs_proto::orderer::{BroadcastResponse, DeliverResponse};
use ccs_proto::peer::endorser_server::{Endorser, EndorserServer};
use ccs_proto::peer::{ProposalResponse, SignedProposal};
use ccs_testkit::{FakeAnswers, organization_in};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_stream::Empty;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use super::{Network, assert_told, run};
use crate::{stderr, stdout};

/// Returns what the command printed, without what differs from one run to the next.
fn told(network: &Network, arguments: &[&str]) -> String {
    let output = network.run(&[&["probe", "--gateway"], arguments].concat());
    let code = output.status.code().unwrap();
    let text = format!("{}--- stderr, exit code {code}\n{}", stdout(&output), stderr(&output));
    let text: Vec<String> = network.plain(&text).lines().map(without_time).collect();
    text.join("\n") + "\n"
}

/// Removes the duration of a step, and the addresses of localhost, which differ from machine to machine.
fn without_time(line: &str) -> String {
    let Some((begin, result)) = line.split_once("s    ") else { return line.to_owned() };
    let result = if line.starts_with("  resolve") || line.starts_with("  TCP") { "ADDRESS" } else { result };
    let verdict: Vec<&str> = begin.split_whitespace().take(2).collect();
    format!("  {} [time] {result}", verdict.join(" "))
}

fn height(height: u64) -> FakeAnswers {
    FakeAnswers {
        result: Ok(BlockchainInfo { height, ..BlockchainInfo::default() }.encode_to_vec()),
        ..FakeAnswers::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_passes_each_step() {
    let network = Network::with(height(12)).await;
    assert_told("gateway_probe", &told(&network, &["--name", "basic"]));
    let signed = network.fake.proposals();
    assert_eq!(signed.len(), 2, "the call that finds the service is not signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_the_channel_rejects_is_named() {
    let network = Network::with(height(12)).await;
    let other = tempfile::tempdir().unwrap();
    let _ = organization_in(other.path(), "localhost:7051");
    let user = other
        .path()
        .join("organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp");
    let text = told(&network, &["--identity", user.to_str().unwrap(), "--msp", "Org1MSP"]);
    assert!(text.contains("the peer has the channel mychannel\n"), "{text}");
    assert!(text.contains("exit code 39\n"), "{text}");
    let line = "an application cannot use the gateway at localhost:PORT: identity: ";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("- the channel does not accept this identity: check its MSP ID"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_chaincode_proves_that_it_runs_even_if_it_is_an_error() {
    let error =
        Status::unknown("evaluate call to endorser returned error: chaincode response 500, no such function");
    for (answer, code, line) in [
        (error, 0, "basic answers; it has no metadata"),
        (Status::deadline_exceeded("evaluate timeout expired"), 49, "evaluate timeout expired"),
    ] {
        let network = Network::with(FakeAnswers { chaincode: Some(Err(answer)), ..height(1) }).await;
        let output = network.run(&["probe", "--gateway", "--name", "basic"]);
        assert_eq!(output.status.code(), Some(code), "{}{}", stdout(&output), stderr(&output));
        assert!(stdout(&output).contains(line), "{}", stdout(&output));
        assert!(stdout(&output).contains("mychannel has 1 block"), "{}", stdout(&output));
    }
}

struct Fake;

#[tonic::async_trait]
impl Endorser for Fake {
    async fn process_proposal(
        &self,
        _: Request<SignedProposal>,
    ) -> Result<Response<ProposalResponse>, Status> {
        Err(Status::unknown("error unmarshalling SignedProposal: nil arguments"))
    }
}

#[tonic::async_trait]
impl AtomicBroadcast for Fake {
    type BroadcastStream = Empty<Result<BroadcastResponse, Status>>;
    type DeliverStream = Empty<Result<DeliverResponse, Status>>;

    async fn broadcast(
        &self,
        _: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::BroadcastStream>, Status> {
        Ok(Response::new(tokio_stream::empty()))
    }

    async fn deliver(
        &self,
        _: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        Ok(Response::new(tokio_stream::empty()))
    }
}

async fn serve(routes: Routes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_routes(routes);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

/// Serves as the operations endpoint of a peer does: HTTP/1, in plaintext.
async fn operations() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            let answer = if request[..length].starts_with(b"GET /version ") {
                "HTTP/1.0 200 OK\r\n\r\n{\"CommitSHA\":\"e9d8a5a\",\"Version\":\"v3.1.0\"}\n"
            } else {
                "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request"
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_not_gateways_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let chaincode = asset_transfer::ServerConfig {
        chaincode_id: format!("basic:{}", "5f".repeat(32)),
        listen: String::new(),
        tls: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dialed = listener.local_addr().unwrap();
    tokio::spawn(asset_transfer::serve_on(listener, chaincode, std::future::pending()));
    let operations_endpoint = "this is the operations endpoint of a Fabric node, version v3.1.0";
    for (address, code, cause, result) in [
        (
            serve(Routes::new(EndorserServer::new(Fake))).await,
            37,
            "gateway-disabled",
            "this is a peer without a gateway",
        ),
        (serve(Routes::new(AtomicBroadcastServer::new(Fake))).await, 37, "orderer", "this is an orderer"),
        (dialed, 37, "chaincode-server", "this is a chaincode, which a peer dials"),
        (
            serve(Routes::default()).await,
            37,
            "no-fabric-service",
            "this gRPC server has none of Fabric's services",
        ),
        (operations().await, 33, "operations-endpoint", operations_endpoint),
    ] {
        let address = address.to_string();
        let output = run(folder.path(), &["probe", "--gateway", &address, "--no-tls", "--json"], &[]);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["cause"], cause, "{document:#}");
        let steps = document["steps"].as_array().unwrap();
        let failed = steps.iter().find(|step| step["verdict"] == "failed").unwrap();
        assert_eq!(failed["result"], result);
        assert_eq!(output.status.code(), Some(code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_not_taken_for_a_gateway() {
    let silent = Routes::default().into_axum_router().fallback(std::future::pending::<String>);
    let address = serve(Routes::from(silent)).await.to_string();
    let folder = tempfile::tempdir().unwrap();
    let command = ["probe", "--gateway", &address, "--no-tls", "--timeout", "300ms", "--json"];
    let output = run(folder.path(), &command, &[]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["cause"], "gateway-silent", "{document:#}");
    assert_eq!(output.status.code(), Some(37));
}

#[test]
fn options_of_the_other_kind_of_probe_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (
            &["localhost:9999", "--msp", "Org1MSP"][..],
            "error: --msp is for a gateway\nhint: name one with --gateway HOST:PORT\n",
        ),
        (
            &["localhost:9999", "--level", "gateway"],
            "error: --level gateway is for a gateway\nhint: name one with",
        ),
        (
            &["--gateway", "localhost:7051", "--level", "register"],
            "error: --level register is for a chaincode\nhint: ",
        ),
    ] {
        let output = run(folder.path(), &[&["probe"], arguments].concat(), &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
    }
}
