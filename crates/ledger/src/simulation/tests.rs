use ccs_proto::kvrwset::{HashedRwSet, KvrwSet, range_query_info::ReadsInfo};
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;

use super::*;
use crate::fixture::{commit, ledger};
use crate::{Ledger, Version};

/// Creates a ledger with the keys `k000`, `k001`, ..., each with its own name as value.
fn filled(keys: usize) -> Ledger {
    let ledger = ledger();
    commit(&ledger, "fill", |simulation| {
        for n in 0..keys {
            let key = format!("k{n:03}");
            simulation.put("cc", &key, key.clone().into_bytes()).unwrap();
        }
    });
    ledger
}

fn keys(batch: &Batch<KeyValue>) -> Vec<&str> {
    batch.results.iter().map(|result| result.key.as_str()).collect()
}

fn public(simulation: Simulation) -> KvrwSet {
    let results = simulation.finish().public;
    KvrwSet::decode(results.ns_rwset[0].rwset.as_slice()).unwrap()
}

fn is_send<T: Send>(_: &T) {}

#[test]
fn a_transaction_does_not_see_what_it_writes_nor_what_is_committed_meanwhile() {
    let ledger = filled(2);
    let mut simulation = ledger.simulate("t1").unwrap();
    is_send(&simulation);
    simulation.put("cc", "k000", b"new".to_vec()).unwrap();
    simulation.delete("cc", "k001").unwrap();
    commit(&ledger, "t2", |other| other.put("cc", "k000", b"other".to_vec()).unwrap());
    let found = simulation.get_multiple("cc", ["k001", "absent", "k000"]).unwrap();
    assert_eq!(found, [Some(b"k001".to_vec()), None, Some(b"k000".to_vec())]);
    let mut query = simulation.range("cc", "", "", 1000).unwrap();
    is_send(&query);
    assert_eq!(keys(&simulation.next_batch(&mut query).unwrap()), ["k000", "k001"]);
}

#[test]
fn a_range_comes_in_batches_of_a_hundred_and_one_result_is_fetched_ahead() {
    let ledger = filled(250);
    let mut simulation = ledger.simulate("t1").unwrap();
    let mut query = simulation.range("cc", "", "", 1000).unwrap();
    let first = simulation.next_batch(&mut query).unwrap();
    assert_eq!((first.results.len(), first.has_more), (100, true));
    let second = simulation.next_batch(&mut query).unwrap();
    assert_eq!((second.results.len(), second.has_more), (100, true));
    let range = &public(simulation).range_queries_info[0];
    assert_eq!((range.end_key.as_str(), range.itr_exhausted), ("k200", false));
    let Some(ReadsInfo::ReadsMerkleHashes(summary)) = &range.reads_info else { panic!("{range:?}") };
    // 201 reads form three leaves of 51 and one of the rest.
    assert_eq!((summary.max_level, summary.max_level_hashes.len()), (1, 4));

    let mut simulation = ledger.simulate("t2").unwrap();
    let mut query = simulation.range("cc", "k200", "k300", 1000).unwrap();
    let only = simulation.next_batch(&mut query).unwrap();
    assert_eq!((only.results.len(), only.has_more), (50, false));
    let range = &public(simulation).range_queries_info[0];
    assert_eq!(
        (range.start_key.as_str(), range.end_key.as_str(), range.itr_exhausted),
        ("k200", "k300", true)
    );
}

#[test]
fn nothing_is_fetched_beyond_the_limit() {
    let ledger = filled(250);
    for (limit, sizes, last) in
        [(100, vec![100], "k099"), (150, vec![100, 50], "k149"), (101, vec![100, 1], "k100")]
    {
        let mut simulation = ledger.simulate("t1").unwrap();
        let mut query = simulation.range("cc", "", "", limit).unwrap();
        let mut found = Vec::new();
        loop {
            let batch = simulation.next_batch(&mut query).unwrap();
            found.push(batch.results.len());
            if !batch.has_more {
                break;
            }
        }
        assert_eq!(found, sizes);
        let range = &public(simulation).range_queries_info[0];
        assert_eq!((range.end_key.as_str(), range.itr_exhausted), (last, false));
    }
}

#[test]
fn an_inverted_range_is_empty_and_one_of_which_nothing_was_fetched_is_not_recorded() {
    let ledger = filled(3);
    let mut simulation = ledger.simulate("t1").unwrap();
    let mut query = simulation.range("cc", "k002", "k001", 10).unwrap();
    assert_eq!(keys(&simulation.next_batch(&mut query).unwrap()), [""; 0]);
    simulation.range("cc", "", "", 10).unwrap();
    let set = public(simulation);
    assert_eq!(set.range_queries_info.len(), 1);
    assert!(set.range_queries_info[0].itr_exhausted);
}

