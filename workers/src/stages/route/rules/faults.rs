//! Which traces have the same fault, as far as texts tell: near-duplicates of question and answer, by the rules of
//! curation.

use crate::stages::curate::{
    Recipe, distinct,
    minhash::{Index, Text},
    near::{Said, clusters},
};

use super::Item;

/// Items by the fault they share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Faults {
    /// By item, which fault.
    pub of: Vec<usize>,
    /// By fault, how many items have it.
    pub traces: Vec<u32>,
}

impl Faults {
    /// Compares all with all. Two have the same fault if question and answer are near-duplicates by curation's default recipe:
    /// then no number and, where they are short, no content word is another.
    pub fn find(items: &[&Item]) -> Self {
        let recipe = Recipe::default();
        let texts = items.iter().map(|item| {
            let parts = [item.of.query.as_str(), "", item.of.answer.as_str()];
            Text { parts, class: distinct::class(parts, false) }
        });
        let index = Index::new(texts.collect(), &recipe.near, recipe.seed);
        let said: Vec<Said> = items.iter().map(|item| Said::of(&item.of.query, "", &item.of.answer)).collect();
        let same = |a: u32, b: u32| {
            !said[a as usize].differs_from(&said[b as usize]) && index.jaccard(a, b) >= recipe.near.jaccard
        };
        let mut of: Vec<Option<usize>> = vec![None; items.len()];
        let mut traces = Vec::new();
        for cluster in clusters(&index, items.len(), same) {
            for at in &cluster {
                of[*at as usize] = Some(traces.len());
            }
            traces.push(u32::try_from(cluster.len()).unwrap_or(u32::MAX));
        }
        let of = of
            .into_iter()
            .map(|found| {
                found.unwrap_or_else(|| {
                    traces.push(1);
                    traces.len() - 1
                })
            })
            .collect();
        Self { of, traces }
    }
}
