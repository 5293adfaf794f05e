//! Formats a cause for an operator: as a summary, as advice, and as the next command.

use ccs_dial::connection::StageError;
use ccs_dial::probe::{Cause, ProbeError, ProbeReport};

use crate::certificates::{self, Server};
use crate::gateway_advice;
use crate::target::{Kind, Target};
use ccs_report::shell::{self, quote};

/// The input for advice.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The target of the probe.
    pub target: &'a Target,
    /// The dialed host.
    pub host: &'a str,
    /// The dialed port.
    pub port: u16,
    /// The result of the probe.
    pub report: &'a ProbeReport,
    /// The server's own certificate, if the server sent one.
    pub server: Option<Server>,
}

/// The names of the two sides, and of the setting with the CA.
struct Sides {
    client: &'static str,
    server: &'static str,
    ca: &'static str,
}

impl Scene<'_> {
    /// Returns the name that the server's certificate must contain.
    fn verified_name(&self) -> &str {
        let name = self.target.server_name.as_deref();
        name.unwrap_or_else(|| certificates::verified_name(&self.target.info, self.host))
    }

    const fn sides(&self) -> Sides {
        match self.target.kind {
            Kind::Gateway => Sides { client: "the client", server: "the peer", ca: "--tls-ca" },
            _ => Sides { client: "a peer", server: "the chaincode", ca: "root_cert" },
        }
    }
}

/// Returns a summary in one sentence, which names the side that rejected the other if both could.
pub(crate) fn summary(cause: Cause, error: &ProbeError, scene: &Scene<'_>) -> String {
    let name = scene.verified_name();
    let Sides { client, server: other, ca } = scene.sides();
    let server = |text: &dyn Fn(&Server) -> String| scene.server.as_ref().map(text);
    let told = match cause {
        Cause::LoopbackOnly => {
            Some(format!("refused, but a program listens on 127.0.0.1:{} of this machine", scene.port))
        }
        Cause::Refused => Some(format!("refused: nothing listens on port {}", scene.port)),
        Cause::UnknownCa => Some(format!("{client} rejects the certificate: {ca} did not issue it")),
        Cause::WrongName => server(&|server| {
            format!("{client} rejects the certificate: it is for {}, not for {name}", server.names())
        }),
        Cause::Expired => {
            server(&|server| format!("{client} rejects the certificate: it expired on {}", server.last_day()))
        }
        Cause::NotYetValid => server(&|server| {
            format!("{client} rejects the certificate: it is valid from {} on", server.first_day())
        }),
        Cause::WrongKeyUsage => {
            Some(format!("{client} rejects the certificate: its extended key usage is not serverAuth"))
        }
        Cause::ServerCertificate => Some(format!("{client} rejects the certificate: {error}")),
        Cause::ClientCertificateMissing => Some(format!(
            "{other} rejects {}: it requires a client certificate and got none",
            client.replace("a peer", "the peer")
        )),
        Cause::ClientCertificateRefused => Some(format!("{other} rejects the client certificate: {error}")),
        Cause::WrongId => Some("the announced ID is not the expected one".to_owned()),
        Cause::NameSilent | Cause::TcpSilent | Cause::TlsSilent | Cause::Silent => {
            Some(format!("{error} within {:?}", scene.target.info.dial_timeout))
        }
        Cause::WebServer => Some("a web server answers, but not with gRPC".to_owned()),
        Cause::NotHttp2 => {
            printable(error).map(|text| format!("the server answered {text:?}, not with HTTP/2"))
        }
        _ => None,
    };
    told.unwrap_or_else(|| error.to_string())
}

/// Returns the server's answer if it is text.
fn printable(error: &ProbeError) -> Option<&str> {
    let ProbeError::Dial(StageError::NotHttp2(bytes)) = error else { return None };
    std::str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
}

