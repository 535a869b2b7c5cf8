//! Records as the earlier stages of the loop would have made them.

use atr_core::{
    domain::example::{ExampleFormat, Judged},
    hash,
    ids::{
        EvaluationCaseId, ExampleId, ExpertId, FactId, FactStateId, Id, ModelVersionId, ProjectId, ReviewId, ScoreId,
        SourceId, TraceId, VerificationId,
    },
};
use serde_json::{Value, json};
use sqlx::{PgConnection, query};
use uuid::Uuid;

use super::Database;

/// Writes records of one project.
pub struct Records<'a> {
    pub db: &'a Database,
    pub project: ProjectId,
    model: ModelVersionId,
    expert: ExpertId,
}

/// A trace to be written.
pub struct Trace<'a> {
    pub split: &'a str,
    pub group: &'a str,
    pub query: &'a str,
    pub answer: &'a str,
    pub domain: &'a str,
    pub mean_logprob: f64,
}

impl Default for Trace<'_> {
    fn default() -> Self {
        Self {
            split: "train",
            group: "g",
            query: "What is the symbol of gold?",
            answer: "The symbol of gold is Ag.",
            domain: "chemistry",
            mean_logprob: -0.4,
        }
    }
}

impl<'a> Records<'a> {
    pub async fn new(db: &'a Database, slug: &str) -> Self {
        Self::within(db, db.add_project(slug).await).await
    }

    /// In a project that is there.
    pub async fn within(db: &'a Database, project: ProjectId) -> Self {
        let model: ModelVersionId = db.store.ids().make();
        query("insert into model_version (project_id, id, kind, name, metadata, created_at) values ($1, $2, 'language_model', 'small', '{}', $3)")
            .bind(project.uuid()).bind(model.uuid()).bind(db.clock.now()).execute(&db.owner).await.expect("a model");
        let mut records = Self { db, project, model, expert: db.store.ids().make() };
        records.expert = records.expert("expert-1").await;
        records
    }

    fn fresh<I: Id>(&self) -> I {
        self.db.clock.advance(chrono::TimeDelta::milliseconds(1));
        self.db.store.ids().make()
    }

    pub async fn expert(&self, handle: &str) -> ExpertId {
        let id: ExpertId = self.fresh();
        query("insert into expert (project_id, id, handle, domains, languages, weekly_capacity, active, created_at) values ($1, $2, $3, '{}', '{}', 10, true, $4)")
            .bind(self.project.uuid()).bind(id.uuid()).bind(handle).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("an expert");
        id
    }

    pub async fn trace(&self, trace: &Trace<'_>) -> TraceId {
        let id: TraceId = self.fresh();
        let now = self.db.clock.now();
        query(
            "insert into chain_group (project_id, id, group_key, query, created_at) select $1, $2, $3, $4, $5
               where not exists (select from chain_group where project_id = $1 and group_key = $3)",
        )
        .bind(self.project.uuid())
        .bind(self.fresh::<atr_core::ids::ChainGroupId>().uuid())
        .bind(trace.group)
        .bind(trace.query)
        .bind(now)
        .execute(&self.db.owner)
        .await
        .expect("a group");
        query("insert into error_trace (project_id, id, model_version_id, chain_group_id, split, pillar, domain, language, query, answer,
                   signals, flaw_labels, attachments, source, licence, circular_support, content_hash, batch_id, received_at)
               select $1, $2, $3, g.id, $4, 'text', $5, 'en', $6, $7, $8, '{}', '[]', 'test', 'CC0-1.0', false, $9, $2, $10
               from chain_group g where g.project_id = $1 and g.group_key = $11")
            .bind(self.project.uuid()).bind(id.uuid()).bind(self.model.uuid()).bind(trace.split).bind(trace.domain)
            .bind(trace.query).bind(trace.answer).bind(json!({"mean_logprob": trace.mean_logprob}))
            .bind(vec![0u8; 32]).bind(now).bind(trace.group)
            .execute(&self.db.owner).await.expect("a trace");
        id
    }

