//! The graph of all that stands about a trace: from the question by the steps to the answer, what the answer states and cites, and
//! what speaks for and against it. Pure.

use std::collections::HashMap;

use atr_core::domain::{
    citation::{Citation, CitationOrigin},
    flaw::Evidence,
    grounding::Fact,
    judgement::{Claim, ClaimVerdict},
    review::Review,
    trace::Step,
};

use super::Standing;

/// A node: something that is said, or that speaks for or against what is said.
#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    /// What was asked.
    Question(&'a str),
    /// A step of the reasoning.
    Step(&'a Step),
    /// What was answered.
    Answer(&'a str),
    /// A claim of the answer.
    Claim(&'a Claim),
    /// A fact that bears on a claim, or that is cited.
    Fact(&'a Fact),
    /// A citation in the answer or in a review.
    Citation(&'a Citation),
    /// An expert's review.
    Review(&'a Review),
}

impl Node<'_> {
    /// Its name in the graph: the record's id, `question` or `answer`.
    pub fn key(&self) -> String {
        match self {
            Self::Question(_) => "question".to_owned(),
            Self::Answer(_) => "answer".to_owned(),
            Self::Step(step) => step.id.to_string(),
            Self::Claim(claim) => claim.id.to_string(),
            Self::Fact(fact) => fact.id.to_string(),
            Self::Citation(citation) => citation.id.to_string(),
            Self::Review(review) => review.id.to_string(),
        }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        match self {
            Self::Question(text) | Self::Answer(text) => text,
            Self::Step(step) => &step.text,
            Self::Claim(claim) => &claim.text,
            Self::Fact(fact) => &fact.statement,
            Self::Citation(citation) => &citation.raw,
            Self::Review(review) => review.rationale.as_deref().unwrap_or_default(),
        }
    }
}

/// How two nodes belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// A step rests on another.
    RestsOn,
    /// The answer states a claim.
    States,
    /// A fact supports a claim, or did while it held.
    Supports,
    /// A fact contradicts a claim.
    Contradicts,
    /// The answer or a review cites.
    Cites,
    /// A citation names a fact.
    Names,
    /// A review judges the answer, or names a step as the first that is wrong.
    Judges,
    /// A flaw of a step or of the answer was found by this evidence.
    FoundBy,
}

/// From one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The name of the node it begins at.
    pub from: String,
    /// The name of the node it ends at.
    pub to: String,
    /// How they belong together.
    pub relation: Relation,
    /// Byte offsets: of what the answer states and cites, in the answer; of what supports and contradicts, in the fact's statement.
    pub span: Option<(i32, i32)>,
    /// Why, in words, where there are any.
    pub reason: Option<String>,
    /// The flaw that was found, by its place among the flaws.
    pub flaw: Option<i32>,
}

impl Edge {
    fn new(from: impl ToString, relation: Relation, to: impl ToString) -> Self {
        Self { from: from.to_string(), to: to.to_string(), relation, span: None, reason: None, flaw: None }
    }
}

/// The graph.
#[derive(Debug)]
pub struct Graph<'a> {
    /// Question, steps, answer, claims, facts, citations, reviews: in this order, and within each in its own.
    pub nodes: Vec<Node<'a>>,
    /// The edges, each between two of the nodes.
    pub edges: Vec<Edge>,
}

impl<'a> Graph<'a> {
    /// Of what stands about a trace.
    pub fn of(standing: &'a Standing) -> Self {
        let mut nodes = vec![Node::Question(&standing.trace.query)];
        nodes.extend(standing.steps.iter().map(Node::Step));
        nodes.push(Node::Answer(&standing.trace.answer));
        nodes.extend(standing.claims.iter().map(Node::Claim));
        nodes.extend(standing.facts.iter().map(Node::Fact));
        nodes.extend(standing.citations.iter().map(Node::Citation));
        nodes.extend(standing.reviews.iter().map(Node::Review));
        let edges =
            [reasoning(standing), claims(standing), citations(standing), reviews(standing), flaws(standing)].concat();
        Self { nodes, edges }
    }
}

/// The names of steps by their places.
fn places(standing: &Standing) -> HashMap<i32, String> {
    standing.steps.iter().map(|step| (step.ordinal, step.id.to_string())).collect()
}

fn reasoning(standing: &Standing) -> Vec<Edge> {
    let places = places(standing);
    let rests = |step: &Step| {
        let on = step.rests_on.iter().filter_map(|on| places.get(on));
        on.map(|on| Edge::new(step.id, Relation::RestsOn, on)).collect::<Vec<_>>()
    };
    standing.steps.iter().flat_map(rests).collect()
}

fn claims(standing: &Standing) -> Vec<Edge> {
    let mut edges = Vec::new();
    for claim in &standing.claims {
        edges.push(Edge { span: Some(claim.span), ..Edge::new("answer", Relation::States, claim.id) });
        let relation = match claim.verdict {
            ClaimVerdict::Supported => Some(Relation::Supports),
            ClaimVerdict::Contradicted => Some(Relation::Contradicts),
            ClaimVerdict::Unverifiable => None,
        };
        if let Some((fact, relation)) = claim.deciding_fact.zip(relation) {
            let reason = Some(claim.reason.clone());
            edges.push(Edge { span: claim.fact_span, reason, ..Edge::new(fact, relation, claim.id) });
        }
        if let Some(fact) = claim.lapsed_fact {
            let until = standing.fact(fact).and_then(|fact| fact.valid_to);
            let reason = until.map(|until| format!("it held until {until}"));
            edges.push(Edge { reason, ..Edge::new(fact, Relation::Supports, claim.id) });
        }
    }
    edges
}

fn citations(standing: &Standing) -> Vec<Edge> {
    let mut edges = Vec::new();
    for citation in &standing.citations {
        let from = match citation.origin {
            CitationOrigin::Verification(_) => "answer".to_owned(),
            CitationOrigin::Review(review) => review.to_string(),
        };
        let reason = Some(citation.reason.clone());
        edges.push(Edge { span: citation.span, reason, ..Edge::new(from, Relation::Cites, citation.id) });
        edges.extend(citation.fact.map(|fact| Edge::new(citation.id, Relation::Names, fact)));
    }
    edges
}

fn reviews(standing: &Standing) -> Vec<Edge> {
    let places = places(standing);
    let judges = |review: &Review| {
        let step = review.suspect_step.and_then(|step| places.get(&step)).map_or("answer", String::as_str);
        Edge { reason: review.rationale.clone(), ..Edge::new(review.id, Relation::Judges, step) }
    };
    standing.reviews.iter().map(judges).collect()
}

fn flaws(standing: &Standing) -> Vec<Edge> {
    let places = places(standing);
    let mut edges = Vec::new();
    for flaw in &standing.flaws {
        let from = flaw.step.and_then(|step| places.get(&step)).map_or("answer", String::as_str);
        let to = match flaw.evidence {
            Evidence::Claim(claim) => claim.to_string(),
            Evidence::Citation(citation) => citation.to_string(),
            Evidence::Review(review) => review.to_string(),
            // What the logic rules found is no node: the flaw tells it.
            Evidence::Finding(_) => continue,
        };
        let reason = Some(flaw.reason.clone());
        edges.push(Edge { reason, flaw: Some(flaw.ordinal), ..Edge::new(from, Relation::FoundBy, to) });
    }
    edges
}
