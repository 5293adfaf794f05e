//! What git cannot keep and a case needs: modes, links, pipes, odd names, huge files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::certificates::Texts;
use super::escape;
use super::scratch::{self, Scratch};

/// One line of `setup`. Paths start with `src`, `metadata`, `bld`, `release`, `builder` or `cwd`; `\xNN` is a byte.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Action {
    /// Sets the mode, in octal.
    Mode {
        /// What gets it.
        path: String,
        /// Octal digits.
        mode: String,
    },
    /// Makes a folder, and those above it.
    Folder {
        /// The folder.
        path: String,
    },
    /// Makes a symbolic link.
    Symlink {
        /// The link.
        path: String,
        /// Where it points, with placeholders.
        target: String,
    },
    /// Makes a pipe.
    Fifo {
        /// The pipe.
        path: String,
    },
    /// Writes a file: `content` once, or in the middle of it `repeat` as often as `times` says.
    Write {
        /// The file.
        path: String,
        /// What it starts with.
        #[serde(default)]
        content: String,
        /// What is repeated after that.
        #[serde(default)]
        repeat: String,
        /// How often.
        #[serde(default)]
        times: usize,
        /// What it ends with.
        #[serde(default)]
        end: String,
    },
    /// Removes a file or a folder.
    Remove {
        /// What is removed.
        path: String,
    },
}

impl Action {
    /// Does it.
    pub(crate) fn perform(&self, scratch: &Scratch, texts: &Texts) -> Result<()> {
        let place = scratch.place(Path::new(&escape::decode_os(self.path())));
        self.perform_at(&place, scratch, texts).with_context(|| format!("setup of {}", self.path()))
    }

    fn path(&self) -> &str {
        match self {
            Self::Mode { path, .. }
            | Self::Folder { path }
            | Self::Symlink { path, .. }
            | Self::Fifo { path }
            | Self::Write { path, .. }
            | Self::Remove { path } => path,
        }
    }

    fn perform_at(&self, place: &PathBuf, scratch: &Scratch, texts: &Texts) -> Result<()> {
        match self {
            Self::Mode { mode, .. } => {
                fs::set_permissions(place, fs::Permissions::from_mode(u32::from_str_radix(mode, 8)?))?;
            }
            Self::Folder { .. } => scratch::make_folder(place)?,
            Self::Symlink { target, .. } => symlink(scratch.fill(target), place)?,
            Self::Fifo { .. } => {
                rustix::fs::mknodat(rustix::fs::CWD, place, rustix::fs::FileType::Fifo, 0o644.into(), 0)?;
            }
            Self::Write { content, repeat, times, end, .. } => {
                let middle = escape::decode(repeat).repeat(*times);
                let content = [escape::decode(content), middle, escape::decode(end)].concat();
                scratch::write(place, &texts.fill(content), 0o644)?;
            }
            Self::Remove { .. } if place.is_dir() => fs::remove_dir_all(place)?,
            Self::Remove { .. } => fs::remove_file(place)?,
        }
        Ok(())
    }
}
