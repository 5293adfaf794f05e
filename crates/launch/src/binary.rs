//! `binary.json`: a package with programs that are ready to run.

mod target;

use std::collections::BTreeMap;
use std::path::{Component, Path};

use ccs_files::PackageHash;
use serde_json::{Map, Value};

pub use target::Target;
use target::check_program;

use crate::settings::Role;
use crate::{ExitCode, Failure, resemblance};

/// The name of the file, at the top of code.tar.gz.
pub const FILE: &str = "binary.json";

/// The name of the program in a package without `binary.json`, and in what `build` writes.
pub const PROGRAM: &str = "chaincode";

/// The placeholder for the peer's address in an argument.
pub const ADDRESS: &str = "{peer_address}";

/// The keys that are not platforms.
const KEYS: [&str; 2] = ["args", "role"];

/// The keys of a platform.
const PLATFORM_KEYS: [&str; 3] = ["file", "sha256", "url"];

/// The maximum number of platforms and of arguments.
const MAX_ENTRIES: usize = 1_000;

/// The content of `binary.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// The program for each platform; one for all when the package has no `binary.json`.
    programs: Programs,
    /// The arguments; [`ADDRESS`] in them stands for the peer's address.
    pub arguments: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Programs {
    One,
    ByTarget(BTreeMap<Target, Program>),
}

/// A program in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where it is, below the top of code.tar.gz.
    pub file: String,
    /// The expected SHA-256.
    pub sha256: Option<PackageHash>,
}

impl Program {
    /// Checks by its first bytes that a platform can start it, and that it has the SHA-256 of the document.
    pub fn check(
        &self,
        head: &[u8],
        target: &Target,
        sha256: impl FnOnce() -> PackageHash,
    ) -> Result<(), Failure> {
        let file = &self.file;
        check_program(file, head, target)?;
        let Some(expected) = &self.sha256 else { return Ok(()) };
        let found = sha256();
        if found == *expected {
            return Ok(());
        }
        let reason = format!("the program {file:?} has the SHA-256 {found}, not {expected}");
        Err(Failure::new(ExitCode::Binary, reason)
            .with_hint("pack the program that binary.json was written for"))
    }
}

impl Default for Binary {
    /// Returns the default without `binary.json`: the program `chaincode` at the top, started as Go's shim expects it.
    fn default() -> Self {
        Self { programs: Programs::One, arguments: vec![format!("-peer.address={ADDRESS}")] }
    }
}

impl Binary {
    /// Reads the file's content.
    pub fn parse(content: &[u8]) -> Result<Self, Failure> {
        let document: Value = serde_json::from_slice(content).map_err(|error| refused(error.to_string()))?;
        let Value::Object(document) = document else {
            return Err(refused("the document is not an object").with_hint(EXAMPLE));
        };
        let mut programs = BTreeMap::new();
        for (key, value) in document.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            let target: Target = key.parse().map_err(|()| unknown_key(key))?;
            programs.insert(target, program(key, value)?);
        }
        if programs.is_empty() {
            return Err(refused("it names no program").with_hint(EXAMPLE));
        }
        if programs.len() > MAX_ENTRIES {
            return Err(refused(format!("it has more than {MAX_ENTRIES} platforms")));
        }
        check_role(&document)?;
        let arguments = arguments(&document)?.unwrap_or_else(|| Self::default().arguments);
        Ok(Self { programs: Programs::ByTarget(programs), arguments })
    }

    /// Returns all programs, each with its platform. Without `binary.json` there is one program, for any platform.
    #[must_use]
    pub fn programs(&self) -> Vec<(Option<&Target>, Program)> {
        match &self.programs {
            Programs::One => vec![(None, Program { file: PROGRAM.to_owned(), sha256: None })],
            Programs::ByTarget(programs) => {
                programs.iter().map(|(target, program)| (Some(target), program.clone())).collect()
            }
        }
    }

    /// Returns the program for a platform.
    pub fn program(&self, target: &Target) -> Result<Program, Failure> {
        match &self.programs {
            Programs::One => Ok(Program { file: PROGRAM.to_owned(), sha256: None }),
            Programs::ByTarget(programs) => programs.get(target).cloned().ok_or_else(|| {
                let known = programs.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                refused(format!("there is no program for {target}, only for {known}"))
                    .with_hint(format!("build the chaincode for {target} and name it under that key"))
            }),
        }
    }
}

