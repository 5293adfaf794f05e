//! Opening stores: data that persists, files that are rejected, and damage that is detected.

use ccs_proto::peer::TxValidationCode;

use super::*;
use crate::Replicas;
use crate::fixture::{FakeDisk, commit, genesis, simulated, value};

#[test]
fn what_was_committed_is_there_after_opening_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder");
    let store = Store::open(&path).unwrap();
    let ledger = store.channel("ch", genesis).unwrap();
    let block = commit(&ledger, "t1", |one| one.put("cc", "a", b"1".to_vec()).unwrap()).block;
    // The handle keeps the store open.
    drop(store);
    assert_eq!(
        Store::open(&path).unwrap_err().to_string(),
        format!("the ledger {} is in use by another process", path.join(FILE).display())
    );
    drop(ledger);
    let store = Store::open(&path).unwrap();
    let ledger = store.channel("ch", || panic!("it exists")).unwrap();
    assert_eq!((ledger.height(), ledger.block(1).unwrap()), (2, Some(block)));
    assert_eq!(value(&ledger, "cc", "a"), Some(b"1".to_vec()));
}

#[test]
fn channels_know_nothing_of_each_other() {
    let store = Store::temporary().unwrap();
    let (one, other) = (store.channel("a", genesis).unwrap(), store.channel("ab", genesis).unwrap());
    commit(&one, "t1", |one| one.put("cc", "a", b"1".to_vec()).unwrap());
    assert_eq!((one.height(), other.height()), (2, 1));
    assert_eq!(value(&other, "cc", "a"), None);
    assert!(!other.has_transaction("t1").unwrap());
    assert_eq!(store.channels().unwrap(), ["a", "ab"]);
    // Another handle of the same ledger.
    assert_eq!(store.channel("a", || panic!("it exists")).unwrap().height(), 2);
}

#[test]
fn what_is_no_store_of_this_format_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, "a text that must be preserved".repeat(1000)).unwrap();
    let error = Store::open(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), format!("{} is not a ledger", path.display()));
    assert_eq!(error.hint().unwrap(), format!("use a separate folder, or move {} away", path.display()));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("a text"));
    std::fs::remove_file(&path).unwrap();

    let write = |version| {
        let database = redb::Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(FORMAT).unwrap().insert("version", version).unwrap();
        transaction.commit().unwrap();
    };
    write(FORMAT_VERSION + 1);
    let error = Store::open(folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the ledger {} has format 3, but this program reads format 2", path.display())
    );
    assert_eq!(
        error.hint().unwrap(),
        format!("to start with an empty ledger, remove the file: rm {}", path.display())
    );
    write(FORMAT_VERSION);
    Store::open(folder.path()).unwrap();
    std::fs::remove_file(&path).unwrap();

    let other = redb::TableDefinition::<&str, &str>::new("others");
    let transaction = redb::Database::create(&path).unwrap().begin_write().unwrap();
    transaction.open_table(other).unwrap();
    transaction.commit().unwrap();
    assert!(matches!(Store::open(folder.path()), Err(OpenError::NotAStore { .. })));
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let ledger = Store::open(folder.path()).unwrap().channel("ch", genesis).unwrap();
    for n in 0..20 {
        commit(&ledger, &format!("t{n}"), |one| one.put("cc", "a", vec![b'x'; 10_000]).unwrap());
    }
    drop(ledger);
    let whole = std::fs::read(&path).unwrap();
    for keep in [0, 1, 100, 4_096, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        match Store::open(folder.path()) {
            Err(OpenError::NotAStore { .. } | OpenError::Damaged { .. }) => {}
            // An empty file becomes a new store.
            Ok(store) if keep == 0 => assert_eq!(store.channels().unwrap(), [""; 0]),
            other => panic!("{keep} bytes: {other:?}"),
        }
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().join("folder");
    let error = Store::open(&path).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot create the folder {}: ", path.display())), "{text}");
    assert_eq!(
        error.hint().unwrap(),
        format!("a part of {} is a file: choose another folder", path.display())
    );
}

#[test]
fn a_folder_in_place_of_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::create_dir(&path).unwrap();
    let error = Store::open(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open {}: Is a directory (os error 21)", path.display()));
    assert_eq!(
        error.hint().unwrap(),
        format!("{} is a folder: choose a folder for the ledger without it", path.display())
    );
}

#[test]
fn each_failure_of_the_system_has_a_hint_of_its_own() {
    let hint = |kind: ErrorKind| {
        OpenError::File { path: "/state/ledger.redb".into(), reason: kind.into() }.hint().unwrap_or_default()
    };
    for (kind, text) in [
        (ErrorKind::StorageFull, "free some space on the disk of /state/ledger.redb"),
        (ErrorKind::FileTooLarge, "raise the limit for the size of files: ulimit -f unlimited"),
        (
            ErrorKind::ReadOnlyFilesystem,
            "/state/ledger.redb is on a read-only file system: choose a folder on another one",
        ),
        (ErrorKind::PermissionDenied, "grant this user read and write access to /state/ledger.redb"),
        (ErrorKind::TimedOut, ""),
    ] {
        assert_eq!(hint(kind), text, "{kind:?}");
    }
}

