//! An action of `setup` in `case.toml`.

use serde::Deserialize;

/// An action of `setup`. Paths start with `src`, `metadata`, `bld`, `release`, `builder` or `cwd`; `\xNN` is a byte.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Action {
    /// Sets a mode.
    Mode {
        /// The file or folder.
        path: String,
        /// The mode, in octal digits.
        mode: String,
    },
    /// Creates a folder and its parents.
    Folder {
        /// The folder.
        path: String,
    },
    /// Creates a symbolic link.
    Symlink {
        /// The link.
        path: String,
        /// Its target, with placeholders.
        target: String,
    },
    /// Creates a pipe.
    Fifo {
        /// The pipe.
        path: String,
    },
    /// Writes a file: `content`, then `repeat` as many times as `times` says, then `end`.
    Write {
        /// The file.
        path: String,
        /// The start of the file.
        #[serde(default)]
        content: String,
        /// The text to repeat.
        #[serde(default)]
        repeat: String,
        /// The number of repetitions.
        #[serde(default)]
        times: usize,
        /// The end of the file.
        #[serde(default)]
        end: String,
    },
    /// Removes a file or a folder.
    Remove {
        /// The file or folder.
        path: String,
    },
}

impl Action {
    /// Returns the path that the action changes.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Mode { path, .. }
            | Self::Folder { path }
            | Self::Symlink { path, .. }
            | Self::Fifo { path }
            | Self::Write { path, .. }
            | Self::Remove { path } => path,
        }
    }
}
