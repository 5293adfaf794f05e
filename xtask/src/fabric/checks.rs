//! Tests of our builder that need a Fabric peer: launches over every kind of connection, concurrent builds, and the state after the
//! peer was killed.

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::administrator::{Administrator, Definition, installing};
use super::answers;
use super::contracts::{Contract, Versions};
use super::network::Network;
use super::packages::{self, CONFIGURED_HOST, INDEX};
use super::programs::Programs;
use crate::dev_peer::servers::Link;
use crate::processes::Finished;
use crate::report::Report;

/// The name in the certificate of a contract which is dialed under another one.
const CERTIFIED_NAME: &str = "chaincode.internal";

/// What every definition for the transcript has.
const COLLECTIONS: &str = "--collections-config $COLLECTIONS";

/// A call of the contract that reads nothing.
const ABOUT: (&str, &str) = (r#"{"Args":["About"]}"#, r#"{"language":"go"}"#);

/// Runs everything on a network of its own, and leaves the answers of the transcript in a file.
pub(super) fn run(report: &mut Report, programs: &Programs, answers: &Path) -> Result<()> {
    let mut network = Network::start(programs)?;
    network.on(report, |report, network| on(report, programs, network, answers))
}

fn on(report: &mut Report, programs: &Programs, network: &mut Network<'_>, answers: &Path) -> Result<()> {
    let folder = network.folder().to_owned();
    let mut administrator = network.administrator()?;
    let Versions { first, next } = Versions::start(&folder, &mut administrator)?;
    report.part("the administrator's steps", |report| administrator.all_steps(report));
    drop(first);
    let mut contracts = Vec::new();
    report.part("launches", |report| {
        report.check("after the upgrade, the next version answers without the first one", || {
            query(&administrator, "everything", r#"{"Args":["Get","a"]}"#, "blue")
        });
        contracts.extend(launches(report, &administrator, programs, &folder)?);
        let package = &next.id;
        let other = Definition { channel: "other", name: "everything", package, options: COLLECTIONS };
        administrator.define(&other)
    });
    report.part("builds", |report| builds(report, &administrator, network));
    report.part("the transcript", |report| {
        report.check("it runs to its end", || {
            answers::ask(network.endpoint(), &network.organizations(), answers)
        });
        Ok(())
    });
    report.part("the peer is killed", |report| {
        network.kill_and_start_peer()?;
        for name in ["everything", "another", "secured"] {
            report.check(&format!("{name} is launched again, without another install"), || {
                query(&administrator, name, ABOUT.0, ABOUT.1)
            });
        }
        Ok(())
    });
    drop(contracts);
    report.part("a chaincode is dead", |report| {
        report.check("a launch fails at once when no chaincode listens", || {
            let words = format!("chaincode query -C mychannel -n another -c {}", ABOUT.0);
            administrator.expect_failure(&words, "connect: connection refused")
        });
        Ok(())
    });
    Ok(())
}

/// Deploys contracts that the peer dials in plaintext, over TLS, and under another name than their certificates have.
fn launches(
    report: &mut Report,
    administrator: &Administrator<'_>,
    programs: &Programs,
    folder: &Path,
) -> Result<[Contract; 3]> {
    let another = Contract::start(folder, "another_1.0", Link::Plaintext)?;
    let secured = Contract::start(folder, "secured_1.0", Link::Tls)?;
    let renamed = Contract::start(folder, "renamed_1.0", Link::MutualTlsUnder(CERTIFIED_NAME))?;
    for contract in [&another, &secured, &renamed] {
        administrator.install(&contract.package)?;
    }
    for (name, contract, options) in [
        ("another", &another, COLLECTIONS),
        ("secured", &secured, ""),
        // The transcript initializes it.
        ("strict", &secured, "--collections-config $COLLECTIONS --init-required"),
        ("renamed", &renamed, ""),
    ] {
        administrator.define(&Definition { channel: "mychannel", name, package: &contract.id, options })?;
    }
    report.check("a contract is launched in plaintext", || query(administrator, "another", ABOUT.0, ABOUT.1));
    report.check("a contract is launched over TLS", || query(administrator, "secured", ABOUT.0, ABOUT.1));
    if programs.release.reads_domain {
        report.check("a contract is launched under the domain in connection.json", || {
            query(administrator, "renamed", ABOUT.0, ABOUT.1)
        });
    } else {
        report.check("the domain in connection.json is ignored, and the launch fails", || {
            let words = format!("chaincode query -C mychannel -n renamed -c {}", ABOUT.0);
            administrator.expect_failure(&words, "could not launch chaincode renamed_1.0")
        });
    }
    Ok([another, secured, renamed])
}

/// Checks what the peer keeps of builds, one at a time and several at once.
fn builds(report: &mut Report, administrator: &Administrator<'_>, network: &Network<'_>) -> Result<()> {
    let folder = network.folder();
    let templated = packages::templated(folder, "templated_1.0")?;
    report.check("the builder reads the variable that propagateEnvironment names", || {
        administrator.install(&templated)?;
        let file = network.released("templated_1.0")?.join("chaincode/server/connection.json");
        let connection = fs::read_to_string(file)?;
        let expected = format!(r#""address":"{CONFIGURED_HOST}:9999""#);
        ensure!(connection.contains(&expected), "released {connection}");
        Ok(())
    });
    let package = packages::indexed(folder, "indexed_1.0")?;
    report.check("indexes are released where the peer looks for them", || {
        administrator.install(&package)?;
        let indexes = network.released("indexed_1.0")?.join("statedb/couchdb");
        for place in ["indexes", "collections/shared/indexes"] {
            let file = indexes.join(place).join("byGroup.json");
            let index =
                fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            ensure!(index == INDEX, "{} holds {index}", file.display());
        }
        Ok(())
    });
    let labels = ["side_1", "side_2", "side_3"];
    let packages: Vec<_> =
        labels.iter().map(|label| packages::templated(folder, label)).collect::<Result<_>>()?;
    // Each package twice.
    let words: Vec<_> = packages.iter().chain(&packages).map(|package| installing(package)).collect();
    report.check("packages are built side by side, each one once", || {
        let finished = all_at_once(administrator, &words)?;
        let built = finished.iter().filter(|finished| finished.status.success()).count();
        ensure!(built == labels.len(), "{built} installs succeeded");
        let failed = finished.iter().filter(|finished| !finished.status.success());
        for finished in failed {
            let refused = finished.stderr.contains("chaincode already successfully installed");
            ensure!(refused, "an install failed: {}", finished.stderr);
        }
        let log = fs::read_to_string(network.log())?;
        for label in labels {
            network.released(label)?;
            let times = log.matches(&format!("build {label}: built: ")).count();
            ensure!(times == 1, "{label} was built {times} times");
        }
        Ok(())
    });
    report.check("the peer keeps no build of a package that the builder refused", || {
        ensure!(network.released("portless").is_err(), "the peer keeps one");
        Ok(())
    });
    Ok(())
}

fn all_at_once(administrator: &Administrator<'_>, commands: &[String]) -> Result<Vec<Finished>> {
    thread::scope(|scope| {
        let running: Vec<_> = commands.iter().map(|words| scope.spawn(|| administrator.run(words))).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<Finished>>| {
            thread.join().map_err(|_| anyhow::anyhow!("the thread of a command panicked"))?
        };
        running.into_iter().map(join).collect()
    })
}

fn query(administrator: &Administrator<'_>, name: &str, call: &str, answer: &str) -> Result<()> {
    administrator.expect(&format!("chaincode query -C mychannel -n {name} -c {call}"), answer)
}
