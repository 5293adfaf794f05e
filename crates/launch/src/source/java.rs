//! Java, as Fabric 3.1 `core/chaincode/platforms/java/platform.go` and the script `build.sh` of its image build it.

use std::path::{Path, PathBuf};

use super::{JAR, Product, Recipe, Source, Tools, refused};
use crate::Failure;
use crate::binary::ADDRESS;
use crate::process::Start;

pub(super) fn recipe(source: &Source<'_>, tools: &Tools<'_>) -> Result<Recipe, Failure> {
    let has = |place: &str| (source.has)(place);
    // The files may be at the top, or below src as the command of the peer packs them.
    for top in ["", "src/"] {
        let at = |name: &str| has(&format!("{top}{name}"));
        let folder = source.folder.join(top);
        if at("build.gradle") || at("build.gradle.kts") {
            let words = ["gradle", "--no-daemon", "--console=plain", "build", "shadowJar", "-x", "test"];
            let environment = [("GRADLE_USER_HOME", tools.cache("gradle"))];
            let step =
                tools.step(folder.clone(), &with_wrapper(&words, "gradlew", at("gradlew")), &environment);
            let product = Product::Jar(folder.join("build/libs").join(JAR));
            return Ok(Recipe { steps: vec![step], product });
        }
        if at("pom.xml") {
            let repository = format!("-Dmaven.repo.local={}", tools.cache("maven"));
            let words = [
                "mvn",
                "--batch-mode",
                &repository,
                "compile",
                "package",
                "-DskipTests",
                "-Dmaven.test.skip=true",
            ];
            let environment = [("MAVEN_USER_HOME", tools.cache("maven-wrapper"))];
            let step = tools.step(folder.clone(), &with_wrapper(&words, "mvnw", at("mvnw")), &environment);
            let product = Product::Jar(folder.join("target").join(JAR));
            return Ok(Recipe { steps: vec![step], product });
        }
    }
    Err(refused("the package holds neither build.gradle nor pom.xml")
        .with_hint("pack the folder of one of them; a package of jars alone is not launched as a process"))
}

/// Starts the wrapper in the package by a shell: the command of the peer packs it without its execute bits.
fn with_wrapper<'w>(words: &[&'w str], wrapper: &'w str, is_there: bool) -> Vec<&'w str> {
    if !is_there {
        return words.to_vec();
    }
    let mut found = vec!["sh", wrapper];
    found.extend(&words[1..]);
    found
}

pub(super) fn start(build: &Path) -> Start {
    let jar = build.join(JAR).to_string_lossy().into_owned();
    Start {
        program: PathBuf::from("java"),
        arguments: vec!["-jar".to_owned(), jar, "--peerAddress".to_owned(), ADDRESS.to_owned()],
        folder: None,
    }
}
