//! What leads do about judging: guidelines, gold items, disagreements.

use async_graphql::{Context, ID, Object, Result};
use atr_core::domain::{adjudication::Decision, gold::Known};

use super::{id, payload};
use crate::{
    app::{AppError, adjudicate, gold, guidelines},
    graphql::{adjudication::Adjudication, gold::GoldItem, guideline::Guideline, session::session, words::Verdict},
};

payload! {
    /// What became of a guideline.
    GuidelinePayload {
        /// The new version.
        guideline: Guideline
    }
}

payload! {
    /// What became of a gold item.
    GoldItemPayload {
        /// The item.
        item: GoldItem
    }
}

payload! {
    /// What became of a disagreement.
    AdjudicationPayload {
        /// The disagreement.
        adjudication: Adjudication
    }
}

/// Mutations of what judging goes by.
#[derive(Debug, Default)]
pub struct JudgingMutation;

#[Object]
impl JudgingMutation {
    /// Writes the next version of how answers of a domain are to be judged. For administrators.
    async fn write_guideline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The domain; every domain that has none of its own where nothing is said.")] domain: Option<
            String,
        >,
        #[graphql(desc = "What it says, as Markdown; at most 50,000 characters.")] text: String,
    ) -> Result<GuidelinePayload> {
        let session = session(ctx)?;
        GuidelinePayload::of(guidelines::write(&session.app, &session.actor, domain, text).await, Guideline)
    }

    /// Enters what is known of a trace, in place of what was known before. Experts are asked about it without being told, and
    /// nothing is trained on it. For administrators.
    async fn enter_gold_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trace.")] trace: ID,
        #[graphql(desc = "What is right: CORRECT, PARTLY_CORRECT or INCORRECT.")] verdict: Verdict,
        #[graphql(desc = "Ordinal of the first flawed step, from 0.")] suspect_step: Option<i32>,
        #[graphql(desc = "How it is known.")] note: Option<String>,
    ) -> Result<GoldItemPayload> {
        let session = session(ctx)?;
        let entered = async {
            let known = Known::new(verdict.into(), suspect_step, note).map_err(AppError::from)?;
            gold::enter(&session.app, &session.actor, id("trace", &trace)?, known).await
        };
        GoldItemPayload::of(entered.await, GoldItem)
    }

    /// Asks nobody about a gold item any more. For administrators.
    async fn retire_gold_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trace.")] trace: ID,
    ) -> Result<GoldItemPayload> {
        let session = session(ctx)?;
        let retired = async { gold::retire(&session.app, &session.actor, id("trace", &trace)?).await };
        GoldItemPayload::of(retired.await, GoldItem)
    }

    /// Decides what experts disagree on. For administrators who did not judge it themselves.
    async fn adjudicate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The disagreement.")] adjudication: ID,
        #[graphql(desc = "What is right; CANNOT_JUDGE where it cannot be told.")] verdict: Verdict,
        #[graphql(desc = "Ordinal of the first flawed step, from 0.")] suspect_step: Option<i32>,
        #[graphql(desc = "Why.")] rationale: Option<String>,
    ) -> Result<AdjudicationPayload> {
        let session = session(ctx)?;
        let decided = async {
            let decision = Decision::new(verdict.into(), suspect_step, rationale).map_err(AppError::from)?;
            adjudicate::decide(&session.app, &session.actor, id("adjudication", &adjudication)?, decision).await
        };
        AdjudicationPayload::of(decided.await, Adjudication)
    }
}
