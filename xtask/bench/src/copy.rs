//! Copies a folder and does nothing else: what the work of `build` costs without reading, checking and rendering.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let folders: Vec<_> = env::args_os().skip(1).collect();
    let [from, to] = folders.as_slice() else {
        eprintln!("usage: copy FROM TO");
        return ExitCode::from(64);
    };
    match copy(Path::new(from), Path::new(to)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot copy {}: {error}", from.display());
            ExitCode::FAILURE
        }
    }
}

/// Copies what is in one folder to another one, which exists.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::write(target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
