//! The folders in which a case runs, in the layout of a peer.
//!
//! Folders have mode 0700, files of the package 0644, and metadata.json 0700 (Fabric 3.1
//! `core/container/externalbuilder/externalbuilder.go`, `NewBuildContext`).

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::case::Case;
use super::escape;
use super::texts::Texts;
use xtask_base::builder_programs::NAMES;
use xtask_base::workspace;

/// The folders of a running case.
pub(crate) struct Scratch {
    /// The root folder of the case, which contains the others.
    pub(crate) root: PathBuf,
    /// The builder: its folder `bin` and optionally a configuration.
    pub(crate) builder: PathBuf,
    /// The working directory of the programs, empty at the start.
    pub(crate) working: PathBuf,
    /// The folder that a peer creates for a package.
    package: PathBuf,
}

impl Scratch {
    /// Creates the folders with the input of the case.
    pub(crate) fn lay_out(case: &Case, texts: &Texts, programs: &Path, root: &Path) -> Result<Self> {
        let scratch = Self {
            root: root.to_path_buf(),
            builder: root.join("builder"),
            working: root.join("cwd"),
            package: root.join(escape::decode_os(&case.script.scratch)),
        };
        make_folder(root)?;
        make_folder(&scratch.working)?;
        make_folder(&scratch.package)?;
        for name in ["src", "metadata", "bld", "release"] {
            make_folder(&scratch.package.join(name))?;
        }
        make_folder(&scratch.builder)?;
        make_folder(&scratch.builder.join("bin"))?;
        for name in NAMES {
            fs::hard_link(programs.join(name), scratch.builder.join("bin").join(name))?;
        }
        if case.script.base {
            scratch.copy_input(&workspace::root().join("conformance/base"), texts)?;
        }
        let input = case.folder.join("in");
        if input.is_dir() {
            scratch.copy_input(&input, texts)?;
        }
        Ok(scratch)
    }

    /// Returns the location of a path that starts with `src`, `metadata`, `bld`, `release`, `builder` or `cwd`.
    pub(crate) fn place(&self, path: &Path) -> PathBuf {
        match path.components().next() {
            Some(first) if ["builder", "cwd"].iter().any(|name| first.as_os_str() == *name) => {
                self.root.join(path)
            }
            _ => self.package.join(path),
        }
    }

    /// Returns each placeholder of arguments and messages with its folder, longer paths first.
    pub(crate) fn placeholders(&self) -> [(&'static str, PathBuf); 7] {
        [
            ("{src}", self.package.join("src")),
            ("{metadata}", self.package.join("metadata")),
            ("{bld}", self.package.join("bld")),
            ("{release}", self.package.join("release")),
            ("{builder}", self.builder.clone()),
            ("{cwd}", self.working.clone()),
            ("{root}", self.root.clone()),
        ]
    }

    /// Replaces placeholders by folders, and `\xNN` by bytes.
    pub(crate) fn fill(&self, text: &str) -> OsString {
        let text = self.placeholders().into_iter().fold(text.to_owned(), |text, (placeholder, folder)| {
            text.replace(placeholder, &folder.to_string_lossy())
        });
        escape::decode_os(&text)
    }

    fn copy_input(&self, input: &Path, texts: &Texts) -> Result<()> {
        for entry in walkdir::WalkDir::new(input).min_depth(1).sort_by_file_name() {
            let entry = entry?;
            let path = entry.path().strip_prefix(input)?;
            let place = self.place(path);
            if entry.file_type().is_dir() {
                make_folder(&place)?;
            } else {
                let content = fs::read(entry.path())?;
                write(&place, &texts.fill(content), file_mode(path))?;
            }
        }
        Ok(())
    }
}

/// Returns the mode of a package file on a peer.
fn file_mode(path: &Path) -> u32 {
    if path == Path::new("metadata/metadata.json") { 0o700 } else { 0o644 }
}

/// Creates a folder with mode 0700 if it does not exist.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot create {}", folder.display()))
}

/// Writes a file with exactly this mode.
pub(crate) fn write(file: &Path, content: &[u8], mode: u32) -> Result<()> {
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(mode))?)
}

/// Removes the folder of a case, including read-only folders in it.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    open_up(folder).and_then(|()| fs::remove_dir_all(folder)).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error).with_context(|| format!("cannot remove {}", folder.display())),
    })
}

/// Sets a mode on every folder that allows removing its entries.
fn open_up(folder: &Path) -> std::io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}
