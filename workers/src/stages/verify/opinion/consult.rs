//! Hears what a judge said before of claims that the rules leave open, and tells what it was not asked yet.

use std::collections::HashMap;

use atr_core::{
    domain::judgement::{ClaimVerdict, JudgeOpinion},
    hash::Digest,
    ids::{FactId, JudgeOpinionId},
    store::Tx,
};

use super::{
    super::{
        compare::{FactText, Relation},
        handler::blocking,
        judge::{Held, JudgedClaim},
        search::Found,
    },
    LONGEST, MOST_CLAIMS, MOST_FACTS, Prompt, Weighed, weigh,
};
use crate::StageError;

/// An answer's claims, with what a judge said of those that the rules leave open.
#[derive(Debug, Default)]
pub(crate) struct Consulted {
    /// Each claim, and what a judge said of it, if it was asked.
    pub claims: Vec<(JudgedClaim, Option<JudgeOpinionId>)>,
    /// What it was not asked yet.
    pub unasked: Vec<Prompt>,
}

impl Consulted {
    /// By the rules alone.
    pub fn by_rules(held: Vec<Held>) -> Self {
        Self { claims: held.into_iter().map(|held| (held.claim, None)).collect(), unasked: vec![] }
    }
}

/// The claims of answers, each with its question, as a model judges those that the rules leave open: by what it said before
/// (judge_opinion_prompt_key).
///
/// # Errors
/// If the database is out of reach.
pub(crate) async fn consult(
    tx: &mut Tx,
    model: &str,
    answers: Vec<(String, Vec<Held>)>,
) -> Result<Vec<Consulted>, StageError> {
    let answers: Vec<Open> = answers.into_iter().map(|(question, held)| Open::new(question, held)).collect();
    let prompts: Vec<Digest> = answers
        .iter()
        .flat_map(|answer| &answer.claims)
        .filter_map(|claim| claim.asked.as_ref())
        .map(|(_, hash)| *hash)
        .collect();
    let said = if prompts.is_empty() { vec![] } else { tx.judge_opinions_of_prompts(model, &prompts).await? };
    let said: HashMap<Digest, JudgeOpinion> = said.into_iter().map(|opinion| (opinion.prompt_hash, opinion)).collect();
    blocking(move || answers.into_iter().map(|answer| answer.heard(&said)).collect()).await
}

/// An answer's claims, before what a judge said of them is heard.
struct Open {
    question: String,
    claims: Vec<OpenClaim>,
}

struct OpenClaim {
    claim: JudgedClaim,
    /// The facts that a judge is shown.
    facts: Vec<Found>,
    /// What it is asked, with its hash; none where it is not.
    asked: Option<(Prompt, Digest)>,
}

impl Open {
    fn new(question: String, held: Vec<Held>) -> Self {
        let mut left = MOST_CLAIMS;
        let claims = held
            .into_iter()
            .map(|Held { claim, open }| {
                let short = open.into_iter().filter(|found| found.statement.len() <= LONGEST);
                let facts: Vec<Found> = short.take(MOST_FACTS).collect();
                let statements: Vec<&str> = facts.iter().map(|found| found.statement.as_str()).collect();
                let prompt = Prompt::new(&question, &claim.resolved, &statements).filter(|_| left > 0);
                left -= usize::from(prompt.is_some());
                let asked = prompt.map(|prompt| {
                    let hash = prompt.hash();
                    (prompt, hash)
                });
                OpenClaim { claim, facts, asked }
            })
            .collect();
        Self { question, claims }
    }

    fn heard(self, said: &HashMap<Digest, JudgeOpinion>) -> Consulted {
        let question = FactText::new(&self.question);
        let mut out = Consulted::default();
        for OpenClaim { claim, facts, asked } in self.claims {
            let Some((prompt, hash)) = asked else {
                out.claims.push((claim, None));
                continue;
            };
            match said.get(&hash) {
                Some(opinion) => out.claims.push((judged(claim, &question, &facts, opinion), Some(opinion.id))),
                None => {
                    out.claims.push((claim, None));
                    out.unasked.push(prompt);
                }
            }
        }
        out
    }
}

/// The claim by what a judge said of it, as far as that counts.
fn judged(claim: JudgedClaim, question: &FactText, facts: &[Found], opinion: &JudgeOpinion) -> JudgedClaim {
    let texts: Vec<FactText> = facts.iter().map(|found| FactText::new(&found.statement)).collect();
    let weighed = weigh(&opinion.answer, &FactText::new(&claim.resolved), question, &texts.iter().collect::<Vec<_>>());
    match weighed {
        Weighed::Decides { relation, fact, span, score, reason } => {
            let fact: FactId = facts[fact].fact;
            let supports = relation == Relation::Supports;
            let verb = if supports { "supports" } else { "contradicts" };
            JudgedClaim {
                verdict: if supports { ClaimVerdict::Supported } else { ClaimVerdict::Contradicted },
                score,
                deciding: Some(fact),
                fact_span: Some(span.offsets()),
                reason: format!("{fact} {verb} it, as a judge ({}) reads it: {reason}", opinion.model),
                leaning: None,
                ..claim
            }
        }
        Weighed::Open(why) => JudgedClaim { reason: format!("{}; {why}", claim.reason), ..claim },
    }
}
