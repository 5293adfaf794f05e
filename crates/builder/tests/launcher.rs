//! Packages of other types go to the program `run` in the builder's folder: here a script in place of the
//! launcher.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

struct Builder(TempDir);

impl Builder {
    /// Installs the programs, and makes a package of a type.
    fn new(chaincode_type: &str) -> Self {
        let builder = Self(tempfile::tempdir().unwrap());
        for name in ["bin", "src", "metadata", "bld", "release"] {
            fs::create_dir(builder.path(name)).unwrap();
        }
        for name in ["detect", "build", "release"] {
            fs::copy(env!("CARGO_BIN_EXE_ccs-builder"), builder.path("bin").join(name)).unwrap();
        }
        let metadata = format!(r#"{{"type":"{chaincode_type}","label":"basic_1.0"}}"#);
        fs::write(builder.path("metadata/metadata.json"), metadata).unwrap();
        builder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with_fake_launcher(self, script: &str) -> Self {
        let run = self.path("bin/run");
        fs::write(&run, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(run, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn call(&self, program: &str, folders: &[&str]) -> Output {
        let folders = folders.iter().map(|name| self.path(name));
        Command::new(self.path("bin").join(program)).args(folders).output().unwrap()
    }
}

fn answer(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn without_the_launcher_a_foreign_package_is_not_ours() {
    let builder = Builder::new("binary");
    assert_eq!(answer(&builder.call("detect", &["src", "metadata"])), (Some(1), String::new()));
    let (code, line) = answer(&builder.call("build", &["src", "metadata", "bld"]));
    assert_eq!(code, Some(10));
    assert!(line.contains("the type is \"binary\", not ccaas or external"), "{line}");
}

#[test]
fn a_foreign_package_goes_to_the_launcher_with_all_arguments() {
    let builder = Builder::new("binary").with_fake_launcher("echo \"$@\" >&2; exit 24");
    let shown = |words: &[&str]| {
        let paths: Vec<_> = words[1..].iter().map(|name| builder.path(name).display().to_string()).collect();
        format!("{} {}\n", words[0], paths.join(" "))
    };
    let detected = answer(&builder.call("detect", &["src", "metadata"]));
    assert_eq!(detected, (Some(24), shown(&["--detect", "src", "metadata"])));
    let built = answer(&builder.call("build", &["src", "metadata", "bld"]));
    assert_eq!(built, (Some(24), shown(&["--build", "src", "metadata", "bld"])));
}

#[test]
fn chaincode_as_a_service_with_an_image_is_built_by_the_launcher() {
    let builder = Builder::new("ccaas").with_fake_launcher("echo \"$1\" >&2; exit 44");
    fs::write(builder.path("src/image.json"), "{}").unwrap();
    assert_eq!(answer(&builder.call("detect", &["src", "metadata"])), (Some(0), String::new()));
    assert_eq!(
        answer(&builder.call("build", &["src", "metadata", "bld"])),
        (Some(44), "--build\n".to_owned())
    );
    // Without the launcher, the builder builds the package itself.
    fs::remove_file(builder.path("bin/run")).unwrap();
    fs::write(builder.path("src/connection.json"), r#"{"address":"basic.example.com:9999"}"#).unwrap();
    let (code, line) = answer(&builder.call("build", &["src", "metadata", "bld"]));
    assert_eq!(code, Some(0), "{line}");
}

#[test]
fn other_chaincode_as_a_service_never_goes_to_the_launcher() {
    let builder = Builder::new("ccaas").with_fake_launcher("exit 99");
    assert_eq!(answer(&builder.call("detect", &["src", "metadata"])), (Some(0), String::new()));
    let (code, line) = answer(&builder.call("build", &["src", "metadata", "bld"]));
    assert_eq!(code, Some(11), "{line}");
}

#[test]
fn a_launcher_that_does_not_start_is_named() {
    let builder = Builder::new("binary");
    fs::write(builder.path("bin/run"), "#!/not/there\n").unwrap();
    fs::set_permissions(builder.path("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    let (code, line) = answer(&builder.call("detect", &["src", "metadata"]));
    assert_eq!(code, Some(20));
    let expected = format!(
        "detect basic_1.0: error 20 input/output: cannot start {}, which launches packages of this type: No such file or \
         directory (os error 2); hint: ",
        builder.path("bin/run").display()
    );
    assert!(line.starts_with(&expected), "{line}");
}

#[test]
fn what_the_launcher_built_is_released_without_a_connection() {
    let builder = Builder::new("binary");
    let index = r#"{"index":{"fields":["a"]},"type":"json"}"#;
    fs::create_dir_all(builder.path("bld/META-INF/statedb/couchdb/indexes")).unwrap();
    fs::write(builder.path("bld/META-INF/statedb/couchdb/indexes/a.json"), index).unwrap();
    fs::copy(builder.path("metadata/metadata.json"), builder.path("bld/metadata.json")).unwrap();
    let expected = "release basic_1.0: released: no connection.json, so the peer will call run\n";
    assert_eq!(answer(&builder.call("release", &["bld", "release"])), (Some(0), expected.to_owned()));
    let released = fs::read_to_string(builder.path("release/statedb/couchdb/indexes/a.json")).unwrap();
    assert_eq!(released, index);
    assert!(!builder.path("release/chaincode").exists());
}

#[test]
fn a_launcher_beside_the_builder_is_installed_as_run_if_it_is_asked_for() {
    let builder = Builder::new("binary");
    let folder = builder.path("programs");
    fs::create_dir(&folder).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_ccs-builder"), folder.join("ccs-builder")).unwrap();
    let call = |to: &str, options: &[&str]| {
        let mut install = Command::new(folder.join("ccs-builder"));
        install.arg("install").arg(builder.path(to)).args(options).output().unwrap()
    };
    let install = |to: &str| call(to, &["--launcher"]);
    let (code, line) = answer(&install("new/bin"));
    assert_eq!(code, Some(20));
    let expected = format!(
        "ccs-builder: error 20 input/output: cannot install the launcher: there is no file {}; hint: build \
         both programs into one folder: cargo build --profile builder --target {}-unknown-linux-musl --package ccs-builder \
         --package ccs-launcher\n",
        folder.join("ccs-launcher").display(),
        std::env::consts::ARCH
    );
    assert_eq!(line, expected);
    assert!(!builder.path("new").exists());
    let launcher = folder.join("ccs-launcher");
    let script = |version: &str| format!("#!/bin/sh\necho 'ccs-launcher {version} (run)'\n");
    fs::write(&launcher, script("0.0.0")).unwrap();
    let (code, line) = answer(&install("new/bin"));
    assert_eq!(code, Some(20));
    assert!(line.contains(" does not run: it ended with exit status: 0 instead of printing"), "{line}");
    let content = script(env!("CARGO_PKG_VERSION"));
    fs::write(&launcher, &content).unwrap();
    assert_eq!(answer(&install("new/bin")), (Some(0), String::new()));
    assert_eq!(fs::read_to_string(builder.path("new/bin/run")).unwrap(), content);
    assert_eq!(fs::metadata(builder.path("new/bin/run")).unwrap().permissions().mode() & 0o777, 0o755);

    assert_eq!(answer(&call("other/bin", &[])), (Some(0), String::new()));
    assert!(!builder.path("other/bin/run").exists());
    let expected = format!(
        "ccs-builder: {} stays as it is; --launcher replaces it as well\n",
        builder.path("new/bin/run").display()
    );
    assert_eq!(answer(&call("new/bin", &[])), (Some(0), expected));
    assert_eq!(fs::read_to_string(builder.path("new/bin/run")).unwrap(), content);
}
