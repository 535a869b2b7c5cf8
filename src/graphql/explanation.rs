//! All that stands about a trace, as one graph: what the console draws.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use atr_core::ids::TraceId;
use atr_workers::{
    StageError,
    stages::score::reward::{self, Terms},
};

use super::{
    citation::Citation,
    consensus::{Consensus, Divergence},
    fault::OrFault,
    flaw::Flaw,
    grounding::Fact,
    review::Review,
    reward_formula::RewardFormulaInUse,
    scalars::{Span, parse_id},
    session::reading,
    step::Step,
    trace::Trace,
    verification::Claim,
    worth::RewardPart,
};
use crate::app::{
    AppError,
    explain::{
        Standing,
        graph::{self, Graph, Node},
    },
};

/// What a node of an explanation is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplanationNodeKind {
    /// What was asked.
    Question,
    /// A step of the reasoning.
    Step,
    /// What was answered.
    Answer,
    /// A claim of the answer.
    Claim,
    /// A fact that bears on a claim, or that is cited.
    Fact,
    /// A citation in the answer or in a review.
    Citation,
    /// An expert's review: the newest of each.
    Review,
}

/// How two nodes of an explanation belong together.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "graph::Relation")]
pub enum ExplanationRelation {
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

/// Something that is said, or that speaks for or against what is said. Of `step`, `claim`, `fact`, `citation` and `review` the one that
/// it is is given.
#[derive(Debug, SimpleObject)]
pub struct ExplanationNode {
    /// Its name in the graph: the record's id, `question` or `answer`.
    key: String,
    /// What it is.
    kind: ExplanationNodeKind,
    /// What it says.
    text: String,
    /// The step.
    step: Option<Step>,
    /// The claim, with its verdict and what all that was found leans to.
    claim: Option<Claim>,
    /// The fact.
    fact: Option<Fact>,
    /// The citation, with its state.
    citation: Option<Citation>,
    /// The review, with its verdict.
    review: Option<Review>,
}

impl From<&Node<'_>> for ExplanationNode {
    fn from(of: &Node<'_>) -> Self {
        let bare = |kind| Self {
            key: of.key(),
            kind,
            text: of.text().to_owned(),
            step: None,
            claim: None,
            fact: None,
            citation: None,
            review: None,
        };
        match of {
            Node::Question(_) => bare(ExplanationNodeKind::Question),
            Node::Answer(_) => bare(ExplanationNodeKind::Answer),
            Node::Step(step) => Self { step: Some(Step((*step).clone())), ..bare(ExplanationNodeKind::Step) },
            Node::Claim(claim) => Self { claim: Some(Claim((*claim).clone())), ..bare(ExplanationNodeKind::Claim) },
            Node::Fact(fact) => Self { fact: Some(Fact((*fact).clone())), ..bare(ExplanationNodeKind::Fact) },
            Node::Citation(citation) => {
                Self { citation: Some(Citation((*citation).clone())), ..bare(ExplanationNodeKind::Citation) }
            }
            Node::Review(review) => {
                Self { review: Some(Review((*review).clone())), ..bare(ExplanationNodeKind::Review) }
            }
        }
    }
}

/// From one node of an explanation to another.
#[derive(Debug, SimpleObject)]
pub struct ExplanationEdge {
    /// The name of the node it begins at.
    from: String,
    /// The name of the node it ends at.
    to: String,
    /// How they belong together.
    relation: ExplanationRelation,
    /// Byte offsets: of what the answer states and cites, in the answer; of what supports and contradicts, in the fact's statement.
    span: Option<Span>,
    /// Why, in words.
    reason: Option<String>,
    /// The flaw that was found, by its place among the flaws.
    flaw: Option<i32>,
}

impl From<graph::Edge> for ExplanationEdge {
    fn from(of: graph::Edge) -> Self {
        Self {
            from: of.from,
            to: of.to,
            relation: of.relation.into(),
            span: of.span.map(Into::into),
            reason: of.reason,
            flaw: of.flaw,
        }
    }
}

/// All that stands about a trace: the graph of what is said and of what speaks for and against it, what is wrong, and what its reward
/// is made of.
#[derive(Debug, SimpleObject)]
pub struct Explanation {
    /// The trace.
    trace: Trace,
    /// Question, steps, answer, claims, facts, citations and reviews, in this order.
    nodes: Vec<ExplanationNode>,
    /// What belongs together.
    edges: Vec<ExplanationEdge>,
    /// What is wrong with the answer, each with the evidence that tells it.
    flaws: Vec<Flaw>,
    /// The step in which the first mistake was made, by its place from 0, as far as the rules found one.
    first_suspect: Option<i32>,
    /// The reward, -1 to 1; null until it is scored.
    reward: Option<f64>,
    /// The terms of the reward, each with what it adds.
    parts: Vec<RewardPart>,
    /// The formula by which the reward was made; null until it is scored.
    formula: Option<RewardFormulaInUse>,
    /// What the chains of its group agree on; null where it has no group, or they were not compared yet.
    consensus: Option<Consensus>,
    /// Where it parts ways with the chain that stands for its group's answer.
    divergence: Option<Divergence>,
}

impl Explanation {
    fn of(standing: Standing) -> Result<Self> {
        let Graph { nodes, edges } = Graph::of(&standing);
        let nodes = nodes.iter().map(ExplanationNode::from).collect();
        let edges = edges.into_iter().map(Into::into).collect();
        let score = standing.score.as_ref();
        let parts = score.map(|score| reward::parts(&score.weighing.weights, Terms::of_score(score))).transpose();
        let parts = parts.map_err(|error| AppError::Judging(StageError::Lasting(error.to_string()))).or_fault()?;
        Ok(Self {
            nodes,
            edges,
            first_suspect: score.and_then(|score| score.first_suspect),
            reward: score.map(|score| score.reward),
            parts: parts.unwrap_or_default().into_iter().map(Into::into).collect(),
            formula: score.map(|score| score.weighing.into()),
            divergence: standing.divergence().map(Into::into),
            flaws: standing.flaws.into_iter().map(Flaw).collect(),
            consensus: standing.consensus.map(Consensus),
            trace: Trace(standing.trace),
        })
    }
}

/// What is told of a trace as a whole.
#[derive(Debug, Default)]
pub struct ExplanationQuery;

#[Object]
impl ExplanationQuery {
    /// All that stands about a trace, as one graph; null if this project has none of that id. It costs as many statements for a long
    /// trace as for a short one.
    async fn explanation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the trace.")] trace: ID,
    ) -> Result<Option<Explanation>> {
        let trace: TraceId = parse_id("trace", trace.as_str())?;
        let mut tx = reading(ctx).await?;
        let Some(trace) = tx.traces_by_id(&[trace]).await.or_fault()?.pop() else { return Ok(None) };
        let standing = Standing::of(&mut tx, trace).await.or_fault()?;
        drop(tx);
        Explanation::of(standing).map(Some)
    }
}
