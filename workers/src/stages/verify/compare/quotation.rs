//! Whether words of a fact bear out what somebody says of a claim by them. Who says so may be mistaken, or may have been told to say it: what
//! is looked at is what needs no understanding. None of it makes a verdict; it only keeps one from counting.

use super::{
    super::{
        clause::{Clause, Content, overlap},
        lexicon,
        measure::{Likeness, liken},
        words::Span,
    },
    FactText, Relation, compare_parsed,
    fit::{measures_vouched, opposed},
};

/// How much of the claim must stand in the sentence that is quoted: for who says that it supports the claim, and for who says otherwise.
const SUPPORTING: f64 = 0.5;
const CONTRADICTING: f64 = 1.0 / 3.0;

/// Whether the sentences of `fact` at `quoted` may stand to `claim` in this `relation`: the share of the claim's words that stand there, or
/// why not, in words. `question` is what the claim answers: where the claim says "it", the names are there.
pub(crate) fn bears_out(
    claim: &FactText,
    question: &FactText,
    fact: &FactText,
    quoted: Span,
    relation: Relation,
) -> Result<f64, &'static str> {
    let known: Vec<&Clause> = fact.clauses().filter(|clause| clause.span.overlaps(&quoted)).collect();
    let mut least = 1.0f64;
    for said in claim.clauses() {
        let shares = known.iter().map(|known| (overlap(said, known).coverage_a, *known));
        let Some((share, nearest)) = shares.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return Err("the quoted words are no part of a sentence");
        };
        alike(said, nearest, share, relation)?;
        if said.pronoun && !question.clauses().flat_map(|asked| &asked.content).any(|c| c.name) {
            return Err("neither the claim nor the question says of what it speaks");
        }
        let asked = question.clauses().filter(|_| said.pronoun).flat_map(|asked| &asked.content);
        let own = said.content.iter().filter(|_| relation == Relation::Supports);
        if !asked.chain(own).filter(|c| c.name).all(|name| stands(name, fact)) {
            return Err("the fact lacks a name that is spoken of");
        }
        if relation == Relation::Supports {
            supports(said, nearest, &known)?;
        }
        least = least.min(share);
    }
    let against = match relation {
        Relation::Supports => Relation::Contradicts,
        Relation::Contradicts => Relation::Supports,
        Relation::Unrelated => return Err("the fact decides nothing"),
    };
    if compare_parsed(claim, fact).relation == against {
        return Err("the rules say otherwise");
    }
    Ok(least)
}

/// The two speak of the same: of two things at least, where the claim has as many, and of enough of what it says.
fn alike(said: &Clause, known: &Clause, share: f64, relation: Relation) -> Result<(), &'static str> {
    let shared = overlap(said, known).shared.iter().filter(|(c, _)| !c.light()).count();
    let same =
        said.quantities.iter().filter(|q| known.quantities.iter().any(|p| liken(q, p) == Likeness::Same)).count()
            + said.dates.iter().filter(|d| known.dates.iter().any(|e| d.agrees(e))).count();
    let points = said.content.iter().filter(|c| !c.light()).count() + said.quantities.len() + said.dates.len();
    let needed = if relation == Relation::Supports { SUPPORTING } else { CONTRADICTING };
    if points == 0 || shared == 0 || shared + same < points.min(2) || share < needed {
        return Err("the quoted sentence has too little of what the claim says");
    }
    if known.hedged {
        return Err("the quoted sentence tells of what may be, or of what was thought");
    }
    Ok(())
}

fn stands(name: &Content, fact: &FactText) -> bool {
    fact.clauses().flat_map(|clause| &clause.content).any(|c| c.stem == name.stem)
}

/// Nothing that can be told by its form speaks against the fact's saying the same.
fn supports(said: &Clause, known: &Clause, all: &[&Clause]) -> Result<(), &'static str> {
    if said.negated != known.negated {
        return Err("one of the two denies what it speaks of");
    }
    if known.partial && !said.partial {
        return Err("the fact says it of some, the claim of all");
    }
    if !all.iter().any(|known| measures_vouched(said, known)) {
        return Err("the quoted sentence lacks a number or date of the claim");
    }
    let o = overlap(said, known);
    let words = o.only_a.iter().any(|a| o.only_b.iter().any(|b| lexicon::opposites(&a.stem, &b.stem)));
    if words || opposed(said, known).is_some() {
        return Err("the two say opposite things");
    }
    Ok(())
}
