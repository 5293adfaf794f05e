//! `ccs doctor`: a folder for each case in tests/doctor.
//!
//! A case is a core.yaml, trees of builders, and a case.toml for the rest. `CASE` in texts stands for the folder in which
//! the case is laid out. expected.snap contains the output of the command.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use ccs_testkit::{Authority, ccs_builder};
use serde::Deserialize;

use crate::{ccs, stderr, stdout};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Case {
    /// More arguments.
    arguments: Vec<String>,
    /// Arguments of `ccs package`, for the package of the trial.
    package: Option<Vec<String>>,
    /// Where to put links to this project's builder.
    ccs_builder: Option<String>,
    /// Whether the JSON document is kept as well.
    json: bool,
    /// Modes other than 0755 for programs.
    modes: BTreeMap<String, u32>,
    /// Links and where they lead.
    links: BTreeMap<String, String>,
    /// Programs of nothing but headers.
    elf: BTreeMap<String, Elf>,
    /// The oldest version of the API that a Docker engine at CASE/docker.sock accepts.
    engine: Option<String>,
}

#[derive(Deserialize)]
struct Elf {
    machine: u16,
    loader: Option<String>,
}

impl Elf {
    /// A 64-bit little-endian header, and a program header if there is a loader.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend([2_u16, self.machine].map(u16::to_le_bytes).concat());
        bytes.extend(1_u32.to_le_bytes());
        let headers = u16::from(self.loader.is_some());
        bytes.extend([0, u64::from(headers) * 64, 0].map(u64::to_le_bytes).concat());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend([64, 56, headers, 64, 0, 0].map(u16::to_le_bytes).concat());
        if let Some(loader) = &self.loader {
            let length = loader.len() as u64 + 1;
            bytes.extend([3_u32, 4].map(u32::to_le_bytes).concat());
            bytes.extend([120, 0, 0, length, length, 1].map(u64::to_le_bytes).concat());
            bytes.extend(loader.as_bytes());
            bytes.push(0);
        }
        bytes
    }
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor")
}

/// Copies a tree, with `CASE` filled in and everything executable.
fn lay_out(source: &Path, target: &Path, case: &str) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let to = target.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            lay_out(&entry.path(), &to, case);
        } else {
            fs::write(&to, fs::read_to_string(entry.path()).unwrap().replace("CASE", case)).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}

fn prepare(case: &Case, folder: &Path) {
    for (path, elf) in &case.elf {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, elf.bytes()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (path, mode) in &case.modes {
        fs::set_permissions(folder.join(path), fs::Permissions::from_mode(*mode)).unwrap();
    }
    for (path, target) in &case.links {
        symlink(target, folder.join(path)).unwrap();
    }
    if let Some(bin) = &case.ccs_builder {
        let (bin, program) = (folder.join(bin), ccs_builder().canonicalize().unwrap());
        fs::create_dir_all(&bin).unwrap();
        for name in ["detect", "build", "release"] {
            symlink(&program, bin.join(name)).unwrap();
        }
    }
    if let Some(oldest) = &case.engine {
        serve_version(UnixListener::bind(folder.join("docker.sock")).unwrap(), oldest);
    }
    if let Some(arguments) = &case.package {
        let file = folder.join("basic.tgz");
        let mut command = vec!["package", file.to_str().unwrap()];
        command.extend(arguments.iter().map(String::as_str));
        let made = ccs(&command);
        assert!(made.status.success(), "{}", stderr(&made));
    }
}

/// Answers each question for the version, as a Docker engine does.
fn serve_version(socket: UnixListener, oldest: &str) {
    let body = format!(r#"{{"Version":"29.0.0","ApiVersion":"1.52","MinAPIVersion":"{oldest}"}}"#);
    std::thread::spawn(move || {
        for stream in socket.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 64];
            assert!(stream.read(&mut asked).unwrap() > 0);
            assert!(asked.starts_with(b"GET /version HTTP/1.0\r\n"));
            write!(stream, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{body}").unwrap();
        }
    });
}

#[test]
fn every_case_is_examined_as_expected() {
    let mut names: Vec<_> = fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 15, "{} cases", names.len());
    for source in names {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_str().unwrap();
        lay_out(&source, temporary.path(), folder);
        let case = fs::read_to_string(source.join("case.toml")).unwrap_or_default();
        let case: Case = toml::from_str(&case).unwrap();
        prepare(&case, temporary.path());
        let mut arguments = vec!["doctor".to_owned(), "--core".to_owned(), format!("{folder}/core.yaml")];
        arguments.extend(case.arguments.iter().map(|argument| argument.replace("CASE", folder)));
        if case.package.is_some() {
            arguments.extend(["--package".to_owned(), format!("{folder}/basic.tgz")]);
        }
        let mut arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let text = ccs(&arguments);
        arguments.push("--json");
        let json = ccs(&arguments);
        assert_eq!(json.status.code(), text.status.code());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&source);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(folder, "CASE");
        settings.bind(|| {
            let code = text.status.code().unwrap();
            let said = format!("{}--- stderr\n{}--- exit code {code}\n", stdout(&text), stderr(&text));
            insta::assert_snapshot!("expected", said);
            if case.json {
                insta::assert_snapshot!("expected_json", stdout(&json));
            }
        });
        let document = serde_json::from_slice::<serde_json::Value>(&json.stdout).unwrap();
        if let Some(error) = document.get("error") {
            assert_eq!(error["exit_code"].as_i64(), text.status.code().map(i64::from));
        } else {
            assert_eq!(document["exit_code"].as_i64(), text.status.code().map(i64::from));
            let errors = document["errors"].as_u64().unwrap();
            assert_eq!(errors > 0, document["exit_code"] == 40, "{}", source.display());
        }
    }
}

