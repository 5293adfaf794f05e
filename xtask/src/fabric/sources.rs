//! Packages with source, as the command of the peer packs them: built with the tools of the host, without Docker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::administrator::{Administrator, Definition};
use super::network::Network;
use super::packages::package_id;
use super::programs;
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::dev_peer::servers::ccs;
use crate::processes::succeed;
use crate::report::Report;
use crate::workspace;

/// How long copying a contract may take.
const COPY: Duration = Duration::from_secs(30);

/// The languages: as the command names them, and as the contract and its folder are called.
const LANGUAGES: [(&str, &str); 3] = [("golang", "go"), ("node", "node"), ("java", "java")];

/// An index that the copy of the contract in Java has, and its place in the code of a package.
const INDEX: (&str, &str) = (
    "META-INF/statedb/couchdb/indexes/byOwner.json",
    r#"{"index":{"fields":["Owner"]},"ddoc":"byOwner","name":"byOwner","type":"json"}"#,
);

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
    for (language, name) in LANGUAGES {
        let check = format!("source in {language} is built on the host, and registers over TLS");
        report.check(&check, || {
            let contract = dev_peer_folder().join("contracts").join(name);
            let source = if name == "java" { one_jar(&contract, network.folder())? } else { contract };
            deploy(network, administrator, (language, name), &source)
        });
    }
    Ok(())
}

/// Copies the contract in Java, adds an index, and has Maven put the contract and its libraries into one jar, as the peer's own build
/// expects it.
fn one_jar(contract: &Path, folder: &Path) -> Result<PathBuf> {
    let copy = folder.join("contract-in-java");
    succeed(Command::new("cp").arg("-r").arg(contract).arg(&copy), COPY)?;
    let pom = copy.join("pom.xml");
    let text = fs::read_to_string(&pom)?.replace("<finalName>everything", "<finalName>chaincode");
    let (before, plugin) =
        text.split_once("      <!-- The libraries beside the jar").context("pom.xml copies libraries")?;
    let (_, after) = plugin.split_once("      </plugin>\n").context("the plugin ends")?;
    let shade = fs::read_to_string(programs::folder().join("shade.xml"))?;
    fs::write(&pom, format!("{before}{shade}{after}"))?;
    let (index, content) = (copy.join(INDEX.0), INDEX.1);
    fs::create_dir_all(index.parent().context("an index is in a folder")?)?;
    fs::write(index, content)?;
    Ok(copy)
}

/// Compares the peer's package with that of `ccs package`: the same files, META-INF among them, and the same metadata.json.
fn same_as_ours(folder: &Path, (language, label): (&str, &str), source: &Path, file: &Path) -> Result<()> {
    let ours = folder.join(format!("{label}-ours.tgz"));
    let has_index = source.join(INDEX.0).is_file();
    let (ours_text, source) = (ours.to_string_lossy(), source.to_string_lossy());
    let word = if language == "golang" { "go" } else { language };
    succeed(&mut ccs(&["package", &ours_text, "--label", label, "--source", &source, "--lang", word]), COPY)?;
    let unpack = |package: &Path| -> Result<PathBuf> {
        let to = package.with_extension("unpacked");
        succeed(&mut ccs(&["unpack", &package.to_string_lossy(), &to.to_string_lossy()]), COPY)?;
        Ok(to)
    };
    let (theirs, ours) = (unpack(file)?, unpack(&ours)?);
    ensure!(
        theirs.join("src").join(INDEX.0).is_file() == has_index,
        "peer lifecycle chaincode package loses an index"
    );
    succeed(Command::new("diff").arg("-r").arg(theirs.join("src")).arg(ours.join("src")), COPY)?;
    let metadata = |folder: &Path| -> Result<serde_json::Value> {
        Ok(serde_json::from_slice(&fs::read(folder.join("metadata/metadata.json"))?)?)
    };
    let (theirs, ours) = (metadata(&theirs)?, metadata(&ours)?);
    ensure!(
        theirs == ours,
        "metadata.json of peer lifecycle chaincode package: {theirs}, of ccs package: {ours}"
    );
    Ok(())
}

fn deploy(
    network: &Network<'_>,
    administrator: &Administrator<'_>,
    (language, name): (&str, &str),
    source: &Path,
) -> Result<()> {
    let label = format!("{language}_1.0");
    let file = network.folder().join(format!("{label}.tgz"));
    let words = format!("{} --path {} --lang {language} --label {label}", file.display(), source.display());
    administrator.expect(&format!("lifecycle chaincode package {words}"), "")?;
    same_as_ours(network.folder(), (language, &label), source, &file)?;
    administrator.install(&file)?;
    let package = package_id(&label, &file)?;
    let definition = Definition { channel: "mychannel", name: language, package: &package, options: "" };
    administrator.define(&definition)?;
    let words = format!(r#"chaincode query -C mychannel -n {language} -c {{"Args":["About"]}}"#);
    administrator.expect(&words, &format!(r#"{{"language":"{name}"}}"#))
}
