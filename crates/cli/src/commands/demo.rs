//! `ccs demo`: installs, starts and calls a chaincode.
//!
//! One function for each step, in the order of a peer: package, builder programs, release output,
//! connection, registration, transactions.

mod material;
mod server;
mod story;
mod transactions;

use std::fs;
use std::path::{Path, PathBuf};

use ccs_chaincode::{Chaincode, RegisterOptions};
use ccs_devnet::{Programs, deployment};
use ccs_dial::{ChaincodeConnection, ConnectionInfo};
use ccs_files::{Connection, PackageId};
use ccs_host::{BuildEvent, StepOutcome};
use ccs_package::PackageContents;
use ccs_package::disk::{self, Existing};

use crate::cli::Demo;
use crate::failure::Failure;
use material::Material;
use server::Server;
use story::{Step, Story};

/// The label of the package.
const LABEL: &str = "basic_1.0";

pub(crate) fn run(options: &Demo) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))?;
    let mut story = Story::begin(options.json);
    let result = runtime.block_on(tell(options, &mut story));
    story.end(options.tls, &result)?;
    result
}

/// Runs all steps; the first failure ends the demo.
async fn tell(options: &Demo, story: &mut Story) -> Result<(), Failure> {
    let folder = Folder::new(options.keep.as_deref())?;
    install(options.builder.as_deref(), &folder.path, story)?;
    let material = material(options.tls, &folder.path, story)?;
    let address =
        deployment::free_address().map_err(|error| Failure::new(format!("no free port: {error}")))?;
    let (id, file) = package(&address, material.as_ref(), &folder.path, story)?;
    let released = build(&id, &file, &folder.path, story).await?;
    let server = start(&id, &address, material.as_ref(), story).await?;
    let chaincode = register(&released, &id, story).await?;
    let answers = transactions::run(&chaincode, story).await;
    chaincode.close().await;
    answers?;
    let step = Step::begin("stop");
    let stopped = server.stop().await?;
    story.done(step, &stopped);
    Ok(())
}

/// The folder of the demo: one to keep, or a temporary one.
struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn new(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(keep) = keep else {
            let temporary = tempfile::tempdir()
                .map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
            return Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) });
        };
        let unusable = |error| Failure::new(format!("cannot use the folder {}: {error}", keep.display()));
        fs::create_dir_all(keep).map_err(unusable)?;
        if fs::read_dir(keep).map_err(unusable)?.next().is_some() {
            return Err(Failure::new(format!("the folder {} is not empty", keep.display()))
                .hint("give --keep a new folder".to_owned()));
        }
        Ok(Self { path: keep.canonicalize().map_err(unusable)?, _temporary: None })
    }
}

/// Links this program as detect, build and release, or lets a builder install itself, as an operator would.
fn install(builder: Option<&Path>, folder: &Path, story: &mut Story) -> Result<(), Failure> {
    let step = Step::begin("install");
    let folder = folder.join("builder");
    Programs::new(builder)?.install(&folder)?;
    let result = if builder.is_some() {
        let size = fs::metadata(folder.join("bin/detect")).map(|file| file.len()).unwrap_or_default();
        format!("detect, build and release, one program of {} KiB each", size / 1024)
    } else {
        "detect, build and release, which are this program under other names".to_owned()
    };
    story.done(step, &result);
    Ok(())
}

fn material(tls: bool, folder: &Path, story: &mut Story) -> Result<Option<Material>, Failure> {
    if !tls {
        return Ok(None);
    }
    let step = Step::begin("certificates");
    let material = Material::make(&folder.join("tls"))?;
    story.done(step, "a CA, a server certificate for 127.0.0.1, a client certificate for the peer");
    Ok(Some(material))
}

fn package(
    address: &str,
    material: Option<&Material>,
    folder: &Path,
    story: &mut Story,
) -> Result<(PackageId, PathBuf), Failure> {
    let step = Step::begin("package");
    let mut connection = Connection { address: address.to_owned(), ..Connection::default() };
    if let Some(material) = material {
        connection.tls_required = true;
        connection.client_auth_required = true;
        connection.root_cert.clone_from(&material.ca_cert);
        connection.client_cert.clone_from(&material.client_cert);
        connection.client_key.clone_from(&material.client_key);
    }
    let label =
        LABEL.parse().map_err(|error: ccs_files::package_id::LabelError| Failure::from_error(&error))?;
    let mut contents = PackageContents::new(label, "ccaas");
    let index = br#"{"index":{"fields":["Owner"]},"ddoc":"byOwner","name":"byOwner","type":"json"}"#;
    for (path, content) in [
        ("connection.json", connection.to_json()),
        ("META-INF/statedb/couchdb/indexes/byOwner.json", index.to_vec()),
    ] {
        contents.add(path, content).map_err(|error| Failure::from_error(&error))?;
    }
    let file = folder.join("basic_1.0.tgz");
    let id = disk::save(&contents, &file, Existing::Keep)?;
    let size = fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
    story.package(&id);
    story.done(step, &format!("basic_1.0.tgz, {size} bytes; package ID {id}"));
    Ok((id, file))
}

/// Runs the builder's programs over the package, as child processes under the rules of a peer.
async fn build(id: &PackageId, file: &Path, folder: &Path, story: &mut Story) -> Result<PathBuf, Failure> {
    let mut lines = Vec::new();
    let mut observer = |event: BuildEvent<'_>| match event {
        BuildEvent::StderrLine { line, .. } => lines.push(line.to_owned()),
        BuildEvent::StepEnded { step, outcome, duration, .. } => {
            let said = std::mem::take(&mut lines);
            let result = match outcome {
                StepOutcome::Success => "exit status 0".to_owned(),
                StepOutcome::Failure(text) => text,
            };
            story.took(step.as_str(), &result, &said, duration);
        }
        _ => {}
    };
    let (builder, peer) = (folder.join("builder"), folder.join("peer"));
    let environment = std::env::vars_os().collect();
    let builder = deployment::builder(&builder, &environment);
    let released = deployment::build((id, file), (&builder, &environment), &peer, &mut observer).await?;
    // The package contains connection.json, so the builder releases one or fails.
    released.connection.ok_or_else(|| Failure::new("the release holds no chaincode/server/connection.json"))
}

async fn start(
    id: &PackageId,
    address: &str,
    material: Option<&Material>,
    story: &mut Story,
) -> Result<Server, Failure> {
    let step = Step::begin("start");
    let server = Server::start(id, address, material).await?;
    story.done(step, &format!("the sample asset-transfer, process {}, on {address}", server.process_id()));
    Ok(server)
}

/// Reads the release as a peer does, dials, and waits for the chaincode to say who it is.
async fn register(released: &Path, id: &PackageId, story: &mut Story) -> Result<Chaincode, Failure> {
    let info =
        ConnectionInfo::read(released).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    let security = match &info.tls {
        None => "in plaintext",
        Some(tls) if tls.client.is_some() => "over mutual TLS",
        Some(_) => "over TLS",
    };
    let step = Step::begin("connect");
    let connection = ChaincodeConnection::dial(&info).await;
    let connection = connection.map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    story.done(step, &format!("{} {security}", info.address));
    let step = Step::begin("register");
    let chaincode = Chaincode::register(connection, id, &RegisterOptions::default()).await;
    let chaincode = chaincode.map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    story.done(step, &format!("the chaincode announced {id} and is ready"));
    Ok(chaincode)
}
