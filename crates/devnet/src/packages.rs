//! Packages of the peer: those on the command line, and those that clients install through `_lifecycle`.
//!
//! Packages of clients are stored like on a peer, below `--state` if that is given: the file in
//! `lifecycle/chaincodes`, and the builder's output in `externalbuilder/builds`. The file appears only when the build
//! is complete.

mod builder;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_builder::report::chain;
use ccs_chaincode::ChaincodeSupport;
use ccs_files::PackageId;
use ccs_package::{CodeFault, Limits, ReadError};
use ccs_peer::lifecycle::{InstallError, Installed, PackageStore};
use tempfile::{NamedTempFile, TempDir};
use tokio::runtime::Handle;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::event::{ChaincodeEvent, Event, Report};
use crate::launcher::Launcher;
use crate::options::Options;
use crate::watcher::ChaincodeWatcher;
use builder::{Builder, Built};

/// Packages of a peer. Clones share the same packages.
#[derive(Clone)]
pub(crate) struct Packages(Arc<Inner>);

struct Inner {
    peer: Arc<ChaincodeSupport>,
    report: Report,
    builder: Builder,
    launcher: Launcher,
    /// Corresponds to `peer.fileSystemPath`, for packages that clients install.
    file_system: PathBuf,
    /// Package files by ID.
    known: Mutex<BTreeMap<PackageId, PathBuf>>,
    /// Serializes installations, so that only one of two for the same package succeeds.
    installing: tokio::sync::Mutex<()>,
    /// Deleted when the peer stops.
    session: TempDir,
}

impl Packages {
    /// Creates an instance without packages. `name` is the name of the peer.
    pub(crate) fn new(
        options: &Options,
        (name, peer): (&str, &Arc<ChaincodeSupport>),
        credentials: &Arc<Credentials>,
        report: &Report,
    ) -> Result<Self, Error> {
        let session = tempfile::tempdir().map_err(Error::Scratch)?;
        let file_system = options.state.clone().unwrap_or_else(|| session.path().join("installed"));
        let builder = Builder::new(options, name, &session.path().join("builder"), report);
        let launcher = Launcher::new(peer, credentials, builder.for_launches(), report);
        let (peer, report) = (Arc::clone(peer), Arc::clone(report));
        let (known, installing) = (Mutex::default(), tokio::sync::Mutex::default());
        let inner = Inner { peer, report, builder, launcher, file_system, known, installing, session };
        Ok(Self(Arc::new(inner)))
    }

    /// Launches chaincode that was installed and approved earlier, and from now on stops chaincode that is replaced.
    pub(crate) fn launch(&self) {
        self.0.launcher.stop_what_is_replaced();
        self.0.peer.launch_approved();
    }

    /// Stops the launched chaincode.
    pub(crate) async fn close(&self) {
        self.0.launcher.close().await;
    }

    /// Registers packages that were installed earlier. Keeps a package that has changed since, with a warning, and
    /// removes incomplete installations.
    pub(crate) async fn restore(&self) {
        if let Err(error) = self.0.remove_unfinished() {
            self.0.warn(format!("cannot clean up an unfinished installation: {error}"));
        }
        let Ok(entries) = fs::read_dir(self.0.folder()) else { return };
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.to_string_lossy().ends_with(SUFFIX));
        files.sort();
        for file in files {
            if let Err(error) = self.0.restore(&file).await {
                self.0.warn(format!(
                    "skipping an installed package: {}; remove the file, and install the package again",
                    chain(&error)
                ));
            }
        }
    }

    /// Builds a package of the command line again.
    pub(crate) async fn deploy(&self, id: &PackageId, file: &Path) -> Result<(), Error> {
        let Inner { builder, session, .. } = &*self.0;
        let built = builder.build((id, file), &session.path().join("peer")).await?;
        // Clients may request the package after the file has changed.
        let copy = session.path().join(file_name(id));
        fs::copy(file, &copy).map_err(|error| Error::system("copy", file, error))?;
        self.0.add(id.clone(), copy, built).await;
        Ok(())
    }
}

/// Suffix of the names of installed packages.
const SUFFIX: &str = ".tar.gz";

/// Prefix of the names of packages that are being installed.
const DRAFT: &str = ".install-";

/// Returns the file name of a package, as on a peer (Fabric 3.1 `core/chaincode/persistence/persistence.go`).
fn file_name(id: &PackageId) -> String {
    format!("{}.{}{SUFFIX}", id.label(), id.hash())
}

impl Inner {
    /// Returns the folder with the packages that clients have installed.
    fn folder(&self) -> PathBuf {
        self.file_system.join("lifecycle").join("chaincodes")
    }

