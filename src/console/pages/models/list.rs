//! The list of models, and how their main measure went on from version to version.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        evaluation::{Evaluation, Interval, MeasureName},
        model::{ModelKind, ModelVersion},
    },
    ids::ModelVersionId,
    store::ModelFilter,
};
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::measures::drawn_over;
use crate::{
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::{Asked, Beside, base},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/models", May::Do(Permission::Read), list)]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    kind: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "models.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    kinds: &'static [ModelKind],
    rows: Vec<Row>,
    /// The main measure over the versions of this page; none where none was measured.
    svg: Option<String>,
    beside: Beside,
}

struct Row {
    model: ModelVersion,
    in_use: bool,
    measured: Option<Evaluation>,
}

impl Row {
    /// A measure of it, where it was measured.
    fn measure(&self, name: MeasureName) -> Option<Interval> {
        Some(self.measured.as_ref()?.of.measures.get(name)?.after)
    }

    fn auroc(&self) -> Option<Interval> {
        self.measure(MeasureName::Auroc)
    }

    fn pick(&self) -> Option<Interval> {
        self.measure(MeasureName::PickAccuracy)
    }

    fn regressions(&self) -> Option<Interval> {
        self.measure(MeasureName::RegressionsCaught)
    }
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let filter = ModelFilter { kind: wanted.kind.parse().ok() };
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let page = tx.models(&filter, wanted.page.request::<ModelVersionId>()).await?;
    let ids: Vec<_> = page.rows.iter().map(|model| model.id).collect();
    let mut measured: HashMap<ModelVersionId, Evaluation> = HashMap::new();
    // The newest first: what was measured earlier of the same model does not replace it.
    for evaluation in tx.evaluations_of_models(&ids).await? {
        measured.entry(evaluation.of.model).or_insert(evaluation);
    }
    let in_use = tx.model_in_use().await?.map(|model| model.id);
    let beside = Beside::of(&page, &base("/models", &[("kind", &wanted.kind)]), |model| model.id);
    let row =
        |model: ModelVersion| Row { in_use: in_use == Some(model.id), measured: measured.remove(&model.id), model };
    let rows: Vec<Row> = page.rows.into_iter().map(row).collect();
    let over: Vec<_> = rows.iter().filter_map(|row| Some((row.model.name.clone(), row.auroc()?))).collect();
    let svg = if over.is_empty() { None } else { Some(drawn_over(over.into_iter())?) };
    Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, kinds: ModelKind::ALL, rows, svg, beside }))
}
