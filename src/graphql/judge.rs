//! What judges said, and how often they were asked.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::domain::judgement;
use chrono::{DateTime, NaiveDate, Utc};

use super::{fault::OrFault, scalars::IntoId, session::reading};

/// How many days are told of.
const DAYS: i64 = 31;

/// What a judge answered to a prompt.
#[derive(Debug, Clone)]
pub struct JudgeOpinion(pub(super) judgement::JudgeOpinion);

/// What a judge answered to a prompt. What it decides is told by the claim: a judge's word counts only where it quotes the deciding fact.
#[at_hand]
#[Object]
impl JudgeOpinion {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The model that was asked, as its endpoint knows it.
    async fn model(&self) -> &str {
        &self.0.model
    }

    /// BLAKE3 of the prompt, in hex digits: the same is not asked twice of a model.
    async fn prompt_hash(&self) -> String {
        self.0.prompt_hash.to_string()
    }

    /// The messages that were sent, as JSON.
    async fn prompt(&self) -> &str {
        &self.0.prompt
    }

    /// The text that came back, as received; empty where there was none or it was longer than is read.
    async fn answer(&self) -> &str {
        &self.0.answer
    }

    /// How many tokens the prompt had, as the endpoint counts; null where it does not tell.
    async fn input_tokens(&self) -> Option<i32> {
        self.0.input_tokens
    }

    /// How many tokens the answer had, as the endpoint counts; null where it does not tell.
    async fn output_tokens(&self) -> Option<i32> {
        self.0.output_tokens
    }

    /// When it was received.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// How often a judge was asked on a day.
#[derive(Debug, Clone, SimpleObject)]
pub struct JudgeDay {
    /// The day, in UTC.
    day: NaiveDate,
    /// How many calls were taken, each before it was sent.
    calls: i32,
}

impl From<judgement::JudgeDay> for JudgeDay {
    fn from(judgement::JudgeDay { day, calls }: judgement::JudgeDay) -> Self {
        Self { day, calls }
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct JudgeQuery;

#[Object]
impl JudgeQuery {
    /// How often a judge was asked about claims, on the last 31 days on which it was, the newest first.
    async fn judge_days(&self, ctx: &Context<'_>) -> Result<Vec<JudgeDay>> {
        let mut tx = reading(ctx).await?;
        Ok(tx.judge_days(DAYS).await.or_fault()?.into_iter().map(Into::into).collect())
    }
}
