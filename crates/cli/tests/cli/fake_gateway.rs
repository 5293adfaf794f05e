//! `ccs invoke`, `query`, `events` and `blocks` against a fake gateway over TLS, with the folder that `ccs dev` writes.

mod probe;
mod settings;
mod streams;
mod transactions;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ccs_testkit::{FakeAnswers, FakeGateway, organization_in};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The variables of the peer command.
const VARIABLES: [&str; 5] = [
    "CORE_PEER_ADDRESS",
    "CORE_PEER_LOCALMSPID",
    "CORE_PEER_MSPCONFIGPATH",
    "CORE_PEER_TLS_ENABLED",
    "CORE_PEER_TLS_ROOTCERT_FILE",
];

/// A folder with an organization, and its peer.
struct Network {
    folder: TempDir,
    fake: FakeGateway,
}

impl Network {
    async fn with(answers: FakeAnswers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("localhost:{}", listener.local_addr().unwrap().port());
        let organization = organization_in(folder.path(), &endpoint);
        let fake = FakeGateway::serve_tls_on(listener, &organization, answers);
        Self { folder, fake }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), arguments, &[])
    }

    /// Returns the text without what differs from one run to the next.
    fn plain(&self, text: &str) -> String {
        text.replace(&self.fake.address.port().to_string(), "PORT")
    }
}

/// Runs `ccs` in a folder with these variables of the peer command and no others.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::cargo_bin("ccs").unwrap();
    command.args(arguments).current_dir(folder).env_remove("CARGO");
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

/// Compares a text with the snapshot of this name.
fn assert_told(name: &str, text: &str) {
    insta::assert_snapshot!(name, text);
}
