//! Measures with their intervals, drawn and as a table.

use atr_core::domain::evaluation::{Evaluation, Interval, Measure, MeasureName, PromotionDecision};
use axum::http::StatusCode;

use crate::console::{
    charts::{self, Measured},
    fault::Fault,
    text::Text,
};

/// A measure as a row of a table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) before: Option<Interval>,
    pub(super) after: Interval,
    pub(super) difference: Option<Interval>,
}

/// What people call a measure.
pub(super) fn words(t: &Text, name: MeasureName) -> &'static str {
    match name {
        MeasureName::Auroc => t.measure_auroc,
        MeasureName::AurocWithinDomain => t.measure_auroc_within_domain,
        MeasureName::PickAccuracy => t.measure_pick,
        MeasureName::PickRandom => t.measure_pick_random,
        MeasureName::PickLikeliest => t.measure_pick_likeliest,
        MeasureName::Oracle => t.measure_oracle,
        MeasureName::Brier => t.measure_brier,
        MeasureName::RegressionsCaught => t.measure_regressions,
    }
}

/// What people call a decision.
pub(super) fn decided(t: &Text, decision: PromotionDecision) -> &'static str {
    match decision {
        PromotionDecision::Promoted => t.model_promoted,
        PromotionDecision::Refused => t.model_refused,
        PromotionDecision::RolledBack => t.model_rolled_back,
    }
}

/// The measures of an evaluation.
pub(super) fn rows(t: &Text, of: &Evaluation) -> Vec<Row> {
    let row = |measure: &Measure| Row {
        name: words(t, measure.name),
        before: measure.before,
        after: measure.after,
        difference: measure.difference,
    };
    of.of.measures.measures.iter().map(row).collect()
}

fn ends(of: Interval) -> (f64, f64, f64) {
    (of.low, of.value, of.high)
}

/// The measures of an evaluation, drawn.
///
/// # Errors
/// If they cannot be drawn.
pub(super) fn drawn(rows: &[Row]) -> Result<String, Fault> {
    let one = |row: &Row| Measured { label: row.name.to_owned(), now: ends(row.after), before: row.before.map(ends) };
    draw(&rows.iter().map(one).collect::<Vec<_>>())
}

/// One measure of several models, drawn.
///
/// # Errors
/// If they cannot be drawn.
pub(super) fn drawn_over(models: impl Iterator<Item = (String, Interval)>) -> Result<String, Fault> {
    let one = |(label, now): (String, Interval)| Measured { label, now: ends(now), before: None };
    draw(&models.map(one).collect::<Vec<_>>())
}

fn draw(measured: &[Measured]) -> Result<String, Fault> {
    charts::intervals(measured).map_err(|error| {
        tracing::error!(error, "a chart could not be drawn");
        Fault::of(StatusCode::INTERNAL_SERVER_ERROR)
    })
}
