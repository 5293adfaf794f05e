//! The host with fake builders: small shell scripts that do one thing each (`fixtures/builders`).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ccs_files::PackageId;
use ccs_host::{
    BuildError, BuildEvent, BuildHost, BuildLimits, DurableBuild, ExternalBuilder, PackageSource, StepOutcome,
};

const METADATA: &[u8] = br#"{"type":"fake","label":"basic"}"#;

fn package_id() -> PackageId {
    format!("basic:{}", "5f".repeat(32)).parse().unwrap()
}

fn builder(fixture: &str) -> ExternalBuilder {
    ExternalBuilder {
        name: fixture.to_owned(),
        path: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/builders").join(fixture),
        propagate_environment: vec!["CONFIG".to_owned()],
    }
}

/// Folder of a test, and the events of the host in it.
struct Place {
    root: tempfile::TempDir,
    limits: BuildLimits,
    said: Vec<String>,
}

/// Time limit for tests that wait for its end.
const SHORT: Duration = Duration::from_millis(300);

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["tmp", "source"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("source/connection.json"), r#"{"address":"a:1"}"#).unwrap();
        // Long enough for a busy machine. A test that waits for a limit shortens it.
        let long = Duration::from_mins(1);
        let limits = BuildLimits { install: long, held_stderr: long, unread_stderr: long };
        Self { root, limits, said: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn host(&self, builders: Vec<ExternalBuilder>) -> BuildHost {
        let path = std::env::var("PATH").unwrap();
        BuildHost::new(builders, &self.path("peer"))
            .with_temporary_folder(&self.path("tmp"))
            .with_environment([
                ("PATH", path.as_str()),
                ("CONFIG", "{}"),
                ("HOME", "/h"),
                ("CORE_PEER_ID", "p"),
            ])
            .with_limits(self.limits)
    }

    async fn build_with(&mut self, builders: Vec<ExternalBuilder>) -> Result<DurableBuild, BuildError> {
        let (host, id, source) = (self.host(builders), package_id(), self.path("source"));
        let said = &mut self.said;
        let result = host
            .build(PackageSource::from_folder(&id, METADATA, &source), &mut |event| said.push(shown(&event)))
            .await;
        assert_eq!(names(&self.path("tmp")), Vec::<String>::new(), "the scratch folder is still there");
        result
    }

    async fn build(&mut self, fixtures: &[&str]) -> Result<DurableBuild, BuildError> {
        self.build_with(fixtures.iter().map(|fixture| builder(fixture)).collect()).await
    }

    async fn failure(&mut self, fixture: &str) -> String {
        self.build(&[fixture]).await.unwrap_err().to_string()
    }

    fn durable(&self) -> PathBuf {
        self.path("peer/externalbuilder/builds").join(package_id().sanitized())
    }
}

fn shown(event: &BuildEvent<'_>) -> String {
    match event {
        BuildEvent::CacheHit { builder } => format!("{builder}: cached"),
        BuildEvent::StepStarted { builder, step } => format!("{builder} {step}: started"),
        BuildEvent::StderrLine { builder, step, line } => format!("{builder} {step}| {line}"),
        BuildEvent::StderrStopped { builder, step, reason } => format!("{builder} {step}: {reason}"),
        BuildEvent::StepEnded { builder, step, outcome: StepOutcome::Success, .. } => {
            format!("{builder} {step}: done")
        }
        BuildEvent::StepEnded { builder, step, outcome: StepOutcome::Failure(why), .. } => {
            format!("{builder} {step}: {why}")
        }
        BuildEvent::ReleaseSkipped { builder } => format!("{builder}: release skipped"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// Kills a process that a test's builder has left behind.
fn kill(process: &str) {
    assert!(std::process::Command::new("kill").arg(process).status().unwrap().success());
}

#[tokio::test]
async fn the_builder_that_takes_a_package_is_found_without_building() {
    let place = Place::new();
    let (id, source) = (package_id(), place.path("source"));
    let host = place.host(vec![builder("refuses"), builder("good")]);
    let detecting_builder = host
        .detecting_builder(PackageSource::from_folder(&id, METADATA, &source), &mut |_| {})
        .await
        .unwrap();
    assert_eq!(detecting_builder, "good");
    assert!(!place.path("peer").exists(), "nothing is kept");
    let host = place.host(vec![builder("refuses")]);
    let nobody = host
        .detecting_builder(PackageSource::from_folder(&id, METADATA, &source), &mut |_| {})
        .await
        .unwrap_err();
    assert!(matches!(nobody, BuildError::NoBuilder), "{nobody}");
}

#[tokio::test]
async fn the_first_builder_that_detects_the_package_builds_and_releases_it() {
    let mut place = Place::new();
    let build = place.build(&["refuses", "no-such-builder", "good", "build-fails"]).await.unwrap();
    assert_eq!((build.builder.as_str(), build.cached), ("good", false));
    let missing = builder("no-such-builder").path.join("bin/detect");
    assert_eq!(
        place.said,
        [
            "refuses detect: started",
            "refuses detect| not mine",
            "refuses detect: exit status 1",
            "no-such-builder detect: started",
            &format!(
                "no-such-builder detect: fork/exec {}: No such file or directory (os error 2)",
                missing.display()
            ),
            "good detect: started",
            r#"good detect| taking {"type":"fake","label":"basic"}"#,
            "good detect: done",
            "good build: started",
            "good build| arguments: 3 src metadata bld",
            "good build: done",
            "good release: started",
            "good release: done",
        ]
    );
    assert_eq!(text(&build.connection_file().unwrap()), r#"{"address":"a:1"}"#);
}

#[tokio::test]
async fn programs_see_the_folders_modes_and_environment_of_a_peer() {
    let mut place = Place::new();
    let build = place.build(&["good"]).await.unwrap();
    let bld = build.build_folder();
    assert_eq!(text(&bld.join("metadata.json")).as_bytes(), METADATA);
    assert_eq!(text(&bld.join("environment")), "CONFIG\nPATH\n");
    assert_eq!(text(&bld.join("streams")), "/dev/null\n/dev/null\n");
    let scratch = text(&bld.join("scratch")).trim().to_owned();
    assert_eq!(PackageId::from_scratch_folder(&scratch), Some(package_id()), "{scratch}");
    let modes = format!("700 {scratch}\n700 src\n700 metadata\n700 metadata.json\n700 bld\n");
    assert_eq!(text(&bld.join("modes")), modes);
}

#[tokio::test]
async fn the_durable_build_has_the_names_and_modes_of_a_peer() {
    let mut place = Place::new();
    let build = place.build(&["good"]).await.unwrap();
    assert_eq!(build.path, place.durable());
    assert_eq!(names(&build.path), ["bld", "build-info.json", "release"]);
    assert_eq!(text(&build.path.join("build-info.json")), r#"{"builder_name":"good"}"#);
    let expected = [
        ("", 0o700),
        ("build-info.json", 0o600),
        ("bld", 0o700),
        ("bld/environment", 0o644),
        ("release", 0o700),
        ("release/chaincode/server", 0o700),
        ("release/chaincode/server/connection.json", 0o600),
    ];
    for (name, expected) in expected {
        assert_eq!(mode(&build.path.join(name)), expected, "{name}");
    }
}

#[tokio::test]
async fn without_a_builder_that_wants_the_package_docker_is_what_remains() {
    let mut place = Place::new();
    assert_eq!(place.failure("refuses").await, "docker build failed: docker build is disabled");
}

#[tokio::test]
async fn a_failing_build_is_told_in_the_words_of_the_peer() {
    let mut place = Place::new();
    assert_eq!(
        place.failure("build-fails").await,
        "external builder failed: external builder failed to build: external builder 'build-fails' failed: exit status 12"
    );
    assert!(place.said.contains(&"build-fails build| template: no such key".to_owned()));
    assert!(!place.durable().exists());
}

#[tokio::test]
async fn a_release_ended_by_a_signal_fails_the_build() {
    let mut place = Place::new();
    assert_eq!(
        place.failure("release-fails").await,
        "external builder failed: external builder failed to release: builder 'release-fails' release failed: signal: killed"
    );
}

#[tokio::test]
async fn a_release_that_is_not_executable_is_skipped() {
    let mut place = Place::new();
    let build = place.build(&["release-not-executable"]).await.unwrap();
    assert_eq!(place.said.last().unwrap(), "release-not-executable: release skipped");
    assert_eq!(build.connection_file(), None);
    assert_eq!(names(&build.release_folder()), Vec::<String>::new());
}

#[tokio::test]
async fn a_builder_without_build_is_chosen_all_the_same() {
    let mut place = Place::new();
    let program = builder("no-build").path.join("bin/build");
    assert_eq!(
        place.build(&["no-build", "good"]).await.unwrap_err().to_string(),
        format!(
            "external builder failed: external builder failed to build: external builder 'no-build' failed: \
             fork/exec {}: No such file or directory (os error 2)",
            program.display()
        )
    );
}

#[tokio::test]
async fn a_line_of_70_kib_stops_the_reading_of_stderr_and_not_the_build() {
    let mut place = Place::new();
    place.build(&["long-line"]).await.unwrap();
    assert_eq!(
        place.said[2..],
        [
            "long-line build: started",
            "long-line build| before",
            "long-line build: command output scanning failed: bufio.Scanner: token too long",
            "long-line build: done",
            "long-line: release skipped",
        ]
    );
}

#[tokio::test]
async fn a_program_that_blocks_on_its_unread_stderr_is_reported() {
    let mut place = Place::new();
    place.limits.unread_stderr = SHORT;
    let failure = place.build(&["endless-line"]).await.unwrap_err();
    let expected = "the program is still running 300ms after its stderr was ignored because of a line of more than 64 KiB";
    assert!(failure.to_string().ends_with(expected), "{failure}");
    assert_eq!(failure.hint().unwrap(), "a peer would wait forever; write shorter lines to stderr");
}

#[tokio::test]
async fn a_background_child_that_holds_stderr_is_reported() {
    let mut place = Place::new();
    place.limits.held_stderr = SHORT;
    let failure = place.build(&["holds-stderr"]).await.unwrap_err();
    let expected = "the program exited but a process it started still holds its stderr after 300ms";
    assert!(failure.to_string().ends_with(expected), "{failure}");
    kill(place.said[3].rsplit(' ').next().unwrap());
}

#[tokio::test]
async fn a_detect_that_would_keep_a_peer_waiting_is_no_plain_no() {
    let mut place = Place::new();
    place.limits.held_stderr = SHORT;
    let failure = place.build(&["detect-holds-stderr", "good"]).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "external builder failed: external builder 'detect-holds-stderr' detect: the program exited but a process it \
         started still holds its stderr after 300ms"
    );
    kill(place.said[1].rsplit(' ').next().unwrap());
}

#[tokio::test]
async fn a_program_that_never_ends_is_killed_at_the_limit() {
    let mut place = Place::new();
    place.limits.install = SHORT;
    assert_eq!(place.failure("hangs").await, "the external builder did not finish within 300ms");
}

#[tokio::test]
async fn a_source_that_cannot_be_unpacked_is_told_in_the_words_of_the_peer() {
    let mut place = Place::new();
    fs::remove_dir_all(place.path("source")).unwrap();
    let failure = place.failure("good").await;
    let expected =
        "external builder failed: could not create build context: could not untar source package: ";
    assert!(failure.starts_with(expected), "{failure}");
}

#[tokio::test]
async fn a_second_build_finds_the_first_and_runs_nothing() {
    let mut place = Place::new();
    place.build(&["good"]).await.unwrap();
    place.said.clear();
    let moved = ExternalBuilder { path: PathBuf::from("/nowhere"), ..builder("good") };
    let build = place.build_with(vec![moved]).await.unwrap();
    assert!(build.cached);
    assert_eq!(place.said, ["good: cached"]);
}

#[tokio::test]
async fn a_build_of_a_builder_that_was_renamed_cannot_be_restored() {
    let mut place = Place::new();
    place.build(&["good"]).await.unwrap();
    assert_eq!(
        place.failure("refuses").await,
        format!(
            "external builder failed: existing build could not be restored: chaincode '{}' was already built with \
             builder 'good', but that builder is no longer available",
            package_id()
        )
    );
}

#[tokio::test]
async fn a_build_folder_without_readable_build_info_blocks_the_package() {
    let mut place = Place::new();
    fs::create_dir_all(place.durable()).unwrap();
    let file = place.durable().join("build-info.json");
    let prefix = "external builder failed: existing build could not be restored: ";
    let failure = place.failure("good").await;
    let expected = format!("{prefix}could not read '{}' for build info: ", file.display());
    assert!(failure.starts_with(&expected), "{failure}");

    fs::write(&file, "{").unwrap();
    let failure = place.failure("good").await;
    let expected = format!("{prefix}malformed build info at '{}': ", file.display());
    assert!(failure.starts_with(&expected), "{failure}");
}

#[tokio::test]
async fn links_inside_the_output_and_exact_modes_are_kept() {
    let mut place = Place::new();
    let release = place.build(&["link-inside"]).await.unwrap().release_folder();
    assert_eq!(fs::read_link(release.join("links/link")).unwrap(), Path::new("../chaincode/file"));
    assert_eq!(mode(&release.join("chaincode")), 0o750);
    assert_eq!(mode(&release.join("chaincode/file")), 0o640);
}

#[tokio::test]
async fn what_cannot_be_copied_fails_the_build_and_leaves_nothing() {
    for (fixture, part) in [
        ("link-absolute", "refusing to copy absolute symlink "),
        ("link-escaping", "refusing to copy symlink "),
        ("link-escaping", "/link -> ../../outside pointing outside of source root"),
        ("fifo", "refusing to copy unsupported file "),
    ] {
        let mut place = Place::new();
        let failure = place.failure(fixture).await;
        assert!(failure.contains(part), "{failure}");
        assert!(!place.durable().exists(), "{fixture}");
    }
}

#[tokio::test]
async fn of_two_builds_of_a_package_at_once_only_one_is_kept() {
    let place = Place::new();
    let (host, id, source) = (place.host(vec![builder("good")]), package_id(), place.path("source"));
    let build = async || host.build(PackageSource::from_folder(&id, METADATA, &source), &mut |_| {}).await;
    let (one, two) = tokio::join!(build(), build());
    let (kept, failed) = if one.is_ok() { (one, two) } else { (two, one) };
    assert!(!kept.unwrap().cached);
    let failure = failed.unwrap_err();
    let expected = format!(
        "external builder failed: could not create dir '{}' to persist build output: entity already exists",
        place.durable().display()
    );
    assert_eq!(failure.to_string(), expected);
    assert_eq!(failure.hint().unwrap(), "another process built the same package at the same time");
    assert_eq!(names(&place.durable()), ["bld", "build-info.json", "release"]);
    assert_eq!(names(&place.path("tmp")), Vec::<String>::new());
}
