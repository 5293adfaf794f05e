//! The plan of a build from source, with the tools of the peer's host.
//!
//! It uses the commands of the images in which the peer builds with Docker (Fabric 3.1
//! `core/chaincode/platforms/{golang,node,java}`), and one folder for the tools' caches.

mod golang;
mod java;
mod node;

use std::path::{Path, PathBuf};

use crate::process::{DEFAULT_PATH, OtherUser, Plan, Start};
use crate::settings::{Build, Language, Limits};
use crate::{ExitCode, Failure};

/// The folder of the source in a package, and of Node.js chaincode in BLD.
pub const FOLDER: &str = "src";

/// The chaincode for Java in BLD.
pub const JAR: &str = "chaincode.jar";

/// A package's source.
pub struct Source<'a> {
    /// The build folder.
    pub folder: &'a Path,
    /// Tells whether a path below that folder exists.
    pub has: &'a dyn Fn(&str) -> bool,
    /// The path in metadata.json.
    pub path: &'a str,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("folder", &self.folder)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The surroundings of the tools.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// The cache that builds share.
    pub cache: &'a Path,
    /// The folder that is removed after the build.
    pub work: &'a Path,
    /// Variables of the peer for the tools.
    pub inherited: &'a [(String, String)],
    /// The operator's settings.
    pub settings: &'a Build,
    /// The user of the tools, if it is not the peer's.
    pub other: Option<&'a OtherUser>,
}

/// Variables of the peer for the tools, if it propagates them.
pub const INHERITED: [&str; 10] = [
    "PATH",
    "LANG",
    "JAVA_HOME",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
];

/// The build of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The commands, one after the other.
    pub steps: Vec<Plan>,
    /// Their result.
    pub product: Product,
}

/// The result of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Product {
    /// A program.
    Program(PathBuf),
    /// A jar that `java -jar` starts.
    Jar(PathBuf),
    /// The build folder.
    Folder,
}

impl Source<'_> {
    /// Makes the plan for a language.
    pub fn recipe(&self, language: Language, tools: &Tools<'_>) -> Result<Recipe, Failure> {
        match language {
            Language::Golang => golang::recipe(self, tools),
            Language::Node => node::recipe(self, tools),
            Language::Java => java::recipe(self, tools),
        }
    }
}

impl Language {
    /// Returns the command of chaincode that was built from source.
    #[must_use]
    pub fn start(self, build: &Path) -> Start {
        match self {
            Self::Golang => Start::of_binary(build, &crate::binary::Binary::default()),
            Self::Node => node::start(build),
            Self::Java => java::start(build),
        }
    }
}

impl Tools<'_> {
    /// Makes a step: a command in a folder, with the caches of its tool.
    fn step(&self, folder: PathBuf, words: &[&str], own: &[(&str, String)]) -> Plan {
        let (program, arguments) = words.split_first().unwrap_or((&"", &[]));
        let home = self.cache.join("home").to_string_lossy().into_owned();
        let mut environment = self.inherited.to_vec();
        if !environment.iter().any(|(name, _)| name == "PATH") {
            environment.push(("PATH".to_owned(), DEFAULT_PATH.to_owned()));
        }
        environment.push(("HOME".to_owned(), home));
        environment.push(("TMPDIR".to_owned(), self.work.to_string_lossy().into_owned()));
        environment.extend(own.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let from_settings = self.settings.environment.iter();
        environment.extend(from_settings.map(|(name, value)| (name.clone(), value.clone())));
        Plan {
            folders: Vec::new(),
            files: Vec::new(),
            copied: None,
            other: self.other.cloned(),
            program: PathBuf::from(program),
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
            environment,
            working_folder: folder,
            limits: Limits::default(),
        }
    }

    fn cache(&self, name: &str) -> String {
        self.cache.join(name).to_string_lossy().into_owned()
    }
}

fn refused(reason: impl Into<String>) -> Failure {
    Failure::new(ExitCode::Language, reason)
}

#[cfg(test)]
mod tests;
