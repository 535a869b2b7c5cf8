//! Experts and what they are asked to judge.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::{assignment, expert, suggestion},
    ids::{AssignmentId, ExpertId, ReviewId},
    store,
};
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    fault::OrFault,
    loading::{self, ReviewsBy, SuggestedOf, children, found, maybe, one},
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    review::Review,
    scalars::{IntoId, maybe_id},
    session::{consulting, reading, session},
    trace::Trace,
    words::{AssignmentPurpose, AssignmentState, ExpertKind, Verdict},
};
use crate::app::assignments;

/// An expert.
#[derive(Debug, Clone)]
pub struct Expert(pub(super) expert::Expert);

/// An expert.
#[at_hand]
#[Object]
impl Expert {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The pseudonym.
    async fn handle(&self) -> &str {
        self.0.handle.as_str()
    }

    /// Whether it is a person.
    async fn kind(&self) -> ExpertKind {
        self.0.kind.into()
    }

    /// The domains the expert judges; empty means every domain.
    async fn domains(&self) -> &[String] {
        &self.0.domains
    }

    /// BCP 47 tags of the languages the expert reads; empty means every language.
    async fn languages(&self) -> &[String] {
        &self.0.languages
    }

    /// How many items a week the expert takes.
    async fn weekly_capacity(&self) -> i32 {
        self.0.weekly_capacity
    }

    /// Whether items are routed to the expert.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// When they are away, in order; then nothing is routed to them.
    async fn away(&self) -> Vec<Absence> {
        self.0.away.iter().map(|absence| Absence { first: absence.first, last: absence.last }).collect()
    }

    /// When the expert was entered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Their reviews, every revision, newest first.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Review>> {
        let page = PageArgs { first, last, after, before }.by_id::<ReviewId>()?;
        let page = loading::page(ctx, ReviewsBy(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }
}

/// Days on which an expert is away.
#[derive(Debug, Clone, SimpleObject)]
pub struct Absence {
    /// The first.
    first: NaiveDate,
    /// The last.
    last: NaiveDate,
}

/// An item of the weekly review, routed to an expert.
#[derive(Debug, Clone)]
pub struct Assignment(pub(super) assignment::Assignment);

/// An item of the weekly review, routed to an expert.
#[at_hand]
#[Object]
impl Assignment {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The cycle it is for, by its name: the date on which that opens.
    async fn cycle(&self) -> NaiveDate {
        self.0.cycle
    }

    /// Who is asked.
    async fn expert(&self, ctx: &Context<'_>) -> Result<Expert> {
        one(ctx, self.0.expert).await
    }

    /// What is to be judged.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// Its place in the expert's week, from 1.
    async fn rank(&self) -> i32 {
        self.0.rank
    }

    /// Expected value of a judgement, 0 to 1; larger is sooner. 0 to whoever is to judge it: it says what is suspected.
    async fn value(&self, ctx: &Context<'_>) -> Result<f64> {
        Ok(if assignments::sees_behind(&session(ctx)?.actor, &self.0) { self.0.value } else { 0.0 })
    }

    /// The reward model whose opinion was weighed.
    async fn reward_model(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        maybe(ctx, self.0.reward_model).await
    }

    /// When it was routed.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// What it is for. Null to whoever judges: it would change how they do.
    async fn purpose(&self, ctx: &Context<'_>) -> Result<Option<AssignmentPurpose>> {
        Ok(assignments::sees_behind(&session(ctx)?.actor, &self.0).then(|| self.0.purpose.into()))
    }

    /// Which of the judgements wanted of the trace in this cycle it is, from 1. Null to whoever judges.
    async fn slot(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(assignments::sees_behind(&session(ctx)?.actor, &self.0).then(|| self.0.slot.into()))
    }

    /// What has become of it.
    async fn state(&self) -> AssignmentState {
        self.0.state.into()
    }

    /// Until when the expert holds it.
    async fn leased_until(&self) -> DateTime<Utc> {
        self.0.leased_until
    }

    /// When the expert looked at it first.
    async fn opened_at(&self) -> Option<DateTime<Utc>> {
        self.0.opened_at
    }

    /// When it was done, passed on or returned.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// The review by which it was done or passed on.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        maybe(ctx, self.0.review).await
    }

    /// What the machine suggested of it when the expert looked at it first; null where it suggested nothing, and to whoever
    /// judges as long as it would tell them what to say.
    async fn suggestion(&self, ctx: &Context<'_>) -> Result<Option<Suggestion>> {
        if !assignments::sees_behind(&session(ctx)?.actor, &self.0) && !self.0.shows_suggestions() {
            return Ok(None);
        }
        let Some(Suggested(suggested)) = children(ctx, SuggestedOf(self.0.id)).await?.pop() else { return Ok(None) };
        let review: Option<Review> = maybe(ctx, self.0.review).await?;
        Ok(Some(Suggestion {
            verdict: suggested.verdict.map(Into::into),
            suspect_step: suggested.suspect_step,
            borne_out: review.and_then(|review| suggested.is_borne_out_by(&review.0)),
        }))
    }

