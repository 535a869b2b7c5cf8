//! Whether two clauses speak of the same: their topics, measures, dates and the order of their words.

use super::super::{
    clause::{Clause, Content, Overlap, superlative},
    dates::Date,
    lexicon,
    measure::{Likeness, Quantity, Unit, liken, vouches},
    slot::ordinal,
};

/// A stop word of one whose opposite the other has instead.
pub(super) fn opposed(a: &Clause, b: &Clause) -> Option<(&'static str, &'static str)> {
    lexicon::TURNS
        .iter()
        .flat_map(|(x, y)| [(*x, *y), (*y, *x)])
        .find(|(x, y)| a.turns.contains(x) && !a.turns.contains(y) && b.turns.contains(y) && !b.turns.contains(x))
}

/// All that the claim's clause is about stands in the fact's, and little else does: no name, and at most a third of its words.
pub(super) fn topic_is_same(o: &Overlap) -> bool {
    o.only_a.is_empty()
        && o.coverage_b >= 0.66
        && !o.only_b.iter().any(|c| c.name || ordinal(&c.stem) || superlative(&c.stem))
}

/// Every quantity and date of `a` stands in `b`.
pub(super) fn measures_same(a: &Clause, b: &Clause) -> bool {
    a.quantities.iter().all(|q| b.quantities.iter().any(|p| liken(q, p) == Likeness::Same && noun_is_named(q, p, a, b)))
        && dates_vouched(a, b)
}

/// Every quantity and date of the claim stands in the fact, which is no less precise.
pub(super) fn measures_vouched(claim: &Clause, fact: &Clause) -> bool {
    let by = |q: &Quantity| fact.quantities.iter().any(|p| vouches(p, q) && noun_is_named(q, p, claim, fact));
    claim.quantities.iter().all(by) && dates_vouched(claim, fact)
}

fn dates_vouched(claim: &Clause, fact: &Clause) -> bool {
    claim.dates.iter().all(|d| fact.dates.iter().any(|e| d.agrees(e) && finer_or_equal(e, d)))
}

/// The fact's date says at least as much as the claim's.
fn finer_or_equal(fact: &Date, claim: &Date) -> bool {
    (claim.day.is_none() || fact.day.is_some())
        && (claim.month.is_none() || fact.month.is_some())
        && (claim.year.is_none() || fact.year.is_some())
}

/// Neither has a quantity that the other lacks.
pub(super) fn measures_agree(a: &Clause, b: &Clause) -> bool {
    let within = |a: &Clause, b: &Clause| {
        a.quantities.iter().all(|q| b.quantities.iter().any(|p| liken(q, p) == Likeness::Same))
    };
    within(a, b) && within(b, a)
}

/// Neither is restricted to a time that the other is not.
pub(super) fn dates_fit(a: &Clause, b: &Clause) -> bool {
    a.dates.len() == b.dates.len() && a.dates.iter().all(|d| b.dates.iter().any(|e| d.agrees(e)))
}

/// A bare number may be held against a counted noun only where the other clause names that noun.
pub(super) fn noun_is_named(a: &Quantity, b: &Quantity, said: &Clause, known: &Clause) -> bool {
    match (&a.unit, &b.unit) {
        (Unit::None, Unit::Count(noun)) => said.content.iter().any(|c| c.stem == *noun),
        (Unit::Count(noun), Unit::None) => known.content.iter().any(|c| c.stem == *noun),
        _ => true,
    }
}

/// The shared words play the same parts: the object of "of" stays its object, and what does something does not become what it is
/// done to.
pub(super) fn in_order(said: &Clause, known: &Clause, o: &Overlap) -> bool {
    let topical = |c: &Content| c.name || !c.light();
    let parts_agree = o.shared.iter().all(|(c, k)| c.argument == k.argument || !topical(c));
    let described = o.shared.iter().any(|(c, k)| c.argument && k.argument && topical(c));
    if said.functional_noun || said.superlative {
        return o.shared.iter().all(|(c, k)| c.argument == k.argument || !(c.name || k.name));
    }
    if said.passive != known.passive || (described && parts_agree) {
        return true;
    }
    // A word said twice may be matched crosswise, which says nothing about the order.
    let mut met = std::collections::HashSet::new();
    let once: Vec<usize> = o.shared.iter().filter(|(c, _)| met.insert(c.stem.as_str())).map(|(_, k)| k.index).collect();
    once.windows(2).all(|pair| pair[0] <= pair[1])
}

/// Where the claim has a part of a name only, it has the part that names: "Darwin" of "Charles Darwin", "Pacific" of "Pacific Ocean" in a
/// sentence about oceans, "Washington" of "Washington, D.C.".
pub(super) fn parts_name(text: &str, known: &Clause, o: &Overlap) -> bool {
    let matched = |c: &Content| o.shared.iter().any(|(_, k)| k.index == c.index);
    let runs = names(text, known);
    let whole = runs.iter().flatten().all(|run| {
        let class = |c: &Content| {
            lexicon::NAME_CLASS.contains(c.stem.as_str())
                || known.content.iter().any(|other| other.stem == c.stem && !run.iter().any(|r| r.index == other.index))
        };
        let any = run.iter().any(|c| matched(c));
        let all = run.iter().all(|c| matched(c));
        // South America is no America: such a name stands whole or not at all.
        let qualified = run.first().is_some_and(|c| lexicon::NAME_QUALIFIER.contains(c.stem.as_str()));
        let names = run.iter().rev().find(|c| !class(c)).filter(|_| !qualified);
        !any || names.map_or(all, |c| matched(c))
    });
    // A pair set apart by a comma is a name and where it lies; three and more are a list.
    let placed = runs.iter().all(|chain| match chain.as_slice() {
        [name, place] => name.iter().any(|c| matched(c)) || !place.iter().any(|c| matched(c)),
        _ => true,
    });
    whole && placed
}

/// The names of a clause: runs of words with capitals, those parted by commas alone in one chain.
fn names<'a>(text: &str, clause: &'a Clause) -> Vec<Vec<Vec<&'a Content>>> {
    let mut out: Vec<Vec<Vec<&Content>>> = Vec::new();
    let capital = |c: &Content| c.text.chars().next().is_some_and(char::is_uppercase);
    for word in clause.content.iter().filter(|c| capital(c)) {
        let last = out.last().and_then(|chain| chain.last()).and_then(|run| run.last()).copied();
        let next = last.filter(|last: &&Content| last.index + 1 == word.index);
        let comma =
            next.is_some_and(|last| text.get(last.span.end..word.span.start).is_none_or(|gap| gap.contains(',')));
        match (next, out.last_mut()) {
            (Some(_), Some(chain)) if comma => chain.push(vec![word]),
            (Some(_), Some(chain)) => {
                if let Some(run) = chain.last_mut() {
                    run.push(word);
                }
            }
            _ => out.push(vec![vec![word]]),
        }
    }
    out
}
