//! Tests of the settings.

use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> String {
    let failure = Settings::parse(text.as_bytes()).unwrap_err();
    assert_eq!(failure.code(), ExitCode::Settings);
    failure.line()
}

#[test]
fn every_key_is_read() {
    let settings = Settings::parse(
        br#"
platform: kubernetes
peer_id: org1-peer0
process: {environment: {GOGC: "50"}, limits: {memory: 2Gi, open_files: 1024, processes: 100, nice: 5}, user: 10001:10002}
kubernetes: {namespace: hlf, service_account: chaincode, prefix: hlfcc, start_timeout: 3m40s, security: restricted}
languages: [golang, node]
chaincodes:
  - match: {label: "basic_*", type: k8s, role: client}
    namespace: other
    pod: {spec: {containers: [{name: chaincode, resources: {limits: {memory: 512Mi}}}]}}
"#,
    )
    .unwrap();
    assert_eq!(settings.platform, Some(Platform::Kubernetes));
    assert_eq!(settings.peer_id.as_deref(), Some("org1-peer0"));
    assert_eq!(settings.process.limits.memory, Some(Bytes(2 << 30)));
    assert_eq!(settings.process.environment["GOGC"], "50");
    assert_eq!(settings.process.user, Some(User::Number { user: 10001, group: Some(10002) }));
    assert_eq!(settings.kubernetes.start_timeout, Some(Duration::from_secs(220)));
    assert_eq!(settings.kubernetes.security, Security::Restricted);
    assert_eq!(settings.languages, [Language::Golang, Language::Node]);
    let pod = settings.chaincodes[0].pod.as_ref().unwrap();
    assert_eq!(pod["spec"]["containers"][0]["resources"]["limits"]["memory"], "512Mi");
}

#[test]
fn an_empty_file_holds_no_settings() {
    for text in ["", "# nothing\n", "{}", "platform: ~"] {
        assert_eq!(Settings::parse(text.as_bytes()).unwrap(), Settings::default(), "{text:?}");
    }
    assert_eq!(Settings::default().platform_for("K8S"), Platform::Kubernetes);
    assert_eq!(Settings::default().platform_for("binary"), Platform::None);
}

#[test]
fn unknown_keys_are_named_with_what_was_meant() {
    assert_eq!(
        refused("plattform: process\n"),
        "error 24 launch settings: launch.yaml: line 1, column 1: there is no key \"plattform\"; hint: did you mean \
         platform?"
    );
    assert_eq!(
        refused("chaincodes:\n  - match: {labels: x}\n"),
        "error 24 launch settings: launch.yaml: line 2, column 13: there is no key \"labels\"; hint: did you mean \
         label?"
    );
    assert_eq!(
        refused("process:\n  umask: 7\n"),
        "error 24 launch settings: launch.yaml: line 2, column 3: there is no key \"umask\"; hint: the keys here are \
         environment, limits, user"
    );
}

#[test]
fn wrong_values_are_named() {
    for (text, part) in [
        ("platform: podman", "unknown variant"),
        ("process: {limits: {memory: much}}", "\"much\" is not a number of bytes such as 512Mi"),
        ("process: {limits: {nice: 20}}", "nice must be at most 19, got 20"),
        ("process: {environment: {CORE_PEER_ADDRESS: x}}", "the environment may not set CORE_PEER_ADDRESS"),
        ("process: {environment: {'A=B': x}}", "\"A=B\" is not a valid name of an environment variable"),
        ("process: {user: 'a:b'}", "\"a:b\" is not a user: NAME, UID or UID:GID"),
        ("kubernetes: {start_timeout: 3}", "the unit is missing"),
        ("kubernetes: {start_timeout: 0s}", "0s is not greater than zero"),
        ("platform: process\nplatform: none", "duplicate"),
        ("[]", "launch.yaml: "),
    ] {
        let line = refused(text);
        assert!(line.contains(part), "{text}: {line}");
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn a_rule_may_name_another_user() {
    let text = b"process: {user: 10001}\nchaincodes:\n- match: {label: a}\n  process: {user: chaincode}\n";
    let settings = Settings::parse(text).unwrap();
    let users: Vec<_> = settings.users().cloned().collect();
    let [all, own] = users.as_slice() else { panic!("{users:?}") };
    assert_eq!(all, &User::Number { user: 10001, group: None });
    assert_eq!(settings.process_for("a:00", "binary").user.as_ref(), Some(own));
    assert_eq!(settings.process_for("b:00", "binary").user.as_ref(), Some(all));
}

#[test]
fn rules_match_by_every_condition() {
    let settings = Settings::parse(
        b"chaincodes:\n  - {}\n  - match: {label: 'a*', role: server}\n  - match: {label: 'a*', type: K8S}\n  - match: {package: 'abc:01'}\n",
    )
    .unwrap();
    let subject = Subject { package: "abc:01", chaincode_type: "k8s", role: Role::Client };
    let found: Vec<_> = settings.rules(&subject).collect();
    let all = &settings.chaincodes;
    assert_eq!(found, [&all[0], &all[2], &all[3]]);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_one_line(text in ".{0,200}") {
        if let Err(failure) = Settings::parse(text.as_bytes()) {
            prop_assert!(!failure.line().contains('\n'));
        }
    }

    #[test]
    fn numbers_of_bytes_are_read(number in 0..=u64::from(u32::MAX)) {
        prop_assert_eq!(bytes(&format!("{number}Ki")), Some(number << 10));
        prop_assert_eq!(bytes(&number.to_string()), Some(number));
    }
}
