//! Reads what is not reviewed yet and who can be asked, and writes the week's assignments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atr_core::{
    domain::assignment::Assignment,
    ids::{ExpertId, TraceId},
    queue::{Claim, Work},
    store::{ExpertFilter, PageRequest},
};

use super::rules::{self, Reviewer};
use crate::{Context, StageError};

/// Among so many of the newest unreviewed traces the items are chosen.
const CHOICE: i64 = 20_000;

/// Routes one week of one project.
pub(crate) async fn run(cx: &Context, claims: &[Claim]) -> Result<(), StageError> {
    for claim in claims {
        let Work::RouteCycle { cycle } = claim.work else { continue };
        let mut tx = cx.store.begin_for(claim).await?;
        let items = tx.routable_traces(CHOICE).await?;
        let reviewed: HashMap<String, i64> = tx.reviewed_traces_by_domain().await?.into_iter().collect();
        let before = tx.assignments_of_cycle(cycle).await?;
        let mut given: BTreeMap<ExpertId, BTreeSet<TraceId>> = BTreeMap::new();
        for item in &before {
            given.entry(item.expert).or_default().insert(item.trace);
        }
        let mut reviewers = Vec::new();
        let mut page = PageRequest::first(atr_core::store::page::MOST);
        let active = ExpertFilter { active: Some(true), ..ExpertFilter::default() };
        loop {
            let experts = tx.experts(&active, page).await?;
            reviewers.extend(experts.rows.iter().map(|expert| {
                let seen = given.get(&expert.id).cloned().unwrap_or_default();
                let capacity = usize::try_from(expert.weekly_capacity).unwrap_or(0);
                Reviewer {
                    id: expert.id,
                    domains: expert.domains.clone(),
                    languages: expert.languages.clone(),
                    free: capacity.saturating_sub(seen.len()),
                    seen,
                }
            }));
            match experts.rows.last() {
                Some(last) if experts.has_next => page = page.after(atr_core::ids::Id::uuid(last.id)),
                _ => break,
            }
        }
        let model = tx.model_in_use().await?.map(|model| model.id);
        let routed = tokio::task::spawn_blocking(move || rules::route(&items, &reviewed, &reviewers))
            .await
            .map_err(|error| StageError::Lasting(error.to_string()))?;
        let mut rank: BTreeMap<ExpertId, i32> =
            given.iter().map(|(expert, seen)| (*expert, i32::try_from(seen.len()).unwrap_or(i32::MAX))).collect();
        let items: Vec<Assignment> = routed
            .into_iter()
            .map(|item| {
                let rank = rank.entry(item.expert).or_default();
                *rank += 1;
                Assignment {
                    id: tx.fresh(),
                    cycle,
                    expert: item.expert,
                    trace: item.trace,
                    rank: *rank,
                    value: item.value,
                    reason: item.reason,
                    reward_model: model,
                    at: tx.now(),
                }
            })
            .collect();
        tx.insert_assignments(&items).await?;
        tx.succeed(claim).await?;
        tx.commit().await?;
    }
    Ok(())
}
