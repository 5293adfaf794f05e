//! `ccs env`: its output, and a server that starts with exactly these variables and that a peer can use.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::{ccs_in, stderr, stdout};

mod shims;

fn succeed(folder: &TempDir, arguments: &[&str]) -> std::process::Output {
    let output = ccs_in(folder.path(), arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// Makes `tls`, and `plain.tgz`, `tls.tgz` and `mutual.tgz` for the address.
fn packages(address: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeed(&folder, &["tls", "init", "tls", "--name", "basic"]);
    let hosts = ["--host", "127.0.0.1", "--host", "basic.example.com"];
    succeed(&folder, &[&["tls", "issue", "tls", "--server", "basic"], &hosts[..]].concat());
    succeed(&folder, &["tls", "issue", "tls", "--client", "peer"]);
    let root = ["--root-cert", "tls/ca.pem"];
    for (file, options) in [("plain.tgz", &[][..]), ("tls.tgz", &root), ("mutual.tgz", &["--tls", "tls"])] {
        let package =
            ["package", file, "--label", "basic_1.0", "--address", address, "--dial-timeout", "60s"];
        succeed(&folder, &[&package[..], options].concat());
    }
    folder
}

/// Replaces the folder and the package ID.
fn redacted(folder: &TempDir, text: &str) -> String {
    let text = text.replace(folder.path().canonicalize().unwrap().to_str().unwrap(), "[folder]");
    let mut redacted = String::new();
    for part in text.split_inclusive("basic_1.0:") {
        let part = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        redacted.push_str(part);
        if part.ends_with("basic_1.0:") {
            redacted.push_str("[hash]");
        }
    }
    redacted
}

#[test]
fn each_shim_gets_the_variables_that_it_reads() {
    let folder = packages("basic.example.com:9999");
    let mut all = String::new();
    for lang in ["go", "node", "java", "rust"] {
        for package in ["plain.tgz", "tls.tgz", "mutual.tgz"] {
            let tls = if package == "plain.tgz" { &[][..] } else { &["--tls", "tls"] };
            let output = succeed(&folder, &[&["env", package, "--lang", lang], tls].concat());
            write!(all, "--- {lang}, {package}\n{}{}", stdout(&output), stderr(&output)).unwrap();
        }
    }
    insta::assert_snapshot!("env_of_each_shim", redacted(&folder, &all));
}

#[test]
fn the_entry_point_of_fabrics_sample_images_finds_its_variables_in_each_language_that_has_one() {
    let folder = packages("basic.example.com:9999");
    let of = |lang: &str| stdout(&succeed(&folder, &["env", "mutual.tgz", "--lang", lang, "--tls", "tls"]));
    let node = of("node");
    for line in
        ["CHAINCODE_SERVER_ADDRESS=0.0.0.0:9999", "CHAINCODE_ID=basic_1.0:", "CORE_PEER_TLS_ENABLED=true"]
    {
        assert!(node.lines().any(|found| found.starts_with(line)), "{line} in {node}");
    }
    let all = of("all");
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect()
    };
    let (mut unique, found) = (names(&all), names(&all));
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), found.len(), "{all}");
    for lang in ["go", "node", "java", "rust"] {
        for line in of(lang).lines() {
            assert!(all.lines().any(|known| known == line), "{line} of {lang} in {all}");
        }
    }
}

#[test]
fn each_format_is_for_another_reader() {
    let folder = packages("basic.example.com:9999");
    let mut all = String::new();
    for format in ["dotenv", "shell", "docker", "kubernetes"] {
        let arguments =
            ["env", "mutual.tgz", "--lang", "node", "--tls", "tls", "--mounted-at", "/etc/my tls"];
        let output = succeed(&folder, &[&arguments[..], &["--format", format]].concat());
        write!(all, "--- {format}\n{}", stdout(&output)).unwrap();
    }
    let json = succeed(&folder, &["env", "mutual.tgz", "--lang", "java", "--tls", "tls", "--json"]);
    assert_eq!(stderr(&json), "");
    insta::assert_snapshot!("env_formats", redacted(&folder, &all));
    insta::assert_snapshot!("env_json", redacted(&folder, &stdout(&json)));
}

#[test]
fn what_the_package_and_the_folder_do_not_tell_is_asked_for() {
    let folder = packages("basic.example.com:9999");
    succeed(&folder, &["package", "any.tgz", "--label", "a", "--address", "{{.address}}"]);
    succeed(&folder, &["tls", "init", "empty"]);
    fs::write(folder.path().join("no.tgz"), "no").unwrap();
    let refused = |arguments: &[&str], code: i32| {
        let output = ccs_in(folder.path(), &[&["env", "--lang", "java"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
        stderr(&output)
    };
    let expected = "error: the address \"{{.address}}\" does not say on which port to listen\n\
                    hint: pass --listen HOST:PORT, for example 0.0.0.0:9999\n";
    assert_eq!(refused(&["any.tgz"], 13), expected);
    let expected = "error: the package requires TLS, but no TLS files were given\n\
                    hint: name the folder of `ccs tls init` with --tls DIR\n";
    assert_eq!(refused(&["tls.tgz"], 14), expected);
    let expected = "error: empty contains no server certificate\n\
                    hint: ccs tls issue empty --server NAME --host HOST makes one\n";
    assert_eq!(refused(&["tls.tgz", "--tls", "empty"], 14), expected);
    let expected = "error: tls holds no server \"b\"\nhint: ccs tls issue tls --server b makes one\n";
    assert_eq!(refused(&["tls.tgz", "--tls", "tls", "--server", "b"], 14), expected);
    succeed(&folder, &["tls", "issue", "tls", "--server", "b", "--host", "b"]);
    let expected = "error: tls holds 2 servers: b, basic\nhint: select one with --server NAME\n";
    assert_eq!(refused(&["tls.tgz", "--tls", "tls"], 14), expected);
    assert!(refused(&["no.tgz"], 1).starts_with("error: no.tgz: "));
    assert!(refused(&["nowhere.tgz"], 20).starts_with("error: cannot open nowhere.tgz: "));
    let key = folder.path().join("tls/server/b/server.key.b64");
    fs::remove_file(&key).unwrap();
    let missing = refused(&["tls.tgz", "--tls", "tls", "--server", "b"], 14);
    assert!(
        missing.starts_with("error: there is no file ") && missing.contains("server.key.b64\nhint: "),
        "{missing}"
    );
}

#[test]
fn a_server_that_the_peer_would_refuse_is_warned_of() {
    let folder = packages("basic.example.com:9999");
    succeed(&folder, &["tls", "init", "other"]);
    succeed(&folder, &["tls", "issue", "other", "--server", "basic", "--host", "elsewhere"]);
    let output = succeed(&folder, &["env", "tls.tgz", "--lang", "node", "--tls", "other"]);
    let file = Path::new("other/server/basic/server.pem").display();
    let expected = format!(
        "warning: {file} is not for basic.example.com, which the peer dials\n\
         warning: the package does not trust the issuer of {file}\n"
    );
    assert!(stderr(&output).starts_with(&expected), "{}", stderr(&output));
    let plain = succeed(&folder, &["env", "plain.tgz", "--lang", "node", "--tls", "tls"]);
    let expected = "warning: the package uses plaintext: the TLS folder is ignored\n";
    assert!(stderr(&plain).starts_with(expected), "{}", stderr(&plain));
}