#[test]
fn a_page_tells_where_the_next_begins() {
    let ledger = filled(5);
    let mut simulation = ledger.simulate("t1").unwrap();
    let mut pages = Vec::new();
    let mut bookmark = String::new();
    loop {
        let page = simulation.range_page("cc", ("k000", "k005"), 2, &bookmark).unwrap();
        pages.push(page.results.into_iter().map(|result| result.key).collect::<Vec<_>>());
        let Some(next) = page.bookmark else { break };
        bookmark = next;
    }
    assert_eq!(pages, [vec!["k000", "k001"], vec!["k002", "k003"], vec!["k004"]]);
    // The bookmark's key does not count as a read of the page.
    let range = &public(simulation).range_queries_info[0];
    assert_eq!((range.end_key.as_str(), range.itr_exhausted), ("k001", false));
}

#[test]
fn writes_do_not_mix_with_pages_nor_with_queries_of_collections() {
    let ledger = filled(1);
    let begin = || ledger.simulate("t1").unwrap();
    let text = |error: SimulationError| error.to_string();

    let mut writer = begin();
    writer.put("cc", "a", b"1".to_vec()).unwrap();
    assert_eq!(
        text(writer.range_page("cc", ("", ""), 1, "").unwrap_err()),
        "txid [t1]: unsuppored transaction. Paginated queries are supported only in a read-only transaction"
    );
    assert_eq!(
        text(writer.range_private(("cc", "c1"), "", "", 1).unwrap_err()),
        "txid [t1]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction"
    );
    // Operations that may be combined with writes.
    writer.get_private("cc", "c1", "a").unwrap();
    writer.private_hash("cc", "c1", "a").unwrap();
    writer.range("cc", "", "", 1).unwrap();
    writer.history("cc", "a", 1).unwrap();

    let mut pages = begin();
    pages.range_page("cc", ("", ""), 1, "").unwrap();
    assert_eq!(
        text(pages.put_metadata("cc", "a", Metadata::new()).unwrap_err()),
        "txid [t1]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed"
    );

    let mut queries = begin();
    queries.scan_private("cc", "c1").unwrap();
    for refused in [
        queries.delete("cc", "a"),
        queries.put_private("cc", "c1", "a", b"1".to_vec()),
        queries.purge_private("cc", "c1", "a"),
        queries.put_private_metadata("cc", "c1", "a", Metadata::new()),
    ] {
        assert_eq!(
            text(refused.unwrap_err()),
            "txid [t1]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not \
             allowed"
        );
    }
    assert_eq!(queries.finish().public, TxReadWriteSet::default());
}

#[test]
fn a_read_write_set_has_the_same_bytes_each_time() {
    let ledger = filled(3);
    let steps: [fn(&mut Simulation); 7] = [
        |simulation| simulation.put("b", "z", b"1".to_vec()).unwrap(),
        |simulation| simulation.put("b", "a", b"2".to_vec()).unwrap(),
        |simulation| drop(simulation.get("cc", "k002").unwrap()),
        |simulation| drop(simulation.get("cc", "k000").unwrap()),
        |simulation| simulation.put_private("cc", "c2", "p", b"3".to_vec()).unwrap(),
        |simulation| simulation.put_private("cc", "c1", "q", b"4".to_vec()).unwrap(),
        |simulation| {
            let metadata = Metadata::from([("y".to_owned(), b"5".to_vec()), ("x".to_owned(), b"6".to_vec())]);
            simulation.put_metadata("cc", "k000", metadata).unwrap();
        },
    ];
    let encoded = |order: &mut dyn Iterator<Item = usize>| {
        let mut simulation = ledger.simulate("t1").unwrap();
        order.for_each(|step| steps[step](&mut simulation));
        let results = simulation.finish();
        (results.public.encode_to_vec(), results.private.unwrap().encode_to_vec())
    };
    let (public, private) = encoded(&mut (0..7));
    assert_eq!(encoded(&mut (0..7).rev()), (public.clone(), private.clone()));
    assert_eq!(
        hex::encode(&private),
        "12240a026363120e0a02633112081a060a01711a0134120e0a02633212081a060a01701a0133"
    );
    let public = TxReadWriteSet::decode(public.as_slice()).unwrap();
    let names: Vec<_> = public.ns_rwset.iter().map(|set| set.namespace.as_str()).collect();
    assert_eq!(names, ["b", "cc"]);
    let set = KvrwSet::decode(public.ns_rwset[0].rwset.as_slice()).unwrap();
    assert_eq!(set.writes.iter().map(|write| write.key.as_str()).collect::<Vec<_>>(), ["a", "z"]);
    let collections = &public.ns_rwset[1].collection_hashed_rwset;
    let names: Vec<_> = collections.iter().map(|set| set.collection_name.as_str()).collect();
    assert_eq!(names, ["c1", "c2"]);
}

