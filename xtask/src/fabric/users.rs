//! Chaincode as a process of another user than the peer's: it transacts over TLS, and cannot read the peer's private files.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, geteuid};

use super::administrator::{Administrator, Definition};
use super::launched::{AFTER_KILL, AFTER_SIGTERM, Package};
use super::layout::PEER;
use super::network::Network;
use super::packages::package_id;
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::processes::{finish, wait_until};
use crate::report::Report;
use crate::workspace;

/// The chaincode's name in the definitions.
const NAME: &str = "foreign";

/// A user and a group that no other process has.
const USER: (u32, u32) = (40_001, 40_002);

/// How long a look at a file may take.
const LOOK: Duration = Duration::from_secs(10);

/// Runs everything on a peer that runs as root; another one cannot start a process as another user.
pub(super) fn run(
    report: &mut Report,
    network: &mut Network<'_>,
    administrator: &Administrator<'_>,
) -> Result<()> {
    if !geteuid().is_root() {
        println!("        not run: process.user takes a peer that runs as root");
        return Ok(());
    }
    let settings = network.folder().join("builder/launch.yaml");
    let before = fs::read_to_string(&settings)?;
    let (user, group) = USER;
    fs::write(&settings, format!("platform: process\nprocess: {{user: '{user}:{group}'}}\n"))?;
    // All networks of this machine have these folders in one place: the port keeps their packages apart.
    let port = network.endpoint().rsplit_once(':').context("the peer has a port")?.1;
    let package = Package::at_the_top(network.folder(), &format!("foreign_{port}"))?;
    let package = Package { builds: users_folder(), ..package };
    report.check("chaincode of another user is started over TLS, and transacts", || {
        administrator.deploy(NAME, &package.file, &package.id)?;
        package.runs_once()
    });
    report.check("its process has that user and that group, and may do nothing as root", || {
        belongs_to_the_user(package.process()?)
    });
    report.check(
        "that user reads its own key, and neither that of the peer's MSP nor the peer's ledger",
        || reads_nothing_of_the_peer(network, package.process()?),
    );
    let own_folder = || -> Result<PathBuf> {
        let program = fs::read_link(format!("/proc/{}/exe", package.process()?.as_raw_nonzero()))?;
        program.ancestors().nth(2).map(Path::to_owned).context("the program is in a folder of its own")
    };
    report.check("SIGTERM of the peer leaves neither its process nor its files for longer than 3 s", || {
        let folder = own_folder()?;
        network.signal_peer(Signal::TERM)?;
        package.is_gone(AFTER_SIGTERM)?;
        wait_until(AFTER_SIGTERM, || Ok(!folder.exists())).context("its files stay")
    });
    report.check(
        "kill -9 of the peer and of run leaves neither its process nor its files for longer than 10 s",
        || {
            network.kill_and_start_peer()?;
            administrator.reads(NAME)?;
            package.runs_once()?;
            let folder = own_folder()?;
            network.kill_launcher()?;
            network.signal_peer(Signal::KILL)?;
            package.is_gone(AFTER_KILL)?;
            wait_until(AFTER_KILL, || Ok(!folder.exists())).context("its files stay")
        },
    );
    network.kill_and_start_peer()?;
    report.check("source in Go is built as that user, and what was built is root's", || {
        built_as_the_user(network, administrator, &settings)
    });
    fs::write(&settings, before)?;
    Ok(())
}

/// Returns where the launches of other users have their folders.
fn users_folder() -> PathBuf {
    std::env::temp_dir().join("fabric-ccs-0-users")
}

fn belongs_to_the_user(process: Pid) -> Result<()> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let (user, group) = USER;
    ensure!(field("Uid:") == vec![user.to_string(); 4], "the users are {:?}", field("Uid:"));
    ensure!(field("Gid:") == vec![group.to_string(); 4], "the groups are {:?}", field("Gid:"));
    ensure!(field("Groups:").is_empty(), "it has further groups: {:?}", field("Groups:"));
    ensure!(field("CapEff:") == ["0000000000000000"], "it may do {:?}", field("CapEff:"));
    ensure!(field("NoNewPrivs:") == ["1"], "it can get privileges");
    Ok(())
}

/// Has `cat` read files as the user: the key of the chaincode, that of the peer, and what the peer has built.
fn reads_nothing_of_the_peer(network: &Network<'_>, process: Pid) -> Result<()> {
    let environment = fs::read(format!("/proc/{}/environ", process.as_raw_nonzero()))?;
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let variable = |name: &str| {
        let found = environment.split('\0').find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
        found.map(PathBuf::from).with_context(|| format!("the chaincode has no {name}"))
    };
    let read = |path: &Path| {
        let mut cat = Command::new("cat");
        cat.arg(path).uid(USER.0).gid(USER.1);
        finish(&mut cat, LOOK)
    };
    let own = variable("CORE_TLS_CLIENT_KEY_FILE")?;
    ensure!(read(&own)?.stdout.contains("PRIVATE KEY"), "it cannot read {}", own.display());
    let found = fs::metadata(&own)?;
    ensure!(
        (found.uid(), found.mode() & 0o777) == (USER.0, 0o600),
        "its key has the mode {:o}",
        found.mode()
    );
    let keystore = network
        .folder()
        .join("organizations/peerOrganizations/org1.example.com")
        .join(PEER)
        .join("msp/keystore");
    let key = fs::read_dir(&keystore)?.next().context("the MSP has a key")??.path();
    let production = network.folder().join("production");
    for path in [key, production.join("ledgersData"), production.join("externalbuilder/builds")] {
        ensure!(path.exists(), "there is no {}", path.display());
        let refused = read(&path)?;
        ensure!(refused.stderr.contains("Permission denied"), "{}: {}", path.display(), refused.stderr);
    }
    Ok(())
}

/// Deploys the contract in Go from its source.
fn built_as_the_user(
    network: &Network<'_>,
    administrator: &Administrator<'_>,
    settings: &Path,
) -> Result<()> {
    let cache = workspace::target_folder().join("launch-cache-of-users");
    let (user, group) = USER;
    let text = format!(
        "platform: process\nlanguages: [golang]\nprocess: {{user: '{user}:{group}'}}\nbuild: {{cache: '{}'}}\n",
        cache.display()
    );
    fs::write(settings, text)?;
    let file = network.folder().join("sources_1.0.tgz");
    let source = dev_peer_folder().join("contracts/go");
    let words = format!("{} --path {} --lang golang --label sources_1.0", file.display(), source.display());
    administrator.expect(&format!("lifecycle chaincode package {words}"), "")?;
    administrator.install(&file)?;
    let log = fs::read_to_string(network.log())?;
    ensure!(
        log.contains(&format!("built: from source by the user {user}:{group} in ")),
        "the log does not say who built"
    );
    let id = package_id("sources_1.0", &file)?;
    let builds = network.folder().join("production/externalbuilder/builds");
    let program = builds.join(id.replace(':', "-")).join("bld/chaincode");
    let found = fs::metadata(&program).with_context(|| format!("cannot look at {}", program.display()))?;
    ensure!(
        (found.uid(), found.mode() & 0o7777) == (0, 0o700),
        "the program has the mode {:o}",
        found.mode()
    );
    administrator.define(&Definition { channel: "mychannel", name: "sources", package: &id, options: "" })?;
    administrator.writes("sources")?;
    administrator.reads("sources")
}
