//! What a trainer reported, as a curve and as a log.

use atr_core::{
    domain::training::JobEvent,
    ids::TrainingJobId,
    store::{OrdinalRequest, Tx},
};
use axum::http::StatusCode;

use crate::console::{
    charts::{self, Curve},
    fault::Fault,
};

/// How many reports are read for the curve: the newest.
const READ: usize = 2000;
/// How many of them are drawn and stand in the table, evenly thinned.
const DRAWN: usize = 120;

/// A step of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) step: u64,
    /// All steps there are.
    pub(super) of: u64,
    pub(super) loss: Option<f64>,
}

impl Step {
    fn of(event: &JobEvent) -> Option<Self> {
        let said = &event.event;
        (said["event"] == "progress").then_some(())?;
        Some(Self { step: said["step"].as_u64()?, of: said["steps"].as_u64()?, loss: said["loss"].as_f64() })
    }
}

/// The newest steps of an attempt, thinned, in their order.
///
/// # Errors
/// If the database is out of reach.
pub(super) async fn steps(tx: &mut Tx, job: TrainingJobId, attempt: i32) -> Result<Vec<Step>, Fault> {
    let mut events: Vec<JobEvent> = vec![];
    let mut page = OrdinalRequest { from_end: true, ..OrdinalRequest::first(200) };
    while events.len() < READ {
        let mut read = tx.job_events(job, attempt, page).await?;
        page.before = read.rows.first().map(|event| event.ordinal);
        read.rows.append(&mut events);
        events = read.rows;
        if !read.has_previous {
            break;
        }
    }
    Ok(thinned(events.iter().filter_map(Step::of).collect()))
}

/// No more than are drawn, with the first and the last.
fn thinned(steps: Vec<Step>) -> Vec<Step> {
    let every = steps.len().div_ceil(DRAWN).max(1);
    let last = steps.len().saturating_sub(1);
    steps.into_iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last).map(|(_, step)| step).collect()
}

/// The loss over the steps; none before there are two.
///
/// # Errors
/// If it cannot be drawn.
pub(super) fn curve(steps: &[Step], name: &str, along: &str) -> Result<Option<String>, Fault> {
    let points: Vec<_> = steps.iter().filter_map(|step| Some((step.step as f64, step.loss?))).collect();
    if points.len() < 2 {
        return Ok(None);
    }
    let drawn = charts::curves(&[Curve { name: name.to_owned(), points }], along);
    drawn.map(Some).map_err(|error| {
        tracing::error!(error, "a chart could not be drawn");
        Fault::of(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// What training measured of its own model, once it is done.
pub(super) fn metrics(finished: Option<&serde_json::Value>) -> Vec<(String, String)> {
    let metrics = finished.and_then(|event| event["metrics"].as_object());
    let said = |(name, value): (&String, &serde_json::Value)| {
        let value = match value.as_f64() {
            Some(number) if value.is_f64() => format!("{number:.4}"),
            _ => value.to_string(),
        };
        (name.replace('_', " "), value)
    };
    metrics.into_iter().flatten().filter(|(_, value)| !value.is_null()).map(said).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_ends() {
        let step = |step| Step { step, of: 1000, loss: Some(0.5) };
        let kept = thinned((0..1000).map(step).collect());
        assert!(kept.len() <= DRAWN + 1, "{}", kept.len());
        assert_eq!((kept[0].step, kept[kept.len() - 1].step), (0, 999));
        assert_eq!(thinned((0..7).map(step).collect()).len(), 7);
        assert_eq!(thinned(vec![]), []);
    }

    #[test]
    fn metrics_are_told_by_name_and_without_those_that_are_not_known() {
        let finished = json!({"event": "finished", "metrics": {"cv_auroc": null, "rows": 12, "train_log_loss": 0.25}});
        let told = metrics(Some(&finished));
        assert_eq!(told, [("rows".to_owned(), "12".to_owned()), ("train log loss".to_owned(), "0.2500".to_owned())]);
        assert_eq!(metrics(None), []);
    }
}
