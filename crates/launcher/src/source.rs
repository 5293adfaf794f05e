//! Packages with source, built with the tools of the host, on the platform `process`.

use std::env;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_files::PackageMetadata;
use ccs_launch::process::OtherUser;
use ccs_launch::settings::{Language, Settings};
use ccs_launch::source::{FOLDER, INHERITED, JAR, Product, Source, Tools};
use ccs_launch::{ExitCode, Failure, binary};
use ccs_launch_process::{UserFolder, private_folder, run_tool, tree};
use ccs_launch_site::Surroundings;

use crate::foreign;
use crate::log::Log;
use crate::order::{Package, of_builder};
use crate::package_id::package_id;
use crate::process::own_folder;
use crate::scratch::Folder;

/// How long the tools may take. The peer waits for an install for 300 s, and then does not stop the build (Fabric 3.1
/// `core/container/externalbuilder`, `chaincode.installTimeout`).
const LIMIT: Duration = Duration::from_secs(270);

/// The largest program and jar, in bytes.
const MAX_PRODUCT: u64 = 512 << 20;

/// The temporary folder of the build: in BLD, or in the folder of another user.
const WORK: &str = ".ccs-launcher";

/// The copy of the source in the folder of another user.
const COPY: &str = "source";

/// Builds a package, and writes the chaincode that `run` starts; returns a summary.
pub(crate) fn build(
    package: Package<'_>,
    language: Language,
    metadata: &PackageMetadata,
    (settings, surroundings, log): (&Settings, &Surroundings, &Log),
) -> Result<String, Failure> {
    let start = Instant::now();
    let workshop = Workshop::prepare(&package, language, metadata, (settings, surroundings))?;
    let inherited: Vec<(String, String)> =
        INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?))).collect();
    let other = workshop.other.as_ref().map(|(other, _)| other);
    let (cache, work) = (&workshop.cache, &workshop.work);
    let tools = Tools { cache, work, inherited: &inherited, settings: &settings.build, other };
    let has = |place: &str| package.source.join(place).exists();
    let source = Source { folder: &workshop.source, has: &has, path: &metadata.path };
    let recipe = source.recipe(language, &tools)?;
    recipe.steps.iter().try_for_each(|step| run_tool(step, start + LIMIT, &|line| log.write(line)))?;
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .folder("META-INF", package.meta_inf);
    let output = match &recipe.product {
        Product::Program(path) => output.program(binary::PROGRAM, product(path, other)?),
        Product::Jar(path) => output.file(JAR, product(path, other)?),
        Product::Folder => {
            let installed = package.out.join(FOLDER);
            if let Some(other) = other {
                foreign::take_tree(other, &workshop.source.join(FOLDER), &installed)?;
            }
            check_links(&installed, Path::new(FOLDER))?;
            output
        }
    };
    output.write().map_err(|error| of_builder(&error))?;
    let by = other.map_or_else(String::new, |other| format!(" by the user {}", other.account));
    workshop.keep();
    Ok(format!("from source{by} in {} s; the chaincode will dial the peer", start.elapsed().as_secs()))
}

/// The folders of a build, as the peer's user or as another one.
struct Workshop {
    /// The folder with the package's files.
    source: PathBuf,
    /// The temporary folder.
    work: PathBuf,
    /// The cache that builds share.
    cache: PathBuf,
    other: Option<(OtherUser, UserFolder)>,
    /// Removes `work`, if it is in BLD.
    _made: Option<Folder>,
    /// The folder of Node.js chaincode in BLD, in which npm has installed it.
    installed: Option<Folder>,
}

