//! Packages with source, as the command of the peer packs them: built with the tools of the host, without Docker.

use std::fs;

use anyhow::{Context, Result};

use super::administrator::{Administrator, Definition};
use super::network::Network;
use super::report::Report;
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::workspace;

/// The languages: as the command names them, the contract, and as the contract names itself.
const LANGUAGES: [(&str, &str, &str); 2] = [("golang", "go", "go"), ("node", "node", "node")];

/// Deploys the contract in each language from its source.
pub(super) fn run(
    report: &mut Report,
    network: &Network<'_>,
    administrator: &Administrator<'_>,
) -> Result<()> {
    // Kept from one run to the next, as an operator keeps it from one package to the next.
    let cache = workspace::target_folder().join("launch-cache");
    let settings = format!(
        "platform: process\nlanguages: [golang, node, java]\nbuild: {{cache: '{}'}}\n",
        cache.display()
    );
    fs::write(network.folder().join("builder/launch.yaml"), settings)?;
    for (language, contract, name) in LANGUAGES {
        let check = format!("source in {language} is built on the host, and registers over TLS");
        report.check(&check, || deploy(network, administrator, language, contract, name));
    }
    Ok(())
}

fn deploy(
    network: &Network<'_>,
    administrator: &Administrator<'_>,
    language: &str,
    contract: &str,
    name: &str,
) -> Result<()> {
    let label = format!("{language}_1.0");
    let file = network.folder().join(format!("{label}.tgz"));
    let path = dev_peer_folder().join("contracts").join(contract);
    let words = format!("{} --path {} --lang {language} --label {label}", file.display(), path.display());
    administrator.expect(&format!("lifecycle chaincode package {words}"), "")?;
    administrator.install(&file)?;
    let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let package = format!("{label}:{}", hex::encode(<sha2::Sha256 as sha2::Digest>::digest(content)));
    let definition = Definition { channel: "mychannel", name: language, package: &package, options: "" };
    administrator.define(&definition)?;
    let words = format!(r#"chaincode query -C mychannel -n {language} -c {{"Args":["About"]}}"#);
    administrator.expect(&words, &format!(r#"{{"language":"{name}"}}"#))
}
