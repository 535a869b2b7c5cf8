//! Candidate training rows and evaluation cases.

use async_graphql::{Context, ID, InputObject, Json, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::{evaluation, example},
    ids::{EvaluationCaseId, ExampleId},
    store,
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    curation::SnapshotRow,
    fault::OrFault,
    loading::{RowsOf, children, found, maybe, one},
    paging::{Connection, PageArgs, connect},
    review::Review,
    scalars::{IntoId, maybe_id},
    session::reading,
    trace::Trace,
    words::{CasePurpose, ExampleFormat},
};

/// A candidate training row.
#[derive(Debug, Clone)]
pub struct Example(pub(super) example::Example);

/// A candidate training row.
#[at_hand]
#[Object]
impl Example {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The review it was derived from.
    async fn review(&self, ctx: &Context<'_>) -> Result<Review> {
        one(ctx, self.0.review).await
    }

    /// The right chain whose answer is the chosen one of a preference pair; null where it is the review's correction.
    async fn chosen_trace(&self, ctx: &Context<'_>) -> Result<Option<Trace>> {
        maybe(ctx, self.0.chosen.map(|(trace, _)| trace)).await
    }

    /// The review that finds that chain right.
    async fn chosen_review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        maybe(ctx, self.0.chosen.map(|(_, review)| review)).await
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// What it is for.
    async fn format(&self) -> ExampleFormat {
        self.0.format.into()
    }

    /// The row, in the columns of its format.
    async fn content(&self) -> Json<&Value> {
        Json(&self.0.content)
    }

    /// BLAKE3 of the canonical row.
    async fn content_hash(&self) -> String {
        self.0.content_hash.to_hex().to_string()
    }

    /// Version of the rules that derived it.
    async fn rules_version(&self) -> &str {
        &self.0.rules_version
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The rows that it became, in the newest 200 snapshots that have it.
    async fn snapshot_rows(&self, ctx: &Context<'_>) -> Result<Vec<SnapshotRow>> {
        children(ctx, RowsOf(self.0.id)).await
    }
}

/// A judged answer that measures models.
#[derive(Debug, Clone)]
pub struct EvaluationCase(pub(super) evaluation::EvaluationCase);

/// A judged answer that measures models.
#[at_hand]
#[Object]
impl EvaluationCase {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The review that judged it.
    async fn review(&self, ctx: &Context<'_>) -> Result<Review> {
        one(ctx, self.0.review).await
    }

    /// The trace.
    async fn trace(&self, ctx: &Context<'_>) -> Result<Trace> {
        one(ctx, self.0.trace).await
    }

    /// What it is for.
    async fn purpose(&self) -> CasePurpose {
        self.0.purpose.into()
    }

    /// Cases of one question share it: intervals resample questions, not answers.
    async fn group_key(&self) -> &str {
        &self.0.group_key
    }

    /// The expert's verdict.
    async fn answer_is_right(&self) -> bool {
        self.0.answer_is_right
    }

    /// When it was derived.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The answer as a model is asked about it.
    async fn content(&self) -> Judged {
        Judged::of(&self.0.content)
    }
}

/// A judged answer as the reward model is asked about it: the content of an example of format `reward` and of an
/// evaluation case.
#[derive(Debug, Clone, SimpleObject)]
pub struct Judged {
    /// Key of the question; chains of one question share it.
    group: String,
    /// The question.
    prompt: String,
    /// The final answer.
    completion: String,
    /// The reasoning steps, in order.
    steps: Vec<String>,
    /// Field of knowledge.
    domain: String,
    /// Whether the answer is right.
    label: bool,
    /// Mean log-probability of the answer's tokens (nats), where the serving stack told it.
    mean_logprob: Option<f64>,
    /// Least log-probability of a token (nats).
    min_logprob: Option<f64>,
    /// Share of the question's chains that give this answer, 0 to 1.
    agreement: Option<f64>,
    /// Number of the question's chains.
    chains: Option<u32>,
}

impl Judged {
    fn of(from: &example::Judged) -> Self {
        Self {
            group: from.group.clone(),
            prompt: from.prompt.clone(),
            completion: from.completion.clone(),
            steps: from.steps.clone(),
            domain: from.domain.clone(),
            label: from.label,
            mean_logprob: from.mean_logprob,
            min_logprob: from.min_logprob,
            agreement: from.agreement,
            chains: from.chains,
        }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct EvaluationCaseFilter {
    /// Only for this purpose.
    purpose: Option<CasePurpose>,
}

impl EvaluationCaseFilter {
    fn read(self) -> Result<evaluation::CaseFilter> {
        Ok(evaluation::CaseFilter { purpose: self.purpose.map(Into::into) })
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct ExampleFilter {
    /// Those of this trace.
    trace: Option<ID>,
    /// Those that this review yielded.
    review: Option<ID>,
    /// Those of this format.
    format: Option<ExampleFormat>,
}

impl ExampleFilter {
    fn read(self) -> Result<store::ExampleFilter> {
        Ok(store::ExampleFilter {
            trace: maybe_id("trace", self.trace.as_ref())?,
            review: maybe_id("review", self.review.as_ref())?,
            format: self.format.map(Into::into),
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ExampleQuery;

#[Object]
impl ExampleQuery {
    /// A candidate training row by its id; null if this project has none of that id.
    async fn example(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Example>> {
        found::<ExampleId, _>(ctx, &id).await
    }

    /// Candidate training rows, newest first.
    async fn examples(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<ExampleFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Example>> {
        let page = PageArgs { first, last, after, before }.by_id::<ExampleId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.examples(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Example), |record| record.0.id.to_string()))
    }

    /// An evaluation case by its id; null if this project has none of that id.
    async fn evaluation_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<EvaluationCase>> {
        found::<EvaluationCaseId, _>(ctx, &id).await
    }

    /// Evaluation cases, newest first.
    async fn evaluation_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<EvaluationCaseFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<EvaluationCase>> {
        let page = PageArgs { first, last, after, before }.by_id::<EvaluationCaseId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.evaluation_cases(&filter, page).await.or_fault()?;
        Ok(connect(page.map(EvaluationCase), |record| record.0.id.to_string()))
    }
}