impl Workshop {
    fn prepare(
        package: &Package<'_>,
        language: Language,
        metadata: &PackageMetadata,
        (settings, surroundings): (&Settings, &Surroundings),
    ) -> Result<Self, Failure> {
        let temporary = &surroundings.temporary;
        // Only a separate user requires a rule, and a rule may need the ID.
        let user = match settings.users().next() {
            Some(_) => {
                settings.process_for(&package_id(package.source, metadata)?, &metadata.chaincode_type).user
            }
            None => None,
        };
        let installed = matches!(language, Language::Node).then(|| package.out.join(FOLDER));
        if let Some((other, folder)) = own_folder(user.as_ref(), temporary)? {
            let (source, work) = (folder.path().join(COPY), folder.path().join(WORK));
            tree::copy(package.source, &source)?;
            make_folders(&work)?;
            tree::hand_over(folder.path(), other.account)?;
            let cache = foreign::cache(&other, settings.build.cache.as_deref(), temporary)?;
            let installed = installed.map(Folder::make).transpose()?;
            return Ok(Self { source, work, cache, other: Some((other, folder)), _made: None, installed });
        }
        let work = Folder::make(package.out.join(WORK))?;
        let cache = match &settings.build.cache {
            Some(cache) => cache.clone(),
            None => private_folder(temporary)
                .map_err(|failure| failure.with_hint("name another cache in launch.yaml"))?
                .join("cache"),
        };
        make_folders(&cache.join("home"))?;
        let installed =
            installed.map(|folder| Folder::copy(&package.source.join(FOLDER), folder)).transpose()?;
        let source = if installed.is_some() { package.out } else { package.source }.to_owned();
        Ok(Self { source, work: work.path().to_owned(), cache, other: None, _made: Some(work), installed })
    }

    /// Keeps the installed files in BLD.
    fn keep(self) {
        if let Some(folder) = self.installed {
            folder.keep();
        }
    }
}

fn product(path: &Path, other: Option<&OtherUser>) -> Result<Vec<u8>, Failure> {
    let content = match other {
        None => input::read(path, MAX_PRODUCT).map_err(|error| error.to_string()),
        Some(other) => foreign::take_file(other, path, MAX_PRODUCT),
    };
    content.map_err(|error| {
        let name = path.file_name().unwrap_or_default().display();
        Failure::new(ExitCode::Language, format!("the build did not create {name}: {error}"))
            .with_hint(format!("the peer's own builder also expects it at {}", path.display()))
    })
}

fn make_folders(path: &Path) -> Result<(), Failure> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| {
        Failure::system("make", path, error)
            .with_hint("build.cache in launch.yaml names a folder that the peer can write")
    })
}

/// Checks that the peer will keep each link: it must be relative, and stay inside BLD (Fabric 3.1
/// `core/container/externalbuilder/copy.go`). `place` is the path of the folder below BLD.
fn check_links(folder: &Path, place: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| Failure::system("read", folder, error))? {
        let entry = entry.map_err(|error| Failure::system("read", folder, error))?;
        let (path, place) = (entry.path(), place.join(entry.file_name()));
        let kind = entry.file_type().map_err(|error| Failure::system("read", &path, error))?;
        if kind.is_dir() {
            check_links(&path, &place)?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| Failure::system("read", &path, error))?;
            if !stays_inside(&place, &target) {
                let reason = format!(
                    "npm created the link {} to {}, which the peer does not keep",
                    place.display(),
                    target.display()
                );
                return Err(Failure::new(ExitCode::Language, reason)
                    .with_hint("depend on published versions, not on folders outside the package"));
            }
        }
    }
    Ok(())
}

fn stays_inside(place: &Path, target: &Path) -> bool {
    let mut depth = place.components().count() - 1;
    target.components().all(|component| match component {
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::CurDir => true,
        Component::ParentDir if depth > 0 => {
            depth -= 1;
            true
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside_the_build() {
        let place = Path::new("src/node_modules/.bin/x");
        for (target, expected) in [
            ("../x/cli.js", true),
            ("../../../other", true),
            ("../../../../other", false),
            ("/usr/bin/x", false),
            ("../../../../../bld/x", false),
        ] {
            assert_eq!(stays_inside(place, Path::new(target)), expected, "{target}");
        }
    }
}
