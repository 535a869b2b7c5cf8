//! What was measured of a model and what the gate made of it, as `job`, `model` and `demo` show it.

use atr_core::{
    domain::evaluation::{Baseline, Evaluation, Interval, MeasureName, Measures, Promotion},
    ids::ModelVersionId,
    store::Tx,
};
use serde_json::{Value, json};

/// A model's evaluations, and whether it came into use and why; newest first.
#[derive(Debug, Default)]
pub(super) struct Judged {
    evaluations: Vec<Evaluation>,
    promotions: Vec<Promotion>,
}

impl Judged {
    pub(super) async fn read(tx: &mut Tx, model: ModelVersionId) -> anyhow::Result<Self> {
        let evaluations = tx.evaluations_of_models(&[model]).await?;
        Ok(Self { evaluations, promotions: tx.promotions_of_models(&[model]).await? })
    }

    /// Adds it to what else is said of the model.
    pub(super) fn add_to(&self, whole: &mut Value) {
        whole["evaluations"] = self.evaluations.iter().map(evaluation).collect();
        whole["promotions"] = self.promotions.iter().map(promotion).collect();
    }

    /// In words, each line below what else is said of the model.
    pub(super) fn words(&self) -> String {
        let mut text = String::new();
        for of in &self.evaluations {
            text += &format!("\n  measured on {} held-out answers to {} questions", of.of.cases, of.of.questions);
            if let Some(before) = baseline(of.of.measures.baseline) {
                text += &format!("; {before}");
            }
            text += &format!("\n    {}", header());
            text.extend(held_out_rows(&of.of.measures).map(|row| format!("\n    {row}")));
            let learnt: Vec<String> = regression_rows(&of.of.measures).collect();
            if !learnt.is_empty() {
                text += "\n  on corrected wrong answers, which were trained on";
                text.extend(learnt.iter().map(|row| format!("\n    {row}")));
            }
        }
        for of in &self.promotions {
            let by = if of.of.key.is_some() { ", by hand" } else { "" };
            text += &format!("\n  {} {}{by}: {}", of.of.decision, of.at.format("%Y-%m-%d %H:%M"), of.of.reason);
        }
        text
    }
}

/// An evaluation, for programs.
pub(super) fn evaluation(of: &Evaluation) -> Value {
    json!({
        "id": of.id, "model": of.of.model, "baseline_model": of.of.baseline_model, "cases": of.of.cases,
        "questions": of.of.questions, "cases_hash": of.of.cases_hash.to_string(), "seed": of.of.seed,
        "measures": of.of.measures, "at": of.at,
    })
}

/// A decision of the gate or of a person, for programs.
pub(super) fn promotion(of: &Promotion) -> Value {
    json!({
        "id": of.id, "decision": of.of.decision, "reason": of.of.reason, "evaluation": of.of.evaluation,
        "previous_model": of.of.previous_model, "gate": of.of.gate, "key": of.of.key, "at": of.at,
    })
}

/// What the measures before are those of.
pub(super) fn baseline(of: Baseline) -> Option<&'static str> {
    match of {
        Baseline::ModelInUse => Some("before is the model then in use"),
        Baseline::Likelihood => Some("before is the answering model's own likelihood"),
        Baseline::None => None,
    }
}

/// What stands above the rows.
pub(super) fn header() -> String {
    format!("{:24} {:22}  {:22}  difference", "measure", "before", "after")
}

/// The measures on held-out questions, each a line.
pub(super) fn held_out_rows(of: &Measures) -> impl Iterator<Item = String> {
    rows(of, |name| name != MeasureName::RegressionsCaught)
}

/// Those on answers that were trained on.
pub(super) fn regression_rows(of: &Measures) -> impl Iterator<Item = String> {
    rows(of, |name| name == MeasureName::RegressionsCaught)
}

fn rows(of: &Measures, which: impl Fn(MeasureName) -> bool) -> impl Iterator<Item = String> {
    of.measures.iter().filter(move |measure| which(measure.name)).map(|measure| {
        let plain = |of: Interval| format!("{:.3} ({:.3} to {:.3})", of.value, of.low, of.high);
        let signed = |of: Interval| format!("{:+.3} ({:+.3} to {:+.3})", of.value, of.low, of.high);
        let row = format!(
            "{:24} {:22}  {:22}  {}",
            words(measure.name),
            measure.before.map_or_else(|| format!("{:^22}", "–"), plain),
            plain(measure.after),
            measure.difference.map_or_else(String::new, signed),
        );
        row.trim_end().to_owned()
    })
}

fn words(name: MeasureName) -> &'static str {
    match name {
        MeasureName::Auroc => "AUROC",
        MeasureName::AurocWithinDomain => "… within a domain",
        MeasureName::PickAccuracy => "right when it picks",
        MeasureName::PickRandom => "… a random chain",
        MeasureName::PickLikeliest => "… the likeliest",
        MeasureName::Oracle => "… the best there is",
        MeasureName::Brier => "Brier score, low is good",
        MeasureName::RegressionsCaught => "mistakes caught",
    }
}
