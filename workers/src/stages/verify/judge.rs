//! Judges the claims of answers by the facts that a search finds for them: what a task of verifying does with a trace, and what a
//! program is told that asks before it answers.

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::judgement::{ClaimVerdict, Leaning},
    ids::FactId,
    store::Tx,
};
use chrono::NaiveDate;

use super::{
    claims::{self, ClaimSpan},
    compare::FactText,
    decide::{Judgement, Verdict},
    handler::{FACTS, blocking},
    parsed_facts::{ParsedFacts, Texts, hold},
    resolve::self_contained,
    search::{Found, facts_for},
    search_terms::search_terms,
    veracity::{Features, Measures, asked, fitted::FITTED, mean},
};
use crate::StageError;

/// An answer and the question that it answers.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What was asked.
    pub query: String,
    /// What was answered.
    pub answer: String,
}

/// A claim of an answer, judged.
#[derive(Debug, Clone)]
pub struct JudgedClaim {
    /// What stands in the answer, and where.
    pub said: ClaimSpan,
    /// The claim made self-contained with the help of the question and of what was said before it.
    pub resolved: String,
    /// Whether it asserts something that facts could decide.
    pub check_worthy: bool,
    /// What the facts say.
    pub verdict: ClaimVerdict,
    /// How sure the rule is, 0 to 1.
    pub score: f64,
    /// The fact that decided.
    pub deciding: Option<FactId>,
    /// Byte offsets of the deciding words in the fact's statement.
    pub fact_span: Option<(i32, i32)>,
    /// A fact that says the same and holds no more, where the one that decided contradicts the claim.
    pub lapsed: Option<FactId>,
    /// Why, in words.
    pub reason: String,
    /// What all that was found about it leans to, and how likely it is true by that; none where a fact decides or nothing
    /// was found.
    pub leaning: Option<(Leaning, f64)>,
}

/// How many claims of an answer the facts support, contradict and leave undecided. What asserts nothing is neither for nor against
/// the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Claims that a fact supports.
    pub supported: i32,
    /// Claims that a fact contradicts.
    pub contradicted: i32,
    /// Claims that assert something and that no fact decides.
    pub unverifiable: i32,
}

impl Counts {
    /// Counts claims.
    pub fn of<'a>(claims: impl IntoIterator<Item = &'a JudgedClaim>) -> Self {
        let mut counts = Self::default();
        for claim in claims {
            match claim.verdict {
                ClaimVerdict::Supported => counts.supported += 1,
                ClaimVerdict::Contradicted => counts.contradicted += 1,
                ClaimVerdict::Unverifiable if claim.check_worthy => counts.unverifiable += 1,
                ClaimVerdict::Unverifiable => {}
            }
        }
        counts
    }
}

/// A claim that the rules judged and, where they decide nothing, the facts that were found for it, the best first. None where
/// facts disagree, or where its form alone says what supports it: there a judge has no say.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub claim: JudgedClaim,
    pub open: Vec<Found>,
}

/// The claims of each answer, in order, judged by what the project's verified facts say.
///
/// # Errors
/// If the database is out of reach.
pub async fn judge(
    tx: &mut Tx,
    parsed: &ParsedFacts,
    answers: Vec<Answered>,
) -> Result<Vec<Vec<JudgedClaim>>, StageError> {
    let claims = |held: Vec<Held>| held.into_iter().map(|held| held.claim).collect();
    Ok(hold_claims(tx, parsed, answers).await?.into_iter().map(claims).collect())
}

/// The same, with what is left open.
///
/// # Errors
/// If the database is out of reach.
pub(crate) async fn hold_claims(
    tx: &mut Tx,
    parsed: &ParsedFacts,
    answers: Vec<Answered>,
) -> Result<Vec<Vec<Held>>, StageError> {
    let split = blocking(move || answers.iter().map(Split::of).collect::<Vec<_>>()).await?;
    let queries: Vec<String> =
        split.iter().flat_map(|answer| &answer.claims).filter_map(|claim| claim.terms.clone()).collect();
    let found = facts_for(tx, &queries, FACTS).await?;
    let (found, stale) = fresh(tx, found).await?;
    let ids: BTreeSet<FactId> = found.iter().flatten().map(|found| found.fact).collect();
    let today = tx.now().date_naive();
    let lapsed = tx.lapsed_facts(&ids.into_iter().collect::<Vec<_>>(), today).await?;
    let parsed = parsed.clone();
    blocking(move || {
        let texts = parsed.texts(found.iter().flatten());
        let mut found = found.into_iter().zip(stale);
        split
            .into_iter()
            .map(|answer| {
                let facts = answer.claims.iter().map(|claim| claim.terms.as_ref().and_then(|_| found.next()));
                let (facts, stale): (Vec<Vec<Found>>, Vec<usize>) = facts.map(Option::unwrap_or_default).unzip();
                answer.judged(&facts, &stale, &texts, &lapsed)
            })
            .collect()
    })
    .await
}

