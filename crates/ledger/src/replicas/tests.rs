//! Blocks of several peers, which are in all ledgers or in none.

use ccs_proto::peer::TxValidationCode;

use super::*;
use crate::fixture::{FakeDisk, genesis, simulated, value};
use crate::{Content, Store};

const PEERS: [&str; 2] = ["Org1MSP", "Org2MSP"];

fn replicas(store: &Store) -> Replicas {
    Replicas::new(store.replicas("ch", &PEERS, genesis).unwrap()).unwrap()
}

/// Simulates a transaction that writes a public and a private value. Returns it with its private data, for a member of
/// the collection, and without it.
fn transaction(ledger: &Ledger, id: &str) -> [Transaction; 2] {
    let with = simulated(ledger, id, |simulation| {
        simulation.put("cc", "a", id.as_bytes().to_vec()).unwrap();
        simulation.put_private("cc", "c1", "p", id.as_bytes().to_vec()).unwrap();
    });
    let mut without = with.clone();
    let Content::Endorsed { private, .. } = &mut without.content else { panic!("it is endorsed") };
    *private = None;
    [with, without]
}

#[test]
fn a_block_is_in_all_ledgers_and_private_data_with_those_that_were_given_it() {
    let store = Store::temporary().unwrap();
    let replicas = replicas(&store);
    let [one, other] = replicas.ledgers() else { panic!("there are two") };
    let [with, without] = transaction(one, "t1");
    let heights = || [one.height(), other.height()];
    let mut before_told = Vec::new();
    let committed = replicas
        .commit_with(&[[without], [with]], &(), |blocks| before_told.push((blocks.len(), heights())))
        .unwrap();
    assert_eq!((before_told, heights()), (vec![(2, [1, 1])], [2, 2]));
    assert_eq!(committed[0].block, committed[1].block);
    assert_eq!((committed[0].missing.len(), committed[1].missing.len()), (1, 0));
    for ledger in [one, other] {
        assert_eq!(ledger.name(), "ch");
        assert_eq!(ledger.block(1).unwrap().as_ref(), Some(&committed[0].block));
        assert_eq!(ledger.transaction("t1").unwrap().unwrap().code, TxValidationCode::Valid);
        assert_eq!(value(ledger, "cc", "a"), Some(b"t1".to_vec()));
        let mut simulation = ledger.simulate("reader").unwrap();
        assert!(simulation.private_hash("cc", "c1", "p").unwrap().is_some());
    }
    let private = |ledger: &Ledger| ledger.simulate("reader").unwrap().get_private("cc", "c1", "p");
    assert_eq!(private(other).unwrap(), Some(b"t1".to_vec()));
    assert_eq!(
        private(one).unwrap_err().to_string(),
        "private data matching public hash version is not available. Public hash version = {BlockNum: 1, TxNum: 0}, \
         Private data version = <nil>"
    );
    assert_eq!((one.private_data(1).unwrap().len(), other.private_data(1).unwrap().len()), (0, 1));
}

#[test]
fn a_block_cannot_be_committed_to_some_of_the_ledgers() {
    let store = Store::temporary().unwrap();
    let replicas = replicas(&store);
    let [one, other] = replicas.ledgers() else { panic!("there are two") };
    let refused = "cannot commit to channel \"ch\": 1 of its ledgers were given, not all";
    assert_eq!(other.commit(&[], &()).unwrap_err().to_string(), refused);
    assert_eq!(
        Replicas::new(vec![one.clone(), one.clone()]).unwrap_err().to_string(),
        "cannot commit to channel \"ch\": 2 of its ledgers were given, not all"
    );
    let [with, without] = transaction(one, "t1");
    let [_, different] = transaction(one, "t2");
    for batches in [vec![vec![with.clone()], vec![different]], vec![vec![with]]] {
        assert_eq!(
            replicas.commit_with(&batches, &(), |_| panic!("it is not stored")).unwrap_err().to_string(),
            "the ledger's store is damaged: block 1 of channel ch: the ledgers of the peers differ"
        );
    }
    assert_eq!((one.height(), other.height()), (1, 1));
    assert_eq!([one, other].map(|ledger| ledger.has_transaction("t1").unwrap()), [false, false]);
    replicas.commit_with(&[[without.clone()], [without]], &(), |_| ()).unwrap();
    assert_eq!((one.height(), other.height()), (2, 2));
}

#[test]
fn a_channel_keeps_its_peers() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let first = replicas(&store);
    let [with, without] = transaction(&first.ledgers()[0], "t1");
    first.commit_with(&[[with], [without]], &(), |_| ()).unwrap();
    let again = store.replicas("ch", &PEERS, || panic!("it exists")).unwrap();
    assert!(again[0].are_all_replicas(&[first.ledgers()[0].clone(), again[1].clone()]));
    drop((first, again));
    assert_eq!(store.channels().unwrap(), ["ch"]);
    store.channel("c", genesis).unwrap();
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.setbacks(), []);
    for peers in [vec!["Org1MSP"], vec!["Org1MSP", "Org3MSP"], vec!["Org1MSP", "Org2MSP", "Org3MSP"]] {
        let error = store.replicas("ch", &peers, || panic!("it exists")).unwrap_err();
        let wanted: Vec<_> = peers[1..].iter().map(|peer| format!(", ch@{peer}")).collect();
        assert_eq!(
            error.to_string(),
            format!(
                "channel \"ch\" was created with other peers: the store has ch, ch@Org2MSP, not ch{}",
                wanted.concat()
            )
        );
        assert_eq!(
            error.hint().unwrap(),
            "start with the same organizations as before, or with an empty ledger in a new folder"
        );
    }
    let error = store.replicas("c", &PEERS, || panic!("it exists")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "channel \"c\" was created with other peers: the store has c, not c, c@Org2MSP"
    );
    assert_eq!(replicas(&store).ledgers()[1].height(), 2);
}

#[test]
fn a_failing_disk_leaves_a_block_in_all_ledgers_or_in_none() {
    let disk = FakeDisk::new();
    let store = Store::of_storage(disk.clone()).unwrap();
    let replicas = replicas(&store);
    let [one, other] = replicas.ledgers() else { panic!("there are two") };
    let (mut stored, mut lost) = (0, 0);
    for writes in 0.. {
        let id = format!("t{writes}");
        let [with, without] = transaction(one, &id);
        let height = one.height();
        disk.leave(writes);
        let committed = replicas.commit_with(&[[with], [without]], &(), |_| ());
        disk.leave(u64::MAX);
        if committed.is_ok() {
            break;
        }
        let settled = replicas.settle(|blocks| assert_eq!(blocks.len(), 2)).unwrap();
        let is_stored = settled.is_some();
        *(if is_stored { &mut stored } else { &mut lost }) += 1;
        for ledger in [one, other] {
            assert_eq!(ledger.height(), height + u64::from(is_stored));
            assert_eq!(ledger.has_transaction(&id).unwrap(), is_stored);
            assert_eq!(value(ledger, "cc", "a") == Some(id.clone().into_bytes()), is_stored);
        }
    }
    assert!(stored > 0 && lost > 0, "{stored} {lost}");
}
