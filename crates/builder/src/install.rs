//! `ccs-builder install DIR`: puts the programs where a peer calls them.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;
use crate::context::{CONFIGURATION_VARIABLE, PEER_VARIABLES};
use crate::program::{Program, version};

/// The name that the printed settings give the builder.
const BUILDER_NAME: &str = "ccs-builder";

/// Installs the programs into a folder and gives the settings for the peer.
///
/// Each program is copied beside its place, run once, and only then moved there, so that a peer never meets half a
/// program, nor one that does not run. Several may install at once, also in containers that share the folder.
pub fn install(folder: &Path) -> Result<String, Error> {
    let executable = this_executable()?;
    fs::create_dir_all(folder).map_err(write_error("make the folder", folder))?;
    for program in Program::STAGES {
        let place = folder.join(program.name());
        let (file, temporary) = new_file(folder, program)?;
        let installed = copy_and_test(&executable, (file, &temporary), program)
            .and_then(|()| fs::rename(&temporary, &place).map_err(write_error("write", &place)));
        if installed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        installed?;
    }
    let absolute = folder.canonicalize().map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    Ok(settings(&absolute))
}

fn write_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write { action, path, source }
}

fn this_executable() -> Result<PathBuf, Error> {
    env::current_exe().map_err(|source| Error::Read { path: "/proc/self/exe".into(), source })
}

/// Makes a hidden file in the folder that nobody else writes.
///
/// The process ID is not enough: in a container it is 1, and two containers may share the folder.
fn new_file(folder: &Path, program: Program) -> Result<(File, PathBuf), Error> {
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let path = folder.join(format!(".{}-{}-{now}", program.name(), std::process::id()));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (file, path.clone())).map_err(write_error("write", &path)),
        }
    }
}

/// Fills the file, closes it and runs it.
fn copy_and_test(executable: &Path, (mut file, to): (File, &Path), program: Program) -> Result<(), Error> {
    let read_error = |source| Error::Read { path: executable.to_owned(), source };
    let mut source = File::open(executable).map_err(read_error)?;
    // On the disk before it has its name: a machine that stops leaves the old program or the new one.
    io::copy(&mut source, &mut file).and_then(|_| file.sync_all()).map_err(write_error("write", to))?;
    drop(file);
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).map_err(write_error("set the mode of", to))?;
    let answer = Command::new(to).arg0(program.name()).arg("--version").stdin(Stdio::null()).output();
    let expected = version(Some(program));
    let reason = match answer {
        Ok(answer) if answer.status.success() && answer.stdout.trim_ascii() == expected.as_bytes() => {
            return Ok(());
        }
        Ok(answer) => format!("it ended with {} where it should say {expected:?}", answer.status),
        Err(error) => error.to_string(),
    };
    Err(Error::SelfTest { path: to.to_owned(), reason })
}

/// The settings for core.yaml, and the same as an environment variable.
fn settings(bin: &Path) -> String {
    let mut variables = vec![CONFIGURATION_VARIABLE];
    variables.extend(PEER_VARIABLES.map(|(variable, _)| variable));
    let builder = bin.parent().filter(|_| bin.file_name().is_some_and(|name| name == "bin"));
    let (note, path) = match builder {
        Some(builder) => (String::new(), yaml_text(&builder.display().to_string())),
        // Probably a container that has the peer's folder under another name.
        None => (
            format!("# PATH is the folder in which the peer finds {} as \"bin\".\n", bin.display()),
            "PATH".to_owned(),
        ),
    };
    format!(
        "{note}# core.yaml of the peer; put this builder before others that take the type ccaas\n\
         chaincode:\n  externalBuilders:\n    - name: {BUILDER_NAME}\n      path: {path}\n      \
         propagateEnvironment:\n        - {}\n\n\
         # the same as an environment variable of the peer\n\
         CORE_CHAINCODE_EXTERNALBUILDERS=[{{name: {BUILDER_NAME}, path: {path}, propagateEnvironment: [{}]}}]\n",
        variables.join("\n        - "),
        variables.join(", ")
    )
}

/// Writes a text for YAML, in quotes unless it is plainly a path.
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
        assert!(text.contains("    - name: ccs-builder\n      path: /opt/ccs\n"), "{text}");
        let variable = "CORE_CHAINCODE_EXTERNALBUILDERS=[{name: ccs-builder, path: /opt/ccs, propagateEnvironment: \
                        [CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG, CORE_PEER_ID, CORE_PEER_LOCALMSPID, HOSTNAME]}]\n";
        assert!(text.ends_with(variable), "{text}");
        assert!(text.starts_with("# core.yaml"), "{text}");
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
        let one = new_file(folder.path(), Program::Detect).unwrap();
        let other = new_file(folder.path(), Program::Detect).unwrap();
        assert_ne!(one.1, other.1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
