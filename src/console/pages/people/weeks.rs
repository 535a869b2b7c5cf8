//! `/people/weeks`: the cycles of the weekly review, and what came of each.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        review_cycle::{Coverage, CycleAgreement, CycleReport, ItemCounts, ReviewCycle},
    },
    ids::{ExpertId, ModelVersionId, ReviewCycleId},
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};

use crate::{
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::{
            handles,
            paging::{Asked, Beside, base},
        },
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/people/weeks", May::Do(Permission::Read), list),
        Door::get("/people/weeks/{cyc}", May::Do(Permission::Read), page),
    ]
}

#[derive(askama::Template)]
#[template(path = "weeks.html")]
struct List<'a> {
    frame: &'a Frame,
    rows: Vec<ReviewCycle>,
    beside: Beside,
}

async fn list(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let page = tx.review_cycles(asked.request::<ReviewCycleId>()).await?;
    let beside = Beside::of(&page, &base("/people/weeks", &[]), |row| row.id);
    Ok(written(&List { frame: &visitor.frame, rows: page.rows, beside }))
}

#[derive(askama::Template)]
#[template(path = "weeks_one.html")]
struct Page<'a> {
    frame: &'a Frame,
    cycle: &'a ReviewCycle,
    report: Option<&'a CycleReport>,
    /// What became of each expert's items, by pseudonym: for those alone who administer.
    experts: Vec<(String, ItemCounts)>,
    models: HashMap<ModelVersionId, String>,
}

/// How much of something was seen and reviewed: what it is called, the traces that came in, and those that were judged.
type Covered = (String, i64, i64);

impl Page<'_> {
    /// What was seen and reviewed, each with what it is called: of a report's domains, flaws and models.
    fn covered(&self, report: &CycleReport) -> [(&'static str, Vec<Covered>); 3] {
        let t = self.frame.t;
        let told = |of: &Coverage<String>| (of.of.clone(), of.traces, of.reviewed);
        let model = |of: &Coverage<ModelVersionId>| {
            (self.models.get(&of.of).cloned().unwrap_or_else(|| of.of.to_string()), of.traces, of.reviewed)
        };
        [
            (t.domain, report.domains.iter().map(told).collect()),
            (t.week_flaw, report.flaws.iter().map(told).collect()),
            (t.model, report.models.iter().map(model).collect()),
        ]
    }

    fn alpha(&self, of: &CycleAgreement) -> String {
        match (of.alpha, of.low, of.high) {
            (Some(alpha), Some(low), Some(high)) => format!("{alpha:.2} ({low:.2}–{high:.2})"),
            _ => "–".to_owned(),
        }
    }
}

async fn page(State(state): State<AppState>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let id: ReviewCycleId = id.parse().map_err(|_| Fault::not_found())?;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let cycle = tx.review_cycles_by_id(&[id]).await?.pop().ok_or_else(Fault::not_found)?;
    let report = cycle.closed.as_ref().map(|closed| &closed.report);
    let (mut experts, mut models) = (vec![], HashMap::new());
    if let Some(report) = report {
        let named: Vec<_> = report.models.iter().map(|of| of.of).collect();
        models.extend(tx.models_by_id(&named).await?.into_iter().map(|model| (model.id, model.name)));
        if visitor.actor.may(Permission::Administer).is_ok() {
            let named: Vec<ExpertId> = report.experts.iter().map(|of| of.expert).collect();
            let handles = handles::of(&mut tx, &named).await?;
            let told = report.experts.iter();
            experts.extend(told.filter_map(|of| Some((handles.get(&of.expert)?.clone(), of.items))));
        }
    }
    Ok(written(&Page { frame: &visitor.frame, cycle: &cycle, report, experts, models }))
}