    /// Writes a review in a transaction that the caller commits when it likes.
    pub async fn review_in(
        &self,
        connection: &mut PgConnection,
        trace: TraceId,
        expert: ExpertId,
        revision: i32,
        verdict: &str,
    ) -> ReviewId {
        let id: ReviewId = self.fresh();
        query("insert into review (project_id, id, trace_id, expert_id, revision, verdict, flaw_labels, corrected_answer, content_hash, created_at)
               values ($1, $2, $3, $4, $5, $6, '{}', case when $6 = 'correct' then null else 'The symbol of gold is Au.' end, $7, $8)")
            .bind(self.project.uuid()).bind(id.uuid()).bind(trace.uuid()).bind(expert.uuid()).bind(revision).bind(verdict)
            .bind(vec![0u8; 32]).bind(self.db.clock.now())
            .execute(connection).await.expect("a review");
        id
    }

    pub async fn review(&self, trace: TraceId, expert: ExpertId, revision: i32, verdict: &str) -> ReviewId {
        let mut connection = self.db.owner.acquire().await.expect("a connection");
        self.review_in(&mut connection, trace, expert, revision, verdict).await
    }

    pub async fn verification(&self, trace: TraceId) -> VerificationId {
        let id: VerificationId = self.fresh();
        query("insert into verification (project_id, id, trace_id, supported, contradicted, unverifiable, rules_version, at) values ($1, $2, $3, 0, 0, 1, 'test', $4)")
            .bind(self.project.uuid()).bind(id.uuid()).bind(trace.uuid()).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("a verification");
        id
    }

    pub async fn score(&self, trace: TraceId, verification: VerificationId, reward: f64) -> ScoreId {
        let id: ScoreId = self.fresh();
        query("insert into score (project_id, id, trace_id, verification_id, reward, support_term, unverifiable_term, consistency_term, findings, inputs_hash, at, weights)
               values ($1, $2, $3, $4, $5, 0, 1, 1, '[]', $6, $7,
                       '{\"expert\": 4, \"support\": 2, \"unverifiable\": 0.5, \"consistency\": 1, \"citations\": 1, \"model\": 1, \"feedback\": 0.5}')")
            .bind(self.project.uuid()).bind(id.uuid()).bind(trace.uuid()).bind(verification.uuid()).bind(reward)
            .bind(vec![0u8; 32]).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("a score");
        id
    }

    pub async fn example(&self, trace: TraceId, review: ReviewId, format: ExampleFormat, content: &Value) -> ExampleId {
        let id: ExampleId = self.fresh();
        query("insert into example (project_id, id, review_id, trace_id, format, content, content_hash, rules_version, at) values ($1, $2, $3, $4, $5, $6, $7, 'test', $8)")
            .bind(self.project.uuid()).bind(id.uuid()).bind(review.uuid()).bind(trace.uuid()).bind(format.word()).bind(content)
            .bind(hash::of_json(content).as_bytes().to_vec()).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("an example");
        id
    }

    /// A fact that is verified.
    pub async fn fact(&self, statement: &str) -> FactId {
        let source: SourceId = self.fresh();
        query("insert into grounding_source (project_id, id, external_id, publisher, title, licence, trust_tier, content_hash, created_at)
               values ($1, $2, $2::text, 'IUPAC', 'Elements', 'CC0-1.0', 'primary', $3, $4)")
            .bind(self.project.uuid()).bind(source.uuid()).bind(vec![0u8; 32]).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("a source");
        let id: FactId = self.fresh();
        query("insert into grounding_fact (project_id, id, external_id, source_id, domain, subject, statement, content_hash, recorded_at)
               values ($1, $2, $2::text, $3, 'chemistry', 'gold', $4, $5, $6)")
            .bind(self.project.uuid()).bind(id.uuid()).bind(source.uuid()).bind(statement).bind(vec![0u8; 32]).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("a fact");
        self.fact_state(id, "verified").await;
        id
    }

    pub async fn fact_state(&self, fact: FactId, state: &str) {
        query(
            "insert into fact_state (project_id, id, fact_id, state, reason, at) values ($1, $2, $3, $4, 'test', $5)",
        )
        .bind(self.project.uuid())
        .bind(self.fresh::<FactStateId>().uuid())
        .bind(fact.uuid())
        .bind(state)
        .bind(self.db.clock.now())
        .execute(&self.db.owner)
        .await
        .expect("a fact's state");
    }

    /// A review's citation of a fact.
    pub async fn citation(&self, trace: TraceId, review: ReviewId, fact: FactId, state: &str) {
        let id = self.fresh::<atr_core::ids::CitationId>().uuid();
        query("insert into citation (project_id, id, trace_id, review_id, kind, raw, fact_id, state, reason) values ($1, $2, $3, $4, 'fact', 'f', $5, $6, 'test')")
            .bind(self.project.uuid()).bind(id).bind(trace.uuid()).bind(review.uuid()).bind(fact.uuid()).bind(state)
            .execute(&self.db.owner).await.expect("a citation");
    }

    /// A judged answer as the reward model is asked about it.
    pub fn judged(trace: &Trace<'_>, right: bool) -> Judged {
        Judged {
            group: trace.group.to_owned(),
            prompt: trace.query.to_owned(),
            completion: trace.answer.to_owned(),
            steps: vec![],
            domain: trace.domain.to_owned(),
            label: right,
            mean_logprob: Some(trace.mean_logprob),
            min_logprob: None,
            agreement: None,
            chains: None,
        }
    }

    /// A trace that is reviewed, scored and has an example of each kind that its verdict yields.
    pub async fn ready(&self, trace: &Trace<'_>, right: bool) -> (TraceId, ReviewId) {
        let id = self.trace(trace).await;
        let verification = self.verification(id).await;
        self.score(id, verification, if right { 0.5 } else { -0.5 }).await;
        let review = self.review(id, self.expert, 1, if right { "correct" } else { "incorrect" }).await;
        let answer = if right { trace.answer } else { "The symbol of gold is Au." };
        let sft =
            json!({"messages": [{"role": "user", "content": trace.query}, {"role": "assistant", "content": answer}]});
        self.example(id, review, ExampleFormat::Sft, &sft).await;
        let judged = serde_json::to_value(Self::judged(trace, right)).expect("json");
        self.example(id, review, ExampleFormat::Reward, &judged).await;
        (id, review)
    }

    /// A judged answer that is held out.
    pub async fn held_out(&self, trace: &Trace<'_>, right: bool) -> TraceId {
        let id = self.trace(&Trace { split: "held_out", ..*trace }).await;
        let review = self.review(id, self.expert, 1, if right { "correct" } else { "incorrect" }).await;
        self.case(id, review, "held_out", trace, right).await;
        id
    }

    pub async fn case(&self, trace: TraceId, review: ReviewId, purpose: &str, of: &Trace<'_>, right: bool) {
        let judged = serde_json::to_value(Self::judged(of, right)).expect("json");
        query("insert into evaluation_case (project_id, id, review_id, trace_id, purpose, group_key, answer_is_right, content, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(self.project.uuid()).bind(self.fresh::<EvaluationCaseId>().uuid()).bind(review.uuid()).bind(trace.uuid())
            .bind(purpose).bind(of.group).bind(right).bind(judged).bind(self.db.clock.now())
            .execute(&self.db.owner).await.expect("a case");
    }

    pub fn first_expert(&self) -> ExpertId {
        self.expert
    }

    pub async fn count(&self, table: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table} where project_id = $1")))
            .bind(self.project.uuid())
            .fetch_one(&self.db.owner)
            .await
            .expect("a count")
    }

    pub async fn uuid_of(&self, sql: &'static str) -> Uuid {
        sqlx::query_scalar(sql).bind(self.project.uuid()).fetch_one(&self.db.owner).await.expect("an id")
    }
}
