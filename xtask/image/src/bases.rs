//! Base images from this machine's own programs, so that the test needs no registry: Rust with a linker and the crates, busybox,
//! Node.js with npm, and an empty one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use xtask_docker::engine::{Engine, output};

use xtask_base::{libraries, toolchain, workspace};

/// Takes the place of the official image of Rust.
pub(crate) const RUST: &str = "ccs-test/rust";
/// Takes the place of the official image of busybox.
pub(crate) const BUSYBOX: &str = "ccs-test/busybox";
/// Takes the place of the official image of Node.js.
pub(crate) const NODE: &str = "ccs-test/node";
/// Takes the place of [`RUST`] for a second build: its cargo returns the programs of the first one.
pub(crate) const COMPILED: &str = "ccs-test/compiled";
/// An image without a file.
pub(crate) const EMPTY: &str = "ccs-test/empty";

/// The commands of busybox that building and checking need; an image of Alpine has them, too.
const COMMANDS: [&str; 15] = [
    "cat", "chmod", "chown", "cp", "env", "find", "ln", "ls", "mkdir", "mv", "rm", "sh", "tar", "touch",
    "uname",
];

const BUSYBOX_PROGRAM: &str = "/bin/busybox";

/// Says what is missing for the base images.
pub(crate) fn missing() -> Option<&'static str> {
    let here = |program: &str, argument: &str| toolchain::has(program, argument);
    if !here(BUSYBOX_PROGRAM, "true") {
        return Some("/bin/busybox is missing (busybox-static)");
    }
    if said("ldd", [BUSYBOX_PROGRAM]).is_ok() {
        return Some("/bin/busybox is not static (busybox-static)");
    }
    if !here("gcc", "--version") {
        return Some("gcc is missing");
    }
    (!here("npm", "--version")).then_some("npm is missing")
}

/// Makes all of them, or only those that are missing.
pub(crate) fn make(engine: &Engine, keep: bool) -> Result<String> {
    let path = "PATH=/usr/local/bin:/usr/bin:/bin";
    let cargo = format!(
        "ENV {path} CARGO_HOME=/usr/local/cargo CARGO_NET_OFFLINE=true CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0"
    );
    // What the cache does not have, npm fetches.
    let npm = format!("ENV {path} NPM_CONFIG_CACHE=/root/.npm NPM_CONFIG_PREFER_OFFLINE=true");
    let recipes: [(&str, Recipe, &str); 4] = [
        (EMPTY, Root::new, "ENV PATH=/"),
        (BUSYBOX, shell, "ENV PATH=/bin"),
        (RUST, rust, &cargo),
        (NODE, node, &npm),
    ];
    for (name, root, change) in recipes {
        if !keep || engine.output(["image", "inspect", name]).is_err() {
            root()?.import(engine, name, change)?;
        }
    }
    Ok("of this machine's programs".to_owned())
}

/// The cargo of [`COMPILED`].
const HAND_OUT: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --target) target=$2 ;; --profile) profile=$2 ;; esac
    shift
