//! The plan of a process: the command, its environment, and the files that it needs.

use std::path::{Path, PathBuf};

use crate::binary::{self, Binary};
use crate::settings::{Limits, Process};
use crate::shim::{self, File};
use crate::{Account, Chaincode};

/// The folder below the launch's that holds the certificates.
const TLS_FOLDER: &str = "tls";

/// The folder below the launch's in which the chaincode works; also its HOME and TMPDIR.
const WORK_FOLDER: &str = "work";

/// The folder below the launch's with a copy of the build, for chaincode that cannot read BLD.
const BUILD_FOLDER: &str = "bld";

/// The default PATH, for a peer without the variable.
pub(crate) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The command and its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Folders to create first, with mode 0700.
    pub folders: Vec<PathBuf>,
    /// Files to write next.
    pub files: Vec<File>,
    /// A folder to copy next: source and destination.
    pub copied: Option<(PathBuf, PathBuf)>,
    /// The user of the process, if it is not the peer's.
    pub other: Option<OtherUser>,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its complete environment.
    pub environment: Vec<(String, String)>,
    /// Its working folder.
    pub working_folder: PathBuf,
    /// Its limits.
    pub limits: Limits,
}

/// A user other than the peer's, and a folder that only this user can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherUser {
    /// The user.
    pub account: Account,
    /// The folder, because the user can read neither BLD nor RUNMETA. The launcher makes the user the owner of its content before the
    /// process starts, and removes the folder after the process has ended.
    pub folder: PathBuf,
}

/// The arguments of `run`.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// BLD, which `build` wrote.
    pub build: &'a Path,
    /// RUNMETA, which the peer removes after `run` has ended.
    pub run_metadata: &'a Path,
    /// The content of chaincode.json.
    pub chaincode: &'a Chaincode,
    /// The variables of [`INHERITED`](crate::variables::INHERITED) that are set.
    pub inherited: &'a [(String, String)],
    /// The user of the chaincode, if it is not the peer's.
    pub other: Option<&'a OtherUser>,
}

/// The command of a chaincode that `build` created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The program: its path, or a name on the PATH.
    pub program: PathBuf,
    /// Its arguments; [`binary::ADDRESS`] in them stands for the peer's address.
    pub arguments: Vec<String>,
    /// Its working folder; by default the one in which it may write.
    pub folder: Option<PathBuf>,
}

impl Start {
    /// Starts the program that `build` wrote.
    #[must_use]
    pub fn of_binary(build: &Path, binary: &Binary) -> Self {
        let (program, arguments) = (build.join(binary::PROGRAM), binary.arguments.clone());
        Self { program, arguments, folder: None }
    }
}

