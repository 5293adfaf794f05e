//! Go, as Fabric 3.1 `core/chaincode/platforms/golang/platform.go` (`DockerBuildOptions`) builds it.

use std::path::{Component, Path};

use super::{Product, Recipe, Source, Tools, refused};
use crate::Failure;

pub(super) fn recipe(source: &Source<'_>, tools: &Tools<'_>) -> Result<Recipe, Failure> {
    let path = source.path;
    let is_name = |component| matches!(component, Component::Normal(_) | Component::CurDir);
    if path.is_empty() || path.starts_with('-') || !Path::new(path).components().all(is_name) {
        let shown: String = path.chars().take(80).collect();
        return Err(refused(format!("metadata.json: the path {shown:?} is not the path of a Go package"))
            .with_hint("peer lifecycle chaincode package --lang golang writes it"));
    }
    let has = |place: &str| (source.has)(place);
    let within = |place: &str| format!("src/{path}/{place}");
    // The first that fits, as in Fabric's own build.
    let (folder, package, mode) = if has("src/go.mod") {
        ("src".to_owned(), path, if has("src/vendor") { "-mod=vendor" } else { "-mod=readonly" })
    } else if has(&within("go.mod")) {
        let mode = if has(&within("vendor")) { "-mod=vendor" } else { "-mod=readonly" };
        (format!("src/{path}"), ".", mode)
    } else {
        ("src".to_owned(), path, "")
    };
    let product = tools.work.join("chaincode");
    let out = product.to_string_lossy();
    let mut words = vec!["go", "build", "-trimpath", "-buildvcs=false"];
    let own = tools.cache("go");
    let mut environment = vec![
        ("GOCACHE", tools.cache("go-build")),
        ("GOMODCACHE", tools.cache("go-mod")),
        ("GOFLAGS", String::new()),
        // A program that needs no C library runs on each host.
        ("CGO_ENABLED", "0".to_owned()),
    ];
    if mode.is_empty() {
        environment.push(("GO111MODULE", "off".to_owned()));
        environment.push(("GOPATH", format!("{}:{own}", source.folder.display())));
    } else {
        environment.push(("GO111MODULE", "on".to_owned()));
        environment.push(("GOPATH", own));
        words.push(mode);
    }
    words.extend(["-o", &out, package]);
    let step = tools.step(source.folder.join(folder), &words, &environment);
    Ok(Recipe { steps: vec![step], product: Product::Program(product) })
}
