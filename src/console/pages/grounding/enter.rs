//! `/grounding/enter`: a new fact, with its source where that is new too.

use atr_core::{
    domain::{
        Rejection,
        grounding::{FactInput, NewGrounding, Source, SourceInput, TrustTier},
        intake::ItemOutcome,
    },
    store::{PageRequest, SourceFilter},
};
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    app::{
        AppError,
        record_grounding::{may_vouch, record_grounding},
    },
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::sign_in::refusing,
    },
    http::AppState,
};

/// How many sources are proposed where one is named.
const PROPOSED: i64 = 100;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/grounding/enter", May::Propose, page), Door::post("/grounding/enter", May::Propose, enter)]
}

/// The form, and what of it is filled in before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    external_id: String,
    source: String,
    domain: String,
    subject: String,
    statement: String,
    quote: String,
    valid_from: String,
    valid_to: String,
    /// Whether a curator leaves it to be vouched for later.
    proposed: String,
    publisher: String,
    title: String,
    url: String,
    doi: String,
    licence: String,
    trust_tier: String,
}

#[derive(askama::Template)]
#[template(path = "fact_enter.html")]
struct Page<'a> {
    frame: &'a Frame,
    sent: &'a Sent,
    tiers: &'static [TrustTier],
    sources: Vec<Source>,
    may_vouch: bool,
    refused: Option<&'a str>,
}

async fn page(State(state): State<AppState>, visitor: Visitor, Query(sent): Query<Sent>) -> Result<Response, Fault> {
    let sources = newest_sources(&state, &visitor).await?;
    Ok(form(&visitor, &sent, sources, None))
}

async fn newest_sources(state: &AppState, visitor: &Visitor) -> Result<Vec<Source>, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    Ok(tx.sources(&SourceFilter::default(), PageRequest::first(PROPOSED)).await?.rows)
}

fn form(visitor: &Visitor, sent: &Sent, sources: Vec<Source>, refused: Option<&str>) -> Response {
    let may_vouch = may_vouch(&visitor.actor).is_ok_and(|may| may);
    written(&Page { frame: &visitor.frame, sent, tiers: TrustTier::ALL, sources, may_vouch, refused })
}

impl Sent {
    /// The source, where a new one is described.
    fn source(&self) -> Option<Result<NewGrounding, Rejection>> {
        if [&self.publisher, &self.title].into_iter().all(|text| text.trim().is_empty()) {
            return None;
        }
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let input = SourceInput {
            external_id: self.source.trim().to_owned(),
            publisher: self.publisher.trim().to_owned(),
            title: self.title.trim().to_owned(),
            url: given(&self.url),
            doi: given(&self.doi),
            licence: self.licence.trim().to_owned(),
            trust_tier: self.trust_tier.parse().ok(),
            retrieved_at: None,
            refresh_hours: None,
        };
        Some(input.try_into().map(NewGrounding::Source))
    }

    fn fact(&self) -> Result<NewGrounding, Rejection> {
        let date = |field: &str, text: &str| -> Result<Option<NaiveDate>, Rejection> {
            let given = Some(text.trim()).filter(|text| !text.is_empty());
            given
                .map(|text| text.parse().map_err(|_| Rejection::new(field, "is no date: give one as 2026-11-24")))
                .transpose()
        };
        let input = FactInput {
            external_id: self.external_id.trim().to_owned(),
            source: self.source.trim().to_owned(),
            domain: self.domain.trim().to_owned(),
            subject: self.subject.trim().to_owned(),
            statement: self.statement.trim().to_owned(),
            quote: Some(self.quote.clone()),
            valid_from: date("valid_from", &self.valid_from)?,
            valid_to: date("valid_to", &self.valid_to)?,
            state: if self.proposed.is_empty() { None } else { "proposed".parse().ok() },
            attachments: vec![],
        };
        input.try_into().map(NewGrounding::Fact)
    }
}

async fn enter(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    match entered(&state, &visitor, &sent).await {
        Ok(id) => Ok(see_other(&format!("/grounding/{id}"))),
        Err(error) => {
            let sources = newest_sources(&state, &visitor).await?;
            refusing(error, |refused| form(&visitor, &sent, sources, Some(refused)))
        }
    }
}

/// Enters the fact, its source first where that is new; its id.
async fn entered(state: &AppState, visitor: &Visitor, sent: &Sent) -> Result<String, AppError> {
    let fact = sent.fact()?;
    let source = sent.source().transpose()?;
    let items = source.into_iter().chain([fact]).map(Ok).collect();
    let outcome = record_grounding(&state.app, &visitor.actor, items, None).await?;
    let mut entered = Err(AppError::Conflict("nothing was entered: try again".to_owned()));
    for item in outcome.items {
        entered = match item {
            ItemOutcome::Stored(id) | ItemOutcome::Duplicate(id) => Ok(id),
            // Of a source that was refused: what is said of its fact then says less.
            ItemOutcome::Rejected { field, message } | ItemOutcome::Quarantined { field, message, .. } => {
                return Err(AppError::invalid(field, message));
            }
            ItemOutcome::Filtered { rule } => return Err(AppError::Conflict(rule)),
        };
    }
    entered
}
