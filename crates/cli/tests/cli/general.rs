//! The options that apply to every command, and the JSON document of a failure.

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::{ccs, ccs_in, stderr, stdout};

fn with_variable(arguments: &[&str], name: &str) -> std::process::Output {
    Command::cargo_bin("ccs").unwrap().args(arguments).env(name, "1").output().unwrap()
}

#[test]
fn colors_are_on_when_they_are_asked_for_and_off_otherwise() {
    let folder = Folder::new();
    let (package, _) = folder.full_package();
    let colored = |output: &std::process::Output| stdout(output).contains('\u{1b}');
    assert!(!colored(&ccs(&["lint", &package])));
    assert!(colored(&ccs(&["lint", &package, "--color", "always"])));
    assert!(colored(&ccs(&["--color=always", "lint", &package])));
    assert!(colored(&ccs(&["--color", "always", "--help"])));
    assert!(stderr(&ccs(&["--color", "always", "nonsense"])).contains('\u{1b}'));
    assert!(colored(&with_variable(&["lint", &package], "CLICOLOR_FORCE")));
    assert!(!colored(&with_variable(&["lint", &package, "--color", "never"], "CLICOLOR_FORCE")));
    assert!(!colored(&with_variable(&["lint", &package], "NO_COLOR")));
}

#[test]
fn quiet_leaves_out_the_next_command_and_keeps_warnings_and_errors() {
    let folder = Folder::new();
    let (package, id) = folder.full_package();
    let loud = ccs(&["id", &package]);
    assert_eq!(stderr(&loud), format!("next: ccs inspect {package}\n"));
    for quiet in [&["id", &package, "-q"], &["--quiet", "id", &package]] {
        let output = ccs(quiet);
        assert_eq!((stdout(&output), stderr(&output)), (format!("{id}\n"), String::new()));
    }
    let output = ccs(&["-q", "id", "/nowhere.tgz"]);
    assert!(stderr(&output).starts_with("error: cannot open /nowhere.tgz: "), "{}", stderr(&output));
    let connection = folder.write("connection.json", r#"{"address":"basic:9999","adress":"x"}"#);
    let output =
        ccs(&["package", &package, "--label", "basic_1.0", "--connection", &connection, "--force", "-q"]);
    assert!(stderr(&output).starts_with("warning: "), "{}", stderr(&output));
    assert!(!stderr(&output).contains("next: "), "{}", stderr(&output));
    let output = ccs(&["demo", "-q"]);
    assert!(stdout(&output).contains("all 17 steps done"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("next: "), "{}", stdout(&output));
}

#[test]
fn a_failure_is_a_json_document_too() {
    let folder = Folder::new();
    let failure = |arguments: &[&str]| {
        let output = ccs(arguments);
        let document: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stdout(&output)));
        assert_eq!(document["error"]["exit_code"].as_i64(), output.status.code().map(i64::from));
        (document["error"].clone(), stderr(&output))
    };
    let (error, text) = failure(&["inspect", "/nowhere.tgz", "--json"]);
    assert_eq!(error["message"], "cannot open /nowhere.tgz: No such file or directory (os error 2)");
    assert_eq!((&error["hint"], &error["exit_code"]), (&Value::Null, &json!(20)));
    assert_eq!(text, "error: cannot open /nowhere.tgz: No such file or directory (os error 2)\n");
    let (error, _) = failure(&["launch", "render", "--json", "/nowhere.tgz"]);
    assert!(error["message"].as_str().unwrap().contains("/nowhere.tgz"), "{error}");
    let (error, text) = failure(&["id", "--json", "--nonsense"]);
    assert_eq!(error["message"], "unexpected argument '--nonsense' found");
    assert!(text.starts_with("error: unexpected argument '--nonsense' found\n"), "{text}");
    // The document of the command itself says why it fails.
    let broken = folder.write("connection.json", r#"{"address":"basic"}"#);
    let output = ccs(&["lint", &broken, "--json"]);
    let documents: Vec<Value> =
        serde_json::Deserializer::from_slice(&output.stdout).into_iter().map(Result::unwrap).collect();
    assert_eq!(documents.len(), 1, "{}", stdout(&output));
    // Without --json, stdout stays empty.
    assert_eq!(stdout(&ccs(&["inspect", "/nowhere.tgz"])), "");
}

#[test]
fn the_doctor_finds_core_yaml_as_a_peer_does() {
    let folder = Folder::new();
    let core = folder.write("config/core.yaml", "chaincode: {}\n");
    let config = folder.path("config");
    let doctor = |arguments: &[&str], variable: Option<&str>, working: &str| {
        let mut command = Command::cargo_bin("ccs").unwrap();
        command
            .args(["doctor", "--no-run"])
            .args(arguments)
            .current_dir(working)
            .env_remove("FABRIC_CFG_PATH");
        variable.map(|value| command.env("FABRIC_CFG_PATH", value));
        stderr(&command.output().unwrap())
    };
    let next = |core: &str| format!("next: ccs doctor --core {core} ");
    let by_variable = doctor(&[], Some(&config), "/");
    assert!(by_variable.starts_with(&next(&core)), "{by_variable}");
    let by_folder = doctor(&[], None, &config);
    assert!(by_folder.starts_with(&next("core.yaml")), "{by_folder}");
    // The option decides.
    let by_option = doctor(&["--core", "/nowhere.yaml"], Some(&config), "/");
    assert!(by_option.starts_with("error: cannot read /nowhere.yaml"), "{by_option}");
    let missing = doctor(&[], Some("/nowhere"), "/");
    assert!(missing.starts_with("error: cannot read /nowhere/core.yaml"), "{missing}");
    let nothing = doctor(&[], None, &folder.path(""));
    let expected = "error: no core.yaml in the working folder or in /etc/hyperledger/fabric, and FABRIC_CFG_PATH is not set\n\
                    hint: name the file with --core FILE, or the folder with FABRIC_CFG_PATH\n";
    assert_eq!(nothing, expected);
}

#[test]
fn findings_are_annotations_on_github() {
    let folder = Folder::new();
    folder.write("source/connection.json", r#"{"address":"basic","adress":"x"}"#);
    let output = ccs_in(std::path::Path::new(&folder.path("")), &["lint", "source", "--format", "github"]);
    assert_eq!(output.status.code(), Some(13));
    let text = stdout(&output);
    let error = "::error file=source/connection.json,title=address-invalid::connection.json: address \"basic\" has no port%0Ahint: ";
    assert!(text.lines().any(|line| line.starts_with(error)), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("::warning file=source/connection.json,title=")),
        "{text}"
    );
    assert!(text.lines().last().unwrap().starts_with("source: 1 error"), "{text}");
    let both = ccs(&["lint", "source", "--format", "github", "--json"]);
    assert_eq!(both.status.code(), Some(2));
}
