//! Tests of the plan.

use super::*;
use crate::settings::{Bytes, Tls};

const DIGEST: &str = "sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";

fn chaincode(root_cert: &str) -> Chaincode {
    Chaincode {
        chaincode_id: "basic_1.0:ab".to_owned(),
        peer_address: "peer0:7052".to_owned(),
        client_cert: "CERT".to_owned(),
        client_key: "KEY".to_owned(),
        root_cert: root_cert.to_owned(),
        mspid: "Org1MSP".to_owned(),
    }
}

fn image(digest: &str) -> Image {
    Image {
        name: "registry.example.com/basic".to_owned(),
        digest: digest.to_owned(),
        role: None,
        port: 9999,
        tls: crate::image::Tls::default(),
    }
}

struct Case<'a> {
    variables: &'a [(&'a str, &'a str)],
    settings: &'a str,
    host: Option<&'a str>,
    root_cert: &'a str,
    digest: &'a str,
}

const CASE: Case<'_> = Case {
    variables: &[("CORE_PEER_ID", "peer0.org1.example.com")],
    settings: "platform: docker",
    host: Some("peers-host"),
    root_cert: "ROOT",
    digest: DIGEST,
};

impl Case<'_> {
    fn plan(&self) -> Result<Plan, String> {
        let variable = |name: &str| {
            let found = self.variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::parse(self.settings.as_bytes()).map_err(|failure| failure.line())?;
        let chaincode = chaincode(self.root_cert);
        let image = image(self.digest);
        let launch = Launch {
            surroundings: Surroundings { variable: &variable, host: self.host },
            settings: &settings,
            image: &image,
            chaincode: &chaincode,
        };
        let subject = Subject { package: &chaincode.chaincode_id, chaincode_type: "k8s", role: Role::Client };
        launch.plan(&subject, "run7").map_err(|failure| failure.line())
    }
}

fn lines(environment: &[(String, String)]) -> Vec<String> {
    environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn without_settings_the_container_is_that_of_the_peer_with_fewer_rights() {
    let plan = CASE.plan().unwrap();
    assert_eq!(plan.name, "dev-peer0.org1.example.com-basic_1.0-ab-ccs");
    assert_eq!(plan.image.reference(), format!("registry.example.com/basic@{DIGEST}"));
    assert_eq!(
        lines(&plan.environment),
        [
            "CORE_CHAINCODE_ID_NAME=basic_1.0:ab",
            "CORE_PEER_ADDRESS=peer0:7052",
            "CORE_PEER_LOCALMSPID=Org1MSP",
            "CORE_PEER_TLS_ENABLED=true",
            "CORE_PEER_TLS_ROOTCERT_FILE=/etc/hyperledger/fabric/peer.crt",
            "CORE_TLS_CLIENT_KEY_PATH=/etc/hyperledger/fabric/client.key",
            "CORE_TLS_CLIENT_CERT_PATH=/etc/hyperledger/fabric/client.crt",
            "CORE_TLS_CLIENT_KEY_FILE=/etc/hyperledger/fabric/client_pem.key",
            "CORE_TLS_CLIENT_CERT_FILE=/etc/hyperledger/fabric/client_pem.crt",
        ]
    );
    let labels: Vec<_> = plan.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        labels,
        [
            "fabric-ccs/package-id=basic_1.0:ab",
            "fabric-ccs/peer-id=peer0.org1.example.com",
            "fabric-ccs/role=client",
            "fabric-ccs/run=run7",
        ]
    );
    assert_eq!(plan.network, Network::Named("host".to_owned()));
    let expected = HostConfig {
        memory: 2 << 30,
        pids_limit: 1000,
        cap_drop: vec!["ALL".to_owned()],
        security_opt: vec!["no-new-privileges".to_owned()],
        ..HostConfig::default()
    };
    assert_eq!(plan.host_config, expected);
    assert_eq!((plan.pull, plan.credentials.as_deref()), (Pull::IfMissing, None));
    assert_eq!(plan.start_timeout, Duration::from_mins(3));
    let files: Vec<_> = plan.files.iter().map(|file| (file.path.to_str().unwrap(), file.mode)).collect();
    assert_eq!(files.len(), 5);
    assert_eq!(files[0], ("/etc/hyperledger/fabric/peer.crt", 0o644));
    let shown = format!("{plan:?}");
    assert!(!shown.contains("KEY\"") && !shown.contains("S0VZ"), "{shown}");
}

