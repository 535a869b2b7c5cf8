//! Evaluation and promotion: a model measured on what was held out, beside the one before it, and whether it came into
//! use.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{example::Judged, words};
use crate::{
    hash::Digest,
    ids::{ApiKeyId, EvaluationCaseId, EvaluationId, ModelVersionId, PromotionId, ReviewId, TraceId, TrainingJobId},
};

words! {
    /// What a case is for.
    CasePurpose {
        /// Held out: in no snapshot.
        HeldOut = "held_out",
        /// A mistake that must not come back.
        Regression = "regression",
    }
}

/// A judged answer that measures models.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationCase {
    /// Its id.
    pub id: EvaluationCaseId,
    /// The review that judged it.
    pub review: ReviewId,
    /// The trace.
    pub trace: TraceId,
    /// What it is for.
    pub purpose: CasePurpose,
    /// Cases of one question share it: intervals resample questions, not answers.
    pub group_key: String,
    /// The expert's verdict.
    pub answer_is_right: bool,
    /// The answer as a model is asked about it.
    pub content: Judged,
    /// When it was derived.
    pub at: DateTime<Utc>,
}

/// Which cases are asked for.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only for this purpose.
    pub purpose: Option<CasePurpose>,
}

words! {
    /// What is measured on the cases. All but one are on held-out questions.
    MeasureName {
        /// Area under the ROC curve: the chance that a right answer is rated above a wrong one, 0 to 1.
        Auroc = "auroc",
        /// The same between answers of one domain alone, 0 to 1: a judge that only knows how often the model is right in
        /// each domain has 0.5 here. Measured where the answers are of several domains.
        AurocWithinDomain = "auroc_within_domain",
        /// Share of questions answered right when the chain rated highest is picked, 0 to 1. Ties count by the share of
        /// right ones among them. Questions with one chain do not count.
        PickAccuracy = "pick_accuracy",
        /// The same, picking a chain at random: what no judgement at all would give.
        PickRandom = "pick_random",
        /// The same, picking the chain of which the answering model was surest (highest mean log-probability).
        PickLikeliest = "pick_likeliest",
        /// The same, picking right wherever any chain is right: the most that picking can give.
        Oracle = "oracle",
        /// Brier score of the probabilities that an answer is true: their mean squared distance from what was the case, 0 to
        /// 1, lower is better. Before it is that of the model in use: a likelihood is no probability of truth.
        Brier = "brier",
        /// Share of the regression cases, answers known to be wrong, that are rated below one half, 0 to 1. These were
        /// trained on, so it says what was learnt and not what would be known of new questions.
        RegressionsCaught = "regressions_caught",
    }
}

/// A value with its 95% interval, by the bootstrap over questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The value on the cases themselves.
    pub value: f64,
    /// 2.5th percentile of the resampled values.
    pub low: f64,
    /// 97.5th percentile of the resampled values.
    pub high: f64,
}

/// One measure. A share that belongs to no judge (`pick_random`, `pick_likeliest`, `oracle`) has no `before`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measure {
    /// What is measured.
    pub name: MeasureName,
    /// With the judge before.
    pub before: Option<Interval>,
    /// With the new model.
    pub after: Interval,
    /// After less before, paired: both on the same resampled questions.
    pub difference: Option<Interval>,
}

/// What the new model is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The reward model in use.
    ModelInUse,
    /// There was none: the answering model's own likelihood, the exponential of its mean log-probability a token.
    Likelihood,
    /// There was none, and not every case has a log-probability.
    None,
}

/// The `measures` of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measures {
    /// Version of this form; this is version 1.
    pub version: u32,
    /// What `before` is.
    pub baseline: Baseline,
    /// Resamples of each interval.
    pub resamples: u32,
    /// Questions with at least two chains: those that picking is measured on.
    pub questions_to_pick: u32,
    /// How many of the held-out answers are right.
    pub right: u32,
    /// How many regression cases there were.
    pub regressions: u32,
    /// The measures. One that is not defined on these cases (AUROC where all answers are right) is left out.
    pub measures: Vec<Measure>,
}

impl Measures {
    /// A measure by name.
    pub fn get(&self, name: MeasureName) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }
}

/// An evaluation to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvaluation {
    /// The model measured.
    pub model: ModelVersionId,
    /// The model in use before.
    pub baseline_model: Option<ModelVersionId>,
    /// The job that made the model.
    pub job: Option<TrainingJobId>,
    /// How many held-out cases.
    pub cases: i32,
    /// How many questions they belong to.
    pub questions: i32,
    /// BLAKE3 over what the held-out cases say, whatever their ids: the same hash, the same test.
    pub cases_hash: Digest,
    /// Seed of the bootstrap.
    pub seed: i64,
    /// What was measured.
    pub measures: Measures,
}

/// A model measured on the held-out cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Its id.
    pub id: EvaluationId,
    /// What was measured.
    pub of: NewEvaluation,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which evaluations are asked for.
#[derive(Debug, Clone, Default)]
pub struct EvaluationFilter {
    /// Only of this model.
    pub model: Option<ModelVersionId>,
}

words! {
    /// Whether a model came into use.
    PromotionDecision {
        /// It did.
        Promoted = "promoted",
        /// It did not.
        Refused = "refused",
        /// The one before it did, again.
        RolledBack = "rolled_back",
    }
}

/// A decision to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPromotion {
    /// The model that was promoted or refused; after a roll-back, the model that is in use again.
    pub model: ModelVersionId,
    /// The evaluation that decided.
    pub evaluation: Option<EvaluationId>,
    /// The model in use before.
    pub previous_model: Option<ModelVersionId>,
    /// What was decided.
    pub decision: PromotionDecision,
    /// Why, in words.
    pub reason: String,
    /// The gate's margins and what it saw; empty where a person decided.
    pub gate: serde_json::Value,
    /// The key that asked, where a person did.
    pub key: Option<ApiKeyId>,
}

/// Whether a model came into use, and why. The newest that is not a refusal names the model in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// Its id.
    pub id: PromotionId,
    /// What was decided.
    pub of: NewPromotion,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which promotions are asked for.
#[derive(Debug, Clone, Default)]
pub struct PromotionFilter {
    /// Only of this model.
    pub model: Option<ModelVersionId>,
    /// Only with this decision.
    pub decision: Option<PromotionDecision>,
}
