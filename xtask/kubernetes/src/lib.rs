//! A real Kubernetes with one node: API server, controllers, scheduler and kubelet with containerd, in their own namespaces.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`program`] | Kubernetes as one program, built once from its Go modules |
//! | [`keys`] | the CA, the certificates, and the users |
//! | [`cluster`] | the cluster while it runs |
//! | [`names`] | the names of Services on the host |
//! | [`checks`] | launches without a peer |
//! | [`mod@bench`] | the time of an install compared with `kubectl apply` |

pub mod bench;
pub mod checks;
pub mod cluster;
pub mod keys;
pub mod names;
pub mod program;

use xtask_base::toolchain;

/// The tools that a cluster needs besides Go, with what tells that they are there.
const TOOLS: [(&str, &str); 8] = [
    ("containerd", "--version"),
    ("ctr", "--version"),
    ("runc", "--version"),
    ("tini", "--version"),
    ("nft", "--version"),
    ("conntrack", "--version"),
    ("ip", "-V"),
    ("unshare", "--version"),
];

/// Where the distributions put the plug-ins for the network of Pods.
const NETWORK_PLUG_INS: &str = "/usr/lib/cni/bridge";

/// Tells what is missing for a cluster on this machine; `None` when one can be started.
#[must_use]
pub fn missing() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("a node needs Linux".to_owned());
    }
    if !rustix::process::geteuid().is_root() {
        return Some("a node needs root".to_owned());
    }
    let tool = |(program, _): &(&str, &str)| format!("{program} is not installed");
    let absent = |(program, argument): &&(&str, &str)| !toolchain::has(program, argument);
    if let Some(missing) = [("go", "version")].iter().chain(&TOOLS).find(absent) {
        return Some(tool(missing));
    }
    (!std::path::Path::new(NETWORK_PLUG_INS).exists()).then(|| format!("{NETWORK_PLUG_INS} is missing"))
}
