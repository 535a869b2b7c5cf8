//! The places in which two statements about the same thing can differ so that both cannot be true.

use super::{
    super::{
        clause::{Clause, Overlap, superlative},
        lexicon,
        measure::{Likeness, liken},
        slot::{Kind, after_by, chunk, ordinal, variants},
    },
    Comparison, Pair, Relation,
    fit::{dates_fit, in_order, measures_agree, measures_same, noun_is_named, opposed, topic_is_same},
};

impl Pair<'_> {
    /// The same words, one of them negated.
    pub(super) fn polarity(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
        let same = o.only_a.is_empty() && o.only_b.is_empty() && o.shared.len() >= 2;
        if !same
            || said.negated == known.negated
            || !in_order(said, known, o)
            || !measures_same(said, known)
            || !measures_same(known, said)
        {
            return None;
        }
        // "Some birds fly" and "some birds do not fly" are both true; "all … " and "some … not" are not.
        let clash = match (said.partial, known.partial) {
            (false, false) => true,
            (true, true) => false,
            (true, false) => said.negated && known.universal,
            (false, true) => known.negated && said.universal,
        };
        clash.then_some(())?;
        let reason = if said.negated {
            "the claim denies what the fact states"
        } else {
            "the claim states what the fact denies"
        };
        self.found(Relation::Contradicts, 0.9, said.span, known.span, reason.to_owned())
    }

    /// The same words but for one pair of opposites.
    pub(super) fn opposite(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
        if o.only_a.is_empty() && o.only_b.is_empty() && o.shared.len() >= 2 {
            return self.turned(said, known, o);
        }
        let ([a], [b]) = (o.only_a.as_slice(), o.only_b.as_slice()) else { return None };
        let fits = said.turns == known.turns
            && lexicon::opposites(&a.stem, &b.stem)
            && !said.partial
            && !known.partial
            && in_order(said, known, o)
            && measures_same(said, known)
            && measures_same(known, said);
        fits.then_some(())?;
        let (a_text, b_text) = (a.span.of(self.claim), b.span.of(self.fact));
        let (relation, says) = match (said.negated, known.negated) {
            (false, false) => (Relation::Contradicts, "the"),
            // What is smaller is not larger; what is not larger need not be smaller.
            (true, false) if said.comparative && known.comparative => (Relation::Supports, "denied, and the"),
            _ => return None,
        };
        let reason = format!("\"{a_text}\" is {says} opposite of \"{b_text}\"");
        self.found(relation, 0.85, a.span, b.span, reason)
    }

    /// The same words, but for "before" and "after" or the two sides of a comparison.
    fn turned(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
        let plain = !said.negated
            && !known.negated
            && !said.partial
            && !known.partial
            && measures_same(said, known)
            && measures_same(known, said);
        plain.then_some(())?;
        let (first, last) = (o.shared.first()?, o.shared.last()?);
        let reversed = first.1.index > last.1.index;
        let opposed = opposed(said, known);
        let swapped = said.comparative
            && known.comparative
            && reversed
            && o.shared.len() == said.content.len()
            && first.1.index == known.content.last()?.index
            && said.turns == known.turns;
        let reason = match opposed {
            Some((a, b)) if !reversed => format!("\"{a}\" is the opposite of \"{b}\""),
            None if swapped => "the claim compares the same two the other way round".to_owned(),
            _ => return None,
        };
        self.found(Relation::Contradicts, 0.85, said.span, known.span, reason)
    }

    /// The same topic with another quantity.
    pub(super) fn quantity(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
        let fits = topic_is_same(o)
            && !said.negated
            && !known.negated
            && !said.partial
            && !known.partial
            && dates_fit(said, known);
        fits.then_some(())?;
        let odd = |x: &Clause, y: &Clause| -> Vec<usize> {
            (0..x.quantities.len())
                .filter(|at| !y.quantities.iter().any(|q| liken(&x.quantities[*at], q) == Likeness::Same))
                .collect()
        };
        let (ours, theirs) = (odd(said, known), odd(known, said));
        let ([a], [b]) = (ours.as_slice(), theirs.as_slice()) else { return None };
        let (a, b) = (&said.quantities[*a], &known.quantities[*b]);
        if said.turns != known.turns || !noun_is_named(a, b, said, known) || liken(a, b) != Likeness::Different {
            return None;
        }
        let reason = format!("the claim says {}, the fact {}", a.span.of(self.claim), b.span.of(self.fact));
        self.found(Relation::Contradicts, 0.6 + 0.4 * o.coverage_b, a.span, b.span, reason)
    }

    /// The same event, which happens once, with another date.
    pub(super) fn date(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
        let once = o.shared.iter().any(|(c, _)| lexicon::ONE_TIME.contains(c.stem.as_str()));
        let fits =
            once && topic_is_same(o) && said.negated == known.negated && !said.negated && measures_agree(said, known);
        fits.then_some(())?;
        let ([a], [b]) = (said.dates.as_slice(), known.dates.as_slice()) else { return None };
        a.differs(b).then_some(())?;
        let reason = format!("the claim dates it {}, the fact {}", a.span.of(self.claim), b.span.of(self.fact));
        self.found(Relation::Contradicts, 0.6 + 0.4 * o.coverage_b, a.span, b.span, reason)
    }

    /// The same description with another value: "the capital of France is Lyon" and "… is Paris".
    pub(super) fn slot(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
        let (a, b) = (chunk(&o.only_a)?, chunk(&o.only_b)?);
        let fits = !said.negated
            && !known.negated
            && !said.partial
            && !known.partial
            && measures_agree(said, known)
            && dates_fit(said, known)
            && said.turns == known.turns
            && o.shared.iter().all(|(c, k)| c.argument == k.argument || c.light() || !c.name);
        fits.then_some(())?;
        let ordinals =
            a.words.len() == 1 && b.words.len() == 1 && ordinal(&a.words[0].stem) && ordinal(&b.words[0].stem);
        let shared_has = |set: &dyn Fn(&str) -> bool| o.shared.iter().any(|(c, _)| set(c.stem.as_str()));
        // "the chair of X": a description with "the" and an object of its own speaks of one.
        let definite = o.shared.iter().any(|(c, k)| c.definite && k.definite && !c.argument && !k.argument)
            && o.shared.iter().any(|(c, k)| c.argument && k.argument && c.name && k.name);
        let noun = definite || shared_has(&|s| lexicon::FUNCTIONAL_NOUN.contains(s));
        let superlative = shared_has(&superlative);
        let verb = shared_has(&|s| lexicon::FUNCTIONAL_VERB.contains(s)) && said.passive == known.passive;
        if !ordinals {
            // "born in Corsica" and "born in Ajaccio" are both true; "written by" has one answer.
            let agents =
                verb && said.passive && a.argument && b.argument && after_by(self.claim, &a) && after_by(self.fact, &b);
            let value = agents || (!a.argument && !b.argument);
            let alike = match (a.kind(), b.kind()) {
                (Kind::Name, Kind::Name) => noun || superlative || verb,
                (Kind::Name, Kind::Either) | (Kind::Either, Kind::Name) | (Kind::Either, Kind::Either) => {
                    noun || superlative
                }
                (Kind::Common, Kind::Common) => noun || (superlative && a.articled && b.articled),
                (Kind::Common, Kind::Either) | (Kind::Either, Kind::Common) => {
                    noun || (superlative && (a.articled || b.articled))
                }
                _ => false,
            };
            if !value || !alike || o.shared.len() < 2 || variants(&a, &b) {
                return None;
            }
        }
        let (a_text, b_text) = (a.span.of(self.claim), b.span.of(self.fact));
        self.found(
            Relation::Contradicts,
            0.85,
            a.span,
            b.span,
            format!("of the same thing the claim says {a_text}, the fact {b_text}"),
        )
    }
}
