//! Runs of the verifier, and the claims they find.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::judgement,
    ids::{ClaimId, TraceId, VerificationId},
    store,
};
use chrono::{DateTime, Utc};

use super::{
    citation::Citation,
    fault::OrFault,
    grounding::Fact,
    judge::JudgeOpinion,
    loading::{CitationsOfVerification, ClaimsOf, children, found, maybe, one},
    paging::{Connection, PageArgs, connect},
    scalars::{IntoId, Span, maybe_id},
    session::reading,
    trace::Trace,
    words::{ClaimVerdict, Leaning},
};

/// One run of the verifier over a trace.
#[derive(Debug, Clone)]
pub struct Verification(pub(super) judgement::Verification);

/// One run of the verifier over a trace.
#[at_hand]
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

    /// The citations it found in the answer: the first 200; `citations` has them all.
    async fn citations(&self, ctx: &Context<'_>) -> Result<Vec<Citation>> {
        children(ctx, CitationsOfVerification(self.0.id)).await
    }
}

/// One checkable statement of an answer, and what the facts say of it.
#[derive(Debug, Clone)]
pub struct Claim(pub(super) judgement::Claim);

/// One checkable statement of an answer, and what the facts say of it.
#[at_hand]
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

    /// How sure the rule is, 0 to 1; where a judge decided, the share of the claim's words that stand in the sentence it quotes.
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

    /// A fact that says the same and holds no more, where the one that decided contradicts the claim.
    async fn lapsed_fact(&self, ctx: &Context<'_>) -> Result<Option<Fact>> {
        maybe(ctx, self.0.lapsed_fact).await
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// What all that was found about it leans to, where no single fact decides; null where one does or nothing was found. It is no verdict: it
    /// weighs nothing in the reward.
    async fn leaning(&self) -> Option<Leaning> {
        self.0.leaning.map(|(leaning, _)| leaning.into())
    }

    /// How likely it is true by all that was found about it, 0 to 1; null where a fact decides or nothing was found.
    async fn likelihood(&self) -> Option<f64> {
        self.0.leaning.map(|(_, likelihood)| likelihood)
    }

    /// What a judge was asked about it and said, whether it decided or not; null where none was asked.
    async fn opinion(&self, ctx: &Context<'_>) -> Result<Option<JudgeOpinion>> {
        maybe(ctx, self.0.opinion).await
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ClaimFilter {
    /// Only of this trace.
    trace: Option<ID>,
    /// Only those that this fact decided.
    deciding_fact: Option<ID>,
    /// Only those of which the facts say this.
    verdict: Option<ClaimVerdict>,
}

impl ClaimFilter {
    fn read(self) -> Result<store::ClaimFilter> {
        Ok(store::ClaimFilter {
            trace: maybe_id("trace", self.trace.as_ref())?,
            deciding_fact: maybe_id("deciding_fact", self.deciding_fact.as_ref())?,
            verdict: self.verdict.map(Into::into),
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct VerificationQuery;

#[Object]
impl VerificationQuery {
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
}