#[test]
fn the_last_write_of_a_key_counts_and_an_empty_value_deletes() {
    let ledger = filled(1);
    let mut simulation = ledger.simulate("t1").unwrap();
    simulation.put("cc", "a", b"1".to_vec()).unwrap();
    simulation.put("cc", "a", b"2".to_vec()).unwrap();
    simulation.put("cc", "b", Vec::new()).unwrap();
    simulation.get("cc", "k000").unwrap();
    simulation.purge_private("cc", "c1", "p").unwrap();
    let results = simulation.finish();
    let set = KvrwSet::decode(results.public.ns_rwset[0].rwset.as_slice()).unwrap();
    let writes: Vec<_> = set.writes.iter().map(|write| (write.key.as_str(), write.is_delete)).collect();
    assert_eq!(writes, [("a", false), ("b", true)]);
    assert_eq!(set.writes[0].value, b"2");
    assert_eq!(set.reads[0].version.as_ref().map(Version::from), Some(Version { block: 1, transaction: 0 }));
    let hashed = &results.public.ns_rwset[0].collection_hashed_rwset[0].hashed_rwset;
    let purge = &HashedRwSet::decode(hashed.as_slice()).unwrap().hashed_writes[0];
    assert!(purge.is_delete && purge.is_purge && purge.value_hash.is_empty());
    let cc = Touched {
        namespace: "cc".to_owned(),
        read: vec!["k000".to_owned()],
        written: vec!["a".to_owned()],
        deleted: vec!["b".to_owned()],
        ..Touched::default()
    };
    let c1 = Touched {
        namespace: "cc".to_owned(),
        collection: Some("c1".to_owned()),
        purged: vec!["p".to_owned()],
        ..Touched::default()
    };
    assert_eq!(results.touched, [cc, c1]);
}

#[test]
fn a_history_is_newest_first_and_knows_deletes() {
    let ledger = ledger();
    commit(&ledger, "t", |simulation| simulation.put("cc", "a", b"1".to_vec()).unwrap());
    commit(&ledger, "tt", |simulation| simulation.delete("cc", "a").unwrap());
    commit(&ledger, "ttt", |simulation| {
        simulation.put("cc", "a", b"3".to_vec()).unwrap();
        simulation.put("cc", "ab", b"4".to_vec()).unwrap();
        simulation.put("c", "a", b"5".to_vec()).unwrap();
    });
    let simulation = ledger.simulate("reader").unwrap();
    let mut query = simulation.history("cc", "a", 1000).unwrap();
    is_send(&query);
    let batch = query.next_batch().unwrap();
    assert!(!batch.has_more);
    let shown: Vec<_> = batch
        .results
        .iter()
        .map(|one| (one.transaction_id.as_str(), one.value.as_slice(), one.is_delete, one.timestamp.seconds))
        .collect();
    assert_eq!(shown, [("ttt", &b"3"[..], false, 3), ("tt", b"", true, 2), ("t", b"1", false, 1)]);
    assert_eq!(simulation.history("cc", "a", 2).unwrap().next_batch().unwrap().results.len(), 2);
    // A scan records no reads.
    assert_eq!(simulation.finish().public, TxReadWriteSet::default());
}

#[test]
fn the_keys_that_a_rich_query_returns_are_reads() {
    let ledger = filled(3);
    let mut simulation = ledger.simulate("t1").unwrap();
    let all: Vec<_> = simulation.scan("cc").unwrap().map(|row| row.unwrap().key).collect();
    assert_eq!(all, ["k000", "k001", "k002"]);
    simulation.record_query_reads("cc", ["k001"]).unwrap();
    let reads = public(simulation).reads;
    assert_eq!(reads.len(), 1);
    assert_eq!((reads[0].key.as_str(), reads[0].version.is_some()), ("k001", true));
}

#[test]
fn metadata_is_read_with_its_version() {
    let ledger = ledger();
    let policy = Metadata::from([("VALIDATION_PARAMETER".to_owned(), b"policy".to_vec())]);
    commit(&ledger, "t1", |simulation| {
        simulation.put("cc", "a", b"1".to_vec()).unwrap();
        simulation.put_metadata("cc", "a", policy.clone()).unwrap();
    });
    let mut simulation = ledger.simulate("t2").unwrap();
    assert_eq!(simulation.metadata("cc", "a").unwrap(), policy);
    assert_eq!(simulation.metadata("cc", "absent").unwrap(), Metadata::new());
    assert_eq!(public(simulation).reads.len(), 2);
}
