//! The container: made, looked up, removed.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use bollard::body_full;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, EndpointSettings, HostConfig, HostConfigLogConfig,
    NetworkConnectRequest, RestartPolicy, RestartPolicyNameEnum,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, StopContainerOptionsBuilder,
    UploadToContainerOptionsBuilder,
};
use ccs_launch::docker::{Network, Plan, RUN};
use ccs_launch::shim::File;
use ccs_launch::{ExitCode, Failure};

use crate::connect::Engine;
use crate::image::Found;
use crate::refusal::Refusal;

/// How often a container of the same name may come back while this one is made.
const TRIES: usize = 3;

/// How many seconds the chaincode may take to end after SIGTERM: the launch has to be gone after three, also on a busy machine.
const GRACE: i32 = 1;

/// How much the engine keeps of what a chaincode writes: as in the peer's core.yaml.
const LOG: [(&str, &str); 2] = [("max-size", "50m"), ("max-file", "5")];

/// What the engine says of a command that cannot be executed.
const NOT_EXECUTABLE: &[&str] = &[
    "executable file not found",
    "no such file or directory",
    "permission denied",
    "exec format error",
    "not a directory",
];

/// Makes the container, removes an older one of the same name first, and starts it; returns its ID.
pub(crate) async fn start(
    engine: &Engine,
    plan: &Plan,
    image: &Found,
    say: &dyn Fn(&str),
) -> Result<String, Failure> {
    let networks = networks(engine, plan).await?;
    let id = create(engine, plan, image, &networks, say).await?;
    for network in networks.iter().skip(1) {
        connect(engine, &id, network).await?;
    }
    upload(engine, plan, &id).await?;
    engine.docker.start_container(&id, None).await.map_err(|error| not_started(&Refusal::of(&error)))?;
    Ok(id)
}

/// Returns the networks of the container; the first one is given when it is made.
async fn networks(engine: &Engine, plan: &Plan) -> Result<Vec<String>, Failure> {
    let (container, otherwise) = match &plan.network {
        Network::Named(name) => return Ok(vec![name.clone()]),
        Network::OfPeer { container, otherwise } => (container, otherwise),
    };
    match look_up(engine, container).await {
        Ok(peer) => {
            let networks = peer.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
            let mut names: Vec<_> = networks.into_keys().collect();
            names.sort();
            Ok(if names.is_empty() { vec![otherwise.clone()] } else { names })
        }
        Err(refusal) if refusal.is_missing() => Ok(vec![otherwise.clone()]),
        Err(refusal) => Err(refusal.failure(
            "look for the container of the peer",
            ExitCode::Settings,
            "docker.network in launch.yaml names the network in its place",
        )),
    }
}

async fn create(
    engine: &Engine,
    plan: &Plan,
    image: &Found,
    networks: &[String],
    say: &dyn Fn(&str),
) -> Result<String, Failure> {
    let body = body(plan, image, networks.first().map_or("host", String::as_str));
    let options = CreateContainerOptionsBuilder::new().name(&plan.name).build();
    for last in (0..TRIES).rev() {
        if remove(engine, &plan.name).await? {
            say(&format!("removed the older container {}", plan.name));
        }
        match engine.docker.create_container(Some(options.clone()), body.clone()).await {
            Ok(created) => return Ok(created.id),
            Err(error) => {
                let refusal = Refusal::of(&error);
                if refusal.status == Some(409) && last > 0 {
                    continue;
                }
                return Err(not_created(&refusal, &plan.name));
            }
        }
    }
    Err(Failure::new(ExitCode::NotReady, format!("the name {} of the container is taken", plan.name)))
}

fn not_created(refusal: &Refusal, name: &str) -> Failure {
    let attempt = format!("create the container {name}");
    if refusal.says(&["no command specified", "no such image"]) {
        return refusal.failure(
            &attempt,
            ExitCode::Image,
            "an image of a chaincode has a command that starts it",
        );
    }
    let code = match refusal.status {
        Some(400..=499) => ExitCode::Settings,
        _ => ExitCode::NotReady,
    };
    refusal.failure(
        &attempt,
        code,
        "see docker in launch.yaml, and CORE_VM_DOCKER_HOSTCONFIG_* where the peer is started",
    )
}

