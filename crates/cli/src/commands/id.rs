//! `ccs id`: the package ID of files.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ccs_builder::ExitCode;
use ccs_files::PackageId;
use ccs_package::Limits;

use crate::cli::Id;
use crate::failure::Failure;

pub(crate) fn run(options: &Id) -> Result<(), Failure> {
    for path in &options.files {
        let id = package_id(path)?;
        if options.files.len() == 1 {
            super::print(&format!("{id}\n"))?;
        } else {
            super::print(&format!("{id}  {}\n", path.display()))?;
        }
    }
    Ok(())
}

fn package_id(path: &Path) -> Result<PackageId, Failure> {
    let file = File::open(path).map_err(|error| {
        Failure::new(format!("cannot open {}: {error}", path.display())).with_code(ExitCode::InputOutput)
    })?;
    ccs_package::package_id(BufReader::new(file), &Limits::default())
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())).hint(error.hint()))
}
