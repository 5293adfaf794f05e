//! Tests the client with a fake gateway, which makes the checks of a peer and returns the answers of the test.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod connections;
mod streams;
mod transactions;

use std::sync::Arc;
use std::time::Duration;

use ccs_client::{Call, Endpoint, Gateway};
use ccs_identity::Organization;
use ccs_testkit::FakeGateway;
use tonic::{Code, Status};

/// Long enough for a busy machine; no test waits until it expires.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Connects to a fake gateway in plaintext, as the organization's user.
async fn connect(fake: &FakeGateway, organization: &Organization) -> Gateway {
    let endpoint = Endpoint::new(&fake.address.to_string(), None).unwrap();
    Gateway::connect(&endpoint, Arc::clone(organization.user()), TIMEOUT).await.unwrap()
}

fn call() -> Call {
    Call::new("mychannel", "basic", "ReadAsset")
}

/// Makes a status as a gateway does, with the messages of endorsers.
fn status(code: Code, message: &str, details: &[(&str, &str, &str)]) -> Status {
    let bytes = ccs_testkit::status_details(code as i32, message, details);
    Status::with_details(code, message, bytes.into())
}
