//! JavaScript on Node.js, as Fabric 3.1 `core/chaincode/platforms/node/platform.go` and its image build it.

use std::path::{Path, PathBuf};

use super::{FOLDER, Product, Recipe, Source, Tools, refused};
use crate::Failure;
use crate::binary::ADDRESS;
use crate::process::Start;

pub(super) fn recipe(source: &Source<'_>, tools: &Tools<'_>) -> Result<Recipe, Failure> {
    let has = |place: &str| (source.has)(place);
    if !has("src/package.json") {
        return Err(refused("the package holds no src/package.json")
            .with_hint("peer lifecycle chaincode package --lang node packs the folder of package.json"));
    }
    let is_locked = has("src/package-lock.json") || has("src/npm-shrinkwrap.json");
    let words = [
        "npm",
        if is_locked { "ci" } else { "install" },
        "--omit=dev",
        // Such scripts would run as the peer's user while an administrator installs a package.
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ];
    let environment =
        [("npm_config_cache", tools.cache("npm")), ("npm_config_update_notifier", "false".to_owned())];
    let step = tools.step(source.folder.join(FOLDER), &words, &environment);
    Ok(Recipe { steps: vec![step], product: Product::Folder })
}

pub(super) fn start(build: &Path) -> Start {
    Start {
        program: PathBuf::from("npm"),
        arguments: ["start", "--", "--peer.address", ADDRESS].map(str::to_owned).to_vec(),
        folder: Some(build.join(FOLDER)),
    }
}
