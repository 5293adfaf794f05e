//! The expected result of a case: the folder `expected` next to `case.toml`.
//!
//! `tree.txt` lists every entry. `stderr.txt` contains the output of the programs, and is absent if they print
//! nothing. `files` contains the content of files, unless the list says that it equals that of another file (`=
//! src/META-INF/a.json`).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::observed::Observed;
use super::tree::{Entry, Kind, Tree};

/// The expected result of a case.
pub(crate) struct Recorded {
    /// The lines on stderr, with a heading for each step.
    pub(crate) stderr: String,
    /// The output folders.
    pub(crate) output: Tree,
    /// The content of `tree.txt`.
    listing: String,
    /// The files in `files`, by path.
    files: Vec<(String, Vec<u8>)>,
}

impl Recorded {
    /// Converts an observed result to an expected one.
    pub(crate) fn of(observed: &Observed) -> Self {
        let (listing, files) = listing(observed);
        Self { stderr: stderr(observed), output: observed.output.clone(), listing, files }
    }

    /// Reads the folder of a case.
    pub(crate) fn read(case: &Path, input: &Tree) -> Result<Self> {
        let folder = case.join("expected");
        let file = folder.join("tree.txt");
        let listing = fs::read_to_string(&file).with_context(|| {
            format!("cannot read {}; `cargo xtask bless cases` records it", file.display())
        })?;
        let mut output = Tree::new();
        for line in listing.lines() {
            let (path, entry) = entry(line, &folder.join("files"), &output, input)
                .with_context(|| format!("in {}: {line}", file.display()))?;
            output.insert(path, entry);
        }
        let stderr = fs::read_to_string(folder.join("stderr.txt")).unwrap_or_default();
        Ok(Self { stderr, output, listing, files: Vec::new() })
    }

    /// Writes the folder of a case; returns whether that changed anything.
    pub(crate) fn write(&self, case: &Path) -> Result<bool> {
        let folder = case.join("expected");
        let before = super::tree::list(&folder, "")?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder)?;
        fs::write(folder.join("tree.txt"), &self.listing)?;
        if !self.stderr.is_empty() {
            fs::write(folder.join("stderr.txt"), &self.stderr)?;
        }
        for (path, content) in &self.files {
            let file = folder.join("files").join(path);
            fs::create_dir_all(file.parent().unwrap_or(&folder))?;
            fs::write(file, content)?;
        }
        Ok(before != super::tree::list(&folder, "")?)
    }
}

/// Returns the lines on stderr with a heading for each step; empty if no program prints anything.
pub(crate) fn stderr(observed: &Observed) -> String {
    if observed.steps.iter().all(|step| step.stderr.is_empty()) {
        return String::new();
    }
    observed.steps.iter().flat_map(|step| ["# ", step.program.name(), "\n", &step.stderr]).collect()
}

/// Makes the list, and selects the files whose content must be stored separately.
fn listing(observed: &Observed) -> (String, Vec<(String, Vec<u8>)>) {
    let mut listing = String::new();
    let mut files = Vec::new();
    for (path, Entry { mode, kind }) in &observed.output {
        // Writing to a String cannot fail.
        let _ = match kind {
            Kind::Folder => writeln!(listing, "{mode:04o} dir  {path}"),
            Kind::Fifo => writeln!(listing, "{mode:04o} fifo {path}"),
            Kind::Other => writeln!(listing, "{mode:04o} ?    {path}"),
            Kind::Link(target) => writeln!(listing, "     link {path} -> {target}"),
            Kind::File(content) => {
                if let Some(twin) = twin(path, content, observed) {
                    writeln!(listing, "{mode:04o} file {path} = {twin}")
                } else {
                    files.push((path.clone(), content.clone()));
                    writeln!(listing, "{mode:04o} file {path}")
                }
            }
        };
    }
    (listing, files)
}

/// Returns the original if this file is a copy: a file of the input, or for a release of the build output.
fn twin(path: &str, content: &[u8], observed: &Observed) -> Option<String> {
    let same = |tree: &Tree, other: &str| matches!(tree.get(other), Some(Entry { kind: Kind::File(known), .. }) if known == content);
    let inside = |folder: &str| path.strip_prefix(folder);
    let in_input =
        inside("bld/").map(|rest| [format!("src/{rest}"), format!("metadata/{rest}"), rest.to_owned()]);
    if let Some(twin) = in_input.and_then(|names| names.into_iter().find(|name| same(&observed.input, name)))
    {
        // A file that the builder generates is stored in full, even if it equals a file of the input.
        return (path != "bld/connection.json").then_some(twin);
    }
    let in_build = inside("release/chaincode/server/")
        .map(|rest| format!("bld/{rest}"))
        .or_else(|| inside("release/").map(|rest| format!("bld/META-INF/{rest}")));
    in_build.filter(|name| same(&observed.output, name))
}

