//! How far experts agree, how often each is right, and what is likely true.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use atr_at_hand::Leaf;
use atr_core::{
    domain::agreement::{self, Undefined, questions},
    ids::{ExpertId, TraceId},
    store::OpinionFilter,
};
use chrono::{DateTime, Utc};

use super::{
    fault::{OrFault, invalid},
    scalars::Int64,
    session::{consulting, reading, session},
    words::Verdict,
};
use crate::app::agreement::{self as judged, Agreed, Question, Reliable};

/// What reviews are compared by.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewQuestion {
    /// Is the answer right, partly right or wrong?
    Verdict,
    /// How bad is the flaw? Of those who said so.
    Severity,
    /// Which step is the first flawed one? Of those who named one.
    SuspectStep,
    /// Has the answer the flaw that `label` names?
    Flaw,
}

impl From<questions::ReviewQuestion> for ReviewQuestion {
    fn from(question: questions::ReviewQuestion) -> Self {
        match question {
            questions::ReviewQuestion::Verdict => Self::Verdict,
            questions::ReviewQuestion::Severity => Self::Severity,
            questions::ReviewQuestion::SuspectStep => Self::SuspectStep,
        }
    }
}

/// Why a coefficient of agreement is not defined.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Undefined")]
pub enum UndefinedAgreement {
    /// No trace was rated twice: there is nothing to compare.
    TooFewRatings,
    /// One category alone was given: no disagreement could have shown.
    NoVariation,
}

/// A coefficient of agreement: 1 where all agree, 0 where they agree as often as chance has it.
#[derive(Debug, SimpleObject)]
pub struct Coefficient {
    /// Its value; null where it is not defined.
    pub(super) value: Option<f64>,
    /// The low end of its interval, 95 of 100, by the bootstrap over traces.
    pub(super) low: Option<f64>,
    /// The high end.
    pub(super) high: Option<f64>,
    /// Why it is not defined.
    pub(super) undefined: Option<UndefinedAgreement>,
}

impl From<Result<agreement::Interval, Undefined>> for Coefficient {
    fn from(found: Result<agreement::Interval, Undefined>) -> Self {
        match found {
            Ok(of) => Self { value: Some(of.value), low: Some(of.low), high: Some(of.high), undefined: None },
            Err(why) => Self { value: None, low: None, high: None, undefined: Some(why.into()) },
        }
    }
}

/// How far experts agree on a question, over their newest reviews, 20,000 at most.
#[derive(Debug, SimpleObject)]
pub struct ReviewAgreement {
    /// How many traces were rated.
    traces: Int64,
    /// By how many experts.
    experts: Int64,
    /// How many ratings there are.
    ratings: Int64,
    /// Krippendorff's alpha; of severities the ordinal one.
    alpha: Coefficient,
    /// Fleiss' kappa.
    fleiss_kappa: Coefficient,
}

impl From<Agreed> for ReviewAgreement {
    fn from(of: Agreed) -> Self {
        let number = |count: usize| Int64(i64::try_from(count).unwrap_or(i64::MAX));
        Self {
            traces: number(of.traces),
            experts: number(of.experts),
            ratings: number(of.ratings),
            alpha: of.alpha.into(),
            fleiss_kappa: of.fleiss_kappa.into(),
        }
    }
}

/// How reliable an expert is.
#[derive(Debug, SimpleObject)]
pub struct ExpertReliability {
    /// How many gold items they judged.
    gold_judged: Int64,
    /// Of how many of them they told rightly whether the answer is right.
    gold_verdicts_right: Int64,
    /// How many of them have a known flawed step.
    gold_with_step: Int64,
    /// Of how many of those they named it.
    gold_steps_right: Int64,
    /// How likely they find of an answer what is true of it, by the model of Dawid and Skene (1979); null where nothing tells.
    reliability: Option<f64>,
    /// How many of their judgements that rests on: those of traces that others judged too, or of gold items.
    rests_on: Int64,
    /// Cohen's kappa with what most of the others say.
    kappa_with_others: Coefficient,
}

impl From<Reliable> for ExpertReliability {
    fn from(of: Reliable) -> Self {
        Self {
            gold_judged: Int64(of.calibration.judged),
            gold_verdicts_right: Int64(of.calibration.verdicts_right),
            gold_with_step: Int64(of.calibration.with_step),
            gold_steps_right: Int64(of.calibration.steps_right),
            reliability: of.reliability,
            rests_on: Int64(i64::try_from(of.rests_on).unwrap_or(i64::MAX)),
            kappa_with_others: of.with_others.into(),
        }
    }
}

/// What is likely true of a trace, by all reviews of it, each weighed by how often its expert is right.
#[derive(Debug, SimpleObject)]
pub struct ReviewConsensus {
    /// The likeliest verdict.
    verdict: Verdict,
    /// How likely it is, 0 to 1.
    probability: f64,
    /// Whether it is known, because the trace is a gold item.
    gold: bool,
}

/// Which reviews are compared; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct AgreementFilter {
    /// Those of traces of this domain.
    domain: Option<String>,
    /// Those given at this time or later.
    since: Option<DateTime<Utc>>,
    /// Those given before this time.
    until: Option<DateTime<Utc>>,
}

/// Reads of this file's figures.
#[derive(Debug, Default)]
pub struct AgreementQuery;

#[Object]
impl AgreementQuery {
    /// How far experts agree on a question.
    async fn review_agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.", default_with = "ReviewQuestion::Verdict")] question: ReviewQuestion,
        #[graphql(desc = "The flaw, for the question FLAW.")] label: Option<String>,
        #[graphql(desc = "Only reviews that meet all of these.")] filter: Option<AgreementFilter>,
    ) -> Result<ReviewAgreement> {
        let question = match (question, label) {
            (ReviewQuestion::Verdict, _) => Question::Verdict,
            (ReviewQuestion::Severity, _) => Question::Severity,
            (ReviewQuestion::SuspectStep, _) => Question::SuspectStep,
            (ReviewQuestion::Flaw, Some(label)) => Question::Flaw(label),
            (ReviewQuestion::Flaw, None) => return Err(invalid("label", "name the flaw that is asked about")),
        };
        let AgreementFilter { domain, since, until } = filter.unwrap_or_default();
        let mut tx = reading(ctx).await?;
        let filter = OpinionFilter { domain, since, until };
        Ok(judged::agreement(&mut tx, &session(ctx)?.actor, question, &filter).await.or_fault()?.into())
    }

    /// How reliable an expert is: for the expert and for administrators; null to all others.
    async fn expert_reliability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expert.")] expert: ID,
    ) -> Result<Option<ExpertReliability>> {
        let expert = expert.parse::<ExpertId>().map_err(|error| invalid("expert", &error.to_string()))?;
        let mut tx = consulting(ctx).await?;
        let found = judged::reliability(&mut tx, &session(ctx)?.actor, expert).await.or_fault()?;
        Ok(found.map(Into::into))
    }

    /// What is likely true of a trace by all reviews of it, weighed by how often each expert is right; null where nobody
    /// judged it.
    async fn review_consensus(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trace.")] trace: ID,
    ) -> Result<Option<ReviewConsensus>> {
        let trace = trace.parse::<TraceId>().map_err(|error| invalid("trace", &error.to_string()))?;
        let mut tx = reading(ctx).await?;
        let found = judged::consensus(&mut tx, &session(ctx)?.actor, trace).await.or_fault()?;
        Ok(found.map(|of| ReviewConsensus { verdict: of.label.into(), probability: of.probability, gold: of.gold }))
    }
}
