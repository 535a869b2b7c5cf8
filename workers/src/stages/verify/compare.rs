//! Holds a claim against one statement of fact.
//!
//! The rules are made for precision: they say "contradicts" only where the two statements are about the same thing word for word and
//! differ in one place that can hold one value (a quantity, the date of an event that happens once, the value of "the capital of
//! …", a negation, an opposite). What they are unsure of is unrelated.
//!
//! Measured on factcheck-bench (`cargo run -p atr-workers --example judgements`): of 138 false claims held against the expert's correction
//! 34 are contradicted, of 372 true ones held against theirs none. Against passages found on the web the rules are nearly silent: of 553
//! claims 17 supported (15 of them true) and 1 contradicted (false); on ExpertQA 3 of 1,720 claims supported. They are made for facts
//! of one sentence.

use serde::Serialize;

use super::claims::{self, sentences};
use super::clause::{Clause, Content, Overlap, Sentence, overlap, sentence};
use super::lexicon;
use super::measure::{Likeness, Quantity, Unit, liken};
use super::slot::{Kind, after_by, chunk, ordinal, variants};
use super::words::Span;

/// How a fact bears on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The fact says what the claim says.
    Supports,
    /// Both cannot be true.
    Contradicts,
    /// The fact decides nothing about the claim.
    Unrelated,
}

/// What comparing a claim with a fact gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How the fact bears on the claim.
    pub relation: Relation,
    /// How closely the two match, 0 to 1; for unrelated ones, how much of the claim's wording the fact has.
    pub score: f64,
    /// The part of the claim that decided.
    pub claim_span: Span,
    /// The part of the fact that decided.
    pub fact_span: Span,
    /// Why, in words.
    pub reason: String,
}

/// A statement of fact, taken apart once to be held against many claims.
#[derive(Debug, Clone)]
pub struct FactText {
    statement: String,
    sentences: Vec<Sentence>,
}

impl FactText {
    /// Takes `statement` apart.
    pub fn new(statement: &str) -> Self {
        let sentences = sentences(statement)
            .into_iter()
            .map(|s| {
                let marker = s.of(statement).len() - claims::statement(s.of(statement)).len();
                sentence(statement, Span::new(s.start + marker, s.end))
            })
            .collect();
        Self { statement: statement.to_owned(), sentences }
    }

    /// The statement as given.
    pub fn statement(&self) -> &str {
        &self.statement
    }
}

/// Compares `claim` (one statement) with `fact`: with each sentence of it, the most telling one decides.
pub fn compare(claim: &str, fact: &FactText) -> Comparison {
    let parsed = FactText::new(claim);
    compare_parsed(&parsed, fact)
}

/// As [`compare`], for a claim that is held against several facts.
pub fn compare_parsed(claim: &FactText, fact: &FactText) -> Comparison {
    let mut best = Comparison {
        relation: Relation::Unrelated,
        score: 0.0,
        claim_span: Span::new(0, claim.statement.len()),
        fact_span: Span::new(0, fact.statement.len()),
        reason: "no sentence of the fact shares the claim's topic".to_owned(),
    };
    // A claim of several sentences is supported or contradicted by its first assertion only if it is the only one.
    let [said] = claim.sentences.as_slice() else {
        best.reason = "the claim is not one sentence".to_owned();
        return best;
    };
    let pair = Pair { claim: &claim.statement, fact: &fact.statement };
    for known in &fact.sentences {
        let found = pair.judge(said, known);
        let rank = |c: &Comparison| (c.relation != Relation::Unrelated, c.score);
        if rank(&found) > rank(&best) {
            best = found;
        }
    }
    best
}

struct Pair<'a> {
    claim: &'a str,
    fact: &'a str,
}