#[test]
fn keys_of_a_package_are_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(&cases().join("healthy"), folder.path(), folder.path().to_str().unwrap());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let authority = Authority::new();
    let pair = &authority.client;
    fs::write(path("ca.pem"), &authority.root).unwrap();
    fs::write(path("peer.pem"), &pair.certificate).unwrap();
    fs::write(path("peer.key"), &pair.key).unwrap();
    let (package, core) = (path("tls.tgz"), path("core.yaml"));
    let (ca, certificate, key) = (path("ca.pem"), path("peer.pem"), path("peer.key"));
    let made = ccs(&[
        "package",
        &package,
        "--label",
        "basic_1.0",
        "--address",
        "basic:9999",
        "--root-cert",
        &ca,
        "--client-cert",
        &certificate,
        "--client-key",
        &key,
    ]);
    assert!(made.status.success(), "{}", stderr(&made));
    for more in [&[][..], &["--json"]] {
        let output = ccs(&[&["doctor", "--core", &core, "--package", &package], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(text.contains("\"client_key\": \"(a private key, not shown)\""), "{text}");
        assert!(!text.contains("BEGIN"), "{text}");
    }
}

#[test]
fn every_finding_has_a_case_and_a_line_in_the_page() {
    let source = ccs_testkit::source_tree().join("crates/doctor/src");
    let page = fs::read_to_string(ccs_testkit::source_tree().join("docs/doctor.md")).unwrap();
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let expected: String =
        fs::read_dir(cases()).unwrap().map(|case| read(case.unwrap().path().join("expected.snap"))).collect();
    let code: String = fs::read_dir(source).unwrap().map(|file| read(file.unwrap().path())).collect();
    let mut found = 0;
    for constructor in ["Finding::error(", "Finding::warning(", "Finding::note("] {
        for call in code.split(constructor).skip(1) {
            let Some(id) = call.trim_start().strip_prefix('"').and_then(|text| text.split('"').next()) else {
                continue;
            };
            found += 1;
            assert!(page.contains(&format!("| `{id}` |")), "docs/doctor.md lacks {id}");
            // There is no file that root cannot read.
            let no_case = id == "program-unreadable";
            assert!(no_case || expected.contains(&format!("({id})")), "no case shows {id}");
        }
    }
    assert!(found >= 30, "{found} findings");
}

#[test]
fn a_file_of_variables_that_is_none_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("core.yaml"), "{}").unwrap();
    fs::write(path("peer.env"), "A=1\nnonsense\n").unwrap();
    let output = ccs(&["doctor", "--core", &path("core.yaml"), "--env", &path("peer.env")]);
    assert_eq!(output.status.code(), Some(17));
    assert!(stderr(&output).contains("peer.env: line 2 is not NAME=VALUE"), "{}", stderr(&output));
    let missing = ccs(&["doctor", "--core", &path("none.yaml")]);
    assert_eq!(missing.status.code(), Some(20));
}
