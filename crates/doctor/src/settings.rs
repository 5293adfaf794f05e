//! The settings of core.yaml that concern chaincode, with checks of each.

use ccs_files::GoDuration;
use ccs_host::ExternalBuilder;
use ccs_report::Finding;
use serde_json::Value;

use crate::core_yaml::{CoreYaml, Duplicate, Setting};
use crate::misplaced;
use crate::yaml::field;

/// The settings for the rest of the examination.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The builders in the order in which the peer calls them, each with its place in the configuration.
    pub(crate) builders: Vec<(ExternalBuilder, String)>,
    /// Docker's address; empty if there is none.
    pub(crate) docker: String,
}

/// The keys of an entry of externalBuilders.
const BUILDER_KEYS: [&str; 4] = ["name", "path", "propagateEnvironment", "environmentWhitelist"];

const SECOND: i64 = 1_000_000_000;

impl Settings {
    pub(crate) fn read(core: &CoreYaml<'_>, findings: &mut Vec<Finding>) -> Self {
        duplicate(core, findings);
        let builders = builders(core, findings);
        let are_misplaced = misplaced::check(core, findings);
        let docker = core.scalar("vm.endpoint").map(|setting| setting.value).unwrap_or_default();
        endpoint(core, &docker, builders.is_empty() && !are_misplaced, findings);
        timeouts(core, findings);
        if let Some(mode) = core.scalar("chaincode.mode").filter(|mode| mode.value == "dev") {
            let finding = Finding::warning("development-mode", mode.at, "the peer is in development mode");
            findings.push(finding.hint(
                "any process that can connect to the chaincode port can act as any chaincode; use net",
            ));
        }
        Self { builders, docker }
    }
}

fn duplicate(core: &CoreYaml<'_>, findings: &mut Vec<Finding>) {
    let Some(Duplicate { key, lines: (first, second) }) = core.duplicate() else { return };
    let message = format!("line {second} defines {key:?} again, after line {first}");
    // Seen on peers of both releases.
    let hint = "merge the two: a peer of Fabric 3.1 does not start, and one of 2.5 uses the second one alone";
    findings.push(Finding::error("duplicate-key", "core.yaml", message).hint(hint));
}

fn builders(core: &CoreYaml<'_>, findings: &mut Vec<Finding>) -> Vec<(ExternalBuilder, String)> {
    let Setting { value, at } = match core.tree(misplaced::KEY) {
        Ok(setting) => setting,
        Err(Setting { value, at }) => {
            let finding = Finding::error("builders-malformed", at, format!("it is not YAML: {value}"));
            findings.push(finding.hint("write it like [{name: ccaas_builder, path: /opt/ccs-builder}]"));
            return Vec::new();
        }
    };
    match value {
        Value::Null => Vec::new(),
        Value::Array(entries) => {
            let named = entries.iter().enumerate();
            named.filter_map(|(number, entry)| builder(entry, format!("{at}[{number}]"), findings)).collect()
        }
        _ => {
            findings.push(Finding::error("builders-malformed", at, "it is not a list of builders"));
            Vec::new()
        }
    }
}

fn builder(entry: &Value, at: String, findings: &mut Vec<Finding>) -> Option<(ExternalBuilder, String)> {
    let Some(object) = entry.as_object() else {
        findings.push(Finding::error("builders-malformed", at, "it is not an object with name and path"));
        return None;
    };
    for key in object.keys().filter(|key| !BUILDER_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))) {
        let finding = Finding::warning("unknown-key", &at, format!("the peer does not know the key {key:?}"));
        findings.push(finding.hint(format!("the keys are {}", BUILDER_KEYS.join(", "))));
    }
    let text = |name| field(entry, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, path) = (text("name"), text("path"));
    // The texts and their order are those of the peer (Fabric 3.1 `core/peer/config.go`).
    if path.is_empty() {
        let message =
            "invalid external builder configuration, path attribute missing in one or more builders";
        findings.push(
            Finding::error("builder-path-missing", &at, message)
                .hint("the peer does not start; set path to the folder above bin"),
        );
        return None;
    }
    if name.is_empty() {
        let message = format!("external builder at path {path} has no name attribute");
        findings.push(
            Finding::error("builder-name-missing", &at, message)
                .hint("the peer does not start; set a name and never change it, because builds record it"),
        );
    }
    let propagate_environment = propagated(entry, &at, findings);
    Some((ExternalBuilder { name, path: path.into(), propagate_environment }, at))
}

