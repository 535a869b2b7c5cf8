//! Graded answers, with the signals that the product's own rules give of them.

use std::{collections::BTreeMap, error::Error};

use atr_core::{
    ids::{Id as _, ModelVersionId, TraceId},
    store::{OtherChains, Routable},
};
use atr_workers::stages::{
    route::rules::{Item, common_ground},
    score::{
        logic::{Step, examine},
        reward::Terms,
    },
    verify::{
        claims::{split, worth_checking},
        consensus::{Chain, final_answer, merge},
        resolve::resolve,
    },
};
use serde_json::Value;
use uuid::Uuid;

use crate::data::rows;

/// Answers and whether each is wrong.
pub struct Answers {
    /// What they are.
    pub name: &'static str,
    /// What is known of each before it is judged; their ids are their places.
    pub items: Vec<Item>,
    /// The grades: looked at once an item is reviewed, and when what was found is counted.
    pub wrong: Vec<bool>,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn text<'a>(value: &'a Value, field: &str) -> Outcome<&'a str> {
    value[field].as_str().ok_or_else(|| format!("a row has no text `{field}`").into())
}

fn trace(n: usize) -> TraceId {
    TraceId::from_uuid(Uuid::from_u128(n as u128))
}

/// The best of four models, whose answers are the items; the others' are the other chains.
const BEST: &str = "175b_verification";
const OTHERS: [&str; 3] = ["6b_finetuning", "6b_verification", "175b_finetuning"];

/// The best model's answers of `gsm8k-model-solutions`.
pub fn gsm8k(data: &str) -> Outcome<Answers> {
    let mut answers = Answers { name: "gsm8k-model-solutions", items: Vec::new(), wrong: Vec::new() };
    for row in rows(data, "gsm8k-model-solutions/example_model_solutions.jsonl.gz")? {
        let question = text(&row, "question")?;
        let chains: Vec<&str> = std::iter::once(&BEST)
            .chain(&OTHERS)
            .map(|model| text(&row[*model], "solution"))
            .collect::<Outcome<_>>()?;
        let merged = merge(
            question,
            &chains.iter().map(|chain| Chain { answer: chain, ..Chain::default() }).collect::<Vec<_>>(),
        );
        let agreement: BTreeMap<TraceId, f64> = (0..).map(trace).zip(merged.agreement.iter().copied()).collect();
        let dissenters: Vec<TraceId> = merged.dissenters.iter().copied().map(trace).collect();
        let others = OtherChains::of(trace(0), u32::try_from(chains.len())?, &agreement, &dissenters);
        let said =
            Said { model: BEST, question, domain: "mathematics", answer: final_answer(chains[0]), solution: chains[0] };
        let common_ground = common_ground(question, &chains)[0];
        let item = said.item(answers.items.len());
        answers.items.push(Item { common_ground, of: Routable { others, ..item.of }, ..item });
        answers.wrong.push(!row[BEST]["is_correct"].as_bool().ok_or("a solution is not graded")?);
    }
    Ok(answers)
}

/// The answers of `expertqa`: wrong where the expert called a claim incorrect.
pub fn expertqa(data: &str) -> Outcome<Answers> {
    let mut answers = Answers { name: "expertqa", items: Vec::new(), wrong: Vec::new() };
    for row in rows(data, "expertqa/expertqa.jsonl.gz")? {
        let question = text(&row, "question")?;
        let domain = text(&row["metadata"], "field")?;
        for (model, given) in row["answers"].as_object().ok_or("a row has no answers")? {
            let answer = text(given, "answer_string")?;
            let said = Said { model, question, domain, answer, solution: "" };
            answers.items.push(said.item(answers.items.len()));
            let claims = given["claims"].as_array().ok_or("an answer has no claims")?;
            let incorrect = |claim: &Value| {
                matches!(claim["correctness"].as_str(), Some("Definitely incorrect" | "Likely incorrect"))
            };
            answers.wrong.push(claims.iter().any(incorrect));
        }
    }
    Ok(answers)
}

/// What a model said.
struct Said<'a> {
    model: &'a str,
    question: &'a str,
    domain: &'a str,
    answer: &'a str,
    /// Steps, a line each, with the answer at their end; empty where there are none.
    solution: &'a str,
}

impl Said<'_> {
    /// What verify and score make of it, where there are no facts to hold it against and no reward model is trained.
    fn item(&self, n: usize) -> Item {
        let steps: Vec<&str> = self.solution.lines().filter(|line| final_answer(line) != self.answer).collect();
        let graph: Vec<Step<'_>> = steps.iter().map(|text| Step { text, rests_on: &[] }).collect();
        let logic = examine(self.question, &graph, Some(self.answer));
        let claims = split(self.answer);
        let resolved = claims.iter().map(|claim| resolve(self.question, claim.span.of(self.answer)));
        let (support, unverifiable) = Terms::factual(0, 0, resolved.filter(|claim| worth_checking(claim)).count(), 0);
        // Its model by its name, the same in each run.
        let model = Uuid::from_slice(&blake3::hash(self.model.as_bytes()).as_bytes()[..16]).unwrap_or_default();
        Item {
            of: Routable {
                trace: trace(n),
                domain: self.domain.to_owned(),
                language: "en".to_owned(),
                answered_by: ModelVersionId::from_uuid(model),
                question: Uuid::from_u128(n as u128),
                query: self.question.chars().take(2_000).collect(),
                answer: self.answer.chars().take(2_000).collect(),
                reasoning: steps.join("\n").chars().take(4_000).collect(),
                confidence: None,
                mean_logprob: None,
                min_logprob: None,
                support,
                unverifiable,
                consistency: logic.consistency,
                model: None,
                feedback: None,
                others: None,
            },
            common_ground: None,
            asked_before: Vec::new(),
        }
    }
}
