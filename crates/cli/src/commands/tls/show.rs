//! `ccs tls show`: the certificates of a folder or a file.

use std::path::PathBuf;

use ccs_tls::{Folder, Party};

use crate::cli::tls::Show;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(options: &Show) -> Result<(), Failure> {
    let path = &options.path;
    if !path.is_dir() {
        let certificates = super::describe(&[path])?;
        return super::answer(
            &certificates,
            &[],
            options.json,
            "ccs tls issue DIR --server NAME --host HOST",
        );
    }
    let folder = Folder::open(path)?;
    let parties = folder.all_parties()?;
    let mut files: Vec<PathBuf> = vec![folder.bundle()];
    files.extend(parties.iter().map(Party::certificate));
    let warnings = folder.stale(&parties)?;
    let next = if folder.previous_certificate().is_file() {
        format!("ccs tls rotate {} --reissue, or --finish when that is done", output::word(path))
    } else {
        format!("ccs package OUT.tgz --label LABEL --address HOST:PORT --tls {}", output::word(path))
    };
    super::answer(&super::describe(&files)?, &warnings, options.json, &next)
}
