//! The container of a plan, as types of the library.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, HostConfigLogConfig, NetworkingConfig, PortBinding,
    RestartPolicy, RestartPolicyNameEnum,
};
use ccs_launch::docker::Plan;
use ccs_launch::settings::Role;

use crate::files::volume;
use crate::image::Found;

/// How much output of a chaincode the engine keeps, as in the peer's core.yaml.
const LOG: [(&str, &str); 2] = [("max-size", "50m"), ("max-file", "5")];

/// Returns the container of a plan in its first network.
pub(crate) fn of(plan: &Plan, image: &Found, network: &str) -> ContainerCreateBody {
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
        restart_policy: Some(RestartPolicy { name: Some(restart(plan.role)), ..RestartPolicy::default() }),
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

/// The peer launches a client again after it has ended, so the engine must not restart it. Only the engine restarts a server.
fn restart(role: Role) -> RestartPolicyNameEnum {
    match role {
        Role::Client => RestartPolicyNameEnum::NO,
        Role::Server => RestartPolicyNameEnum::UNLESS_STOPPED,
    }
}

/// Adds a name for the container in its network.
pub(crate) fn with_alias(mut body: ContainerCreateBody, network: &str, alias: &str) -> ContainerCreateBody {
    let endpoints = [(network.to_owned(), endpoint(Some(alias)))];
    body.networking_config = Some(NetworkingConfig { endpoints_config: Some(endpoints.into()) });
    body
}

/// Returns the settings of a container in a network, with its own name there.
pub(crate) fn endpoint(alias: Option<&str>) -> EndpointSettings {
    EndpointSettings { aliases: alias.map(|alias| vec![alias.to_owned()]), ..EndpointSettings::default() }
}

/// Publishes a port of the container on an address of the host.
pub(crate) fn with_port(mut body: ContainerCreateBody, port: u16, address: &str) -> ContainerCreateBody {
    let inside = format!("{port}/tcp");
    let (host, host_port) = address.rsplit_once(':').unwrap_or_default();
    let binding = PortBinding { host_ip: Some(host.to_owned()), host_port: Some(host_port.to_owned()) };
    body.exposed_ports = Some(vec![inside.clone()]);
    if let Some(config) = &mut body.host_config {
        config.port_bindings = Some([(inside, Some(vec![binding]))].into());
    }
    body
}
