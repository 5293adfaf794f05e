//! `cargo xtask image`: builds the images with a real Docker engine, and uses them as documented.
//!
//! Nothing is downloaded: the base images are made of this machine's own programs.

mod bases;
mod compose;
mod content;
mod leftovers;
mod page;
mod volumes;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};
use xtask_docker::engine::{Engine, has_buildkit, output};

use self::leftovers::Inventory;
use self::page::Checkout;
use xtask_base::tally::Tally;
use xtask_base::{toolchain, workspace};

/// The image that the engine's own builder makes of the whole Dockerfile.
const DEFAULT: &str = "ccs-test/ccs-builder:default";
/// The same of its target `minimal`.
const MINIMAL: &str = "ccs-test/ccs-builder:minimal";
/// The same of its target `tools`.
const TOOLS: &str = "ccs-test/ccs-builder:tools";
/// What BuildKit makes of the first two.
const AGAIN: [&str; 2] = ["ccs-test/ccs-builder:buildkit", "ccs-test/ccs-builder:buildkit-minimal"];

/// Stands for a commit in the label of the images.
const REVISION: &str = "0000000000000000000000000000000000000000";

/// The most that the images may have: what builder and launcher may, and 2 MiB for busybox.
const MINIMAL_BUDGET_IN_BYTES: u64 = 11 * 1024 * 1024;
const DEFAULT_BUDGET_IN_BYTES: u64 = MINIMAL_BUDGET_IN_BYTES + 2 * 1024 * 1024;

/// The options.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Take the base images that a running engine has, and leave everything there for the next run
    #[arg(long)]
    keep: bool,
    /// The command ccs, for the commands of docs/docker.md; built when this is not given
    #[arg(long, value_name = "FILE")]
    ccs: Option<PathBuf>,
}

/// Builds the images and checks them.
pub fn run(options: &Options) -> Result<Tally> {
    if let Some(missing) = bases::missing() {
        return Ok(toolchain::missing("image", missing));
    }
    let engine = match Engine::find_or_start()? {
        Ok(engine) => engine,
        Err(reason) => return Ok(toolchain::missing("image", reason)),
    };
    let before = Inventory::take(&engine)?;
    let mut tally = check("base images", || bases::make(&engine, options.keep));
    if tally == Tally::PASSED {
        tally += images(&engine, options);
    }
    if options.keep {
        return Ok(tally);
    }
    let has_failed = tally.failed > 0;
    Ok(tally + check("left behind", || before.restore(&engine, has_failed)))
}

fn images(engine: &Engine, options: &Options) -> Tally {
    let built = check("docker build", || build(engine, "0", bases::RUST, &TARGETS));
    if built.failed > 0 {
        return built;
    }
    let size = |image, budget| check(format!("size of {image}"), || content::size(engine, image, budget));
    let entries =
        |image, list| check(format!("content of {image}"), || content::entries(engine, image, list));
    [
        built,
        size(DEFAULT, DEFAULT_BUDGET_IN_BYTES),
        size(MINIMAL, MINIMAL_BUDGET_IN_BYTES),
        entries(DEFAULT, include_str!("default.txt")),
        entries(MINIMAL, include_str!("minimal.txt")),
        entries(TOOLS, include_str!("tools.txt")),
        check("configuration", || content::configuration(engine, DEFAULT, "ccs-builder")),
        check("configuration of minimal", || content::configuration(engine, MINIMAL, "ccs-builder")),
        check("configuration of tools", || content::configuration(engine, TOOLS, "ccs")),
        check("the predecessor's command", || volumes::predecessor(engine)),
        check("install", || volumes::installed(engine)),
        check("install beside a reader", || volumes::atomic(engine)),
        check("the launcher", || volumes::launcher(engine)),
        check("ccs", || volumes::tools(engine)),
        reproduced(engine),
        as_documented(engine, options),
    ]
    .into_iter()
    .sum()
}

