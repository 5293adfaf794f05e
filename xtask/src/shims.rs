//! Chaincode on the official shims for Node.js and Java in images, which are made from what this machine has: the interpreter, its
//! libraries, and the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use walkdir::WalkDir;
use xtask_base::libraries;

use crate::cache;
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::fabric::administrator::{Administrator, Definition};
use crate::fabric::packages::{of_image, package_id};
use crate::fabric::served::Served;
use crate::processes::succeed;
use crate::report::Report;
use crate::toolchain;
use crate::workspace;

/// How long npm, Maven and jlink may take; the first two fetch libraries.
const BUILD: Duration = Duration::from_mins(10);

/// What the virtual machine needs for the shim.
const MODULES: &str = "java.base,java.instrument,java.logging,java.management,java.naming,java.net.http,java.sql,jdk.crypto.ec,\
                       jdk.unsupported,jdk.zipfs";

/// Chaincode in an image that serves where a variable says so, and dials otherwise.
pub(crate) struct Shim {
    /// The name, also of the image.
    pub(crate) name: &'static str,
    /// Files and folders, and the place of each in the image.
    files: Vec<(PathBuf, String)>,
    /// What the shell runs.
    script: &'static str,
    /// A call that writes, and one that answers with `blue` then.
    writes: &'static str,
    reads: &'static str,
}

/// Returns what this machine lacks for the images.
pub(crate) fn missing() -> Option<String> {
    let is_missing = |program: &&&str| toolchain::find(program).is_none();
    let program = ["node", "npm", "javac", "mvn", "ldd"].iter().find(is_missing)?;
    Some(format!("{program} is not installed"))
}

impl Shim {
    /// Makes the contents of both images; what takes long is done once.
    pub(crate) fn all(busybox: &Path) -> Result<[Self; 2]> {
        let mut shims = [node()?, java()?];
        for shim in &mut shims {
            shim.files.push((busybox.to_owned(), "bin/busybox".to_owned()));
        }
        Ok(shims)
    }

    /// Returns files and folders, and the place of each in the image.
    pub(crate) fn files(&self) -> Vec<(&Path, &str)> {
        self.files.iter().map(|(file, place)| (file.as_path(), place.as_str())).collect()
    }

    /// Returns the command of the image.
    pub(crate) fn command(&self) -> [&str; 4] {
        ["/bin/busybox", "sh", "-c", self.script]
    }
}

/// The sample, which is started as its Dockerfile and the peer's own image for Node.js do.
fn node() -> Result<Shim> {
    let sample = workspace::root().join("samples/asset-transfer-node");
    let key = cache::key(&sample, &["package-lock.json"])?;
    let packages = cache::built_once(&format!("shims/node-{key}"), |fresh| {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(sample.join(name), fresh.join(name)).with_context(|| format!("cannot copy {name}"))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]);
        succeed(npm.current_dir(fresh), BUILD).map(drop)
    })?;
    let program = fs::canonicalize(toolchain::find("node").context("node is not installed")?)?;
    let mut files = in_place(libraries::of(&[&program])?);
    files.push((program, "usr/bin/node".to_owned()));
    for name in ["package.json", "index.js", "lib"] {
        files.push((sample.join(name), format!("chaincode/{name}")));
    }
    files.push((packages.join("node_modules"), "chaincode/node_modules".to_owned()));
    Ok(Shim {
        name: "node",
        files,
        script: "cd /chaincode && role=start && if [ -n \"$CHAINCODE_SERVER_ADDRESS\" ]; then role=server; else \
                 set -- --peer.address \"$CORE_PEER_ADDRESS\"; fi && exec /usr/bin/node node_modules/fabric-shim/cli.js $role \"$@\"",
        writes: r#"{"Args":["CreateAsset","a","blue","5","Tomoko","300"]}"#,
        reads: r#"{"Args":["ReadAsset","a"]}"#,
    })
}

