//! What the machine finds: verifications, claims, consensus, scores.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use atr_core::{
    domain::judgement,
    ids::{ChainGroupId, ClaimId, ConsensusId, ScoreId, TraceId, VerificationId},
    store,
};
use chrono::{DateTime, Utc};

use super::{
    citation::Citation,
    fault::OrFault,
    grounding::Fact,
    loading::{CitationsOfVerification, ClaimsOf, children, found, many, maybe, one},
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    review::Review,
    scalars::{IntoId, Span, maybe_id},
    session::reading,
    trace::{ChainGroup, Trace},
    words::ClaimVerdict,
};

/// One run of the verifier over a trace.
#[derive(Debug, Clone)]
pub struct Verification(pub(super) judgement::Verification);

/// One run of the verifier over a trace.
#[Object]
impl Verification {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// Claims that a fact supports.
    async fn supported(&self) -> i32 {
        self.0.supported
    }

    /// Claims that a fact contradicts.
    async fn contradicted(&self) -> i32 {
        self.0.contradicted
    }

    /// Claims that no fact decides.
    async fn unverifiable(&self) -> i32 {
        self.0.unverifiable
    }

    /// Version of the rules that judged.
    async fn rules_version(&self) -> &str {
        &self.0.rules_version
    }

    /// When it ran.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The claims it found, in order.
    async fn claims(&self, ctx: &Context<'_>) -> Result<Vec<Claim>> {
        children(ctx, ClaimsOf(self.0.id)).await
    }

    /// The citations it found in the answer.
    async fn citations(&self, ctx: &Context<'_>) -> Result<Vec<Citation>> {
        children(ctx, CitationsOfVerification(self.0.id)).await
    }
}

/// One checkable statement of an answer, and what the facts say of it.
#[derive(Debug, Clone)]
pub struct Claim(pub(super) judgement::Claim);

/// One checkable statement of an answer, and what the facts say of it.
#[Object]
impl Claim {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The run that found it.
    async fn verification(&self, ctx: &Context<'_>) -> Result<Verification> {
        one(ctx, self.0.verification).await
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// Its place in the answer, from 0.
    async fn ordinal(&self) -> i32 {
        self.0.ordinal
    }

    /// Byte offsets in the answer: its beginning and the byte after its end.
    async fn span(&self) -> Span {
        self.0.span.into()
    }

    /// Its words.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The claim made self-contained with the help of the question.
    async fn resolved(&self) -> &str {
        &self.0.resolved
    }

    /// Whether it asserts something that facts could decide.
    async fn check_worthy(&self) -> bool {
        self.0.check_worthy
    }

    /// What the facts say.
    async fn verdict(&self) -> ClaimVerdict {
        self.0.verdict.into()
    }

    /// How sure the rule is, 0 to 1.
    async fn score(&self) -> f64 {
        self.0.score
    }

    /// The fact that decided.
    async fn deciding_fact(&self, ctx: &Context<'_>) -> Result<Option<Fact>> {
        maybe(ctx, self.0.deciding_fact).await
    }

    /// Byte offsets of the deciding words in the fact's statement.
    async fn fact_span(&self) -> Option<Span> {
        self.0.fact_span.map(Into::into)
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
}

/// What the chains of a group agree on.
#[derive(Debug, Clone)]
pub struct Consensus(pub(super) judgement::Consensus);

/// What the chains of a group agree on.
#[Object]
impl Consensus {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The group.
    async fn group(&self, ctx: &Context<'_>) -> Result<ChainGroup> {
        one(ctx, self.0.group).await
    }

    /// The answer that most chains give; empty where none answered.
    async fn agreed_answer(&self) -> &str {
        &self.0.agreed_answer
    }

    /// That answer's share of the vote, 0 to 1.
    async fn confidence(&self) -> f64 {
        self.0.confidence
    }

    /// How many chains were compared.
    async fn chains(&self) -> i32 {
        self.0.chains
    }

    /// Traces that give another answer.
    async fn dissenters(&self, ctx: &Context<'_>) -> Result<Vec<Trace>> {
        many(ctx, &self.0.dissenters).await
    }

    /// BLAKE3 of the chains compared.
    async fn inputs_hash(&self) -> String {
        self.0.inputs_hash.to_hex().to_string()
    }

    /// When they were compared.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// For each trace the share of the chains that give its answer.
    async fn agreement(&self) -> Vec<Agreement> {
        self.0.agreement.iter().map(|(trace, share)| Agreement { trace_id: trace.into_id(), share: *share }).collect()
    }
}

/// The reward of a trace, each term kept.
#[derive(Debug, Clone)]
pub struct Score(pub(super) judgement::Score);

/// The reward of a trace, each term kept.
#[Object]
impl Score {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// The reward, -1 to 1.
    async fn reward(&self) -> f64 {
        self.0.reward
    }

    /// The expert's verdict, -1 to 1.
    async fn expert_term(&self) -> Option<f64> {
        self.0.expert_term
    }

    /// Factual support, -1 to 1.
    async fn support_term(&self) -> f64 {
        self.0.support_term
    }

    /// Share of claims that no fact decides, 0 to 1.
    async fn unverifiable_term(&self) -> f64 {
        self.0.unverifiable_term
    }

    /// Logical consistency, 0 to 1.
    async fn consistency_term(&self) -> f64 {
        self.0.consistency_term
    }

    /// Probability that the answer is true by the reward model, 0 to 1.
    async fn model_term(&self) -> Option<f64> {
        self.0.model_term
    }

    /// BLAKE3 of the inputs and the weights.
    async fn inputs_hash(&self) -> String {
        self.0.inputs_hash.to_hex().to_string()
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The verification.
    async fn verification(&self, ctx: &Context<'_>) -> Result<Verification> {
        one(ctx, self.0.inputs.verification).await
    }

    /// The consensus of its group.
    async fn consensus(&self, ctx: &Context<'_>) -> Result<Option<Consensus>> {
        maybe(ctx, self.0.inputs.consensus).await
    }

    /// The review that settled the verdict.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        maybe(ctx, self.0.inputs.review).await
    }

    /// The reward model in use.
    async fn reward_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.inputs.reward_model).await
    }

