//! The file of `--ready-file`, which is written when the peer and its chaincodes are ready for the first time, and removed when the
//! command ends.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ccs_devnet::{ChaincodeEvent, Event};
use ccs_identity::MspId;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::reporter::ready_document;

/// Error from writing or removing the file.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct ReadyFileError {
    path: PathBuf,
    source: io::Error,
}

/// The file, and what it waits for.
#[derive(Debug)]
pub struct ReadyFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The documents of the peers that are ready.
    peers: Vec<Value>,
    /// The number of peers.
    count: usize,
    /// The chaincodes that have not registered yet, by peer.
    awaited: HashSet<(Option<MspId>, String)>,
    is_written: bool,
}

impl ReadyFile {
    /// Removes the file of an earlier run. `chaincodes` are the names of those that must register with each peer.
    /// `organizations` are those of the peers, if there are several.
    pub fn new(
        path: &Path,
        chaincodes: impl Iterator<Item = String>,
        organizations: &[MspId],
    ) -> Result<Self, ReadyFileError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failure(path, error)),
            _ => {
                let of_peers = |name: String| {
                    let peers: Vec<_> = match organizations {
                        [] => vec![None],
                        several => several.iter().cloned().map(Some).collect(),
                    };
                    peers.into_iter().map(move |peer| (peer, name.clone()))
                };
                let awaited = chaincodes.flat_map(of_peers).collect();
                let count = organizations.len().max(1);
                let state = State { peers: Vec::new(), count, awaited, is_written: false };
                Ok(Self { path: path.to_owned(), state: Mutex::new(state) })
            }
        }
    }

    /// Removes the file.
    pub fn remove(&self) {
        // If it cannot be removed, the next run does it or fails.
        let _ = fs::remove_file(&self.path);
    }

    /// Takes note of an event, and writes the file if it was the last one that was missing.
    pub fn event(&self, organization: Option<&MspId>, event: &Event) -> Result<(), ReadyFileError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Ready(ready) => state.peers.push(ready_document(ready)),
            Event::Chaincode { name, event: ChaincodeEvent::Ready(_), .. } => {
                state.awaited.remove(&(organization.cloned(), name.clone()));
            }
            _ => return Ok(()),
        }
        if state.peers.len() < state.count || !state.awaited.is_empty() || state.is_written {
            return Ok(());
        }
        let document = document(&state.peers);
        write(&self.path, &document).map_err(|error| failure(&self.path, error))?;
        state.is_written = true;
        Ok(())
    }
}

/// Returns the document of a single peer, or of the first one with those of all peers.
fn document(peers: &[Value]) -> Value {
    let mut document = peers.first().cloned().unwrap_or_default();
    if let (Some(object), true) = (document.as_object_mut(), peers.len() > 1) {
        object.insert("peers".to_owned(), peers.into());
    }
    document
}

/// Writes the file at once, so that no script reads a part of it.
fn write(path: &Path, document: &Value) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{document}")?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn failure(path: &Path, source: io::Error) -> ReadyFileError {
    ReadyFileError { path: path.to_owned(), source }
}
