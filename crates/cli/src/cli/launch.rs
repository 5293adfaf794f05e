//! Options of `ccs launch`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The commands of `ccs launch`.
#[derive(Debug, Subcommand)]
pub(crate) enum Launch {
    /// Show what launching a package would make, without making it
    ///
    /// Prints the manifests for Kubernetes, as `kubectl apply -f -` takes them, or the settings of the container, or the
    /// command, environment and limits of the process. Nothing is connected to. Secrets are shown as [redacted]; what a
    /// launch chooses at random is xxxxx. For a package that is not launched it says why.
    Render(Render),
    /// Check that everything is there that launching needs
    ///
    /// Settings, the platform, each right on Kubernetes with the rule to add, the tools of the languages that are enabled, and
    /// folders in which no program may start. Ends with 0 if nothing that is required is missing, otherwise with the code that
    /// a launch would end with.
    Check(Check),
    /// Show the chaincode that was launched, and how it is
    ///
    /// Asks the platform for everything that launches have made, and compares it with the builds of the peer: what was started
    /// and is gone, and what is there and no build refers to.
    List(List),
}

/// Whose chaincode is meant.
#[derive(Debug, Args)]
pub(crate) struct Site {
    /// The builder's launch.yaml; without it the file that `CCS_LAUNCH_CONFIG` names, or no settings
    #[arg(long, value_name = "launch.yaml")]
    pub(crate) settings: Option<PathBuf>,
    /// The ID of the peer; without it `CORE_PEER_ID`, or `peer_id` of launch.yaml
    #[arg(long, value_name = "ID")]
    pub(crate) peer_id: Option<String>,
    /// The MSP ID of the peer; without it `CORE_PEER_LOCALMSPID`
    #[arg(long, value_name = "ID")]
    pub(crate) mspid: Option<String>,
}

/// Options of `ccs launch render`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs launch render basic.tgz --settings launch.yaml --peer-id org1-peer0\n  \
                  ccs launch render basic.tgz --settings launch.yaml --peer-id org1-peer0 | kubectl diff -f -\n  \
                  ccs launch render basic.tgz --peer-id org1-peer0 --peer-address org1-peer0:7052 --mspid Org1MSP"
)]
pub(crate) struct Render {
    /// The package file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Whose chaincode it is.
    #[command(flatten)]
    pub(crate) site: Site,
    /// Where the peer listens for chaincode, for chaincode that dials the peer
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) peer_address: Option<String>,
    /// The peer has no TLS
    #[arg(long)]
    pub(crate) plaintext: bool,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs launch check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs launch check --settings /opt/ccs/launch.yaml\n  \
                  ccs launch check --settings launch.yaml --builds /var/hyperledger/production/externalbuilder/builds\n\n\
                  Exit codes: docs/exit-codes.md, those of launching.")]
pub(crate) struct Check {
    /// Whose chaincode it is.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The builds of the peer, a folder in which programs are started
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs launch list`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs launch list --settings launch.yaml --builds /var/hyperledger/production/externalbuilder/builds\n  \
                  ccs launch list --namespace hlf-chaincode --json | jq -r '.chaincodes[].workload'"
)]
pub(crate) struct List {
    /// Whose chaincode it is.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The builds of the peer: externalbuilder/builds below `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// A further namespace to look in; may be given more than once
    #[arg(long = "namespace", value_name = "NAME")]
    pub(crate) namespaces: Vec<String>,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}
