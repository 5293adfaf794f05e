//! The Compose file: both forms of Compose read it, the builder is there before the peer, the peer's setting is right.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use xtask_docker::engine::{Engine, output};

use super::MINIMAL;
use super::bases::BUSYBOX;
use super::page::Checkout;
use xtask_base::toolchain;

/// Finds how Compose can be called here: as a plugin of the client, as a program of its own, or both.
pub(crate) fn forms(engine: &Engine) -> Vec<Vec<String>> {
    let mut forms = Vec::new();
    if engine.output(["compose", "version"]).is_ok() {
        forms.push(vec![engine.client().display().to_string(), "compose".to_owned()]);
    }
    if toolchain::has("docker-compose", "version") {
        forms.push(vec!["docker-compose".to_owned()]);
    }
    forms
}

/// Runs a form of Compose in the folder of the Compose file.
fn compose(checkout: &Checkout<'_>, form: &[String], arguments: &[&str]) -> Command {
    let mut command = checkout.command(&form[0]);
    command.args(&form[1..]).args(arguments).current_dir(checkout.compose_folder()).stdin(Stdio::null());
    command
}

/// Has the file read by each form that is here.
pub(crate) fn config(checkout: &Checkout<'_>, forms: &[Vec<String>]) -> Result<String> {
    for form in forms {
        let listed = output(&mut compose(checkout, form, &["config", "--services"]))?;
        let mut services: Vec<&str> = listed.lines().collect();
        services.sort_unstable();
        ensure!(services == ["ccs-builder", "chaincode", "peer"], "{} finds {services:?}", form.join(" "));
        let tls = ["--file", "compose.yaml", "--file", "tls.yaml", "config"];
        let merged = output(compose(checkout, form, &tls).env("CHAINCODE_USER", "1000:1000"))?;
        ensure!(
            merged.contains("/etc/chaincode/tls"),
            "{} does not mount certificates: {merged}",
            form.join(" ")
        );
    }
    Ok(forms.iter().map(|form| form.join(" ")).collect::<Vec<_>>().join(", "))
}

/// Starts the service `peer` with an image other than a peer, and prints what a peer would see.
pub(crate) fn stand_in_for_the_peer(checkout: &Checkout<'_>, form: &[String]) -> Result<String> {
    fs::create_dir_all(checkout.compose_folder().join("msp"))?;
    let look = "/opt/ccs-builder/bin/detect --version && env";
    let mut run = compose(checkout, form, &["run", "--rm", "peer", "sh", "-c", look]);
    let seen = output(run.env("PEER_IMAGE", BUSYBOX).env("CCS_BUILDER_IMAGE", MINIMAL));
    let down = output(&mut compose(checkout, form, &["down", "--volumes"]));
    let seen = seen?;
    down?;
    ensure!(seen.contains(concat!("ccs-builder ", env!("CARGO_PKG_VERSION"), " (detect)")), "it sees {seen}");
    let prefix = "CORE_CHAINCODE_EXTERNALBUILDERS=";
    let anew = [
        "run",
        "--rm",
        "--user",
        "0",
        "-v",
        "/opt/ccs-builder/bin",
        MINIMAL,
        "install",
        "/opt/ccs-builder/bin",
    ];
    let said = checkout.engine().output(anew)?;
    ensure!(line(&seen, prefix) == line(&said, prefix), "install says {said}\nthe peer sees {seen}");
    Ok("the builder was installed before it started".to_owned())
}

fn line<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.lines().find(|line| line.starts_with(start))
}
