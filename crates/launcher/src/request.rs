//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ccs_launch::{ExitCode, Failure};

/// The request in a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `run BLD RUNMETA`, from the peer.
    Run { build: PathBuf, run_metadata: PathBuf },
    /// `run --detect SRC METADATA`, from `detect`.
    Detect { metadata: PathBuf },
    /// `run --build SRC METADATA OUT`, from `build`.
    Build { source: PathBuf, metadata: PathBuf, out: PathBuf },
    /// `run --child ...`, from this program itself.
    Child(Vec<OsString>),
    /// `run --guard ...`, from this program itself.
    Guard(Vec<OsString>),
    /// Print the version, and the name of the program.
    Version(Option<&'static str>),
    /// Print the usage.
    Help,
}

/// Reads a command line, the program's name included.
pub(crate) fn read(command_line: impl IntoIterator<Item = OsString>) -> Result<Request, Failure> {
    let mut words = command_line.into_iter();
    let called = words.next().unwrap_or_default();
    let name = Path::new(&called).file_name().filter(|name| *name == "run").map(|_| "run");
    let mut words: Vec<OsString> = words.collect();
    let first = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    match (first.as_str(), words.len()) {
        ("" | "--help" | "-h", 0 | 1) => return Ok(Request::Help),
        ("--version" | "-V", 1) => return Ok(Request::Version(name)),
        ("--child", _) => return Ok(Request::Child(words.split_off(1))),
        ("--guard", _) => return Ok(Request::Guard(words.split_off(1))),
        _ => {}
    }
    let mode = if first.starts_with("--") { first } else { String::new() };
    let paths = words.into_iter().skip(usize::from(!mode.is_empty())).map(PathBuf::from).collect::<Vec<_>>();
    if paths.iter().any(|path| path.as_os_str().is_empty()) {
        return Err(usage("an argument is empty"));
    }
    let found = paths.len();
    match (mode.as_str(), <[PathBuf; 2]>::try_from(paths)) {
        ("", Ok([build, run_metadata])) => Ok(Request::Run { build, run_metadata }),
        ("--detect", Ok([_, metadata])) => Ok(Request::Detect { metadata }),
        ("--build", Err(paths)) if found == 3 => {
            let mut paths = paths.into_iter();
            let mut next = || paths.next().unwrap_or_default();
            Ok(Request::Build { source: next(), metadata: next(), out: next() })
        }
        ("" | "--detect", _) => Err(usage(&format!("run {mode} takes 2 folders, not {found}"))),
        ("--build", _) => Err(usage(&format!("run --build takes 3 folders, not {found}"))),
        (unknown, _) => Err(usage(&format!("there is no option {unknown:?}"))),
    }
}

fn usage(reason: &str) -> Failure {
    Failure::new(ExitCode::Usage, reason.replace("run  ", "run ")).with_hint("usage: run BLD RUNMETA")
}

/// The output of `--version`.
pub(crate) fn version(name: Option<&str>) -> String {
    let version = concat!("ccs-launcher ", env!("CARGO_PKG_VERSION"));
    name.map_or_else(|| version.to_owned(), |name| format!("{version} ({name})"))
}

/// The output of `--help`.
pub(crate) const HELP: &str = concat!(
    "ccs-launcher ",
    env!("CARGO_PKG_VERSION"),
    ": launches chaincode for a Hyperledger Fabric peer

It is the program `run` next to detect, build and release of ccs-builder, which installs it with
`ccs-builder install DIR --launcher`. launch.yaml, next to the folder `bin`, says which packages it launches
and how; without that file, it launches only packages of the type `k8s`.

  run BLD RUNMETA                        launch what build wrote, until SIGTERM: what a peer calls
  run --detect SRC METADATA              exit 0 if launch.yaml has such packages launched, 1 if not
  run --build SRC METADATA OUT           check a package, and write what `run` needs: what build calls
  ccs-launcher --version, --help

Each message is one line on stderr, which the peer logs. Exit codes: 0 done, 1 not ours
(--detect), 10 metadata, 15 index, 20 input/output, 21 image.json, 22 binary, 23 language build, 24 launch
settings, 30 resolve, 31 TCP, 32 TLS, 33 HTTP/2, 41 platform unreachable, 42 forbidden, 43 policy or quota,
44 image, 45 not scheduled, 46 chaincode ended, 47 not ready in time, 48 stopped from outside, 64 usage.
"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Request, String> {
        read(words.iter().map(OsString::from)).map_err(|failure| failure.line())
    }

    #[test]
    fn the_first_word_chooses() {
        let run = Request::Run { build: "/b".into(), run_metadata: "/m".into() };
        assert_eq!(asked(&["/x/bin/run", "/b", "/m"]), Ok(run));
        assert_eq!(asked(&["run", "--detect", "/s", "/m"]), Ok(Request::Detect { metadata: "/m".into() }));
        let build = Request::Build { source: "/s".into(), metadata: "/m".into(), out: "/o".into() };
        assert_eq!(asked(&["run", "--build", "/s", "/m", "/o"]), Ok(build));
        assert_eq!(asked(&["x", "--child", "a", "b"]), Ok(Request::Child(vec!["a".into(), "b".into()])));
        assert_eq!(asked(&["/x/run", "--version"]), Ok(Request::Version(Some("run"))));
        assert_eq!(asked(&["ccs-launcher", "-V"]), Ok(Request::Version(None)));
        assert_eq!(asked(&["ccs-launcher"]), Ok(Request::Help));
    }

    #[test]
    fn what_no_peer_types_is_a_usage_error() {
        for (words, message) in [
            (&["run", "/b"][..], "run takes 2 folders, not 1"),
            (&["run", "/b", "/m", "/x"], "run takes 2 folders, not 3"),
            (&["run", "--detect", "/s"], "run --detect takes 2 folders, not 1"),
            (&["run", "--build", "/s", "/m"], "run --build takes 3 folders, not 2"),
            (&["run", "--stop", "/s", "/m"], "there is no option \"--stop\""),
            (&["run", "/b", ""], "an argument is empty"),
        ] {
            let line = asked(words).unwrap_err();
            assert_eq!(line, format!("error 64 usage: {message}; hint: usage: run BLD RUNMETA"));
        }
    }

    #[test]
    fn help_names_every_exit_code() {
        let help = HELP.split_whitespace().collect::<Vec<_>>().join(" ");
        for code in ExitCode::ALL {
            assert!(help.contains(&code.to_string()), "{code}");
        }
    }
}
