//! Reads traces, holds their claims against the facts that a search finds, and writes what came of it.

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        citation::{Citation, CitationOrigin},
        judgement::{Claim as ClaimRecord, Verification},
        lineage::{Edge, Relation},
        trace::Trace,
    },
    ids::{FactId, Ids, SourceId, TraceId, VerificationId},
    queue::{Claim, NewTask, Work},
    store::Tx,
};
use chrono::{DateTime, Utc};

use super::{
    contrast::contrast,
    judge::{Answered, Counts, hold_claims},
    opinion::{self, Consulted, consult},
    proposals::propose,
    quotes::place,
    sources::{CheckedCitation, cite},
};
use crate::{Context, StageError};

/// Version of the rules; kept with every verification.
pub const VERSION: &str = "verify-4";

/// How many facts are held against one claim.
pub(super) const FACTS: u16 = 20;
/// How many traces one task of verifying what rests on a fact looks at.
const PAGE: i64 = 200;
/// How often a judge is tried that cannot be reached, before the rules' word stands.
const JUDGE_ATTEMPTS: i16 = 5;

/// Verifies a batch of traces of one project, in one transaction.
pub(crate) async fn run(cx: &Context, tasks: &[Claim]) -> Result<(), StageError> {
    let Some(first) = tasks.first() else { return Ok(()) };
    let mut tx = cx.store.begin_for(first).await?;
    let (mut traces, mut contrasted) = (BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        match &task.work {
            Work::VerifyTrace { trace } => drop(traces.insert(*trace)),
            Work::VerifyDependents { fact, after } => verify_dependents(&mut tx, *fact, *after).await?,
            Work::ContrastFacts { facts } => contrasted.extend(facts),
            Work::PlaceQuotes { copy, after } => place(&mut tx, *copy, *after).await?,
            Work::VerifySource { source, after } => verify_source(&mut tx, *source, *after).await?,
            Work::VerifyCiting { source, after } => verify_citing(&mut tx, *source, *after).await?,
            Work::ProposeFacts { review } => propose(&mut tx, &cx.parsed_facts, *review).await?,
            _ => {}
        }
    }
    contrast(&mut tx, &contrasted).await?;
    let traces = tx.traces_by_id(&traces.into_iter().collect::<Vec<_>>()).await?;
    let answers = traces.iter().map(|trace| Answered { query: trace.query.clone(), answer: trace.answer.clone() });
    let held = hold_claims(&mut tx, &cx.parsed_facts, answers.collect()).await?;
    let judged: Vec<Consulted> = match &cx.judge {
        Some(judge) => {
            let answers = traces.iter().map(|trace| trace.query.clone()).zip(held).collect();
            consult(&mut tx, judge.model(), answers).await?
        }
        None => held.into_iter().map(Consulted::by_rules).collect(),
    };
    // What a judge was not asked yet is asked apart: a trace is scored by the rules' word meanwhile, and verified again then.
    let unasked = traces.iter().zip(&judged).filter(|(_, consulted)| !consulted.unasked.is_empty());
    let ask = unasked
        .map(|(trace, _)| NewTask { max_attempts: JUDGE_ATTEMPTS, ..Work::JudgeClaims { trace: trace.id }.into() });
    let ask: Vec<NewTask> = ask.collect();
    let cited = cite(&mut tx, traces.iter().map(|trace| trace.answer.clone()).collect()).await?;
    let (ids, now) = (cx.store.ids().clone(), tx.now());
    let mut written = Written::default();
    for ((trace, consulted), citations) in traces.iter().zip(judged).zip(cited) {
        written.add(trace, consulted, citations, &ids, now);
    }
    tx.insert_verifications(&written.runs, &written.claims).await?;
    tx.insert_citations(&written.citations).await?;
    tx.note_lineage(&written.edges).await?;
    tx.enqueue_all(written.runs.iter().map(|run| Work::ScoreTrace { trace: run.trace })).await?;
    tx.enqueue_all(ask).await?;
    tx.succeed_all(tasks).await?;
    Ok(tx.commit().await?)
}

