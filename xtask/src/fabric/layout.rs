//! The common parts of networks: keys, blocks, variables, and joining the channels.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::administrator::{Administrator, Site};
use super::programs::{self, Programs};
use crate::builder_programs;
use crate::processes::{logged, succeed};

/// Where cryptogen puts Org1, its peer and the orderer, in the network's folder.
const ORGANIZATION: &str = "organizations/peerOrganizations/org1.example.com";
pub(super) const PEER: &str = "peers/peer0.org1.example.com";
const ORDERER: &str = "organizations/ordererOrganizations/example.com/orderers/orderer.example.com";

/// The channels; the transcript calls from the first into the second.
pub(crate) const CHANNELS: [&str; 2] = ["mychannel", "other"];

/// The files in the network's folder in which peer and orderer say what they do.
pub(crate) const PEER_LOG: &str = "peer.log";
pub(crate) const ORDERER_LOG: &str = "orderer.log";

/// How long a tool may take, and how long the orderer may look for its leader.
const TOOL: Duration = Duration::from_mins(1);

/// Makes keys and the first blocks of the channels, and installs our builder.
pub(crate) fn lay_out(programs: &Programs, folder: &Path, orderer_address: &str) -> Result<()> {
    let templates = programs::folder().join("network");
    let (host, port) = orderer_address.rsplit_once(':').context("an address has a port")?;
    let configtx = fs::read_to_string(templates.join("configtx.yaml"))?
        .replace("ORDERER_HOST", host)
        .replace("ORDERER_PORT", port)
        .replace("CHANNEL_CAPABILITY", programs.release.channel_capability);
    fs::write(folder.join("configtx.yaml"), configtx)?;
    let mut cryptogen = programs.command("cryptogen");
    cryptogen.args(["generate", "--output", "organizations", "--config"]);
    succeed(cryptogen.arg(templates.join("crypto-config.yaml")).current_dir(folder), TOOL)?;
    for channel in CHANNELS {
        let mut configtxgen = programs.command("configtxgen");
        configtxgen.args(["-profile", "Channel", "-channelID", channel, "-outputBlock"]);
        configtxgen.arg(format!("{channel}.block")).current_dir(folder).env("FABRIC_CFG_PATH", folder);
        succeed(&mut configtxgen, TOOL)?;
    }
    builder_programs::put(&programs.builder, &folder.join("builder/bin"))
}

