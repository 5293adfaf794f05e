//! An administrator who types commands of `peer`, and reads what they print.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::programs::{self, Programs};
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::processes::{Finished, finish, wait_until};
use crate::report::Report;

/// How long one command may take: an install that builds from source fetches libraries first.
const COMMAND: Duration = Duration::from_mins(5);

/// A table `[[step]]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    name: String,
    /// The words after `peer`.
    peer: String,
    /// The words after `discover`, if the step is not one of `peer`.
    discover: String,
    /// The exit status.
    status: i32,
    /// What the command prints, among other things.
    says: Vec<String>,
    /// What the peer's log says then.
    log: Vec<String>,
}

#[derive(Deserialize)]
struct Steps {
    step: Vec<Step>,
}

/// Where the administrator works.
pub(crate) struct Site {
    /// The folder of Org1, as cryptogen lays it out.
    pub(crate) organization: PathBuf,
    /// The address of the peer.
    pub(crate) peer: String,
    /// The file in which the peer says what it does.
    pub(crate) log: PathBuf,
    /// The address of the orderer.
    pub(crate) orderer: String,
    /// The CA of the orderer's TLS certificate.
    pub(crate) orderer_ca: PathBuf,
}

/// What an organization approves and commits.
pub(crate) struct Definition<'a> {
    pub(crate) channel: &'a str,
    pub(crate) name: &'a str,
    /// The ID of the package.
    pub(crate) package: &'a str,
    /// Further options, in the words of the command.
    pub(crate) options: &'a str,
}

