//! The orders of a few objects that constraints leave.

/// The most objects whose orders are looked through: work and memory double with each.
pub(super) const MOST_OBJECTS: usize = 10;

/// What is said of an order; objects and places are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fact {
    /// The object has one of the places of the mask.
    Within(usize, u16),
    /// The first object comes before the second.
    Before(usize, usize),
}

/// The orders of so many objects that satisfy what was added.
///
/// They are never listed: orders are built from the front, and two beginnings that place the same set of objects can go on in the same
/// ways, so that sets of objects take the place of orders (dynamic programming over subsets; Michael Held and Richard M. Karp, "A
/// dynamic programming approach to sequencing problems", 1962). That is at most 2^10 sets of ten objects each.
#[derive(Debug, Clone)]
pub(super) struct Orders {
    /// The places that each object may have.
    within: Vec<u16>,
    /// The objects that must come before each.
    after: Vec<u16>,
}

impl Orders {
    /// All orders of so many objects, [`MOST_OBJECTS`] at most.
    pub fn of(objects: usize) -> Self {
        let objects = objects.min(MOST_OBJECTS);
        Self { within: vec![Self::all(objects); objects], after: vec![0; objects] }
    }

    /// The mask of so many places.
    pub fn all(places: usize) -> u16 {
        (1 << places) - 1
    }

    /// Leaves the orders in which `fact` is so.
    pub fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Within(object, places) => self.within[object] &= places,
            Fact::Before(first, second) => self.after[second] |= 1 << first,
        }
    }

    /// The same with more facts.
    pub fn with(&self, facts: &[Fact]) -> Self {
        let mut more = self.clone();
        facts.iter().for_each(|fact| more.add(*fact));
        more
    }

    /// The objects that may come next after the set of those that were placed.
    fn next(&self, placed: usize) -> impl Iterator<Item = usize> + '_ {
        let place = placed.count_ones();
        (0..self.within.len()).filter(move |object| {
            placed & (1 << object) == 0
                && self.within[*object] & (1 << place) != 0
                && usize::from(self.after[*object]) & !placed == 0
        })
    }

    /// The places that each object has in some order; none of any object where there is no order.
    pub fn places(&self) -> Vec<u16> {
        let sets = 1usize << self.within.len();
        let mut reached = vec![false; sets];
        reached[0] = true;
        for placed in 0..sets {
            if reached[placed] {
                self.next(placed).for_each(|object| reached[placed | (1 << object)] = true);
            }
        }
        let mut completes = vec![false; sets];
        completes[sets - 1] = reached[sets - 1];
        let mut places = vec![0u16; self.within.len()];
        for placed in (0..sets - 1).rev().filter(|placed| reached[*placed]) {
            for object in self.next(placed) {
                if completes[placed | (1 << object)] {
                    completes[placed] = true;
                    places[object] |= 1 << placed.count_ones();
                }
            }
        }
        places
    }

    /// Whether there is an order at all.
    pub fn possible(&self) -> bool {
        self.within.is_empty() || self.places()[0] != 0
    }

    /// Whether there is an order in which all `facts` are so.
    pub fn allow(&self, facts: &[Fact]) -> bool {
        self.with(facts).possible()
    }

    /// Whether `fact` is so in every order.
    pub fn entail(&self, fact: Fact) -> bool {
        let otherwise = match fact {
            Fact::Within(object, places) => Fact::Within(object, !places),
            Fact::Before(first, second) if first == second => return !self.possible(),
            Fact::Before(first, second) => Fact::Before(second, first),
        };
        !self.allow(&[otherwise])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every order of so many objects: the place of each.
    fn every(objects: usize) -> Vec<Vec<usize>> {
        if objects == 0 {
            return vec![vec![]];
        }
        let mut out = Vec::new();
        for order in every(objects - 1) {
            for place in 0..objects {
                let mut longer: Vec<usize> = order.iter().map(|p| p + usize::from(*p >= place)).collect();
                longer.push(place);
                out.push(longer);
            }
        }
        out
    }

    fn holds(order: &[usize], fact: Fact) -> bool {
        match fact {
            Fact::Within(object, places) => places & (1 << order[object]) != 0,
            Fact::Before(first, second) => order[first] < order[second],
        }
    }

    fn fact(objects: usize) -> impl Strategy<Value = Fact> {
        prop_oneof![
            (0..objects, 0u16..1 << objects).prop_map(|(object, places)| Fact::Within(object, places)),
            (0..objects, 0..objects).prop_map(|(first, second)| Fact::Before(first, second)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_possible_and_entailed_is_what_a_list_of_all_orders_says(
            (objects, facts, asked) in (2usize..6).prop_flat_map(|objects| {
                (Just(objects), proptest::collection::vec(fact(objects), 0..6), fact(objects))
            }),
        ) {
            let left: Vec<Vec<usize>> =
                every(objects).into_iter().filter(|order| facts.iter().all(|fact| holds(order, *fact))).collect();
            let orders = Orders::of(objects).with(&facts);
            prop_assert_eq!(orders.possible(), !left.is_empty());
            prop_assert_eq!(orders.allow(&[asked]), left.iter().any(|order| holds(order, asked)));
            prop_assert_eq!(orders.entail(asked), left.iter().all(|order| holds(order, asked)));
            let mut places = vec![0u16; objects];
            left.iter().for_each(|order| order.iter().zip(&mut places).for_each(|(place, mask)| *mask |= 1 << place));
            prop_assert_eq!(orders.places(), places);
        }
    }

    #[test]
    fn ten_objects_in_a_row_leave_one_order() {
        let row: Vec<Fact> = (1..MOST_OBJECTS).map(|second| Fact::Before(second - 1, second)).collect();
        let orders = Orders::of(MOST_OBJECTS).with(&row);
        assert!((0..MOST_OBJECTS).all(|at| orders.entail(Fact::Within(at, 1 << at))));
        assert!(!orders.allow(&[Fact::Before(9, 0)]));
    }
}
