//! An entry of `externalBuilders` in core.yaml, and the environment of its programs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::event::BuilderStep;

/// Environment variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// Variables that every builder receives if the peer has them.
const ALWAYS: [&str; 4] = ["LD_LIBRARY_PATH", "LIBPATH", "PATH", "TMPDIR"];

/// External builder, as declared in core.yaml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalBuilder {
    /// Name of the builder, which is stored with durable builds.
    pub name: String,
    /// Folder whose `bin` contains the programs.
    pub path: PathBuf,
    /// Variables of the peer that its programs receive.
    pub propagate_environment: Vec<String>,
}

impl ExternalBuilder {
    /// Returns the path of the program for a step.
    #[must_use]
    pub fn program(&self, step: BuilderStep) -> PathBuf {
        self.path.join("bin").join(step.as_str())
    }

    /// Returns whether the program for a step exists and is executable.
    pub(crate) fn has(&self, step: BuilderStep) -> bool {
        let metadata = std::fs::metadata(self.program(step));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }

    /// Selects the variables that a program receives.
    ///
    /// If none of them is set, the program receives all variables: Go treats an empty list as "inherit" (Go 1.26
    /// `os/exec`, `Cmd.Env` nil), and so does a peer, although this is not intended.
    pub(crate) fn environment(&self, peer: &Environment) -> Environment {
        let listed = self.propagate_environment.iter().map(String::as_str).chain(ALWAYS);
        let pruned: Environment = listed
            .filter_map(|name| peer.get_key_value(std::ffi::OsStr::new(name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if pruned.is_empty() { peer.clone() } else { pruned }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(names: &[&str]) -> Environment {
        names.iter().map(|name| (OsString::from(name), OsString::from("x"))).collect()
    }

    fn builder(propagate: &[&str]) -> ExternalBuilder {
        ExternalBuilder {
            name: "b".to_owned(),
            path: PathBuf::from("/b"),
            propagate_environment: propagate.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn only_listed_and_standard_variables_pass() {
        let peer = environment(&["HOME", "PATH", "TMPDIR", "CONFIG", "CORE_PEER_ID"]);
        let seen = builder(&["CONFIG", "ABSENT"]).environment(&peer);
        assert_eq!(seen, environment(&["CONFIG", "PATH", "TMPDIR"]));
    }

    #[test]
    fn everything_passes_when_nothing_would() {
        let peer = environment(&["HOME", "CORE_PEER_ID"]);
        assert_eq!(builder(&["ABSENT"]).environment(&peer), peer);
    }
}
