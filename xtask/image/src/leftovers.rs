//! What the test made in the engine, and whether it is gone.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use xtask_docker::engine::Engine;

use crate::page;

/// Everything in an engine.
pub(crate) struct Inventory {
    /// Each with its image.
    containers: BTreeSet<String>,
    volumes: BTreeSet<String>,
    networks: BTreeSet<String>,
    /// Each with its ID.
    images: BTreeSet<String>,
}

impl Inventory {
    /// Takes it now.
    pub(crate) fn take(engine: &Engine) -> Result<Self> {
        let list = |arguments: &[&str]| -> Result<BTreeSet<String>> {
            Ok(engine.output(arguments)?.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            containers: list(&["container", "ls", "--all", "--format", "{{.Names}} {{.Image}}"])?,
            volumes: list(&["volume", "ls", "--format", "{{.Name}}"])?,
            networks: list(&["network", "ls", "--format", "{{.Name}}"])?,
            images: list(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"])?,
        })
    }

    /// Removes what was made since, and checks that only images were, unless an earlier check has failed.
    ///
    /// Images are what builds are for. Of the rest, only what is the test's own is removed.
    pub(crate) fn restore(&self, engine: &Engine, has_failed: bool) -> Result<String> {
        let made = Self::take(engine)?.without(self);
        let left = made.beside_images();
        let is_empty = made.containers.is_empty() && made.volumes.is_empty() && made.networks.is_empty();
        for container in made.own_containers() {
            engine.output(["container", "rm", "--force", "--volumes", container])?;
        }
        for network in made.networks.iter().filter(|name| is_of_project(name)) {
            engine.output(["network", "rm", network])?;
        }
        let is_own = |name: &&String| is_of_project(name) || page::VOLUMES.contains(&name.as_str());
        for volume in made.volumes.iter().filter(is_own) {
            engine.output(["volume", "rm", volume])?;
        }
        for image in &made.images {
            let (tag, id) = image.split_once(' ').unwrap_or((image, image));
            engine.output(["image", "rm", if tag.contains('<') { id } else { tag }])?;
        }
        let remaining = Self::take(engine)?.without(self);
        let remains = remaining.beside_images();
        ensure!(
            remains.is_empty() && remaining.images.is_empty(),
            "left behind: {remains:?} {:?}",
            remaining.images
        );
        ensure!(is_empty || has_failed, "left behind, and removed now: {left:?}");
        Ok(format!("{} images removed; no container, volume or network left", made.images.len()))
    }

    /// Returns what is not in an earlier inventory.
    fn without(self, earlier: &Self) -> Self {
        let new =
            |now: &BTreeSet<String>, before: &BTreeSet<String>| now.difference(before).cloned().collect();
        Self {
            containers: new(&self.containers, &earlier.containers),
            volumes: new(&self.volumes, &earlier.volumes),
            networks: new(&self.networks, &earlier.networks),
            images: new(&self.images, &earlier.images),
        }
    }

    fn beside_images(&self) -> Vec<String> {
        self.containers.iter().chain(&self.volumes).chain(&self.networks).cloned().collect()
    }

    /// Returns the containers of images that are in this inventory: those of the test and, after a build that failed, the
    /// container of the step that failed.
    fn own_containers(&self) -> impl Iterator<Item = &str> {
        self.containers.iter().filter_map(|container| {
            let (name, image) = container.rsplit_once(' ')?;
            let is_of = |entry: &String| {
                entry.split_once(' ').is_some_and(|(tag, id)| {
                    tag == image || tag.strip_suffix(":latest") == Some(image) || id.starts_with(image)
                })
            };
            (is_of_project(name) || self.images.iter().any(is_of)).then_some(name)
        })
    }
}

fn is_of_project(name: &str) -> bool {
    name.starts_with(&page::project())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_containers_of_images_that_the_test_made_are_its_own() {
        let set = |entries: &[&str]| entries.iter().map(|&entry| entry.to_owned()).collect();
        let project = page::project();
        let made = Inventory {
            containers: set(&[
                "failed_step 0123456789ab",
                "sample asset-transfer-node",
                "theirs postgres:17",
                &format!("{project}-chaincode-1 alpine"),
            ]),
            volumes: BTreeSet::new(),
            networks: BTreeSet::new(),
            images: set(&["<none>:<none> 0123456789ab", "asset-transfer-node:latest ba9876543210"]),
        };
        let own: Vec<&str> = made.own_containers().collect();
        assert_eq!(own, [&format!("{project}-chaincode-1"), "failed_step", "sample"]);
    }
}
