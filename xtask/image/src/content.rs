//! The content of an image: its one layer, entry by entry, and its configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use xtask_docker::engine::{Engine, output};

/// The part of `docker image inspect` that matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    size: u64,
    architecture: String,
    config: Config,
    #[serde(rename = "RootFS")]
    root_fs: RootFs,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    user: String,
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RootFs {
    layers: Vec<String>,
}

/// One image of the archive that `docker save` writes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    layers: Vec<String>,
}

fn inspect(engine: &Engine, image: &str) -> Result<Inspected> {
    let text = engine.output(["image", "inspect", image])?;
    let images: Vec<Inspected> =
        serde_json::from_str(&text).context("docker image inspect is not understood")?;
    images.into_iter().next().with_context(|| format!("there is no image {image}"))
}

/// Returns the digests of the layers, which are those of their uncompressed content.
pub(crate) fn layers(engine: &Engine, image: &str) -> Result<Vec<String>> {
    Ok(inspect(engine, image)?.root_fs.layers)
}

/// Holds the image to its budget.
pub(crate) fn size(engine: &Engine, image: &str, budget_in_bytes: u64) -> Result<String> {
    let size = inspect(engine, image)?.size;
    ensure!(size <= budget_in_bytes, "{size} bytes are more than {budget_in_bytes}");
    Ok(format!("{size} bytes, {} % of {budget_in_bytes}", size * 100 / budget_in_bytes))
}

/// Checks user, processor and labels, of which one is the title.
pub(crate) fn configuration(engine: &Engine, image: &str, title: &str) -> Result<String> {
    let Inspected { architecture, config, .. } = inspect(engine, image)?;
    ensure!(config.user == "65532:65532", "the user is {:?}", config.user);
    let here = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    ensure!(architecture == here, "the image is for {architecture}");
    for (label, expected) in [
        ("title", title),
        ("licenses", "Apache-2.0"),
        ("source", env!("CARGO_PKG_REPOSITORY")),
        ("version", env!("CARGO_PKG_VERSION")),
        ("revision", super::REVISION),
    ] {
        let found = config.labels.get(&format!("org.opencontainers.image.{label}")).map(String::as_str);
        ensure!(found == Some(expected), "the label {label} is {found:?} where it should be {expected:?}");
    }
    Ok(format!("user {}, {} labels", config.user, config.labels.len()))
}

/// Compares the entries of the layer with a list: mode, owner, time, name and link of each.
pub(crate) fn entries(engine: &Engine, image: &str, expected: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("image.tar");
    engine.output(["save", "--output", &archive.to_string_lossy(), image])?;
    output(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()))?;
    let manifest = fs::read(folder.path().join("manifest.json")).context("docker save wrote no manifest")?;
    let saved: Vec<Saved> = serde_json::from_slice(&manifest)?;
    let [Saved { layers }] = saved.as_slice() else { bail!("docker save wrote several images") };
    let [layer] = layers.as_slice() else { bail!("there are {} layers", layers.len()) };
    let found = list(&folder.path().join(layer))?;
    if found != expected {
        bail!(
            "the layer is not as listed\n{}",
            similar::TextDiff::from_lines(expected, &found).unified_diff()
        );
    }
    Ok(format!("{} entries in one layer", found.lines().count()))
}

/// Lists an archive, without the sizes of its files.
fn list(archive: &Path) -> Result<String> {
    let mut tar = Command::new("tar");
    tar.args(["--list", "--verbose", "--numeric-owner", "--file"]).arg(archive);
    let listing = output(tar.env("TZ", "UTC").env("LC_ALL", "C").stdin(Stdio::null()))?;
    let mut entries: Vec<String> = listing
        .lines()
        .map(|line| {
            let words = line.split_whitespace();
            let kept = words.enumerate().filter(|(at, _)| *at != 2).map(|(_, word)| word);
            kept.collect::<Vec<_>>().join(" ") + "\n"
        })
        .collect();
    entries.sort_by_cached_key(|entry| entry.split(' ').nth(4).map(str::to_owned));
    Ok(entries.concat())
}
