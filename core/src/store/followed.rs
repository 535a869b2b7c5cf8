//! What is followed as it comes in, by a place that no late commit can slip behind.

/// A place among the records of a kind: by the transaction that wrote them, and then by their own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<K> {
    /// The transaction's number.
    pub xact: i64,
    /// The record among those of its transaction.
    pub at: K,
}

/// What came in after a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed<T, K> {
    /// It, in order.
    pub items: Vec<T>,
    /// Where to go on; where the reader stood if there is nothing.
    pub place: Place<K>,
    /// Whether there may be more at once.
    pub more: bool,
    /// Whether something is there that a transaction which still runs keeps back: nobody tells when that ends.
    pub held_back: bool,
}

/// A record, where it stands, and whether no transaction that still runs can come in before it.
pub(super) struct Found<T, K> {
    pub(super) item: T,
    pub(super) place: Place<K>,
    pub(super) settled: bool,
}

impl<T, K> Followed<T, K> {
    /// Of at most `most` records that were asked for, in order.
    pub(super) fn of(found: Vec<Found<T, K>>, after: Place<K>, most: i64) -> Self {
        let full = i64::try_from(found.len()).is_ok_and(|count| count >= most);
        let mut followed = Self { items: Vec::with_capacity(found.len()), place: after, more: full, held_back: false };
        for Found { item, place, settled } in found {
            if !settled {
                followed.held_back = true;
                followed.more = false;
                break;
            }
            followed.items.push(item);
            followed.place = place;
        }
        followed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settled: &[bool]) -> Vec<Found<usize, usize>> {
        let one = |(at, settled): (usize, &bool)| Found { item: at, place: Place { xact: 7, at }, settled: *settled };
        settled.iter().enumerate().map(one).collect()
    }

    #[test]
    fn nothing_is_taken_past_what_is_not_settled() {
        let after = Place { xact: 1, at: 0 };
        let some = Followed::of(found(&[true, true, false, true]), after, 4);
        assert_eq!((some.items, some.place.at, some.more, some.held_back), (vec![0, 1], 1, false, true));
        let full = Followed::of(found(&[true, true]), after, 2);
        assert_eq!((full.items, full.more, full.held_back), (vec![0, 1], true, false));
        let none = Followed::of(found(&[]), after, 2);
        assert_eq!((none.items, none.place, none.more, none.held_back), (vec![], after, false, false));
    }
}