#[test]
fn without_tls_nothing_is_uploaded() {
    let plan = Case { root_cert: "", ..CASE }.plan().unwrap();
    assert!(plan.files.is_empty());
    assert!(lines(&plan.environment).contains(&"CORE_PEER_TLS_ENABLED=false".to_owned()));
}

#[test]
fn the_peers_settings_for_its_containers_count_and_launch_yaml_before_them() {
    let variables = [
        ("CORE_PEER_ID", "peer0"),
        ("CORE_PEER_NETWORKID", "net"),
        ("CORE_CHAINCODE_LOGGING_LEVEL", "debug"),
        ("CORE_VM_DOCKER_HOSTCONFIG_NETWORKMODE", "fabric_test"),
        ("CORE_VM_DOCKER_HOSTCONFIG_MEMORY", "1073741824"),
        ("CORE_VM_DOCKER_HOSTCONFIG_MEMORYSWAP", "0"),
        ("CORE_VM_DOCKER_HOSTCONFIG_CPUQUOTA", "50000"),
        ("CORE_VM_DOCKER_HOSTCONFIG_CAPDROP", "NET_RAW MKNOD"),
        ("CORE_VM_DOCKER_HOSTCONFIG_EXTRAHOSTS", "a:10.0.0.1  b:10.0.0.2"),
        ("CORE_VM_DOCKER_HOSTCONFIG_READONLYROOTFS", "true"),
        ("CORE_VM_DOCKER_HOSTCONFIG_SECURITYOPT", "seccomp=unconfined"),
    ];
    let plan = Case { variables: &variables, ..CASE }.plan().unwrap();
    assert_eq!(plan.name, "net-peer0-basic_1.0-ab-ccs");
    assert_eq!(plan.network, Network::Named("fabric_test".to_owned()));
    assert_eq!(lines(&plan.environment)[0], "CORE_CHAINCODE_LOGGING_LEVEL=debug");
    let config = &plan.host_config;
    assert_eq!((config.memory, config.memory_swap, config.cpu_quota), (1 << 30, None, Some(50_000)));
    assert_eq!(config.cap_drop, ["NET_RAW", "MKNOD"]);
    assert_eq!(config.extra_hosts, ["a:10.0.0.1", "b:10.0.0.2"]);
    assert_eq!(
        (config.readonly_rootfs, config.security_opt.as_slice()),
        (true, &["seccomp=unconfined".to_owned()][..])
    );
    let settings = "docker: {network: own, limits: {memory: 64Mi, cpus: 1.5, processes: 20}}";
    let plan = Case { variables: &variables, settings, ..CASE }.plan().unwrap();
    assert_eq!(plan.network, Network::Named("own".to_owned()));
    let config = &plan.host_config;
    assert_eq!((config.memory, config.nano_cpus, config.pids_limit), (64 << 20, Some(1_500_000_000), 20));
    assert_eq!(config.cpu_quota, None, "an engine takes one of both");
}

#[test]
fn a_peer_in_a_container_shares_its_networks() {
    let plan = Case { host: Some("3f4e9a7b6c5d"), ..CASE }.plan().unwrap();
    let expected = Network::OfPeer { container: "3f4e9a7b6c5d".to_owned(), otherwise: "host".to_owned() };
    assert_eq!(plan.network, expected);
}

#[test]
fn rules_lay_settings_over_those_of_all_containers() {
    let settings = "docker: {pull: always, environment: {A: '1', B: '1'}, limits: {memory: 1Gi}}\nchaincodes:\n  \
                    - match: {label: 'basic_*'}\n    docker: {pull: never, allow_tags: true, environment: {B: '2'}, \
                    limits: {processes: 7}, start_timeout: 10s}\n  - match: {label: other}\n    docker: {network: x}\n";
    let plan = Case { settings, digest: "", ..CASE }.plan().unwrap();
    assert_eq!((plan.pull, plan.start_timeout), (Pull::Never, Duration::from_secs(10)));
    assert_eq!(plan.image.reference(), "registry.example.com/basic");
    assert_eq!((plan.host_config.memory, plan.host_config.pids_limit), (1 << 30, 7));
    assert_eq!(lines(&plan.environment)[..2], ["A=1", "B=2"]);
    assert_eq!(plan.network, Network::Named("host".to_owned()));
    assert!(may_have_tags(&Settings::parse(settings.as_bytes()).unwrap()));
    assert!(!may_have_tags(&Settings::default()));
}

