//! Packages with source, built with the tools of the host, on the platform `process`.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_launch::settings::{Language, Settings};
use ccs_launch::source::{FOLDER, INHERITED, JAR, Product, Recipe, Source, Tools};
use ccs_launch::{ExitCode, Failure, binary};
use ccs_launch_process::{private_folder, run_tool};
use ccs_launch_site::Surroundings;

use crate::log::Log;
use crate::order::{Package, of_builder};

/// How long the tools may take. The peer waits 300 s for an install, and does not stop a build then (Fabric 3.1
/// `core/container/externalbuilder`, `chaincode.installTimeout`).
const LIMIT: Duration = Duration::from_secs(270);

/// The largest program and jar, in bytes.
const MAX_PRODUCT: u64 = 512 << 20;

/// The folder in BLD for what is removed after the build.
const WORK: &str = ".ccs-launcher";

/// Builds a package, and writes what `run` starts; returns what was done.
pub(crate) fn build(
    package: Package<'_>,
    language: Language,
    path: &str,
    (settings, surroundings, log): (&Settings, &Surroundings, &Log),
) -> Result<String, Failure> {
    let start = Instant::now();
    let end = start + LIMIT;
    let work = Folder::make(package.out.join(WORK))?;
    let cache = match &settings.build.cache {
        Some(cache) => cache.clone(),
        None => private_folder(&surroundings.temporary)
            .map_err(|failure| failure.with_hint("name another cache in launch.yaml"))?
            .join("cache"),
    };
    make_folders(&cache.join("home"))?;
    let inherited: Vec<(String, String)> =
        INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?))).collect();
    let tools = Tools { cache: &cache, work: &work.path, inherited: &inherited, settings: &settings.build };
    // Chaincode for Node.js runs from the folder in which it was installed.
    let installed = match language {
        Language::Node => Some(Folder::make(package.out.join(FOLDER))?),
        Language::Golang | Language::Java => None,
    };
    if let Some(folder) = &installed {
        copy(&package.source.join(FOLDER), &folder.path)?;
    }
    let folder = if installed.is_some() { package.out } else { package.source };
    let has = |place: &str| package.source.join(place).exists();
    let recipe = Source { folder, has: &has, path }.recipe(language, &tools)?;
    run(&recipe, end, log)?;
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .folder("META-INF", package.meta_inf);
    let output = match &recipe.product {
        Product::Program(path) => output.program(binary::PROGRAM, product(path)?),
        Product::Jar(path) => output.file(JAR, product(path)?),
        Product::Folder => {
            check_links(&package.out.join(FOLDER), Path::new(FOLDER))?;
            output
        }
    };
    output.write().map_err(|error| of_builder(&error))?;
    if let Some(folder) = installed {
        folder.keep();
    }
    Ok(format!("from source in {} s; the chaincode will dial the peer", start.elapsed().as_secs()))
}

fn run(recipe: &Recipe, end: Instant, log: &Log) -> Result<(), Failure> {
    recipe.steps.iter().try_for_each(|step| run_tool(step, end, &|line| log.write(line)))
}

fn product(path: &Path) -> Result<Vec<u8>, Failure> {
    input::read(path, MAX_PRODUCT).map_err(|error| {
        let name = path.file_name().unwrap_or_default().display();
        Failure::new(ExitCode::Language, format!("the build made no {name}: {error}"))
            .with_hint(format!("the peer's own builder also expects it at {}", path.display()))
    })
}

fn cannot(action: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(ExitCode::InputOutput, format!("cannot {action} {}: {error}", path.display()))
}

/// A folder that is removed again, unless it is kept.
struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    fn make(path: PathBuf) -> Result<Self, Failure> {
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| cannot("make", &path, &error))?;
        Ok(Self { path, is_kept: false })
    }

    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn make_folders(path: &Path) -> Result<(), Failure> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| {
        cannot("make", path, &error)
            .with_hint("build.cache in launch.yaml names a folder that the peer can write")
    })
}

/// Copies plain files and folders, which are all that a package has.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(|error| cannot("read", from, &error))? {
        let entry = entry.map_err(|error| cannot("read", from, &error))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|error| cannot("read", &path, &error))?;
        if kind.is_dir() {
            fs::create_dir(&target).map_err(|error| cannot("make", &target, &error))?;
            copy(&path, &target)?;
        } else if kind.is_file() {
            fs::copy(&path, &target).map_err(|error| cannot("write", &target, &error))?;
        }
    }
    Ok(())
}

/// Checks that the peer will keep each link: it must be relative, and stay inside BLD (Fabric 3.1
/// `core/container/externalbuilder/copy.go`). `place` is where the folder is, below BLD.
fn check_links(folder: &Path, place: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))? {
        let entry = entry.map_err(|error| cannot("read", folder, &error))?;
        let (path, place) = (entry.path(), place.join(entry.file_name()));
        let kind = entry.file_type().map_err(|error| cannot("read", &path, &error))?;
        if kind.is_dir() {
            check_links(&path, &place)?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| cannot("read", &path, &error))?;
            if !stays_inside(&place, &target) {
                let reason = format!(
                    "npm made the link {} to {}, which the peer does not keep",
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
