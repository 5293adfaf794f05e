//! A running cluster, and the commands of its administrator.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tempfile::TempDir;
use xtask_base::image::Image;
use xtask_base::processes::{self, Finished, Running, finish, succeed};

use crate::keys;
use crate::program::{self, Programs};

/// The image of the first program of each Pod.
const PAUSE: &str = "docker.io/fabric-ccs/pause:1";

/// The names by which the one program is called.
const NAMES: [&str; 7] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
];

/// How long a cluster may take until its node is ready; ten seconds are usual.
const READY: Duration = Duration::from_mins(2);

/// How long a cluster may take to end.
const END: Duration = Duration::from_secs(30);

/// How long one command may take.
const COMMAND: Duration = Duration::from_mins(1);

/// How long another cluster on this machine may keep the addresses.
const TURN: Duration = Duration::from_mins(15);

/// A running cluster; nothing of it is left when it is dropped.
pub struct Cluster {
    /// Dropped before the folder in which it works.
    running: Option<Running>,
    folder: TempDir,
    /// The images of the node by name, with their digests.
    digests: BTreeMap<String, String>,
    /// Held until the addresses are free again.
    _turn: File,
}

impl Cluster {
    /// Starts a cluster whose node has these images, and waits until the node is ready.
    pub fn start(programs: &Programs, images: &[Image<'_>]) -> Result<Self> {
        let turn = turn()?;
        let temporary = tempfile::Builder::new().prefix("kubernetes-").tempdir()?;
        lay_out(programs, temporary.path(), images)?;
        let mut command = Command::new(program::folder().join("cluster.sh"));
        command.arg(temporary.path());
        let running = Running::start(&mut command, &temporary.path().join("cluster.log"))?;
        let digests = BTreeMap::new();
        let mut cluster = Self { running: Some(running), folder: temporary, digests, _turn: turn };
        let start = Instant::now();
        let ready = || {
            let node = cluster.kubectl(&["wait", "--for=condition=Ready", "node/node1", "--timeout=1s"])?;
            let account = cluster.kubectl(&["get", "serviceaccount", "default"])?;
            Ok(node.status.success() && account.status.success())
        };
        if let Err(error) = processes::wait_until(READY, ready) {
            print!("{}", cluster.logs());
            return Err(error.context("the node does not become ready"));
        }
        println!("kubernetes: the node is ready after {:.1} s", start.elapsed().as_secs_f64());
        for image in images {
            let digest = cluster.name_by_digest(image.name)?;
            cluster.digests.insert(image.name.to_owned(), digest);
        }
        Ok(cluster)
    }

    /// Returns the kubeconfig of the administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join(format!("keys/{}.kubeconfig", keys::ADMINISTRATOR))
    }

    /// Runs `kubectl` as the administrator.
    pub fn kubectl(&self, words: &[&str]) -> Result<Finished> {
        finish(&mut self.command(words), COMMAND)
    }

    /// Runs `kubectl` as the administrator, which must succeed, and returns what it prints.
    pub fn expect(&self, words: &[&str]) -> Result<String> {
        Ok(succeed(&mut self.command(words), COMMAND)?.stdout)
    }

    /// Applies a manifest.
    pub fn apply(&self, manifest: &str) -> Result<()> {
        let file = self.folder.path().join("manifest.yaml");
        fs::write(&file, manifest)?;
        self.expect(&["apply", "-f", &file.to_string_lossy()]).map(drop)
    }

    /// Makes a kubeconfig with a token of a service account.
    pub fn account(&self, namespace: &str, name: &str) -> Result<PathBuf> {
        let token = self.expect(&["--namespace", namespace, "create", "token", name])?;
        let path = self.folder.path().join(format!("keys/{namespace}-{name}.kubeconfig"));
        fs::write(&path, keys::kubeconfig(&self.folder.path().join("keys/ca.crt"), token.trim()))?;
        Ok(path)
    }

    /// Returns the digest of an image of the node.
    pub fn digest(&self, image: &str) -> Result<&str> {
        Ok(self.digests.get(image).with_context(|| format!("the node has no image {image}"))?)
    }

    /// Lets a pod name an image by its digest, and returns that.
    fn name_by_digest(&self, image: &str) -> Result<String> {
        let list = self.ctr(&["images", "list"])?;
        let mut words = list.lines().map(str::split_whitespace);
        let digest = words.find_map(|mut words| (words.next() == Some(image)).then(|| words.nth(1))?);
        let digest = digest.with_context(|| format!("the node has no image {image}"))?;
        let name = image.rsplit_once(':').map_or(image, |(name, _)| name);
        self.ctr(&["images", "tag", image, &format!("{name}@{digest}")])?;
        Ok(digest.to_owned())
    }

    fn ctr(&self, words: &[&str]) -> Result<String> {
        let mut ctr = Command::new("ctr");
        ctr.arg("--address").arg(self.folder.path().join("containerd.sock"));
        Ok(succeed(ctr.args(["--namespace", "k8s.io"]).args(words), COMMAND)?.stdout)
    }

    /// Returns the last log lines of the parts of the cluster.
    #[must_use]
    pub fn logs(&self) -> String {
        let mut logs = vec![self.folder.path().join("cluster.log")];
        if let Ok(files) = fs::read_dir(self.folder.path().join("log")) {
            logs.extend(files.flatten().map(|file| file.path()));
        }
        let end =
            |log: &PathBuf| format!("  --- the end of {}\n  {}\n", log.display(), processes::end_of(log));
        logs.iter().map(end).collect()
    }

    /// Returns a command of `kubectl` as the administrator.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.folder.path().join("bin/kubectl"));
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(words);
        // Its cache of the API is not reused.
        command.env("KUBECACHEDIR", self.folder.path().join("discovery"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(running) = self.running.take()
            && let Err(error) = running.terminate(END)
        {
            println!("kubernetes: the cluster does not end: {error:#}");
        }
    }
}

/// Waits until no other cluster on this machine has the addresses.
fn turn() -> Result<File> {
    let path = std::env::temp_dir().join("fabric-ccs-kubernetes.lock");
    let file = File::options().create(true).append(true).open(&path);
    let file = file.with_context(|| format!("cannot open {}", path.display()))?;
    processes::wait_until(TURN, || Ok(file.try_lock().is_ok()))
        .context("another cluster runs on this machine")?;
    Ok(file)
}

/// Fills the folder of a cluster.
fn lay_out(programs: &Programs, folder: &Path, images: &[Image<'_>]) -> Result<()> {
    for name in ["bin", "images", "network"] {
        fs::create_dir(folder.join(name))?;
    }
    for name in NAMES {
        symlink(programs.kubernetes(), folder.join("bin").join(name))?;
    }
    keys::write(&folder.join("keys"))?;
    for (from, to) in [
        ("containerd.toml", "containerd.toml"),
        ("kubelet.yaml", "kubelet.yaml"),
        ("proxy.yaml", "proxy.yaml"),
        ("pods.conflist", "network/pods.conflist"),
    ] {
        let text = fs::read_to_string(program::folder().join("node").join(from))?;
        let text = text.replace("@FOLDER@", &folder.to_string_lossy()).replace("@PAUSE@", PAUSE);
        fs::write(folder.join(to), text)?;
    }
    let pause = programs.pause();
    let pause = Image { name: PAUSE, files: &[(&pause, "pause")], command: &["/pause"], user: 65535 };
    for (number, image) in std::iter::once(&pause).chain(images).enumerate() {
        image.write(&folder.join(format!("images/{number}.tar")))?;
    }
    Ok(())
}
