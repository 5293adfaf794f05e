//! Certificates from the folder of a Kubernetes Secret, with the keys of cert-manager: ca.crt, tls.crt and tls.key.

use std::path::{Path, PathBuf};

use ccs_builder::input::{self, ReadError};
use ccs_builder::limits::MAX_CONNECTION;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::Error;
use crate::rebind::{Client, Edit};

/// The link in a mounted Secret to the folder with the present version of all files; kubelet replaces it by a rename.
const VERSION: &str = "..data";

/// Reads the certificates into a change; files that are absent leave its fields unchanged.
pub fn read_into(folder: &Path, edit: &mut Edit) -> Result<(), Error> {
    // The files of one version fit together, even if kubelet replaces the link meanwhile.
    let version = folder.join(VERSION).canonicalize().unwrap_or_else(|_| folder.to_owned());
    let read = |name: &str| text(version.join(name));
    let client = match (read("tls.crt")?, read("tls.key")?) {
        (Some(certificate), Some(key)) => Some(Client { certificate, key }),
        (None, None) => None,
        (Some(_), None) => return Err(half(folder, "tls.crt", "tls.key")),
        (None, Some(_)) => return Err(half(folder, "tls.key", "tls.crt")),
    };
    let root_cert = read("ca.crt")?.filter(|text| !text.is_empty());
    if root_cert.is_none() && client.is_none() {
        return Err(Error::NoSecret(folder.to_owned()));
    }
    edit.root_cert = root_cert.or(edit.root_cert.take());
    edit.client = client.or(edit.client.take());
    Ok(())
}

fn half(folder: &Path, found: &'static str, missing: &'static str) -> Error {
    Error::HalfSecret { folder: folder.to_owned(), found, missing }
}

fn text(path: PathBuf) -> Result<Option<String>, Error> {
    match input::read(&path, MAX_CONNECTION) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| Error::NotText(path)),
        Err(ReadError::Missing) => Ok(None),
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// Reports changes until it is dropped.
#[derive(Debug)]
pub struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Calls a function after each change in a folder, from another thread.
    pub fn begin(folder: &Path, changed: impl Fn() + Send + 'static) -> Result<Self, Error> {
        let failed = |source| Error::Watch { path: folder.to_owned(), source };
        let note = move |event: notify::Result<notify::Event>| {
            // Reading the files is an event too.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                changed();
            }
        };
        let mut watcher = notify::recommended_watcher(note).map_err(failed)?;
        watcher.watch(folder, RecursiveMode::NonRecursive).map_err(failed)?;
        Ok(Self { _watcher: watcher })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Longer than the system takes to report a change; only a failing test waits this long.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Mounts a version of a Secret as kubelet does.
    fn mount(folder: &Path, version: &str, files: &[(&str, &str)]) {
        fs::create_dir(folder.join(version)).unwrap();
        for (name, content) in files {
            fs::write(folder.join(version).join(name), content).unwrap();
            if !folder.join(name).is_symlink() {
                symlink(Path::new(VERSION).join(name), folder.join(name)).unwrap();
            }
        }
        symlink(version, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join(VERSION)).unwrap();
    }

    #[test]
    fn a_new_version_of_a_secret_is_reported_and_read_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        mount(folder.path(), "..1", &[("ca.crt", "ca 1"), ("tls.crt", "crt 1"), ("tls.key", "key 1")]);
        let (sender, receiver) = mpsc::channel();
        let _watch = Watch::begin(folder.path(), move || {
            let _ = sender.send(());
        })
        .unwrap();
        let read = || {
            let mut edit = Edit { root_cert: Some("former".to_owned()), ..Edit::default() };
            read_into(folder.path(), &mut edit).unwrap();
            let client = edit.client.unwrap();
            [edit.root_cert.unwrap(), client.certificate, client.key]
        };
        assert_eq!(read(), ["ca 1", "crt 1", "key 1"]);
        mount(folder.path(), "..2", &[("tls.crt", "crt 2"), ("tls.key", "key 2")]);
        receiver.recv_timeout(PATIENCE).unwrap();
        assert_eq!(read(), ["former", "crt 2", "key 2"]);
    }

    #[test]
    fn an_incomplete_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let refused = || read_into(folder.path(), &mut Edit::default()).unwrap_err().to_string();
        assert_eq!(refused(), format!("{path} contains neither ca.crt nor tls.crt with tls.key"));
        fs::write(folder.path().join("tls.crt"), "crt").unwrap();
        assert_eq!(refused(), format!("{path} contains tls.crt without tls.key"));
        fs::write(folder.path().join("tls.key"), b"\xff").unwrap();
        assert_eq!(refused(), format!("{path}/tls.key is not text"));
        let missing = Watch::begin(Path::new("/missing"), || {}).unwrap_err();
        assert_eq!(missing.to_string(), "cannot watch /missing");
    }
}