/// Returns advice, the most likely first.
pub(crate) fn advice(cause: Cause, scene: &Scene<'_>) -> Vec<String> {
    let is_gateway = scene.target.kind == Kind::Gateway;
    let general = if is_gateway { gateway_advice::advice(cause) } else { general(cause) };
    let mut lines: Vec<String> = general.iter().map(|line| (*line).to_owned()).collect();
    lines.extend(particular(cause, scene).into_iter().filter(|_| !is_gateway || cause == Cause::UnknownCa));
    lines
}

/// Returns the advice that depends only on the cause.
fn general(cause: Cause) -> &'static [&'static str] {
    match cause {
        Cause::NameUnknown => &[
            "the name must resolve where the peer runs: probe from there, for example in the peer's container network",
            "compare the address with the name of the chaincode's container or Service",
        ],
        Cause::NameSilent => &["no name server answers: check the DNS settings of this machine or container"],
        Cause::Refused => &[
            "start the chaincode, or correct the port",
            "if it runs, it may listen only on 127.0.0.1; make it listen on 0.0.0.0 (CHAINCODE_SERVER_ADDRESS, \
             CORE_CHAINCODE_ADDRESS)",
            "if it runs and dials a peer itself (--peer.address, CORE_PEER_ADDRESS), it was started in client mode, in which \
             nothing listens: start it as a server",
        ],
        Cause::LoopbackOnly => &[
            "make the chaincode listen on 0.0.0.0 instead of 127.0.0.1 (CHAINCODE_SERVER_ADDRESS, CORE_CHAINCODE_ADDRESS)",
        ],
        Cause::Unreachable => &["no route leads from here to that address: probe from where the peer runs"],
        Cause::TcpSilent => &[
            "a firewall, security group or network policy may drop the connection: let the peer reach the port",
            "the address may belong to a container or machine that is gone",
        ],
        Cause::Plaintext => &[
            "the chaincode serves plaintext: start it with TLS, or set tls_required to false",
            "to enable TLS, set CHAINCODE_TLS_DISABLED=false (Go samples, Rust sample), CORE_CHAINCODE_TLS_KEY_FILE and \
             CORE_CHAINCODE_TLS_CERT_FILE (Node.js), CORE_PEER_TLS_ENABLED=true (Java)",
        ],
        Cause::TlsClosed | Cause::Closed => &[
            "a port forwarder may have nothing behind it, or one side expects TLS and the other does not: see the \
             chaincode's log",
        ],
        Cause::UnknownCa => &["put the CA that issued the chaincode's certificate into root_cert"],
        Cause::WrongName => &[
            "issue the chaincode's certificate for the dialed host as a subject alternative name; the common name does not \
             count",
        ],
        Cause::Expired => &["renew the chaincode's certificate and restart the chaincode"],
        Cause::NotYetValid => &["set the clocks of both machines, or wait until the certificate is valid"],
        Cause::WrongKeyUsage => &["issue it with the extended key usage serverAuth, or with none"],
        Cause::ServerCertificate => &["issue a new certificate for the chaincode"],
        Cause::ClientCertificateMissing => &["set client_auth_required, client_cert and client_key"],
        Cause::ClientCertificateRefused => &[
            "client_cert must be valid and come from the client CA of the chaincode (CHAINCODE_CLIENT_CA_CERT, \
             CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE)",
        ],
        Cause::TlsSettings => &["the chaincode must serve TLS 1.2 or later with HTTP/2; check its log"],
        Cause::NeedsTls => &["set tls_required to true and add root_cert, or disable the chaincode's TLS"],
        Cause::WebServer => &["correct the port, or configure the proxy to forward gRPC"],
        Cause::NotHttp2 => &["another program, not a chaincode, listens there: correct the port"],
        Cause::TlsSilent | Cause::Silent => {
            &["the listener is not a chaincode, or it is unresponsive; check its log"]
        }
        Cause::NoChaincodeService => &[
            "a gRPC server without chaincode listens there, such as a peer or an orderer: correct the port",
            "a chaincode in client mode has no such service either: start it as a server",
        ],
        Cause::StreamRefused | Cause::StreamEnded => &["check the chaincode's log for the reason"],
        Cause::StreamSilent | Cause::NoRegister => {
            &["the program hangs, or is not a chaincode: check its log"]
        }
        Cause::NotRegister => &["the chaincode's shim does not follow the protocol: check its version"],
        Cause::WrongId => &[
            "start the chaincode with the package's ID (CHAINCODE_ID, CORE_CHAINCODE_ID or CORE_CHAINCODE_ID_NAME, as its \
             shim has it)",
            "a rebuilt package has a new ID, even with the same label",
        ],
    }
}