#[test]
fn run_launches_no_server() {
    let settings = Settings::default();
    let (chaincode, image) = (chaincode(""), image(DIGEST));
    let surroundings = Surroundings { variable: &|_| None, host: None };
    let launch = Launch { surroundings, settings: &settings, image: &image, chaincode: &chaincode };
    let subject = Subject { package: "basic_1.0:ab", chaincode_type: "k8s", role: Role::Server };
    let line = launch.plan(&subject, "run7").unwrap_err().line();
    assert!(
        line.starts_with("error 21 image.json: image.json: role is server, but run launches only clients"),
        "{line}"
    );
}

#[test]
fn the_engine_is_chosen_in_order() {
    let engine = |variables: &[(&str, &str)], settings: &str| {
        let mut all = CASE.variables.to_vec();
        all.extend(variables);
        let engine = Case { variables: &all, settings, ..CASE }.plan()?.engine;
        Ok::<_, String>(engine.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    let all = [
        ("CORE_VM_ENDPOINT", "http://localhost:2375"),
        ("DOCKER_HOST", "unix:///other.sock"),
        ("XDG_RUNTIME_DIR", "/run/user/7"),
    ];
    assert_eq!(engine(&all, "docker: {host: 'unix:///own.sock'}").unwrap(), "unix:///own.sock");
    assert_eq!(engine(&all, "").unwrap(), "tcp://localhost:2375");
    assert_eq!(engine(&all[1..], "").unwrap(), "unix:///other.sock");
    assert_eq!(
        engine(&all[2..], "").unwrap(),
        "unix:///var/run/docker.sock unix:///run/podman/podman.sock unix:///run/user/7/docker.sock \
         unix:///run/user/7/podman/podman.sock"
    );
    for (variables, settings, message) in [
        (
            &[("CORE_VM_ENDPOINT", "/var/run/docker.sock")][..],
            "",
            "error 24 launch settings: CORE_VM_ENDPOINT: \"/var/run/docker.sock\" has no scheme; hint: write unix://",
        ),
        (
            &[],
            "docker: {host: 'https://engine:2376'}",
            "docker.host in launch.yaml: \"https://engine:2376\" needs certificates",
        ),
        (&[("DOCKER_HOST", "ssh://engine")], "", "DOCKER_HOST: \"ssh://engine\" has an unknown scheme"),
    ] {
        let line = engine(variables, settings).unwrap_err();
        assert!(line.contains(message), "{line}");
    }
}

#[test]
fn the_certificates_for_the_engine_come_from_where_its_address_comes_from() {
    let peer = [
        ("CORE_PEER_ID", "p"),
        ("CORE_VM_ENDPOINT", "tcp://engine:2376"),
        ("CORE_VM_DOCKER_TLS_ENABLED", "true"),
        ("CORE_VM_DOCKER_TLS_CA_FILE", "/ca"),
        ("CORE_VM_DOCKER_TLS_CERT_FILE", "/cert"),
        ("CORE_VM_DOCKER_TLS_KEY_FILE", "/key"),
    ];
    let tls = |ca: &str, cert: &str, key: &str| {
        let tls = Tls { ca: ca.into(), cert: cert.into(), key: key.into() };
        vec![Endpoint::Tls("engine:2376".to_owned(), tls)]
    };
    let plan = Case { variables: &peer, ..CASE }.plan().unwrap();
    assert_eq!(plan.engine.endpoints, tls("/ca", "/cert", "/key"));
    let command = [
        ("CORE_PEER_ID", "p"),
        ("DOCKER_HOST", "tcp://engine:2376"),
        ("DOCKER_TLS_VERIFY", "1"),
        ("DOCKER_CERT_PATH", "/certs"),
    ];
    let plan = Case { variables: &command, ..CASE }.plan().unwrap();
    assert_eq!(plan.engine.endpoints, tls("/certs/ca.pem", "/certs/cert.pem", "/certs/key.pem"));
}

#[test]
fn tls_that_is_switched_on_never_becomes_plaintext() {
    let peer = [
        ("CORE_PEER_ID", "p"),
        ("CORE_VM_ENDPOINT", "tcp://engine:2376"),
        ("CORE_VM_DOCKER_TLS_ENABLED", "1"),
        ("CORE_VM_DOCKER_TLS_CA_FILE", "/ca"),
        ("CORE_VM_DOCKER_TLS_KEY_FILE", "/key"),
    ];
    let line = Case { variables: &peer, ..CASE }.plan().unwrap_err();
    assert!(
        line.contains(
            "CORE_VM_ENDPOINT: CORE_VM_DOCKER_TLS_ENABLED is true, and CORE_VM_DOCKER_TLS_CERT_FILE is not set, or \
             the peer does not propagate it"
        ),
        "{line}"
    );
    let command = [("CORE_PEER_ID", "p"), ("DOCKER_HOST", "tcp://engine:2376"), ("DOCKER_TLS_VERIFY", "1")];
    let line = Case { variables: &command, ..CASE }.plan().unwrap_err();
    assert!(
        line.contains("DOCKER_HOST: DOCKER_TLS_VERIFY is set, and DOCKER_CERT_PATH is not set"),
        "{line}"
    );
    // A socket needs no TLS.
    let socket = [&[("CORE_PEER_ID", "p"), ("CORE_VM_ENDPOINT", "unix:///s")], &peer[2..]].concat();
    let plan = Case { variables: &socket, ..CASE }.plan().unwrap();
    assert_eq!(plan.engine.endpoints, [Endpoint::Unix("/s".into())]);
}

#[test]
fn a_zero_means_what_it_means_for_the_peer() {
    let variables = [
        ("CORE_PEER_ID", "p"),
        ("CORE_VM_DOCKER_HOSTCONFIG_MEMORY", "0"),
        ("CORE_VM_DOCKER_HOSTCONFIG_MEMORYSWAPPINESS", "0"),
        ("CORE_VM_DOCKER_HOSTCONFIG_CPUSHARES", "0"),
    ];
    let config = Case { variables: &variables, ..CASE }.plan().unwrap().host_config;
    assert_eq!((config.memory, config.memory_swappiness, config.cpu_shares), (0, Some(0), None));
}

#[test]
fn what_cannot_be_launched_is_refused_with_what_to_write() {
    for (case, message) in [
        (
            Case { variables: &[], ..CASE },
            "error 24 launch settings: the ID of the peer, which is part of the name of a container, is not known; hint: add \
             CORE_PEER_ID to propagateEnvironment",
        ),
        (
            Case { digest: "", ..CASE },
            "error 21 image.json: image.json: the file must contain 'name' and 'digest'; hint: write",
        ),
        (
            Case { variables: &[("CORE_PEER_ID", "p"), ("CORE_VM_DOCKER_HOSTCONFIG_MEMORY", "2G")], ..CASE },
            "error 24 launch settings: CORE_VM_DOCKER_HOSTCONFIG_MEMORY is \"2G\", not a number",
        ),
        (
            Case { settings: "docker: {limits: {cpus: many}}", ..CASE },
            "\"many\" is not a number of processors such as 1.5",
        ),
        (
            Case { settings: "docker: {environment: {CORE_PEER_ADDRESS: x}}", ..CASE },
            "the environment may not set CORE_PEER_ADDRESS",
        ),
        (
            Case { settings: "docker: {hots: x}", ..CASE },
            "there is no key \"hots\"; hint: did you mean host?",
        ),
    ] {
        let line = case.plan().unwrap_err();
        assert!(line.contains(message), "{line}");
    }
    let settings = Settings::parse(b"docker: {limits: {memory: 1Gi}}").unwrap();
    assert_eq!(settings.docker.limits.memory, Some(Bytes(1 << 30)));
}
