//! An image made from files of this machine, in the format of `docker save` and `ctr images import`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The default user of a program in an image, which is not a user of the host.
pub const NOBODY: u32 = 65534;

/// The content of an image.
pub struct Image<'a> {
    /// The name and tag.
    pub name: &'a str,
    /// Static programs, other files, and folders with their content, each with its path in the image.
    pub files: &'a [(&'a Path, &'a str)],
    /// The command of the image.
    pub command: &'a [&'a str],
    /// The user of the image.
    pub user: u32,
}

impl Image<'_> {
    /// Writes the image into an archive.
    pub fn write(&self, archive: &Path) -> Result<()> {
        let Parts { layer, config } = self.parts()?;
        let name = format!("{}.json", digits(&config));
        let manifest = json!([{"Config": name, "RepoTags": [self.name], "Layers": ["layer.tar"]}]);
        let file = fs::File::create(archive).with_context(|| format!("cannot make {}", archive.display()))?;
        let mut image = tar::Builder::new(file);
        add(&mut image, &name, &config)?;
        add(&mut image, "layer.tar", &layer)?;
        add(&mut image, "manifest.json", &serde_json::to_vec(&manifest)?)?;
        image.finish()?;
        Ok(())
    }

    /// Builds the layer and the configuration of the image.
    pub fn parts(&self) -> Result<Parts> {
        let mut layer = tar::Builder::new(Vec::new());
        layer.follow_symlinks(false);
        // The virtual machine for Java unpacks libraries there.
        add_folder(&mut layer, "tmp/", 0o1777)?;
        for (file, place) in self.files {
            if file.is_dir() {
                let added = layer.append_dir_all(place, file);
                added.with_context(|| format!("cannot add {}", file.display()))?;
                continue;
            }
            let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            add(&mut layer, place, &content)?;
        }
        let layer = layer.into_inner()?;
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "arm64",
            _ => "amd64",
        };
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {"Cmd": self.command, "User": format!("{0}:{0}", self.user), "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", digits(&layer))]},
        });
        Ok(Parts { layer, config: serde_json::to_vec(&config)? })
    }
}

/// The layer and the configuration of an image.
pub struct Parts {
    /// The tar archive of its files.
    pub layer: Vec<u8>,
    /// Its configuration as JSON.
    pub config: Vec<u8>,
}

/// Returns the SHA-256 of a content as hexadecimal digits.
#[must_use]
pub fn digits(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn add<W: std::io::Write>(archive: &mut tar::Builder<W>, name: &str, content: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, name, content)?;
    Ok(())
}

fn add_folder<W: std::io::Write>(archive: &mut tar::Builder<W>, name: &str, mode: u32) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_size(0);
    header.set_mode(mode);
    archive.append_data(&mut header, name, std::io::empty())?;
    Ok(())
}