fn propagated(entry: &Value, at: &str, findings: &mut Vec<Finding>) -> Vec<String> {
    let mut list = |key: &str| {
        let value = field(entry, key).filter(|value| !value.is_null())?;
        let names = value.as_array().map(|names| names.iter().map(|name| name.as_str().map(str::to_owned)));
        let names = names.and_then(Iterator::collect::<Option<Vec<String>>>);
        if names.is_none() {
            findings.push(
                Finding::error("propagation-malformed", format!("{at}.{key}"), "it is not a list of names")
                    .hint("write a list: - CORE_PEER_ID"),
            );
        }
        names
    };
    // The old list is used if the new one is absent or empty.
    let current = list("propagateEnvironment").filter(|names| !names.is_empty());
    let old = list("environmentWhitelist");
    if old.is_some() {
        let (message, hint) = if current.is_some() {
            ("environmentWhitelist has no effect if propagateEnvironment is set", "merge the two lists")
        } else {
            (
                "environmentWhitelist is the deprecated name of propagateEnvironment",
                "rename the key, unless the peer is Fabric 2.0 or 2.1, which know only this name",
            )
        };
        findings.push(Finding::warning("deprecated-key", at, message).hint(hint));
    }
    current.or(old).unwrap_or_default()
}

fn endpoint(core: &CoreYaml<'_>, docker: &str, no_builders: bool, findings: &mut Vec<Finding>) {
    const KEY: &str = "vm.endpoint";
    if let Some(variable) = core.empty_variable(KEY) {
        let message =
            format!("the variable is empty, which the peer treats as absent: {KEY} stays {docker:?}");
        findings.push(
            Finding::warning("variable-empty", variable, message)
                .hint("to disable Docker, set vm.endpoint in core.yaml itself to an empty value"),
        );
    }
    if !no_builders {
        return;
    }
    findings.push(if docker.is_empty() {
        Finding::error("no-way-to-build", KEY, "VMEndpoint not set and no ExternalBuilders defined")
            .hint("the peer does not start; configure chaincode.externalBuilders")
    } else {
        Finding::warning(
            "no-builders",
            misplaced::KEY,
            "no builders are configured: all packages go to Docker",
        )
        .hint("`ccs-builder install DIR` installs a builder and prints its settings")
    });
}

/// Durations: the key, the minimum in seconds, and the consequence of a shorter or absent value.
const TIMEOUTS: [(&str, i64, &str); 3] = [
    ("chaincode.installTimeout", 10, "no build will finish in that time"),
    ("chaincode.startuptimeout", 5, "the peer uses 5s for anything shorter"),
    ("chaincode.executetimeout", 1, "the peer uses 30s for anything shorter"),
];

fn timeouts(core: &CoreYaml<'_>, findings: &mut Vec<Finding>) {
    for (key, least_in_seconds, consequence) in TIMEOUTS {
        let Some(Setting { value, at }) = core.scalar(key) else { continue };
        // Viper interprets a number without a unit as nanoseconds.
        let without_unit = value.parse::<i64>().ok();
        let duration = without_unit.or_else(|| value.parse::<GoDuration>().ok().map(GoDuration::nanoseconds));
        let Some(nanoseconds) = duration else {
            let finding = Finding::error(
                "timeout-malformed",
                at,
                format!("{value:?} is not a duration; the peer uses 0"),
            );
            findings.push(finding.hint("write a number with its unit, such as 300s"));
            continue;
        };
        if nanoseconds < least_in_seconds * SECOND {
            let unit = if without_unit.is_some_and(|number| number > 0) {
                " without a unit is nanoseconds"
            } else {
                ""
            };
            let finding = Finding::warning("timeout-short", at, format!("{value}{unit}: {consequence}"));
            findings.push(finding.hint("write a number with its unit, such as 300s"));
        } else if nanoseconds > 3_600 * SECOND {
            let message = format!("{value} is more than an hour: clients see no error until then");
            findings.push(Finding::warning("timeout-long", at, message));
        }
    }
}
