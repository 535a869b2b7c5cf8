//! The demo's own data, as `demo/README.md` describes it, carried in the binary.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, de::DeserializeOwned};

/// A published source.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Source {
    pub(crate) id: String,
    pub(crate) publisher: String,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) licence: String,
}

/// A fact that a source states.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Fact {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) domain: String,
    pub(crate) subject: String,
    pub(crate) statement: String,
    #[serde(default)]
    pub(crate) valid_from: Option<String>,
}

/// What counts as right.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Expected {
    Text { accepted: Vec<String> },
    Number { value: f64, tolerance: f64 },
    YesNo { accepted: Vec<String> },
}

/// To which part of the demo a question belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Split {
    Train,
    HeldOut,
}

/// A question, and the fact that answers it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) domain: String,
    pub(crate) pillar: String,
    pub(crate) question: String,
    pub(crate) fact: String,
    pub(crate) answer: Expected,
    pub(crate) turn: Option<u32>,
    pub(crate) split: Split,
}

/// One recorded answer.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Answer {
    pub(crate) question: String,
    pub(crate) chain: u32,
    pub(crate) steps: Vec<String>,
    pub(crate) answer: String,
    pub(crate) mean_logprob: f64,
    pub(crate) min_logprob: f64,
    pub(crate) tokens: u32,
}

/// How the answers were recorded.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recording {
    pub(crate) model: String,
    pub(crate) sha256: String,
    pub(crate) quantisation: String,
    pub(crate) model_licence: String,
}

/// All of it.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    pub(crate) sources: Vec<Source>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) questions: BTreeMap<String, Question>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) recording: Recording,
}

impl Data {
    pub(crate) fn load() -> anyhow::Result<Self> {
        let questions: Vec<Question> = lines("questions", include_str!("../../../demo/questions.jsonl"))?;
        Ok(Self {
            sources: lines("sources", include_str!("../../../demo/sources.jsonl"))?,
            facts: lines("facts", include_str!("../../../demo/facts.jsonl"))?,
            questions: questions.into_iter().map(|question| (question.id.clone(), question)).collect(),
            answers: lines("answers", include_str!("../../../demo/answers.jsonl"))?,
            recording: serde_json::from_str(include_str!("../../../demo/recording.json"))
                .context("demo/recording.json")?,
        })
    }

    /// The answers of a turn; those to held-out questions come with the first.
    pub(crate) fn answers_of(&self, turn: u32) -> impl Iterator<Item = (&Answer, &Question)> {
        self.answers.iter().filter_map(move |answer| {
            let question = self.questions.get(&answer.question)?;
            let first = turn == 1 && question.split == Split::HeldOut;
            (question.turn == Some(turn) || first).then_some((answer, question))
        })
    }

    /// The facts behind the questions of a turn. Those behind held-out questions belong to none.
    pub(crate) fn facts_of(&self, turn: u32) -> Vec<&Fact> {
        let held_out: Vec<&str> = self.behind(|question| question.split == Split::HeldOut);
        let wanted: Vec<&str> = self.behind(|question| question.turn == Some(turn));
        self.facts
            .iter()
            .filter(|fact| wanted.contains(&fact.id.as_str()) && !held_out.contains(&fact.id.as_str()))
            .collect()
    }

    fn behind(&self, which: impl Fn(&Question) -> bool) -> Vec<&str> {
        self.questions.values().filter(|question| which(question)).map(|question| question.fact.as_str()).collect()
    }
}

fn lines<T: DeserializeOwned>(name: &str, text: &str) -> anyhow::Result<Vec<T>> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| serde_json::from_str(line).with_context(|| format!("demo/{name}.jsonl, line {at}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_turn_is_about_no_subject_of_a_held_out_question() -> anyhow::Result<()> {
        let data = Data::load()?;
        let held_out = data.behind(|question| question.split == Split::HeldOut);
        let of = |fact: &&Fact| held_out.contains(&fact.id.as_str());
        let subjects: Vec<&str> = data.facts.iter().filter(of).map(|fact| fact.subject.as_str()).collect();
        assert!(!subjects.is_empty());
        for turn in [1, 2] {
            let told = data.facts_of(turn);
            assert!(!told.is_empty());
            let about: Vec<_> = told.iter().filter(|fact| subjects.contains(&fact.subject.as_str())).collect();
            assert!(about.is_empty(), "{about:?}");
        }
        Ok(())
    }
}
