//! Encodes the reads of a range query in a read/write set: up to 50 reads as they are, more as hashes.
//!
//! The hashes form a tree. A leaf is the hash of 51 reads, and an inner node the hash of 51 hashes. The set contains
//! only the hashes of the uppermost level, at most 50 (Fabric 3.1
//! `core/ledger/kvledger/txmgmt/rwsetutil/query_results_helper.go`).

use ccs_proto::kvrwset::{KvRead, QueryReads, QueryReadsMerkleSummary, range_query_info::ReadsInfo};
use prost::Message;
use sha2::{Digest, Sha256};

/// Maximum number of reads, or of hashes of a level, that are not hashed further.
const MAX_DEGREE: u32 = 50;

type Hash = [u8; 32];

/// Encodes reads for a read/write set.
pub(crate) fn of(reads: Vec<KvRead>) -> ReadsInfo {
    summary(&reads, MAX_DEGREE)
        .map_or(ReadsInfo::RawReads(QueryReads { kv_reads: reads }), ReadsInfo::ReadsMerkleHashes)
}

/// Returns whether a summary, computed with its own degree, matches these reads.
pub(crate) fn is_of(held: &QueryReadsMerkleSummary, reads: &[KvRead]) -> bool {
    held.max_degree >= 2 && summary(reads, held.max_degree).as_ref() == Some(held)
}

/// Hashes the reads; [`None`] if they are few enough to be stored as they are.
fn summary(reads: &[KvRead], max_degree: u32) -> Option<QueryReadsMerkleSummary> {
    let degree = usize::try_from(max_degree).ok()?;
    if reads.len() <= degree {
        return None;
    }
    let mut tree = Tree { degree, levels: vec![Vec::new()] };
    for leaf in reads.chunks(degree.saturating_add(1)) {
        let bytes = QueryReads { kv_reads: leaf.to_vec() }.encode_to_vec();
        tree.add(0, Sha256::digest(bytes).into());
    }
    let (max_level, hashes) = tree.finish();
    Some(QueryReadsMerkleSummary {
        max_degree,
        max_level,
        max_level_hashes: hashes.iter().map(|hash| hash.to_vec()).collect(),
    })
}

/// Hashes without a parent yet, from the leaves upwards.
struct Tree {
    degree: usize,
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Adds a hash to a level, and completes the levels above if possible.
    fn add(&mut self, mut level: usize, mut hash: Hash) {
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(level) else { return };
            hashes.push(hash);
            if hashes.len() <= self.degree {
                return;
            }
            hash = combined(&std::mem::take(hashes));
            level += 1;
        }
    }

    /// Returns the uppermost level, counted from one, which includes all levels below.
    fn finish(mut self) -> (u32, Vec<Hash>) {
        let mut uppermost = self.levels.pop().unwrap_or_default();
        let mut level = u32::try_from(self.levels.len() + 1).unwrap_or(u32::MAX);
        let mut below: Option<Hash> = None;
        for mut hashes in self.levels {
            hashes.extend(below.take());
            below = match hashes.as_slice() {
                [] => None,
                [one] => Some(*one),
                several => Some(combined(several)),
            };
        }
        uppermost.extend(below);
        if uppermost.len() > self.degree {
            uppermost = vec![combined(&uppermost)];
            level += 1;
        }
        (level, uppermost)
    }
}

fn combined(hashes: &[Hash]) -> Hash {
    Sha256::digest(hashes.concat()).into()
}

#[cfg(test)]
mod tests {
    use ccs_proto::kvrwset::Version;

    use super::*;

    /// Number of reads, number of resulting hashes and levels, and the SHA-256 of the whole summary. A Go program
    /// computed them from Fabric's description of the tree, with Fabric's own messages.
    const OF_GO: [(usize, usize, u32, &str); 10] = [
        (51, 1, 1, "e953c20cc7ed92c0a516f3dc74f92d168359178aa5638cda2ae72c7e86763575"),
        (52, 2, 1, "88d32aa5a9a7ea58f9c19491961d90a0e55259333dd73e5bad3e3ecbbed99f00"),
        (102, 2, 1, "7d051433a0a3523add2668c2f405b8be0c2acdd582b58ac5f6d86e3746caf113"),
        (2_550, 50, 1, "04ac10bedacf9c437a6651ac57deb13ef5fd822b24fb2bf3962fb8e036892769"),
        (2_551, 1, 2, "20c5f1d8eae6c1afd4f96f317321ddc16b15ccca7a7e8b4d7f94527ad8bcb959"),
        (2_601, 1, 2, "fb092eb701fd7561afa1d73b8d65fd05383300fe2ecb732c970c2e69c09e81e9"),
        (2_602, 2, 2, "8bdf4e8d7c4dc6a3283bbb3b2cc0e329db83bbd531392828e5d4ec4d2aa0cc37"),
        (2_700, 2, 2, "469ad0ae9d4bb1854a8d90df60419b0a42cdf239fa96df71d4c6136ba1410a38"),
        (10_000, 4, 2, "cf165850386b2b378988bfdd468e492cd63321da4648d204204f3680e0bd5663"),
        (132_651, 1, 3, "bda83fb85ec94577dd40e0026a244244c872ae90e46643a76d5ffa8ec43f105d"),
    ];

    fn reads(count: usize) -> Vec<KvRead> {
        let version = |n: u64| Some(Version { block_num: n, tx_num: n % 3 });
        (0..).take(count).map(|n| KvRead { key: format!("k{n:06}"), version: version(n) }).collect()
    }

    #[test]
    fn few_reads_are_held_as_they_are() {
        for count in [0, 1, 50] {
            assert_eq!(of(reads(count)), ReadsInfo::RawReads(QueryReads { kv_reads: reads(count) }));
        }
    }

    #[test]
    fn many_reads_are_held_as_the_hashes_of_a_tree() {
        for (count, hashes, level, digest) in OF_GO {
            let ReadsInfo::ReadsMerkleHashes(summary) = of(reads(count)) else { panic!("{count}") };
            assert_eq!((summary.max_level_hashes.len(), summary.max_level), (hashes, level), "{count}");
            assert_eq!(hex::encode(Sha256::digest(summary.encode_to_vec())), digest, "{count}");
            assert!(is_of(&summary, &reads(count)));
            assert!(!is_of(&summary, &reads(count - 1)));
        }
    }

    #[test]
    fn a_summary_of_no_degree_is_that_of_nothing() {
        for max_degree in [0, 1, u32::MAX] {
            let summary = QueryReadsMerkleSummary { max_degree, ..QueryReadsMerkleSummary::default() };
            assert!(!is_of(&summary, &[]) && !is_of(&summary, &reads(100)));
        }
    }
}
