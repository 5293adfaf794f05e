//! Platforms as Go and Docker name them, and the platform of a program.

use std::fmt;
use std::str::FromStr;

use super::refused;
use crate::Failure;

/// An operating system and a processor, as in `linux/amd64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    system: String,
    processor: String,
}

/// Processors: Go's name, Rust's name, and the number in the header of a program (ELF `e_machine`).
const PROCESSORS: [(&str, &str, u16); 6] = [
    ("amd64", "x86_64", 62),
    ("arm64", "aarch64", 183),
    ("s390x", "s390x", 22),
    ("ppc64le", "powerpc64", 21),
    ("riscv64", "riscv64", 243),
    ("386", "x86", 3),
];

impl Target {
    /// Returns the platform on which this program runs.
    #[must_use]
    pub fn here() -> Self {
        let processor = std::env::consts::ARCH;
        let name = PROCESSORS.iter().find(|(_, rust, _)| *rust == processor).map_or(processor, |(go, ..)| go);
        Self { system: std::env::consts::OS.to_owned(), processor: name.to_owned() }
    }

    /// Returns the platform for which a program was built, by its first bytes; [`None`] for a script, and for any file that is
    /// not a program for Linux on a known processor.
    #[must_use]
    pub fn of_program(content: &[u8]) -> Option<Self> {
        let machine = machine(content)?;
        let (processor, ..) = PROCESSORS.iter().find(|(.., number)| *number == machine)?;
        Some(Self { system: "linux".to_owned(), processor: (*processor).to_owned() })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.processor)
    }
}

impl FromStr for Target {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (system, processor) = text.split_once('/').ok_or(())?;
        let is_name = |name: &str| {
            (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if is_name(system) && is_name(processor) {
            Ok(Self { system: system.to_owned(), processor: processor.to_owned() })
        } else {
            Err(())
        }
    }
}

/// Checks by its first bytes that a file is a program that a platform can start.
pub(super) fn check_program(file: &str, content: &[u8], target: &Target) -> Result<(), Failure> {
    if content.starts_with(b"#!") {
        return Ok(());
    }
    let Some(machine) = machine(content) else {
        return Err(refused(format!("the file {file:?} is not a program"))
            .with_hint("a program begins with an ELF header, or with #! and an interpreter"));
    };
    let built_for = PROCESSORS.iter().find(|(.., number)| *number == machine).map(|(go, ..)| *go);
    match built_for {
        // The kernel decides about a processor that is not in the table.
        None => Ok(()),
        Some(processor) if processor == target.processor => Ok(()),
        Some(processor) => {
            Err(refused(format!("the file {file:?} is a program for {processor}, not for {target}"))
                .with_hint(format!("name a program for {target} under that key")))
        }
    }
}

/// Returns the processor in the header of an ELF file.
fn machine(content: &[u8]) -> Option<u16> {
    let header = content.first_chunk::<20>()?;
    let number = [header[18], header[19]];
    match (header.starts_with(b"\x7fELF"), header[5]) {
        (true, 1) => Some(u16::from_le_bytes(number)),
        (true, 2) => Some(u16::from_be_bytes(number)),
        _ => None,
    }
}
