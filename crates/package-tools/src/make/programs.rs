//! Compiled programs, and the binary.json that names them.

use std::path::PathBuf;

use ccs_files::PackageHash;
use ccs_launch::binary::{self, Target};
use ccs_package::PackageContents;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{json as write, read};
use crate::error::Error;
use crate::secrets;

/// A program for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFile {
    /// The platform; [`None`] for that in the program's header.
    pub target: Option<Target>,
    /// The file.
    pub path: PathBuf,
}

/// Adds the programs and binary.json, which a single script for all platforms does not need.
pub(super) fn add(
    contents: &mut PackageContents,
    programs: &[ProgramFile],
    arguments: &[String],
) -> Result<(), Error> {
    let mut document = Map::new();
    for program in programs {
        let content = read(&program.path)?;
        if secrets::holds_private_key(content.as_slice()).unwrap_or(false) {
            return Err(Error::PrivateKey { at: program.path.display().to_string() });
        }
        let Some(target) = program.target.clone().or_else(|| Target::of_program(&content)) else {
            if let ([_], []) = (programs, arguments) {
                contents.add(binary::PROGRAM, content)?;
                return Ok(());
            }
            return Err(Error::NoPlatform(program.path.clone()));
        };
        let file = if programs.len() == 1 {
            binary::PROGRAM.to_owned()
        } else {
            format!("{}/{}", target.to_string().replace('/', "-"), binary::PROGRAM)
        };
        let sha256 = PackageHash::from_digest(Sha256::digest(&content).into());
        contents.add(&file, content)?;
        document.insert(target.to_string(), json!({"file": file, "sha256": sha256.as_str()}));
    }
    if !arguments.is_empty() {
        document.insert("args".to_owned(), json!(arguments));
    }
    contents.add(binary::FILE, write(&Value::Object(document))?)?;
    Ok(())
}