/// The contract of `cargo xtask dev-peer`, which asks for the certificate of a client where it serves: the shim's own program for
/// contracts cannot.
fn java() -> Result<Shim> {
    let contract = dev_peer_folder().join("contracts/java");
    let home = java_home()?;
    let sources = sources(&contract)?;
    let sources: Vec<_> = sources.iter().map(String::as_str).collect();
    let name =
        format!("shims/java-{}-{}", cache::key(&contract, &sources)?, cache::key(&home, &["release"])?);
    let built = cache::built_once(&name, |fresh| {
        for source in &sources {
            let place = fresh.join(source);
            fs::create_dir_all(place.parent().context("a file is in a folder")?)?;
            fs::copy(contract.join(source), place).with_context(|| format!("cannot copy {source}"))?;
        }
        let mut maven = Command::new("mvn");
        succeed(maven.args(["--quiet", "--batch-mode", "package"]).current_dir(fresh), BUILD)?;
        let mut jlink = Command::new(home.join("bin/jlink"));
        jlink.args(["--add-modules", MODULES, "--no-header-files", "--no-man-pages", "--output"]);
        succeed(jlink.arg(fresh.join("runtime")), BUILD).map(drop)
    })?;
    let runtime = built.join("runtime");
    let mut programs = vec![runtime.join("bin/java"), runtime.join("lib/server/libjvm.so")];
    for library in fs::read_dir(runtime.join("lib"))? {
        programs.push(library?.path());
    }
    programs.retain(|path| {
        path.is_file() && (path.ends_with("java") || path.extension().is_some_and(|end| end == "so"))
    });
    let mut needed = libraries::of(&programs)?;
    needed.retain(|library| !library.starts_with(&runtime));
    let mut files = in_place(needed);
    files.push((runtime, "java".to_owned()));
    files.push((built.join("target/everything.jar"), "chaincode/everything.jar".to_owned()));
    files.push((built.join("target/lib"), "chaincode/lib".to_owned()));
    Ok(Shim {
        name: "java",
        files,
        script: "exec /java/bin/java -jar /chaincode/everything.jar --peerAddress \"$CORE_PEER_ADDRESS\"",
        writes: r#"{"Args":["Put","a","blue"]}"#,
        reads: r#"{"Args":["Get","a"]}"#,
    })
}

fn java_home() -> Result<PathBuf> {
    let compiler = fs::canonicalize(toolchain::find("javac").context("javac is not installed")?)?;
    let home = compiler.parent().and_then(Path::parent).context("javac is in no JDK")?;
    Ok(home.to_owned())
}

/// Maps each file to the same path in the image.
fn in_place(files: impl IntoIterator<Item = PathBuf>) -> Vec<(PathBuf, String)> {
    let place = |file: &PathBuf| file.to_string_lossy().trim_start_matches('/').to_owned();
    files.into_iter().map(|file| (file.clone(), place(&file))).collect()
}

/// Returns the files of a contract in Java, relative to its folder and in order.
fn sources(contract: &Path) -> Result<Vec<String>> {
    let mut sources = Vec::new();
    for entry in WalkDir::new(contract.join("src")).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            sources.push(entry.path().strip_prefix(contract)?.to_string_lossy().into_owned());
        }
    }
    sources.push("pom.xml".to_owned());
    Ok(sources)
}

/// Has a peer start each of them in a role, by the image.json that a function makes for its name, and write and read.
pub(crate) fn deploy(
    report: &mut Report,
    administrator: &Administrator<'_>,
    (folder, role): (&Path, Role),
    shims: &[Shim],
    image: &dyn Fn(&str) -> Result<String>,
) {
    for shim in shims {
        report.check(&format!("the official shim for {} {}", shim.name, role.says()), || {
            let (name, label) = (shim.name, format!("{}_1.0", shim.name));
            let image = &image(name)?;
            let (file, id) = match role {
                Role::Dials => {
                    let file = of_image(folder, &label, image)?;
                    let id = package_id(&label, &file)?;
                    (file, id)
                }
                Role::IsDialed => {
                    let served = Served::make(folder, &label, image)?;
                    (served.file, served.id)
                }
            };
            administrator.install(&file)?;
            administrator.define(&Definition { channel: "mychannel", name, package: &id, options: "" })?;
            administrator.invokes(name, shim.writes)?;
            administrator.answers(name, shim.reads, "blue")
        });
    }
}

/// The role of the chaincode.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// The chaincode dials the peer.
    Dials,
    /// The peer dials the chaincode.
    IsDialed,
}

impl Role {
    fn says(self) -> &'static str {
        match self {
            Self::Dials => "dials the peer over TLS",
            Self::IsDialed => "is dialed by the peer over TLS",
        }
    }
}
