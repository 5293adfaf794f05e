//! The crates of the workspace and their dependencies, from `cargo metadata`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package, TargetKind};

/// The workspace.
pub(crate) struct Workspace {
    /// Its root folder.
    pub(crate) root: PathBuf,
    /// Its packages, sorted by name.
    pub(crate) members: Vec<Member>,
}

/// A package of the workspace.
pub(crate) struct Member {
    /// The name of the package.
    pub(crate) package: String,
    /// The name in the documentation, which is that of its folder.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The root files of its library and its programs.
    pub(crate) roots: Vec<PathBuf>,
    /// The packages of the workspace that the product uses.
    pub(crate) uses: BTreeSet<String>,
    /// The packages of the workspace that only its tests use.
    pub(crate) tests_use: BTreeSet<String>,
}

impl Workspace {
    /// Runs cargo, which needs no network for this.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut command = MetadataCommand::new();
        command.current_dir(root).no_deps();
        let metadata =
            command.exec().with_context(|| format!("cannot list the crates in {}", root.display()))?;
        let packages = metadata.workspace_packages();
        let names: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
        let mut members: Vec<_> = packages.into_iter().map(|package| Member::of(package, &names)).collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { root: metadata.workspace_root.into(), members })
    }

    /// Finds a member by the name of its package.
    pub(crate) fn member(&self, package: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.package == package)
    }

    /// Returns a path relative to the root of the workspace.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Returns the line of a crate's Cargo.toml that declares a dependency on another package.
    pub(crate) fn place_of_dependency(&self, member: &Member, dependency: &str) -> String {
        let manifest = member.folder.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).unwrap_or_default();
        let is_it =
            |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
        match text.lines().position(is_it) {
            Some(line) => format!("{}:{}", self.shown(&manifest), line + 1),
            None => self.shown(&manifest),
        }
    }
}

impl Member {
    fn of(package: &Package, members: &BTreeSet<String>) -> Self {
        let folder = package.manifest_path.parent().map(PathBuf::from).unwrap_or_default();
        let used = |for_tests: bool| -> BTreeSet<String> {
            let dependencies = package.dependencies.iter();
            dependencies
                .filter(|dependency| (dependency.kind == DependencyKind::Development) == for_tests)
                .filter(|dependency| members.contains(&dependency.name) && dependency.path.is_some())
                .map(|dependency| dependency.name.clone())
                .collect()
        };
        let is_product = |kinds: &[TargetKind]| {
            kinds.iter().any(|kind| matches!(kind, TargetKind::Lib | TargetKind::Bin | TargetKind::ProcMacro))
        };
        let roots = package.targets.iter().filter(|target| is_product(&target.kind));
        Self {
            package: package.name.to_string(),
            name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            roots: roots.map(|target| target.src_path.clone().into()).collect(),
            uses: used(false),
            tests_use: used(true),
            folder,
        }
    }
}
