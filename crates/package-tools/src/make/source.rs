//! The source of a chaincode, with the files that `peer lifecycle chaincode package` packs.
//!
//! Fabric 3.1 `core/chaincode/platforms/util/writer.go` (Node.js, Java) and `core/chaincode/platforms/golang/platform.go`
//! (`findSource`): source below `src`, and META-INF next to it, without hidden files. GOPATH mode is not supported, because it
//! needs Go itself to find the imports of a package.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_launch::settings::Language;
use ccs_package::PackageContents;

use super::read;
use crate::error::Error;
use crate::secrets;

/// The maximum size of the source, in bytes. A peer accepts packages of up to 100 MiB.
const MAX_BYTES: usize = 512 << 20;

/// The maximum number of files and folders.
const MAX_ENTRIES: usize = 100_000;

/// The result of packing.
pub(super) struct Packed {
    /// The path for metadata.json.
    pub(super) path: String,
    pub(super) warnings: Vec<String>,
}

/// The folders of the source, and their use.
struct Layout {
    /// The folder that becomes `src`.
    root: PathBuf,
    /// The folder that becomes META-INF.
    meta_inf: PathBuf,
    /// The path for metadata.json.
    path: String,
    language: Language,
}

/// Adds the files of a chaincode's folder.
pub(super) fn add(
    contents: &mut PackageContents,
    folder: &Path,
    language: Language,
) -> Result<Packed, Error> {
    if !folder.is_dir() {
        return Err(Error::NotAFolder(folder.to_owned()));
    }
    let layout = match language {
        Language::Golang => go_module(folder)?,
        Language::Node | Language::Java => Layout {
            root: folder.to_owned(),
            meta_inf: folder.join("META-INF"),
            path: folder.to_str().ok_or_else(|| Error::NotUtf8(folder.to_owned()))?.to_owned(),
            language,
        },
    };
    let mut walk = Walk { contents, layout: &layout, entries: 0, bytes: 0, warnings: Vec::new() };
    walk.folder(&layout.root)?;
    let warnings = walk.warnings;
    if !contents.files().any(|(name, _)| name.starts_with("src/")) {
        return Err(Error::NoSource(folder.to_owned()));
    }
    Ok(Packed { path: layout.path, warnings })
}

/// Finds the module around the folder of a Go package. The import path of the package is that of the module, followed by the path
/// between both folders.
fn go_module(folder: &Path) -> Result<Layout, Error> {
    let absolute = fs::canonicalize(folder).map_err(|error| Error::read(folder, error))?;
    let root = absolute.ancestors().find(|above| above.join("go.mod").is_file());
    let root = root.ok_or_else(|| Error::NoGoModule(folder.to_owned()))?;
    let file = root.join("go.mod");
    let text = String::from_utf8(read(&file)?).map_err(|_| Error::NotUtf8(file.clone()))?;
    let module = module_of(&text).ok_or_else(|| Error::NamelessGoModule(file.clone()))?;
    let below = absolute.strip_prefix(root).unwrap_or(Path::new(""));
    let below = below.to_str().ok_or_else(|| Error::NotUtf8(absolute.clone()))?;
    let path = if below.is_empty() { module.to_owned() } else { format!("{module}/{below}") };
    Ok(Layout {
        root: root.to_owned(),
        meta_inf: absolute.join("META-INF"),
        path,
        language: Language::Golang,
    })
}

/// Returns the module in a go.mod: after `module`, or on a separate line in parentheses, with or without quotes.
fn module_of(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    let rest = lines.find_map(|line| {
        let rest = line.strip_prefix("module")?;
        rest.starts_with(|next: char| next == '(' || next.is_whitespace()).then(|| rest.trim_start())
    })?;
    let named = if rest == "(" { lines.find(|line| !line.is_empty())? } else { rest };
    let path = named.trim_matches(['"', '`']);
    (!path.is_empty() && !path.contains(|it: char| "()".contains(it) || it.is_whitespace())).then_some(path)
}

impl Layout {
    /// Tells whether the package omits a folder with its content.
    fn leaves_out(&self, name: &str) -> bool {
        match self.language {
            Language::Golang => name.starts_with('.'),
            Language::Node => matches!(name, "node_modules" | ".git"),
            Language::Java => matches!(name, "target" | "build" | "out" | ".git"),
        }
    }

    /// Returns the name of a file in the package; [`None`] omits it.
    fn name(&self, file: &Path) -> Option<PathBuf> {
        if let Ok(below) = file.strip_prefix(&self.meta_inf) {
            let is_hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            return (!is_hidden).then(|| Path::new("META-INF").join(below));
        }
        let is_compiled = self.language == Language::Java && file.extension().is_some_and(|it| it == "class");
        let below = file.strip_prefix(&self.root).ok()?;
        (!is_compiled).then(|| Path::new("src").join(below))
    }
}

struct Walk<'a> {
    contents: &'a mut PackageContents,
    layout: &'a Layout,
    entries: usize,
    bytes: usize,
    warnings: Vec<String>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path) -> Result<(), Error> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = entries.map_err(|error| Error::read(folder, error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(Error::SourceTooLarge(self.layout.root.clone()));
            }
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| Error::read(&path, error))?;
            if kind.is_dir() {
                if !self.layout.leaves_out(&entry.file_name().to_string_lossy()) {
                    self.folder(&path)?;
                }
            } else if let Some(name) = self.layout.name(&path) {
                self.file(&path, &name)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &Path) -> Result<(), Error> {
        // The target of a link is packed, as the peer's command does. A target outside the folder is probably a mistake.
        let outside = || fs::canonicalize(path).is_ok_and(|to| !within(&to, &self.layout.root));
        if path.is_symlink() && outside() {
            self.warnings
                .push(format!("{} links to a file outside the source, which was packed", path.display()));
        }
        let content = read(path)?;
        self.bytes += content.len();
        if self.bytes > MAX_BYTES {
            return Err(Error::SourceTooLarge(self.layout.root.clone()));
        }
        if secrets::holds_private_key(content.as_slice()).unwrap_or(false) {
            return Err(Error::PrivateKey { at: path.display().to_string() });
        }
        let name = name.to_str().ok_or_else(|| Error::NotUtf8(path.to_owned()))?;
        self.contents.add(name, content)?;
        Ok(())
    }
}

fn within(path: &Path, folder: &Path) -> bool {
    fs::canonicalize(folder).is_ok_and(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_named_in_each_form_that_go_takes() {
        for (text, expected) in [
            ("module example.com/basic // the module\n", Some("example.com/basic")),
            ("// about\n\nmodule\texample.com/basic\r\ngo 1.24\n", Some("example.com/basic")),
            ("module  \"example.com/basic\"", Some("example.com/basic")),
            ("module `example.com/basic`", Some("example.com/basic")),
            ("module (\n\t// the module\n\t\"example.com/basic\"\n)\n", Some("example.com/basic")),
            ("module(\n\texample.com/basic\n)\n", Some("example.com/basic")),
            ("go 1.24\n", None),
            ("module\n", None),
            ("module (\n)\n", None),
            ("modules example.com/basic\n", None),
            ("module example.com/a b\n", None),
        ] {
            assert_eq!(module_of(text), expected, "{text}");
        }
    }
}
