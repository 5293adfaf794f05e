//! The published Rust shim as chaincode.

use std::net::SocketAddr;

use ccs_chaincode::{Chaincode, Intent, Invocation, RegisterOptions};
use ccs_dial::{ChaincodeConnection, ConnectionInfo};
use fabric_shim::{ChaincodeStub, Response, Server};
use tokio::net::TcpListener;

use crate::{package_id, plaintext};

/// Contract that puts, reads, deletes and lists keys.
struct Keys;

#[fabric_shim::async_trait]
impl fabric_shim::Chaincode for Keys {
    async fn invoke(&self, stub: ChaincodeStub) -> Response {
        let (function, arguments) = stub.get_function_and_args();
        let result = match (function.as_str(), arguments.as_slice()) {
            ("Put", [key, value]) => {
                stub.put_state(key, value.clone().into_bytes()).await.map(|()| Vec::new())
            }
            ("Fill", [count]) => fill(&stub, count.parse().unwrap_or(0)).await.map(|()| Vec::new()),
            ("Get", [key]) => stub.get_state(key).await,
            ("Delete", [key]) => stub.del_state(key).await.map(|()| Vec::new()),
            ("Count", [start, end]) => count(&stub, start, end).await,
            ("Who", []) => Ok(stub.get_creator().to_vec()),
            ("Secret", []) => Ok(stub.get_transient().get("secret").cloned().unwrap_or_default()),
            ("Private", []) => stub.get_private_data("c1", "k").await,
            _ => return Response::error("unknown function"),
        };
        match result {
            Ok(payload) => Response::success(payload),
            Err(error) => Response::error(error.to_string()),
        }
    }
}

async fn fill(stub: &ChaincodeStub, count: usize) -> fabric_shim::Result<()> {
    for number in 0..count {
        stub.put_state(&format!("key{number:04}"), b"x".to_vec()).await?;
    }
    Ok(())
}

async fn count(stub: &ChaincodeStub, start: &str, end: &str) -> fabric_shim::Result<Vec<u8>> {
    let mut iterator = stub.get_state_by_range(start, end).await?;
    let mut count = 0;
    while iterator.next().await?.is_some() {
        count += 1;
    }
    Ok(format!("{count}").into_bytes())
}

/// Serves the chaincode in plaintext on a free port.
async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(package_id().to_string(), &address.to_string()).unwrap();
    tokio::spawn(server.serve_with_listener(Keys, listener, std::future::pending()));
    address
}

/// Dials the chaincode and registers it.
async fn register(info: &ConnectionInfo) -> Chaincode {
    let connection = ChaincodeConnection::dial(info).await.unwrap();
    Chaincode::register(connection, &package_id(), &RegisterOptions::default()).await.unwrap()
}

#[tokio::test]
async fn transactions_of_the_rust_shim_are_committed_and_read_back() {
    let chaincode = register(&plaintext(serve().await)).await;
    let put = chaincode.submit("mychannel", "basic", &["Put", "a", "1"]).await.unwrap();
    assert_eq!((put.status, put.writes, put.is_committed()), (200, 1, true));
    assert_eq!(chaincode.evaluate("mychannel", "basic", &["Get", "a"]).await.unwrap().payload, b"1");
    chaincode.submit("mychannel", "basic", &["Delete", "a"]).await.unwrap();
    assert_eq!(chaincode.evaluate("mychannel", "basic", &["Get", "a"]).await.unwrap().payload, b"");
    let unknown = chaincode.evaluate("mychannel", "basic", &["Nothing"]).await.unwrap();
    assert_eq!((unknown.status, unknown.message.as_str()), (500, "unknown function"));
    chaincode.close().await;
}

#[tokio::test]
async fn values_beyond_the_usual_4_mib_of_grpc_pass_both_ways() {
    let chaincode = register(&plaintext(serve().await)).await;
    let value = "x".repeat(6 * 1024 * 1024);
    chaincode.submit("mychannel", "basic", &["Put", "a", &value]).await.unwrap();
    let read = chaincode.evaluate("mychannel", "basic", &["Get", "a"]).await.unwrap();
    assert_eq!(read.payload.len(), value.len());
}

#[tokio::test]
async fn the_rust_shim_reads_ranges_over_several_batches() {
    let chaincode = register(&plaintext(serve().await)).await;
    let filled = chaincode.submit("mychannel", "basic", &["Fill", "250"]).await.unwrap();
    assert_eq!(filled.writes, 250);
    for (start, end, expected) in
        [("", "", "250"), ("key0000", "key0100", "100"), ("key0100", "", "150"), ("key2", "key1", "0")]
    {
        let result = chaincode.evaluate("mychannel", "basic", &["Count", start, end]).await.unwrap();
        assert_eq!(String::from_utf8(result.payload).unwrap(), expected, "{start}..{end}");
    }
}

#[tokio::test]
async fn the_rust_shim_finds_creator_and_transient_values_in_the_proposal() {
    let chaincode = register(&plaintext(serve().await)).await;
    let creator = chaincode.evaluate("mychannel", "basic", &["Who"]).await.unwrap().payload;
    assert!(String::from_utf8_lossy(&creator).contains("Org1MSP"));
    let mut invocation = Invocation::new("mychannel", "basic", &["Secret"]);
    invocation.transient.insert("secret".to_owned(), b"s".to_vec());
    assert_eq!(chaincode.invoke(invocation, Intent::Evaluate).await.unwrap().payload, b"s");
}

#[tokio::test]
async fn the_rust_shim_hears_of_a_collection_that_is_not_defined() {
    let chaincode = register(&plaintext(serve().await)).await;
    let result = chaincode.evaluate("mychannel", "basic", &["Private"]).await.unwrap();
    assert_eq!(result.status, 500);
    let expected = "collection mychannel/basic/c1 could not be found";
    assert!(result.message.ends_with(expected), "{}", result.message);
}