#[test]
fn only_this_user_can_read_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    drop(Store::open(&path).unwrap());
    assert_eq!((mode(&path), mode(&path.join(FILE)), mode(&path.join(HEIGHTS))), (0o700, 0o600, 0o600));
    // A file from an earlier version of the program.
    std::fs::set_permissions(path.join(FILE), Permissions::from_mode(0o644)).unwrap();
    drop(Store::open(&path).unwrap());
    assert_eq!(mode(&path.join(FILE)), 0o600);
}

#[test]
fn a_temporary_store_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let store = Store::temporary_in(folder.path()).unwrap();
    let ledger = store.channel("ch", genesis).unwrap();
    commit(&ledger, "t1", |one| one.put("cc", "a", b"1".to_vec()).unwrap());
    // A killed process removes nothing, so there must be no file while the store is open, either.
    assert_eq!(files(), 0);
    assert_eq!(value(&ledger, "cc", "a"), Some(b"1".to_vec()));
    drop((store, ledger));
    assert_eq!(files(), 0);

    let missing = folder.path().join("missing");
    let error = Store::temporary_in(&missing).unwrap_err();
    let text = format!("cannot create a temporary file for the ledger in {}: ", missing.display());
    assert!(error.to_string().starts_with(&text), "{error}");
    assert_eq!(error.hint().unwrap(), "set TMPDIR to another folder");
}

/// Creates a store with four blocks, and returns the last one.
fn four_blocks(folder: &Path) -> Block {
    let ledger = Store::open(folder).unwrap().channel("ch", genesis).unwrap();
    for id in ["t1", "t2", "t3"] {
        commit(&ledger, id, |one| one.put("cc", "a", format!("the value of {id}").into_bytes()).unwrap());
    }
    ledger.block(3).unwrap().unwrap()
}

#[test]
fn a_ledger_that_has_lost_blocks_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    four_blocks(folder.path());
    let path = folder.path().join(FILE);
    let earlier = std::fs::read(&path).unwrap();
    let ledger = Store::open(folder.path()).unwrap().channel("ch", genesis).unwrap();
    commit(&ledger, "t4", |one| one.put("cc", "a", b"4".to_vec()).unwrap());
    drop(ledger);
    std::fs::write(&path, earlier).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(
        store.setbacks().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["channel \"ch\" has lost blocks: 5 were committed, but the ledger has only 4"]
    );
    drop(store);
    assert_eq!(Store::open(folder.path()).unwrap().setbacks(), []);
    // Any other content, as after a power failure, is ignored.
    std::fs::write(folder.path().join(HEIGHTS), b"99 ch\n\0\xff\n00000000000000000099").unwrap();
    assert_eq!(Store::open(folder.path()).unwrap().setbacks(), []);
}

#[test]
fn no_damage_of_the_header_loses_a_block_silently() {
    let folder = tempfile::tempdir().unwrap();
    let last = four_blocks(folder.path());
    let path = folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    let heights = std::fs::read(folder.path().join(HEIGHTS)).unwrap();
    for position in 0..320 {
        let mut damaged = whole.clone();
        damaged[position] ^= 0x55;
        std::fs::write(&path, damaged).unwrap();
        std::fs::write(folder.path().join(HEIGHTS), &heights).unwrap();
        let Ok(store) = Store::open(folder.path()) else { continue };
        let Ok(ledger) = store.channel("ch", || panic!("it exists")) else { continue };
        match store.setbacks() {
            [] => assert_eq!(ledger.block(3).unwrap().as_ref(), Some(&last), "byte {position}"),
            [setback] => assert_eq!((setback.committed, setback.height), (4, ledger.height())),
            more => panic!("byte {position}: {more:?}"),
        }
    }
}

