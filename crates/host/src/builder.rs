//! An entry of `externalBuilders` in core.yaml, and what its programs see of the peer's environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::event::BuilderStep;

/// The variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// Variables that every builder gets, if the peer has them.
const ALWAYS: [&str; 4] = ["LD_LIBRARY_PATH", "LIBPATH", "PATH", "TMPDIR"];

/// An external builder, as core.yaml declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalBuilder {
    /// Its name, which a durable build remembers.
    pub name: String,
    /// The folder whose `bin` holds the programs.
    pub path: PathBuf,
    /// The variables of the peer that its programs may see.
    pub propagate_environment: Vec<String>,
}

impl ExternalBuilder {
    /// Returns the path of the program for a step.
    #[must_use]
    pub fn program(&self, step: BuilderStep) -> PathBuf {
        self.path.join("bin").join(step.as_str())
    }

    /// Says whether the program for a step is there and executable.
    pub(crate) fn has(&self, step: BuilderStep) -> bool {
        let metadata = std::fs::metadata(self.program(step));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }

    /// Picks the variables that a program gets.
    ///
    /// When there is none of them the program gets all: Go reads an empty list as "inherit" (Go 1.26 `os/exec`,
    /// `Cmd.Env` nil), and a peer inherits this mistake.
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
