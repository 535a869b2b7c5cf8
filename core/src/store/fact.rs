//! Grounding facts, and the search over them. Their states stand in `fact_state`.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Branch, Entered, Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::grounding::{Fact, FactState, NewFact},
    ids::{ApiKeyId, FactId, FactStateId, Id, ReviewId, SourceId, uuids},
    queue::Work,
};

/// How many facts one task holds against the others.
const CONTRASTED: usize = 50;

/// Which facts are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactFilter {
    /// The one with this curator's id.
    pub external_id: Option<String>,
    /// Those whose newest state is this.
    pub state: Option<FactState>,
    /// Those of this domain.
    pub domain: Option<String>,
    /// Those that this source states.
    pub source: Option<SourceId>,
    /// Those about this subject.
    pub subject: Option<String>,
    /// Those that hold no more in the world on this day.
    pub lapsed_by: Option<NaiveDate>,
}

/// A fact to be entered, its source looked up and its state decided.
#[derive(Debug, Clone)]
pub struct FactEntry<'a> {
    /// What it says.
    pub fact: &'a NewFact,
    /// The source that says so.
    pub source: SourceId,
    /// Its first state.
    pub state: FactState,
    /// The review whose cited correction it is.
    pub review: Option<ReviewId>,
}

#[derive(FromRow)]
struct FactRow {
    id: Uuid,
    external_id: String,
    source_id: Uuid,
    domain: String,
    subject: String,
    statement: String,
    quote: Option<String>,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    content_hash: Vec<u8>,
    review_id: Option<Uuid>,
    recorded_at: DateTime<Utc>,
    state: String,
}

impl TryFrom<FactRow> for Fact {
    type Error = StoreError;
    fn try_from(row: FactRow) -> Result<Self> {
        Ok(Self {
            id: FactId::from_uuid(row.id),
            external_id: row.external_id,
            source: SourceId::from_uuid(row.source_id),
            domain: row.domain,
            subject: row.subject,
            statement: row.statement,
            quote: row.quote,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            content_hash: super::entered::stored_hash(&row.content_hash)?,
            review: row.review_id.map(ReviewId::from_uuid),
            recorded_at: row.recorded_at,
            state: row.state.parse()?,
        })
    }
}

