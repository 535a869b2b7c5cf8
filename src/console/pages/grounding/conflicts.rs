//! `/grounding/conflicts`: pairs of verified facts that cannot both be true, until one of them is in doubt or retracted.

use std::collections::HashMap;

use atr_core::{
    domain::grounding::{Fact, FactConflict},
    ids::{FactConflictId, FactId},
    store::{FactConflictFilter, PageRequest, Tx},
};
use axum::{
    extract::{Query, State},
    response::Response,
};

use super::list::{Row, rows};
use crate::{
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::{
            paging::{Asked, Beside, base},
            week::{Piece, aligned_pieces},
        },
    },
    http::AppState,
};

/// How many conflicts of one fact are shown beside it.
const OF_ONE: i64 = 20;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/grounding/conflicts", May::Consult, list)]
}

/// Two facts that cannot both be true.
struct Pair {
    conflict: FactConflict,
    earlier: Row,
    later: Row,
}

impl Pair {
    /// Both, the earlier first, each with where the part lies in which they differ.
    fn sides(&self) -> [(&Row, (i32, i32)); 2] {
        let found = &self.conflict.found;
        [(&self.earlier, found.earlier_span), (&self.later, found.later_span)]
    }
}

#[derive(askama::Template)]
#[template(path = "conflicts.html")]
struct Page<'a> {
    frame: &'a Frame,
    pairs: Vec<Pair>,
    beside: Beside,
}

/// A statement with the part that makes the difference.
fn pieces<'a>(fact: &'a Fact, (from, to): &(i32, i32)) -> Vec<Piece<'a>> {
    let place = |at: &i32| usize::try_from(*at).ok();
    aligned_pieces(&fact.statement, place(from).zip(place(to)))
}

async fn list(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let open = FactConflictFilter { settled: Some(false), ..FactConflictFilter::default() };
    let page = tx.fact_conflicts(&open, asked.request::<FactConflictId>()).await?;
    let beside = Beside::of(&page, &base("/grounding/conflicts", &[]), |conflict| conflict.id);
    let named: Vec<FactId> =
        page.rows.iter().flat_map(|conflict| [conflict.found.earlier, conflict.found.later]).collect();
    let facts = tx.facts_by_id(&named).await?;
    let facts: HashMap<FactId, Row> = rows(&mut tx, facts).await?.into_iter().map(|row| (row.fact.id, row)).collect();
    let pair = |conflict: FactConflict| {
        let of = |id| facts.get(id).cloned();
        Some(Pair { earlier: of(&conflict.found.earlier)?, later: of(&conflict.found.later)?, conflict })
    };
    let pairs = page.rows.into_iter().filter_map(pair).collect();
    Ok(written(&Page { frame: &visitor.frame, pairs, beside }))
}

/// The facts that one conflicts with at this time, the newest conflicts' first.
///
/// # Errors
/// If the database is out of reach.
pub(super) async fn against(tx: &mut Tx, fact: FactId) -> Result<Vec<FactId>, Fault> {
    let open = FactConflictFilter { settled: Some(false), fact: Some(fact) };
    let found = tx.fact_conflicts(&open, PageRequest::first(OF_ONE)).await?.rows.into_iter().map(|open| open.found);
    Ok(found.map(|pair| if pair.earlier == fact { pair.later } else { pair.earlier }).collect())
}
