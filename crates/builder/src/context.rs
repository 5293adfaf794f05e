//! The folders and environment of one call, read once and in one place.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::Error;
use crate::program::Program;
use crate::variables::{CONFIGURATION_VARIABLE, PEER_VARIABLES};

/// The positional arguments of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments<const N: usize>(pub [PathBuf; N]);

impl<const N: usize> Arguments<N> {
    /// Checks that the number of arguments is right and that none is empty.
    pub fn read(program: Program, given: Vec<OsString>) -> Result<Self, Error> {
        let found = given.len();
        let paths: Vec<PathBuf> = given.into_iter().map(PathBuf::from).collect();
        if let Some(at) = paths.iter().position(|path| path.as_os_str().is_empty()) {
            let name = program.arguments().get(at).copied().unwrap_or("an argument too many");
            return Err(Error::EmptyArgument { program, name });
        }
        paths.try_into().map(Self).map_err(|_| Error::ArgumentCount { program, found })
    }
}

/// The inputs of `build` apart from SRC and METADATA.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The value of [`CONFIGURATION_VARIABLE`].
    pub configuration: Option<OsString>,
    /// The folder above `bin`, where config.json may be.
    pub builder_folder: Option<PathBuf>,
    /// Template variables from the environment, by their template names.
    pub peer: Vec<(&'static str, String)>,
    /// The time at which certificates must be valid.
    pub now: SystemTime,
}

impl Surroundings {
    /// Reads the process's environment and clock.
    #[must_use]
    pub fn of_this_process() -> Self {
        let peer = PEER_VARIABLES.into_iter().filter_map(|(variable, name)| {
            let value = env::var(variable).ok().filter(|value| !value.is_empty())?;
            Some((name, value))
        });
        Self {
            configuration: env::var_os(CONFIGURATION_VARIABLE),
            builder_folder: env::args_os().next().and_then(|called| builder_folder(Path::new(&called))),
            peer: peer.collect(),
            now: SystemTime::now(),
        }
    }
}

/// Returns the builder's folder: the one above the `bin` folder that contains the program.
fn builder_folder(called: &Path) -> Option<PathBuf> {
    // A name without a folder was found through PATH, which a peer never uses; the kernel then knows the
    // location.
    let program =
        if called.components().count() > 1 { called.to_owned() } else { env::current_exe().ok()? };
    let absolute = std::path::absolute(program).ok()?;
    let bin = absolute.parent()?;
    (bin.file_name()? == "bin").then(|| bin.parent().map(Path::to_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builder_folder_is_the_one_above_bin() {
        assert_eq!(builder_folder(Path::new("/opt/x/bin/build")), Some("/opt/x".into()));
        assert_eq!(builder_folder(Path::new("/opt/x/build")), None);
    }

    #[test]
    fn arguments_are_counted_and_never_empty() {
        let given = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let Arguments([src, metadata]) = Arguments::read(Program::Detect, given(&["a", "b"])).unwrap();
        assert_eq!((src, metadata), ("a".into(), "b".into()));
        let few = Arguments::<3>::read(Program::Build, given(&["a"])).unwrap_err();
        assert_eq!(few.to_string(), "build takes 3 arguments, not 1");
        let many = Arguments::<2>::read(Program::Release, given(&["a", "b", "c"])).unwrap_err();
        assert_eq!(many.to_string(), "release takes 2 arguments, not 3");
        let empty = Arguments::<2>::read(Program::Detect, given(&["a", ""])).unwrap_err();
        assert_eq!(empty.to_string(), "the argument METADATA of detect is empty");
    }
}