impl Tx {
    /// Enters facts with their first states, and enqueues that those which are verified are held against the others. Under an external id that is taken (before, by another transaction that
    /// commits meanwhile, or earlier in the list) the first stays, and so does its state. What stands there comes
    /// back, in the order given.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_facts(
        &mut self,
        facts: &[FactEntry<'_>],
        key: Option<ApiKeyId>,
    ) -> Result<Vec<Entered<FactId>>> {
        if facts.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<_> = facts.iter().map(|_| self.fresh::<FactId>().uuid()).collect();
        let external: Vec<_> = facts.iter().map(|entry| entry.fact.external_id.clone()).collect();
        let sources: Vec<_> = facts.iter().map(|entry| entry.source.uuid()).collect();
        let domains: Vec<_> = facts.iter().map(|entry| entry.fact.domain.clone()).collect();
        let subjects: Vec<_> = facts.iter().map(|entry| entry.fact.subject.clone()).collect();
        let statements: Vec<_> = facts.iter().map(|entry| entry.fact.statement.clone()).collect();
        let quotes: Vec<_> = facts.iter().map(|entry| entry.fact.quote.clone()).collect();
        let from: Vec<_> = facts.iter().map(|entry| entry.fact.valid_from).collect();
        let to: Vec<_> = facts.iter().map(|entry| entry.fact.valid_to).collect();
        let hashes: Vec<_> = facts.iter().map(|entry| entry.fact.content_hash().as_bytes().to_vec()).collect();
        // Said with the fact and not only by its state: else the state's trigger would write each row a second time.
        let first_verified: Vec<_> = facts.iter().map(|entry| entry.state == FactState::Verified).collect();
        let reviews: Vec<_> = facts.iter().map(|entry| entry.review.map(Id::uuid)).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            r#"
            insert into grounding_fact (project_id, id, external_id, source_id, domain, subject, statement, quote,
                                        valid_from, valid_to, content_hash, recorded_at, verified, review_id)
            select $1, t.id, t.external_id, t.source_id, t.domain, t.subject, t.statement, t.quote,
                   t.valid_from, t.valid_to, t.content_hash, $2, t.verified, t.review_id
            from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
                        $10::date[], $11::date[], $12::bytea[], $13::boolean[], $14::uuid[])
                 with ordinality as t (id, external_id, source_id, domain, subject, statement, quote, valid_from,
                                       valid_to, content_hash, verified, review_id, place)
            -- In one order everywhere, so that transactions with the same ids wait for each other and never in a ring.
            order by t.external_id, t.place
            on conflict (project_id, external_id) do nothing
            "#,
            project,
            now,
            &ids,
            &external,
            &sources,
            &domains,
            &subjects,
            &statements,
            &quotes as &[Option<String>],
            &from as &[Option<NaiveDate>],
            &to as &[Option<NaiveDate>],
            &hashes,
            &first_verified,
            &reviews as &[Option<Uuid>],
        )
        .execute(self.connection())
        .await?;
        // A statement of its own: it sees what another transaction committed while the insertion waited for it.
        let standing: HashMap<_, _> = sqlx::query!(
            "select external_id, id, content_hash from grounding_fact where project_id = $1 and external_id = any($2)",
            project,
            &external
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.external_id, (row.id, row.content_hash)))
        .collect();
        let entered: Vec<Entered<FactId>> = super::entered::entered(&external, &ids, &standing)?;
        let (mut of, mut states, mut changes) = (vec![], vec![], vec![]);
        for (entry, entered) in facts.iter().zip(&entered) {
            if entered.new {
                of.push(entered.id.uuid());
                states.push(entry.state.word().to_owned());
                changes.push(self.fresh::<FactStateId>().uuid());
            }
        }
        sqlx::query!(
            r#"
            insert into fact_state (project_id, id, fact_id, state, reason, key_id, at)
            select $1, t.id, t.fact_id, t.state, 'entered', $2, $3
            from unnest($4::uuid[], $5::uuid[], $6::text[]) as t (id, fact_id, state)
            "#,
            project,
            key.map(Id::uuid),
            now,
            &changes,
            &of,
            &states,
        )
        .execute(self.connection())
        .await?;
        let new =
            facts.iter().zip(&entered).filter(|(entry, entered)| entered.new && entry.state == FactState::Verified);
        let verified: Vec<_> = new.map(|(_, entered)| entered.id).collect();
        let contrast = verified.chunks(CONTRASTED).map(|facts| Work::ContrastFacts { facts: facts.to_vec() });
        self.enqueue_all(contrast).await?;
        Ok(entered)
    }

    /// A page of facts with their newest states, newest first (grounding_fact_pkey; with a source or a domain the
    /// index that begins with it, with a curator's id grounding_fact_external_key, those
    /// that hold no more grounding_fact_lapsing_idx; states by fact_state_fact_idx, of a
    /// state alone fact_state_state_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts(&mut self, filter: &FactFilter, page: PageRequest) -> Result<Page<Fact>> {
        let query = facts_query(self.project_uuid(), filter, page);
        self.page::<FactRow, _>(query, page).await
    }

    /// Facts by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts_by_id(&mut self, ids: &[FactId]) -> Result<Vec<Fact>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            FactRow,
            r#"
            select f.id, f.external_id, f.source_id, f.domain, f.subject, f.statement, f.quote, f.valid_from,
                   f.valid_to, f.content_hash, f.review_id, f.recorded_at, newest.state
            from grounding_fact f
            cross join lateral (
                select s.state from fact_state s where s.project_id = f.project_id and s.fact_id = f.id
                order by s.id desc limit 1
            ) newest
            where f.project_id = $1 and f.id = any($2)
            "#,
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Fact::try_from)
        .collect()
    }

    /// A page of the facts of each source, newest first (grounding_fact_source_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts_of_sources(
        &mut self,
        sources: &[SourceId],
        page: PageRequest,
    ) -> Result<HashMap<SourceId, Page<Fact>>> {
        self.page_of_each::<FactRow, _, _>(&FACTS_OF_SOURCES, sources, page, |fact: &Fact| Some(fact.source)).await
    }

    /// Facts by their curator's ids (grounding_fact_external_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts_named(&mut self, external_ids: &[String]) -> Result<HashMap<String, FactId>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            "select external_id, id from grounding_fact where project_id = $1 and external_id = any($2)",
            project,
            external_ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.external_id, FactId::from_uuid(row.id)))
        .collect())
    }

    /// Of these facts, those that hold no more on a day, each with the last on which it did (grounding_fact_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn lapsed_facts(&mut self, facts: &[FactId], today: NaiveDate) -> Result<HashMap<FactId, NaiveDate>> {
        let (project, facts) = (self.project_uuid(), uuids(facts));
        Ok(sqlx::query!(
            r#"select id, valid_to as "valid_to!" from grounding_fact
               where project_id = $1 and id = any($2) and valid_to < $3"#,
            project,
            &facts,
            today
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (FactId::from_uuid(row.id), row.valid_to))
        .collect())
    }

    /// Verified facts whose statement matches words as people type them into a search (all of them; `or`, `-` and
    /// quotation marks as usual), the best first, with their rank (cover density, by document length); at most `most`
    /// and 200 (grounding_fact_keys_idx). What only denies finds nothing.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn search_facts(&mut self, query: &str, most: i32) -> Result<Vec<(FactId, f32)>> {
        Ok(sqlx::query!(
            r#"select id as "id!", rank as "rank!" from search_facts(websearch_to_tsquery('english', $1), $2)"#,
            query,
            most
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (FactId::from_uuid(row.id), row.rank))
        .collect())
    }
}

