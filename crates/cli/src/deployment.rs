//! From a package file to a released connection.json, by the builder's real programs under the rules of a peer; and where a
//! chaincode on this machine may listen.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ccs_files::PackageId;
use ccs_host::{Event, ExternalBuilder, Host, Package};
use ccs_package::disk;

use crate::failure::Failure;

/// The name of the builder, in the peer's settings and log.
const BUILDER: &str = "ccs-builder";

/// Lets the builder install itself, as an operator would; gives the size of a program in bytes.
pub(crate) fn install(builder: &Path, folder: &Path) -> Result<u64, Failure> {
    let bin = folder.join("bin");
    let output = Command::new(builder)
        .arg("install")
        .arg(&bin)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("cannot run {}: {error}", builder.display())))?;
    if !output.status.success() {
        return Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    Ok(fs::metadata(bin.join("detect")).map(|file| file.len()).unwrap_or_default())
}

/// What a builder has released.
pub(crate) struct Released {
    /// The folder of it all.
    pub(crate) folder: PathBuf,
    /// The connection.json in it.
    pub(crate) connection: PathBuf,
}

/// Runs the builder's programs over the package, as child processes, and gives what they release.
///
/// `builder` is where the builder is installed, `file_system` what a peer has as `peer.fileSystemPath`.
pub(crate) async fn build(
    (id, file): (&PackageId, &Path),
    builder: &Path,
    file_system: &Path,
    observer: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Released, Failure> {
    let metadata = disk::load(file, &ccs_package::Limits::default())?.metadata_bytes().to_vec();
    let unpack = |target: &Path| {
        let package = fs::File::open(file)?;
        disk::unpack_code(package, target, &ccs_package::Limits::default())?;
        Ok(())
    };
    let builder = ExternalBuilder {
        name: BUILDER.to_owned(),
        path: builder.to_owned(),
        propagate_environment: vec!["CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG".to_owned()],
    };
    let host = Host::new(vec![builder], file_system);
    let built = host.build(Package { id, metadata: &metadata, unpack: Box::new(unpack) }, observer).await;
    let built = built.map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    let connection = built
        .connection_file()
        .ok_or_else(|| Failure::new("the release holds no chaincode/server/connection.json"))?;
    Ok(Released { folder: built.release_folder(), connection })
}

/// Finds an address on this machine alone that was free a moment ago, since no shim takes a listener. Another program could
/// take it before the chaincode does; then the chaincode says so.
pub(crate) fn free_address() -> Result<String, Failure> {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    address.map(|address| address.to_string()).map_err(|error| Failure::new(format!("no free port: {error}")))
}
