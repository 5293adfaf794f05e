//! The container of a package, as data to show.

use ccs_launch::docker::{Launch, Network, Plan, RUN, Server};
use ccs_launch::settings::{Pull, Role, Subject};
use ccs_launch::{ExitCode, Failure, Image};
use ccs_launch_site::place;
use serde_json::{Map, Value, json};

use super::{Render, certificates};

/// The placeholder for the random part of a launch.
const AT_RANDOM: &str = "of-the-launch";

/// Returns the container of chaincode that dials the peer.
pub(super) fn of_client(render: &Render<'_>, image: &Image) -> Result<Value, Failure> {
    let chaincode = render.chaincode()?;
    let subject = render.subject();
    let settings = &render.site.settings;
    let plan = render.docker(|surroundings| {
        let launch = Launch { surroundings, settings, image, chaincode: &chaincode };
        launch.plan(&subject, AT_RANDOM)
    })?;
    shown(&plan)
}

/// Returns the container of chaincode that the peer dials. Its address is known only when it starts.
pub(super) fn of_server(render: &Render<'_>, image: &Image) -> Result<Value, Failure> {
    let subject = Subject { role: Role::Server, ..render.subject() };
    let plan = render.docker(|surroundings| {
        let server = Server {
            surroundings,
            is_contained: place::container().is_some(),
            settings: &render.site.settings,
            image,
            package_id: subject.package,
            run: AT_RANDOM,
        };
        server.plan(&subject, certificates(image))
    })?;
    shown(&plan.container)
}

fn shown(plan: &Plan) -> Result<Value, Failure> {
    let environment: Map<String, Value> =
        plan.environment.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut limits = serde_json::to_value(&plan.host_config)
        .map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot write settings: {error}")))?;
    if let Some(limits) = limits.as_object_mut() {
        limits.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
    }
    let files: Vec<Value> = plan
        .files
        .iter()
        .map(|file| json!({"path": file.path.to_string_lossy(), "mode": format!("{:04o}", file.mode)}))
        .collect();
    let endpoints: Vec<String> = plan.engine.endpoints.iter().map(ToString::to_string).collect();
    let labels: Map<String, Value> = plan
        .labels
        .iter()
        .filter(|(name, _)| *name != RUN)
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    Ok(json!({
        "engine": endpoints,
        "name": plan.name,
        "image": plan.image.reference(),
        "pull": match plan.pull {
            Pull::IfMissing => "if-missing",
            Pull::Always => "always",
            Pull::Never => "never",
        },
        "network": match &plan.network {
            Network::Named(name) => json!({"name": name}),
            Network::OfPeer { container, otherwise } =>
                json!({"of_container": container, "otherwise": otherwise}),
        },
        "labels": labels,
        "environment": environment,
        "host_config": limits,
        "files": files,
    }))
}