/// Returns the variables of the peer, without its addresses: its identity, its files in the network's folder, and our builder, to which
/// it propagates further variables.
pub(crate) fn peer_environment(
    folder: &Path,
    further: &[(&'static str, String)],
) -> Vec<(&'static str, String)> {
    // A builder under the name that a peer of 2.5 or 3.1 has in its core.yaml would do as well.
    let builders = format!(
        "[{{name: ccs-builder, path: {}, propagateEnvironment: [{}]}}]",
        folder.join("builder").display(),
        ["CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG"]
            .into_iter()
            .chain(further.iter().map(|(name, _)| *name))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let (peer, production) = (folder.join(ORGANIZATION).join(PEER), folder.join("production"));
    vec![
        ("CORE_PEER_ID", "peer0.org1.example.com".to_owned()),
        ("CORE_PEER_LOCALMSPID", "Org1MSP".to_owned()),
        ("CORE_PEER_MSPCONFIGPATH", text(peer.join("msp"))),
        ("CORE_PEER_TLS_ENABLED", "true".to_owned()),
        ("CORE_PEER_TLS_CERT_FILE", text(peer.join("tls/server.crt"))),
        ("CORE_PEER_TLS_KEY_FILE", text(peer.join("tls/server.key"))),
        ("CORE_PEER_TLS_ROOTCERT_FILE", text(peer.join("tls/ca.crt"))),
        ("CORE_LEDGER_SNAPSHOTS_ROOTDIR", text(production.join("snapshots"))),
        ("CORE_PEER_FILESYSTEMPATH", text(production)),
        ("CORE_CHAINCODE_EXTERNALBUILDERS", builders),
    ]
}

/// Returns the variables of the orderer, without its addresses: its identity, and its files in the network's folder.
pub(crate) fn orderer_environment(folder: &Path) -> Vec<(&'static str, String)> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let orderer = folder.join(ORDERER);
    let (key, certificate) = (text(orderer.join("tls/server.key")), text(orderer.join("tls/server.crt")));
    vec![
        ("ORDERER_GENERAL_LOCALMSPID", "OrdererMSP".to_owned()),
        ("ORDERER_GENERAL_LOCALMSPDIR", text(orderer.join("msp"))),
        // 3.1 has no other way; 2.5 must be told.
        ("ORDERER_GENERAL_BOOTSTRAPMETHOD", "none".to_owned()),
        ("ORDERER_CHANNELPARTICIPATION_ENABLED", "true".to_owned()),
        ("ORDERER_GENERAL_TLS_ENABLED", "true".to_owned()),
        ("ORDERER_GENERAL_TLS_ROOTCAS", format!("[{}]", orderer.join("tls/ca.crt").display())),
        ("ORDERER_GENERAL_TLS_PRIVATEKEY", key.clone()),
        ("ORDERER_GENERAL_TLS_CERTIFICATE", certificate.clone()),
        ("ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY", key),
        ("ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE", certificate),
        ("ORDERER_FILELEDGER_LOCATION", text(folder.join("orderer"))),
        ("ORDERER_CONSENSUS_WALDIR", text(folder.join("wal"))),
        ("ORDERER_CONSENSUS_SNAPDIR", text(folder.join("snapshot"))),
    ]
}

/// Lets an orderer take part in the channels.
pub(crate) fn join_orderer(programs: &Programs, folder: &Path, admin_address: &str) -> Result<()> {
    for channel in CHANNELS {
        let mut osnadmin = programs.command("osnadmin");
        osnadmin.args(["channel", "join", "-o", admin_address, "--channelID", channel]);
        succeed(osnadmin.arg("--config-block").arg(folder.join(format!("{channel}.block"))), TOOL)?;
    }
    Ok(())
}

/// Joins the peer to the channels, once the orderer has found its leader.
pub(crate) fn join_peer(administrator: &Administrator<'_>, folder: &Path) -> Result<()> {
    logged(&folder.join(ORDERER_LOG), "Raft leader changed: 0 -> 1", CHANNELS.len(), TOOL)?;
    for channel in CHANNELS {
        let block = folder.join(format!("{channel}.block"));
        administrator.expect(
            &format!("channel join -b {}", block.display()),
            "Successfully submitted proposal to join",
        )?;
    }
    Ok(())
}

/// Returns the administrator of the peer, by the addresses of peer and orderer.
pub(crate) fn administrator<'a>(
    programs: &'a Programs,
    folder: &Path,
    (peer, orderer): (&str, &str),
) -> Result<Administrator<'a>> {
    let site = Site {
        organization: folder.join(ORGANIZATION),
        peer: peer.to_owned(),
        log: folder.join(PEER_LOG),
        orderer: orderer.to_owned(),
        orderer_ca: folder.join(ORDERER).join("tls/ca.crt"),
    };
    Administrator::new(programs, site, &folder.join("out"))
}

/// Returns the folder in which the peer of a network keeps the release of a package with this label.
pub(crate) fn released(folder: &Path, label: &str) -> Result<PathBuf> {
    let builds = folder.join("production/externalbuilder/builds");
    for build in fs::read_dir(&builds).with_context(|| format!("cannot read {}", builds.display()))? {
        let build = build?;
        if build.file_name().to_string_lossy().starts_with(label) {
            return Ok(build.path().join("release"));
        }
    }
    bail!("the peer keeps no build of {label}")
}
