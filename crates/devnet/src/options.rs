//! Options of a development network.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ccs_identity::{Domain, Host, MspId};

use crate::plan::ChaincodePlan;
use crate::programs::Programs;

/// Options of a development network.
#[derive(Clone, Debug)]
pub struct Options {
    /// Chaincodes to run.
    pub chaincodes: Vec<ChaincodePlan>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// MSP ID of the organization.
    pub msp: MspId,
    /// Domain of the organization; [`None`] for the default, such as `org1.example.com` for `Org1MSP`.
    pub domain: Option<Domain>,
    /// Address on which the peer listens for clients.
    pub listen: SocketAddr,
    /// Whether clients use TLS.
    pub tls: bool,
    /// Address on which the peer listens for chaincode.
    pub chaincode_listen: SocketAddr,
    /// Host names by which chaincode reaches the peer. The first one is advertised to chaincode.
    pub chaincode_hosts: Vec<Host>,
    /// Whether chaincode uses TLS.
    pub chaincode_tls: bool,
    /// Folder of certificates and keys, in the layout of cryptogen.
    pub organizations: PathBuf,
    /// Folder for the ledger and installed packages; [`None`] to keep nothing.
    pub state: Option<PathBuf>,
    /// CouchDB server that answers rich queries.
    pub couchdb: Option<ccs_couchdb::Server>,
    /// Folders whose changes restart a chaincode's command.
    pub watch: Vec<PathBuf>,
    /// Time limit for a chaincode to register.
    pub startup_timeout: Duration,
    /// Time limit for a transaction.
    pub execute_timeout: Duration,
    /// Programs of the builder, which are installed when the first package needs them.
    pub programs: Programs,
    /// Settings of the launcher; [`None`] launches programs and source as processes.
    pub launch: Option<PathBuf>,
}

#[cfg(test)]
impl Options {
    /// Returns the options of `ccs dev` without arguments.
    pub(crate) fn for_tests() -> Self {
        Self {
            chaincodes: Vec::new(),
            channels: vec!["mychannel".to_owned()],
            msp: "Org1MSP".parse().unwrap(),
            domain: None,
            listen: "127.0.0.1:7051".parse().unwrap(),
            tls: true,
            chaincode_listen: "127.0.0.1:7052".parse().unwrap(),
            chaincode_hosts: Vec::new(),
            chaincode_tls: false,
            organizations: "organizations".into(),
            state: None,
            couchdb: None,
            watch: Vec::new(),
            startup_timeout: Duration::from_mins(1),
            execute_timeout: Duration::from_secs(30),
            programs: Programs::Links("ccs".into()),
            launch: None,
        }
    }
}
