//! Finds the executables of the builder and the launcher.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The name of the builder's executable.
const NAME: &str = "ccs-builder";

/// The name of the launcher's executable.
const LAUNCHER: &str = "ccs-launcher";

/// Returns the builder's executable: the one that was named, or the one beside this program.
///
/// In a source tree, under `cargo run`, cargo is asked to build the static program, since it builds only the program
/// that it runs.
pub(crate) fn ccs_builder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    if let Some(tree) = SourceTree::of_this_run() {
        return tree.build_static_builder();
    }
    let this = env::current_exe().ok();
    this.as_deref().and_then(|this| beside(this, NAME)).ok_or_else(|| {
        Failure::new("there is no ccs-builder beside this program")
            .hint("name it with --builder FILE; releases have both in one archive".to_owned())
    })
}

/// Returns the launcher's executable: the one beside the builder that was named, or beside this program.
///
/// In a source tree, under `cargo run`, cargo is asked to build it for this machine alone.
pub(crate) fn ccs_launcher(builder: Option<&Path>) -> Result<PathBuf, Failure> {
    launcher(builder, env::current_exe().ok().as_deref(), SourceTree::of_this_run())
}

fn launcher(
    builder: Option<&Path>,
    this: Option<&Path>,
    tree: Option<SourceTree>,
) -> Result<PathBuf, Failure> {
    if let Some(found) = builder.and_then(|builder| beside(builder, LAUNCHER)) {
        return Ok(found);
    }
    // One may lie beside this program and be older than its sources, which cargo alone can tell.
    if let Some(tree) = tree {
        anstream::eprintln!("building {LAUNCHER}");
        return tree.build(&["--package", LAUNCHER]);
    }
    this.and_then(|this| beside(this, LAUNCHER)).ok_or_else(|| {
        Failure::new(
            "the package needs ccs-launcher, which lies neither beside the builder nor beside this program",
        )
        .hint(
            "releases have all programs in one archive; or name the folder with --builder FOLDER/ccs-builder"
                .to_owned(),
        )
    })
}

/// Finds a file in the folder of a program.
fn beside(program: &Path, name: &str) -> Option<PathBuf> {
    Some(program.parent()?.join(name)).filter(|path| path.is_file())
}

/// Where `cargo run` has this program from.
struct SourceTree {
    cargo: PathBuf,
    /// The folder of this program's package.
    package: PathBuf,
}

impl SourceTree {
    /// Reads what cargo tells the programs that it runs; [`None`] if this one was started otherwise.
    fn of_this_run() -> Option<Self> {
        let path = |variable: &str| env::var_os(variable).map(PathBuf::from);
        Some(Self { cargo: path("CARGO")?, package: path("CARGO_MANIFEST_DIR")? })
    }

    fn build_static_builder(&self) -> Result<PathBuf, Failure> {
        let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
        add_target(&target, &self.package);
        anstream::eprintln!("building the static {NAME} for {target}");
        self.build(&["--profile", "builder", "--package", NAME, "--target", &target]).map_err(|failure| {
            failure.hint(format!("if the target is missing, type: rustup target add {target}"))
        })
    }

    /// Has cargo build a program, which is quick if nothing has changed, and returns its executable.
    fn build(&self, what: &[&str]) -> Result<PathBuf, Failure> {
        let mut cargo = Command::new(&self.cargo);
        cargo
            .args(["build", "--quiet"])
            .args(what)
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(&self.package)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        for (name, _) in env::vars_os().filter(|(name, _)| is_of_this_package(name)) {
            cargo.env_remove(name);
        }
        let output = cargo
            .output()
            .map_err(|error| Failure::new(format!("cannot run {}: {error}", self.cargo.display())))?;
        let executable = String::from_utf8_lossy(&output.stdout).lines().rev().find_map(executable);
        executable
            .filter(|_| output.status.success())
            .ok_or_else(|| Failure::new(format!("cargo could not build the program of {}", what.join(" "))))
    }
}

/// Tells whether cargo has set a variable because it runs this program. The build script of ring asks for such variables: with
/// other values than the user's own cargo has, each of the two would compile ring and all above it again, every time.
fn is_of_this_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR"
}

/// Lets rustup add the target's standard library if it is missing; whether that worked, cargo will tell.
fn add_target(target: &str, package: &Path) {
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(package)
        .output()
        .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if !libraries {
        anstream::eprintln!("adding the target {target}");
        let _ = Command::new("rustup").args(["target", "add", target]).current_dir(package).status();
    }
}

/// The executable that a message of cargo names.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A folder with a program `ccs`, a launcher beside it, and a stand-in for cargo.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(cargo: &str) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            fs::write(folder.path("ccs-launcher"), "old").unwrap();
            fs::write(folder.path("cargo"), format!("#!/bin/sh\n{cargo}\n")).unwrap();
            fs::set_permissions(folder.path("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
            folder
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn tree(&self) -> SourceTree {
            SourceTree { cargo: self.path("cargo"), package: self.0.path().to_owned() }
        }
    }

    #[test]
    fn a_stand_in_for_cargo_is_asked_though_a_launcher_lies_beside_this_program() {
        let asked = r#"echo "$@" > asked; env > environment; echo '{"executable":"/built/ccs-launcher"}'"#;
        let folder = Folder::new(asked);
        let found = launcher(None, Some(&folder.path("ccs")), Some(folder.tree())).unwrap();
        assert_eq!(found, Path::new("/built/ccs-launcher"));
        let asked = fs::read_to_string(folder.path("asked")).unwrap();
        assert_eq!(asked, "build --quiet --package ccs-launcher --message-format json-render-diagnostics\n");
        // Set by cargo for this test.
        assert!(env::var_os("CARGO_PKG_NAME").is_some());
        let environment = fs::read_to_string(folder.path("environment")).unwrap();
        assert!(!environment.contains("CARGO_PKG_NAME="), "{environment}");
    }

    #[test]
    fn sources_that_a_stand_in_for_cargo_does_not_compile_are_no_reason_to_take_an_old_launcher() {
        let folder = Folder::new("exit 101");
        let failure = launcher(None, Some(&folder.path("ccs")), Some(folder.tree())).unwrap_err();
        assert_eq!(failure.message(), "cargo could not build the program of --package ccs-launcher");
    }

    #[test]
    fn outside_a_source_tree_the_launcher_lies_beside_the_builder_or_this_program() {
        let (folder, other) = (Folder::new("exit 1"), Folder::new("exit 1"));
        let (builder, this) = (other.path("ccs-builder"), folder.path("ccs"));
        let found = |builder| launcher(builder, Some(&this), None);
        assert_eq!(found(None).unwrap(), folder.path("ccs-launcher"));
        assert_eq!(found(Some(&builder)).unwrap(), other.path("ccs-launcher"));
        // A builder that was named decides, also in a source tree.
        let named = launcher(Some(&builder), Some(&this), Some(folder.tree())).unwrap();
        assert_eq!(named, other.path("ccs-launcher"));
        fs::remove_file(folder.path("ccs-launcher")).unwrap();
        let message = found(None).unwrap_err().message().to_owned();
        assert!(message.starts_with("the package needs ccs-launcher, which lies neither"), "{message}");
    }
}
