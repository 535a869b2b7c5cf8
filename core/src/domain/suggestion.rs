//! What the machine suggests of an item of the weekly review, and whether its expert bears that out.

use super::{
    assignment::{Assignment, AssignmentState, Purpose},
    judgement::{Claim, ClaimVerdict, Finding},
    review::{Review, Verdict},
};

/// What the machine suggests. It says something: one of the two is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion {
    /// Whether the answer is right, by its claims: `correct` or `incorrect`.
    pub verdict: Option<Verdict>,
    /// Ordinal of the step that the rules of logic find fault with first.
    pub suspect_step: Option<i32>,
}

impl Suggestion {
    /// What claims and findings suggest: one claim that facts contradict makes an answer wrong; it is right where each that
    /// facts can decide is supported. Of a finding the last of its steps is at fault, since the earlier ones are what it is
    /// at odds with.
    pub fn of(claims: &[Claim], findings: &[Finding]) -> Option<Self> {
        let mut worthy = claims.iter().filter(|claim| claim.check_worthy).map(|claim| claim.verdict).peekable();
        let verdict = if claims.iter().any(|claim| claim.verdict == ClaimVerdict::Contradicted) {
            Some(Verdict::Incorrect)
        } else {
            (worthy.peek().is_some() && worthy.all(|verdict| verdict == ClaimVerdict::Supported))
                .then_some(Verdict::Correct)
        };
        let at_fault = findings.iter().filter_map(|finding| finding.steps.iter().max());
        let suspect_step = at_fault.min().and_then(|step| i32::try_from(*step).ok());
        (verdict.is_some() || suspect_step.is_some()).then_some(Self { verdict, suspect_step })
    }

    /// Whether a review says what was suggested; `None` where it says neither that nor the contrary.
    pub fn is_borne_out_by(&self, review: &Review) -> Option<bool> {
        let right = review.verdict.is_right()?;
        let verdict = self.verdict.map(|suggested| suggested.is_right() == Some(right));
        let step = match (self.suspect_step, review.suspect_step) {
            (Some(suggested), Some(found)) => Some(suggested == found),
            // Who finds nothing wrong finds no step wrong.
            (Some(_), None) => right.then_some(false),
            (None, _) => None,
        };
        match (verdict, step) {
            (Some(one), Some(other)) => Some(one && other),
            (one, other) => one.or(other),
        }
    }
}

impl Assignment {
    /// Whether its expert may see what the machine suggests: where another judges too or what is right is known, only after
    /// they judged by themselves.
    pub fn shows_suggestions(&self) -> bool {
        match self.purpose {
            Purpose::Single => true,
            Purpose::DoubleBlind | Purpose::Gold => self.state == AssignmentState::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClaimId, Id, TraceId, VerificationId};

    fn claim(verdict: ClaimVerdict, check_worthy: bool) -> Claim {
        Claim {
            id: ClaimId::from_uuid(uuid::Uuid::nil()),
            verification: VerificationId::from_uuid(uuid::Uuid::nil()),
            trace: TraceId::from_uuid(uuid::Uuid::nil()),
            ordinal: 0,
            span: (0, 1),
            text: "c".to_owned(),
            resolved: "c".to_owned(),
            check_worthy,
            verdict,
            score: 1.0,
            deciding_fact: None,
            fact_span: None,
            lapsed_fact: None,
            reason: String::new(),
            leaning: None,
            opinion: None,
        }
    }

    fn finding(steps: &[usize]) -> Finding {
        Finding { kind: "contradiction".to_owned(), steps: steps.to_vec(), reason: String::new() }
    }

    #[test]
    fn one_contradicted_claim_makes_an_answer_wrong_and_all_must_be_supported_to_make_it_right() {
        use ClaimVerdict::{Contradicted, Supported, Unverifiable};
        let verdict = |claims: &[(ClaimVerdict, bool)]| {
            let claims: Vec<_> = claims.iter().map(|(verdict, worthy)| claim(*verdict, *worthy)).collect();
            Suggestion::of(&claims, &[]).and_then(|suggested| suggested.verdict)
        };
        assert_eq!(verdict(&[(Supported, true), (Contradicted, true)]), Some(Verdict::Incorrect));
        assert_eq!(verdict(&[(Supported, true), (Unverifiable, false)]), Some(Verdict::Correct));
        assert_eq!(verdict(&[(Supported, true), (Unverifiable, true)]), None);
        assert_eq!(verdict(&[(Unverifiable, false)]), None);
        assert_eq!(verdict(&[]), None);
    }

    #[test]
    fn of_the_steps_that_are_at_odds_the_last_is_at_fault_and_the_first_such_fault_is_named() {
        let step = |findings: &[Finding]| Suggestion::of(&[], findings).and_then(|suggested| suggested.suspect_step);
        assert_eq!(step(&[finding(&[4, 5]), finding(&[0, 2])]), Some(2));
        assert_eq!(step(&[finding(&[])]), None);
    }
}
