//! `cargo xtask kubernetes --bench`: compares the time of an install that starts chaincode with that of `kubectl apply` of the same
//! objects and `kubectl rollout status`, in turns on one cluster.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use xtask_base::processes::{succeed, wait_until};
use xtask_base::server_site::ServerSite;
use xtask_base::statistics::median;

use crate::checks::{CONTRACT, Stage};
use crate::names::{Names, with_names};

/// The most that an install may take, as a multiple of the other.
const MOST: f64 = 1.3;

/// The namespace, of the checks.
const NAMESPACE: &str = "free";

/// The label of the package, and its replacement in the names of the other objects.
const LABEL: &str = "bench";
const OTHER: &str = "plain";

/// How long a build may take.
const BUILD: Duration = Duration::from_mins(5);

/// How long the objects of a round may take to be gone.
const GONE: Duration = Duration::from_mins(1);

/// Where a round works.
struct Bench<'a> {
    stage: &'a Stage,
    names: Names,
    site: ServerSite,
}

/// Measures in turns, prints the medians and their ratio, and fails when that is too much. One more round comes first, which does not
/// count: it fills caches.
pub fn run(stage: &Stage, rounds: usize) -> Result<()> {
    let image = stage.image(CONTRACT, "")?;
    let site = ServerSite::new(&stage.builder, (LABEL, &image), "platform: kubernetes\n")?;
    let bench = Bench { stage, names: Names::of(&stage.cluster)?, site };
    bench.installs()?;
    let manifests = bench.manifests()?;
    bench.clean()?;
    bench.applies(&manifests)?;
    bench.clean()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let mut turn = |is_ours: bool| -> Result<()> {
            let (times, time) = if is_ours {
                (&mut ours, bench.installs()?)
            } else {
                (&mut theirs, bench.applies(&manifests)?)
            };
            times.push(time);
            bench.clean()
        };
        turn(round % 2 == 0)?;
        turn(round % 2 == 1)?;
        println!("round {}: install {:.2?}, kubectl {:.2?}", round + 1, ours[round], theirs[round]);
    }
    let [ours, theirs] = [ours, theirs].map(|times| median(times.iter().map(Duration::as_secs_f64)));
    let ratio = ours / theirs;
    println!(
        "medians of {rounds} rounds in turns: install {ours:.2} s, kubectl apply and rollout status {theirs:.2} s; ratio {ratio:.2}"
    );
    ensure!(ratio <= MOST, "an install takes {ratio:.2} times as long; the limit is {MOST}");
    Ok(())
}

impl Bench<'_> {
    /// Has `build` start the chaincode, as an install does; returns how long that took.
    fn installs(&self) -> Result<Duration> {
        fs::remove_dir_all(self.site.path("bld"))?;
        fs::create_dir(self.site.path("bld"))?;
        let mut command = with_names(&self.site.command(), &self.names.file());
        command
            .env("KUBECONFIG_PATH", self.stage.cluster.kubeconfig())
            .env("FABRIC_K8S_BUILDER_NAMESPACE", NAMESPACE);
        let start = Instant::now();
        let output = succeed(&mut command, BUILD)?;
        let time = start.elapsed();
        ensure!(!output.stderr.contains("PRIVATE KEY"), "the build said {}", output.stderr);
        Ok(time)
    }

    /// Returns the same objects, with the keys that an install has made, under other names.
    fn manifests(&self) -> Result<String> {
        let words =
            ["-n", NAMESPACE, "get", "secrets,services,deployments", "-l", "chaincode=bench", "-o", "json"];
        let list: Value = serde_json::from_str(&self.stage.cluster.expect(&words)?)?;
        let mut items = list["items"].as_array().context("there is no list")?.clone();
        ensure!(items.len() == 3, "{} objects instead of 3", items.len());
        for item in &mut items {
            let metadata = json!({
                "name": item["metadata"]["name"], "namespace": NAMESPACE, "labels": item["metadata"]["labels"],
            });
            item["metadata"] = metadata;
            let fields = item.as_object_mut().context("an item is not an object")?;
            fields.remove("status");
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                for assigned in ["clusterIP", "clusterIPs", "ipFamilies"] {
                    spec.remove(assigned);
                }
            }
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        Ok(list.to_string().replace(&format!("ccs-{LABEL}-"), &format!("ccs-{OTHER}-")))
    }

    /// Applies manifests by kubectl, and waits until the Deployment is rolled out; returns how long that took.
    fn applies(&self, manifests: &str) -> Result<Duration> {
        let cluster = &self.stage.cluster;
        let file = self.site.path("manifests.json");
        fs::write(&file, manifests)?;
        let file = file.to_string_lossy();
        let start = Instant::now();
        cluster.expect(&["apply", "-f", &file])?;
        cluster.expect(&[
            "-n",
            NAMESPACE,
            "rollout",
            "status",
            "deployment",
            "-l",
            "chaincode=bench",
            "--timeout=50s",
        ])?;
        Ok(start.elapsed())
    }

    /// Removes everything, so that each turn begins alike.
    fn clean(&self) -> Result<()> {
        let cluster = &self.stage.cluster;
        let words = [
            "-n",
            NAMESPACE,
            "delete",
            "deployments,services,secrets",
            "-l",
            "chaincode=bench",
            "--timeout=50s",
        ];
        cluster.expect(&words)?;
        let pods = || {
            let pods =
                cluster.expect(&["-n", NAMESPACE, "get", "pods", "-l", "chaincode=bench", "-o", "name"])?;
            Ok(pods.trim().is_empty())
        };
        wait_until(GONE, pods).context("a pod stays")
    }
}
