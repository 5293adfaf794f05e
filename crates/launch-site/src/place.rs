//! The host of this process, and the settings of a chaincode on Kubernetes.

use std::env;
use std::fs;

use ccs_launch::Failure;
use ccs_launch::kubernetes::{Surroundings, Target};
use ccs_launch::settings::{Settings, Subject};

/// The file with the namespace of a pod's service account.
const OWN_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The file with the name of the host.
const HOST: &str = "/proc/sys/kernel/hostname";

/// The file that lists mounts.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Returns the name of the host, which in a container is usually the container's ID.
#[must_use]
pub fn host() -> Option<String> {
    word(HOST)
}

/// Returns the ID of the container of Docker or podman in which this process runs.
#[must_use]
pub fn container() -> Option<String> {
    container_of(&fs::read_to_string(MOUNTS).ok()?)
}

/// Finds the ID in the path from which an engine mounts the file with the host's name. The name itself may differ from the ID.
fn container_of(mounts: &str) -> Option<String> {
    let is_id = |part: &&str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (from, at) = (fields.next()?, fields.next()?);
        let id = from.split('/').find(is_id)?;
        (at == "/etc/hostname").then(|| id.to_owned())
    })
}

fn word(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Returns the settings of a chaincode on Kubernetes, from the environment of this process.
pub fn target(settings: &Settings, subject: &Subject<'_>) -> Result<Target, Failure> {
    target_with(settings, subject, &|name| env::var(name).ok())
}

/// Like [`target`], but with other variables than those of this process.
pub fn target_with(
    settings: &Settings,
    subject: &Subject<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Target, Failure> {
    let (own_namespace, host) = (word(OWN_NAMESPACE), host());
    let surroundings =
        Surroundings { variable, own_namespace: own_namespace.as_deref(), host: host.as_deref() };
    Target::new(surroundings, settings, subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_is_known_by_the_mount_of_its_hosts_name() {
        let id = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
        let proc = "30 29 0:26 / /proc rw,nosuid - proc proc rw\n";
        for place in [
            format!("/var/lib/docker/containers/{id}/hostname"),
            format!("/containers/storage/overlay-containers/{id}/userdata/hostname"),
        ] {
            let mount = |at: &str| format!("{proc}41 29 8:1 {place} {at} rw,relatime - ext4 /dev/sda1 rw\n");
            assert_eq!(container_of(&mount("/etc/hostname")).as_deref(), Some(id));
            assert_eq!(container_of(&mount("/mnt")), None);
        }
        let pod = "41 29 8:1 /var/lib/kubelet/pods/4f0f/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
        assert_eq!(container_of(&format!("{proc}{pod}")), None);
    }
}
