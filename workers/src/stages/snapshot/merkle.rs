//! Merkle roots as in RFC 6962, section 2.1, with BLAKE3: a leaf is `H(0x00 ‖ data)`, a node `H(0x01 ‖ left ‖ right)`, the
//! left subtree of n leaves is the largest power of two below n, and the root of nothing is `H("")`. The prefixes keep a
//! node from passing for a leaf.

use blake3::{Hash, Hasher};

/// A tree that grows leaf by leaf and holds one hash a level.
#[derive(Clone, Debug, Default)]
pub struct Merkle {
    /// Roots of the full subtrees, largest first, with the number of their leaves.
    peaks: Vec<(u64, Hash)>,
}

impl Merkle {
    /// Adds a leaf made of `parts`, each preceded by its length, so that no two lists of parts make the same leaf; answers
    /// its hash.
    pub fn push(&mut self, parts: &[&[u8]]) -> Hash {
        let mut leaf = Hasher::new();
        leaf.update(&[0]);
        for part in parts {
            leaf.update(&(part.len() as u64).to_le_bytes());
            leaf.update(part);
        }
        let leaf = leaf.finalize();
        let mut peak = (1, leaf);
        while let Some((leaves, left)) = self.peaks.pop_if(|(leaves, _)| *leaves == peak.0) {
            peak = (leaves * 2, node(&left, &peak.1));
        }
        self.peaks.push(peak);
        leaf
    }

    /// The root of the leaves so far.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().map(|(_, hash)| *hash);
        let Some(last) = peaks.next() else { return blake3::hash(b"") };
        peaks.fold(last, |right, left| node(&left, &right))
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Hasher::new().update(&[1]).update(left.as_bytes()).update(right.as_bytes()).finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition of RFC 6962, word for word.
    fn by_definition(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => blake3::hash(b""),
            [data] => {
                let mut bytes = vec![0];
                bytes.extend((data.len() as u64).to_le_bytes());
                bytes.extend(data);
                blake3::hash(&bytes)
            }
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                node(&by_definition(&leaves[..half]), &by_definition(&leaves[half..]))
            }
        }
    }

    fn root(leaves: &[Vec<u8>]) -> Hash {
        let mut merkle = Merkle::default();
        for leaf in leaves {
            merkle.push(&[leaf]);
        }
        merkle.root()
    }

    proptest! {
        #[test]
        fn growing_leaf_by_leaf_gives_the_root_of_the_definition(leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..40)) {
            prop_assert_eq!(root(&leaves), by_definition(&leaves));
        }

        #[test]
        fn any_changed_leaf_changes_the_root(leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 1..20), at: usize) {
            let mut other = leaves.clone();
            let at = at % leaves.len();
            other[at].push(0);
            prop_assert_ne!(root(&leaves), root(&other));
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let root = |parts: &[&[u8]]| {
            let mut merkle = Merkle::default();
            merkle.push(parts);
            merkle.root()
        };
        assert_ne!(root(&[b"ab", b"c"]), root(&[b"a", b"bc"]));
    }
}
