//! The tree of a trace's calls: who called whom, which span answers, and which are near it.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    reading::{Kind, Reading},
    span::Span,
};

/// A span with what it tells and its place in the tree.
pub(super) struct Node<'a> {
    pub(super) span: &'a Span,
    pub(super) reading: Reading,
    pub(super) depth: usize,
}

/// The spans in the order of their time, callers before those they call.
pub(super) fn tree(spans: &[Span]) -> Vec<Node<'_>> {
    let parents: Parents<'_> = spans.iter().map(|span| (span.id.as_str(), span.parent.as_deref())).collect();
    let outermost = |id: &str| parents.get(id).is_none_or(|parent| parent.is_none_or(|id| !parents.contains_key(id)));
    let depths = distances(&parents, outermost);
    let depth = |span: &Span| depths.get(span.id.as_str()).copied().flatten().unwrap_or(spans.len());
    let mut nodes: Vec<Node<'_>> =
        spans.iter().map(|span| Node { span, reading: Reading::of(span), depth: depth(span) }).collect();
    nodes.sort_by(|a, b| (a.span.start, a.depth, &a.span.id).cmp(&(b.span.start, b.depth, &b.span.id)));
    nodes
}

/// Who called whom.
type Parents<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// How many calls lie between each span and the first above it that is wanted, itself included; none where no such span
/// calls it, as in a circle, which no sender should make. Each span is passed once.
fn distances<'a>(parents: &Parents<'a>, wanted: impl Fn(&str) -> bool) -> BTreeMap<&'a str, Option<usize>> {
    let mut known: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for start in parents.keys().copied() {
        let mut walked = vec![];
        let mut next = Some(start);
        let mut found = None;
        while let Some((id, parent)) = next.and_then(|id| parents.get_key_value(id)) {
            if let Some(distance) = known.get(id) {
                found = *distance;
                break;
            }
            // Known for now, so that a circle ends where it closes.
            known.insert(id, None);
            walked.push(*id);
            if wanted(id) {
                known.insert(id, Some(0));
                walked.pop();
                found = Some(0);
                break;
            }
            next = *parent;
        }
        for id in walked.into_iter().rev() {
            found = found.map(|distance| distance + 1);
            known.insert(id, found);
        }
    }
    known
}

/// The callers of a span that are there with their distance, from 0 for the nearest.
fn callers<'a>(parents: &Parents<'a>, of: &str) -> BTreeMap<&'a str, usize> {
    let mut met = BTreeMap::new();
    let mut next = parents.get(of).copied().flatten();
    while let Some((id, parent)) = next.and_then(|id| parents.get_key_value(id)) {
        if *id == of || met.contains_key(id) {
            break;
        }
        met.insert(*id, met.len());
        next = *parent;
    }
    met
}

/// The span that gives the answer: the outermost that says both what was asked and what was answered, the last to end
/// of several; failing that, one that says either.
pub(super) fn answering(nodes: &[Node<'_>]) -> Option<usize> {
    let speaks = |node: &Node<'_>| matches!(node.reading.kind, Kind::Model | Kind::Agent);
    let outermost = |wanted: &dyn Fn(&Reading) -> bool| {
        (0..nodes.len())
            .filter(|at| speaks(&nodes[*at]) && wanted(&nodes[*at].reading))
            .min_by_key(|at| (nodes[*at].depth, Reverse(nodes[*at].span.end), &nodes[*at].span.id))
    };
    outermost(&|reading| reading.query().is_some() && reading.answer().is_some())
        .or_else(|| outermost(&|reading| reading.answer().is_some()))
        .or_else(|| outermost(&|reading| reading.query().is_some()))
}

/// All spans, those nearest to one first: itself, what it called, what called it, the others. A serving engine's span
/// has no text, and tells the model, the tokens and the like of the one that has.
pub(super) fn by_nearness(nodes: &[Node<'_>], to: usize) -> Vec<usize> {
    let parents: Parents<'_> = nodes.iter().map(|node| (node.span.id.as_str(), node.span.parent.as_deref())).collect();
    let centre = nodes[to].span.id.as_str();
    let (below, above) = (distances(&parents, |id| id == centre), callers(&parents, centre));
    let mut places: Vec<usize> = (0..nodes.len()).collect();
    places.sort_by_key(|at| {
        let id = nodes[*at].span.id.as_str();
        let rank = if *at == to {
            (0, 0)
        } else if let Some(distance) = below.get(id).copied().flatten() {
            (1, distance)
        } else if let Some(distance) = above.get(id) {
            (2, *distance)
        } else {
            (3, 0)
        };
        (rank, *at)
    });
    places
}
