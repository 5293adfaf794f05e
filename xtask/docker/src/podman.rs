//! The service of podman, with folders, networks and locks of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use rustix::process::{Signal, kill_process};
use xtask_base::processes::running;

/// What differs from podman's defaults:
///
/// - Locks in memory would be those of every other podman of the machine.
/// - Podman raises the limits of containers, which not every root may do (`CAP_SYS_RESOURCE`).
/// - The networks are neither those of another podman nor those of the other checks.
const SETTINGS: &str = r#"
[engine]
lock_type = "file"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[network]
network_config_dir = "RUN/networks"
default_subnet = "10.86.0.0/24"
"#;

/// Docker does without TLS on the loopback; podman has to be told.
const REGISTRIES: &str = "[[registry]]\nlocation = \"127.0.0.1\"\ninsecure = true\n";

/// Prepares the call of the service.
pub(crate) fn service(run: &Path, data: &Path, socket: &str) -> Result<Command> {
    fs::write(run.join("containers.conf"), SETTINGS.replace("RUN", &run.to_string_lossy()))?;
    fs::write(run.join("registries.conf"), REGISTRIES)?;
    let mut command = podman(run, data);
    command.args(["--log-level", "warn", "system", "service", "--time=0", socket]);
    Ok(command)
}

/// Removes every container: podman has no daemon with which they would end.
pub(crate) fn remove_containers(run: &Path, data: &Path) {
    let mut command = podman(run, data);
    command.args(["rm", "--all", "--force", "--volumes", "--time=0"]);
    match command.stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => {}
        outcome => println!("podman does not remove its containers: {outcome:?}; see {}", data.display()),
    }
    // The monitor of each `docker exec` stays for five minutes, and would then make the folders again.
    let of_ours = |folder: &Path| {
        let line = fs::read(folder.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains("conmon") && line.contains(&*data.to_string_lossy())
    };
    for monitor in running(of_ours) {
        let _ = kill_process(monitor, Signal::KILL);
    }
}

fn podman(run: &Path, data: &Path) -> Command {
    let mut command = Command::new("podman");
    // Where memory runs out, the monitor of a container leaves a file in its working directory.
    command.current_dir(run);
    command
        .env("CONTAINERS_CONF", run.join("containers.conf"))
        .env("CONTAINERS_REGISTRIES_CONF", run.join("registries.conf"))
        .arg("--root")
        .arg(data)
        .arg("--runroot")
        .arg(run.join("storage"))
        .arg("--tmpdir")
        .arg(run.join("libpod"));
    command
}