done
mkdir -p "target/$target/$profile"
cp /programs/* "target/$target/$profile/"
"#;

/// Makes [`COMPILED`] of the programs in an image that was built.
pub(crate) fn compiled(engine: &Engine, built: &str) -> Result<()> {
    let root = shell()?;
    let container = engine.output(["create", built])?;
    let programs = root.place("/programs")?;
    let from = format!("{}:/go/bin", container.trim());
    let copied = engine.output(["cp".as_ref(), from.as_ref(), programs.as_os_str()]);
    engine.output(["rm", container.trim()])?;
    copied?;
    root.write("/bin/cargo", HAND_OUT)?;
    // A folder that is there: the target for musl.
    root.write("/bin/rustc", "#!/bin/sh\necho /\n")?;
    root.import(engine, COMPILED, "ENV PATH=/bin")
}

fn shell() -> Result<Root> {
    let root = Root::new()?;
    for command in COMMANDS {
        root.put(Path::new(BUSYBOX_PROGRAM), &format!("/bin/{command}"))?;
    }
    root.put(Path::new(BUSYBOX_PROGRAM), BUSYBOX_PROGRAM)?;
    root.put(Path::new(BUSYBOX_PROGRAM), "/usr/bin/env")?;
    fs::create_dir(root.0.path().join("tmp"))?;
    Ok(root)
}

/// cargo, rustc, the crates of Cargo.lock, and what it takes to compile C and to link for this machine.
fn rust() -> Result<Root> {
    let root = shell()?;
    let sysroot = PathBuf::from(said("rustc", ["--print", "sysroot"])?);
    let host = said("rustc", ["--print", "host-tuple"])?;
    let libraries = format!("lib/rustlib/{host}");
    let target = format!("lib/rustlib/{}", ccs_testkit::static_target());
    for part in ["bin/cargo", "bin/rustc", &libraries, &target] {
        root.put(&sysroot.join(part), &format!("/usr/local/{part}"))?;
    }
    for library in files(&sysroot.join("lib"), |name| name.contains(".so"))? {
        root.put(&library, &format!("/usr/local/lib/{}", name(&library)))?;
    }
    root.with_libraries(&[sysroot.join("bin/cargo"), sysroot.join("bin/rustc")])?;
    linker(&root)?;
    for part in ["registry/index", "registry/cache", "config.toml"] {
        let found = cargo_home()?.join(part);
        if found.exists() {
            root.put(&found, &format!("/usr/local/cargo/{part}"))?;
        }
    }
    Ok(root)
}

/// gcc as far as rustc uses it.
fn linker(root: &Root) -> Result<()> {
    let place =
        |kind: &str, what: &str| said("gcc", [format!("-print-{kind}-name={what}")]).map(PathBuf::from);
    let gcc = which("gcc")?;
    root.put(&gcc, "/usr/bin/cc")?;
    let mut programs = vec![gcc];
    for program in ["cc1", "collect2", "lto-wrapper", "as", "ld"] {
        programs.push(match place("prog", program)? {
            bare if bare.is_relative() => which(program)?,
            path => path,
        });
        root.same(&programs[programs.len() - 1])?;
    }
    // Not gcc but cargo calls it, to collect what was compiled.
    let ar = which("ar")?;
    root.same(&ar)?;
    programs.push(ar);
    root.with_libraries(&programs)?;
    headers(root, &place("file", "include")?)?;
    let start = |name: &str| name.contains("crt") && is_a(name, "o");
    let of_gcc = folder_of(&place("file", "crtbegin.o")?);
    let of_libc = folder_of(&place("file", "crt1.o")?).canonicalize()?;
    let mut wanted =
        files(&of_gcc, |name| start(name) || name.starts_with("libgcc") || name.contains("plugin.so"))?;
    let libc = ["libc.so", "libc_", "libm.", "libdl.", "libpthread.", "librt.", "libutil.", "libgcc_s."];
    wanted.extend(files(&of_libc, |name| start(name) || libc.iter().any(|l| name.starts_with(l)))?);
    for file in &wanted {
        root.same(file)?;
        // libc.so and libm.so are texts that name the libraries.
        if let Ok(text) = fs::read_to_string(file) {
            let named = text.split_whitespace().map(Path::new);
            named.filter(|path| path.is_absolute() && path.is_file()).try_for_each(|path| root.same(path))?;
        }
    }
    Ok(())
}

/// The headers of gcc and of the C library.
fn headers(root: &Root, of_gcc: &Path) -> Result<()> {
    root.same(of_gcc)?;
    let include = Path::new("/usr/include");
    let multiarch = include.join(said("gcc", ["-print-multiarch"])?);
    for folder in [multiarch, include.join("linux"), include.join("asm-generic")] {
        root.same(&folder)?;
    }
    files(include, |name| is_a(name, "h"))?.iter().try_for_each(|header| root.same(header))
}

fn node() -> Result<Root> {
    let root = shell()?;
    let node = which("node")?;
    root.put(&node, "/usr/bin/node")?;
    root.with_libraries(&[node])?;
    let npm = which("npm")?.canonicalize()?;
    let package = npm.ancestors().nth(2).context("npm is in no package")?;
    // Debian installs the dependencies of npm next to it.
    let modules = package.parent().filter(|modules| modules.ends_with("nodejs")).unwrap_or(package);
    root.same(modules)?;
    root.write("/usr/bin/npm", &format!("#!/bin/sh\nexec node {} \"$@\"\n", npm.display()))?;
    fill_npm_cache()?;
    let cache = PathBuf::from(said("npm", ["config", "get", "cache"])?);
    root.put(&cache.join("_cacache"), "/root/.npm/_cacache")?;
    Ok(root)
}

/// Has npm put the packages of the Node sample into its cache: a container may have no network.
fn fill_npm_cache() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("npm-").tempdir()?;
    for file in ["package.json", "package-lock.json"] {
        let from = workspace::root().join("samples/asset-transfer-node").join(file);
        fs::copy(&from, folder.path().join(file))
            .with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
    npm.current_dir(folder.path()).stdin(Stdio::null());
    workspace::succeed(&mut npm).context("cannot fetch the packages of the Node sample")
}

/// Collects what an image is to hold.
type Recipe = fn() -> Result<Root>;

/// The root of an image to be: links to what it will hold.
struct Root(TempDir);

impl Root {
    fn new() -> Result<Self> {
        Ok(Self(tempfile::Builder::new().prefix("base-image-").tempdir()?))
    }

    /// Puts a file or a folder of this machine at an absolute path of the image.
    fn put(&self, from: &Path, at: &str) -> Result<()> {
        let place = self.place(at)?;
        if !place.is_symlink() {
            let from = from.canonicalize().with_context(|| format!("cannot find {}", from.display()))?;
            symlink(&from, &place).with_context(|| format!("cannot put {} at {at}", from.display()))?;
        }
        Ok(())
    }

    /// Puts it where it is on this machine.
    fn same(&self, path: &Path) -> Result<()> {
        self.put(path, &path.to_string_lossy())
    }

    fn write(&self, at: &str, content: &str) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let place = self.place(at)?;
        fs::write(&place, content)?;
        Ok(fs::set_permissions(&place, fs::Permissions::from_mode(0o755))?)
    }

    fn place(&self, at: &str) -> Result<PathBuf> {
        let place = self.0.path().join(at.trim_start_matches('/'));
        fs::create_dir_all(folder_of(&place))?;
        Ok(place)
    }

    /// Puts the shared libraries of programs, and the loader.
    fn with_libraries(&self, programs: &[PathBuf]) -> Result<()> {
        let mut needed = BTreeSet::new();
        for program in programs {
            // A static program has none, which ldd calls an error.
            needed.extend(libraries::of(&[program]).unwrap_or_default());
        }
        // The tool chain's own libraries are in the image already, at another place.
        let sysroot = said("rustc", ["--print", "sysroot"])?;
        needed
            .iter()
            .filter(|library| !library.starts_with(&sysroot))
            .try_for_each(|library| self.same(library))
    }

    /// Makes the image: the links are followed.
    fn import(&self, engine: &Engine, name: &str, change: &str) -> Result<()> {
        let mut tar = Command::new("tar")
            .args(["--create", "--dereference", "--owner=0", "--group=0", "--numeric-owner", "--directory"])
            .arg(self.0.path())
            .arg(".")
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start tar")?;
        let archive = tar.stdout.take().context("tar has no output")?;
        let mut import = engine.docker(["import", "--change", change, "-", name]);
        let imported = output(import.stdin(archive));
        if !tar.wait()?.success() {
            bail!("tar cannot read what belongs into {name}");
        }
        imported.map(drop)
    }
}

fn said<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace::root()).stdin(Stdio::null());
    Ok(output(&mut command)?.trim().to_owned())
}

fn which(program: &str) -> Result<PathBuf> {
    toolchain::find(program).with_context(|| format!("{program} is not on the PATH"))
}

fn cargo_home() -> Result<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .context("neither CARGO_HOME nor HOME is set")
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() && wanted(&name(&path)) {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_a(name: &str, extension: &str) -> bool {
    Path::new(name).extension() == Some(OsStr::new(extension))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
