//! How experts' time is divided.

use async_graphql::{Context, Object, Result, SimpleObject};
use atr_core::domain::assignment;

use super::{fault::OrFault, session::reading};
use crate::app::routing_policy;

/// How a week's capacity of the experts is divided: each a share, 0 to 1.
#[derive(Debug, SimpleObject)]
pub struct RoutingPolicy {
    /// Of the items asked about, so many go to two experts.
    double_blind_share: f64,
    /// Of the experts' capacity, so much is for items whose right answer is known.
    gold_share: f64,
    /// Of the items asked about, so many are drawn at random among all that are open.
    exploration_share: f64,
    /// Of the items asked about, so many are divided among the domains in proportion to what is open of each.
    domain_floor: f64,
}

impl From<assignment::RoutingPolicy> for RoutingPolicy {
    fn from(of: assignment::RoutingPolicy) -> Self {
        let assignment::RoutingPolicy { double_blind_share, gold_share, exploration_share, domain_floor } = of;
        Self { double_blind_share, gold_share, exploration_share, domain_floor }
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct RoutingPolicyQuery;

#[Object]
impl RoutingPolicyQuery {
    /// How the experts' time is divided, in the project that is asked.
    async fn routing_policy(&self, ctx: &Context<'_>) -> Result<RoutingPolicy> {
        let mut tx = reading(ctx).await?;
        Ok(routing_policy::policy(&mut tx).await.or_fault()?.into())
    }
}
