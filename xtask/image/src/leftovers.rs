//! What the test made in the engine, and whether it is gone.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use xtask_docker::engine::Engine;

/// Everything in an engine.
pub(crate) struct Inventory {
    containers: BTreeSet<String>,
    volumes: BTreeSet<String>,
    networks: BTreeSet<String>,
    images: BTreeSet<String>,
}

impl Inventory {
    /// Takes it now.
    pub(crate) fn take(engine: &Engine) -> Result<Self> {
        let list = |arguments: &[&str]| -> Result<BTreeSet<String>> {
            Ok(engine.output(arguments)?.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            containers: list(&["container", "ls", "--all", "--format", "{{.Names}} ({{.Image}})"])?,
            volumes: list(&["volume", "ls", "--format", "{{.Name}}"])?,
            networks: list(&["network", "ls", "--format", "{{.Name}}"])?,
            images: list(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"])?,
        })
    }

    /// Removes the images that were made since, and checks that nothing else was.
    ///
    /// Images are what builds are for. An image in use cannot be removed, and so is found here.
    pub(crate) fn restore(&self, engine: &Engine) -> Result<String> {
        let now = Self::take(engine)?;
        let images: Vec<&str> = now.images.difference(&self.images).map(String::as_str).collect();
        for image in &images {
            let (tag, id) = image.split_once(' ').unwrap_or((image, image));
            engine.output(["image", "rm", if tag.contains('<') { id } else { tag }])?;
        }
        let now = Self::take(engine)?;
        let left: Vec<&String> = now
            .containers
            .difference(&self.containers)
            .chain(now.volumes.difference(&self.volumes))
            .chain(now.networks.difference(&self.networks))
            .chain(now.images.difference(&self.images))
            .collect();
        ensure!(left.is_empty(), "left behind: {left:?}");
        Ok(format!("{} images removed; no container, volume or network left", images.len()))
    }
}