fn not_started(refusal: &Refusal) -> Failure {
    let attempt = "start the container";
    if refusal.says(NOT_EXECUTABLE) {
        return refusal.failure(
            attempt,
            ExitCode::Image,
            "see the command of the image, and the processor that it is built for",
        );
    }
    let code = if refusal.says(&["network"]) { ExitCode::Settings } else { ExitCode::NotReady };
    refusal.failure(attempt, code, "see the network and the limits under docker in launch.yaml")
}

fn body(plan: &Plan, image: &Found, network: &str) -> ContainerCreateBody {
    let config = &plan.host_config;
    let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let host_config = HostConfig {
        memory: Some(config.memory),
        memory_swap: config.memory_swap,
        memory_swappiness: config.memory_swappiness,
        oom_kill_disable: config.oom_kill_disable,
        nano_cpus: config.nano_cpus,
        cpu_shares: config.cpu_shares,
        cpu_quota: config.cpu_quota,
        cpu_period: config.cpu_period,
        cpuset_cpus: config.cpuset_cpus.clone(),
        cpuset_mems: config.cpuset_mems.clone(),
        pids_limit: Some(config.pids_limit),
        cgroup_parent: config.cgroup_parent.clone(),
        cap_add: some(&config.cap_add),
        cap_drop: some(&config.cap_drop),
        dns: some(&config.dns),
        dns_search: some(&config.dns_search),
        extra_hosts: some(&config.extra_hosts),
        ipc_mode: config.ipc_mode.clone(),
        pid_mode: config.pid_mode.clone(),
        uts_mode: config.uts_mode.clone(),
        readonly_rootfs: Some(config.readonly_rootfs),
        security_opt: some(&config.security_opt),
        network_mode: Some(network.to_owned()),
        // A chaincode that ends is launched by the peer: the engine must never start it again.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            ..RestartPolicy::default()
        }),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(LOG.map(|(name, value)| (name.to_owned(), value.to_owned())).into()),
        }),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.id.clone()),
        env: Some(plan.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        labels: Some(
            plan.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<HashMap<_, _>>(),
        ),
        volumes: volume(plan).map(|folder| vec![folder.to_owned()]),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    }
}

async fn connect(engine: &Engine, id: &str, network: &str) -> Result<(), Failure> {
    let request = NetworkConnectRequest {
        container: id.to_owned(),
        endpoint_config: Some(EndpointSettings::default()),
    };
    engine.docker.connect_network(network, request).await.map_err(|error| {
        Refusal::of(&error).failure(
            &format!("connect the container to the network {network} of the peer"),
            ExitCode::Settings,
            "docker.network in launch.yaml names one network in place of those of the peer",
        )
    })
}

/// Returns the folder of the files where it has to be a volume: an engine takes no files into a root file system that is only read.
fn volume(plan: &Plan) -> Option<&str> {
    let folder = plan.files.first()?.path.parent()?;
    folder.to_str().filter(|_| plan.host_config.readonly_rootfs)
}

/// Puts the files into the container.
async fn upload(engine: &Engine, plan: &Plan, id: &str) -> Result<(), Failure> {
    if plan.files.is_empty() {
        return Ok(());
    }
    let root = volume(plan).unwrap_or("/");
    let archive = archive(&plan.files, Path::new(root)).map_err(|error| {
        Failure::new(
            ExitCode::InputOutput,
            format!("cannot pack the certificates for the container: {error}"),
        )
    })?;
    let options = UploadToContainerOptionsBuilder::new().path(root).build();
    let uploaded = engine.docker.upload_to_container(id, Some(options), body_full(archive.into())).await;
    uploaded.map_err(|error| {
        Refusal::of(&error).failure(
            "put the certificates into the container",
            ExitCode::NotReady,
            "the image must let files be written below /etc/hyperledger/fabric",
        )
    })
}