    /// Removes incomplete installations of an earlier peer that was killed. This peer has locked the state, so none
    /// is in progress.
    fn remove_unfinished(&self) -> std::io::Result<()> {
        for entry in fs::read_dir(self.folder()).into_iter().flatten() {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(DRAFT) {
                fs::remove_file(entry.path())?;
            }
        }
        ccs_host::remove_unfinished_builds(&self.file_system)
    }

    async fn restore(&self, file: &Path) -> Result<(), Error> {
        let id = ccs_package_tools::package_id(file)?;
        let built = self.builder.build((&id, file), &self.file_system).await;
        let built =
            built.map_err(|error| Error::Installed { file: file.to_owned(), source: Box::new(error) })?;
        let watcher = ChaincodeWatcher::installed(&self.report, &self.peer, &id);
        self.add(id, file.to_owned(), built).await;
        watcher.server();
        Ok(())
    }

    fn warn(&self, text: String) {
        (self.report)(Event::Warning(text));
    }

    async fn add(&self, id: PackageId, file: PathBuf, built: Built) {
        let text = id.to_string();
        self.peer.chaincodes().add(&text, built.source);
        if let Some(build) = built.launched {
            self.launcher.follow(&text, build);
        }
        self.peer.add_indexes(&text, built.indexes);
        self.known().insert(id, file);
        for failure in self.peer.create_indexes().await {
            self.warn(failure);
        }
    }

    async fn install(&self, package: &[u8]) -> Result<Installed, InstallError> {
        let id =
            ccs_package::read(package, &Limits::default()).map_err(|error| refusal(&error))?.id().clone();
        let _one = self.installing.lock().await;
        if self.known().contains_key(&id) {
            return Err(InstallError::Already(id.to_string()));
        }
        let draft = self.write(package).map_err(|error| InstallError::Save(error.to_string()))?;
        let built = self.builder.build((&id, draft.path()), &self.file_system).await;
        let built = built.map_err(|error| InstallError::Build(chain(&error)))?;
        let file = self.folder().join(file_name(&id));
        draft.persist(&file).map_err(|error| InstallError::Save(error.error.to_string()))?;
        let installed = Installed { package_id: id.to_string(), label: id.label().to_string() };
        let watcher = ChaincodeWatcher::installed(&self.report, &self.peer, &id);
        self.add(id, file, built).await;
        watcher.tell(ChaincodeEvent::Installed(installed.package_id.clone()));
        watcher.server();
        self.peer.launch_approved();
        Ok(installed)
    }

    /// Writes a package to a temporary file, which is removed unless it is renamed.
    fn write(&self, package: &[u8]) -> std::io::Result<NamedTempFile> {
        let folder = self.folder();
        fs::DirBuilder::new().recursive(true).mode(0o750).create(&folder)?;
        let mut draft = NamedTempFile::with_prefix_in(DRAFT, &folder)?;
        draft.write_all(package)?;
        draft.as_file().sync_all()?;
        Ok(draft)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PackageId, PathBuf>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a peer's error text for an invalid package. Errors that a peer finds only when it unpacks the code have
/// that text.
fn refusal(error: &ReadError) -> InstallError {
    let text = error.peer_message().unwrap_or_else(|| error.to_string());
    match error {
        ReadError::Code(CodeFault::Archive(_)) => InstallError::Parse(text),
        ReadError::Code(_) => InstallError::Build(format!(
            "external builder failed: could not create build context: could not untar source package: {text}"
        )),
        _ => InstallError::Parse(text),
    }
}

/// Does not print the packages, since they are large.
impl std::fmt::Debug for Packages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packages").field("file_system", &self.0.file_system).finish_non_exhaustive()
    }
}

#[tonic::async_trait]
impl PackageStore for Packages {
    async fn install(&self, package: Vec<u8>) -> Result<Installed, InstallError> {
        let inner = Arc::clone(&self.0);
        let runtime = Handle::current();
        // Unpacks and copies files, and so must not be canceled when the client disconnects.
        let installing =
            tokio::task::spawn_blocking(move || runtime.block_on(async { inner.install(&package).await }));
        installing.await.unwrap_or_else(|error| Err(InstallError::Build(error.to_string())))
    }

    fn installed(&self) -> Vec<Installed> {
        let installed =
            |id: &PackageId| Installed { package_id: id.to_string(), label: id.label().to_string() };
        self.0.known().keys().map(installed).collect()
    }

    fn load(&self, package_id: &str) -> Result<Vec<u8>, InstallError> {
        let known = self.0.known();
        let file = package_id.parse().ok().and_then(|id: PackageId| known.get(&id).cloned());
        drop(known);
        let file = file.ok_or_else(|| InstallError::Absent(package_id.to_owned()))?;
        fs::read(&file).map_err(|error| InstallError::Load(format!("{}: {error}", file.display())))
    }
}
