//! How far experts agree, how often each is right, and what is likely true where they do not agree.

use std::collections::BTreeMap;

use atr_core::{
    domain::{
        access::Permission,
        agreement::{
            Bootstrap, Interval, Ratings, Undefined,
            questions::agreed,
            reliability::Consensus,
            reviews::{Opinion, verdicts},
        },
        gold::Calibration,
        review::Verdict,
    },
    ids::{ExpertId, TraceId},
    store::{OpinionFilter, StoreError, Tx},
};
use atr_workers::stages::curate::AgreementRule;

pub use atr_core::domain::agreement::questions::{Agreed, Question};

use super::{Actor, AppError};

/// So many of the newest reviews are compared at most.
const REVIEWS: i64 = 20_000;
/// How often units are drawn anew for an interval: the figures are for a page, not for a paper.
const DRAWS: usize = 500;

/// How far the experts of a project agree on a question.
///
/// # Errors
/// If the caller may not read, or the database is out of reach.
pub async fn agreement(
    tx: &mut Tx,
    actor: &Actor,
    question: Question,
    filter: &OpinionFilter,
) -> Result<Agreed, AppError> {
    actor.may(Permission::Read)?;
    let opinions = tx.opinions(filter, REVIEWS).await?;
    counted(move || once(agreed(&question, &opinions, &bootstrap()?))).await
}

/// The same on several questions, in their order.
///
/// # Errors
/// As [`agreement`].
pub async fn agreements(
    tx: &mut Tx,
    actor: &Actor,
    questions: Vec<Question>,
    filter: &OpinionFilter,
) -> Result<Vec<Agreed>, AppError> {
    actor.may(Permission::Read)?;
    let opinions = tx.opinions(filter, REVIEWS).await?;
    counted(move || {
        let bootstrap = bootstrap()?;
        questions.iter().map(|question| once(agreed(question, &opinions, &bootstrap))).collect()
    })
    .await
}

/// Refuses where the experts of a project agree less than a recipe asks for.
///
/// # Errors
/// [`AppError::Conflict`], with how far they agree and what to do; or if the database is out of reach.
pub async fn require(tx: &mut Tx, rule: &AgreementRule) -> Result<(), AppError> {
    let AgreementRule { question, alpha: least } = *rule;
    let opinions = tx.opinions(&OpinionFilter::default(), REVIEWS).await?;
    let found = counted(move || once(agreed(&question.into(), &opinions, &bootstrap()?))).await?;
    let why = match found.alpha {
        Ok(alpha) if alpha.value >= least => return Ok(()),
        Ok(alpha) => {
            format!("is {:.3} ({:.3} to {:.3}) over {} ratings", alpha.value, alpha.low, alpha.high, found.ratings)
        }
        Err(Undefined::TooFewRatings) => "is not known: no trace was judged by two of them".to_owned(),
        Err(Undefined::NoVariation) => "is not known: all of them answered alike".to_owned(),
    };
    Err(AppError::Conflict(format!(
        "the recipe asks for an agreement of experts on `{question}` of {least} or more (Krippendorff's alpha), and theirs {why}: \
         have more items judged by two, settle with a guideline how they are judged, or ask for less"
    )))
}

/// How often an expert is right, as far as others' reviews and gold items tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliable {
    /// How they did on gold items.
    pub calibration: Calibration,
    /// The probability that they find an answer right or wrong as it is, by the model of Dawid and Skene; nothing where they
    /// judged nothing that tells.
    pub reliability: Option<f64>,
    /// How many of their judgements others judged too, or are of gold items.
    pub rests_on: usize,
    /// Cohen's kappa with the majority of the others, over the traces where there is one.
    pub with_others: Result<Interval, Undefined>,
}

/// Whether the caller may know how reliable an expert is: who administers, and the expert.
pub fn sees_reliability(actor: &Actor, expert: ExpertId) -> bool {
    actor.may(Permission::Administer).is_ok() || actor.expert == Some(expert)
}

