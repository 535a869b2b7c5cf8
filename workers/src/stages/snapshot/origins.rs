//! What stands behind a row: every candidate that gave it, and who wrote it.

use std::collections::HashMap;

use atr_core::{
    domain::{
        example::{Example, ExampleFormat},
        expert::ExpertKind,
        snapshot::MemberContent,
    },
    hash::Digest,
    ids::{ExampleId, FactId, ReviewId, TraceId},
};

use super::{Provenance, assemble::format};
use crate::stages::curate::Decision;

/// An example that gave a row which stands for several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Origin {
    pub example: ExampleId,
    candidate: String,
    trace: TraceId,
    review: ReviewId,
    chosen: Option<(TraceId, ReviewId)>,
    facts: Vec<FactId>,
}

impl Origin {
    fn of(content: &MemberContent, decision: &Decision, example: &Example) -> Self {
        Self {
            example: example.id,
            candidate: decision.id.clone(),
            trace: content.member.trace,
            review: content.member.review,
            chosen: example.chosen,
            facts: content.member.pinned.facts.iter().map(|fact| fact.id).collect(),
        }
    }

    fn traces(&self) -> impl Iterator<Item = TraceId> {
        [self.trace].into_iter().chain(self.chosen.map(|(trace, _)| trace))
    }

    fn reviews(&self) -> impl Iterator<Item = ReviewId> {
        [self.review].into_iter().chain(self.chosen.map(|(_, review)| review))
    }
}

/// The origins of rows, by format and content, in the order of the membership.
#[derive(Debug, Default)]
pub(super) struct Origins {
    of: HashMap<(ExampleFormat, Digest), Vec<Origin>>,
}

impl Origins {
    pub(super) fn note(&mut self, content: &MemberContent, decision: &Decision, examples: &[Example]) {
        for example in examples {
            let key = (example.format, example.content_hash);
            self.of.entry(key).or_default().push(Origin::of(content, decision, example));
        }
    }

    /// Forgets what only one example gave.
    pub(super) fn keep_shared(&mut self) {
        self.of.retain(|_, origins| origins.len() > 1);
    }

    /// The other examples that say what this one, the first of them, says.
    pub(super) fn others(&self, first: &Example) -> &[Origin] {
        self.of.get(&(first.format, first.content_hash)).and_then(|all| all.get(1..)).unwrap_or_default()
    }
}

/// Who wrote what a row trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    Person,
    Program,
    Model,
}

impl Author {
    /// A correction is the reviewer's; an answer that was judged, and a right chain, are the model's.
    fn of(content: &MemberContent, example: &Example) -> Self {
        let trains_on_correction = matches!(example.format, ExampleFormat::Sft | ExampleFormat::Preference)
            && !content.answer_is_right
            && example.chosen.is_none();
        match content.expert_kind {
            _ if !trains_on_correction => Self::Model,
            ExpertKind::Person => Self::Person,
            ExpertKind::Program => Self::Program,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Person => "human-written",
            Self::Program => "program-written",
            Self::Model => "model-written",
        }
    }
}

/// Where a row comes from: that of the first example which gave it, with all that stands behind the others.
pub(super) fn provenance(
    content: &MemberContent,
    decision: &Decision,
    example: &Example,
    others: &[Origin],
) -> Provenance {
    let author = Author::of(content, example);
    let all: Vec<Origin> = [Origin::of(content, decision, example)].into_iter().chain(others.iter().cloned()).collect();
    let mut tags: Vec<String> = decision.tags.iter().map(ToString::to_string).collect();
    tags.push(author.tag().to_owned());
    Provenance {
        format: format(example.format),
        row: example.id.to_string(),
        candidates: all.iter().map(|origin| origin.candidate.clone()).collect(),
        traces: each_once(all.iter().flat_map(Origin::traces)),
        reviews: each_once(all.iter().flat_map(Origin::reviews)),
        facts: each_once(all.iter().flat_map(|origin| origin.facts.iter().copied())),
        group: content.group.clone(),
        domain: content.domain.clone(),
        language: content.language.clone(),
        source: content.source.clone(),
        model_version: content.model.clone(),
        reviewer: content.expert.clone(),
        licence: content.licence.clone(),
        human_written: author == Author::Person,
        weight: decision.weight,
        tags,
    }
}

/// The texts of ids in the order in which they come, each once.
fn each_once<I: ToString>(ids: impl Iterator<Item = I>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.map(|id| id.to_string()).filter(|id| seen.insert(id.clone())).collect()
}
