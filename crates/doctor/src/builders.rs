//! Examines the programs of a builder: whether they exist, whether they start, and which variables they read.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ccs_host::ExternalBuilder;
use ccs_report::Finding;

use crate::environment::Variables;
use crate::executable::Executable;
use crate::root::Root;

/// The programs, with the consequence for the peer if one is missing.
const PROGRAMS: [(&str, &str); 4] = [
    ("detect", "the builder never accepts a package, which the peer logs only at debug level"),
    ("build", "every build of a package that detect accepts will fail"),
    ("release", "the peer silently skips it and finds no connection.json"),
    ("run", ""),
];

/// Variables that programs read and that a peer passes on only if they are listed.
const KNOWN_VARIABLES: [&str; 12] = [
    "CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG",
    "CORE_PEER_ID",
    "FABRIC_K8S_BUILDER_DEBUG",
    "FABRIC_K8S_BUILDER_NAMESPACE",
    "FABRIC_K8S_BUILDER_NODE_ROLE",
    "FABRIC_K8S_BUILDER_OBJECT_NAME_PREFIX",
    "FABRIC_K8S_BUILDER_SERVICE_ACCOUNT",
    "FABRIC_K8S_BUILDER_START_TIMEOUT",
    "KUBECONFIG_PATH",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "CORE_PEER_LOCALMSPID",
];

/// Variables that a peer passes to every builder (Fabric 3.1 `core/container/externalbuilder/externalbuilder.go`).
const ALWAYS_PASSED: [&str; 4] = ["LD_LIBRARY_PATH", "LIBPATH", "PATH", "TMPDIR"];

/// The size limit for a program, in bytes.
const MAX_PROGRAM_IN_BYTES: u64 = 512 * 1024 * 1024;

/// The system in which the programs run.
pub(crate) struct Surroundings<'s> {
    pub(crate) root: &'s Root,
    pub(crate) architecture: &'s str,
    pub(crate) variables: &'s Variables,
}

impl Surroundings<'_> {
    fn search_path(&self) -> &str {
        self.variables
            .get("PATH")
            .map_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", String::as_str)
    }
}

/// Checks the list of builders as a whole.
pub(crate) fn examine_all(builders: &[(ExternalBuilder, String)], findings: &mut Vec<Finding>) {
    let mut names = HashSet::new();
    for (builder, at) in builders {
        if !builder.name.is_empty() && !names.insert(&builder.name) {
            let message = format!("another builder also has the name {:?}", builder.name);
            let finding = Finding::warning("builder-name-twice", at, message);
            findings.push(finding.hint("builds record only the name: use a different name for each builder"));
        }
    }
}

/// Examines one builder; returns whether its programs can run here.
pub(crate) fn examine(
    builder: &ExternalBuilder,
    at: &str,
    surroundings: &Surroundings<'_>,
    findings: &mut Vec<Finding>,
) -> bool {
    if !builder.path.is_absolute() {
        let message =
            format!("the path {} depends on the folder in which the peer is started", builder.path.display());
        findings.push(Finding::warning("path-relative", at, message).hint("write an absolute path"));
    }
    let folder = surroundings.root.resolve(&builder.path).and_then(fs::metadata);
    if let Err(problem) = folder.and_then(|folder| if folder.is_dir() { Ok(()) } else { Err(not_a_folder()) })
    {
        let message = format!("cannot use the path {}: {}", builder.path.display(), os_text(&problem));
        findings.push(
            Finding::error("path-unusable", at, message)
                .hint("mount or install the builder there; the path is that inside the peer's container"),
        );
        return false;
    }
    let mut content = Vec::new();
    let mut runnable = true;
    for (name, consequence) in PROGRAMS {
        let mut program = Program { builder, name, consequence, at, surroundings, findings };
        if let Some((bytes, executable)) = program.examine() {
            content.extend(bytes);
            // Of an image's programs, only those without dependencies behave here as in the image.
            runnable &= surroundings.root.is_here() || executable.is_static();
        }
    }
    if !runnable {
        let finding = Finding::note(
            "builder-not-run",
            at,
            "its programs need files of the image, so doctor does not run them here",
        );
        findings.push(finding.hint("run ccs doctor inside the peer's container to test them"));
    }
    variables(builder, at, &content, surroundings.variables, findings);
    runnable
}

fn not_a_folder() -> io::Error {
    io::Error::other("it is not a folder")
}

/// One program under examination.
struct Program<'p> {
    builder: &'p ExternalBuilder,
    name: &'static str,
    consequence: &'static str,
    at: &'p str,
    surroundings: &'p Surroundings<'p>,
    findings: &'p mut Vec<Finding>,
}