/// The smallest document.
const EXAMPLE: &str = r#"the smallest binary.json is {"linux/amd64":{"file":"chaincode"}}"#;

fn refused(reason: impl AsRef<str>) -> Failure {
    Failure::new(ExitCode::Binary, format!("{FILE}: {}", reason.as_ref()))
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

fn unknown_key(key: &str) -> Failure {
    let hint = match resemblance::meant(key, KEYS.into_iter().chain(["linux/amd64", "linux/arm64"])) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "the keys are platforms such as linux/amd64, args and role".to_owned(),
    };
    refused(format!("there is no key {:?}", short(key))).with_hint(hint)
}

fn program(target: &str, value: &Value) -> Result<Program, Failure> {
    let Value::Object(value) = value else {
        return Err(refused(format!("{target} is not an object")).with_hint(EXAMPLE));
    };
    if let Some(key) = value.keys().find(|key| !PLATFORM_KEYS.contains(&key.as_str())) {
        return Err(refused(format!("{target}: there is no key {:?}", short(key)))
            .with_hint(resemblance::hint(key, &PLATFORM_KEYS)));
    }
    let text = |key: &str| match value.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(refused(format!("{target}: {key} is not a string"))),
    };
    if text("url")?.is_some() {
        return Err(refused(format!("{target}: a program cannot come from a url"))
            .with_hint("put the program into code.tar.gz, and name it as file"));
    }
    let Some(file) = text("file")? else {
        return Err(refused(format!("{target}: file is missing")).with_hint(EXAMPLE));
    };
    let is_name = |component| matches!(component, Component::Normal(_) | Component::CurDir);
    if file.is_empty() || file.contains('\0') || !Path::new(file).components().all(is_name) {
        return Err(refused(format!("{target}: the file {:?} is not a path in the package", short(file)))
            .with_hint("write it relative to the top of code.tar.gz, without '..'"));
    }
    let sha256 = text("sha256")?.map(|text| {
        text.parse().map_err(|_| {
            refused(format!("{target}: sha256 {:?} is not 64 lower-case hexadecimal digits", short(text)))
                .with_hint("sha256sum FILE prints it")
        })
    });
    Ok(Program { file: file.to_owned(), sha256: sha256.transpose()? })
}

fn check_role(document: &Map<String, Value>) -> Result<(), Failure> {
    match document.get("role") {
        None => Ok(()),
        Some(role) => match serde_json::from_value(role.clone()) {
            Ok(Role::Client) => Ok(()),
            Ok(Role::Server) => Err(refused("a process cannot have the role server")
                .with_hint("let the chaincode dial the peer, with the role client; or start it yourself, with a package of the type ccaas")),
            Err(_) => Err(refused("role is neither client nor server")),
        },
    }
}

fn arguments(document: &Map<String, Value>) -> Result<Option<Vec<String>>, Failure> {
    let Some(arguments) = document.get("args") else { return Ok(None) };
    let wrong = || {
        refused("args is not a list of strings")
            .with_hint(format!(r#"for example "args": ["-peer.address={ADDRESS}"]"#))
    };
    let arguments = arguments.as_array().ok_or_else(wrong)?;
    let text = |value: &Value| value.as_str().filter(|text| !text.contains('\0')).map(str::to_owned);
    let arguments =
        arguments.iter().map(|value| text(value).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
    if arguments.len() > MAX_ENTRIES {
        return Err(refused(format!("args has more than {MAX_ENTRIES} entries")));
    }
    Ok(Some(arguments))
}

#[cfg(test)]
mod tests;
