//! One action of `setup` in `case.toml`.

use serde::Deserialize;

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
    /// Returns the path that it is about.
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