/// `Admin` of Org1, with the `peer` command of a release.
pub(crate) struct Administrator<'a> {
    programs: &'a Programs,
    environment: Vec<(&'static str, String)>,
    /// What stands for a text within a word.
    texts: Vec<(&'static str, String)>,
    /// What stands for several words.
    options: Vec<(&'static str, Vec<String>)>,
    log: PathBuf,
}

impl<'a> Administrator<'a> {
    /// Returns the administrator of a site, with a folder for the files that commands write.
    pub(crate) fn new(programs: &'a Programs, site: Site, out: &Path) -> Result<Self> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let peer_ca = text(&site.organization.join("peers/peer0.org1.example.com/tls/ca.crt"));
        let msp = text(&site.organization.join("users/Admin@org1.example.com/msp"));
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        fs::create_dir_all(out)?;
        Ok(Self {
            programs,
            texts: vec![
                ("$COLLECTIONS", text(&dev_peer_folder().join("collections.json"))),
                ("$OUT", text(out)),
            ],
            options: vec![
                ("$ORDERER", words(&["-o", &site.orderer, "--tls", "--cafile", &text(&site.orderer_ca)])),
                ("$SERVER", words(&["--server", &site.peer])),
                ("$ADMIN", signing(&site.organization, "Admin", &peer_ca)?),
                ("$USER", signing(&site.organization, "User1", &peer_ca)?),
                ("$PEERS", words(&["--peerAddresses", &site.peer, "--tlsRootCertFiles", &peer_ca])),
            ],
            environment: vec![
                ("CORE_PEER_ADDRESS", site.peer),
                ("CORE_PEER_LOCALMSPID", "Org1MSP".to_owned()),
                ("CORE_PEER_MSPCONFIGPATH", msp),
                ("CORE_PEER_TLS_ENABLED", "true".to_owned()),
                ("CORE_PEER_TLS_ROOTCERT_FILE", peer_ca),
            ],
            log: site.log,
        })
    }

    /// Lets a word of the steps stand for a text.
    pub(crate) fn name(&mut self, word: &'static str, text: impl Into<String>) {
        self.texts.push((word, text.into()));
    }

    /// Takes the steps of steps.toml.
    pub(crate) fn all_steps(&self, report: &mut Report) -> Result<()> {
        let file = programs::folder().join("steps.toml");
        let steps: Steps = toml::from_str(&fs::read_to_string(&file)?)
            .with_context(|| format!("cannot read {}", file.display()))?;
        for step in &steps.step {
            report.check(&step.name, || self.take(step));
        }
        Ok(())
    }

    /// Runs one command, which must succeed and print a text.
    pub(crate) fn expect(&self, words: &str, text: &str) -> Result<()> {
        self.take(&Step { peer: words.to_owned(), says: vec![text.to_owned()], ..Step::default() })
    }

    /// Runs one command, which must fail and print a text.
    pub(crate) fn expect_failure(&self, words: &str, text: &str) -> Result<()> {
        let says = vec![text.to_owned()];
        self.take(&Step { peer: words.to_owned(), status: 1, says, ..Step::default() })
    }

    /// Installs a package.
    pub(crate) fn install(&self, package: &Path) -> Result<()> {
        self.expect(&installing(package), "Chaincode code package identifier: ")
    }

    /// Approves and commits the first definition of a chaincode.
    pub(crate) fn define(&self, definition: &Definition<'_>) -> Result<()> {
        let Definition { channel, name, package, options } = definition;
        let words = format!("--channelID {channel} --name {name} --version 1.0 --sequence 1 {options}");
        let committed = "committed with status (VALID)";
        self.expect(
            &format!("lifecycle chaincode approveformyorg $ORDERER {words} --package-id {package}"),
            committed,
        )?;
        self.expect(&format!("lifecycle chaincode commit $ORDERER $PEERS {words}"), committed)
    }

    /// Installs, approves and commits a package under a name, and has the contract write and read.
    pub(crate) fn deploy(&self, name: &str, file: &Path, package: &str) -> Result<()> {
        self.install(file)?;
        self.define(&Definition { channel: "mychannel", name, package, options: "" })?;
        self.writes(name)?;
        self.reads(name)
    }

    /// Approves and commits the second definition of a chaincode, with another package.
    pub(crate) fn upgrade(&self, name: &str, package: &str) -> Result<()> {
        let words = format!("--channelID mychannel --name {name} --version 2.0 --sequence 2");
        let committed = "committed with status (VALID)";
        self.expect(
            &format!("lifecycle chaincode approveformyorg $ORDERER {words} --package-id {package}"),
            committed,
        )?;
        self.expect(&format!("lifecycle chaincode commit $ORDERER $PEERS {words}"), committed)
    }

    /// Has the contract write a key, and waits for the block.
    pub(crate) fn writes(&self, name: &str) -> Result<()> {
        self.invokes(name, r#"{"Args":["Put","a","blue"]}"#)
    }

    /// Has a chaincode carry out a call, and waits for the block. The call has no spaces.
    pub(crate) fn invokes(&self, name: &str, call: &str) -> Result<()> {
        let words =
            format!("chaincode invoke $ORDERER $PEERS -C mychannel -n {name} --waitForEvent -c {call}");
        self.expect(&words, "committed with status (VALID)")
    }

    /// Has the contract write again and again, one transaction after the other, while something is done. One of them may be tried again,
    /// and none is lost.
    pub(crate) fn writes_while<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let is_done = AtomicBool::new(false);
        let (outcome, counted) = thread::scope(|scope| {
            let transactions = scope.spawn(|| {
                let (mut total, mut again) = (0, 0);
                while !is_done.load(Ordering::Relaxed) {
                    total += 1;
                    if let Err(error) = self.writes(name) {
                        again += 1;
                        let why: String = format!("{error:#}").chars().take(300).collect();
                        println!("        one is tried again: {}", why.replace('\n', " "));
                        self.writes(name).context("a transaction is lost")?;
                    }
                }
                anyhow::Ok((total, again))
            });
            let outcome = work();
            is_done.store(true, Ordering::Relaxed);
            (outcome, transactions.join())
        });
        let outcome = outcome?;
        let (total, again) = counted.map_err(|_| anyhow::anyhow!("the transactions panicked"))??;
        println!("        {total} transactions meanwhile, {again} of them tried again");
        ensure!(total >= 2 && again <= 1, "{again} of {total} transactions were tried again");
        Ok(outcome)
    }

    /// Has the contract read the key that [`Self::writes`] has written.
    pub(crate) fn reads(&self, name: &str) -> Result<()> {
        self.answers(name, r#"{"Args":["Get","a"]}"#, "blue")
    }

    /// Has a chaincode answer a call with a text, among other things. The call has no spaces.
    pub(crate) fn answers(&self, name: &str, call: &str, text: &str) -> Result<()> {
        self.expect(&format!("chaincode query -C mychannel -n {name} -c {call}"), text)
    }

    /// Waits until the contract reads the key again: it, or its peer, has just been ended.
    pub(crate) fn reads_within(&self, limit: Duration, name: &str) -> Result<()> {
        wait_until(limit, || Ok(self.reads(name).is_ok())).context("it does not answer again")
    }

    /// Approves and commits a chaincode that ends at once: the launch fails with a status.
    pub(crate) fn fails_to_launch(&self, package: &str, status: i32) -> Result<()> {
        self.define(&Definition { channel: "mychannel", name: "broken", package, options: "" })?;
        let words = r#"chaincode query -C mychannel -n broken -c {"Args":["About"]}"#;
        self.expect_failure(words, &format!("builder 'ccs-builder' run failed: exit status {status}"))
    }

    fn take(&self, step: &Step) -> Result<()> {
        let Finished { status, stdout, stderr } = if step.discover.is_empty() {
            self.run(&step.peer)?
        } else {
            self.execute("discover", &step.discover)?
        };
        // The library for messages varies the number of spaces from one build of a program to the next, on purpose.
        let said = (stdout + &stderr).replace("  ", " ");
        let status = status.code();
        ensure!(status == Some(step.status), "ended with {status:?}, not {}, and said {said}", step.status);
        for text in &step.says {
            let text = self.filled(text);
            ensure!(said.contains(&text), "did not say {text}, but {said}");
        }
        let log = fs::read_to_string(&self.log)?;
        for text in &step.log {
            let text = self.filled(text);
            ensure!(log.contains(&text), "the log does not say {text}");
        }
        Ok(())
    }

    /// Runs `peer` with these words.
    pub(crate) fn run(&self, words: &str) -> Result<Finished> {
        self.execute("peer", words)
    }

    /// Runs a program with these words.
    fn execute(&self, program: &str, words: &str) -> Result<Finished> {
        let mut command: Command = self.programs.command(program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        for word in words.split_whitespace() {
            match self.options.iter().find(|(name, _)| *name == word) {
                Some((_, options)) => command.args(options),
                None => command.arg(self.filled(word)),
            };
        }
        finish(&mut command, COMMAND)
    }

    fn filled(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Returns the options of `discover` for a user of the organization, with the CA of the peer's TLS certificate.
fn signing(organization: &Path, user: &str, peer_ca: &str) -> Result<Vec<String>> {
    let msp = organization.join(format!("users/{user}@org1.example.com/msp"));
    let only = |name: &str| -> Result<String> {
        let folder = msp.join(name);
        let mut files = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let file = files.next().with_context(|| format!("{} is empty", folder.display()))??;
        Ok(file.path().to_string_lossy().into_owned())
    };
    let (key, certificate) = (only("keystore")?, only("signcerts")?);
    let words = ["--MSP", "Org1MSP", "--peerTLSCA", peer_ca, "--userKey", &key, "--userCert", &certificate];
    Ok(words.map(str::to_owned).to_vec())
}

/// Returns the words that install a package.
pub(crate) fn installing(package: &Path) -> String {
    format!("lifecycle chaincode install {}", package.display())
}
