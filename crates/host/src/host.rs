//! The host: runs `detect` of each builder in turn, and lets the first that accepts the package build and release it.

use std::io;
use std::path::{Path, PathBuf};

use crate::builder::{Environment, ExternalBuilder};
use crate::durable::{self, DurableBuild};
use crate::error::BuildError;
use crate::event::{BuildEvent, BuilderStep};
use crate::package::PackageSource;
use crate::scratch::Scratch;
use crate::step::{BuildLimits, Call, Runner};

/// External builders of a peer, and the folders where it works with them.
#[derive(Clone, Debug)]
pub struct BuildHost {
    builders: Vec<ExternalBuilder>,
    durable_root: PathBuf,
    temporary: PathBuf,
    environment: Environment,
    limits: BuildLimits,
}

/// Removes incomplete builds under `file_system_path` that a crash has left. No build may be running there.
pub fn remove_unfinished_builds(file_system_path: &Path) -> io::Result<()> {
    durable::remove_drafts(&durable_root(file_system_path))
}

fn durable_root(file_system_path: &Path) -> PathBuf {
    file_system_path.join("externalbuilder").join("builds")
}

impl BuildHost {
    /// Creates a host with the environment and the temporary folder of this process.
    ///
    /// Builds are stored in `externalbuilder/builds` under `file_system_path`, which corresponds to a peer's
    /// `peer.fileSystemPath`.
    #[must_use]
    pub fn new(builders: Vec<ExternalBuilder>, file_system_path: &Path) -> Self {
        Self {
            builders,
            durable_root: durable_root(file_system_path),
            temporary: std::env::temp_dir(),
            environment: std::env::vars_os().collect(),
            limits: BuildLimits::default(),
        }
    }

    /// Sets the folder for scratch folders.
    #[must_use]
    pub fn with_temporary_folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.temporary);
        self
    }

    /// Sets the environment variables of the peer, instead of those of this process.
    #[must_use]
    pub fn with_environment<K: Into<std::ffi::OsString>, V: Into<std::ffi::OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// Sets the time limits.
    #[must_use]
    pub fn with_limits(mut self, limits: BuildLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds a package, or returns an existing build.
    ///
    /// `observer` receives every step, and every line on stderr, as they happen. Files are read and written on the
    /// calling task, so use this only in a program that has nothing else to do meanwhile.
    pub async fn build(
        &self,
        package: PackageSource<'_>,
        observer: &mut (dyn FnMut(BuildEvent<'_>) + Send),
    ) -> Result<DurableBuild, BuildError> {
        if let Some(build) = durable::find(&self.durable_root, package.id, &self.builders)? {
            observer(BuildEvent::CacheHit { builder: &build.builder });
            return Ok(build);
        }
        let within = self.limits.install;
        tokio::time::timeout(within, self.build_anew(package, observer))
            .await
            .unwrap_or(Err(BuildError::InstallTimeout { within }))
    }

    /// Returns the name of the builder whose `detect` accepts a package. Builds and stores nothing.
    pub async fn detecting_builder(
        &self,
        package: PackageSource<'_>,
        observer: &mut (dyn FnMut(BuildEvent<'_>) + Send),
    ) -> Result<&str, BuildError> {
        let scratch = Scratch::create(&self.temporary, package.id)?;
        scratch.fill(package.metadata, package.unpack)?;
        let mut runner = Runner { environment: &self.environment, limits: self.limits, observer };
        let within = self.limits.install;
        let builder = tokio::time::timeout(within, self.detect(&scratch, &mut runner)).await;
        Ok(&builder.unwrap_or(Err(BuildError::InstallTimeout { within }))?.name)
    }

    async fn build_anew(
        &self,
        package: PackageSource<'_>,
        observer: &mut (dyn FnMut(BuildEvent<'_>) + Send),
    ) -> Result<DurableBuild, BuildError> {
        let scratch = Scratch::create(&self.temporary, package.id)?;
        scratch.fill(package.metadata, package.unpack)?;
        let mut runner = Runner { environment: &self.environment, limits: self.limits, observer };
        let builder = self.detect(&scratch, &mut runner).await?;
        run_build(builder, &scratch, &mut runner).await?;
        run_release(builder, &scratch, &mut runner).await?;
        durable::store(&self.durable_root, package.id, builder, &scratch)
    }

    /// Runs `detect` of the builders in turn. Any failure means that the builder rejects the package.
    async fn detect(
        &self,
        scratch: &Scratch,
        runner: &mut Runner<'_>,
    ) -> Result<&ExternalBuilder, BuildError> {
        for builder in &self.builders {
            let arguments = [scratch.source(), scratch.metadata()];
            match runner.run(Call { builder, step: BuilderStep::Detect, arguments: &arguments }).await {
                Ok(()) => return Ok(builder),
                Err(failure) if failure.is_hang() => {
                    return Err(BuildError::Detect { builder: builder.name.clone(), failure });
                }
                Err(_) => {}
            }
        }
        Err(BuildError::NoBuilder)
    }
}

async fn run_build(
    builder: &ExternalBuilder,
    scratch: &Scratch,
    runner: &mut Runner<'_>,
) -> Result<(), BuildError> {
    let arguments = [scratch.source(), scratch.metadata(), scratch.build()];
    let result = runner.run(Call { builder, step: BuilderStep::Build, arguments: &arguments }).await;
    result.map_err(|failure| BuildError::Build { builder: builder.name.clone(), failure })
}

async fn run_release(
    builder: &ExternalBuilder,
    scratch: &Scratch,
    runner: &mut Runner<'_>,
) -> Result<(), BuildError> {
    if !builder.has(BuilderStep::Release) {
        (runner.observer)(BuildEvent::ReleaseSkipped { builder: &builder.name });
        return Ok(());
    }
    let arguments = [scratch.build(), scratch.release()];
    let result = runner.run(Call { builder, step: BuilderStep::Release, arguments: &arguments }).await;
    result.map_err(|failure| BuildError::Release { builder: builder.name.clone(), failure })
}
