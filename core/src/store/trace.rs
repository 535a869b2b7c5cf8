//! Error traces.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::{
        flaw::FlawKind,
        new_trace::NewTrace,
        trace::{Attachment, Pillar, Signals, Split, Trace, Turn},
    },
    hash::{self, Digest},
    ids::{BatchId, ChainGroupId, Id, ModelVersionId, TraceId, earliest, uuids},
};

/// The most chains of one group that are read together: the oldest ones.
pub const MOST_CHAINS: i64 = 1000;

/// Which traces are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceFilter {
    /// The one with this sender's id.
    pub external_id: Option<String>,
    /// Those that this model answered.
    pub model: Option<ModelVersionId>,
    /// Those of this group.
    pub group: Option<ChainGroupId>,
    /// Those of this split.
    pub split: Option<Split>,
    /// Those of this pillar.
    pub pillar: Option<Pillar>,
    /// Those of this domain.
    pub domain: Option<String>,
    /// Those in this language.
    pub language: Option<String>,
    /// Those that this system sent.
    pub source: Option<String>,
    /// Those whose steps rest on each other in a circle, or those whose do not.
    pub circular_support: Option<bool>,
    /// Those whose newest score has this flaw (flaw_kind_idx).
    pub flaw: Option<FlawKind>,
    /// Those that came in at this time or later. Both times are told by ids, to the millisecond: the list is in their
    /// order, so that a page from within a time costs what any page costs.
    pub received_after: Option<DateTime<Utc>>,
    /// Those that came in before this time.
    pub received_before: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct TraceRow {
    id: Uuid,
    external_id: Option<String>,
    model_version_id: Uuid,
    chain_group_id: Option<Uuid>,
    split: String,
    pillar: String,
    domain: String,
    language: String,
    context: Json<Vec<Turn>>,
    query: String,
    answer: String,
    confidence: Option<f64>,
    signals: Json<Signals>,
    flaw_labels: Vec<String>,
    attachments: Json<Vec<Attachment>>,
    source: String,
    licence: String,
    circular_support: bool,
    content_hash: Vec<u8>,
    batch_id: Uuid,
    occurred_at: Option<DateTime<Utc>>,
    received_at: DateTime<Utc>,
}

impl TryFrom<TraceRow> for Trace {
    type Error = StoreError;
    fn try_from(row: TraceRow) -> Result<Self> {
        Ok(Self {
            id: TraceId::from_uuid(row.id),
            external_id: row.external_id,
            model: ModelVersionId::from_uuid(row.model_version_id),
            group: row.chain_group_id.map(ChainGroupId::from_uuid),
            split: row.split.parse()?,
            pillar: row.pillar.parse()?,
            domain: row.domain,
            language: row.language,
            context: row.context.0,
            query: row.query,
            answer: row.answer,
            confidence: row.confidence,
            signals: row.signals.0,
            flaw_labels: row.flaw_labels,
            attachments: row.attachments.0,
            source: row.source,
            licence: row.licence,
            circular_support: row.circular_support,
            content_hash: hash::from_bytes(&row.content_hash)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?,
            batch: BatchId::from_uuid(row.batch_id),
            occurred_at: row.occurred_at,
            received_at: row.received_at,
        })
    }
}

/// A trace to be written, with what it refers to found and made.
pub(super) struct Write<'a> {
    pub(super) id: TraceId,
    pub(super) trace: &'a NewTrace,
    pub(super) model: ModelVersionId,
    pub(super) group: Option<ChainGroupId>,
    pub(super) hash: Digest,
}

