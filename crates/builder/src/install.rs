//! `ccs-builder install DIR`: installs the programs in the folder from which a peer calls them.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ccs_files::GoDuration;

use crate::Error;
use crate::context::Arguments;
use crate::launcher;
use crate::program::{Program, version};
use crate::variables::{CONFIGURATION_VARIABLE, PEER_VARIABLES};

/// The builder's name in the printed settings: that of Fabric's own builder (Fabric 3.1 `sampleconfig/core.yaml`).
///
/// A peer records the name of the builder for each build, and cannot launch the chaincode without a builder of that name.
const NAME: &str = "ccaas_builder";

/// The option that keeps `install` running.
const EVERY: &str = "--every";

/// The option with which `install` installs the launcher as well.
const LAUNCHER: &str = "--launcher";

/// The arguments of `install`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The folder for the programs.
    pub folder: PathBuf,
    /// The interval between checks of the installed programs; [`None`] to install once and exit.
    pub every: Option<Duration>,
    /// Whether the launcher is installed as `run`.
    ///
    /// Only if it is asked for: a builder with `run` takes packages of the type `k8s`, which another builder of the peer may
    /// launch so far, and a peer remembers for ever which builder has built a package.
    pub with_launcher: bool,
}

impl Order {
    /// Reads `DIR [--launcher] [--every DURATION]`, in any order.
    pub fn read(mut arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut every = None;
        if let Some(at) = arguments.iter().position(|argument| argument == EVERY) {
            let mut option = arguments.drain(at..arguments.len().min(at + 2));
            every = Some(interval(&option.nth(1).unwrap_or_default().to_string_lossy())?);
        }
        let given = arguments.len();
        arguments.retain(|argument| argument != LAUNCHER);
        let with_launcher = arguments.len() < given;
        let Arguments([folder]) = Arguments::read(Program::Install, arguments)?;
        Ok(Self { folder, every, with_launcher })
    }
}

fn interval(text: &str) -> Result<Duration, Error> {
    let duration: GoDuration = text.parse().map_err(Error::Interval)?;
    duration.to_std().filter(|time| !time.is_zero()).ok_or(Error::NoInterval(duration))
}

/// Installs the programs into the folder and returns the settings for the peer.
///
/// Each program is copied to a temporary file in the folder, run once, and only then renamed, so that a
/// peer never finds an incomplete or unusable program. Several processes may install at once, also in
/// containers that share the folder.
pub fn install(order: &Order) -> Result<String, Error> {
    let (pieces, folder) = (order.pieces()?, order.folder.as_path());
    fs::create_dir_all(folder).map_err(write_error("make the folder", folder))?;
    for piece in &pieces {
        let place = folder.join(piece.name);
        let (file, temporary) = new_file(folder, piece.name)?;
        let installed = copy_and_test(piece, (file, &temporary))
            .and_then(|()| fs::rename(&temporary, &place).map_err(write_error("write", &place)));
        if installed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        installed?;
    }
    let absolute = folder.canonicalize().map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    Ok(settings(&absolute))
}

/// A program to install.
struct Piece {
    name: &'static str,
    /// The file to copy.
    executable: PathBuf,
    /// The expected output of `--version`.
    version: String,
}

impl Order {
    /// Returns the programs to install: this one under three names, and the launcher if it is requested.
    fn pieces(&self) -> Result<Vec<Piece>, Error> {
        let this =
            env::current_exe().map_err(|source| Error::Read { path: "/proc/self/exe".into(), source })?;
        let launcher = this.with_file_name(launcher::PROGRAM);
        let mut pieces: Vec<_> = Program::STAGES
            .map(|program| Piece {
                name: program.name(),
                executable: this.clone(),
                version: version(Some(program)),
            })
            .into();
        if self.with_launcher {
            if !launcher.is_file() {
                return Err(Error::NoLauncher { path: launcher });
            }
            let version = concat!("ccs-launcher ", env!("CARGO_PKG_VERSION"), " (run)").to_owned();
            pieces.push(Piece { name: launcher::NAME, executable: launcher, version });
        }
        Ok(pieces)
    }

