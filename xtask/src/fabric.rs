//! `cargo xtask fabric`: Fabric's own programs, built from its sources, together with ours.
//!
//! The steps of `conformance/fabric/steps.toml` are what an administrator types. They are run twice: on a peer of Fabric, on
//! which our builder is installed, and on the development peer, which has to answer the same.

mod administrator;
mod chaincode;
mod network;
mod programs;

use std::fs;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::dev_peer::session::Session;
use crate::tally::Tally;
use crate::toolchain;
use administrator::{Administrator, Site};
use chaincode::Chaincode;
use network::Network;
use programs::Programs;

/// The release that is built; `conformance/fabric/go.mod` names it, and the README beside it says why this one.
const VERSION: &str = "2.1.1";

/// Runs the steps on both peers, and on Fabric's what only its own peer can show.
pub(crate) fn run() -> Result<Tally> {
    for (program, version) in [("go", "version"), ("cc", "--version"), ("tar", "--version")] {
        if !toolchain::has(program, version) {
            return Ok(toolchain::missing("Fabric", &format!("{program} is not installed")));
        }
    }
    let programs = Programs::build()?;
    let tally = on_fabric(&programs)? + on_development_peer(&programs)?;
    println!("\nfabric: {tally}");
    Ok(tally)
}

fn on_development_peer(programs: &Programs) -> Result<Tally> {
    let scratch = tempfile::Builder::new().prefix("fabric-").tempdir()?;
    let session = Session::without_chaincode()?;
    let chaincode = Chaincode::start(scratch.path())?;
    let organization = session.organizations().join("peerOrganizations/org1.example.com");
    let site = Site {
        settings: programs.settings.clone(),
        peer: session.endpoint().to_owned(),
        log: session.log(),
        orderer: session.endpoint().to_owned(),
        orderer_ca: organization.join("peers/peer0.org1.example.com/tls/ca.crt"),
        organization,
    };
    let tally =
        Administrator::new(programs, site, &chaincode, scratch.path())?.all_steps("the development peer")?;
    if tally.failed > 0 {
        print!("{}", session.logs());
    }
    Ok(tally)
}

fn on_fabric(programs: &Programs) -> Result<Tally> {
    let mut network = Network::start(programs)?;
    let chaincode = Chaincode::start(network.folder())?;
    let administrator = Administrator::new(programs, network.site(), &chaincode, network.folder())?;
    administrator.expect(
        "channel create $ORDERER -c mychannel -f $OUT/../mychannel.tx --outputBlock $OUT/mychannel.block",
        "Received block: 0",
    )?;
    administrator
        .expect("channel join -b $OUT/mychannel.block", "Successfully submitted proposal to join")?;
    let steps = administrator.all_steps(&format!("Fabric {VERSION}"))?;
    let killed = checked("a peer that was killed has its build", || {
        network.kill_and_start_peer()?;
        administrator.expect(r#"chaincode query -C mychannel -n everything -c {"Args":["Get","a"]}"#, "blue")
    });
    let given = checked("the builder is given what environmentWhitelist names", || {
        let package = chaincode::templated(network.folder())?;
        administrator
            .expect(&format!("lifecycle chaincode install {}", package.display()), "Installed remotely")?;
        let connection = released(&network.folder().join("production"), "templated_1.0")?;
        ensure!(connection.contains(r#""address":"chaincode.example.com:9999""#), "released {connection}");
        Ok(())
    });
    let tally = steps + killed + given;
    if tally.failed > 0 {
        println!("  --- the end of the peer's log\n{}", network.end_of_log());
    }
    Ok(tally)
}

/// Reads what the peer keeps of a release.
fn released(peer: &Path, label: &str) -> Result<String> {
    for build in fs::read_dir(peer.join("externalbuilder/builds"))? {
        let build = build?;
        if build.file_name().to_string_lossy().starts_with(label) {
            return Ok(fs::read_to_string(build.path().join("release/chaincode/server/connection.json"))?);
        }
    }
    bail!("the peer keeps no build of {label}")
}

fn checked(name: &str, check: impl FnOnce() -> Result<()>) -> Tally {
    match check() {
        Ok(()) => Tally::PASSED,
        Err(error) => {
            println!("FAILED  {name}: {error:#}");
            Tally::FAILED
        }
    }
}
