//! What follows from categorical statements: "all A are B", "no A are B", "some A are B", "some A are not B", "Socrates is an A".
//!
//! A set of them is consistent where each thing that it speaks of (one for each "some", one for each name) fits in a region of the
//! Venn diagram that no universal statement empties (John Venn, "Symbolic Logic", 1881). A universal statement is a clause of
//! two literals, so that a region is found without going through all of them: what is known of a thing is carried on along
//! implications until nothing new comes, and if that ends without a contradiction, all terms left over may be false (2-satisfiability:
//! Bengt Aspvall, Michael F. Plass and Robert Endre Tarjan, 1979). What contradicts the premises when denied follows from them.

use std::collections::HashMap;

/// A statement; terms and individuals are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Statement {
    /// All of the first are of the second.
    All(usize, usize),
    /// None of the first is of the second.
    No(usize, usize),
    /// Some of the first are of the second.
    Some(usize, usize),
    /// Some of the first are not of the second.
    SomeNot(usize, usize),
    /// The individual is of the term.
    Is(usize, usize),
    /// The individual is not of the term.
    IsNot(usize, usize),
}

use Statement::{All, Is, IsNot, No, Some as Particular, SomeNot};

impl Statement {
    /// What is so exactly where this is not.
    pub fn denied(self) -> Self {
        match self {
            All(a, b) => SomeNot(a, b),
            SomeNot(a, b) => All(a, b),
            No(a, b) => Particular(a, b),
            Particular(a, b) => No(a, b),
            Is(i, a) => IsNot(i, a),
            IsNot(i, a) => Is(i, a),
        }
    }

    /// The terms it speaks of.
    pub fn terms(self) -> impl Iterator<Item = usize> {
        let (one, two) = match self {
            All(a, b) | No(a, b) | Particular(a, b) | SomeNot(a, b) => (Some(a), b),
            Is(_, a) | IsNot(_, a) => (None, a),
        };
        one.into_iter().chain([two])
    }

    /// The individual it speaks of.
    pub fn individual(self) -> Option<usize> {
        match self {
            Is(i, _) | IsNot(i, _) => Some(i),
            _ => None,
        }
    }
}

/// Whether all statements can be true at once. With `import` every term they speak of has something in it, as in Aristotle's logic.
pub(super) fn consistent(statements: &[Statement], import: bool) -> bool {
    // What implies what: a literal is a term and whether a thing is of it.
    let mut implied: HashMap<(usize, bool), Vec<(usize, bool)>> = HashMap::new();
    let mut things: Vec<Vec<(usize, bool)>> = Vec::new();
    let mut named: HashMap<usize, Vec<(usize, bool)>> = HashMap::new();
    for statement in statements {
        let mut clause = |from: (usize, bool), to: (usize, bool)| {
            implied.entry(from).or_default().push(to);
            implied.entry((to.0, !to.1)).or_default().push((from.0, !from.1));
        };
        match *statement {
            All(a, b) => clause((a, true), (b, true)),
            No(a, b) => clause((a, true), (b, false)),
            Particular(a, b) => things.push(vec![(a, true), (b, true)]),
            SomeNot(a, b) => things.push(vec![(a, true), (b, false)]),
            Is(i, a) => named.entry(i).or_default().push((a, true)),
            IsNot(i, a) => named.entry(i).or_default().push((a, false)),
        }
        if import {
            things.extend(statement.terms().map(|term| vec![(term, true)]));
        }
    }
    things.into_iter().chain(named.into_values()).all(|thing| {
        let mut known: HashMap<usize, bool> = HashMap::new();
        let mut open = thing;
        while let Some((term, so)) = open.pop() {
            match known.insert(term, so) {
                Some(before) if before != so => return false,
                Some(_) => {}
                None => open.extend(implied.get(&(term, so)).into_iter().flatten()),
            }
        }
        true
    })
}