    /// Returns the launcher of an earlier install in the folder, if this install does not replace it.
    #[must_use]
    pub fn launcher_that_stays(&self) -> Option<PathBuf> {
        let run = self.folder.join(launcher::NAME);
        (!self.with_launcher && run.is_file()).then_some(run)
    }
}

fn write_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write { action, path, source }
}

/// Returns the programs in the folder that differ from those to install, or that not every user may execute.
pub(crate) fn outdated(order: &Order) -> Result<Vec<&'static str>, Error> {
    let mut outdated = Vec::new();
    for Piece { name, executable, .. } in order.pieces()? {
        let expected = fs::read(&executable).map_err(|source| Error::Read { path: executable, source })?;
        let place = order.folder.join(name);
        // A file of another length is not read, because it may be huge.
        let may_be = |found: fs::Metadata| {
            let is_executable = found.permissions().mode() & 0o555 == 0o555;
            found.is_file() && is_executable && found.len() == expected.len() as u64
        };
        let is_current = fs::symlink_metadata(&place).is_ok_and(may_be)
            && fs::read(&place).is_ok_and(|found| found == expected);
        if !is_current {
            outdated.push(name);
        }
    }
    Ok(outdated)
}

/// Creates a hidden file in the folder under a unique name.
///
/// The process ID alone is not unique: in a container it is 1, and two containers may share the folder.
fn new_file(folder: &Path, name: &str) -> Result<(File, PathBuf), Error> {
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let path = folder.join(format!(".{name}-{}-{now}", std::process::id()));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (file, path.clone())).map_err(write_error("write", &path)),
        }
    }
}

/// Writes the program to the file, closes it and runs it.
fn copy_and_test(piece: &Piece, (mut file, to): (File, &Path)) -> Result<(), Error> {
    let Piece { name, executable, version: expected } = piece;
    let read_error = |source| Error::Read { path: executable.to_owned(), source };
    let mut source = File::open(executable).map_err(read_error)?;
    // Sync before the rename: after a crash, either the old or the new program is there.
    io::copy(&mut source, &mut file).and_then(|_| file.sync_all()).map_err(write_error("write", to))?;
    drop(file);
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).map_err(write_error("set the mode of", to))?;
    let answer = Command::new(to).arg0(name).arg("--version").stdin(Stdio::null()).output();
    let reason = match answer {
        Ok(answer) if answer.status.success() && answer.stdout.trim_ascii() == expected.as_bytes() => {
            return Ok(());
        }
        Ok(answer) => format!("it ended with {} instead of printing {expected:?}", answer.status),
        Err(error) => error.to_string(),
    };
    Err(Error::SelfTest { path: to.to_owned(), reason })
}

/// Returns the settings for core.yaml, and the equivalent environment variable.
fn settings(bin: &Path) -> String {
    let mut variables = vec![CONFIGURATION_VARIABLE];
    variables.extend(PEER_VARIABLES.map(|(variable, _)| variable));
    let builder = bin.parent().filter(|_| bin.file_name().is_some_and(|name| name == "bin"));
    let (note, path) = match builder {
        Some(builder) => (String::new(), yaml_text(&builder.display().to_string())),
        // Probably a container that mounts the peer's folder under another path.
        None => (
            format!("# PATH is the folder in which the peer finds {} as \"bin\".\n", bin.display()),
            "PATH".to_owned(),
        ),
    };
    format!(
        "{note}# Put into core.yaml of the peer, in place of Fabric's own {NAME}\n\
         # (Fabric 2.0 and 2.1 call propagateEnvironment environmentWhitelist)\n\
         chaincode:\n  externalBuilders:\n    - name: {NAME}\n      path: {path}\n      \
         propagateEnvironment:\n        - {}\n\n\
         # Or set this environment variable of the peer, which overrides core.yaml (Fabric 2.4 and later)\n\
         CORE_CHAINCODE_EXTERNALBUILDERS=[{{name: {NAME}, path: {path}, propagateEnvironment: [{}]}}]\n",
        variables.join("\n        - "),
        variables.join(", ")
    )
}