impl Program<'_> {
    /// Returns the content of a program and its kind.
    fn examine(&mut self) -> Option<(Vec<u8>, Executable)> {
        let path = self.builder.path.join("bin").join(self.name);
        let place = path.display().to_string();
        let resolved = match self.surroundings.root.resolve(&path) {
            Ok(resolved) => resolved,
            Err(error) => {
                self.absent(&place, &error);
                return None;
            }
        };
        let metadata = resolved.metadata().ok()?;
        if !metadata.is_file() {
            self.findings.push(Finding::error("program-no-file", place, "it is not a file"));
            return None;
        }
        let mode = metadata.permissions().mode() & 0o777;
        self.mode(&place, mode);
        if mode & 0o111 == 0 || metadata.len() > MAX_PROGRAM_IN_BYTES {
            return None;
        }
        match fs::read(&resolved) {
            Ok(content) => {
                let executable = Executable::examine(&content);
                self.starts(&place, &executable);
                Some((content, executable))
            }
            Err(error) => {
                let message = format!("cannot read it: {error}");
                self.findings.push(Finding::warning("program-unreadable", place, message));
                None
            }
        }
    }

    fn absent(&mut self, place: &str, error: &io::Error) {
        if self.name == "run" {
            return;
        }
        let dangling = self.surroundings.root.join(Path::new(place)).symlink_metadata().is_ok();
        let what = if dangling { "it is a dangling link".to_owned() } else { os_text(error) };
        let mut finding = Finding::error("program-missing", place, format!("{what}: {}", self.consequence));
        if self.builder.path.ends_with("bin") {
            finding = finding.hint(format!("path in {} must be the folder above bin", self.at));
        }
        self.findings.push(finding);
    }

    fn mode(&mut self, place: &str, mode: u32) {
        if mode & 0o111 == 0 {
            let consequence = if self.name == "run" { "the peer cannot start it" } else { self.consequence };
            let message = format!("no user may execute it (mode {mode:04o}): {consequence}");
            let finding = Finding::error("program-not-executable", place, message);
            self.findings.push(finding.hint(format!("chmod 0755 {place}")));
        } else if mode & 0o111 != 0o111 {
            let message = format!("not every user may execute it (mode {mode:04o})");
            let finding = Finding::note("program-mode-narrow", place, message);
            self.findings.push(finding.hint("ignore this if the peer's user may execute it"));
        }
        if mode & 0o022 != 0 {
            let message = format!("users other than its owner may change it (mode {mode:04o})");
            let finding = Finding::warning("program-writable", place, message);
            self.findings.push(finding.hint("the peer runs it with the peer's privileges: chmod go-w"));
        }
    }

    /// Reports reasons why the system would not start it.
    fn starts(&mut self, place: &str, executable: &Executable) {
        if let Executable::Elf { architecture, .. } = executable
            && *architecture != self.surroundings.architecture
        {
            let message =
                format!("it is for {architecture}, the peer's machine is {}", self.surroundings.architecture);
            let finding = Finding::error("program-architecture", place, message);
            self.findings.push(finding.hint("install the builder for that machine; --arch names another"));
        } else if *executable == Executable::Unknown {
            let message = "it is neither a program nor a script with #!: exec format error";
            let finding = Finding::error("program-format", place, message);
            self.findings.push(finding.hint("begin a script with #!/bin/sh"));
        } else if let Some(missing) =
            executable.missing(self.surroundings.root, self.surroundings.search_path())
        {
            self.findings.push(interpreter(place, &missing));
        }
    }
}

fn interpreter(place: &str, missing: &str) -> Finding {
    let hint = if missing.ends_with('\r') {
        "the first line ends in CR LF: convert the script to LF"
    } else {
        "the peer's image lacks it: use a program without dependencies, such as ccs-builder, or another image"
    };
    let message =
        format!("it needs {}, which does not exist: no such file or directory", missing.escape_default());
    Finding::error("interpreter-missing", place, message).hint(hint)
}

/// Returns the system's error without the number that Rust adds.
fn os_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    }
}

/// Reports variables that the programs mention and that the peer has but does not pass on.
fn variables(
    builder: &ExternalBuilder,
    at: &str,
    content: &[u8],
    variables: &Variables,
    findings: &mut Vec<Finding>,
) {
    let listed = |name: &str| builder.propagate_environment.iter().any(|listed| listed == name);
    let mentions = |name: &str| content.windows(name.len()).any(|window| window == name.as_bytes());
    let scripted = |name: &str| mentions(&format!("${name}")) || mentions(&format!("${{{name}"));
    let needed = |name: &str| if KNOWN_VARIABLES.contains(&name) { mentions(name) } else { scripted(name) };
    let passed = |name: &str| listed(name) || ALWAYS_PASSED.contains(&name);
    for name in variables.keys().filter(|name| !passed(name)).filter(|name| needed(name)) {
        let message = format!("its programs read {name}, which the peer has but does not pass on");
        findings.push(
            Finding::warning("variable-dropped", at, message)
                .hint(format!("add {name} to propagateEnvironment of the builder")),
        );
    }
    if mentions("FABRIC_K8S_BUILDER_") && !listed("CORE_PEER_ID") {
        let finding = Finding::error(
            "variable-needed",
            at,
            "the Kubernetes builder needs CORE_PEER_ID, which is not passed on",
        );
        findings.push(finding.hint("add CORE_PEER_ID to propagateEnvironment of the builder"));
    }
}
