//! `ccs man`: a page for each command, from the same definitions as the help.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use ccs_builder::ExitCode;
use clap::CommandFactory as _;
use clap_mangen::Man as Page;
use tempfile::NamedTempFile;

use crate::cli::{Cli, Man};
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(options: &Man) -> Result<(), Failure> {
    let mut root = Cli::command();
    root.build();
    write_all(&root, options)
}

/// Writes the pages of a command and its subcommands, and returns their names.
fn write_all(command: &clap::Command, options: &Man) -> Result<(), Failure> {
    let page = Page::new(command.clone());
    let path = options.folder.join(page.get_filename());
    write(&page, &path, options.force).map_err(|error| {
        let exists = error.kind() == ErrorKind::AlreadyExists;
        Failure::new(format!("cannot write {}: {error}", path.display()))
            .hint(exists.then(|| "--force replaces existing pages".to_owned()))
            .with_code(ExitCode::InputOutput)
    })?;
    output::print(&format!("{}\n", path.display()))?;
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| write_all(sub, options))
}

fn write(page: &Page, path: &Path, force: bool) -> std::io::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    page.render(&mut file)?;
    file.flush()?;
    // Temporary files are private, but every user may read a man page.
    std::fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    if force {
        file.persist(path)?
    } else {
        file.persist_noclobber(path)?
    };
    Ok(())
}