/// Formats a text for YAML, in quotes unless it is a plain path.
fn yaml_text(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_name_the_folder_above_bin() {
        let text = settings(Path::new("/opt/ccs/bin"));
        assert!(text.contains("    - name: ccaas_builder\n      path: /opt/ccs\n"), "{text}");
        let variable = "CORE_CHAINCODE_EXTERNALBUILDERS=[{name: ccaas_builder, path: /opt/ccs, propagateEnvironment: \
                        [CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG, CORE_PEER_ID, CORE_PEER_LOCALMSPID, HOSTNAME]}]\n";
        assert!(text.ends_with(variable), "{text}");
        assert!(
            text.starts_with("# Put into core.yaml of the peer, in place of Fabric's own ccaas_builder\n"),
            "{text}"
        );
        assert!(
            text.contains("\n# (Fabric 2.0 and 2.1 call propagateEnvironment environmentWhitelist)\n"),
            "{text}"
        );
    }

    #[test]
    fn the_name_is_fabrics_whatever_the_folder_is() {
        for folder in ["/opt/hyperledger/ccaas_builder", "/opt/ccs-builder"] {
            let text = settings(&Path::new(folder).join("bin"));
            assert!(text.contains(&format!("    - name: ccaas_builder\n      path: {folder}\n")), "{text}");
            assert!(text.contains(&format!("=[{{name: ccaas_builder, path: {folder}, ")), "{text}");
        }
    }

    #[test]
    fn an_order_has_a_folder_and_perhaps_an_interval() {
        let read = |words: &[&str]| Order::read(words.iter().map(OsString::from).collect());
        let order = |every| Order { folder: "/x/bin".into(), every, with_launcher: false };
        let minute = Some(Duration::from_mins(1));
        assert_eq!(read(&["/x/bin"]).unwrap(), order(None));
        assert_eq!(read(&["/x/bin", "--every", "60s"]).unwrap(), order(minute));
        assert_eq!(read(&["--every", "1m", "/x/bin"]).unwrap(), order(minute));
        let with_launcher = |every| Order { with_launcher: true, ..order(every) };
        assert_eq!(read(&["/x/bin", "--launcher"]).unwrap(), with_launcher(None));
        assert_eq!(read(&["--launcher", "/x/bin", "--every", "60s"]).unwrap(), with_launcher(minute));
        for (words, message) in [
            (&["--every", "1m"][..], "install takes 1 argument, not 0"),
            (&["/x/bin", "/y"], "install takes 1 argument, not 2"),
            (&["--launcher"], "install takes 1 argument, not 0"),
            (&["/x/bin", "--every"], "--every: \"\" is not a duration"),
            (&["/x/bin", "--every", "60"], "--every: \"60\" is not a duration: the unit is missing"),
            (&["/x/bin", "--every", "0s"], "--every must be greater than zero, got 0s"),
            (&["/x/bin", "--every", "-1s"], "--every must be greater than zero, got -1s"),
        ] {
            let error = read(words).unwrap_err();
            assert_eq!(crate::report::chain(&error), message);
            assert_eq!(error.code(), crate::ExitCode::Usage);
            assert!(error.hint().is_some(), "{message}");
        }
    }

    #[test]
    fn odd_folders_are_quoted() {
        let text = settings(Path::new("/opt/it's here/bin"));
        assert!(text.contains("path: '/opt/it''s here'\n"), "{text}");
    }

    #[test]
    fn where_the_peer_finds_a_folder_of_another_name_is_left_open() {
        let text = settings(Path::new("/target"));
        assert!(
            text.starts_with("# PATH is the folder in which the peer finds /target as \"bin\".\n"),
            "{text}"
        );
        assert!(text.contains("path: PATH\n"), "{text}");
        assert!(text.contains("path: PATH, propagate"), "{text}");
    }

    #[test]
    fn two_installs_never_write_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let one = new_file(folder.path(), "detect").unwrap();
        let other = new_file(folder.path(), "detect").unwrap();
        assert_ne!(one.1, other.1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
