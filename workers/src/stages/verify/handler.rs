//! Reads traces, holds their claims against the facts that a search finds, and writes what came of it.

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        citation::{Citation, CitationOrigin},
        judgement::{Claim as ClaimRecord, ClaimVerdict, Verification},
        lineage::{Edge, Relation},
        trace::Trace,
    },
    ids::{FactId, TraceId, VerificationId},
    queue::{Claim, Work},
    store::Tx,
};

use super::{
    citations::{self, CitationMention},
    claims::{self, ClaimSpan},
    contrast::contrast,
    decide::Judgement,
    parsed_facts::{Texts, hold},
    resolve::resolve,
    search::{Found, facts_for},
    search_terms::search_terms,
    sources::Sources,
};
use crate::{Context, StageError};

/// Version of the rules; kept with every verification.
pub const VERSION: &str = "verify-2";

/// How many facts are held against one claim.
pub(super) const FACTS: u16 = 20;
/// How many traces one task of verifying what rests on a fact looks at.
const PAGE: i64 = 200;

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
            _ => {}
        }
    }
    contrast(&mut tx, &contrasted).await?;
    let traces = tx.traces_by_id(&traces.into_iter().collect::<Vec<_>>()).await?;
    let split = blocking(move || traces.into_iter().map(Split::new).collect::<Vec<_>>()).await?;
    let queries: Vec<String> = split.iter().flat_map(|trace| trace.queries().map(str::to_owned)).collect();
    let found = facts_for(&mut tx, &queries, FACTS).await?;
    let sources = Sources::read(&mut tx, split.iter().flat_map(|trace| &trace.mentions)).await?;
    let (ids, now, parsed) = (cx.store.ids().clone(), tx.now(), cx.parsed_facts.clone());
    let judged = blocking(move || {
        let mut query = 0;
        let texts = parsed.texts(found.iter().flatten());
        let known = Known { found, texts, sources };
        let mut out = Written::default();
        for trace in split {
            out.add(trace, &mut query, &known, &ids, now);
        }
        out
    })
    .await?;
    tx.insert_verifications(&judged.runs, &judged.claims).await?;
    tx.insert_citations(&judged.citations).await?;
    tx.note_lineage(&judged.edges).await?;
    tx.enqueue_all(judged.runs.iter().map(|run| Work::ScoreTrace { trace: run.trace })).await?;
    tx.succeed_all(tasks).await?;
    Ok(tx.commit().await?)
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

/// A trace with the claims of its answer.
struct Split {
    trace: Trace,
    claims: Vec<(ClaimSpan, String, Option<String>)>,
    mentions: Vec<CitationMention>,
}

impl Split {
    fn new(trace: Trace) -> Self {
        let claims = claims::split(&trace.answer)
            .into_iter()
            .map(|claim| {
                let resolved = resolve(&trace.query, &claim.statement);
                // What is no assertion by itself may be one as the answer to its question.
                let worthy = claims::worth_checking(&resolved);
                let terms = worthy.then(|| search_terms(&resolved)).flatten();
                (claim, resolved, terms)
            })
            .collect();
        let mentions = citations::find(&trace.answer);
        Self { trace, claims, mentions }
    }

    fn queries(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().filter_map(|(_, _, terms)| terms.as_deref())
    }
}

/// What a batch is held against.
struct Known {
    /// The facts that each search found.
    found: Vec<Vec<Found>>,
    /// Their texts.
    texts: Texts,
    /// The sources that answers cite.
    sources: Sources,
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
    /// Judges a trace. `query` counts the searches in the order in which [`Split::queries`] gave them.
    fn add(
        &mut self,
        split: Split,
        query: &mut usize,
        known: &Known,
        ids: &atr_core::ids::Ids,
        now: chrono::DateTime<chrono::Utc>,
    ) {
        let id: VerificationId = ids.make();
        let trace = split.trace.id;
        let mut run = Verification {
            id,
            trace,
            supported: 0,
            contradicted: 0,
            unverifiable: 0,
            rules_version: VERSION.to_owned(),
            at: now,
        };
        self.edges.push(Edge { from: id.into(), to: trace.into(), relation: Relation::WasDerivedFrom });
        for (ordinal, (claim, resolved, terms)) in (0..).zip(split.claims) {
            let worthy = terms.is_some();
            let facts: &[Found] = if worthy {
                *query += 1;
                known.found.get(*query - 1).map(Vec::as_slice).unwrap_or_default()
            } else {
                &[]
            };
            let verdict = hold(&resolved, facts, &known.texts);
            let deciding = verdict.deciding.map(|at| facts[at].fact);
            let judgement = match verdict.judgement {
                Judgement::Supported => ClaimVerdict::Supported,
                Judgement::Contradicted => ClaimVerdict::Contradicted,
                Judgement::Unverifiable => ClaimVerdict::Unverifiable,
            };
            // What asserts nothing is neither for nor against the answer.
            match judgement {
                ClaimVerdict::Supported => run.supported += 1,
                ClaimVerdict::Contradicted => run.contradicted += 1,
                ClaimVerdict::Unverifiable if worthy => run.unverifiable += 1,
                ClaimVerdict::Unverifiable => {}
            }
            if let Some(fact) = deciding {
                self.edges.push(Edge { from: id.into(), to: fact.into(), relation: Relation::Used });
            }
            self.claims.push(ClaimRecord {
                id: ids.make(),
                verification: id,
                trace,
                ordinal,
                span: claim.span.offsets(),
                text: claim.text,
                resolved,
                check_worthy: worthy,
                verdict: judgement,
                score: verdict.score,
                deciding_fact: deciding,
                fact_span: verdict.fact_span.map(|span| span.offsets()),
                reason: if worthy { verdict.reason } else { "it asserts nothing that a fact could decide".to_owned() },
            });
        }
        for mention in split.mentions {
            let checked = known.sources.check(&mention, &split.trace.answer);
            self.citations.push(Citation {
                id: ids.make(),
                trace,
                origin: CitationOrigin::Verification(id),
                kind: checked.kind,
                raw: mention.span.of(&split.trace.answer).to_owned(),
                span: Some(mention.span.offsets()),
                source: checked.source,
                fact: None,
                quoted: checked.quoted,
                state: checked.state,
                reason: checked.reason,
            });
        }
        self.runs.push(run);
    }
}
