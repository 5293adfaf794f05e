//! Tests of binary.json.

use proptest::prelude::*;

use super::*;

fn amd64() -> Target {
    "linux/amd64".parse().unwrap()
}

fn refusal(text: &str) -> String {
    let failure = Binary::parse(text.as_bytes()).unwrap_err();
    assert_eq!(failure.code(), ExitCode::Binary);
    failure.line().strip_prefix("error 22 binary: binary.json: ").unwrap().to_owned()
}

#[test]
fn the_program_of_the_platform_is_chosen() {
    let hash = "ab".repeat(32);
    let text = format!(
        r#"{{"linux/amd64":{{"file":"bin/amd","sha256":"{hash}"}},"linux/arm64":{{"file":"arm"}},"args":["--at","{{peer_address}}"],"role":"client"}}"#
    );
    let binary = Binary::parse(text.as_bytes()).unwrap();
    let program = binary.program(&amd64()).unwrap();
    assert_eq!(program.file, "bin/amd");
    assert_eq!(program.sha256.unwrap().as_str(), hash);
    assert_eq!(binary.arguments, ["--at", "{peer_address}"]);
    let failure = binary.program(&"linux/s390x".parse().unwrap()).unwrap_err();
    assert_eq!(
        failure.line(),
        "error 22 binary: binary.json: there is no program for linux/s390x, only for linux/amd64, linux/arm64; hint: \
         build the chaincode for linux/s390x and name it under that key"
    );
}

#[test]
fn without_the_file_or_args_the_shim_for_go_is_assumed() {
    let expected = ["-peer.address={peer_address}"];
    assert_eq!(Binary::default().arguments, expected);
    assert_eq!(Binary::default().program(&amd64()).unwrap().file, "chaincode");
    assert_eq!(Binary::parse(br#"{"linux/amd64":{"file":"./x"}}"#).unwrap().arguments, expected);
    assert!(Binary::parse(br#"{"linux/amd64":{"file":"x"},"args":[]}"#).unwrap().arguments.is_empty());
}

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in [
        (
            "[]",
            "the document is not an object; hint: the smallest binary.json is {\"linux/amd64\":{\"file\":\"chaincode\"}}",
        ),
        (
            "{}",
            "it names no program; hint: the smallest binary.json is {\"linux/amd64\":{\"file\":\"chaincode\"}}",
        ),
        (r#"{"linux-amd64":{}}"#, "there is no key \"linux-amd64\"; hint: did you mean linux/amd64?"),
        (
            r#"{"arguments":[]}"#,
            "there is no key \"arguments\"; hint: the keys are platforms such as linux/amd64, args and role",
        ),
        (
            r#"{"linux/amd64":{"file":"x","sha265":""}}"#,
            "linux/amd64: there is no key \"sha265\"; hint: did you mean sha256?",
        ),
        (
            r#"{"linux/amd64":{"file":"../x"}}"#,
            "linux/amd64: the file \"../x\" is not a path in the package; hint: write it relative to the top of code.tar.gz, without '..'",
        ),
        (
            r#"{"linux/amd64":{"file":"/x"}}"#,
            "linux/amd64: the file \"/x\" is not a path in the package; hint: write it relative to the top of code.tar.gz, without '..'",
        ),
        (
            r#"{"linux/amd64":{"file":"x","sha256":"12"}}"#,
            "linux/amd64: sha256 \"12\" is not 64 lower-case hexadecimal digits; hint: sha256sum FILE prints it",
        ),
        (
            r#"{"linux/amd64":{"url":"https://example.com/x"}}"#,
            "linux/amd64: a program cannot come from a url; hint: put the program into code.tar.gz, and name it as file",
        ),
        (
            r#"{"linux/amd64":{"file":"x"},"args":[1]}"#,
            "args is not a list of strings; hint: for example \"args\": [\"-peer.address={peer_address}\"]",
        ),
        (r#"{"linux/amd64":{"file":"x"},"role":"both"}"#, "role is neither client nor server"),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
    assert!(
        refusal(r#"{"linux/amd64":{"file":"x"},"role":"server"}"#)
            .contains("a process cannot have the role server; hint: ")
    );
    assert!(refusal("{").starts_with("EOF while parsing"));
}

#[test]
fn programs_are_known_by_their_first_bytes() {
    let elf = |machine: u16, order: u8| {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header[5] = order;
        header.resize(18, 0);
        header.extend(if order == 1 { machine.to_le_bytes() } else { machine.to_be_bytes() });
        header
    };
    check_program("x", &elf(62, 1), &amd64()).unwrap();
    check_program("x", &elf(22, 2), &"linux/s390x".parse().unwrap()).unwrap();
    check_program("x", b"#!/bin/sh\n", &amd64()).unwrap();
    let line = |content: &[u8]| check_program("x", content, &amd64()).unwrap_err().to_string();
    assert_eq!(line(&elf(183, 1)), "binary.json: the file \"x\" is a program for arm64, not for linux/amd64");
    assert_eq!(line(b"\x7fELF"), "binary.json: the file \"x\" is not a program");
    assert_eq!(line(b""), "binary.json: the file \"x\" is not a program");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_in_one_line(content in any::<Vec<u8>>()) {
        let _ = check_program("x", &content, &amd64());
        if let Err(failure) = Binary::parse(&content) {
            prop_assert_eq!(failure.code(), ExitCode::Binary);
        }
    }

    #[test]
    fn a_file_never_leaves_the_package(file in "[a./]{0,12}") {
        let document = serde_json::json!({"linux/amd64": {"file": file.clone()}});
        if let Ok(binary) = Binary::parse(document.to_string().as_bytes()) {
            let file = binary.program(&amd64()).unwrap().file;
            prop_assert!(!file.starts_with('/') && !file.split('/').any(|name| name == ".."), "{}", file);
        }
    }
}