/// Runs what docs/docker.md shows, and looks at the Compose file.
fn as_documented(engine: &Engine, options: &Options) -> Tally {
    let taken = |image: &str| engine.output(["image", "inspect", image]).is_ok();
    if let Some(taken) = page::IMAGES.into_iter().find(|image| !options.keep && taken(image)) {
        return toolchain::missing("docs/docker.md", &format!("it would replace the image {taken}"));
    }
    let forms = compose::forms(engine);
    let Some(form) = forms.first() else {
        return toolchain::missing(
            "docs/docker.md",
            "neither docker compose nor docker-compose is installed",
        );
    };
    let checkout = match Checkout::new(engine, form, options.ccs.as_deref()) {
        Ok(checkout) => checkout,
        Err(error) => return check("docs/docker.md", || Err(error)),
    };
    check("docs/docker.md", || checkout.run_page())
        + check("the Compose file", || compose::config(&checkout, &forms))
        + check("the service peer, by a stand-in", || compose::stand_in_for_the_peer(&checkout, form))
}

/// A tag, and the options of `docker build` that choose the target.
type Target<'a> = (&'a str, &'a [&'a str]);

/// Everything in the Dockerfile. The one without an option is the last: the classic builder makes all before it.
const TARGETS: [Target<'static>; 3] =
    [(MINIMAL, &["--target", "minimal"]), (TOOLS, &["--target", "tools"]), (DEFAULT, &[])];

/// The targets that are built once more, from the same programs: compiling them again takes minutes.
const SECOND: [Target<'static>; 2] = [(AGAIN[0], &[]), (AGAIN[1], &["--target", "minimal"])];

/// Builds targets from a clean checkout's files; `buildkit` chooses the builder, `rust` the image that compiles.
fn build(engine: &Engine, buildkit: &str, rust: &str, targets: &[Target<'_>]) -> Result<String> {
    for (tag, target) in targets {
        let mut command = engine.docker(["build", "--network=none", "--tag", tag]);
        for argument in arguments(rust) {
            command.args(["--build-arg", &argument]);
        }
        command.args(*target).arg(".").env("DOCKER_BUILDKIT", buildkit).current_dir(workspace::root());
        output(&mut command)?;
    }
    Ok(targets.iter().map(|(tag, _)| *tag).collect::<Vec<_>>().join(", "))
}

/// The base images of this machine instead of those of Docker Hub, and the profile of `ccs` that compiles faster.
fn arguments(rust: &str) -> [String; 4] {
    [
        format!("RUST_IMAGE={rust}"),
        "TOOLS_PROFILE=dev".to_owned(),
        format!("BUSYBOX_IMAGE={}", bases::BUSYBOX),
        format!("REVISION={REVISION}"),
    ]
}

/// Compares with the layers that the other builder makes from the same programs.
fn reproduced(engine: &Engine) -> Tally {
    let name = "the same layers by BuildKit";
    if !has_buildkit(engine.client()) {
        return toolchain::missing(name, "this docker client cannot use it without buildx");
    }
    check(name, || {
        bases::compiled(engine, MINIMAL)?;
        build(engine, "1", bases::COMPILED, &SECOND)?;
        let mut digests = Vec::new();
        for (one, other) in [DEFAULT, MINIMAL].into_iter().zip(AGAIN) {
            let (one, other) = (content::layers(engine, one)?, content::layers(engine, other)?);
            ensure!(one == other, "{one:?} is not {other:?}");
            digests.extend(one);
        }
        Ok(digests.join(", "))
    })
}

/// Runs a check and prints its result and duration.
fn check(name: impl std::fmt::Display, check: impl FnOnce() -> Result<String>) -> Tally {
    let start = Instant::now();
    let result = check();
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(finding) => {
            println!("passed  {name}: {finding} ({seconds:.1} s)");
            Tally::PASSED
        }
        Err(error) => {
            println!("FAILED  {name}: {error:#} ({seconds:.1} s)");
            Tally::FAILED
        }
    }
}
