//! Determines the kind of a program and its dependencies.

use std::path::{Path, PathBuf};

use object::read::elf::{FileHeader, ProgramHeader as _};
use object::{Architecture, Object as _};

use crate::root::Root;

/// The kind of a program, by its first bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Executable {
    /// A binary for a processor.
    Elf {
        /// The processor, by its name in Go and container images.
        architecture: &'static str,
        /// The loader of a dynamically linked program.
        loader: Option<PathBuf>,
    },
    /// A script.
    Script {
        /// The interpreter in the first line.
        interpreter: String,
        /// The argument of the interpreter.
        argument: Option<String>,
    },
    /// An unknown kind, which the system does not start.
    Unknown,
}

impl Executable {
    pub(crate) fn examine(content: &[u8]) -> Self {
        if let Some(script) = content.strip_prefix(b"#!") {
            let line = script.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(line);
            let line = line.trim_matches([' ', '\t']);
            let (interpreter, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            let argument = Some(argument.trim().to_owned()).filter(|argument| !argument.is_empty());
            return Self::Script { interpreter: interpreter.to_owned(), argument };
        }
        let Ok(file) = object::File::parse(content) else { return Self::Unknown };
        let loader = match &file {
            object::File::Elf64(elf) => loader(elf.elf_header(), elf.endian(), content),
            object::File::Elf32(elf) => loader(elf.elf_header(), elf.endian(), content),
            _ => return Self::Unknown,
        };
        Self::Elf { architecture: name(file.architecture()), loader }
    }

    /// Returns whether the program needs only the kernel.
    pub(crate) fn is_static(&self) -> bool {
        matches!(self, Self::Elf { loader: None, .. })
    }

    /// Returns the interpreter or loader if it is missing; for `env`, the program that it would look up.
    pub(crate) fn missing(&self, root: &Root, search_path: &str) -> Option<String> {
        let absent = |path: &str| !root.has_program(Path::new(path));
        match self {
            Self::Elf { loader, .. } => {
                let loader = loader.as_ref()?.to_string_lossy();
                absent(&loader).then(|| loader.into_owned())
            }
            Self::Script { interpreter, argument } => {
                if absent(interpreter) {
                    return Some(interpreter.clone());
                }
                let name = argument.as_deref().filter(|_| interpreter.ends_with("/env"))?;
                let name =
                    name.split_whitespace().find(|word| !word.starts_with('-') && !word.contains('='))?;
                let found = search_path.split(':').any(|folder| !absent(&format!("{folder}/{name}")));
                (!found).then(|| name.to_owned())
            }
            Self::Unknown => None,
        }
    }
}

fn loader<H: FileHeader>(header: &H, endian: H::Endian, content: &[u8]) -> Option<PathBuf> {
    let headers = header.program_headers(endian, content).ok()?;
    let interpreter = headers.iter().find_map(|header| header.interpreter(endian, content).ok().flatten())?;
    Some(PathBuf::from(String::from_utf8_lossy(interpreter).into_owned()))
}

/// Returns Go's name of a processor.
fn name(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "amd64",
        Architecture::Aarch64 => "arm64",
        Architecture::PowerPc64 => "ppc64le",
        Architecture::S390x => "s390x",
        Architecture::I386 => "386",
        Architecture::Arm => "arm",
        Architecture::Riscv64 => "riscv64",
        _ => "another processor",
    }
}

/// Returns Go's name of this machine's processor.
pub(crate) fn host_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scripts_and_programs_are_told_apart() {
        let script = Executable::examine(b"#! /usr/bin/env -S bash -e\nexit\n");
        let (interpreter, argument) = ("/usr/bin/env".to_owned(), Some("-S bash -e".to_owned()));
        assert_eq!(script, Executable::Script { interpreter, argument });
        assert_eq!(Executable::examine(b"echo hello"), Executable::Unknown);
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let Executable::Elf { architecture, .. } = Executable::examine(&this) else { panic!("no ELF") };
        assert_eq!(architecture, host_architecture());
    }

    proptest! {
        #[test]
        fn any_bytes_are_examined(tail in any::<Vec<u8>>(), elf in any::<bool>()) {
            let head: &[u8] = if elf { b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0" } else { b"#!" };
            let _ = Executable::examine(&[head, &tail].concat());
        }
    }
}
