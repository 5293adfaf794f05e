//! Kills a committing process at random times: every block that it has reported is present, and commits continue.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ccs_ledger::{Ledger, Store, data_hash, header_hash};

/// Environment variable with the folder in which a child process of this program commits.
const FOLDER: &str = "CCS_LEDGER_CRASH_TEST";

const ROUNDS: usize = 8;

fn open(folder: &Path) -> Ledger {
    Store::open(folder).unwrap().channel("ch", common::genesis).unwrap()
}

/// Commits a block of three transactions, which count and write their block's number.
fn commit(ledger: &Ledger) {
    let number = ledger.height();
    let transactions = (0..3).map(|index| {
        let id = format!("t{number}-{index}");
        let mut simulation = ledger.simulate(id.clone()).unwrap();
        simulation.put("cc", &format!("k{index}"), number.to_string().into_bytes()).unwrap();
        simulation.put_private("cc", "c1", &format!("p{index}"), vec![b'x'; 5_000]).unwrap();
        common::endorsed(&id, simulation.finish())
    });
    ledger.commit(&transactions.collect::<Vec<_>>(), &()).unwrap();
}

/// Not a test: code of the child process. It commits and reports until it is killed.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let ledger = open(Path::new(&folder));
    let mut stdout = std::io::stdout();
    loop {
        commit(&ledger);
        writeln!(stdout, "committed {}", ledger.height() - 1).unwrap();
    }
}

fn random(below: u64) -> u64 {
    RandomState::new().hash_one(0) % below
}

/// Starts the child, lets it report some blocks, kills it within the next ones, and returns the last block that it
/// has reported.
fn run_and_kill(folder: &Path) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut numbers =
        lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    let reported = numbers.by_ref().nth(usize::try_from(random(6)).unwrap()).unwrap();
    // At any point within the next blocks: no particular moment is special.
    let (start, wait) = (Instant::now(), Duration::from_micros(random(20_000)));
    while start.elapsed() < wait {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Also counts the blocks that it reported before it was killed.
    numbers.last().unwrap_or(reported)
}

#[test]
fn no_reported_block_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut height = 0;
    for round in 0..ROUNDS {
        let reported = run_and_kill(folder.path());
        let ledger = open(folder.path());
        assert!(ledger.height() > reported, "round {round}: {reported} of {}", ledger.height());
        assert!(ledger.height() > height);
        commit(&ledger);
        height = ledger.height();
        check(&ledger);
    }
}

/// Checks the chain, and the state at its end.
fn check(ledger: &Ledger) {
    let mut previous_hash = [0; 32];
    for number in 0..ledger.height() {
        let block = ledger.block(number).unwrap().unwrap();
        let header = block.header.unwrap();
        let data = block.data.unwrap().data;
        assert_eq!((header.number, &header.previous_hash[..]), (number, &previous_hash[..]));
        assert_eq!(header.data_hash, data_hash(&data));
        previous_hash = header_hash(&header);
        for index in 0..if number == 0 { 0 } else { 3 } {
            let processed = ledger.transaction(&format!("t{number}-{index}")).unwrap().unwrap();
            assert_eq!((processed.block, processed.index), (number, index));
            assert_eq!(processed.envelope, data[usize::try_from(index).unwrap()]);
        }
        assert_eq!(ledger.private_data(number).unwrap().len(), if number == 0 { 0 } else { 3 });
    }
    let mut simulation = ledger.simulate("reader").unwrap();
    let last = (ledger.height() - 1).to_string().into_bytes();
    for index in 0..3 {
        assert_eq!(simulation.get("cc", &format!("k{index}")).unwrap(), Some(last.clone()));
        let private = simulation.get_private("cc", "c1", &format!("p{index}")).unwrap();
        assert_eq!(private.unwrap().len(), 5_000);
    }
    let mut history = simulation.history("cc", "k0", usize::MAX).unwrap();
    assert_eq!(history.next_batch().unwrap().results[0].value, last);
}