impl Call<'_> {
    /// Makes the plan for a build; `start` returns the command for the folder in which the chaincode finds the build, and `process` is
    /// the result of [`Settings::process_for`](crate::settings::Settings::process_for) for the chaincode.
    #[must_use]
    pub fn plan(&self, start: impl FnOnce(&Path) -> Start, process: Process) -> Plan {
        let folder = self.other.map_or(self.run_metadata, |other| &other.folder);
        let copied = self.other.map(|_| (self.build.to_owned(), folder.join(BUILD_FOLDER)));
        let start = start(copied.as_ref().map_or(self.build, |(_, to)| to));
        let (work, tls) = (folder.join(WORK_FOLDER), folder.join(TLS_FOLDER));
        let (certificates, files) = shim::certificates(self.chaincode, &tls, 0o600);
        // `other` already has the user.
        let Process { environment: own, limits, user: _ } = process;
        let mut environment = self.basic_environment(&work);
        environment.extend(own);
        environment.extend(shim::environment(self.chaincode));
        environment.extend(certificates);
        let address = self.chaincode.peer_address.as_str();
        Plan {
            folders: if files.is_empty() { vec![work.clone()] } else { vec![work.clone(), tls] },
            files,
            copied,
            other: self.other.cloned(),
            program: start.program,
            arguments: start.arguments.iter().map(|text| text.replace(binary::ADDRESS, address)).collect(),
            environment,
            working_folder: start.folder.unwrap_or(work),
            limits,
        }
    }

    fn basic_environment(&self, work: &Path) -> Vec<(String, String)> {
        let mut environment = self.inherited.to_vec();
        if !environment.iter().any(|(name, _)| name == "PATH") {
            environment.push(("PATH".to_owned(), DEFAULT_PATH.to_owned()));
        }
        let work = work.to_string_lossy();
        environment.extend(["HOME", "TMPDIR"].map(|name| (name.to_owned(), work.clone().into_owned())));
        environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Bytes;
    use crate::settings::Settings;

    fn chaincode(root_cert: &str) -> Chaincode {
        Chaincode {
            chaincode_id: "basic_1.0:ab".to_owned(),
            peer_address: "peer0:7052".to_owned(),
            client_cert: "CERT".to_owned(),
            client_key: "KEY".to_owned(),
            root_cert: root_cert.to_owned(),
            mspid: "Org1MSP".to_owned(),
        }
    }

    fn plan(chaincode: &Chaincode, settings: &str, binary: &Binary) -> Plan {
        plan_as(chaincode, settings, binary, None)
    }

    fn plan_as(chaincode: &Chaincode, settings: &str, binary: &Binary, other: Option<&OtherUser>) -> Plan {
        let call = Call {
            build: Path::new("/bld"),
            run_metadata: Path::new("/meta"),
            chaincode,
            inherited: &[("PATH".to_owned(), "/bin".to_owned()), ("TZ".to_owned(), "UTC".to_owned())],
            other,
        };
        let settings = Settings::parse(settings.as_bytes()).unwrap();
        call.plan(
            |build| Start::of_binary(build, binary),
            settings.process_for(&chaincode.chaincode_id, "binary"),
        )
    }

    fn lines(environment: &[(String, String)]) -> Vec<String> {
        environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn over_tls_every_shim_finds_its_files() {
        let plan = plan(&chaincode("ROOT"), "", &Binary::default());
        assert_eq!(plan.program, Path::new("/bld/chaincode"));
        assert_eq!(plan.arguments, ["-peer.address=peer0:7052"]);
        assert_eq!(
            lines(&plan.environment),
            [
                "PATH=/bin",
                "TZ=UTC",
                "HOME=/meta/work",
                "TMPDIR=/meta/work",
                "CORE_CHAINCODE_ID_NAME=basic_1.0:ab",
                "CORE_PEER_ADDRESS=peer0:7052",
                "CORE_PEER_LOCALMSPID=Org1MSP",
                "CORE_PEER_TLS_ENABLED=true",
                "CORE_PEER_TLS_ROOTCERT_FILE=/meta/tls/peer.crt",
                "CORE_TLS_CLIENT_KEY_PATH=/meta/tls/client.key",
                "CORE_TLS_CLIENT_CERT_PATH=/meta/tls/client.crt",
                "CORE_TLS_CLIENT_KEY_FILE=/meta/tls/client_pem.key",
                "CORE_TLS_CLIENT_CERT_FILE=/meta/tls/client_pem.crt",
            ]
        );
        let files: Vec<_> = plan
            .files
            .iter()
            .map(|file| (file.path.to_str().unwrap(), std::str::from_utf8(&file.content).unwrap(), file.mode))
            .collect();
        assert_eq!(
            files,
            [
                ("/meta/tls/peer.crt", "ROOT", 0o600),
                ("/meta/tls/client.key", "S0VZ", 0o600),
                ("/meta/tls/client.crt", "Q0VSVA==", 0o600),
                ("/meta/tls/client_pem.key", "KEY", 0o600),
                ("/meta/tls/client_pem.crt", "CERT", 0o600),
            ]
        );
        let shown = format!("{plan:?}");
        assert!(!shown.contains("KEY\"") && !shown.contains("S0VZ"), "{shown}");
    }

    #[test]
    fn another_user_gets_everything_in_its_own_folder() {
        let other = OtherUser { account: Account { user: 7, group: 8 }, folder: "/own".into() };
        let plan = plan_as(&chaincode("ROOT"), "", &Binary::default(), Some(&other));
        assert_eq!(plan.program, Path::new("/own/bld/chaincode"));
        assert_eq!(plan.copied, Some(("/bld".into(), "/own/bld".into())));
        assert_eq!(plan.folders, [Path::new("/own/work"), Path::new("/own/tls")]);
        assert!(plan.files.iter().all(|file| file.path.starts_with("/own/tls")), "{:?}", plan.files);
        let lines = lines(&plan.environment);
        assert!(lines.contains(&"HOME=/own/work".to_owned()), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("/meta") || line.contains("=/bld")), "{lines:?}");
        assert_eq!(plan.other, Some(other));
    }

    #[test]
    fn without_tls_there_are_no_files() {
        let plan = plan(&chaincode(""), "", &Binary::default());
        assert!(plan.files.is_empty());
        assert_eq!(plan.folders, [Path::new("/meta/work")]);
        let lines = lines(&plan.environment);
        assert!(lines.contains(&"CORE_PEER_TLS_ENABLED=false".to_owned()), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("CERT") || line.contains("KEY")), "{lines:?}");
    }

    #[test]
    fn rules_lay_limits_and_variables_over_the_settings() {
        let settings = "process: {environment: {A: '1', B: '1'}, limits: {memory: 1Gi, nice: 5}}\nchaincodes:\n  \
                        - match: {label: 'basic_*'}\n    process: {environment: {B: '2'}, limits: {memory: 2Gi}}\n  \
                        - match: {label: other}\n    process: {limits: {nice: 9}}\n";
        let plan = plan(&chaincode(""), settings, &Binary::default());
        let expected = Limits { memory: Some(Bytes(2 << 30)), nice: Some(5), ..Limits::default() };
        assert_eq!(plan.limits, expected);
        let lines = lines(&plan.environment);
        assert!(lines.contains(&"A=1".to_owned()) && lines.contains(&"B=2".to_owned()), "{lines:?}");
    }

    #[test]
    fn the_address_is_put_where_the_arguments_say() {
        let binary =
            Binary::parse(br#"{"linux/amd64":{"file":"x"},"args":["--peer.address","{peer_address}","-v"]}"#)
                .unwrap();
        assert_eq!(plan(&chaincode(""), "", &binary).arguments, ["--peer.address", "peer0:7052", "-v"]);
    }
}
