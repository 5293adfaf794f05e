//! An engine over TCP with TLS that requires a client certificate: launches that succeed, and each error.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, ensure};
use ccs_tls::{Authority, Request, Role};
use tempfile::TempDir;
use xtask_base::processes::free_address;
use xtask_base::report::Report;
use xtask_base::server_site::ServerSite;
use xtask_base::site::Site;
use xtask_base::tally::Tally;
use xtask_base::toolchain;

use crate::engine::Engine;
use crate::launches::{Stage, runs, stops};
use crate::servers::CONTRACT;

/// The image in which a shell waits.
const SHELL: &str = "shell";

/// An engine with certificates, and a port without TLS.
struct Remote<'a> {
    stage: &'a Stage<'a>,
    files: &'a TempDir,
    /// Where the engine listens, with TLS.
    secured: &'a str,
    /// Where it listens without TLS.
    plain: SocketAddr,
}

/// A launch that fails at once.
struct Failing {
    label: &'static str,
    /// The engine; `SECURED` and `PLAIN` stand for host and port.
    host: &'static str,
    /// The names of CA, certificate and key, if there are any.
    tls: Option<[&'static str; 3]>,
    code: i32,
    says: &'static str,
}

const fn failing(
    label: &'static str,
    host: &'static str,
    tls: Option<[&'static str; 3]>,
    code: i32,
    says: &'static str,
) -> Failing {
    Failing { label, host, tls, code, says }
}

const SECURED: &str = "tcp://SECURED";
const FITTING: Option<[&str; 3]> = Some(["ca", "cert", "key"]);

const FAILING: &[Failing] = &[
    failing("stranger", SECURED, Some(["ca", "foreign-cert", "foreign-key"]), 42, "received fatal alert: "),
    failing("distrust", SECURED, Some(["foreign-ca", "cert", "key"]), 24, "invalid peer certificate: "),
    failing("misnamed", "tcp://localhost:PORT", FITTING, 24, "certificate not valid for name \"localhost\""),
    failing("missing", SECURED, Some(["ca", "absent", "key"]), 24, "absent.pem: No such file or directory"),
    failing("no-ca", SECURED, Some(["empty", "cert", "key"]), 24, "empty.pem: there is no PEM block in it"),
    failing("swapped", SECURED, Some(["ca", "key", "cert"]), 24, "certificate and client key are swapped"),
    failing(
        "mixed",
        SECURED,
        Some(["ca", "cert", "foreign-key"]),
        24,
        "foreign-key.pem: the client key does not belong to the client certificate",
    ),
    failing(
        "plain-engine",
        "tcp://PLAIN",
        FITTING,
        24,
        "received corrupt message of type InvalidContentType",
    ),
    failing("plain-launcher", SECURED, None, 24, "Client sent an HTTP request to an HTTPS server"),
    failing("no-files", "https://SECURED", None, 24, "needs certificates"),
];

/// Starts a second engine, with TLS, and launches on it; skips the checks if this user cannot start an engine.
pub fn run(report: &mut Report, stage: &Stage<'_>, contract: &Path) -> Result<Tally> {
    let (files, secured) = (certificates()?, free_address()?);
    let path = |name: &str| file(&files, name).to_string_lossy().into_owned();
    let (ca, certificate, key) = (path("ca"), path("server-cert"), path("server-key"));
    let host = format!("tcp://{secured}");
    let options = ["--host", &host, "--tlsverify", "--tlscacert", &ca];
    let own = ["--tlscert", &certificate, "--tlskey", &key];
    let engine = match stage.engine.start_beside(&[options.as_slice(), &own].concat())? {
        Ok(engine) => engine,
        Err(reason) => return Ok(toolchain::missing("an engine with TLS", reason)),
    };
    report.part("an engine over TCP with TLS", |report| {
        let mut images = stage.images.on(&engine)?;
        images.shell(SHELL, "echo started; exec /bin/busybox sleep 600")?;
        images.with_program(CONTRACT, contract, "exec /program -peer.address=$CORE_PEER_ADDRESS")?;
        let there = Stage { engine: &engine, builder: stage.builder.clone(), images };
        let plain = in_plaintext(&engine)?;
        Remote { stage: &there, files: &files, secured: &secured, plain }.run(report);
        Ok(())
    });
    Ok(Tally::default())
}

impl Remote<'_> {
    fn run(&self, report: &mut Report) {
        report.check_at_once(FAILING, |case| case.label, |case| case.run(self));
        report.check("a variable of the peer is missing", || {
            let site = self.by_variables("unset")?.with("CORE_VM_DOCKER_TLS_CERT_FILE", "");
            let text = "CORE_VM_DOCKER_TLS_ENABLED is true, and CORE_VM_DOCKER_TLS_CERT_FILE is not set";
            site.fails(24, text).map(drop)
        });
        report.check("named by launch.yaml", || self.launches(&self.site("settings", SECURED, FITTING)?));
        report.check("named by the variables of the peer", || self.launches(&self.by_variables("peer")?));
        report.check("named by the variables of Docker's own command", || {
            let site = self.bare("command", "{}")?.with("DOCKER_HOST", &self.filled(SECURED));
            let folder = self.files.path().to_string_lossy();
            self.launches(&site.with("DOCKER_TLS_VERIFY", "1").with("DOCKER_CERT_PATH", &folder))
        });
        report.check("without TLS", || self.launches(&self.site("plain", "tcp://PLAIN", None)?));
        report.check("a server is started, and dialed on the loopback", || self.serves());
    }

    /// Replaces the placeholders by host and port.
    fn filled(&self, host: &str) -> String {
        let port = self.secured.rsplit(':').next().unwrap_or_default();
        host.replace("SECURED", self.secured).replace("PLAIN", &self.plain.to_string()).replace("PORT", port)
    }

    /// Writes the settings of an engine.
    fn settings(&self, host: &str, tls: Option<[&str; 3]>) -> String {
        let host = self.filled(host);
        let Some(names) = tls else { return format!("host: '{host}'") };
        let [ca, cert, key] = names.map(|name| file(self.files, name));
        format!(
            "host: '{host}', tls: {{ca: {}, cert: {}, key: {}}}",
            ca.display(),
            cert.display(),
            key.display()
        )
    }

    fn site(&self, label: &str, host: &str, tls: Option<[&str; 3]>) -> Result<Site> {
        self.bare(label, &format!("{{{}}}", self.settings(host, tls)))
    }

    fn by_variables(&self, label: &str) -> Result<Site> {
        let mut site = self.bare(label, "{}")?.with("CORE_VM_ENDPOINT", &self.filled(SECURED));
        site = site.with("CORE_VM_DOCKER_TLS_ENABLED", "true");
        for (name, file_name) in [("CA", "ca"), ("CERT", "cert"), ("KEY", "key")] {
            let path = file(self.files, file_name);
            site = site.with(&format!("CORE_VM_DOCKER_TLS_{name}_FILE"), &path.to_string_lossy());
        }
        Ok(site)
    }

    fn bare(&self, label: &str, docker: &str) -> Result<Site> {
        let launcher = self.stage.builder.with_file_name("ccs-launcher");
        let settings = format!("platform: docker\ndocker: {docker}\n");
        Site::new(&launcher, (label, &self.stage.images.json(SHELL)?), &settings, "127.0.0.1:7052")
    }

    fn launches(&self, site: &Site) -> Result<()> {
        let launch = runs(site)?;
        launch.says(&format!("chaincode {}: started", site.label()))?;
        stops(self.stage, site, launch)
    }

    fn serves(&self) -> Result<()> {
        let engine = self.stage.engine;
        let settings = format!("platform: docker\ndocker: {{{}}}\n", self.settings(SECURED, FITTING));
        let image = self.stage.images.json(CONTRACT)?;
        let site = ServerSite::new(&self.stage.builder, ("served_1.0", &image), &settings)?;
        let said = site.builds(&mut site.command())?;
        ensure!(said.contains("the peer will connect to 127.0.0.1:2"), "{said}");
        let words = ["ps", "--quiet", "--filter", "label=fabric-ccs/role=server"];
        engine.output(["rm", "--force", engine.output(words)?.trim()]).map(drop)
    }
}

impl Failing {
    fn run(&self, remote: &Remote<'_>) -> Result<()> {
        remote.site(self.label, self.host, self.tls)?.fails(self.code, self.says).map(drop)
    }
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(format!("{name}.pem"))
}

/// Writes two CAs, the certificates of an engine and of a client, and those of a client that the engine does not know. A client's own
/// files have the names that Docker's own command wants.
fn certificates() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("engine-").tempdir()?;
    let (ours, foreign) = (Authority::make("engine", 1)?, Authority::make("foreign", 1)?);
    fs::write(file(&folder, "ca"), ours.certificate())?;
    fs::write(file(&folder, "foreign-ca"), foreign.certificate())?;
    fs::write(file(&folder, "empty"), "")?;
    for (authority, role, prefix) in
        [(&ours, Role::Server, "server-"), (&ours, Role::Client, ""), (&foreign, Role::Client, "foreign-")]
    {
        let hosts = ["127.0.0.1".to_owned()];
        let hosts = if role == Role::Server { hosts.as_slice() } else { &[] };
        let pair = authority.issue(&Request { role, name: "docker", hosts, days: 1 })?;
        fs::write(file(&folder, &format!("{prefix}cert")), pair.certificate)?;
        fs::write(file(&folder, &format!("{prefix}key")), pair.key)?;
    }
    Ok(folder)
}

/// Makes an engine available over TCP without TLS until the process ends, because `dockerd` uses TLS on all or none of its addresses.
fn in_plaintext(engine: &Engine) -> Result<SocketAddr> {
    let host = engine.host().and_then(|host| host.strip_prefix("unix://"));
    let socket = host.context("the engine has no socket")?.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(engine) = UnixStream::connect(&socket) else { continue };
            let (Ok(to_client), Ok(to_engine)) = (client.try_clone(), engine.try_clone()) else { continue };
            // Either side may disconnect.
            thread::spawn(move || {
                copy(&client, &to_engine, || to_engine.shutdown(std::net::Shutdown::Write))
            });
            thread::spawn(move || {
                copy(&engine, &to_client, || to_client.shutdown(std::net::Shutdown::Write))
            });
        }
    });
    Ok(address)
}

/// Copies one direction, and passes on that it has ended.
fn copy(from: impl io::Read, to: impl io::Write, end: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let (mut from, mut to) = (from, to);
    io::copy(&mut from, &mut to)?;
    end()
}
