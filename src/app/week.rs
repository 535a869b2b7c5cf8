//! The weekly review as its expert sees it: their week, and an item with all that a judgement is made with.

use std::collections::HashMap;

use atr_core::{
    domain::{
        assignment::{Assignment, RoutingReason},
        attachment::AttachedFile,
        calendar::Cycle,
        citation::{Citation, CitationInput, CitationKind, CitationState},
        grounding::{Fact, Source},
        guideline::Guideline,
        judgement::{Claim, ClaimVerdict, Finding},
        review::{ClaimMarkInput, DraftContent, Review, StepInput, StepMarkInput},
        suggestion::Suggestion,
        trace::{Step, Trace},
    },
    ids::{AssignmentId, CitationId, ClaimId, ExpertId, FactId, SourceId, TraceId},
    store::{BroughtAbout, Tx, WeekItem},
};
use chrono::{DateTime, Utc};

use super::{
    Actor, AppError,
    assignments::{own_desk, own_item, reason_for},
    review_calendar,
};

/// The most claims of an answer that are told.
const CLAIMS: usize = 100;

/// An expert's week.
#[derive(Debug)]
pub struct Week {
    /// The cycle that is open.
    pub cycle: Cycle,
    /// What they were asked in it, by rank.
    pub items: Vec<WeekItem>,
    /// What came of what they judged.
    pub brought_about: BroughtAbout,
}

/// The caller's week.
///
/// # Errors
/// If the caller is no expert, or the database is out of reach.
pub async fn week(tx: &mut Tx, actor: &Actor) -> Result<Week, AppError> {
    let expert = own_desk(actor)?;
    let cycle = review_calendar::cycle(tx, None).await?;
    let items = tx.week_of(expert, cycle.name).await?;
    let brought_about = tx.brought_about(expert, cycle.name).await?;
    Ok(Week { cycle, items, brought_about })
}

/// An item with all that its expert judges it by.
#[derive(Debug)]
pub struct Item {
    /// The assignment.
    pub assignment: Assignment,
    /// Why it was routed, as far as its expert may know.
    pub reason: RoutingReason,
    /// What is judged.
    pub trace: Trace,
    /// Its reasoning.
    pub steps: Vec<Step>,
    /// The pictures that it refers to.
    pub pictures: Vec<AttachedFile>,
    /// What its answer claims, in order.
    pub claims: Vec<ClaimSeen>,
    /// What its answer cites, in order.
    pub citations: Vec<CitationSeen>,
    /// What the machine found; none until the expert may see it.
    pub machine: Option<Machine>,
    /// How answers of its domain are to be judged.
    pub guideline: Option<Guideline>,
    /// What is written of the review: the draft, or else the review that was given.
    pub written: DraftContent,
    /// The version of the draft; 0 where there is none.
    pub version: i32,
    /// When the draft was saved.
    pub saved_at: Option<DateTime<Utc>>,
    /// Whether a review was given, so that the next one is a revision.
    pub given: bool,
}

/// A claim of an answer.
#[derive(Debug)]
pub struct ClaimSeen {
    /// Its id.
    pub id: ClaimId,
    /// Byte offsets in the answer: its beginning and the byte after its end.
    pub span: (usize, usize),
    /// Its words.
    pub text: String,
    /// The fact that is nearest to it, and who says so.
    pub evidence: Option<(Fact, Source)>,
    /// What the machine finds of it; none until the expert may see it.
    pub found: Option<ClaimFound>,
}

/// What the machine finds of a claim.
#[derive(Debug)]
pub struct ClaimFound {
    /// What the facts say.
    pub verdict: ClaimVerdict,
    /// Why, in words.
    pub reason: String,
    /// Byte offsets of the deciding words in the fact's statement.
    pub aligned: Option<(usize, usize)>,
}

/// A citation in an answer.
#[derive(Debug)]
pub struct CitationSeen {
    /// Its id.
    pub id: CitationId,
    /// As written.
    pub raw: String,
    /// The words it claims to quote.
    pub quoted: Option<String>,
    /// The source that it names.
    pub source: Option<Source>,
    /// What the machine finds of it: whether it holds, and why; none until the expert may see it.
    pub found: Option<(CitationState, String)>,
}

/// What the machine found of a trace.
#[derive(Debug)]
pub struct Machine {
    /// What it suggests.
    pub suggestion: Option<Suggestion>,
    /// Faults of the reasoning.
    pub findings: Vec<Finding>,
    /// Whether the expert bore the suggestion out.
    pub borne_out: Option<bool>,
}