/// Parts what was found into facts that may decide, and how many may not because their source was not read again in time.
async fn fresh(tx: &mut Tx, found: Vec<Vec<Found>>) -> Result<(Vec<Vec<Found>>, Vec<usize>), StageError> {
    let facts: BTreeSet<FactId> = found.iter().flatten().map(|found| found.fact).collect();
    let stale: BTreeSet<FactId> = tx.stale_facts(&facts.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
    let part = |of: Vec<Found>| {
        let (out, fresh): (Vec<_>, Vec<_>) = of.into_iter().partition(|found| stale.contains(&found.fact));
        (fresh, out.len())
    };
    Ok(found.into_iter().map(part).unzip())
}

/// An answer's claims, before they are judged.
struct Split {
    question: String,
    claims: Vec<SplitClaim>,
}

struct SplitClaim {
    said: ClaimSpan,
    resolved: String,
    /// What is searched for; none where nothing is asserted.
    terms: Option<String>,
}

impl Split {
    fn of(answered: &Answered) -> Self {
        let said = claims::split(&answered.answer);
        let resolved = self_contained(&answered.query, &said);
        let claims = said
            .into_iter()
            .zip(resolved)
            .map(|(said, resolved)| {
                // What is no assertion by itself may be one as the answer to its question.
                let worthy = !said.reference && claims::worth_checking(&resolved);
                let terms = worthy.then(|| search_terms(&resolved)).flatten();
                SplitClaim { said, resolved, terms }
            })
            .collect();
        Self { question: answered.query.clone(), claims }
    }

    /// Judges the claims, each by the facts found for it; of so many more it is only said that they are stale.
    fn judged(self, facts: &[Vec<Found>], stale: &[usize], texts: &Texts, lapsed: &Lapsed) -> Vec<Held> {
        let parsed: Vec<FactText> = self.claims.iter().map(|claim| FactText::new(&claim.resolved)).collect();
        let leanings = leanings(&self.question, &parsed, facts, texts);
        self.claims
            .into_iter()
            .zip(&parsed)
            .zip(facts)
            .zip(leanings)
            .zip(stale)
            .map(|((((claim, parsed), facts), leaning), stale)| {
                let Decided { verdict, deciding, lapsed: outdated } = Decided::by(parsed, facts, texts, lapsed);
                let check_worthy = claim.terms.is_some();
                let open = verdict.judgement == Judgement::Unverifiable && !verdict.disputed && !parsed.is_formal();
                let claim = JudgedClaim {
                    said: claim.said,
                    resolved: claim.resolved,
                    check_worthy,
                    verdict: match verdict.judgement {
                        Judgement::Supported => ClaimVerdict::Supported,
                        Judgement::Contradicted => ClaimVerdict::Contradicted,
                        Judgement::Unverifiable => ClaimVerdict::Unverifiable,
                    },
                    score: verdict.score,
                    deciding,
                    fact_span: verdict.fact_span.map(|span| span.offsets()),
                    lapsed: outdated,
                    reason: match (check_worthy, verdict.judgement, *stale) {
                        (false, ..) => "it asserts nothing that a fact could decide".to_owned(),
                        (true, Judgement::Unverifiable, 1..) => {
                            format!(
                                "{}; {stale} of the facts found are stale: their source was to be read again",
                                verdict.reason
                            )
                        }
                        (true, ..) => verdict.reason,
                    },
                    // Where a fact decides, what the rest leans to says no more.
                    leaning: leaning.filter(|_| verdict.judgement == Judgement::Unverifiable),
                };
                // What holds no more is no evidence to ask a judge about.
                let holds = |found: &&Found| !lapsed.contains_key(&found.fact);
                Held { claim, open: if open { facts.iter().filter(holds).cloned().collect() } else { vec![] } }
            })
            .collect()
    }
}

/// Until when facts held that hold no more.
type Lapsed = HashMap<FactId, NaiveDate>;

/// What the facts that hold, and those that hold no more, say of a claim.
struct Decided {
    verdict: Verdict,
    deciding: Option<FactId>,
    /// The fact that holds no more and says the same, where one that holds contradicts the claim.
    lapsed: Option<FactId>,
}

impl Decided {
    /// Facts that hold decide. What held once is looked at where they do not, for a claim may be about that time; it is no evidence
    /// against a claim.
    fn by(claim: &FactText, facts: &[Found], texts: &Texts, lapsed: &Lapsed) -> Self {
        let (once, now): (Vec<Found>, Vec<Found>) =
            facts.iter().cloned().partition(|found| lapsed.contains_key(&found.fact));
        let mut verdict = hold(claim, &now, texts);
        let deciding = verdict.deciding.map(|at| now[at].fact);
        if once.is_empty() || verdict.judgement == Judgement::Supported {
            return Self { verdict, deciding, lapsed: None };
        }
        let before = hold(claim, &once, texts);
        let Some(said) = before.deciding.filter(|_| before.judgement == Judgement::Supported) else {
            return Self { verdict, deciding, lapsed: None };
        };
        let said = once[said].fact;
        let until = lapsed[&said];
        if verdict.judgement == Judgement::Contradicted {
            verdict.reason = format!("{}; {said} says so, which held until {until}", verdict.reason);
            return Self { verdict, deciding, lapsed: Some(said) };
        }
        let reason = format!("{}; it held until {until}", before.reason);
        Self { verdict: Verdict { reason, ..before }, deciding: Some(said), lapsed: None }
    }
}

/// What the facts found lean to, of each claim for which there are any; beside what they have of the answer as a whole.
fn leanings(question: &str, claims: &[FactText], facts: &[Vec<Found>], texts: &Texts) -> Vec<Option<(Leaning, f64)>> {
    let asked = asked(question);
    let measured: Vec<Option<Measures>> = claims
        .iter()
        .zip(facts)
        .map(|(claim, facts)| {
            let passages: Vec<&FactText> = facts.iter().map(|found| texts[&found.fact].as_ref()).collect();
            (!passages.is_empty()).then(|| Measures::of(&asked, claim, &passages))
        })
        .collect();
    let whole = mean(&measured.iter().flatten().copied().collect::<Vec<_>>());
    let leaning = |own: Measures| {
        let likelihood = FITTED.likelihood(&Features::new(&own, &whole));
        (likelihood.leaning(FITTED.raise), likelihood.true_)
    };
    measured.into_iter().map(|own| own.map(leaning)).collect()
}

#[cfg(test)]
mod tests {
    use atr_core::ids::Id;
    use uuid::Uuid;

    use super::*;

    const THEN: &str = "The number of member states of the league is 10.";
    const NOW: &str = "The number of member states of the league is 12.";

    /// What facts say of a claim, those of the first list once and those of the second now; and which fact holds no more.
    fn held(claim: &str, once: &[&str], now: &[&str]) -> (Judgement, Option<usize>, Option<usize>) {
        let id = |n: usize| FactId::from_uuid(Uuid::from_u128(n as u128));
        let statements = once.iter().chain(now).zip(0..);
        let facts: Vec<Found> = statements
            .map(|(statement, n)| Found { fact: id(n), statement: (*statement).to_owned(), rank: 1.0 })
            .collect();
        let texts = ParsedFacts::default().texts(&facts);
        let lapsed = (0..once.len()).map(|n| (id(n), NaiveDate::default())).collect();
        let Decided { verdict, deciding, lapsed } = Decided::by(&FactText::new(claim), &facts, &texts, &lapsed);
        let place = |of: Option<FactId>| facts.iter().position(|found| Some(found.fact) == of);
        (verdict.judgement, place(deciding), place(lapsed))
    }

    #[test]
    fn of_what_held_once_and_what_holds_the_latter_decides() {
        assert_eq!(held(THEN, &[THEN], &[NOW]), (Judgement::Contradicted, Some(1), Some(0)));
        assert_eq!(held(NOW, &[THEN], &[NOW]), (Judgement::Supported, Some(1), None));
        let other = "The number of member states of the league is 11.";
        assert_eq!(held(other, &[THEN], &[NOW]), (Judgement::Contradicted, Some(1), None));
    }

    #[test]
    fn what_held_once_may_support_a_claim_and_never_speaks_against_one() {
        assert_eq!(held(THEN, &[THEN], &[]), (Judgement::Supported, Some(0), None));
        assert_eq!(held(NOW, &[THEN], &[]), (Judgement::Unverifiable, None, None));
    }
}
