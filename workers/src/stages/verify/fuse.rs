//! One ranking of several.

use std::collections::{BTreeMap, BTreeSet};

/// How little the first places of a list count beyond the next: the constant of the paper.
const K: f64 = 60.0;

/// Fuses any number of rankings, each the best first, by reciprocal rank (Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion
/// outperforms Condorcet and individual rank learning methods"): the score of an item is the sum of 1 / (60 + rank) over the lists that
/// have it, with ranks from 1. The best first; of equal ones the lesser item. An item counts once in a list, at its first place.
pub fn fuse<T: Copy + Ord>(lists: &[Vec<T>]) -> Vec<(T, f64)> {
    let mut scores: BTreeMap<T, f64> = BTreeMap::new();
    for list in lists {
        let mut seen = BTreeSet::new();
        for item in list {
            if seen.insert(*item) {
                *scores.entry(*item).or_default() += 1.0 / (K + seen.len() as f64);
            }
        }
    }
    let mut fused: Vec<(T, f64)> = scores.into_iter().collect();
    // Stable: equal scores stay in the order of the items.
    fused.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    fused
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(lists: &[Vec<u8>]) -> Vec<u8> {
        fuse(lists).into_iter().map(|(item, _)| item).collect()
    }

    #[test]
    fn what_two_lists_have_is_before_what_is_first_in_one() {
        assert_eq!(order(&[vec![1, 2], vec![3, 2]]), [2, 1, 3]);
        let (item, score) = fuse(&[vec![7, 8], vec![8, 7], vec![7]])[0];
        assert_eq!(item, 7);
        assert!((score - (1.0 / 61.0 + 1.0 / 62.0 + 1.0 / 61.0)).abs() < 1e-12);
    }

    #[test]
    fn one_list_keeps_its_order_and_none_gives_none() {
        assert_eq!(order(&[vec![3, 1, 2, 3]]), [3, 1, 2]);
        assert_eq!(order(&[]), Vec::<u8>::new());
        assert_eq!(order(&[vec![], vec![]]), Vec::<u8>::new());
    }

    proptest! {
        #[test]
        fn every_item_comes_once_and_the_order_of_lists_does_not_matter(lists in proptest::collection::vec(proptest::collection::vec(0u8..20, 0..15), 0..4)) {
            let fused = fuse(&lists);
            let all: BTreeSet<u8> = lists.iter().flatten().copied().collect();
            prop_assert_eq!(fused.iter().map(|(item, _)| *item).collect::<BTreeSet<_>>(), all.clone());
            prop_assert_eq!(fused.len(), all.len());
            prop_assert!(fused.windows(2).all(|pair| pair[0].1 >= pair[1].1));
            let backwards: Vec<Vec<u8>> = lists.iter().rev().cloned().collect();
            for ((_, one), (_, other)) in fused.iter().zip(fuse(&backwards)) {
                prop_assert!((one - other).abs() < 1e-12);
            }
        }

        #[test]
        fn one_more_list_that_has_an_item_never_lowers_it(list in proptest::collection::vec(0u8..9, 1..9), other in proptest::collection::vec(0u8..9, 0..9)) {
            let place = |lists: &[Vec<u8>], item| fuse(lists).into_iter().find(|(it, _)| *it == item).map_or(0.0, |(_, score)| score);
            for item in &list {
                prop_assert!(place(&[list.clone(), other.clone()], *item) >= place(std::slice::from_ref(&list), *item));
            }
        }
    }
}
