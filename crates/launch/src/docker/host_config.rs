//! Limits and privileges of a container: launch.yaml overrides the peer's own settings for its containers.

use serde::Serialize;

use crate::settings::{Bytes, Docker};
use crate::{ExitCode, Failure};

/// The prefix of the variables of these settings.
const VARIABLES: &str = "CORE_VM_DOCKER_HOSTCONFIG_";

/// The default memory of a container, as in the peer's core.yaml.
const MEMORY: u64 = 2 << 30;

/// The default maximum number of processes and threads of a container.
const PROCESSES: u64 = 1000;

/// Limits and privileges of a container, as the engine names them.
///
/// Fabric 3.1 reads the same settings in `internal/peer/node/start.go`, `getDockerHostConfig`; binds, ports and privileges are not
/// among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostConfig {
    /// The memory, in bytes.
    pub memory: i64,
    /// The sum of memory and swap, in bytes.
    pub memory_swap: Option<i64>,
    /// How readily the kernel swaps memory.
    pub memory_swappiness: Option<i64>,
    /// Whether a container that has no memory left waits instead of being killed.
    pub oom_kill_disable: Option<bool>,
    /// The processors, in billionths.
    pub nano_cpus: Option<i64>,
    /// The share of processors.
    pub cpu_shares: Option<i64>,
    /// The processor time in each period, in microseconds.
    pub cpu_quota: Option<i64>,
    /// The period.
    pub cpu_period: Option<i64>,
    /// The processors that may be used.
    pub cpuset_cpus: Option<String>,
    /// The nodes of memory that may be used.
    pub cpuset_mems: Option<String>,
    /// The maximum number of processes and threads.
    pub pids_limit: i64,
    /// The parent control group.
    pub cgroup_parent: Option<String>,
    /// Capabilities that are added.
    pub cap_add: Vec<String>,
    /// Capabilities that are dropped.
    pub cap_drop: Vec<String>,
    /// Servers of DNS.
    pub dns: Vec<String>,
    /// Search domains for names.
    pub dns_search: Vec<String>,
    /// Further names, as `name:address`.
    pub extra_hosts: Vec<String>,
    /// The namespace for inter-process communication.
    pub ipc_mode: Option<String>,
    /// The namespace of processes.
    pub pid_mode: Option<String>,
    /// The namespace for host names.
    pub uts_mode: Option<String>,
    /// Whether the root file system is read-only.
    pub readonly_rootfs: bool,
    /// Security options.
    pub security_opt: Vec<String>,
}

impl HostConfig {
    /// Chooses the settings of a container.
    pub(super) fn choose(
        docker: &Docker,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let read = Variables { variable };
        let limits = &docker.limits;
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let memory = match limits.memory {
            Some(Bytes(bytes)) => Some(signed(bytes)),
            None => read.written("MEMORY")?,
        };
        let cap_drop = read.list("CAPDROP");
        let security_opt = read.list("SECURITYOPT");
        Ok(Self {
            memory: memory.unwrap_or(signed(MEMORY)),
            memory_swap: read.number("MEMORYSWAP")?,
            memory_swappiness: read.written("MEMORYSWAPPINESS")?,
            oom_kill_disable: read.flag("OOMKILLDISABLE")?,
            nano_cpus: limits.cpus.map(signed),
            cpu_shares: read.number("CPUSHARES")?,
            cpu_quota: read.number("CPUQUOTA")?.filter(|_| limits.cpus.is_none()),
            cpu_period: read.number("CPUPERIOD")?.filter(|_| limits.cpus.is_none()),
            cpuset_cpus: read.filled("CPUSETCPUS"),
            cpuset_mems: read.filled("CPUSETMEMS"),
            pids_limit: signed(limits.processes.unwrap_or(PROCESSES)),
            cgroup_parent: read.filled("CGROUPPARENT"),
            cap_add: read.list("CAPADD"),
            cap_drop: if cap_drop.is_empty() { vec!["ALL".to_owned()] } else { cap_drop },
            dns: read.list("DNS"),
            dns_search: read.list("DNSSEARCH"),
            extra_hosts: read.list("EXTRAHOSTS"),
            ipc_mode: read.filled("IPCMODE"),
            pid_mode: read.filled("PIDMODE"),
            uts_mode: read.filled("UTSMODE"),
            readonly_rootfs: read.flag("READONLYROOTFS")?.unwrap_or(false),
            security_opt: if security_opt.is_empty() {
                vec!["no-new-privileges".to_owned()]
            } else {
                security_opt
            },
        })
    }
}

/// The peer's settings, as far as it propagates them.
#[derive(Clone, Copy)]
struct Variables<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    fn filled(self, name: &str) -> Option<String> {
        (self.variable)(&format!("{VARIABLES}{name}")).filter(|value| !value.trim().is_empty())
    }

    /// Reads a list, which the peer splits at white space (viper's `GetStringSlice`).
    fn list(self, name: &str) -> Vec<String> {
        self.filled(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// Reads a number that may be 0.
    fn written(self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.filled(name) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| wrong(name, &text, "a number"))
    }

    fn number(self, name: &str) -> Result<Option<i64>, Failure> {
        // The peer treats 0 as unset.
        Ok(self.written(name)?.filter(|number| *number != 0))
    }

    fn flag(self, name: &str) -> Result<Option<bool>, Failure> {
        let Some(text) = self.filled(name) else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "t" => Ok(Some(true)),
            "false" | "0" | "f" => Ok(Some(false)),
            _ => Err(wrong(name, &text, "true or false")),
        }
    }
}

fn wrong(name: &str, text: &str, expected: &str) -> Failure {
    let shown: String = text.chars().take(60).collect();
    Failure::new(ExitCode::Settings, format!("{VARIABLES}{name} is {shown:?}, not {expected}"))
        .with_hint("the peer reads the same variable; correct it where the peer is started")
}
