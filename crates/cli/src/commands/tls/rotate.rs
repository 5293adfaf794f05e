//! `ccs tls rotate`: replaces the CA, in three steps.

use ccs_tls::{BUNDLE, Folder, Party};

use crate::cli::tls::Rotate;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(options: &Rotate) -> Result<(), Failure> {
    let folder = Folder::open(&options.dir)?;
    let dir = output::word(&options.dir);
    let next = if options.step.finish {
        folder.finish_rotation(options.step.force)?;
        format!("deploy every {BUNDLE}; then ccs tls show {dir}")
    } else if options.step.reissue {
        folder.reissue()?;
        format!(
            "deploy the certificates, and make the package again or run ccs rebind on each peer; then ccs tls rotate {dir} --finish"
        )
    } else {
        folder.begin_rotation(options.days)?;
        format!(
            "deploy every {BUNDLE}, and make the package again or run ccs rebind on each peer; then ccs tls rotate {dir} --reissue"
        )
    };
    let mut shown = vec![folder.bundle()];
    shown.extend(folder.all_parties()?.iter().map(Party::certificate));
    super::answer(&super::describe(&shown)?, &[], options.json, &next)
}