/// How reliable an expert is. It is seen by themselves and by those who administer, alone.
///
/// # Errors
/// If the database is out of reach. Nothing where the caller may not see it, or there is no such expert.
pub async fn reliability(tx: &mut Tx, actor: &Actor, expert: ExpertId) -> Result<Option<Reliable>, AppError> {
    actor.may_consult()?;
    if !sees_reliability(actor, expert) {
        return Ok(None);
    }
    if tx.experts_by_id(&[expert]).await?.is_empty() {
        return Ok(None);
    }
    let opinions = tx.opinions(&OpinionFilter::default(), REVIEWS).await?;
    let gold = gold(tx, &opinions).await?;
    let calibration = tx.calibrations(&[expert]).await?.pop().map(|(_, found)| found).unwrap_or_default();
    counted(move || {
        let ratings = once(verdicts(&opinions))?;
        let model = ratings.dawid_skene(&gold).map_err(|error| corrupt(&error))?;
        let found = ratings.raters().iter().position(|rater| *rater == expert).map(|at| &model.raters[at]);
        let pairs = once(beside_the_others(&opinions, expert))?.pairs(&Side::Own, &Side::Others);
        Ok(Some(Reliable {
            calibration,
            reliability: found.filter(|of| of.rests_on > 0).map(|of| of.reliability),
            rests_on: found.map_or(0, |of| of.rests_on),
            with_others: pairs.cohen_kappa_interval(&bootstrap()?),
        }))
    })
    .await
}

/// What is likely true of a trace by all reviews of it, each weighed by how often its expert is right (Dawid and Skene).
///
/// # Errors
/// If the caller may not read, or the database is out of reach.
pub async fn consensus(tx: &mut Tx, actor: &Actor, trace: TraceId) -> Result<Option<Consensus<Verdict>>, AppError> {
    actor.may(Permission::Read)?;
    let opinions = tx.opinions(&OpinionFilter::default(), REVIEWS).await?;
    let gold = gold(tx, &opinions).await?;
    counted(move || {
        let ratings = once(verdicts(&opinions))?;
        let Some(at) = ratings.units().iter().position(|unit| *unit == trace) else { return Ok(None) };
        let model = ratings.dawid_skene(&gold).map_err(|error| corrupt(&error))?;
        Ok(model.consensus.into_iter().nth(at))
    })
    .await
}

async fn gold(tx: &mut Tx, opinions: &[Opinion]) -> Result<BTreeMap<TraceId, Verdict>, AppError> {
    let mut traces: Vec<_> = opinions.iter().map(|opinion| opinion.trace).collect();
    traces.dedup();
    Ok(tx.gold_of_traces(&traces).await?.into_iter().map(|item| (item.trace, item.known.verdict)).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Own,
    Others,
}

/// An expert's verdicts beside what most of the others say of the same traces; where others are divided, nothing.
fn beside_the_others(
    opinions: &[Opinion],
    expert: ExpertId,
) -> Result<Ratings<TraceId, Side, bool>, atr_core::domain::agreement::RatingsError> {
    let mut own: BTreeMap<TraceId, bool> = BTreeMap::new();
    let mut others: BTreeMap<TraceId, i64> = BTreeMap::new();
    for opinion in opinions {
        let Some(right) = opinion.verdict.is_right() else { continue };
        if opinion.expert == expert {
            own.insert(opinion.trace, right);
        } else {
            *others.entry(opinion.trace).or_default() += if right { 1 } else { -1 };
        }
    }
    let others = others.into_iter().filter(|(_, lead)| *lead != 0).map(|(trace, lead)| (trace, Side::Others, lead > 0));
    let own = own.into_iter().map(|(trace, right)| (trace, Side::Own, right));
    Ratings::over(&[false, true], own.chain(others))
}

fn bootstrap() -> Result<Bootstrap, AppError> {
    Ok(Bootstrap::new(DRAWS, 0.95, 0)?)
}

/// The store gives one opinion of an expert on a trace: another is a fault of its.
fn once<T>(ratings: Result<T, atr_core::domain::agreement::RatingsError>) -> Result<T, AppError> {
    ratings.map_err(|error| corrupt(&error))
}

fn corrupt(error: &impl ToString) -> AppError {
    StoreError::Corrupt(error.to_string()).into()
}

/// Counts apart from what answers requests: it can take a tenth of a second.
async fn counted<T: Send + 'static>(
    count: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(count).await.map_err(|error| corrupt(&error))?
}
