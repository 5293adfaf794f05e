//! Options of `ccs launch`.

use std::path::PathBuf;
use std::time::Duration;

use ccs_files::GoDuration;
use clap::{Args, Subcommand};

/// The commands of `ccs launch`.
#[derive(Debug, Subcommand)]
pub(crate) enum Launch {
    /// Show what launching a package would create, offline
    ///
    /// Prints the Kubernetes manifests (for `kubectl diff` or `kubectl apply --dry-run=server`), the settings of the container, or
    /// the command, environment and limits of the process. Do not apply the manifests: secret values are `[redacted]`, and
    /// xxxxx stands for random characters. If the builder would not launch the package, prints why.
    Render(Render),
    /// Check the requirements for launching
    ///
    /// Checks the settings, the connection to the platform, each right on Kubernetes (and prints the missing rule), the tools of
    /// the enabled languages, and whether programs may start in the folder of builds. The exit code is 0 if no requirement is missing,
    /// otherwise the one with which a launch would fail.
    Check(Check),
    /// List launched chaincode and its state
    ///
    /// Asks the platform for all launched chaincode and compares it with the builds of the peer, to show chaincode that is missing
    /// and chaincode without a build.
    List(List),
    /// Restore chaincode servers, apply changed settings, and renew certificates
    ///
    /// Restores missing objects of the servers that installs have started, applies changed settings, and renews certificates when less
    /// than a tenth of their validity is left; peer and chaincode trust each other throughout. Replaces the connection.json that the
    /// peer reads. With --every, runs until SIGTERM, for use as a sidecar of the peer.
    Reconcile(Reconcile),
    /// Delete launched chaincode that is not used anymore
    ///
    /// Lists unused chaincode; with --yes, deletes it by UID. Never deletes objects that no launch has labeled, objects of another
    /// peer, or, unless you name it, chaincode that a build or a channel of the peer uses.
    Gc(Gc),
}

/// The peer, and the settings of its builder.
#[derive(Debug, Args)]
pub(crate) struct Site {
    /// The builder's launch.yaml [default: the file in `CCS_LAUNCH_CONFIG`, or no settings]
    #[arg(long, value_name = "launch.yaml")]
    pub(crate) settings: Option<PathBuf>,
    /// The ID of the peer [default: `CORE_PEER_ID`, or `peer_id` in launch.yaml]
    #[arg(long, value_name = "ID")]
    pub(crate) peer_id: Option<String>,
    /// The MSP ID of the peer [default: `CORE_PEER_LOCALMSPID`]
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
    /// The peer, and the settings of its builder.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The peer's address for chaincode that dials the peer
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) peer_address: Option<String>,
    /// The peer has no TLS
    #[arg(long)]
    pub(crate) plaintext: bool,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs launch check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs launch check --settings /opt/ccs/launch.yaml\n  \
                  ccs launch check --settings launch.yaml --builds /var/hyperledger/production/externalbuilder/builds\n\n\
                  Exit codes of launching: \"Exit codes\" (docs/exit-codes.html).")]
pub(crate) struct Check {
    /// The peer, and the settings of its builder.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The folder of the peer's builds, in which programs must be able to start
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// Print a JSON document: see "JSON output" (docs/json.html)
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
    /// The peer, and the settings of its builder.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The folder of the peer's builds, externalbuilder/builds in `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// An additional namespace to search; can be repeated
    #[arg(long = "namespace", value_name = "NAME")]
    pub(crate) namespaces: Vec<String>,
    /// Print a JSON document: see "JSON output" (docs/json.html)
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
    /// The peer, and the settings of its builder.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The folder of the peer's builds, externalbuilder/builds in `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: PathBuf,
    /// Repeat after this time, for example 1h, until SIGTERM; at least 1s
    #[arg(long, value_name = "TIME", value_parser = pause)]
    pub(crate) every: Option<Duration>,
    /// Reconcile this package only, also after `ccs launch gc` has deleted its chaincode; can be repeated
    #[arg(long = "package", value_name = "ID")]
    pub(crate) packages: Vec<String>,
    /// Renew the certificates now
    #[arg(long, conflicts_with = "every")]
    pub(crate) renew: bool,
    /// Do not dial the chaincode, for use outside of the cluster's DNS
    #[arg(long)]
    pub(crate) no_dial: bool,
    /// Print one JSON document on a line for each change: see "JSON output" (docs/json.html)
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
    /// Delete only this server, used or not: a package ID or a workload
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The peer, and the settings of its builder.
    #[command(flatten)]
    pub(crate) site: Site,
    /// The folder of the peer's builds, externalbuilder/builds in `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// The output of `peer lifecycle chaincode queryinstalled --output json`; selects servers of packages that no channel uses
    #[arg(long, value_name = "FILE")]
    pub(crate) installed: Option<PathBuf>,
    /// The ID of a retired peer; without --builds, selects all its chaincode
    #[arg(long, value_name = "ID", conflicts_with_all = ["peer_id", "installed"])]
    pub(crate) peer: Option<String>,
    /// The least age [default: 10m, and 24h for a package that no channel uses]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) older_than: Option<Duration>,
    /// An additional namespace to search; can be repeated
    #[arg(long = "namespace", value_name = "NAME")]
    pub(crate) namespaces: Vec<String>,
    /// Delete the listed chaincode
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause = time(text)?;
    if pause < Duration::from_secs(1) { Err(format!("{text} is less than 1s")) } else { Ok(pause) }
}

fn time(text: &str) -> Result<Duration, String> {
    let time: GoDuration = text.parse().map_err(|error| format!("{error}; for example 1h or 90s"))?;
    time.to_std().ok_or_else(|| format!("{text} is negative"))
}
