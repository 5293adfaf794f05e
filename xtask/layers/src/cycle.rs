//! Finds cycles in a graph, and the shortest path of each.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

/// A set of nodes that reach each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// All nodes.
    pub(crate) nodes: BTreeSet<usize>,
    /// The shortest path from one of them back to itself, which is not repeated at the end.
    pub(crate) way: Vec<usize>,
}

/// Finds every group of two or more nodes that reach each other.
pub(crate) fn find(arrows: impl IntoIterator<Item = (usize, usize)>) -> Vec<Cycle> {
    let graph: DiGraphMap<usize, ()> = DiGraphMap::from_edges(arrows);
    let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
    let mut cycles: Vec<_> = groups.map(|group| in_group(&graph, group.into_iter().collect())).collect();
    cycles.sort_by(|one, other| one.nodes.cmp(&other.nodes));
    cycles
}

fn in_group(graph: &DiGraphMap<usize, ()>, nodes: BTreeSet<usize>) -> Cycle {
    let ways = nodes.iter().map(|node| way_back(graph, &nodes, *node));
    let way = ways.min_by_key(Vec::len).unwrap_or_default();
    Cycle { nodes, way }
}

/// Searches breadth-first from a node back to itself.
fn way_back(graph: &DiGraphMap<usize, ()>, nodes: &BTreeSet<usize>, start: usize) -> Vec<usize> {
    let mut came_from = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<_> = graph.neighbors(node).filter(|next| nodes.contains(next)).collect();
        next.sort_unstable();
        for next in next {
            if next == start {
                let mut way = vec![node];
                while let Some(before) = way.last().and_then(|node| came_from.get(node)) {
                    way.push(*before);
                }
                way.reverse();
                return way;
            }
            if let Entry::Vacant(unseen) = came_from.entry(next) {
                unseen.insert(node);
                queue.push_back(next);
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::{Cycle, find};

    #[test]
    fn a_graph_without_a_cycle_has_none() {
        assert_eq!(find([(0, 1), (1, 2), (0, 2)]), []);
    }

    #[test]
    fn the_shortest_way_round_is_shown() {
        let cycles = find([(0, 1), (1, 2), (2, 3), (3, 0), (2, 1), (4, 0), (5, 6), (6, 5)]);
        let first = Cycle { nodes: [0, 1, 2, 3].into(), way: vec![1, 2] };
        assert_eq!(cycles, [first, Cycle { nodes: [5, 6].into(), way: vec![5, 6] }]);
    }
}