impl Tx {
    /// Stores new traces without their steps, in one statement.
    pub(super) async fn insert_traces(&mut self, batch: BatchId, traces: &[Write<'_>]) -> Result<()> {
        if traces.is_empty() {
            return Ok(());
        }
        let sent: Vec<&NewTrace> = traces.iter().map(|write| write.trace).collect();
        let ids: Vec<_> = traces.iter().map(|write| write.id.uuid()).collect();
        let models: Vec<_> = traces.iter().map(|write| write.model.uuid()).collect();
        let groups: Vec<_> = traces.iter().map(|write| write.group.map(Id::uuid)).collect();
        let hashes: Vec<_> = traces.iter().map(|write| write.hash.as_bytes().as_slice()).collect();
        let circular: Vec<_> = sent.iter().map(|trace| trace.circular_support()).collect();
        let external: Vec<_> = sent.iter().map(|trace| trace.external_id.as_deref()).collect();
        let splits: Vec<_> = sent.iter().map(|trace| trace.split.word()).collect();
        let pillars: Vec<_> = sent.iter().map(|trace| trace.pillar.word()).collect();
        let domains: Vec<_> = sent.iter().map(|trace| trace.domain.as_str()).collect();
        let languages: Vec<_> = sent.iter().map(|trace| trace.language.as_str()).collect();
        let contexts: Vec<_> =
            sent.iter().map(|trace| serde_json::to_value(&trace.context)).collect::<Result<_, _>>()?;
        let queries: Vec<_> = sent.iter().map(|trace| trace.query.as_str()).collect();
        let answers: Vec<_> = sent.iter().map(|trace| trace.answer.as_str()).collect();
        let confidences: Vec<_> = sent.iter().map(|trace| trace.confidence).collect();
        let signals: Vec<_> =
            sent.iter().map(|trace| serde_json::to_value(&trace.signals)).collect::<Result<_, _>>()?;
        let labels: Vec<_> =
            sent.iter().map(|trace| serde_json::to_value(&trace.flaw_labels)).collect::<Result<_, _>>()?;
        let attachments: Vec<_> =
            sent.iter().map(|trace| serde_json::to_value(&trace.attachments)).collect::<Result<_, _>>()?;
        let sources: Vec<_> = sent.iter().map(|trace| trace.source.as_str()).collect();
        let licences: Vec<_> = sent.iter().map(|trace| trace.licence.as_str()).collect();
        let occurred: Vec<_> = sent.iter().map(|trace| trace.occurred_at).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            // unnest flattens arrays of arrays: each row's labels travel as JSON.
            "insert into error_trace (project_id, id, external_id, model_version_id, chain_group_id, split, pillar,
                                      domain, language, query, answer, confidence, signals, flaw_labels, attachments,
                                      source, licence, circular_support, content_hash, batch_id, occurred_at,
                                      received_at, context)
             select $1, t.id, t.external_id, t.model, t.chain_group, t.split, t.pillar, t.domain, t.language, t.query,
                    t.answer, t.confidence, t.signals, array(select jsonb_array_elements_text(t.labels)),
                    t.attachments, t.source, t.licence, t.circular, t.hash, $2, t.occurred_at, $3, t.context
             from unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[],
                         $11::text[], $12::text[], $13::text[], $14::float8[], $15::jsonb[], $16::jsonb[],
                         $17::jsonb[], $18::text[], $19::text[], $20::boolean[], $21::bytea[], $22::timestamptz[],
                         $23::jsonb[])
                  as t (id, external_id, model, chain_group, split, pillar, domain, language, query, answer,
                        confidence, signals, labels, attachments, source, licence, circular, hash, occurred_at,
                        context)",
            project,
            batch.uuid(),
            now,
            &ids,
            &external as &[Option<&str>],
            &models,
            &groups as &[Option<Uuid>],
            &splits as &[&str],
            &pillars as &[&str],
            &domains as &[&str],
            &languages as &[&str],
            &queries as &[&str],
            &answers as &[&str],
            &confidences as &[Option<f64>],
            &signals,
            &labels,
            &attachments,
            &sources as &[&str],
            &licences as &[&str],
            &circular,
            &hashes as &[&[u8]],
            &occurred as &[Option<DateTime<Utc>>],
            &contexts,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of traces, newest first (error_trace_pkey; with a model, group, split, pillar, domain, language or
    /// source the index that begins with it; error_trace_circular_idx and error_trace_straight_idx; trace_key_pkey with a sender's id).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces(&mut self, filter: &TraceFilter, page: PageRequest) -> Result<Page<Trace>> {
        let query = traces_query(self.project_uuid(), filter, page);
        self.page::<TraceRow, _>(query, page).await
    }

