//! Writes the test archives to a folder, for `conformance/go-package`.

#[path = "../tests/archives/mod.rs"]
mod archives;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: archive_cases FOLDER")?;
    for (name, bytes) in archives::cases::all() {
        std::fs::write(folder.join(name).with_extension("tgz"), bytes)?;
    }
    Ok(())
}
