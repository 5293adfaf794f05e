//! Finds or pulls the image.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

use bollard::auth::DockerCredentials;
use bollard::models::{CreateImageInfo, ImageInspect};
use bollard::query_parameters::CreateImageOptionsBuilder;
use ccs_launch::docker::{Credentials, Plan};
use ccs_launch::settings::Pull;
use ccs_launch::{ExitCode, Failure};
use futures_util::StreamExt as _;

use crate::connect::{BETWEEN_TRIES, Engine};
use crate::refusal::Refusal;

/// How long to retry a pull that fails for a temporary reason.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often to report progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// The largest file with credentials, in bytes.
const MAX_CREDENTIALS: u64 = 1 << 20;

/// Texts of a registry or the engine for permanent errors.
const FOR_GOOD: &[&str] = &[
    "not found",
    "manifest unknown",
    "no matching manifest",
    "does not exist",
    "unauthorized",
    "authentication required",
    "no basic auth credentials",
    "denied",
    "invalid reference format",
    "invalid repository name",
    "unsupported",
];

/// An image that the engine has.
pub(crate) struct Found {
    /// The ID or name from which to create containers.
    pub(crate) id: String,
    /// Its processor, by the name in Go.
    pub(crate) architecture: String,
}

/// Finds the image, and pulls it if the plan requires this.
pub(crate) async fn ready(engine: &Engine, plan: &Plan, say: &dyn Fn(&str)) -> Result<Found, Failure> {
    let reference = plan.image.reference();
    let (found, hint) = match (plan.pull, look_up(engine, plan).await?) {
        (Pull::IfMissing | Pull::Never, Some(found)) => return Ok(found),
        (Pull::Never, None) => {
            (None, "docker.pull in launch.yaml is never; load the image, or let it be pulled")
        }
        (Pull::IfMissing, None) | (Pull::Always, _) => {
            pull(engine, plan, say).await?;
            let hint = "the engine pulled it and does not know it by its digest; compare image.json with docker images --digests";
            (look_up(engine, plan).await?, hint)
        }
    };
    found.ok_or_else(|| {
        Failure::new(ExitCode::Image, format!("the engine does not have the image {reference}"))
            .with_hint(hint)
    })
}

/// Looks for the image by its reference, and then only by its digest: an image that was built on the engine has no registry
/// digest, but its ID has the same form and also identifies the content.
async fn look_up(engine: &Engine, plan: &Plan) -> Result<Option<Found>, Failure> {
    let reference = plan.image.reference();
    for name in [&reference, &plan.image.digest].into_iter().filter(|name| !name.is_empty()) {
        match engine.docker.inspect_image(name).await.map_err(|error| Refusal::of(&error)) {
            Ok(ImageInspect { id, architecture, .. }) => {
                return Ok(Some(Found {
                    id: id.unwrap_or_else(|| name.clone()),
                    architecture: architecture.unwrap_or_default(),
                }));
            }
            Err(refusal) if refusal.is_missing() => {}
            Err(refusal) => return Err(failure(&refusal, &format!("look for the image {reference}"))),
        }
    }
    Ok(None)
}

async fn pull(engine: &Engine, plan: &Plan, say: &dyn Fn(&str)) -> Result<(), Failure> {
    let reference = plan.image.reference();
    let credentials = credentials(plan, say)?;
    say(&format!("pulls the image {reference}"));
    let begin = Instant::now();
    loop {
        let Err(refusal) = pull_once(engine, &reference, credentials.clone(), say).await else { break };
        if begin.elapsed() >= PATIENCE || refusal.says(FOR_GOOD) {
            return Err(failure(&refusal, &format!("pull the image {reference}")));
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    say(&format!("pulled the image in {:.1} s", begin.elapsed().as_secs_f64()));
    Ok(())
}

async fn pull_once(
    engine: &Engine,
    reference: &str,
    credentials: Option<DockerCredentials>,
    say: &dyn Fn(&str),
) -> Result<(), Refusal> {
    let mut options = CreateImageOptionsBuilder::new().from_image(reference);
    if !reference.rsplit('/').next().unwrap_or_default().contains([':', '@']) {
        // Without a tag, an engine pulls all tags.
        options = options.tag("latest");
    }
    let mut lines = engine.patient.create_image(Some(options.build()), None, credentials);
    let mut progress = Progress::default();
    while let Some(line) = lines.next().await {
        let line = line.map_err(|error| Refusal::of(&error))?;
        if let Some(text) = progress.after(line) {
            say(&text);
        }
    }
    Ok(())
}

/// The progress of the layers.
struct Progress {
    layers: BTreeMap<String, (i64, i64)>,
    told: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self { layers: BTreeMap::new(), told: Instant::now() }
    }
}

impl Progress {
    /// Takes a line of the engine, and returns a progress line from time to time.
    fn after(&mut self, line: CreateImageInfo) -> Option<String> {
        /// A limit above the number of layers that an image can have.
        const MOST: usize = 256;
        if let (Some(layer), Some(detail)) = (line.id, line.progress_detail)
            && let (Some(current), Some(total)) = (detail.current, detail.total)
            && (self.layers.len() < MOST || self.layers.contains_key(&layer))
        {
            self.layers.insert(layer, (current, total));
        }
        if self.told.elapsed() < PROGRESS {
            return None;
        }
        self.told = Instant::now();
        let sum =
            |part: fn(&(i64, i64)) -> i64| self.layers.values().map(part).fold(0, i64::saturating_add) >> 20;
        Some(format!("pulling: {} of {} MiB", sum(|layer| layer.0), sum(|layer| layer.1)))
    }
}

/// Reads the credentials for the registry of the image.
fn credentials(plan: &Plan, say: &dyn Fn(&str)) -> Result<Option<DockerCredentials>, Failure> {
    let Some(path) = &plan.credentials else { return Ok(None) };
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_CREDENTIALS).read_to_end(&mut content));
    if let Err(error) = read {
        let reason = format!("cannot read the credentials in {}: {error}", path.display());
        return Err(Failure::new(ExitCode::Settings, reason).with_hint(
            "docker.credentials in launch.yaml, or DOCKER_CONFIG, names what docker login writes",
        ));
    }
    match Credentials::find(&content, &plan.image.name) {
        Ok(found) => {
            Ok(found.map(|Credentials { registry, user, password, identity_token }| DockerCredentials {
                username: Some(user),
                password: Some(password),
                serveraddress: Some(registry),
                identitytoken: identity_token,
                ..DockerCredentials::default()
            }))
        }
        Err(problem) => {
            say(&format!("warning: pulls without credentials: {}: {problem}", path.display()));
            Ok(None)
        }
    }
}

fn failure(refusal: &Refusal, attempt: &str) -> Failure {
    refusal.failure(
        attempt,
        ExitCode::Image,
        "see name and digest in image.json, and the credentials of the registry: docker.credentials in launch.yaml",
    )
}