/// Enqueues that what rests on a page of a source's facts is verified again, and the next page.
async fn verify_source(tx: &mut Tx, source: SourceId, after: Option<FactId>) -> Result<(), StageError> {
    let (facts, last) = tx.facts_in_use_of_source(source, after).await?;
    if last.is_some() {
        tx.enqueue(Work::VerifySource { source, after: last }).await?;
    }
    tx.enqueue_all(facts.into_iter().map(|fact| Work::VerifyDependents { fact, after: None })).await?;
    Ok(())
}

async fn verify_citing(tx: &mut Tx, source: SourceId, after: Option<TraceId>) -> Result<(), StageError> {
    let page = tx.traces_citing_source(source, after, PAGE).await?;
    if page.len() as i64 == PAGE {
        tx.enqueue(Work::VerifyCiting { source, after: page.last().copied() }).await?;
    }
    tx.enqueue_all(page.into_iter().map(|trace| Work::VerifyTrace { trace })).await?;
    Ok(())
}

async fn verify_dependents(tx: &mut Tx, fact: FactId, after: Option<TraceId>) -> Result<(), StageError> {
    let page = tx.traces_resting_on_fact(fact, after, PAGE).await?;
    if page.len() as i64 == PAGE {
        tx.enqueue(Work::VerifyDependents { fact, after: page.last().copied() }).await?;
    }
    tx.enqueue_all(page.into_iter().map(|trace| Work::VerifyTrace { trace })).await?;
    Ok(())
}

/// The rules take the processor: off the threads that serve I/O.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StageError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StageError::Lasting(error.to_string()))
}

/// What is written for a batch.
#[derive(Default)]
struct Written {
    runs: Vec<Verification>,
    claims: Vec<ClaimRecord>,
    citations: Vec<Citation>,
    edges: Vec<Edge>,
}

impl Written {
    /// Adds a trace, its judged claims and its citations.
    fn add(
        &mut self,
        trace: &Trace,
        Consulted { claims, .. }: Consulted,
        citations: Vec<CheckedCitation>,
        ids: &Ids,
        now: DateTime<Utc>,
    ) {
        let id: VerificationId = ids.make();
        let Counts { supported, contradicted, unverifiable } = Counts::of(claims.iter().map(|(claim, _)| claim));
        let heard = claims.iter().any(|(_, opinion)| opinion.is_some());
        let rules_version = if heard { format!("{VERSION}+{}", opinion::VERSION) } else { VERSION.to_owned() };
        self.runs.push(Verification {
            id,
            trace: trace.id,
            supported,
            contradicted,
            unverifiable,
            rules_version,
            at: now,
        });
        self.edges.push(Edge { from: id.into(), to: trace.id.into(), relation: Relation::WasDerivedFrom });
        for (ordinal, (claim, opinion)) in (0..).zip(claims) {
            if let Some(fact) = claim.deciding {
                self.edges.push(Edge { from: id.into(), to: fact.into(), relation: Relation::Used });
            }
            self.claims.push(ClaimRecord {
                id: ids.make(),
                verification: id,
                trace: trace.id,
                ordinal,
                span: claim.said.span.offsets(),
                text: claim.said.text,
                resolved: claim.resolved,
                check_worthy: claim.check_worthy,
                verdict: claim.verdict,
                score: claim.score,
                deciding_fact: claim.deciding,
                fact_span: claim.fact_span,
                lapsed_fact: claim.lapsed,
                reason: claim.reason,
                leaning: claim.leaning,
                opinion,
            });
        }
        for checked in citations {
            self.citations.push(Citation {
                id: ids.make(),
                trace: trace.id,
                origin: CitationOrigin::Verification(id),
                kind: checked.kind,
                raw: checked.span.of(&trace.answer).to_owned(),
                span: Some(checked.span.offsets()),
                source: checked.source,
                fact: None,
                quoted: checked.quoted,
                state: checked.state,
                reason: checked.reason,
                copy: checked.copy,
                copy_span: checked.copy_span.map(|span| span.offsets()),
            });
        }
    }
}
