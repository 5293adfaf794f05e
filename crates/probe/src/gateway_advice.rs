//! The advice on a failure to connect to a gateway, for the developer of an application.

use ccs_dial::probe::Cause;

/// Returns the advice on a failure to connect to a gateway.
pub(crate) fn advice(cause: Cause) -> &'static [&'static str] {
    match cause {
        Cause::NameUnknown => &[
            "the name must resolve where the application runs: names of containers and Services are known only in their network",
            "if the peer is reachable under another name, dial that one and pass the name in its certificate as --server-name",
        ],
        Cause::NameSilent => &["no name server answers: check the DNS settings of this machine or container"],
        Cause::Refused => &[
            "start the peer, or correct the port",
            "if it runs, it may listen only on 127.0.0.1 or inside its container: set peer.listenAddress to 0.0.0.0:7051, and publish the port",
        ],
        Cause::LoopbackOnly => &["set peer.listenAddress to 0.0.0.0:7051 instead of an address of 127.0.0.1"],
        Cause::Unreachable => &["no route leads from here to that address"],
        Cause::TcpSilent => &[
            "a firewall, security group or network policy may drop the connection",
            "the address may belong to a container or machine that is gone",
        ],
        Cause::Plaintext => {
            &["the server uses plaintext: pass --no-tls, or enable TLS (peer.tls.enabled in core.yaml)"]
        }
        Cause::TlsClosed | Cause::Closed => &[
            "a port forwarder may have nothing behind it, or one side expects TLS and the other does not: check the peer's log",
        ],
        Cause::UnknownCa => &[
            "pass the CA that issued the peer's TLS certificate (--tls-ca), such as tls/ca.crt in the peer's folder; the CA of identities is another one",
        ],
        Cause::WrongName => &[
            "pass a name that the certificate contains (--server-name), or issue the certificate for the dialed host",
        ],
        Cause::Expired => &["renew the peer's TLS certificate and restart the peer"],
        Cause::NotYetValid => &["set the clocks of both machines, or wait until the certificate is valid"],
        Cause::WrongKeyUsage => &["issue it with the extended key usage serverAuth, or with none"],
        Cause::ServerCertificate => &["issue a new TLS certificate for the peer"],
        Cause::ClientCertificateMissing | Cause::ClientCertificateRefused => &[
            "the peer requires mutual TLS (peer.tls.clientAuthRequired): applications need a TLS client certificate, which this client does not support",
        ],
        Cause::TlsSettings => &["the peer must serve TLS 1.2 or later with HTTP/2; check its log"],
        Cause::NeedsTls => &["the server uses TLS: leave --no-tls out, and pass --tls-ca"],
        Cause::WebServer => &[
            "a web server is not a gateway: correct the port (9443 is usually the operations endpoint), or configure the proxy to forward gRPC",
        ],
        _ => &["the server is not a gateway, or it is unresponsive: check the port and the peer's log"],
    }
}
