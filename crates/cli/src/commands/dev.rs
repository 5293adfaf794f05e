//! `ccs dev`: a development network in this process, until a signal ends it.
//!
//! The options become those of `ccs-devnet`, which does the work; `ccs-dev-console` prints what happens.

use std::collections::HashSet;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use ccs_dev_console::{Form, ReadyFile, ReadyFileError, Reporter};
use ccs_devnet::{ChaincodePlan, Error, Event, Options, Programs, Request};
use ccs_identity::MspId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

use crate::cli::{Dev, Named};
use crate::failure::Failure;
use crate::progress;
use crate::stop_signals::StopSignals;

pub(crate) fn run(options: &Dev) -> Result<(), Failure> {
    raise_open_files();
    let (network, warnings) = network(options)?;
    let form = match options.json {
        true => Form::Json,
        false if progress::is_quiet() => Form::Quiet,
        false => Form::Text,
    };
    let reporter = Reporter::new(form);
    for warning in warnings {
        reporter.event(None, &Event::Warning(warning));
    }
    runtime().map_err(|error| Failure::from_error(&error))?.block_on(live(options, reporter, &network))
}

/// Starts a runtime with half of the processors, because applications and chaincode run on this machine as well. More threads do not
/// answer sooner, but need a fifth more processor time to pass work to each other.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    tokio::runtime::Builder::new_multi_thread().worker_threads((processors / 2).max(1)).enable_all().build()
}

/// Raises the limit of open files to the allowed maximum, as programs in Go do. Each client needs one, even a silent one.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // With fewer files, fewer clients can connect.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Runs until a signal arrives, or an essential part fails.
async fn live(options: &Dev, reporter: Reporter, network: &Options) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let (signals, stopping) = (StopSignals::catch()?, stop.clone());
    tokio::spawn(async move {
        signals.received().await;
        stopping.cancel();
    });
    let names = network.chaincodes.iter().map(|chaincode| chaincode.name.clone());
    let organizations = network.organizations();
    let ready_file = options.ready_file.as_deref();
    let ready_file = ready_file.map(|path| ReadyFile::new(path, names, &organizations)).transpose()?;
    let ready_file = ready_file.map(Arc::new);
    let ready = ready_file.clone();
    let report = move |organization: Option<&MspId>, event: Event| {
        // The file comes first, so that it exists when the line appears.
        if let Some(Err(error)) = ready.as_ref().map(|file| file.event(organization, &event)) {
            Failure::from(error).print();
        }
        reporter.event(organization, &event);
    };
    let ended = ccs_devnet::run(network, Arc::new(report), stop).await;
    if let Some(file) = ready_file {
        file.remove();
    }
    Ok(ended?)
}

/// Reads the files of the options, without starting anything. Also returns warnings about them.
fn network(options: &Dev) -> Result<(Options, Vec<String>), Failure> {
    let mut channels = HashSet::new();
    if let Some(twice) = options.channels.iter().find(|name| !channels.insert(*name)) {
        return Err(
            Failure::new(format!("--channel names {twice} twice")).hint("name each channel once".to_owned())
        );
    }
    let (chaincodes, warnings) = ChaincodePlan::make(&request(options)).map_err(Error::from)?;
    let network = Options {
        chaincodes,
        channels: options.channels.clone(),
        orgs: options.orgs,
        msp: options.msp.clone(),
        domain: options.domain.clone(),
        listen: options.listen,
        tls: !options.no_tls,
        chaincode_listen: options.chaincode_listen,
        chaincode_hosts: options.chaincode_host.clone(),
        chaincode_tls: options.chaincode_tls,
        organizations: options.organizations.clone(),
        state: options.state.clone(),
        couchdb: options.couchdb.clone(),
        watch: options.watch.clone(),
        startup_timeout: options.startup_timeout,
        execute_timeout: options.execute_timeout,
        programs: Programs::new(options.builder.as_deref())?,
        ca: options.ca,
        launch: options.launch.clone(),
    };
    Ok((network, warnings))
}

fn request(options: &Dev) -> Request {
    let named = |named: &Named<PathBuf>| (named.name.clone(), named.value.clone());
    Request {
        packages: options.packages.iter().map(named).collect(),
        attached: options.chaincodes.iter().map(|it| (it.name.clone(), it.address.clone())).collect(),
        command: options.run.as_ref().map(|command| (options.name.clone(), command.clone())),
        init_required: options.init_required.clone(),
        collections: options.collections.iter().map(named).collect(),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // Adds options of the command line to the library's errors about listeners and domains.
        let hint = match &error {
            Error::ListenForClients { .. } => Some(other_address("--listen")),
            Error::ListenForChaincode { .. } => Some(other_address("--chaincode-listen")),
            Error::ListenForCaClients { .. } => Some(
                "stop the program that listens there, or use another address: --ca=127.0.0.1:0".to_owned(),
            ),
            Error::Domain { .. } => {
                Some("give the organization a domain: --domain org1.example.com".to_owned())
            }
            _ => error.hint(),
        };
        let code = match &error {
            Error::Package(error) | Error::Plan(ccs_devnet::PlanError::Package(error)) => error.code(),
            _ => None,
        };
        Self::from_error(&error).hint(hint).with_code(code)
    }
}

impl From<ReadyFileError> for Failure {
    fn from(error: ReadyFileError) -> Self {
        Self::new(error).hint("name a file in an existing folder with --ready-file FILE".to_owned())
    }
}

fn other_address(option: &str) -> String {
    format!("stop the program that listens there, or use another address: {option} 127.0.0.1:0")
}