/// Returns the advice that depends on the results of the probe.
fn particular(cause: Cause, scene: &Scene<'_>) -> Vec<String> {
    let name = scene.verified_name();
    match (cause, &scene.server) {
        (Cause::Refused | Cause::TcpSilent, _) if scene.is_loopback() => vec![format!(
            "{} is the machine or container that dials: a peer elsewhere finds only itself there",
            scene.host
        )],
        (Cause::UnknownCa, Some(server)) => {
            vec![format!("the server presents {}, issued by {}", server.subject, server.issuer)]
        }
        (Cause::WrongName, Some(_)) => vec![format!(
            "or dial it by a name that it has; with a client certificate, domain stands for {name} (Fabric 3.0 and later)"
        )],
        (Cause::ClientCertificateMissing | Cause::ClientCertificateRefused, _) => {
            certificates::accepted(scene.report).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl Scene<'_> {
    fn is_loopback(&self) -> bool {
        let mut addresses = self.report.addresses.iter();
        addresses.any(|address| address.ip().is_loopback())
    }
}

/// Returns whether the next command is the same for a gateway as for a chaincode.
const fn has_common_next(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::NameUnknown
            | Cause::NameSilent
            | Cause::Refused
            | Cause::LoopbackOnly
            | Cause::UnknownCa
            | Cause::WrongName
            | Cause::Expired
            | Cause::NotYetValid
            | Cause::WrongKeyUsage
            | Cause::ServerCertificate
            | Cause::TlsSettings
    )
}

/// Returns the next command after a failure.
pub(crate) fn next(cause: Cause, scene: &Scene<'_>) -> String {
    let target = scene.target;
    if target.kind == Kind::Gateway && !has_common_next(cause) {
        return target.again(&["--wait", "60s"]);
    }
    let dialed = quote(&target.info.address);
    match cause {
        Cause::NameUnknown | Cause::NameSilent => format!("getent hosts {}", quote(scene.host)),
        Cause::Refused
        | Cause::LoopbackOnly
        | Cause::WebServer
        | Cause::NotHttp2
        | Cause::NoChaincodeService => format!("ss -ltnp 'sport = :{}'", scene.port),
        Cause::Plaintext => format!("ccs probe {dialed}"),
        Cause::NeedsTls => format!("ccs probe {dialed} --root-cert ca.pem"),
        Cause::UnknownCa
        | Cause::WrongName
        | Cause::Expired
        | Cause::NotYetValid
        | Cause::WrongKeyUsage
        | Cause::ServerCertificate
        | Cause::TlsSettings => {
            let socket = quote(&format!("{}:{}", scene.bracketed(), scene.port));
            format!("openssl s_client -connect {socket} -showcerts </dev/null")
        }
        Cause::ClientCertificateMissing | Cause::ClientCertificateRefused => {
            format!("ccs probe {dialed} --root-cert ca.pem --client-cert peer.pem --client-key peer.key")
        }
        Cause::WrongId => {
            let id = target.expected.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("export CHAINCODE_ID={}", quote(&id))
        }
        Cause::Unreachable
        | Cause::TcpSilent
        | Cause::TlsClosed
        | Cause::TlsSilent
        | Cause::Closed
        | Cause::Silent
        | Cause::StreamRefused
        | Cause::StreamSilent
        | Cause::NoRegister
        | Cause::StreamEnded
        | Cause::NotRegister => target.again(&["--wait", "60s"]),
    }
}

/// Returns the next command after a success.
pub(crate) fn next_when_reachable(target: &Target) -> String {
    let name = target.name.as_str();
    match (target.kind, &target.expected) {
        (Kind::Gateway, _) => target.again(&[]),
        (Kind::Package, _) => shell::command(["peer", "lifecycle", "chaincode", "install", name]),
        (Kind::Connection, _) => {
            shell::command(["ccs", "package", "basic.tgz", "--label", "basic_1.0", "--connection", name])
        }
        // The variable that most shims read; the shell expands it.
        (Kind::Address, None) => format!("{} --id \"$CHAINCODE_ID\"", target.again(&[])),
        (Kind::Address, Some(id)) => {
            let (label, out) = (id.label().as_str(), format!("{}.tgz", id.label()));
            let begin = ["ccs", "package", &out, "--label", label, "--address", name];
            shell::command(begin.into_iter().chain(target.tls_options.iter().map(String::as_str)))
        }
    }
}

impl Scene<'_> {
    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use ccs_dial::ConnectionInfo;
    use ccs_dial::connection::ConnectionTls;

    use super::*;

    fn target(kind: Kind) -> Target {
        let tls = Some(ConnectionTls { root_cert: String::new(), client: None });
        let dial_timeout = ConnectionInfo::DEFAULT_DIAL_TIMEOUT;
        let info = ConnectionInfo { address: "[::1]:9999".to_owned(), dial_timeout, tls };
        let id = format!("basic:{}", "5f".repeat(32)).parse().unwrap();
        Target::new("[::1]:9999".to_owned(), kind, info, Some(id))
    }

    fn report(address: &str) -> ProbeReport {
        let address: SocketAddr = address.parse().unwrap();
        ProbeReport { addresses: vec![address], ..ProbeReport::default() }
    }

    fn scene<'a>(target: &'a Target, report: &'a ProbeReport) -> Scene<'a> {
        Scene { target, host: "::1", port: 9999, report, server: None }
    }

    #[test]
    fn every_cause_has_advice_a_next_command_and_a_place_in_the_manual() {
        let manual = include_str!("../../../docs/probe.md");
        let (target, report) = (target(Kind::Address), report("[2001:db8::1]:9999"));
        let scene = scene(&target, &report);
        for cause in Cause::ALL {
            assert!(!advice(*cause, &scene).is_empty(), "{cause:?}");
            assert!(!next(*cause, &scene).is_empty(), "{cause:?}");
            assert!(manual.contains(&format!("| `{}` |", cause.code())), "{cause:?}");
        }
    }

    #[test]
    fn a_loopback_address_is_pointed_at_only_where_it_is_one() {
        let target = target(Kind::Address);
        let (here, elsewhere) = (report("[::1]:9999"), report("[2001:db8::1]:9999"));
        let lines = |report| advice(Cause::Refused, &scene(&target, report));
        let expected = "::1 is the machine or container that dials: a peer elsewhere finds only itself there";
        assert_eq!(lines(&here).last().unwrap(), expected);
        assert!(!lines(&elsewhere).iter().any(|line| line == expected));
    }

    #[test]
    fn commands_can_be_typed_as_they_are() {
        let (mut target, report) = (target(Kind::Address), report("[::1]:9999"));
        target.tls_options = vec!["--root-cert".to_owned(), "my ca.pem".to_owned()];
        let scene = scene(&target, &report);
        assert_eq!(next(Cause::Silent, &scene), "ccs probe '[::1]:9999' --root-cert 'my ca.pem' --wait 60s");
        assert_eq!(
            next(Cause::Expired, &scene),
            "openssl s_client -connect '[::1]:9999' -showcerts </dev/null"
        );
        assert_eq!(
            next_when_reachable(&target),
            "ccs package basic.tgz --label basic --address '[::1]:9999' --root-cert 'my ca.pem'"
        );
    }
}