/// From a source to its facts.
pub(super) const FACTS_OF_SOURCES: Branch<'_> = Branch {
    select:
        "select f.id, external_id, source_id, domain, subject, statement, quote, valid_from, valid_to, content_hash,
                    review_id, recorded_at, newest.state
             from grounding_fact f
             cross join lateral (
                 select s.state from fact_state s where s.project_id = f.project_id and s.fact_id = f.id
                 order by s.id desc limit 1
             ) newest",
    project: "f.project_id",
    parent: "f.source_id",
    id: "f.id",
};

/// The statement of [`Tx::facts`].
pub(super) fn facts_query(project: Uuid, filter: &FactFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    if let FactFilter {
        external_id: None,
        state: Some(state),
        domain: None,
        source: None,
        subject: None,
        lapsed_by: None,
    } = filter
    {
        return facts_in_state_query(project, *state, page);
    }
    let mut query = QueryBuilder::new(
        "select f.id, external_id, source_id, domain, subject, statement, quote, valid_from, valid_to, content_hash,
                review_id, recorded_at, newest.state
         from grounding_fact f
         cross join lateral (
             select s.state from fact_state s where s.project_id = f.project_id and s.fact_id = f.id
             order by s.id desc limit 1
         ) newest
         where f.project_id = ",
    );
    query.push_bind(project);
    if let Some(external_id) = &filter.external_id {
        query.push(" and external_id = ").push_bind(external_id.clone());
    }
    if let Some(state) = filter.state {
        query.push(" and newest.state = ").push_bind(state.word());
    }
    if let Some(domain) = &filter.domain {
        query.push(" and domain = ").push_bind(domain.clone());
    }
    if let Some(source) = filter.source {
        query.push(" and source_id = ").push_bind(source.uuid());
    }
    if let Some(subject) = &filter.subject {
        query.push(" and subject = ").push_bind(subject.clone());
    }
    if let Some(day) = filter.lapsed_by {
        query.push(" and valid_to < ").push_bind(day);
    }
    page.push(&mut query, "f.id");
    query
}

/// The facts of a state and of nothing else: of those that ever were in it, which an index has in the order of their
/// ids, those that still are. `holds` is a column because the planner takes a comparison with one that it knows nothing
/// of to hold almost never, and then reads everything to find a page.
fn facts_in_state_query(project: Uuid, state: FactState, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select f.id, external_id, source_id, domain, subject, statement, quote, valid_from, valid_to, content_hash,
                review_id, recorded_at, found.state
         from (
             select s.fact_id, s.state from fact_state s
             cross join lateral (
                 select l.id = s.id as holds from fact_state l
                 where l.project_id = s.project_id and l.fact_id = s.fact_id order by l.id desc limit 1
             ) newest
             where newest.holds and s.project_id = ",
    );
    query.push_bind(project).push(" and s.state = ").push_bind(state.word());
    page.push(&mut query, "s.fact_id");
    query.push(") found join grounding_fact f on f.id = found.fact_id and f.project_id = ").push_bind(project);
    page.push_order(&mut query, "f.id");
    query
}
