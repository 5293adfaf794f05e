//! An image that holds static programs, in the form that `docker save` writes and `ctr images import` reads.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Whose rights a program in an image has when nothing else is said: no user of the host.
pub const NOBODY: u32 = 65534;

/// What an image is made from.
pub struct Image<'a> {
    /// The name and tag.
    pub name: &'a str,
    /// Static programs, and the place of each in the image.
    pub programs: &'a [(&'a Path, &'a str)],
    /// The words that start it.
    pub command: &'a [&'a str],
    /// The user that the image names.
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

    /// Makes the two files of the image.
    pub fn parts(&self) -> Result<Parts> {
        let mut layer = tar::Builder::new(Vec::new());
        for (program, place) in self.programs {
            let content = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
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

/// The two files of an image.
pub struct Parts {
    /// The archive of what is in it.
    pub layer: Vec<u8>,
    /// What else is said of it.
    pub config: Vec<u8>,
}

/// Returns the digits of the SHA-256 of a content.
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
