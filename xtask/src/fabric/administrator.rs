//! An administrator who types commands of `peer`, and reads what they print.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::chaincode::{self, Chaincode};
use super::checked;
use super::programs::{self, Programs};
use crate::dev_peer;
use crate::tally::Tally;

/// A table `[[step]]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    name: String,
    /// The words after `peer`.
    peer: String,
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
pub(super) struct Site {
    /// The folder with the core.yaml of the command.
    pub(super) settings: PathBuf,
    /// The material of Org1, as cryptogen lays it out.
    pub(super) organization: PathBuf,
    /// The address of the peer.
    pub(super) peer: String,
    /// What the peer says goes here.
    pub(super) log: PathBuf,
    /// The address of the orderer.
    pub(super) orderer: String,
    /// The CA of its TLS certificate.
    pub(super) orderer_ca: PathBuf,
}

/// `Admin` of Org1, with the `peer` command.
pub(super) struct Administrator {
    command: PathBuf,
    environment: Vec<(&'static str, String)>,
    /// What stands for a text within a word.
    texts: Vec<(&'static str, String)>,
    /// What stands for several words.
    options: Vec<(&'static str, Vec<String>)>,
    log: PathBuf,
}

impl Administrator {
    /// Gives the administrator of a site who is to deploy the chaincode, with a folder for files.
    pub(super) fn new(programs: &Programs, site: Site, chaincode: &Chaincode, folder: &Path) -> Result<Self> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let peer_ca = text(&site.organization.join("peers/peer0.org1.example.com/tls/ca.crt"));
        let msp = text(&site.organization.join("users/Admin@org1.example.com/msp"));
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let out = folder.join("out");
        fs::create_dir(&out)?;
        Ok(Self {
            command: programs.fabric("peer"),
            texts: vec![
                ("$COLLECTIONS", text(&dev_peer::programs::folder().join("collections.json"))),
                ("$ID", chaincode.id.clone()),
                ("$OUT", text(&out)),
                ("$PACKAGE", text(&chaincode.package)),
                ("$PORTLESS", text(&chaincode::portless(folder)?)),
            ],
            options: vec![
                ("$ORDERER", words(&["-o", &site.orderer, "--tls", "--cafile", &text(&site.orderer_ca)])),
                ("$PEERS", words(&["--peerAddresses", &site.peer, "--tlsRootCertFiles", &peer_ca])),
            ],
            environment: vec![
                ("FABRIC_CFG_PATH", text(&site.settings)),
                ("CORE_PEER_ADDRESS", site.peer),
                ("CORE_PEER_LOCALMSPID", "Org1MSP".to_owned()),
                ("CORE_PEER_MSPCONFIGPATH", msp),
                ("CORE_PEER_TLS_ENABLED", "true".to_owned()),
                ("CORE_PEER_TLS_ROOTCERT_FILE", peer_ca),
            ],
            log: site.log,
        })
    }

    /// Runs the steps of steps.toml on what is called `name`, and says which went wrong.
    pub(super) fn all_steps(&self, name: &str) -> Result<Tally> {
        let file = programs::folder().join("steps.toml");
        let steps: Steps = toml::from_str(&fs::read_to_string(&file)?)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let tally = steps.step.iter().map(|step| checked(&step.name, || self.take(step))).sum();
        println!("{:<28} {tally}", format!("steps on {name}"));
        Ok(tally)
    }

    /// Runs one command, which is to succeed and print a text.
    pub(super) fn expect(&self, words: &str, text: &str) -> Result<()> {
        let step = Step { peer: words.to_owned(), says: vec![text.to_owned()], ..Step::default() };
        self.take(&step)
    }

    fn take(&self, step: &Step) -> Result<()> {
        let output = self.peer(&step.peer).output().context("cannot start peer")?;
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        let said = said.concat();
        let status = output.status.code();
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

    /// Makes a command of the words after `peer`.
    pub(super) fn peer(&self, words: &str) -> Command {
        let mut command = Command::new(&self.command);
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        for word in words.split_whitespace() {
            match self.options.iter().find(|(name, _)| *name == word) {
                Some((_, options)) => command.args(options),
                None => command.arg(self.filled(word)),
            };
        }
        command
    }

    fn filled(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}