    /// What the logic rules found in its reasoning.
    async fn findings(&self) -> Vec<LogicFinding> {
        self.0.findings.iter().map(LogicFinding::of).collect()
    }
}

/// How many chains give one trace's answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct Agreement {
    /// The trace.
    trace_id: ID,
    /// The share of the chains, 0 to 1.
    share: f64,
}

/// What a logic rule found in the reasoning.
#[derive(Debug, Clone, SimpleObject)]
pub struct LogicFinding {
    /// What it is, by name.
    kind: String,
    /// The steps concerned, by their place from 0.
    steps: Vec<u64>,
    /// Why, in words.
    reason: String,
}

impl LogicFinding {
    fn of(from: &judgement::Finding) -> Self {
        Self {
            kind: from.kind.clone(),
            steps: from.steps.iter().map(|step| *step as u64).collect(),
            reason: from.reason.clone(),
        }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ClaimFilter {
    /// Only of this trace.
    trace: Option<ID>,
    /// Only those that this fact decided.
    deciding_fact: Option<ID>,
}

impl ClaimFilter {
    fn read(self) -> Result<store::ClaimFilter> {
        Ok(store::ClaimFilter {
            trace: maybe_id("trace", self.trace.as_ref())?,
            deciding_fact: maybe_id("deciding_fact", self.deciding_fact.as_ref())?,
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct JudgementQuery;

#[Object]
impl JudgementQuery {
    /// A run of the verifier by its id; null if this project has none of that id.
    async fn verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<Verification>> {
        found::<VerificationId, _>(ctx, &id).await
    }

    /// Runs of the verifier, newest first.
    async fn verifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this trace.")] trace: Option<ID>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Verification>> {
        let page = PageArgs { first, last, after, before }.by_id::<VerificationId>()?;
        let trace = maybe_id::<TraceId>("trace", trace.as_ref())?;
        let mut tx = reading(ctx).await?;
        let page = tx.verifications(trace, page).await.or_fault()?;
        Ok(connect(page.map(Verification), |record| record.0.id.to_string()))
    }

    /// A claim by its id; null if this project has none of that id.
    async fn claim(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Claim>> {
        found::<ClaimId, _>(ctx, &id).await
    }

    /// Claims of every run of the verifier, newest first.
    async fn claims(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<ClaimFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Claim>> {
        let page = PageArgs { first, last, after, before }.by_id::<ClaimId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.claims(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Claim), |record| record.0.id.to_string()))
    }

    /// A consensus by its id; null if this project has none of that id.
    async fn consensus(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Consensus>> {
        found::<ConsensusId, _>(ctx, &id).await
    }

    /// Comparisons of chains, newest first.
    async fn consensuses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this group of chains.")] group: Option<ID>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Consensus>> {
        let page = PageArgs { first, last, after, before }.by_id::<ConsensusId>()?;
        let group = maybe_id::<ChainGroupId>("group", group.as_ref())?;
        let mut tx = reading(ctx).await?;
        let page = tx.consensuses(group, page).await.or_fault()?;
        Ok(connect(page.map(Consensus), |record| record.0.id.to_string()))
    }

    /// A score by its id; null if this project has none of that id.
    async fn score(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Score>> {
        found::<ScoreId, _>(ctx, &id).await
    }

    /// Rewards, newest first.
    async fn scores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this trace.")] trace: Option<ID>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Score>> {
        let page = PageArgs { first, last, after, before }.by_id::<ScoreId>()?;
        let trace = maybe_id::<TraceId>("trace", trace.as_ref())?;
        let mut tx = reading(ctx).await?;
        let page = tx.scores(trace, page).await.or_fault()?;
        Ok(connect(page.map(Score), |record| record.0.id.to_string()))
    }
}
