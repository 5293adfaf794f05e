//! A process whose file reaches its size limit reports the error, continues once the limit is raised, and loses
//! nothing when it is killed afterwards.
//!
//! The limit for file sizes simulates a full disk: writes fail in the same way, and no other file is affected.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use ccs_ledger::{Ledger, LedgerError, Store};
use ccs_proto::peer::TxValidationCode;
use rustix::process::{Resource, getrlimit, setrlimit};

/// Environment variable with the folder in which a child process of this program commits.
const FOLDER: &str = "CCS_LEDGER_FULL_DISK_TEST";

fn open(folder: &Path) -> Ledger {
    Store::open(folder).unwrap().channel("ch", common::genesis).unwrap()
}

fn commit(ledger: &Ledger, id: &str) -> Result<TxValidationCode, LedgerError> {
    let mut simulation = ledger.simulate(id).unwrap();
    simulation.put("cc", id, vec![b'x'; 100_000]).unwrap();
    Ok(ledger.commit(&[common::endorsed(id, simulation.finish())], &())?.codes[0])
}

/// Sets the soft limit; the hard limit stays.
fn limit(bytes: Option<u64>) {
    let limits = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, rustix::process::Rlimit { current: bytes, ..limits }).unwrap();
}

/// Not a test: code of the child process. Twice, it commits until its file reaches the limit, and then raises the
/// limit. It reports the commits, and waits until it is killed.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let ledger = open(folder);
    let mut stdout = std::io::stdout();
    let mut report = |text: &str| writeln!(stdout, "{text}").unwrap();
    let mut number = 0;
    for round in 1..=2 {
        limit(Some((round * 4) << 20));
        let (id, error) = loop {
            number += 1;
            let id = format!("t{number}");
            match commit(&ledger, &id) {
                Ok(code) => assert_eq!(code, TxValidationCode::Valid),
                Err(error) => break (id, error),
            }
            report(&format!("committed {id}"));
        };
        report(&format!("refused {id}: {error}; {}", error.hint().unwrap()));
        // The ledger is still readable, and returns the same error again.
        assert!(ledger.simulate("reader").unwrap().get("cc", "t1").unwrap().is_some());
        assert!(commit(&ledger, &id).unwrap_err().is_of_disk());
        assert!(ledger.simulate("reader").unwrap().get("cc", "t1").unwrap().is_some());
        limit(None);
        assert_eq!(commit(&ledger, &id).unwrap(), TxValidationCode::Valid);
        report(&format!("committed {id}"));
    }
    report("end");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn a_full_disk_loses_no_block_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    // The shell makes the program ignore the signal that such a write causes.
    let mut child = Command::new("sh")
        .args(["-c", r#"trap '' XFSZ; exec "$0" --exact child --nocapture"#])
        .arg(program)
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let lines: Vec<_> = lines.take_while(|line| line != "end").collect();
    child.kill().unwrap();
    child.wait().unwrap();

    let refused: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("refused ")).collect();
    let path = folder.path().join("ledger.redb");
    let reason = "File too large (os error 27); raise the limit for the size of files: ulimit -f unlimited";
    let expected = format!("cannot write the ledger {}: {reason}", path.display());
    assert_eq!(refused.len(), 2, "{lines:?}");
    assert!(refused.iter().all(|line| line.ends_with(&expected)), "{refused:?}");

    let committed: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("committed ")).collect();
    assert!(committed.len() > 10, "{committed:?}");
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.setbacks(), []);
    let ledger = store.channel("ch", || panic!("it exists")).unwrap();
    assert_eq!(ledger.height(), committed.len() as u64 + 1);
    let mut simulation = ledger.simulate("reader").unwrap();
    for id in committed {
        assert_eq!(simulation.get("cc", id).unwrap().unwrap().len(), 100_000, "{id}");
    }
}
