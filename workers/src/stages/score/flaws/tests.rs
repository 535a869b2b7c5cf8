//! Which flaws are told by what.

use atr_core::{
    domain::{
        citation::{CitationKind, CitationOrigin},
        review::{Review, Verdict},
    },
    hash,
    ids::{CitationId, ClaimId, ExpertId, FactId, Id, ReviewId, VerificationId},
};
use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::stages::score::logic::{Step, examine};

fn id<I: Id>(n: u128) -> I {
    I::from_uuid(Uuid::from_u128(n))
}

fn claim(text: &str, verdict: ClaimVerdict, lapsed: bool) -> Claim {
    Claim {
        id: id::<ClaimId>(1),
        verification: id::<VerificationId>(1),
        trace: id(1),
        ordinal: 0,
        span: (0, 1),
        text: text.to_owned(),
        resolved: text.to_owned(),
        check_worthy: true,
        verdict,
        score: 1.0,
        deciding_fact: Some(id::<FactId>(1)),
        fact_span: None,
        lapsed_fact: lapsed.then(|| id::<FactId>(2)),
        reason: "f1 contradicts it".to_owned(),
        leaning: None,
        opinion: None,
    }
}

fn citation(kind: CitationKind, state: CitationState) -> Citation {
    Citation {
        id: id::<CitationId>(1),
        trace: id(1),
        origin: CitationOrigin::Verification(id(1)),
        kind,
        raw: "https://example.org".to_owned(),
        span: None,
        source: None,
        fact: None,
        quoted: None,
        state,
        reason: "r".to_owned(),
        copy: None,
        copy_span: None,
    }
}

fn review(labels: &[&str]) -> Review {
    Review {
        id: id::<ReviewId>(1),
        external_id: None,
        trace: id(1),
        expert: id::<ExpertId>(1),
        revision: 1,
        verdict: Verdict::Incorrect,
        severity: None,
        suspect_step: Some(2),
        flaw_labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        corrected_answer: None,
        corrected_steps: None,
        rationale: None,
        seconds_spent: None,
        step_marks: vec![],
        claim_marks: vec![],
        guideline: None,
        content_hash: hash::of_json(&1),
        created_at: DateTime::UNIX_EPOCH,
    }
}

const NONE: Evident<'_> = Evident { claims: &[], citations: &[], findings: &[], reviews: &[], steps: &[] };

/// What is told, with the step concerned.
fn told(about: Evident<'_>) -> Vec<(FlawKind, Option<i32>)> {
    flaws(id(1), id(1), about).into_iter().map(|flaw| (flaw.kind, flaw.step)).collect()
}

#[test]
fn a_contradicted_claim_is_a_factual_error_in_the_first_step_that_says_it() {
    let claims = [
        claim("The symbol of gold is Ag.", ClaimVerdict::Contradicted, false),
        claim("Gold is a metal.", ClaimVerdict::Supported, false),
        claim("Gold was found in 1803.", ClaimVerdict::Unverifiable, false),
    ];
    let steps = ["Gold is a metal.", "So the symbol of gold is Ag, as they say."];
    let about = Evident { claims: &claims, steps: &steps, ..NONE };
    assert_eq!(told(about), [(FlawKind::FactualError, Some(1))]);
    let flaw = &flaws(id(1), id(1), about)[0];
    assert_eq!((flaw.evidence, flaw.reason.as_str()), (Evidence::Claim(claims[0].id), "f1 contradicts it"));
}

#[test]
fn what_a_fact_said_that_holds_no_more_is_outdated() {
    let claims = [claim("Ten states are members.", ClaimVerdict::Contradicted, true)];
    assert_eq!(told(Evident { claims: &claims, ..NONE }), [(FlawKind::Outdated, None)]);
}

#[test]
fn a_citation_is_told_by_its_state_and_what_is_not_known_here_is_none() {
    use CitationKind::{Doi, Marker, Url};
    use CitationState::{Misquoted, NotInSource, Retracted, Stale, UnknownSource, Unreachable, Verified};
    let citations = [
        citation(Url, Verified),
        citation(Marker, UnknownSource),
        citation(Url, UnknownSource),
        citation(Doi, NotInSource),
        citation(Doi, Misquoted),
        citation(Url, Stale),
        citation(Url, Unreachable),
        citation(Url, Retracted),
    ];
    let kinds: Vec<_> = told(Evident { citations: &citations, ..NONE }).into_iter().map(|(kind, _)| kind).collect();
    use FlawKind::{FabricatedCitation, MisquotedCitation, Outdated};
    assert_eq!(kinds, [FabricatedCitation, MisquotedCitation, Outdated]);
}

#[test]
fn what_the_logic_rules_find_is_told_with_its_step_and_its_place_among_the_findings() {
    let texts = ["2 + 2 = 5.", "All men are mortal.", "Socrates is mortal.", "So Socrates is a man."];
    let steps: Vec<Step<'_>> =
        texts.iter().zip([&[][..], &[], &[], &[1, 2]]).map(|(text, rests_on)| Step { text, rests_on }).collect();
    let logic = examine("Is Socrates a man?", &steps, None);
    let about = Evident { findings: &logic.findings, steps: &texts, ..NONE };
    assert_eq!(told(about).first(), Some(&(FlawKind::ArithmeticSlip, Some(0))), "{logic:#?}");
    for (flaw, at) in flaws(id(1), id(1), about).iter().zip(0..) {
        assert_eq!((flaw.evidence, flaw.ordinal), (Evidence::Finding(at), at));
    }
    assert_eq!(told(about).len(), logic.findings.len());
}

#[test]
fn a_reviewers_label_is_told_where_it_is_one_of_the_taxonomy_however_it_is_written() {
    let reviews = [review(&["Unsafe", "wrong symbol", "Unanswerable answered", "unsafe", "missing-step"])];
    let about = Evident { reviews: &reviews, ..NONE };
    use FlawKind::{MissingStep, UnanswerableAnswered, Unsafe};
    assert_eq!(told(about), [(MissingStep, Some(2)), (Unsafe, Some(2)), (UnanswerableAnswered, Some(2))]);
    assert_eq!(flaws(id(1), id(1), about)[0].reason, "an expert labels it so");
}

#[test]
fn an_answer_of_which_nothing_was_found_has_none() {
    assert_eq!(told(Evident { steps: &["All is well."], ..NONE }), []);
}
