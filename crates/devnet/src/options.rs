//! What a development network is to be.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ccs_identity::{Domain, Host, MspId};

use crate::error::Error;
use crate::plan::ChaincodePlan;

/// What a development network is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// The chaincodes.
    pub chaincodes: Vec<ChaincodePlan>,
    /// The names of the channels.
    pub channels: Vec<String>,
    /// The organization.
    pub msp: MspId,
    /// Its domain; [`None`] for `org1.example.com` of `Org1MSP`.
    pub domain: Option<Domain>,
    /// Where the peer listens for clients.
    pub listen: SocketAddr,
    /// Whether clients use TLS.
    pub tls: bool,
    /// Where the peer listens for chaincode.
    pub chaincode_listen: SocketAddr,
    /// Host names by which chaincode reaches the peer; the first one is advertised to it.
    pub chaincode_hosts: Vec<Host>,
    /// Whether chaincode uses TLS.
    pub chaincode_tls: bool,
    /// The folder of certificates and keys, in the layout of cryptogen.
    pub organizations: PathBuf,
    /// The folder of the ledger and of what clients install; [`None`] to keep nothing.
    pub state: Option<PathBuf>,
    /// The CouchDB that answers rich queries.
    pub couchdb: Option<ccs_couchdb::Server>,
    /// The folders whose files start the command of a chaincode again.
    pub watch: Vec<PathBuf>,
    /// How long a chaincode may take to register.
    pub startup_timeout: Duration,
    /// How long a transaction may take.
    pub execute_timeout: Duration,
    /// Finds the builder when the first package needs it.
    pub builder: FindBuilder,
    /// Finds the launcher when the first package needs it, unless it lies beside the builder.
    pub launcher: FindBuilder,
    /// The settings of the launcher; [`None`] launches programs and source as processes.
    pub launch: Option<PathBuf>,
}

#[cfg(test)]
impl Options {
    /// Returns what `ccs dev` without options asks for.
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
            builder: FindBuilder::new(|| Err(Error::Builder { message: String::new(), hint: None })),
            launcher: FindBuilder::new(|| Err(Error::Builder { message: String::new(), hint: None })),
            launch: None,
        }
    }
}

/// Finds the executable of the builder, or of the launcher.
#[derive(Clone)]
pub struct FindBuilder(Arc<dyn Fn() -> Result<PathBuf, Error> + Send + Sync>);

impl FindBuilder {
    /// Finds it by a function.
    pub fn new(find: impl Fn() -> Result<PathBuf, Error> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    pub(crate) fn find(&self) -> Result<PathBuf, Error> {
        (self.0)()
    }
}

impl fmt::Debug for FindBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindBuilder").finish_non_exhaustive()
    }
}