#[test]
fn a_changed_byte_of_a_value_is_noticed_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    four_blocks(folder.path());
    let path = folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    let needle = b"the value of t3";
    let found: Vec<_> =
        whole.windows(needle.len()).enumerate().filter(|(_, at)| at == needle).map(|(at, _)| at).collect();
    // In the state and in the envelope, from this commit and in old pages.
    assert!(found.len() >= 2, "{found:?}");
    let mut noticed = 0;
    for at in found {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        match Store::open(folder.path()) {
            Err(error @ OpenError::Damaged { .. }) => {
                noticed += 1;
                let hint = format!("to start with an empty ledger, remove the file: rm {}", path.display());
                assert_eq!(error.hint().unwrap(), hint);
            }
            Ok(store) => {
                let ledger = store.channel("ch", || panic!("it exists")).unwrap();
                assert_eq!(value(&ledger, "cc", "a"), Some(needle.to_vec()), "byte {at}");
            }
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(noticed >= 2);
}

#[test]
fn a_last_block_that_is_not_whole_is_noticed_at_the_start() {
    use crate::tables::{BLOCKS, ENVELOPES};
    let damage = |change: &dyn Fn(&redb::WriteTransaction)| {
        let folder = tempfile::tempdir().unwrap();
        four_blocks(folder.path());
        let database = redb::Database::create(folder.path().join(FILE)).unwrap();
        let transaction = database.begin_write().unwrap();
        change(&transaction);
        transaction.commit().unwrap();
        drop(database);
        let store = Store::open(folder.path()).unwrap();
        store.channel("ch", || panic!("it exists")).unwrap_err().to_string()
    };
    let whole = "the ledger's store is damaged: block 3 of channel ch: ";
    assert_eq!(
        damage(&|transaction| drop(transaction.open_table(BLOCKS).unwrap().remove(("ch", 3)).unwrap())),
        format!("{whole}it is missing")
    );
    assert_eq!(
        damage(&|transaction| {
            let mut table = transaction.open_table(ENVELOPES).unwrap();
            table.insert(("ch", 3, 0), (&b"another"[..], None)).unwrap();
        }),
        format!("{whole}its transactions do not match its data hash")
    );
    assert_eq!(
        damage(&|transaction| drop(transaction.open_table(BLOCKS).unwrap().remove(("ch", 2)).unwrap())),
        format!("{whole}it does not follow the block before it")
    );
}

#[test]
fn a_disk_that_was_full_takes_blocks_again() {
    let fill = |one: &mut crate::Simulation, n: u64| {
        one.put("cc", "last", n.to_string().into_bytes()).unwrap();
        one.put("cc", "large", vec![b'x'; 10_000]).unwrap();
    };
    let disk = FakeDisk::new();
    let ledger = Store::of_storage(disk.clone()).unwrap().channel("ch", genesis).unwrap();
    commit(&ledger, "t0", |one| fill(one, 0));
    let (mut refused, mut height) = (0, 2);
    for writes in 0.. {
        let id = format!("t{}", writes + 1);
        let transaction = simulated(&ledger, &id, |one| fill(one, writes + 1));
        disk.leave(writes);
        let committed = ledger.commit(std::slice::from_ref(&transaction), &());
        disk.leave(u64::MAX);
        let Err(error) = committed else { break };
        refused += 1;
        assert_eq!(error.to_string(), "cannot write the ledger: no storage space");
        assert_eq!(error.hint().unwrap(), "free some space on the disk of /fake");
        assert!(error.is_of_disk());
        assert_eq!(ledger.height(), height, "after {writes} writes");
        // All earlier data is still there, and the same block can be committed.
        ledger.commit(&[transaction], &()).unwrap();
        height = ledger.height();
        assert_eq!(value(&ledger, "cc", "last"), Some((writes + 1).to_string().into_bytes()));
        assert_eq!(ledger.transaction(&id).unwrap().unwrap().code, TxValidationCode::Valid);
    }
    assert!(refused > 5, "{refused}");
    let ledger = Store::of_storage(disk).unwrap().channel("ch", || panic!("it exists")).unwrap();
    assert!(ledger.height() >= height);
}

#[test]
fn a_block_that_was_stored_before_the_disk_failed_is_found_when_the_disk_is_well_again() {
    let disk = FakeDisk::new();
    let ledger = Store::of_storage(disk.clone()).unwrap().channel("ch", genesis).unwrap();
    let replicas = Replicas::new(vec![ledger.clone()]).unwrap();
    let (mut stored, mut lost) = (0, 0);
    for writes in 0.. {
        let id = format!("t{writes}");
        let transaction = simulated(&ledger, &id, |one| one.put("cc", "a", id.clone().into_bytes()).unwrap());
        let height = ledger.height();
        disk.leave(writes);
        let committed = ledger.commit(std::slice::from_ref(&transaction), &());
        disk.leave(u64::MAX);
        if committed.is_ok() {
            break;
        }
        let mut copied = Vec::new();
        let settled = replicas.settle(|blocks| copied.push((blocks[0].number, ledger.height()))).unwrap();
        if let Some(block) = settled.map(|mut blocks| blocks.swap_remove(0)) {
            assert_eq!((block.number, block.codes), (height, vec![TxValidationCode::Valid]));
            assert_eq!(copied, [(height, height)]);
            assert_eq!(replicas.settle(|_| panic!("it is reported once")).unwrap(), None);
            stored += 1;
        } else {
            ledger.commit(&[transaction], &()).unwrap();
            lost += 1;
        }
        assert_eq!((ledger.height(), value(&ledger, "cc", "a")), (height + 1, Some(id.into_bytes())));
        assert_eq!(ledger.info().unwrap().height, height + 1);
    }
    assert!(stored > 0 && lost > 0, "{stored} {lost}");
}