    /// Traces by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces_by_id(&mut self, ids: &[TraceId]) -> Result<Vec<Trace>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            TraceRow,
            r#"select id, external_id, model_version_id, chain_group_id, split, pillar, domain, language, query, answer,
                    confidence, signals as "signals: _", flaw_labels, attachments as "attachments: _", source, licence,
                    circular_support, content_hash, batch_id, occurred_at, received_at, context as "context: _"
             from error_trace where project_id = $1 and id = any($2)"#,
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Trace::try_from)
        .collect()
    }

    /// A page of the chains of each group, newest first (error_trace_group_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn chains_of_groups(
        &mut self,
        groups: &[ChainGroupId],
        page: PageRequest,
    ) -> Result<HashMap<ChainGroupId, Page<Trace>>> {
        self.page_of_each::<TraceRow, _, _>(&CHAINS_OF_GROUPS, groups, page, |trace: &Trace| trace.group).await
    }

    /// The chains of groups, in the order of the groups' ids and, in each, of their own; of a group no more than
    /// [`MOST_CHAINS`], the oldest (error_trace_group_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces_of_groups(&mut self, groups: &[ChainGroupId]) -> Result<Vec<Trace>> {
        let groups = uuids(groups);
        let project = self.project_uuid();
        sqlx::query_as!(
            TraceRow,
            r#"
            select c.id as "id!", c.external_id, c.model_version_id as "model_version_id!", c.chain_group_id,
                   c.split as "split!", c.pillar as "pillar!", c.domain as "domain!", c.language as "language!",
                   c.query as "query!", c.answer as "answer!", c.confidence, c.signals as "signals!: _",
                   c.flaw_labels as "flaw_labels!", c.attachments as "attachments!: _", c.source as "source!",
                   c.licence as "licence!", c.circular_support as "circular_support!",
                   c.content_hash as "content_hash!", c.batch_id as "batch_id!", c.occurred_at,
                   c.received_at as "received_at!", c.context as "context!: _"
            from (select distinct g from unnest($2::uuid[]) as g) as asked
            cross join lateral (
                select t.* from error_trace t
                where t.project_id = $1 and t.chain_group_id = asked.g
                order by t.id limit $3
            ) as c
            order by asked.g, c.id
            "#,
            project,
            &groups,
            MOST_CHAINS,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Trace::try_from)
        .collect()
    }
}

/// From a group to its chains.
pub(super) const CHAINS_OF_GROUPS: Branch<'_> =
    Branch { select: "select * from error_trace", project: "project_id", parent: "chain_group_id", id: "id" };

/// The statement of [`Tx::traces`].
pub(super) fn traces_query(project: Uuid, filter: &TraceFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, external_id, model_version_id, chain_group_id, split, pillar, domain, language, query, answer,
                confidence, signals, flaw_labels, attachments, source, licence, circular_support, content_hash,
                batch_id, occurred_at, received_at, context
         from ",
    );
    // By what a flaw narrows, the list is walked along the flaws, whose index has their traces in the list's order; each trace
    // is taken once, at the first such flaw of its newest score (flaw_pkey, score_trace_idx).
    let id = if let Some(flaw) = filter.flaw {
        query
            .push("error_trace join (select f.project_id as of, f.trace_id from flaw f where f.kind = ")
            .push_bind(flaw.word());
        query.push(
            " and not exists (select from score s where s.project_id = f.project_id and s.trace_id = f.trace_id
                              and s.id > f.score_id)
              and not exists (select from flaw o where o.project_id = f.project_id and o.score_id = f.score_id
                              and o.ordinal < f.ordinal and o.kind = f.kind)
             ) flawed on flawed.of = project_id and flawed.trace_id = id",
        );
        "flawed.trace_id"
    } else {
        query.push("error_trace");
        "id"
    };
    query.push(" where project_id = ").push_bind(project);
    if let Some(external_id) = &filter.external_id {
        query.push(" and id = (select k.trace_id from trace_key k where k.project_id = ").push_bind(project);
        query.push(" and k.external_id = ").push_bind(external_id.clone()).push(")");
    }
    if let Some(model) = filter.model {
        query.push(" and model_version_id = ").push_bind(model.uuid());
    }
    if let Some(group) = filter.group {
        query.push(" and chain_group_id = ").push_bind(group.uuid());
    }
    if let Some(split) = filter.split {
        query.push(" and split = ").push_bind(split.word());
    }
    if let Some(pillar) = filter.pillar {
        query.push(" and pillar = ").push_bind(pillar.word());
    }
    if let Some(domain) = &filter.domain {
        query.push(" and domain = ").push_bind(domain.clone());
    }
    if let Some(language) = &filter.language {
        query.push(" and language = ").push_bind(language.clone());
    }
    if let Some(source) = &filter.source {
        query.push(" and source = ").push_bind(source.clone());
    }
    if let Some(circular) = filter.circular_support {
        // As the indexes say it: a bound value would not match their condition.
        query.push(if circular { " and circular_support" } else { " and not circular_support" });
    }
    if let Some(time) = filter.received_after {
        query.push(" and id >= ").push_bind(earliest(time));
    }
    if let Some(time) = filter.received_before {
        query.push(" and id < ").push_bind(earliest(time));
    }
    if filter.flaw.is_some() {
        // So that the traces' own index is entered at the page as well.
        page.push_bounds(&mut query, "id");
    }
    page.push(&mut query, id);
    query
}
