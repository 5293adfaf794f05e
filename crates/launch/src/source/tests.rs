//! Tests of the plans for source.

use super::*;

/// Makes the recipe for a package with these files.
fn recipe(language: Language, path: &str, files: &[&str]) -> Result<Recipe, Failure> {
    let settings = Build { cache: None, environment: [("GOPROXY".to_owned(), "off".to_owned())].into() };
    let tools = Tools {
        cache: Path::new("/cache"),
        work: Path::new("/work"),
        inherited: &[("PATH".to_owned(), "/bin".to_owned())],
        settings: &settings,
        other: None,
    };
    let has = |place: &str| files.iter().any(|file| *file == place || file.starts_with(&format!("{place}/")));
    Source { folder: Path::new("/source"), has: &has, path }.recipe(language, &tools)
}

fn command(language: Language, path: &str, files: &[&str]) -> (String, String) {
    let recipe = recipe(language, path, files).unwrap();
    let [step] = recipe.steps.as_slice() else { panic!("there is one step: {recipe:?}") };
    let words: Vec<_> = std::iter::once(step.program.to_str().unwrap())
        .chain(step.arguments.iter().map(String::as_str))
        .collect();
    (step.working_folder.display().to_string(), words.join(" "))
}

fn variable(language: Language, path: &str, files: &[&str], name: &str) -> Option<String> {
    let recipe = recipe(language, path, files).unwrap();
    let found = recipe.steps[0].environment.iter().rev().find(|(found, _)| found == name)?;
    Some(found.1.clone())
}

#[test]
fn go_is_built_as_fabric_builds_it() {
    let go = |path, files: &[&str]| command(Language::Golang, path, files);
    let build = "go build -trimpath -buildvcs=false";
    for (path, files, folder, words) in [
        (
            "example.com/cc",
            &["src/go.mod", "src/vendor/modules.txt"][..],
            "/source/src",
            "-mod=vendor -o /work/chaincode example.com/cc",
        ),
        (
            "example.com/cc/cmd",
            &["src/go.mod"],
            "/source/src",
            "-mod=readonly -o /work/chaincode example.com/cc/cmd",
        ),
        ("cc", &["src/cc/go.mod"], "/source/src/cc", "-mod=readonly -o /work/chaincode ."),
        ("cc", &["src/cc/go.mod", "src/cc/vendor/x"], "/source/src/cc", "-mod=vendor -o /work/chaincode ."),
        (
            "example.com/cc",
            &["src/example.com/cc/main.go"],
            "/source/src",
            "-o /work/chaincode example.com/cc",
        ),
    ] {
        assert_eq!(go(path, files), (folder.to_owned(), format!("{build} {words}")), "{files:?}");
    }
    let of_gopath = |name| variable(Language::Golang, "a", &["src/a/main.go"], name);
    assert_eq!(of_gopath("GO111MODULE").as_deref(), Some("off"));
    assert_eq!(of_gopath("GOPATH").as_deref(), Some("/source:/cache/go"));
    let of_module = |name| variable(Language::Golang, "a", &["src/go.mod"], name);
    assert_eq!(of_module("GO111MODULE").as_deref(), Some("on"));
    assert_eq!(of_module("HOME").as_deref(), Some("/cache/home"));
    assert_eq!(of_module("GOPROXY").as_deref(), Some("off"));
}

#[test]
fn a_path_that_is_an_option_or_leads_out_is_refused() {
    for path in ["", "-toolexec=/x", "../x", "/x", "a/../../x"] {
        let failure = recipe(Language::Golang, path, &["src/go.mod"]).unwrap_err();
        let expected = format!("metadata.json: the path {path:?} is not the path of a Go package");
        assert_eq!((failure.to_string(), failure.code()), (expected, ExitCode::Language));
    }
}

#[test]
fn node_follows_the_lock_file_and_runs_no_scripts() {
    let npm = |files: &[&str]| command(Language::Node, "", files).1;
    let rest = "--omit=dev --ignore-scripts --no-audit --no-fund";
    assert_eq!(npm(&["src/package.json"]), format!("npm install {rest}"));
    assert_eq!(npm(&["src/package.json", "src/package-lock.json"]), format!("npm ci {rest}"));
    assert_eq!(npm(&["src/package.json", "src/npm-shrinkwrap.json"]), format!("npm ci {rest}"));
    let failure = recipe(Language::Node, "", &["src/index.js"]).unwrap_err();
    assert_eq!(failure.to_string(), "the package holds no src/package.json");
}

#[test]
fn java_is_built_by_gradle_or_maven_at_the_top_or_below_src() {
    let java = |files: &[&str]| command(Language::Java, "", files);
    let maven =
        "--batch-mode -Dmaven.repo.local=/cache/maven compile package -DskipTests -Dmaven.test.skip=true";
    let gradle = "--no-daemon --console=plain build shadowJar -x test";
    assert_eq!(java(&["src/pom.xml"]), ("/source/src/".to_owned(), format!("mvn {maven}")));
    assert_eq!(java(&["src/pom.xml", "src/mvnw"]).1, format!("sh mvnw {maven}"));
    assert_eq!(java(&["pom.xml"]).0, "/source/");
    assert_eq!(java(&["src/build.gradle.kts", "src/pom.xml"]).1, format!("gradle {gradle}"));
    assert_eq!(java(&["src/build.gradle", "src/gradlew"]).1, format!("sh gradlew {gradle}"));
    let product = recipe(Language::Java, "", &["src/pom.xml"]).unwrap().product;
    assert_eq!(product, Product::Jar("/source/src/target/chaincode.jar".into()));
    let failure = recipe(Language::Java, "", &["src/a.jar"]).unwrap_err();
    assert_eq!(failure.to_string(), "the package holds neither build.gradle nor pom.xml");
}

#[test]
fn each_language_is_started_as_its_image_starts_it() {
    let start = |language: Language| {
        let Start { program, arguments, folder } = language.start(Path::new("/bld"));
        (format!("{} {}", program.display(), arguments.join(" ")), folder)
    };
    assert_eq!(start(Language::Golang), ("/bld/chaincode -peer.address={peer_address}".to_owned(), None));
    assert_eq!(
        start(Language::Node),
        ("npm start -- --peer.address {peer_address}".to_owned(), Some("/bld/src".into()))
    );
    assert_eq!(
        start(Language::Java),
        ("java -jar /bld/chaincode.jar --peerAddress {peer_address}".to_owned(), None)
    );
}
