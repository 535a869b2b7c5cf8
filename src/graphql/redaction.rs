//! What is replaced in texts, and how often it was.

use async_graphql::{Context, Object, Result, SimpleObject};
use atr_core::domain::redaction::placeholders;

use super::{fault::OrFault, scalars::Int64, session::apart, words::RedactedPattern};

/// How many placeholders of a kind stand in the texts of a record.
#[derive(Debug, SimpleObject)]
pub struct Redaction {
    /// What was replaced.
    pattern: RedactedPattern,
    /// How many placeholders there are.
    count: Int64,
}

impl Redaction {
    /// Counts the placeholders in the texts of a record.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        placeholders(texts)
            .into_iter()
            .map(|(pattern, count)| Self { pattern: pattern.into(), count: Int64(count as i64) })
            .collect()
    }
}

/// Reads of the project's wish.
#[derive(Debug, Default)]
pub struct RedactionQuery;

#[Object]
impl RedactionQuery {
    /// What is replaced in texts before they are stored, in the project that is asked.
    async fn redacted_patterns(&self, ctx: &Context<'_>) -> Result<Vec<RedactedPattern>> {
        let (session, _apart) = apart(ctx).await?;
        let patterns = crate::app::redaction::patterns(&session.app, &session.actor).await.or_fault()?;
        Ok(patterns.into_iter().map(RedactedPattern::from).collect())
    }
}
