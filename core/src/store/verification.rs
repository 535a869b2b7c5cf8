//! Verifications and their claims.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::judgement::{Claim, ClaimVerdict, Leaning, Verification},
    ids::{ClaimId, FactId, Id, JudgeOpinionId, TraceId, VerificationId, uuids},
};

/// Which claims are asked for.
#[derive(Debug, Clone, Default)]
pub struct ClaimFilter {
    /// Only of this trace (claim_trace_idx).
    pub trace: Option<TraceId>,
    /// Only those that this fact decided (claim_fact_idx).
    pub deciding_fact: Option<FactId>,
    /// Only those with this verdict (claim_verdict_idx).
    pub verdict: Option<ClaimVerdict>,
}

#[derive(FromRow)]
struct VerificationRow {
    id: Uuid,
    trace_id: Uuid,
    supported: i32,
    contradicted: i32,
    unverifiable: i32,
    rules_version: String,
    at: DateTime<Utc>,
}

impl From<VerificationRow> for Verification {
    fn from(row: VerificationRow) -> Self {
        Self {
            id: VerificationId::from_uuid(row.id),
            trace: TraceId::from_uuid(row.trace_id),
            supported: row.supported,
            contradicted: row.contradicted,
            unverifiable: row.unverifiable,
            rules_version: row.rules_version,
            at: row.at,
        }
    }
}

#[derive(FromRow)]
struct ClaimRow {
    id: Uuid,
    verification_id: Uuid,
    trace_id: Uuid,
    ordinal: i32,
    span_start: i32,
    span_end: i32,
    text: String,
    resolved: String,
    check_worthy: bool,
    verdict: String,
    score: f64,
    deciding_fact_id: Option<Uuid>,
    fact_span_start: Option<i32>,
    fact_span_end: Option<i32>,
    reason: String,
    leaning: Option<String>,
    likelihood: Option<f64>,
    opinion_id: Option<Uuid>,
    lapsed_fact_id: Option<Uuid>,
}

impl TryFrom<ClaimRow> for Claim {
    type Error = StoreError;
    fn try_from(row: ClaimRow) -> Result<Self> {
        Ok(Self {
            id: ClaimId::from_uuid(row.id),
            verification: VerificationId::from_uuid(row.verification_id),
            trace: TraceId::from_uuid(row.trace_id),
            ordinal: row.ordinal,
            span: (row.span_start, row.span_end),
            text: row.text,
            resolved: row.resolved,
            check_worthy: row.check_worthy,
            verdict: row.verdict.parse::<ClaimVerdict>()?,
            score: row.score,
            deciding_fact: row.deciding_fact_id.map(FactId::from_uuid),
            fact_span: row.fact_span_start.zip(row.fact_span_end),
            lapsed_fact: row.lapsed_fact_id.map(FactId::from_uuid),
            reason: row.reason,
            leaning: row.leaning.map(|word| word.parse::<Leaning>()).transpose()?.zip(row.likelihood),
            opinion: row.opinion_id.map(JudgeOpinionId::from_uuid),
        })
    }
}