    /// Why. Whoever is to judge it is told what is known of its domain and its like, and nothing that is suspected of it.
    async fn reason(&self, ctx: &Context<'_>) -> Result<RoutingReason> {
        let trace: Trace = one(ctx, self.0.trace).await?;
        Ok(RoutingReason::of(&assignments::reason_for(&session(ctx)?.actor, &self.0, &trace.0.domain)))
    }
}

/// What the machine suggested, as it is loaded.
#[derive(Debug, Clone)]
pub struct Suggested(pub(super) suggestion::Suggestion);

/// What the machine suggested of an item of the weekly review.
#[derive(Debug, Clone, SimpleObject)]
pub struct Suggestion {
    /// CORRECT or INCORRECT, by the claims; null where they decide nothing.
    verdict: Option<Verdict>,
    /// Ordinal of the step that the rules of logic find fault with first.
    suspect_step: Option<i32>,
    /// Whether the expert's review says the same; null where it says neither that nor the contrary, and before it is given.
    borne_out: Option<bool>,
}

/// Why an item was routed: each term of its value, and the reason in words. To whoever is to judge the item, what is suspected
/// of it is null, or 0.
#[derive(Debug, Clone, SimpleObject)]
pub struct RoutingReason {
    /// How likely the answer is wrong, by all that was known of it, 0 to 1; null where it was routed before that was noted.
    chance_wrong: Option<f64>,
    /// How uncertain it is whether the answer is right, 0 to 1.
    uncertainty: f64,
    /// How much the terms of the reward contradict each other, 0 to 1.
    conflict: f64,
    /// How much further than itself a judgement reaches, 0 to 1: 0 for a trace that stands alone, nearing 1 with the number of
    /// those that have the same fault.
    reach: f64,
    /// How many traces have the same fault, itself included; null where it was routed before that was noted.
    traces: Option<u32>,
    /// How little is reviewed of its domain, 0 to 1.
    novelty: f64,
    /// How far users found it bad, 0 to 1.
    complaint: f64,
    /// Whether it was drawn at random, so that not all that is judged was chosen for what was believed of it.
    explored: bool,
    /// Whether it was given out in an earlier cycle and nobody judged it.
    carried_over: bool,
    /// The reason in words.
    words: String,
}

impl RoutingReason {
    fn of(from: &assignment::RoutingReason) -> Self {
        Self {
            chance_wrong: from.chance_wrong,
            uncertainty: from.uncertainty,
            conflict: from.conflict,
            reach: from.reach,
            traces: from.traces,
            novelty: from.novelty,
            complaint: from.complaint,
            explored: from.explored,
            carried_over: from.carried_over,
            words: from.words.clone(),
        }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ExpertFilter {
    /// Those to whom items are routed, or those to whom none are.
    active: Option<bool>,
    /// Those who judge this domain: because they name it, or because they name none.
    domain: Option<String>,
}

impl ExpertFilter {
    fn read(self) -> Result<store::ExpertFilter> {
        Ok(store::ExpertFilter { active: self.active, domain: self.domain })
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct AssignmentFilter {
    /// Only this expert's.
    expert: Option<ID>,
    /// Only of this cycle, by its name: the date on which it opens.
    cycle: Option<NaiveDate>,
    /// Only those of which this has become.
    state: Option<AssignmentState>,
}

impl AssignmentFilter {
    fn read(self) -> Result<store::AssignmentFilter> {
        let expert = maybe_id("expert", self.expert.as_ref())?;
        Ok(store::AssignmentFilter { expert, cycle: self.cycle, state: self.state.map(Into::into) })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ExpertQuery;

#[Object]
impl ExpertQuery {
    /// An expert by its id; null if this project has none of that id.
    async fn expert(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Expert>> {
        found::<ExpertId, _>(ctx, &id).await
    }

    /// Experts, newest first.
    async fn experts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<ExpertFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Expert>> {
        let page = PageArgs { first, last, after, before }.by_id::<ExpertId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.experts(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Expert), |record| record.0.id.to_string()))
    }

    /// An item of a weekly review by its id; null if this project has none of that id.
    async fn assignment(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Assignment>> {
        found::<AssignmentId, _>(ctx, &id).await
    }

    /// Items of weekly reviews, newest first.
    async fn assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<AssignmentFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Assignment>> {
        let page = PageArgs { first, last, after, before }.by_id::<AssignmentId>()?;
        let mut filter = filter.unwrap_or_default().read()?;
        let mut tx = consulting(ctx).await?;
        filter.expert = session(ctx)?.actor.reads_of(filter.expert).or_fault()?;
        let page = tx.assignments(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Assignment), |record| record.0.id.to_string()))
    }
}
