//! What an expert corrects and cites a source for becomes proposed facts: nothing is held against them until a curator has
//! vouched for them.

use atr_core::{
    domain::{
        Rejection,
        citation::{Citation, CitationKind},
        grounding::{FactInput, FactState, NewFact, NewSource, SourceInput, TrustTier},
        judgement::ClaimVerdict,
        lineage::{Edge, Relation},
        review::Review,
        trace::Trace,
    },
    ids::{ReviewId, SourceId},
    store::{FactEntry, Tx},
};
use url::Url;

use super::{
    judge::{Answered, JudgedClaim, judge},
    parsed_facts::ParsedFacts,
};
use crate::StageError;

/// The most facts that one correction proposes.
const MOST: usize = 10;

/// Proposes what a review's correction states and no fact says yet. Who cites a fact rests on what is known.
pub(super) async fn propose(tx: &mut Tx, parsed: &ParsedFacts, review: ReviewId) -> Result<(), StageError> {
    let Some(review) = tx.reviews_by_id(&[review]).await?.pop() else {
        return Err(StageError::Lasting(format!("there is no review {review}")));
    };
    let trace = tx.traces_by_id(&[review.trace]).await?.pop();
    let citations = tx.citations_of_reviews(&[review.id]).await?;
    let cited = citations.iter().find(|cited| cited.kind != CitationKind::Fact);
    let (Some(trace), Some(cited), Some(correction)) = (trace, cited, &review.corrected_answer) else { return Ok(()) };
    let answered = Answered { query: trace.query.clone(), answer: correction.clone() };
    let claims = judge(tx, parsed, vec![answered]).await?.pop().unwrap_or_default();
    let proposed = proposals(&review, &trace, cited, claims);
    let proposed = proposed.map_err(|refused| StageError::Lasting(refused.to_string()))?;
    if proposed.is_empty() {
        return Ok(());
    }
    let Some(source) = source_of(tx, cited).await? else { return Ok(()) };
    let entry = |fact| FactEntry { fact, source, state: FactState::Proposed, review: Some(review.id) };
    let entries: Vec<FactEntry<'_>> = proposed.iter().map(entry).collect();
    let entered = tx.insert_facts(&entries, None).await?;
    let of_review = entered.iter().map(|fact| Edge::new(fact.id, Relation::WasDerivedFrom, review.id));
    let of_source = entered.iter().map(|fact| Edge::new(fact.id, Relation::WasDerivedFrom, source));
    tx.note_lineage(&of_review.chain(of_source).collect::<Vec<_>>()).await?;
    Ok(())
}

/// What the claims of a correction state that facts could decide and none supports. Sent again, it is the same: what a fact is
/// called tells the review and its place.
fn proposals(
    review: &Review,
    trace: &Trace,
    cited: &Citation,
    claims: Vec<JudgedClaim>,
) -> Result<Vec<NewFact>, Rejection> {
    let new = claims.into_iter().filter(|claim| claim.check_worthy && claim.verdict != ClaimVerdict::Supported);
    new.take(MOST)
        .enumerate()
        .map(|(place, claim)| {
            NewFact::try_from(FactInput {
                external_id: format!("{}/{place}", review.id),
                source: cited.raw.chars().take(200).collect(),
                domain: trace.domain.clone(),
                subject: trace.query.chars().take(500).collect(),
                statement: claim.resolved,
                quote: cited.quoted.clone(),
                valid_from: None,
                valid_to: None,
                state: Some(FactState::Proposed),
                attachments: vec![],
            })
        })
        .collect()
}

/// The source that a citation names: the one that is known or, for an address or a DOI that nobody entered, one that is entered
/// with what is known of it. None where a name leads to nothing.
async fn source_of(tx: &mut Tx, cited: &Citation) -> Result<Option<SourceId>, StageError> {
    if cited.source.is_some() {
        return Ok(cited.source);
    }
    let (url, doi, publisher) = match cited.kind {
        CitationKind::Url => {
            let host = Url::parse(&cited.raw).ok().and_then(|url| url.host_str().map(str::to_owned));
            (Some(cited.raw.clone()), None, host)
        }
        CitationKind::Doi => (None, Some(cited.raw.clone()), Some("unknown".to_owned())),
        CitationKind::Marker | CitationKind::Source | CitationKind::Fact => return Ok(None),
    };
    let Some(publisher) = publisher else { return Ok(None) };
    let source = NewSource::try_from(SourceInput {
        external_id: cited.raw.chars().take(256).collect(),
        publisher,
        title: cited.raw.chars().take(1000).collect(),
        url,
        doi,
        licence: "unknown".to_owned(),
        trust_tier: Some(TrustTier::Community),
        retrieved_at: None,
        refresh_hours: None,
    });
    let source = source.map_err(|refused| StageError::Lasting(refused.to_string()))?;
    Ok(tx.insert_sources(&[source]).await?.pop().map(|entered| entered.id))
}