impl Tx {
    /// Stores verifications with their claims, in two statements.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_verifications(&mut self, runs: &[Verification], claims: &[Claim]) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into verification (project_id, id, trace_id, supported, contradicted, unverifiable, rules_version, at)
            select $1, * from unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::int[], $7::text[], $8::timestamptz[])
            "#,
            project,
            &runs.iter().map(|run| run.id.uuid()).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.trace.uuid()).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.supported).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.contradicted).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.unverifiable).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.rules_version.clone()).collect::<Vec<_>>(),
            &runs.iter().map(|run| run.at).collect::<Vec<_>>(),
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            r#"
            insert into claim (project_id, id, verification_id, trace_id, ordinal, span_start, span_end, text, resolved,
                               check_worthy, verdict, score, deciding_fact_id, fact_span_start, fact_span_end, reason,
                               leaning, likelihood, opinion_id, lapsed_fact_id)
            select $1, * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::text[],
                                     $9::text[], $10::bool[], $11::text[], $12::float8[], $13::uuid[], $14::int[],
                                     $15::int[], $16::text[], $17::text[], $18::float8[], $19::uuid[], $20::uuid[])
            "#,
            project,
            &claims.iter().map(|claim| claim.id.uuid()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.verification.uuid()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.trace.uuid()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.ordinal).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.span.0).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.span.1).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.text.clone()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.resolved.clone()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.check_worthy).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.verdict.word().to_owned()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.score).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.deciding_fact.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
            &claims.iter().map(|claim| claim.fact_span.map(|span| span.0)).collect::<Vec<_>>() as &[Option<i32>],
            &claims.iter().map(|claim| claim.fact_span.map(|span| span.1)).collect::<Vec<_>>() as &[Option<i32>],
            &claims.iter().map(|claim| claim.reason.clone()).collect::<Vec<_>>(),
            &claims.iter().map(|claim| claim.leaning.map(|(to, _)| to.word().to_owned())).collect::<Vec<_>>()
                as &[Option<String>],
            &claims.iter().map(|claim| claim.leaning.map(|(_, likely)| likely)).collect::<Vec<_>>() as &[Option<f64>],
            &claims.iter().map(|claim| claim.opinion.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
            &claims.iter().map(|claim| claim.lapsed_fact.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The newest verification of each trace that has one (verification_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn latest_verifications_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<Verification>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        Ok(sqlx::query_as!(
            VerificationRow,
            r#"
            select v.id, v.trace_id, v.supported, v.contradicted, v.unverifiable, v.rules_version, v.at
            from unnest($2::uuid[]) t (id), lateral (
                select * from verification where project_id = $1 and trace_id = t.id order by id desc limit 1
            ) v
            "#,
            project,
            &traces
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Into::into)
        .collect())
    }

    /// Verifications by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn verifications_by_id(&mut self, ids: &[VerificationId]) -> Result<Vec<Verification>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        Ok(sqlx::query_as!(
            VerificationRow,
            "select id, trace_id, supported, contradicted, unverifiable, rules_version, at
             from verification where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Into::into)
        .collect())
    }

    /// A page of verifications, newest first; of one trace by verification_trace_idx.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn verifications(&mut self, trace: Option<TraceId>, page: PageRequest) -> Result<Page<Verification>> {
        let query = verifications_query(self.project_uuid(), trace, page);
        self.page::<VerificationRow, _>(query, page).await
    }

    /// The claims of verifications, in the order of the answer (claim_verification_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn claims_of_verifications(&mut self, runs: &[VerificationId]) -> Result<Vec<Claim>> {
        let (project, runs) = (self.project_uuid(), uuids(runs));
        sqlx::query_as!(
            ClaimRow,
            "select id, verification_id, trace_id, ordinal, span_start, span_end, text, resolved, check_worthy, verdict,
                    score, deciding_fact_id, fact_span_start, fact_span_end, reason, leaning, likelihood, opinion_id,
                    lapsed_fact_id
             from claim where project_id = $1 and verification_id = any($2) order by verification_id, ordinal",
            project,
            &runs
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Claim::try_from)
        .collect()
    }

    /// Claims by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn claims_by_id(&mut self, ids: &[ClaimId]) -> Result<Vec<Claim>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            ClaimRow,
            "select id, verification_id, trace_id, ordinal, span_start, span_end, text, resolved, check_worthy, verdict,
                    score, deciding_fact_id, fact_span_start, fact_span_end, reason, leaning, likelihood, opinion_id,
                    lapsed_fact_id
             from claim where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Claim::try_from)
        .collect()
    }

    /// A page of claims, newest first.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn claims(&mut self, filter: &ClaimFilter, page: PageRequest) -> Result<Page<Claim>> {
        let query = claims_query(self.project_uuid(), filter, page);
        self.page::<ClaimRow, _>(query, page).await
    }

    /// Traces of which a verification rested on this fact, or whose answer quotes its source, in order, after one of them
    /// (claim_fact_trace_idx, citation_source_trace_idx). Not the newest alone: a fact that was retracted and holds again
    /// decides again what it once decided.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces_resting_on_fact(
        &mut self,
        fact: FactId,
        after: Option<TraceId>,
        most: i64,
    ) -> Result<Vec<TraceId>> {
        let project = self.project_uuid();
        Ok(sqlx::query_scalar!(
            r#"
            select trace_id as "trace_id!" from (
                (select distinct c.trace_id from claim c
                 where c.project_id = $1 and c.deciding_fact_id = $2 and ($3::uuid is null or c.trace_id > $3)
                 order by c.trace_id limit $4)
                union
                (select distinct d.trace_id from citation d
                 where d.project_id = $1 and d.quoted is not null and d.verification_id is not null
                   and d.source_id = (select f.source_id from grounding_fact f where f.project_id = $1 and f.id = $2)
                   and ($3::uuid is null or d.trace_id > $3)
                 order by d.trace_id limit $4)
            ) resting
            order by trace_id limit $4
            "#,
            project,
            fact.uuid(),
            after.map(Id::uuid),
            most
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(TraceId::from_uuid)
        .collect())
    }
}

/// The statement of [`Tx::verifications`].
pub(super) fn verifications_query(project: Uuid, trace: Option<TraceId>, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, trace_id, supported, contradicted, unverifiable, rules_version, at
         from verification where project_id = ",
    );
    query.push_bind(project);
    if let Some(trace) = trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    page.push(&mut query, "id");
    query
}

/// The statement of [`Tx::claims`].
pub(super) fn claims_query(project: Uuid, filter: &ClaimFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from claim where project_id = ");
    query.push_bind(project);
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    if let Some(fact) = filter.deciding_fact {
        query.push(" and deciding_fact_id = ").push_bind(fact.uuid());
    }
    if let Some(verdict) = filter.verdict {
        query.push(" and verdict = ").push_bind(verdict.word());
    }
    page.push(&mut query, "id");
    query
}
