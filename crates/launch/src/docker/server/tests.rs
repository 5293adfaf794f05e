//! Tests of the plan of a server.

use super::*;
use crate::docker::HostConfig;

const DIGEST: &str = "sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";
const ID: &str = "basic_1.0:cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";
const SUBJECT: Subject<'_> = Subject { package: ID, chaincode_type: "ccaas", role: Role::Server };
const NAME: &str =
    "dev-org1-peer0-basic_1.0-cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b-ccs";

fn certificates() -> Certificates {
    let pair = |name: &str| (format!("{name} CERTIFICATE\n"), format!("{name} KEY\n"));
    Certificates {
        ca: "CA\n".to_owned(),
        server: pair("SERVER"),
        client: pair("CLIENT"),
        checksum: "5f".to_owned(),
    }
}

/// Plans with further keys of image.json, settings, and the name of the host.
fn plan(more: &str, settings: &str, host: &str) -> Result<ServerPlan, Failure> {
    let settings = Settings::parse(settings.as_bytes()).unwrap();
    let image = format!(r#"{{"name":"ghcr.io/example/basic","digest":"{DIGEST}"{more}}}"#);
    let image = Image::parse(image.as_bytes()).unwrap();
    let variable = |name: &str| (name == "CORE_PEER_ID").then(|| "org1-peer0".to_owned());
    let server = Server {
        surroundings: Surroundings { variable: &variable, host: Some(host) },
        is_contained: host != "host",
        settings: &settings,
        image: &image,
        package_id: ID,
        run: "1a2b3c4d5e6f7788",
    };
    server.plan(&SUBJECT, Some(certificates()).filter(|_| image.tls != crate::image::Tls::None))
}

fn lines(environment: &[(String, String)]) -> Vec<String> {
    environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn the_container_has_everything_to_be_a_server_over_mutual_tls() {
    let plan = plan("", "docker: {environment: {GOGC: '50'}, limits: {memory: 64Mi}}", "host").unwrap();
    let container = &plan.container;
    assert_eq!((container.name.as_str(), container.role), (NAME, Role::Server));
    assert_eq!(
        lines(&container.environment),
        [
            "GOGC=50",
            &format!("CHAINCODE_ID={ID}"),
            "CHAINCODE_SERVER_ADDRESS=0.0.0.0:9999",
            "CHAINCODE_TLS_DISABLED=false",
            "CHAINCODE_TLS_KEY=/etc/chaincode/tls/server.key",
            "CHAINCODE_TLS_CERT=/etc/chaincode/tls/server.pem",
            "CHAINCODE_CLIENT_CA_CERT=/etc/chaincode/tls/ca.pem",
            &format!("CORE_CHAINCODE_ID={ID}"),
            "CORE_CHAINCODE_ADDRESS=0.0.0.0:9999",
            "CORE_CHAINCODE_TLS_KEY_FILE=/etc/chaincode/tls/server.key",
            "CORE_CHAINCODE_TLS_CERT_FILE=/etc/chaincode/tls/server.pem",
            "CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE=/etc/chaincode/tls/ca.pem",
            &format!("CORE_CHAINCODE_ID_NAME={ID}"),
            "CORE_PEER_TLS_ENABLED=true",
            "CORE_TLS_CLIENT_KEY_FILE=/etc/chaincode/tls/server.key",
            "CORE_TLS_CLIENT_CERT_FILE=/etc/chaincode/tls/server.pem",
            "CORE_TLS_CLIENT_KEY_PATH=/etc/chaincode/tls/server.key.b64",
            "CORE_TLS_CLIENT_CERT_PATH=/etc/chaincode/tls/server.pem.b64",
            "CORE_PEER_TLS_ROOTCERT_FILE=/etc/chaincode/tls/ca.pem",
            &format!("CHAINCODE_CCID={ID}"),
            "CHAINCODE_ADDRESS=0.0.0.0:9999",
        ]
    );
    let labels: Vec<_> = plan
        .container_at("127.0.0.1:20001")
        .labels
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        labels,
        [
            "fabric-ccs/address=127.0.0.1:20001",
            &format!("fabric-ccs/package-id={ID}"),
            "fabric-ccs/peer-id=org1-peer0",
            "fabric-ccs/role=server",
            "fabric-ccs/run=1a2b3c4d5e6f7788",
            &format!("fabric-ccs/workload={NAME}"),
        ]
    );
    let expected = HostConfig {
        memory: 64 << 20,
        pids_limit: 1000,
        cap_drop: vec!["ALL".to_owned()],
        security_opt: vec!["no-new-privileges".to_owned()],
        ..HostConfig::default()
    };
    assert_eq!(container.host_config, expected);
    let files: Vec<_> = container
        .files
        .iter()
        .map(|file| (file.path.to_str().unwrap(), file.content.len(), file.mode))
        .collect();
    assert_eq!(
        files,
        [
            ("/etc/chaincode/tls/server.pem", 19, 0o644),
            ("/etc/chaincode/tls/server.key", 11, 0o644),
            ("/etc/chaincode/tls/server.pem.b64", 28, 0o644),
            ("/etc/chaincode/tls/server.key.b64", 16, 0o644),
            ("/etc/chaincode/tls/ca.pem", 3, 0o644),
        ]
    );
    let shown = format!("{plan:?}");
    assert!(!shown.contains(" KEY") && !shown.contains("U0VS"), "{shown}");
}

#[test]
fn peers_of_two_organizations_with_one_id_have_names_of_their_own() {
    let image = Image::parse(format!(r#"{{"name":"basic","digest":"{DIGEST}"}}"#).as_bytes()).unwrap();
    let of = |mspid: &'static str| {
        let variable = move |name: &str| match name {
            "CORE_PEER_ID" => Some("org1-peer0".to_owned()),
            "CORE_PEER_LOCALMSPID" => Some(mspid.to_owned()),
            _ => None,
        };
        let server = Server {
            surroundings: Surroundings { variable: &variable, host: None },
            is_contained: false,
            settings: &Settings::default(),
            image: &image,
            package_id: ID,
            run: "1a2b3c4d5e6f7788",
        };
        let plan = server.plan(&SUBJECT, Some(certificates())).unwrap();
        assert_eq!(server.name().unwrap(), plan.container.name);
        plan
    };
    let (one, other, unknown) = (of("Org1MSP"), of("Org2MSP"), of(""));
    assert_eq!(one.container.name, NAME.replace("peer0-", "peer0-Org1MSP-"));
    assert_eq!(one.container.labels.get(MSPID).map(String::as_str), Some("Org1MSP"));
    assert_ne!((&one.container.name, &one.alias), (&other.container.name, &other.alias));
    assert_ne!(one.alias, other.alias);
    assert_eq!((unknown.container.name.as_str(), unknown.container.labels.get(MSPID)), (NAME, None));
}

#[test]
fn the_peer_dials_as_image_json_says() {
    let dialed = |more: &str| {
        let connection = plan(more, "", "host").unwrap().connection("127.0.0.1:20001");
        String::from_utf8(connection.to_json()).unwrap()
    };
    let mutual: serde_json::Value = serde_json::from_str(&dialed("")).unwrap();
    assert_eq!(
        mutual,
        json!({
            "address": "127.0.0.1:20001", "dial_timeout": "10s", "tls_required": true, "client_auth_required": true,
            "root_cert": "CA\n", "client_cert": "CLIENT CERTIFICATE\n", "client_key": "CLIENT KEY\n",
        })
    );
    let server: serde_json::Value = serde_json::from_str(&dialed(r#","tls":"server""#)).unwrap();
    assert_eq!(
        (&server["tls_required"], &server["client_auth_required"], &server["client_key"]),
        (&json!(true), &json!(false), &json!(null))
    );
    let plain = plan(r#","tls":"none","port":7052"#, "", "host").unwrap();
    assert!(!plain.connection("x:1").tls_required);
    assert!(plain.container.files.is_empty());
    let environment = lines(&plain.container.environment);
    assert!(environment.contains(&"CHAINCODE_SERVER_ADDRESS=0.0.0.0:7052".to_owned()), "{environment:?}");
    assert!(environment.contains(&"CHAINCODE_TLS_DISABLED=true".to_owned()), "{environment:?}");
}

#[test]
fn the_way_follows_from_where_the_peer_is() {
    let networks = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let host = plan("", "", "host").unwrap();
    let contained = plan("", "", "3f4e9a7b6c5d").unwrap();
    let published = |names: &[&str]| Ok(Way::Published(networks(names)));
    let alias = |names: &[&str]| Ok(Way::Alias(networks(names)));
    for (plan, names, knows_peer, expected) in [
        // On the host, the engine publishes a port in any network.
        (&host, &["host"][..], false, published(&["bridge"])),
        (&host, &["fabric_test"], false, published(&["fabric_test"])),
        (&host, &["bridge"], false, published(&["bridge"])),
        // In a container: by a name, or by a port if it shares the network of the host.
        (&contained, &["bridge", "fabric_test"], true, alias(&["fabric_test"])),
        (&contained, &["fabric_test"], false, alias(&["fabric_test"])),
        (&contained, &["host"], true, published(&["bridge"])),
        (&contained, &["host"], false, published(&["bridge"])),
        // The builder may not know that it runs in the peer's container, but the engine does.
        (&host, &["a", "b"], true, alias(&["a", "b"])),
    ] {
        assert_eq!(plan.way(&networks(names), knows_peer), expected, "{names:?}");
    }
    let remote = plan("", "docker: {host: 'tcp://engine:2375'}", "host").unwrap();
    let line = remote.way(&networks(&["host"]), false).unwrap_err().line();
    assert!(
        line.starts_with("error 24 launch settings: the peer would dial a port of its own host, and the engine at tcp://engine:2375 "),
        "{line}"
    );
    assert_eq!(remote.way(&networks(&["a"]), true), alias(&["a"]));
    let line = contained.way(&networks(&["bridge"]), true).unwrap_err().line();
    assert_eq!(
        line,
        "error 24 launch settings: the peer runs in a container, and the network bridge of the engine has no names by which it \
         could dial another one; hint: start the peer in a network of docker network create; if the engine does not \
         know the peer's container, set docker.network in launch.yaml"
    );
}

#[test]
fn a_name_is_a_label_of_dns_and_another_one_for_each_build() {
    let plan = plan("", "", "host").unwrap();
    assert_eq!(plan.address_of_alias(), format!("{}:9999", plan.alias));
    assert!(plan.alias.starts_with("ccs-basic10-") && plan.alias.ends_with("-1a2b3"), "{}", plan.alias);
    assert_eq!(plan.alias.len(), "ccs-basic10-".len() + 13 + "-1a2b3".len());
}

#[test]
fn ports_depend_on_the_name_and_are_all_tried() {
    let plan = plan("", "", "host").unwrap();
    let ports: Vec<_> = plan.published().collect();
    assert_eq!(ports.len(), 10_000);
    assert!(ports.iter().all(|(port, address)| {
        (20_000..30_000).contains(port) && *address == format!("127.0.0.1:{port}")
    }));
    let mut numbers: Vec<_> = ports.iter().map(|(port, _)| *port).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 10_000);
    assert_eq!(plan.published().next(), ports.first().cloned());
}

#[test]
fn settings_count_whatever_the_certificates_and_the_peers_container_are() {
    let of = |settings: &str, host: &str| plan("", settings, host).unwrap().settings_alone();
    assert_eq!(of("", "3f4e9a7b6c5d"), of("", "aaaaaaaaaaaa"));
    assert_eq!(of("", "host"), of("docker: {network: host}", "host"));
    assert_ne!(of("", "host"), of("docker: {limits: {memory: 1Gi}}", "host"));
    assert!(!of("", "host").contains(" KEY"));
}

#[test]
fn the_operator_cannot_set_what_the_launcher_sets() {
    let line =
        plan("", "docker: {environment: {CHAINCODE_TLS_DISABLED: 'true'}}", "host").unwrap_err().line();
    assert_eq!(
        line,
        "error 24 launch settings: launch.yaml: the environment may not set CHAINCODE_TLS_DISABLED; hint: the launcher sets it, \
         from the package and image.json"
    );
}
