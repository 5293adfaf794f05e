//! Selects the program by the name under which the executable is called, or by its first argument.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// One of the programs in the executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `detect SRC METADATA`
    Detect,
    /// `build SRC METADATA OUT`
    Build,
    /// `release OUT RELEASE`
    Release,
    /// `ccs-builder install DIR [--launcher] [--every DURATION]`
    Install,
}

impl Program {
    /// The programs that a peer calls, under the names that it uses.
    pub const STAGES: [Self; 3] = [Self::Detect, Self::Build, Self::Release];

    /// Returns the name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Build => "build",
            Self::Release => "release",
            Self::Install => "install",
        }
    }

    /// Returns the names of the arguments, in order.
    #[must_use]
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Detect => &["SRC", "METADATA"],
            Self::Build => &["SRC", "METADATA", "OUT"],
            Self::Release => &["OUT", "RELEASE"],
            Self::Install => &["DIR"],
        }
    }

    /// Returns the usage line.
    #[must_use]
    pub fn usage(self) -> String {
        let options = if self == Self::Install { " [--launcher] [--every DURATION]" } else { "" };
        format!("{} {}{options}", self.name(), self.arguments().join(" "))
    }

    /// Returns the stage under whose name an executable is called.
    #[must_use]
    pub fn called_as(path: &OsStr) -> Option<Self> {
        Path::new(path).file_name().and_then(Self::named).filter(|program| *program != Self::Install)
    }

    fn named(name: &OsStr) -> Option<Self> {
        [Self::Detect, Self::Build, Self::Release, Self::Install]
            .into_iter()
            .find(|program| name == program.name())
    }
}

/// The request of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Run a program with these arguments.
    Run(Program, Vec<OsString>),
    /// Print the version, for one of the programs or for the executable.
    Version(Option<Program>),
    /// Print the help.
    Help,
    /// An unknown name or argument.
    Unknown(OsString),
}

/// Parses a command line, including the executable's name.
///
/// The name decides, not the path that the kernel resolved: the programs may be links to one file.
#[must_use]
pub fn request(command_line: impl IntoIterator<Item = OsString>) -> Request {
    let mut words = command_line.into_iter();
    let called = words.next().unwrap_or_default();
    let by_name = Program::called_as(&called);
    let mut arguments: Vec<OsString> = words.collect();
    let program = by_name.or_else(|| {
        let program = Program::named(arguments.first()?)?;
        arguments.remove(0);
        Some(program)
    });
    // A single option cannot be a call by a peer, which passes two or three absolute paths.
    match (arguments.as_slice(), program) {
        ([only], program) if only == "--version" || only == "-V" => Request::Version(program),
        ([only], _) if only == "--help" || only == "-h" || (only == "help" && program.is_none()) => {
            Request::Help
        }
        (_, Some(program)) => Request::Run(program, arguments),
        ([], None) => Request::Help,
        ([first, ..], None) => Request::Unknown(first.clone()),
    }
}

/// Returns the output of `--version`.
#[must_use]
pub fn version(program: Option<Program>) -> String {
    let version = concat!("ccs-builder ", env!("CARGO_PKG_VERSION"));
    program.map_or_else(|| version.to_owned(), |program| format!("{version} ({})", program.name()))
}

/// The output of `--help`.
pub const HELP: &str = concat!(
    "ccs-builder ",
    env!("CARGO_PKG_VERSION"),
    ": the external builder of a Hyperledger Fabric peer for chaincode as a service

A peer calls the programs detect, build and release for every package that it installs. They accept
packages of the types ccaas and external. All three are this executable, which selects the program by
the name under which it is called, or by its first argument.

  ccs-builder install DIR                install detect, build and release in DIR, which is the folder
                                         `bin` of a builder, and print the settings for core.yaml
  ccs-builder install DIR --launcher     the same, and install the ccs-launcher next to this program as
                                         run: the builder then also takes packages that it launches,
                                         without further settings those of the type k8s
  ccs-builder install DIR --every 60s    install them, then check every 60s until SIGTERM, and reinstall
                                         missing or changed programs
  ccs-builder detect  SRC METADATA       exit 0 if the package is for this builder, 1 if not
  ccs-builder build   SRC METADATA OUT   render and check connection.json and META-INF, write OUT
  ccs-builder release OUT RELEASE        write what the peer reads: connection.json and statedb
  ccs-builder --version, --help

For packages of other types, detect and build call the program run in the same folder, if it exists.

Templates in connection.json read the JSON objects in CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG and in
config.json next to the folder `bin`; list that variable in the builder's propagateEnvironment.

Each message is one line on stderr, which the peer logs. Exit codes: 0 done, 1 not ours
(detect), 10 metadata, 11 connection.json, 12 template, 13 address, 14 TLS, 15 index, 16 dial_timeout,
17 configuration, 20 input/output, 64 usage.

Try it:  ccs-builder install /opt/ccs-builder/bin
"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Request {
        request(words.iter().map(OsString::from))
    }

    #[test]
    fn the_name_or_the_first_argument_chooses_the_program() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            asked(&["/x/bin/detect", "a", "b"]),
            Request::Run(Program::Detect, arguments(&["a", "b"]))
        );
        assert_eq!(asked(&["ccs-builder", "build", "a"]), Request::Run(Program::Build, arguments(&["a"])));
        assert_eq!(
            asked(&["release", "detect", "b"]),
            Request::Run(Program::Release, arguments(&["detect", "b"]))
        );
        assert_eq!(asked(&["install", "detect"]), Request::Run(Program::Detect, vec![]));
        assert_eq!(asked(&["renamed", "run", "a"]), Request::Unknown("run".into()));
    }

    #[test]
    fn help_and_version_are_lone_options() {
        assert_eq!(asked(&["ccs-builder"]), Request::Help);
        assert_eq!(asked(&["ccs-builder", "--help"]), Request::Help);
        assert_eq!(asked(&["build", "-h"]), Request::Help);
        assert_eq!(asked(&["build", "--version"]), Request::Version(Some(Program::Build)));
        assert_eq!(asked(&["ccs-builder", "-V"]), Request::Version(None));
        assert_eq!(
            asked(&["detect", "--help", "x"]),
            Request::Run(Program::Detect, vec!["--help".into(), "x".into()])
        );
        assert_eq!(asked(&["detect"]), Request::Run(Program::Detect, vec![]));
    }

    #[test]
    fn help_names_every_exit_code() {
        for code in crate::ExitCode::ALL.into_iter().skip(2) {
            assert!(HELP.contains(&code.to_string()), "{code}");
        }
    }
}
