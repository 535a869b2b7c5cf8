//! Near-duplicates: clusters of rows joined by pairs at or above the recipe's Jaccard similarity, one kept in each.
//!
//! MinHash only proposes pairs; each is verified on the whole texts. Clusters are the connected components of the verified
//! pairs, so neither the order of the rows nor the way in which they were read changes them.

use std::collections::BTreeMap;

use super::candidate::Candidate;
use super::decision::{Detail, Fall, Reason};
use super::distinct::{self, Words};
use super::exact::preferred;
use super::minhash::{Index, Text};
use super::recipe::Recipe;

/// The rows among `standing` that say nearly what a better one says.
pub(super) fn judge(recipe: &Recipe, candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let of = |at: u32| &candidates[standing[at as usize]];
    let said: Vec<Said> = standing
        .iter()
        .map(|&at| &candidates[at])
        .map(|c| Said::of(&c.question, &c.reasoning, &c.completion))
        .collect();
    let texts = standing.iter().map(|&at| &candidates[at]).map(|c| {
        let parts = [c.question.as_str(), &c.reasoning, &c.completion];
        Text { parts, class: distinct::class(parts, c.label) }
    });
    let index = Index::new(texts.collect(), &recipe.near, recipe.seed);
    let similarity = |a: u32, b: u32| {
        if said[a as usize].differs_from(&said[b as usize]) { 0.0 } else { index.jaccard(a, b) }
    };

    let mut falls = Vec::new();
    for cluster in clusters(&index, said.len(), |a, b| similarity(a, b) >= recipe.near.jaccard) {
        let Some(best) = cluster.iter().copied().min_by(|&a, &b| preferred(recipe, of(a), of(b))) else { continue };
        for &at in cluster.iter().filter(|&&at| at != best) {
            let jaccard = similarity(at, best);
            let via = (jaccard < recipe.near.jaccard).then(|| nearest(&cluster, at, similarity, |at| &of(at).id));
            let via = via.flatten().map(|via| of(via).id.clone());
            let kept = of(best).id.clone();
            let words = match &via {
                None => format!("says nearly the same as {kept} (Jaccard {jaccard:.3})"),
                Some(via) => format!("says nearly the same as {via}, which is like {kept}"),
            };
            let detail = Detail::Duplicate { of: kept, jaccard, via };
            falls.push(Fall { at: standing[at as usize], reason: Reason::NearDuplicate, words, detail: Some(detail) });
        }
    }
    falls
}

/// The words that decide what an example asks and says, however much the rest of it is like another's: a short answer
/// to a long question is a small share of all words.
pub(in crate::stages) struct Said {
    question: Words,
    reply: Words,
    answer: Words,
}

impl Said {
    /// Reads a row in its parts.
    pub(in crate::stages) fn of(question: &str, reasoning: &str, completion: &str) -> Self {
        Self {
            question: Words::of([question]),
            reply: Words::of([reasoning, completion]),
            answer: Words::of([completion]),
        }
    }

    /// Whether the two cannot mean the same.
    pub(in crate::stages) fn differs_from(&self, other: &Self) -> bool {
        let pairs = [(&self.question, &other.question), (&self.reply, &other.reply), (&self.answer, &other.answer)];
        pairs.into_iter().any(|(one, other)| one.mean_different_things(other))
    }
}

/// The member most like `at`, the one with the smaller id if several are.
fn nearest<'a>(
    cluster: &[u32],
    at: u32,
    similarity: impl Fn(u32, u32) -> f64,
    id: impl Fn(u32) -> &'a str,
) -> Option<u32> {
    let others = cluster.iter().copied().filter(|&other| other != at).map(|other| (similarity(at, other), other));
    others.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| id(b.1).cmp(id(a.1)))).map(|(_, other)| other)
}

/// Connected components of two or more texts, by their first members; `same` verifies a pair that a bucket proposes.
pub(in crate::stages) fn clusters(index: &Index<'_>, len: usize, same: impl Fn(u32, u32) -> bool) -> Vec<Vec<u32>> {
    let mut sets = Sets { parent: (0..len as u32).collect() };
    index.each_bucket(|bucket| {
        // Texts of the bucket that are joined already, together: a text is compared with a group until one fits.
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &text in bucket {
            groups.entry(sets.root(text)).or_default().push(text);
        }
        let mut groups: Vec<Vec<u32>> = groups.into_values().collect();
        while let Some(group) = groups.pop() {
            let first = group[0];
            let mut frontier = group;
            while !frontier.is_empty() && !groups.is_empty() {
                let fits = |other: &Vec<u32>| other.iter().any(|&a| frontier.iter().any(|&b| same(a, b)));
                let (like, unlike): (Vec<_>, Vec<_>) = groups.drain(..).partition(fits);
                groups = unlike;
                like.iter().for_each(|other| sets.join(first, other[0]));
                frontier = like.concat();
            }
        }
    });
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for text in 0..len as u32 {
        members.entry(sets.root(text)).or_default().push(text);
    }
    members.into_values().filter(|members| members.len() > 1).collect()
}

/// Disjoint sets; the root of a set is its smallest member.
struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }
}