/// Parses one line of the list.
fn entry(line: &str, files: &Path, output: &Tree, input: &Tree) -> Result<(String, Entry)> {
    let (Some(mode), Some(kind), Some(rest)) = (line.get(..4), line.get(5..9), line.get(10..)) else {
        bail!("the line is too short");
    };
    let mode = if mode == "    " { 0 } else { u32::from_str_radix(mode, 8)? };
    let (path, kind) = match (kind, rest.split_once(" -> "), rest.split_once(" = ")) {
        ("dir ", ..) => (rest, Kind::Folder),
        ("fifo", ..) => (rest, Kind::Fifo),
        ("link", Some((path, target)), _) => (path, Kind::Link(target.to_owned())),
        ("file", _, Some((path, twin))) => {
            let Some(Entry { kind: kind @ Kind::File(_), .. }) = output.get(twin).or_else(|| input.get(twin))
            else {
                bail!("there is no file {twin}");
            };
            (path, kind.clone())
        }
        ("file", ..) => (rest, Kind::File(fs::read(files.join(rest))?)),
        _ => (rest, Kind::Other),
    };
    Ok((path.to_owned(), Entry { mode, kind }))
}

#[cfg(test)]
mod tests {
    use super::{Entry, Kind, Observed, Recorded, Tree};
    use crate::case::Program;
    use crate::observed::ObservedStep;

    fn file(content: &str) -> Entry {
        Entry { mode: 0o600, kind: Kind::File(content.as_bytes().to_vec()) }
    }

    fn observed() -> Observed {
        let tree = |entries: Vec<(&str, Entry)>| -> Tree {
            entries.into_iter().map(|(path, entry)| (path.to_owned(), entry)).collect()
        };
        let step = ObservedStep {
            program: Program::Build,
            exit: Some(0),
            ending: "exit status: 0".to_owned(),
            stderr: "build asset: built\n".to_owned(),
            stdout: String::new(),
            broken_rules: Vec::new(),
        };
        Observed {
            steps: vec![step],
            input: tree(vec![("src/META-INF/a.json", file("index"))]),
            output: tree(vec![
                ("bld", Entry { mode: 0o700, kind: Kind::Folder }),
                ("bld/META-INF/a.json", file("index")),
                ("bld/connection.json", file("connection")),
                ("bld/link", Entry { mode: 0, kind: Kind::Link("META-INF".to_owned()) }),
                ("bld/pipe", Entry { mode: 0o644, kind: Kind::Fifo }),
                ("release/chaincode/server/connection.json", file("connection")),
            ]),
            changed_input: Vec::new(),
        }
    }

    #[test]
    fn what_is_recorded_is_read_again() {
        let case = tempfile::tempdir().expect("a folder");
        let observed = observed();
        assert!(Recorded::of(&observed).write(case.path()).expect("it is written"));
        let read = Recorded::read(case.path(), &observed.input).expect("it is read");
        assert_eq!(read.output, observed.output);
        assert_eq!(read.stderr, "# build\nbuild asset: built\n");
        assert!(
            !Recorded::of(&observed).write(case.path()).expect("it is written again"),
            "nothing has changed"
        );
    }

    #[test]
    fn copies_are_listed_as_such_and_kept_once() {
        let case = tempfile::tempdir().expect("a folder");
        Recorded::of(&observed()).write(case.path()).expect("it is written");
        let listing = std::fs::read_to_string(case.path().join("expected/tree.txt")).expect("a list");
        assert_eq!(
            listing.lines().collect::<Vec<_>>(),
            [
                "0700 dir  bld",
                "0600 file bld/META-INF/a.json = src/META-INF/a.json",
                "0600 file bld/connection.json",
                "     link bld/link -> META-INF",
                "0644 fifo bld/pipe",
                "0600 file release/chaincode/server/connection.json = bld/connection.json",
            ]
        );
        assert!(!case.path().join("expected/files/release").exists());
    }
}
