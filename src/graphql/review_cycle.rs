//! The cycles of the weekly review as they were held, and what came of each.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::{access::Permission, review_cycle},
    ids::ReviewCycleId,
};
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    agreement::{Coefficient, ReviewQuestion},
    expert::Expert,
    fault::OrFault,
    loading::many,
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId},
    session::{reading, session},
    words::ReviewCycleState,
};

/// A cycle of the weekly review that was opened.
#[derive(Debug, Clone)]
pub struct ReviewCycle(pub(super) review_cycle::ReviewCycle);

/// A cycle of the weekly review that was opened.
#[at_hand]
#[Object]
impl ReviewCycle {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// Its name: the date on which it was to open by the calendar of its day. Its assignments name it so.
    async fn cycle(&self) -> NaiveDate {
        self.0.cycle.name
    }

    /// From when on it was to be open.
    async fn opens_at(&self) -> DateTime<Utc> {
        self.0.cycle.opens_at
    }

    /// By when its reviews are wanted.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.cycle.due_at
    }

    /// From when on it is open no more.
    async fn closes_at(&self) -> DateTime<Utc> {
        self.0.cycle.closes_at
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.0.opened_at
    }

    /// When it was closed; null while it is open.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed.as_ref().map(|closed| closed.at)
    }

    /// Whether it is open.
    async fn state(&self) -> ReviewCycleState {
        self.0.state().into()
    }

    /// What came of it, as it was when it closed; null while it is open.
    async fn report(&self) -> Option<CycleReport> {
        self.0.closed.as_ref().map(|closed| CycleReport(closed.report.clone()))
    }
}

/// What became of items of a cycle. Each that was given out is done, passed on, given back or left over.
#[derive(Debug, SimpleObject)]
pub struct CycleItems {
    /// How many were given out.
    given: Int64,
    /// How many were judged.
    done: Int64,
    /// How many were passed on: their experts could not judge them.
    passed: Int64,
    /// How many were given back, or taken back.
    returned: Int64,
    /// How many their experts did not come to. The next cycle begins with them.
    left_over: Int64,
    /// How many of those that were given out an earlier cycle had given out in vain.
    carried_over: Int64,
}

impl From<review_cycle::ItemCounts> for CycleItems {
    fn from(of: review_cycle::ItemCounts) -> Self {
        let review_cycle::ItemCounts { given, done, passed, returned, left_over, carried_over } = of;
        Self {
            given: Int64(given),
            done: Int64(done),
            passed: Int64(passed),
            returned: Int64(returned),
            left_over: Int64(left_over),
            carried_over: Int64(carried_over),
        }
    }
}

/// What became of an expert's items.
#[derive(Debug, SimpleObject)]
pub struct ExpertCycleItems {
    /// The expert.
    expert: Expert,
    /// What became of them.
    items: CycleItems,
}

/// How much of something was seen and judged while a cycle was open.
#[derive(Debug, SimpleObject)]
pub struct CycleCoverage {
    /// Of what.
    name: String,
    /// How many traces of it came in.
    traces: Int64,
    /// Of how many of its traces, whenever they came in, someone judged the answer.
    reviewed: Int64,
}

/// How much of a model's answers was seen and judged while a cycle was open.
#[derive(Debug, SimpleObject)]
pub struct ModelCoverage {
    /// The model that answered.
    model: ModelVersion,
    /// How many of its traces came in.
    traces: Int64,
    /// Of how many of its traces, whenever they came in, someone judged the answer.
    reviewed: Int64,
}

/// How far the experts of a cycle agreed on a question.
#[derive(Debug, SimpleObject)]
pub struct CycleAgreement {
    /// The question.
    question: ReviewQuestion,
    /// How many traces were rated.
    traces: Int64,
    /// By how many experts.
    experts: Int64,
    /// How many ratings there are.
    ratings: Int64,
    /// Krippendorff's alpha; of severities the ordinal one.
    alpha: Coefficient,
}

/// What came of a cycle of the weekly review.
#[derive(Debug)]
pub struct CycleReport(review_cycle::CycleReport);

/// What came of a cycle of the weekly review.
#[Object]
impl CycleReport {
    /// What became of its items.
    async fn items(&self) -> CycleItems {
        self.0.items.into()
    }

    /// The same by expert. Null to whoever does not administer.
    async fn experts(&self, ctx: &Context<'_>) -> Result<Option<Vec<ExpertCycleItems>>> {
        if session(ctx)?.actor.may(Permission::Administer).is_err() {
            return Ok(None);
        }
        let ids: Vec<_> = self.0.experts.iter().map(|one| one.expert).collect();
        let experts: Vec<Expert> = many(ctx, &ids).await?;
        let counts = |expert: &Expert| self.0.experts.iter().find(|one| one.expert == expert.0.id);
        let told = experts.into_iter().filter_map(|expert| {
            let items = counts(&expert)?.items.into();
            Some(ExpertCycleItems { expert, items })
        });
        Ok(Some(told.collect()))
    }

    /// By domain, what was most judged first; 200 at most.
    async fn domains(&self) -> Vec<CycleCoverage> {
        named(&self.0.domains)
    }

    /// By flaw: that senders suspected of traces that came in, and that reviews found; 200 at most.
    async fn flaws(&self) -> Vec<CycleCoverage> {
        named(&self.0.flaws)
    }

    /// By the model that answered; 200 at most.
    async fn models(&self, ctx: &Context<'_>) -> Result<Vec<ModelCoverage>> {
        let ids: Vec<_> = self.0.models.iter().map(|one| one.of).collect();
        let models: Vec<ModelVersion> = many(ctx, &ids).await?;
        let counts = |model: &ModelVersion| self.0.models.iter().find(|one| one.of == model.0.id);
        let told = models.into_iter().filter_map(|model| {
            let of = counts(&model)?;
            let (traces, reviewed) = (Int64(of.traces), Int64(of.reviewed));
            Some(ModelCoverage { model, traces, reviewed })
        });
        Ok(told.collect())
    }

    /// How far its experts agreed, by question.
    async fn agreement(&self) -> Vec<CycleAgreement> {
        self.0.agreement.iter().map(agreed).collect()
    }
}

fn named(parts: &[review_cycle::Coverage<String>]) -> Vec<CycleCoverage> {
    let told = parts.iter().map(|one| CycleCoverage {
        name: one.of.clone(),
        traces: Int64(one.traces),
        reviewed: Int64(one.reviewed),
    });
    told.collect()
}

fn agreed(of: &review_cycle::CycleAgreement) -> CycleAgreement {
    let number = |count: usize| Int64(i64::try_from(count).unwrap_or(i64::MAX));
    CycleAgreement {
        question: of.question.into(),
        traces: number(of.traces),
        experts: number(of.experts),
        ratings: number(of.ratings),
        alpha: Coefficient { value: of.alpha, low: of.low, high: of.high, undefined: of.undefined.map(Into::into) },
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ReviewCycleQuery;

#[Object]
impl ReviewCycleQuery {
    /// Cycles of the weekly review that were opened, newest first.
    async fn review_cycles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<ReviewCycle>> {
        let page = PageArgs { first, last, after, before }.by_id::<ReviewCycleId>()?;
        let mut tx = reading(ctx).await?;
        let page = tx.review_cycles(page).await.or_fault()?;
        Ok(connect(page.map(ReviewCycle), |record| record.0.id.to_string()))
    }
}
