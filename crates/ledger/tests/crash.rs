//! Kills a committing process at random times: every block that it has reported is present, and commits continue.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ccs_ledger::{Content, Ledger, Replicas, Store, data_hash, header_hash};

/// Environment variable with the folder in which a child process of this program commits.
const FOLDER: &str = "CCS_LEDGER_CRASH_TEST";

const ROUNDS: usize = 8;

/// Opens the ledgers of two peers. Only the second one stores private data.
fn open(folder: &Path) -> Replicas {
    let store = Store::open(folder).unwrap();
    Replicas::new(store.replicas("ch", &["Org1MSP", "Org2MSP"], common::genesis).unwrap()).unwrap()
}

fn height(replicas: &Replicas) -> u64 {
    let [one, other] = replicas.ledgers() else { panic!("there are two") };
    assert_eq!(one.height(), other.height());
    one.height()
}

/// Commits a block of three transactions, which count and write their block's number.
fn commit(replicas: &Replicas) {
    let number = height(replicas);
    let ledger = &replicas.ledgers()[0];
    let transactions = (0..3).map(|index| {
        let id = format!("t{number}-{index}");
        let mut simulation = ledger.simulate(id.clone()).unwrap();
        simulation.put("cc", &format!("k{index}"), number.to_string().into_bytes()).unwrap();
        simulation.put_private("cc", "c1", &format!("p{index}"), vec![b'x'; 5_000]).unwrap();
        common::endorsed(&id, simulation.finish())
    });
    let with_private: Vec<_> = transactions.collect();
    let mut without = with_private.clone();
    for transaction in &mut without {
        let Content::Endorsed { private, .. } = &mut transaction.content else { panic!("it is endorsed") };
        *private = None;
    }
    replicas.commit_with(&[without, with_private], &(), |_| ()).unwrap();
}

/// Not a test: code of the child process. It commits and reports until it is killed.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let replicas = open(Path::new(&folder));
    let mut stdout = std::io::stdout();
    loop {
        commit(&replicas);
        writeln!(stdout, "committed {}", height(&replicas) - 1).unwrap();
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
    let mut last = 0;
    for round in 0..ROUNDS {
        let reported = run_and_kill(folder.path());
        let replicas = open(folder.path());
        assert!(height(&replicas) > reported, "round {round}: {reported} of {}", height(&replicas));
        assert!(height(&replicas) > last);
        commit(&replicas);
        last = height(&replicas);
        for (ledger, has_private_data) in replicas.ledgers().iter().zip([false, true]) {
            check(ledger, has_private_data);
        }
    }
}

/// Checks the chain, and the state at its end.
fn check(ledger: &Ledger, has_private_data: bool) {
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
        let expected = if number == 0 || !has_private_data { 0 } else { 3 };
        assert_eq!(ledger.private_data(number).unwrap().len(), expected);
    }
    let mut simulation = ledger.simulate("reader").unwrap();
    let last = (ledger.height() - 1).to_string().into_bytes();
    for index in 0..3 {
        assert_eq!(simulation.get("cc", &format!("k{index}")).unwrap(), Some(last.clone()));
        let key = format!("p{index}");
        assert!(simulation.private_hash("cc", "c1", &key).unwrap().is_some());
        let private = simulation.get_private("cc", "c1", &key);
        assert_eq!(private.is_ok_and(|value| value.unwrap().len() == 5_000), has_private_data);
    }
    let mut history = simulation.history("cc", "k0", usize::MAX).unwrap();
    assert_eq!(history.next_batch().unwrap().results[0].value, last);
}