/// An item of the caller's.
///
/// # Errors
/// As [`own_item`].
pub async fn item(tx: &mut Tx, actor: &Actor, id: AssignmentId) -> Result<Item, AppError> {
    let assignment = own_item(tx, actor, id).await?;
    let expert = assignment.expert;
    let missing = || AppError::NotFound { what: "trace", name: assignment.trace.to_string() };
    let trace = tx.traces_by_id(&[assignment.trace]).await?.pop().ok_or_else(missing)?;
    let steps = tx.steps_of_traces(&[trace.id]).await?;
    let pictures = tx.attachments_of(&[trace.id]).await?.into_iter().map(|(_, picture)| picture).collect();
    let shows = assignment.shows_suggestions();
    let Found { claims, citations, findings } = found_of(tx, trace.id).await?;
    let review = own_review(tx, trace.id, expert).await?;
    let machine = match shows {
        true => {
            let noted = tx.suggestions_of_assignments(&[id]).await?.pop().map(|(_, suggestion)| suggestion);
            let suggestion = noted.or_else(|| Suggestion::of(&claims, &findings));
            let borne_out = suggestion.zip(review.as_ref()).and_then(|(it, review)| it.is_borne_out_by(review));
            Some(Machine { suggestion, findings, borne_out })
        }
        false => None,
    };
    let (facts, sources) = evidence(tx, &claims, &citations).await?;
    let guideline = tx.guideline_for(&trace.domain).await?;
    let draft = tx.draft(trace.id, expert).await?;
    let (version, saved_at) = draft.as_ref().map_or((0, None), |draft| (draft.version, Some(draft.saved_at)));
    let written = match (draft, &review) {
        (Some(draft), _) => draft.content,
        (None, Some(review)) => {
            let cited = tx.citations_of_reviews(&[review.id]).await?;
            written_again(review, cited)
        }
        (None, None) => DraftContent::default(),
    };
    Ok(Item {
        claims: claims.into_iter().take(CLAIMS).map(|claim| seen(claim, shows, &facts, &sources)).collect(),
        citations: citations
            .into_iter()
            .map(|cited| CitationSeen {
                id: cited.id,
                raw: cited.raw,
                quoted: cited.quoted,
                source: cited.source.and_then(|source| sources.get(&source).cloned()),
                found: shows.then_some((cited.state, cited.reason)),
            })
            .collect(),
        given: review.is_some(),
        reason: reason_for(actor, &assignment, &trace.domain),
        assignment,
        trace,
        steps,
        pictures,
        machine,
        guideline,
        written,
        version,
        saved_at,
    })
}

/// What the machine found of a trace last.
struct Found {
    claims: Vec<Claim>,
    citations: Vec<Citation>,
    findings: Vec<Finding>,
}

async fn found_of(tx: &mut Tx, trace: TraceId) -> Result<Found, AppError> {
    let (claims, citations) = match tx.latest_verifications_of_traces(&[trace]).await?.pop() {
        Some(run) => (tx.claims_of_verifications(&[run.id]).await?, tx.citations_of_verifications(&[run.id]).await?),
        None => (vec![], vec![]),
    };
    let score = tx.latest_scores_of_traces(&[trace]).await?.pop();
    Ok(Found { claims, citations, findings: score.map_or_else(Vec::new, |score| score.findings) })
}

/// What the machine suggests of a trace now.
///
/// # Errors
/// If the database is out of reach.
pub(super) async fn suggested(tx: &mut Tx, trace: TraceId) -> Result<Option<Suggestion>, AppError> {
    let found = found_of(tx, trace).await?;
    Ok(Suggestion::of(&found.claims, &found.findings))
}

async fn own_review(tx: &mut Tx, trace: TraceId, expert: ExpertId) -> Result<Option<Review>, AppError> {
    Ok(tx.latest_reviews_of_traces(&[trace]).await?.into_iter().find(|review| review.expert == expert))
}

/// The facts and sources that claims and citations name.
async fn evidence(
    tx: &mut Tx,
    claims: &[Claim],
    citations: &[Citation],
) -> Result<(HashMap<FactId, Fact>, HashMap<SourceId, Source>), AppError> {
    let facts: Vec<_> = claims.iter().take(CLAIMS).filter_map(|claim| claim.deciding_fact).collect();
    let facts = tx.facts_by_id(&facts).await?;
    let sources: Vec<_> =
        facts.iter().map(|fact| fact.source).chain(citations.iter().filter_map(|cited| cited.source)).collect();
    let sources = tx.sources_by_id(&sources).await?;
    Ok((
        facts.into_iter().map(|fact| (fact.id, fact)).collect(),
        sources.into_iter().map(|source| (source.id, source)).collect(),
    ))
}

fn seen(claim: Claim, shows: bool, facts: &HashMap<FactId, Fact>, sources: &HashMap<SourceId, Source>) -> ClaimSeen {
    let fact = claim.deciding_fact.and_then(|fact| facts.get(&fact));
    let evidence = fact.and_then(|fact| Some((fact.clone(), sources.get(&fact.source)?.clone())));
    let place = |(from, to): (i32, i32)| (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0));
    let found = ClaimFound { verdict: claim.verdict, reason: claim.reason, aligned: claim.fact_span.map(place) };
    ClaimSeen { id: claim.id, span: place(claim.span), text: claim.text, evidence, found: shows.then_some(found) }
}

/// A review as it is written to be given again, changed.
fn written_again(review: &Review, cited: Vec<Citation>) -> DraftContent {
    let cited = cited.into_iter().map(|citation| {
        let (name, none) = (Some(citation.raw), CitationInput { quoted: citation.quoted, ..CitationInput::default() });
        match citation.kind {
            CitationKind::Fact => CitationInput { fact: name, ..none },
            CitationKind::Url => CitationInput { url: name, ..none },
            CitationKind::Doi => CitationInput { doi: name, ..none },
            // A review has no marks.
            CitationKind::Source | CitationKind::Marker => CitationInput { source: name, ..none },
        }
    });
    DraftContent {
        verdict: Some(review.verdict),
        severity: review.severity,
        suspect_step: review.suspect_step.map(|step| StepInput::Ordinal(step.into())),
        flaw_labels: review.flaw_labels.clone(),
        corrected_answer: review.corrected_answer.clone(),
        corrected_steps: review.corrected_steps.clone(),
        citations: cited.collect(),
        rationale: review.rationale.clone(),
        seconds_spent: review.seconds_spent,
        step_marks: review
            .step_marks
            .iter()
            .map(|mark| StepMarkInput {
                step: StepInput::Ordinal(mark.step.into()),
                finding: mark.finding,
                note: mark.note.clone(),
            })
            .collect(),
        claim_marks: review
            .claim_marks
            .iter()
            .map(|mark| ClaimMarkInput {
                claim: mark.claim.to_string(),
                verdict: mark.verdict,
                note: mark.note.clone(),
            })
            .collect(),
    }
}