impl Pair<'_> {
    fn judge(&self, said: &Sentence, known: &Sentence) -> Comparison {
        let main = overlap(&said.main, &known.main);
        let hedged = said.whole.hedged || known.whole.hedged;
        if !hedged && !main.shared.is_empty() {
            let found = self
                .polarity(&said.main, &known.main, &main)
                .or_else(|| self.opposite(&said.main, &known.main, &main))
                .or_else(|| self.quantity(&said.main, &known.main, &main))
                .or_else(|| self.date(&said.main, &known.main, &main))
                .or_else(|| self.slot(&said.main, &known.main, &main));
            if let Some(found) = found {
                return found;
            }
        }
        let whole = overlap(&said.whole, &known.whole);
        if !hedged && let Some(found) = self.support(said, known, &whole) {
            return found;
        }
        Comparison {
            relation: Relation::Unrelated,
            score: whole.coverage_a,
            claim_span: said.whole.span,
            fact_span: known.whole.span,
            reason: if whole.shared.is_empty() {
                "the fact shares no word with the claim".to_owned()
            } else {
                format!("the fact shares {} words with the claim and decides none of it", whole.shared.len())
            },
        }
    }

    fn found(
        &self,
        relation: Relation,
        score: f64,
        claim_span: Span,
        fact_span: Span,
        reason: String,
    ) -> Option<Comparison> {
        Some(Comparison { relation, score: score.clamp(0.0, 1.0), claim_span, fact_span, reason })
    }

    /// The same words, one of them negated.
    fn polarity(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
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
    fn opposite(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
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
        if said.negated == known.negated {
            self.found(
                Relation::Contradicts,
                0.85,
                a.span,
                b.span,
                format!("\"{a_text}\" is the opposite of \"{b_text}\""),
            )
        } else {
            None
        }
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
    fn quantity(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
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
    fn date(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
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
    fn slot(&self, said: &Clause, known: &Clause, o: &Overlap) -> Option<Comparison> {
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
        let superlative = shared_has(&super::clause::superlative);
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

    /// All that the claim says stands in the fact's sentence.
    fn support(&self, said: &Sentence, known: &Sentence, o: &Overlap) -> Option<Comparison> {
        let (s, k) = (&said.whole, &known.whole);
        let weight = s.content.iter().filter(|c| !c.light()).count();
        let points = weight + s.quantities.len() + s.dates.len();
        let needed = if weight <= 8 { 1.0 } else { 0.9 };
        let fits = points >= 2
            && !o.shared.is_empty()
            && o.coverage_a >= needed
            && !o.only_a.iter().any(|c| c.name)
            && s.negated == k.negated
            && (s.modal || !k.modal)
            && opposed(s, k).is_none()
            && !o.only_b.iter().any(|c| ordinal(&c.stem))
            && (s.partial || !k.partial)
            && measures_same(s, k)
            && in_order(s, k, o);
        fits.then_some(())?;
        let exact = if o.only_b.is_empty() { 1.0 } else { 0.9 };
        let reason =
            format!("the fact has {} of the claim's words and all its numbers, dates and names", share(o.coverage_a));
        self.found(Relation::Supports, o.coverage_a * exact, s.span, k.span, reason)
    }
}

/// A stop word of one whose opposite the other has instead.
fn opposed(a: &Clause, b: &Clause) -> Option<(&'static str, &'static str)> {
    lexicon::TURNS
        .iter()
        .flat_map(|(x, y)| [(*x, *y), (*y, *x)])
        .find(|(x, y)| a.turns.contains(x) && !a.turns.contains(y) && b.turns.contains(y) && !b.turns.contains(x))
}

fn share(coverage: f64) -> String {
    if coverage >= 0.999 { "all".to_owned() } else { format!("{:.0} %", coverage * 100.0) }
}

/// All that the claim's clause is about stands in the fact's, and little else does: no name, and at most a third of its words.
fn topic_is_same(o: &Overlap) -> bool {
    o.only_a.is_empty()
        && o.coverage_b >= 0.66
        && !o.only_b.iter().any(|c| c.name || ordinal(&c.stem) || super::clause::superlative(&c.stem))
}

/// Every quantity and date of `a` stands in `b`.
fn measures_same(a: &Clause, b: &Clause) -> bool {
    a.quantities.iter().all(|q| b.quantities.iter().any(|p| liken(q, p) == Likeness::Same && noun_is_named(q, p, a, b)))
        && a.dates.iter().all(|d| b.dates.iter().any(|e| d.agrees(e) && finer_or_equal(e, d)))
}

/// The fact's date says at least as much as the claim's.
fn finer_or_equal(fact: &super::dates::Date, claim: &super::dates::Date) -> bool {
    (claim.day.is_none() || fact.day.is_some())
        && (claim.month.is_none() || fact.month.is_some())
        && (claim.year.is_none() || fact.year.is_some())
}

/// Neither has a quantity that the other lacks.
fn measures_agree(a: &Clause, b: &Clause) -> bool {
    let within = |a: &Clause, b: &Clause| {
        a.quantities.iter().all(|q| b.quantities.iter().any(|p| liken(q, p) == Likeness::Same))
    };
    within(a, b) && within(b, a)
}

/// Neither is restricted to a time that the other is not.
fn dates_fit(a: &Clause, b: &Clause) -> bool {
    a.dates.len() == b.dates.len() && a.dates.iter().all(|d| b.dates.iter().any(|e| d.agrees(e)))
}

/// A bare number may be held against a counted noun only where the other clause names that noun.
fn noun_is_named(a: &Quantity, b: &Quantity, said: &Clause, known: &Clause) -> bool {
    match (&a.unit, &b.unit) {
        (Unit::None, Unit::Count(noun)) => said.content.iter().any(|c| c.stem == *noun),
        (Unit::Count(noun), Unit::None) => known.content.iter().any(|c| c.stem == *noun),
        _ => true,
    }
}

/// The shared words play the same parts: the object of "of" stays its object, and what does something does not become what it is
/// done to.
fn in_order(said: &Clause, known: &Clause, o: &Overlap) -> bool {
    let topical = |c: &Content| c.name || !c.light();
    let parts_agree = o.shared.iter().all(|(c, k)| c.argument == k.argument || !topical(c));
    let described = o.shared.iter().any(|(c, k)| c.argument && k.argument && topical(c));
    if said.functional_noun || said.superlative {
        return o.shared.iter().all(|(c, k)| c.argument == k.argument || !(c.name || k.name));
    }
    if said.passive != known.passive || (described && parts_agree) {
        return true;
    }
    // A word said twice is matched with its first place, which says nothing about the order of the second.
    let mut met = std::collections::HashSet::new();
    let once: Vec<usize> = o.shared.iter().filter(|(c, _)| met.insert(c.stem.as_str())).map(|(_, k)| k.index).collect();
    once.windows(2).all(|pair| pair[0] <= pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(claim: &str, fact: &str) -> Relation {
        compare(claim, &FactText::new(fact)).relation
    }

    #[test]
    fn another_value_of_the_same_thing_contradicts() {
        for (claim, fact) in [
            ("The capital of France is Lyon.", "The capital of France is Paris."),
            ("Lyon is the capital of France.", "The capital of France is Paris."),
            ("France's capital is Lyon.", "Paris is the capital of France."),
            ("The chemical symbol of gold is Ag.", "The chemical symbol of gold is Au."),
            ("Gold has the chemical symbol Ag.", "The chemical symbol of gold is Au."),
            ("The atomic number of gold is 78.", "The atomic number of gold is 79."),
            ("Gold has an atomic number of 80.", "The atomic number of gold is 79."),
            ("There are 9 planets in the solar system.", "There are eight planets in the Solar System."),
            ("Water boils at 90 °C at sea level.", "Water boils at 100 °C at sea level."),
            ("The Second World War ended in 1946.", "The Second World War ended in 1945."),
            ("Saturn is the largest planet.", "Jupiter is the largest planet."),
            ("Hamlet was written by Christopher Marlowe.", "Hamlet was written by William Shakespeare."),
            ("Whales are not mammals.", "Whales are mammals."),
            ("The Sun is smaller than the Earth.", "The Sun is larger than the Earth."),
            ("Mars is the third planet from the Sun.", "Mars is the fourth planet from the Sun."),
            ("The capital of Australia is Sydney, which is its largest city.", "The capital of Australia is Canberra."),
            ("Copper is more reactive than iron.", "Iron is more reactive than copper."),
            ("Cattle were domesticated after agriculture began.", "Cattle were domesticated before agriculture began."),
            ("Between 1989 and 2005 the club won four cups.", "Between 1989 and 2005 the club won five cups."),
            ("Ann Lee was the chair of the Geneva Congress.", "Bo Kim was the chair of the Geneva Congress."),
            ("The currency of Japan is the dollar.", "The currency of Japan is the yen."),
        ] {
            assert_eq!(
                relation(claim, fact),
                Relation::Contradicts,
                "{claim} / {fact}: {:?}",
                compare(claim, &FactText::new(fact))
            );
        }
    }

    #[test]
    fn the_same_said_otherwise_supports() {
        for (claim, fact) in [
            ("The capital of France is Paris.", "Paris is the capital of France."),
            ("Gold has the chemical symbol Au.", "The chemical symbol of gold is Au."),
            ("Gold has an atomic number of 79.", "The atomic number of gold is 79."),
            ("Mount Everest is 29,032 feet high.", "Mount Everest is 8,849 metres high."),
            ("There are 8 planets in the solar system.", "The solar system has eight planets."),
            ("The Second World War ended in 1945.", "The Second World War ended on 2 September 1945."),
            ("The symbol for gold is Au.", "The chemical symbol of gold is Au."),
            ("The number of planets in the solar system is 8.", "There are 8 planets in the solar system."),
        ] {
            assert_eq!(
                relation(claim, fact),
                Relation::Supports,
                "{claim} / {fact}: {:?}",
                compare(claim, &FactText::new(fact))
            );
        }
    }

    #[test]
    fn what_is_about_something_else_decides_nothing() {
        for (claim, fact) in [
            ("The capital of Germany is Berlin.", "The capital of France is Paris."),
            ("The capital of Italy is Paris.", "The capital of France is Lyon."),
            ("The language of Brazil is Portuguese.", "The language of Portugal is Portuguese."),
            ("The capital of Paris is France.", "The capital of France is Paris."),
            ("Gold is yellow.", "Gold is a metal."),
            ("The atomic number of silver is 47.", "The atomic number of gold is 79."),
            ("The second largest planet is Saturn.", "The largest planet is Jupiter."),
            ("France won the World Cup in 1998.", "France won the World Cup in 2018."),
            ("Some birds can fly.", "Some birds cannot fly."),
            ("The capital of France is beautiful.", "The capital of France is Paris."),
            ("Cats eat dogs.", "Dogs eat cats."),
            ("All mammals are whales.", "All whales are mammals."),
            ("Ohio is the largest producer of corn.", "Ohio is the third largest producer of corn."),
            ("Bees are dangerous.", "Bees can be dangerous."),
            ("Ann Lee left the Green Party.", "Ann Lee praised the Green Party."),
            ("The Earth is flat.", "It is a myth that the Earth is flat."),
            (
                "The capital of the USA is Washington.",
                "The capital of the United States of America is Washington, D.C.",
            ),
            ("The former capital of Brazil is Salvador.", "The capital of Brazil is Brasília."),
            ("Hamlet was written by W. Shakespeare.", "Hamlet was written by William Shakespeare."),
            ("The population of Chad was 11 million in 2010.", "The population of Chad was 17 million in 2021."),
        ] {
            assert_eq!(
                relation(claim, fact),
                Relation::Unrelated,
                "{claim} / {fact}: {:?}",
                compare(claim, &FactText::new(fact))
            );
        }
    }
}
