//! Keeping facts and experts.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_core::{
    domain::expert::{Absence, ExpertChange, ExpertInput},
    ids::FactId,
    store::StateChanged,
};

use chrono::NaiveDate;

use super::{id, payload};
use crate::{
    app::{Actor, App, AppError, experts, fact_states, source_copies},
    graphql::{
        expert::Expert,
        grounding::{FactChange, Source},
        session::{Session, session},
        words::ExpertKind,
    },
};

payload! {
    /// What became of a fact's state.
    FactPayload {
        /// The change that put the fact in that state: this one, or an earlier one if it was in it already.
        change: FactChange
    }
}

payload! {
    /// What became of a source.
    SourcePayload {
        /// The source.
        source: Source
    }
}

payload! {
    /// What became of an expert.
    ExpertPayload {
        /// The expert.
        expert: Expert
    }
}

/// A new expert.
#[derive(Debug, InputObject)]
pub struct CreateExpertInput {
    /// The pseudonym under which they review: 1 to 100 letters, digits and `-_.`; it never changes.
    handle: String,
    /// Whether it is a person, or a program: no row then claims that a person wrote what it corrects.
    #[graphql(default_with = "ExpertKind::Person")]
    kind: ExpertKind,
    /// The domains they judge; none means every domain.
    #[graphql(default)]
    domains: Vec<String>,
    /// BCP 47 tags of the languages they read; none means every language.
    #[graphql(default)]
    languages: Vec<String>,
    /// How many items a week they take, 0 to 10,000.
    weekly_capacity: i32,
}

/// What of an expert shall change; what is not given stays.
#[derive(Debug, InputObject)]
pub struct UpdateExpertInput {
    /// The domains from now on; none means every domain.
    domains: Option<Vec<String>>,
    /// The languages from now on; none means every language.
    languages: Option<Vec<String>>,
    /// Items a week from now on.
    weekly_capacity: Option<i32>,
    /// Whether items are routed to the expert from now on.
    active: Option<bool>,
    /// When they are away, from now on; what was entered before goes.
    away: Option<Vec<AbsenceInput>>,
}

/// Days on which an expert is away.
#[derive(Debug, InputObject)]
pub struct AbsenceInput {
    /// The first.
    first: NaiveDate,
    /// The last; not before the first.
    last: NaiveDate,
}

fn changed(change: StateChanged) -> FactChange {
    match change {
        StateChanged::Recorded(change) | StateChanged::Already(change) => FactChange(change),
    }
}

/// Mutations of facts and experts.
#[derive(Debug, Default)]
pub struct CurateMutation;

#[Object]
impl CurateMutation {
    /// Retracts a fact that turned out false: no claim is held against it from now on, and what was judged by it is
    /// judged again. Snapshots that were sealed before stay as they are. For curators.
    async fn retract_fact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fact.")] fact: ID,
        #[graphql(desc = "Why, in 1 to 2,000 characters.")] reason: String,
    ) -> Result<FactPayload> {
        let Session { app, actor, .. } = session(ctx)?;
        let result = on(&fact, |fact| fact_states::retract(app, actor, fact, &reason)).await;
        FactPayload::of(result, changed)
    }

    /// Puts a fact in doubt: no claim is held against it until the doubt is settled, and what was judged by it is
    /// judged again. For curators.
    async fn dispute_fact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fact.")] fact: ID,
        #[graphql(desc = "Why, in 1 to 2,000 characters.")] reason: String,
    ) -> Result<FactPayload> {
        let Session { app, actor, .. } = session(ctx)?;
        let result = on(&fact, |fact| fact_states::dispute(app, actor, fact, &reason)).await;
        FactPayload::of(result, changed)
    }

    /// Vouches for a fact: claims are held against it from now on, and what once rested on it is judged again. For
    /// curators.
    async fn verify_fact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fact.")] fact: ID,
        #[graphql(desc = "Why, in 1 to 2,000 characters.")] reason: String,
    ) -> Result<FactPayload> {
        let Session { app, actor, .. } = session(ctx)?;
        let result = on(&fact, |fact| fact_states::verify(app, actor, fact, &reason)).await;
        FactPayload::of(result, changed)
    }

    /// Says that a fact was true, and that another, which is verified, holds instead: no claim is held against it from now on, and what
    /// was judged by it is judged again. For curators.
    async fn supersede_fact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fact.")] fact: ID,
        #[graphql(desc = "The fact that holds instead.")] by: ID,
        #[graphql(desc = "Why, in 1 to 2,000 characters.")] reason: String,
    ) -> Result<FactPayload> {
        let Session { app, actor, .. } = session(ctx)?;
        let superseded = async {
            let (fact, by) = (id("fact", &fact)?, id("by", &by)?);
            fact_states::supersede(app, actor, fact, by, &reason).await
        };
        FactPayload::of(superseded.await, changed)
    }

    /// Has a source fetched from its address, soon, where the operator allows that. For curators.
    async fn fetch_source(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The source.")] source: ID,
    ) -> Result<SourcePayload> {
        let Session { app, actor, .. } = session(ctx)?;
        let asked = async { source_copies::fetch(app, actor, id("source", &source)?).await };
        SourcePayload::of(asked.await, Source)
    }

    /// Says after how many hours a source is to be read again: where it is not, no claim is held against its facts until it is. For
    /// curators.
    async fn set_source_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The source.")] source: ID,
        #[graphql(desc = "After how many hours, 1 to 87,600; null: never.")] hours: Option<i32>,
    ) -> Result<SourcePayload> {
        let Session { app, actor, .. } = session(ctx)?;
        let said = async { source_copies::set_refresh_hours(app, actor, id("source", &source)?, hours).await };
        SourcePayload::of(said.await, Source)
    }

    /// Enters an expert, to whom items are routed from then on. For administrators.
    async fn create_expert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expert.")] input: CreateExpertInput,
    ) -> Result<ExpertPayload> {
        let session = session(ctx)?;
        let CreateExpertInput { handle, kind, domains, languages, weekly_capacity } = input;
        let wanted = ExpertInput { handle, domains, languages, weekly_capacity };
        let entered = match kind {
            ExpertKind::Person => experts::create(&session.app, &session.actor, wanted).await,
            ExpertKind::Program => experts::create_program(&session.app, &session.actor, wanted).await,
        };
        ExpertPayload::of(entered, Expert)
    }

    /// Changes what of an expert may change. For administrators.
    async fn update_expert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expert.")] expert: ID,
        #[graphql(desc = "What shall change.")] input: UpdateExpertInput,
    ) -> Result<ExpertPayload> {
        let session = session(ctx)?;
        ExpertPayload::of(update(&session.app, &session.actor, &expert, input).await, Expert)
    }
}

/// Does something to the fact with this id.
async fn on<T, F: Future<Output = Result<T, AppError>>>(
    fact: &str,
    what: impl FnOnce(FactId) -> F,
) -> Result<T, AppError> {
    what(id("fact", fact)?).await
}

async fn update(
    app: &App,
    actor: &Actor,
    expert: &str,
    input: UpdateExpertInput,
) -> Result<atr_core::domain::expert::Expert, AppError> {
    let UpdateExpertInput { domains, languages, weekly_capacity, active, away } = input;
    let away = away
        .map(|away| away.iter().map(|AbsenceInput { first, last }| Absence { first: *first, last: *last }).collect());
    let change = ExpertChange { domains, languages, weekly_capacity, active, away };
    experts::update(app, actor, id("expert", expert)?, change).await
}