/// Whether the premises leave no way for `statement` to be false.
pub(super) fn entail(premises: &[Statement], statement: Statement, import: bool) -> bool {
    let mut all = premises.to_vec();
    all.push(statement.denied());
    !consistent(&all, import)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMS: usize = 3;

    /// A world of up to four things: of which terms each is, as a mask, and which of them each of two names names.
    fn worlds() -> impl Iterator<Item = (Vec<usize>, [usize; 2])> {
        (1..=4u32).flat_map(|things| {
            (0..8usize.pow(things)).flat_map(move |code| {
                let things = things as usize;
                let world: Vec<usize> = (0..things).map(|at| (code >> (3 * at)) & 7).collect();
                (0..things * things).map(move |names| (world.clone(), [names % things, names / things]))
            })
        })
    }

    fn holds(world: &[usize], names: &[usize; 2], statement: Statement) -> bool {
        let of = |thing: usize, term: usize| thing & (1 << term) != 0;
        match statement {
            All(a, b) => world.iter().all(|t| !of(*t, a) || of(*t, b)),
            No(a, b) => world.iter().all(|t| !of(*t, a) || !of(*t, b)),
            Particular(a, b) => world.iter().any(|t| of(*t, a) && of(*t, b)),
            SomeNot(a, b) => world.iter().any(|t| of(*t, a) && !of(*t, b)),
            Is(i, a) => of(world[names[i]], a),
            IsNot(i, a) => !of(world[names[i]], a),
        }
    }

    fn statement() -> impl Strategy<Value = Statement> {
        (0..6usize, 0..TERMS, 0..TERMS, 0..2usize).prop_map(|(form, a, b, i)| match form {
            0 => All(a, b),
            1 => No(a, b),
            2 => Particular(a, b),
            3 => SomeNot(a, b),
            4 => Is(i, a),
            _ => IsNot(i, a),
        })
    }

    fn things(statements: &[Statement]) -> usize {
        let some = statements.iter().filter(|s| matches!(s, Particular(..) | SomeNot(..))).count();
        let named: std::collections::BTreeSet<usize> = statements.iter().filter_map(|s| s.individual()).collect();
        some + named.len()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_follows_is_what_is_so_in_every_world_of_up_to_four_things(
            premises in proptest::collection::vec(statement(), 0..5), asked in statement(),
        ) {
            // A world needs a thing for each that is spoken of; what needs more than four is another test's.
            let mut all = premises.clone();
            all.push(asked.denied());
            prop_assume!(things(&all) <= 4);
            let denied = worlds().any(|(world, names)| all.iter().all(|s| holds(&world, &names, *s)));
            prop_assert_eq!(consistent(&all, false), denied);
            prop_assert_eq!(entail(&premises, asked, false), !denied);
        }

        #[test]
        fn with_existential_import_no_term_is_empty(
            premises in proptest::collection::vec(statement().prop_filter("of all", |s| matches!(s, All(..) | No(..))), 0..5),
            asked in statement().prop_filter("of all", |s| matches!(s, All(..) | No(..))),
        ) {
            // Three terms and what is denied: four things.
            let mut all = premises.clone();
            all.push(asked.denied());
            let used: Vec<usize> = all.iter().flat_map(|s| s.terms()).collect();
            let denied = worlds().any(|(world, names)| {
                all.iter().all(|s| holds(&world, &names, *s))
                    && used.iter().all(|term| world.iter().any(|thing| thing & (1 << term) != 0))
            });
            prop_assert_eq!(entail(&premises, asked, true), !denied);
        }
    }

    #[test]
    fn the_figures_of_the_schools_are_valid_and_their_fallacies_are_not() {
        let (a, b, c) = (0, 1, 2);
        for (name, premises, follows) in [
            ("Barbara", [All(b, c), All(a, b)], All(a, c)),
            ("Celarent", [No(b, c), All(a, b)], No(a, c)),
            ("Darii", [All(b, c), Particular(a, b)], Particular(a, c)),
            ("Ferio", [No(b, c), Particular(a, b)], SomeNot(a, c)),
            ("Camestres", [All(c, b), No(a, b)], No(a, c)),
            ("Bocardo", [SomeNot(b, c), All(b, a)], SomeNot(a, c)),
            ("Socrates", [All(b, c), Is(0, b)], Is(0, c)),
        ] {
            assert!(entail(&premises, follows, false), "{name}");
        }
        for (name, premises, claimed) in [
            ("undistributed middle", [All(a, b), All(c, b)], All(a, c)),
            ("illicit major", [All(b, c), No(a, b)], No(a, c)),
            ("affirming the consequent", [All(b, c), Is(0, c)], Is(0, b)),
            ("two particulars", [Particular(a, b), Particular(b, c)], Particular(a, c)),
        ] {
            assert!(!entail(&premises, claimed, true), "{name}");
        }
        // Darapti holds where terms are not empty, and only there.
        assert!(entail(&[All(b, c), All(b, a)], Particular(a, c), true));
        assert!(!entail(&[All(b, c), All(b, a)], Particular(a, c), false));
    }
}
