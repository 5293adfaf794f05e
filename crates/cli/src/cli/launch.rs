//! Options of `ccs launch`.

use std::path::PathBuf;
use std::time::Duration;

use ccs_files::GoDuration;
use clap::{Args, Subcommand};

/// The commands of `ccs launch`.
#[derive(Debug, Subcommand)]
pub(crate) enum Launch {
    /// Show what launching a package would make, without making it
    ///
    /// Prints the manifests for Kubernetes, for `kubectl diff` or `kubectl apply --dry-run=server`, or the settings of the
    /// container, or the command, environment and limits of the process. Nothing is connected to. Secrets are shown as
    /// `[redacted]`, so applying the manifests would break the chaincode; what a launch chooses at random is xxxxx. For a package
    /// that is not launched it says why.
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
    /// Bring the servers that installs have started to where builds and settings want them
    ///
    /// Makes again what is gone, applies settings that have changed, and renews certificates when less than a tenth of their
    /// validity is left, so that peer and chaincode trust each other all the time. Replaces connection.json where the peer reads
    /// it. Where all is well it does nothing. With --every it goes on until SIGTERM, as a container beside the peer.
    Reconcile(Reconcile),
    /// Remove what launches have left and nothing uses any more
    ///
    /// Lists it; deletes it only with --yes, by its UIDs. What no launch has labelled, what belongs to another peer, and what a
    /// build or channel of the peer uses is left alone, unless it is named.
    Gc(Gc),
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

/// Options of `ccs launch reconcile`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs launch reconcile --settings launch.yaml --builds /var/hyperledger/production/externalbuilder/builds\n  \
                  ccs launch reconcile --settings launch.yaml --builds DIR --every 1h\n  \
                  ccs launch reconcile --settings launch.yaml --builds DIR --package basic_1.0:HASH --renew"
)]
pub(crate) struct Reconcile {
    /// Whose chaincode it is.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The builds of the peer: externalbuilder/builds below `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: PathBuf,
    /// Go on until SIGTERM, and look again after this time, such as 1h; 1s at least
    #[arg(long, value_name = "TIME", value_parser = pause)]
    pub(crate) every: Option<Duration>,
    /// Only this package; what `ccs launch gc` has removed of it comes back. May be given more than once
    #[arg(long = "package", value_name = "ID")]
    pub(crate) packages: Vec<String>,
    /// Renew certificates that would last
    #[arg(long, conflicts_with = "every")]
    pub(crate) renew: bool,
    /// Do not dial what has started: the names of the cluster are not known here
    #[arg(long)]
    pub(crate) no_dial: bool,
    /// Print a JSON document on a line for each change; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs launch gc`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs launch gc --settings launch.yaml --builds /var/hyperledger/production/externalbuilder/builds\n  \
                  peer lifecycle chaincode queryinstalled --output json > installed.json\n  \
                  ccs launch gc --settings launch.yaml --builds DIR --installed installed.json --yes\n  \
                  ccs launch gc --settings launch.yaml --peer org1-peer7"
)]
pub(crate) struct Gc {
    /// A server that goes, whatever uses it, and nothing else does: its package ID or its workload
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Whose chaincode it is.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The builds of the peer: externalbuilder/builds below `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// What `peer lifecycle chaincode queryinstalled --output json` printed: servers of packages that no channel uses go
    #[arg(long, value_name = "FILE")]
    pub(crate) installed: Option<PathBuf>,
    /// Another peer, one that is retired: without its builds, everything of it goes
    #[arg(long, value_name = "ID", conflicts_with_all = ["peer_id", "installed"])]
    pub(crate) peer: Option<String>,
    /// How old must be what goes; without it 10m, and 24h for a package that no channel uses
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) older_than: Option<Duration>,
    /// A further namespace to look in; may be given more than once
    #[arg(long = "namespace", value_name = "NAME")]
    pub(crate) namespaces: Vec<String>,
    /// Delete what is listed
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause = time(text)?;
    if pause < Duration::from_secs(1) { Err(format!("{text} is below 1s")) } else { Ok(pause) }
}

fn time(text: &str) -> Result<Duration, String> {
    let time: GoDuration = text.parse().map_err(|error| format!("{error}; for example 1h or 90s"))?;
    time.to_std().ok_or_else(|| format!("{text} is below zero"))
}