/// Packs files with the folders above them, by their paths below a folder.
fn archive(files: &[File], root: &Path) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut folders: Vec<_> = files
        .iter()
        .filter_map(|file| file.path.parent()?.strip_prefix(root).ok())
        // That of the system stays as it is.
        .flat_map(|folder| folder.ancestors().filter(|folder| folder.components().count() > 1))
        .collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        let mut header = header(tar::EntryType::Directory, 0o755, 0);
        archive.append_data(&mut header, folder, std::io::empty())?;
    }
    for file in files {
        let path = file.path.strip_prefix(root).unwrap_or(&file.path);
        let mut header = header(tar::EntryType::Regular, file.mode, file.content.len() as u64);
        archive.append_data(&mut header, path, file.content.as_slice())?;
    }
    archive.into_inner()
}

fn header(entry_type: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(entry_type);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// Looks a container up by its name or ID.
pub(crate) async fn look_up(engine: &Engine, container: &str) -> Result<ContainerInspectResponse, Refusal> {
    engine.docker.inspect_container(container, None).await.map_err(|error| Refusal::of(&error))
}

/// Returns the launch that a container belongs to.
pub(crate) fn run_of(container: &ContainerInspectResponse) -> Option<&str> {
    container.config.as_ref()?.labels.as_ref()?.get(RUN).map(String::as_str)
}

/// How long the engine may take to stop a container: longer than its grace, and short of the time for the removal.
const STOP: Duration = Duration::from_secs(2);

/// Asks a container to end, and ends it when it does not in time.
pub(crate) async fn stop(engine: &Engine, id: &str) {
    let options = StopContainerOptionsBuilder::new().t(GRACE).build();
    // A container that does not end in time is ended by the removal.
    let _ = tokio::time::timeout(STOP, engine.docker.stop_container(id, Some(options))).await;
}

/// Removes a container with its volumes; tells whether there was one.
pub(crate) async fn remove(engine: &Engine, container: &str) -> Result<bool, Failure> {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    match engine.docker.remove_container(container, Some(options)).await.map_err(|error| Refusal::of(&error))
    {
        Ok(()) => Ok(true),
        // Another call removes it already.
        Err(refusal) if refusal.is_missing() || refusal.says(&["already in progress"]) => Ok(false),
        Err(refusal) => Err(refusal.failure(
            &format!("remove the container {container}"),
            ExitCode::NotReady,
            "remove it by hand: docker rm --force",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_holds_the_files_and_the_folders_above_them() {
        let file = |name: &str, content: &str| File {
            path: Path::new("/etc/hyperledger/fabric").join(name),
            content: content.into(),
            mode: 0o644,
        };
        let files = [file("peer.crt", "ROOT"), file("client.key", "KEY")];
        let entries = |root: &str| {
            let archive = archive(&files, Path::new(root)).unwrap();
            let mut archive = tar::Archive::new(archive.as_slice());
            let entries = archive.entries().unwrap().map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = String::new();
                std::io::Read::read_to_string(&mut entry, &mut content).unwrap();
                let header = entry.header();
                format!(
                    "{} {:o} {} {content}",
                    entry.path().unwrap().display(),
                    header.mode().unwrap(),
                    header.uid().unwrap()
                )
            });
            entries.collect::<Vec<_>>()
        };
        assert_eq!(
            entries("/"),
            [
                "etc/hyperledger 755 0 ",
                "etc/hyperledger/fabric 755 0 ",
                "etc/hyperledger/fabric/peer.crt 644 0 ROOT",
                "etc/hyperledger/fabric/client.key 644 0 KEY",
            ]
        );
        assert_eq!(entries("/etc/hyperledger/fabric"), ["peer.crt 644 0 ROOT", "client.key 644 0 KEY"]);
    }
}
