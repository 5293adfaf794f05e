//! Creates files that git cannot store: modes, links, pipes, unusual names, huge files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::{Context, Result};

use super::action::Action;
use super::escape;
use super::scratch::{self, Scratch};
use super::texts::Texts;

/// Performs an action.
pub(crate) fn perform(action: &Action, scratch: &Scratch, texts: &Texts) -> Result<()> {
    let place = scratch.place(Path::new(&escape::decode_os(action.path())));
    perform_at(action, &place, scratch, texts).with_context(|| format!("setup of {}", action.path()))
}

fn perform_at(action: &Action, place: &Path, scratch: &Scratch, texts: &Texts) -> Result<()> {
    match action {
        Action::Mode { mode, .. } => {
            fs::set_permissions(place, fs::Permissions::from_mode(u32::from_str_radix(mode, 8)?))?;
        }
        Action::Folder { .. } => scratch::make_folder(place)?,
        Action::Symlink { target, .. } => symlink(scratch.fill(target), place)?,
        Action::Fifo { .. } => {
            rustix::fs::mknodat(rustix::fs::CWD, place, rustix::fs::FileType::Fifo, 0o644.into(), 0)?;
        }
        Action::Write { content, repeat, times, end, .. } => {
            let middle = escape::decode(repeat).repeat(*times);
            let content = [escape::decode(content), middle, escape::decode(end)].concat();
            scratch::write(place, &texts.fill(content), 0o644)?;
        }
        Action::Remove { .. } if place.is_dir() => fs::remove_dir_all(place)?,
        Action::Remove { .. } => fs::remove_file(place)?,
    }
    Ok(())
}
