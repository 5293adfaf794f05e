use redb::ReadableTableMetadata as _;

use super::*;
use crate::fixture::{FakeDisk, genesis};
use crate::tables::PIECES;
use crate::{Simulation, Store};

/// Sizes around the limits at which a value is stored in pieces, or needs another piece.
const SIZES: [usize; 7] = [1, 8 << 10, (8 << 10) + 1, 65_472, 65_473, 130_944, 1_000_000];

fn bytes(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

fn pieces(ledger: &Ledger) -> u64 {
    ledger.database.begin_read().unwrap().open_table(PIECES).unwrap().len().unwrap()
}

#[test]
fn values_of_all_sizes_are_read_as_they_were_written() {
    let ledger = ledger();
    let metadata = |size| Metadata::from([("m".to_owned(), bytes(size))]);
    let write = |simulation: &mut Simulation| {
        for size in SIZES {
            let key = format!("k{size:07}");
            simulation.put("cc", &key, bytes(size)).unwrap();
            simulation.put_metadata("cc", &key, metadata(size)).unwrap();
            simulation.put_private("cc", "c1", &key, bytes(size)).unwrap();
        }
    };
    let committed = commit(&ledger, "t1", write);
    let mut simulation = ledger.simulate("reader").unwrap();
    let mut query = simulation.range("cc", "", "", 100).unwrap();
    let range = simulation.next_batch(&mut query).unwrap().results;
    let scan: Vec<_> = simulation.scan("cc").unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(range, scan);
    for (size, found) in SIZES.into_iter().zip(range) {
        let key = format!("k{size:07}");
        assert_eq!((&found.key, found.value), (&key, bytes(size)));
        assert_eq!(simulation.get("cc", &key).unwrap(), Some(bytes(size)));
        assert_eq!(simulation.metadata("cc", &key).unwrap(), metadata(size));
        assert_eq!(simulation.get_private("cc", "c1", &key).unwrap(), Some(bytes(size)));
        let history = simulation.history("cc", &key, 1).unwrap().next_batch().unwrap().results;
        assert_eq!(history[0].value, bytes(size));
    }
    assert_eq!(ledger.block(1).unwrap(), Some(committed.block));
    assert_eq!(ledger.private_data(1).unwrap().len(), 1);
}

#[test]
fn nothing_is_kept_of_a_large_value_that_is_replaced_or_deleted() {
    let ledger = ledger();
    let put = |id: &str, size: usize| {
        commit(&ledger, id, |simulation| simulation.put("cc", "a", bytes(size)).unwrap());
        pieces(&ledger)
    };
    // The value and the envelope take four pieces each, and two each at half the size.
    assert_eq!(put("t1", 200_000), 8);
    assert_eq!(put("t2", 100_000), 8 - 4 + 4);
    assert_eq!(value(&ledger, "cc", "a"), Some(bytes(100_000)));
    assert_eq!(put("t3", 10), 6);
    assert_eq!(put("t4", 100_000), 10);
    commit(&ledger, "t5", |simulation| simulation.delete("cc", "a").unwrap());
    assert_eq!(pieces(&ledger), 8);
    // In a collection, the value and the stored set, until they are purged.
    commit(&ledger, "t6", |simulation| simulation.put_private("cc", "c1", "p", bytes(100_000)).unwrap());
    assert_eq!(pieces(&ledger), 12);
    commit(&ledger, "t7", |simulation| simulation.purge_private("cc", "c1", "p").unwrap());
    assert_eq!(pieces(&ledger), 8);
}

#[test]
fn a_key_costs_as_much_next_to_a_large_value_as_elsewhere() {
    // Larger than the database's cache.
    const SIZE: usize = 9 << 20;
    let disk = FakeDisk::new();
    let ledger = Store::of_storage(disk.clone()).unwrap().channel("ch", genesis).unwrap();
    commit(&ledger, "large", |simulation| simulation.put("cc", "m", vec![b'x'; SIZE]).unwrap());
    let before = disk.moved();
    for neighbor in ["l", "n"] {
        commit(&ledger, neighbor, |simulation| {
            for n in 0..20 {
                simulation.put("cc", &format!("{neighbor}{n}"), b"1".to_vec()).unwrap();
            }
        });
    }
    // Less than the large value once, for 40 keys.
    let moved = disk.moved() - before;
    assert!(moved < SIZE as u64, "{moved} bytes were read and written");
}
