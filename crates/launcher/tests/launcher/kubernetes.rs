//! Packages with an image, and a fake API server that answers every call alike: its answer determines the exit code and the last
//! line. `crates/launch-kubernetes/cases` has the other errors of a cluster.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::site::{PACKAGE, Site};

const IMAGE: &str = r#"{"name":"ghcr.io/example/contract","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#;

/// Answers each request on a connection with a status and a message.
fn answer(stream: TcpStream, status: u16, message: &str) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
            let line = line.trim_end().to_lowercase();
            if line.is_empty() {
                break;
            }
            length = line.strip_prefix("content-length: ").map_or(length, |value| value.parse().unwrap());
        }
        stream.read_exact(&mut vec![0; length]).ok()?;
        let body = serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": status,
        })
        .to_string();
        let head =
            format!("HTTP/1.1 {status} \r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
        write!(stream.get_mut(), "{head}\r\n\r\n{body}").ok()?;
    }
}

/// Starts a fake API server, and writes its kubeconfig.
fn with_fake_api_server(site: &Site, status: u16, message: &'static str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, status, message));
        }
    });
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: fake\ncontexts: [{{name: fake, context: {{cluster: fake, user: fake}}}}]\n\
         clusters: [{{name: fake, cluster: {{server: \"http://{address}\"}}}}]\nusers: [{{name: fake, user: {{}}}}]\n"
    );
    fs::write(site.path("kubeconfig"), kubeconfig).unwrap();
}

#[test]
fn what_a_fake_api_server_says_is_the_exit_code_and_the_last_line() {
    for (status, message, code, line) in [
        (
            401,
            "Unauthorized",
            42,
            "error 42 forbidden: cannot list jobs: Unauthorized; hint: the token of the builder is not accepted; renew it",
        ),
        (
            403,
            r#"jobs.batch is forbidden: User "peer" cannot list resource "jobs" in API group "batch" in the namespace "hlf""#,
            42,
            r#"error 42 forbidden: cannot list jobs: jobs.batch is forbidden: User "peer" cannot list resource "jobs" in API group "batch" in the namespace "hlf"; hint: add to the Role in namespace hlf: {apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list", "watch"]}"#,
        ),
        (
            404,
            r#"namespaces "hlf" not found"#,
            24,
            r#"error 24 launch settings: cannot list jobs: namespaces "hlf" not found; hint: create the namespace, or name another one in kubernetes.namespace of launch.yaml"#,
        ),
    ] {
        let site = Site::new("peer_id: p\nkubernetes: {namespace: hlf}\n", "k8s");
        site.source("image.json", IMAGE);
        assert!(site.build().status.success());
        with_fake_api_server(&site, status, message);
        let kubeconfig = site.path("kubeconfig").display().to_string();
        let (found, _, lines) = site.run_with("meta", &[("KUBECONFIG_PATH", &kubeconfig)]).ends();
        assert_eq!(
            (found, lines),
            (Some(code), vec![format!("run {}: {line}", PACKAGE.split(':').next().unwrap())])
        );
    }
}
