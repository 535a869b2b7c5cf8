//! What the weekly review chooses among, and what it learns from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Result, Tx};
use crate::domain::assignment::{AssignmentState, Purpose};
use crate::ids::{ExpertId, Id, ModelVersionId, TraceId, uuids};

/// A trace as the weekly review looks at it, with what was known of it before anyone judged it.
#[derive(Debug, Clone, PartialEq)]
pub struct Routable {
    /// The trace.
    pub trace: TraceId,
    /// Its domain.
    pub domain: String,
    /// Its language.
    pub language: String,
    /// The language model that answered.
    pub answered_by: ModelVersionId,
    /// The question it answers, as far as traces share one: its group, else itself.
    pub question: Uuid,
    /// The question's text, at most 2,000 characters of it.
    pub query: String,
    /// The answer, at most 2,000 characters of it.
    pub answer: String,
    /// The steps before the answer, a line each, at most 4,000 characters of them; empty where there are none.
    pub reasoning: String,
    /// The model's own confidence, 0 to 1.
    pub confidence: Option<f64>,
    /// The mean log-probability of the answer's tokens, at most 0.
    pub mean_logprob: Option<f64>,
    /// The log-probability of the least likely token, at most 0.
    pub min_logprob: Option<f64>,
    /// Factual support, -1 to 1; 0 where no fact decides.
    pub support: f64,
    /// Share of its claims that no fact decides, 0 to 1.
    pub unverifiable: f64,
    /// Logical consistency, 0 to 1.
    pub consistency: f64,
    /// What the reward model says, 0 to 1.
    pub model: Option<f64>,
    /// What users said, -1 to 1.
    pub feedback: Option<f64>,
    /// What other chains answer to its question; none where there are no others, or they were not compared.
    pub others: Option<OtherChains>,
}

/// What the other chains of a question answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherChains {
    /// How many there are; at least 1.
    pub chains: u32,
    /// How many of them give the same answer.
    pub same: u32,
    /// How many give the one other answer that most of them give.
    pub rival: u32,
}

/// What it takes to judge a trace, and to ask nobody the same twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The trace.
    pub trace: TraceId,
    /// Its domain.
    pub domain: String,
    /// Its language.
    pub language: String,
    /// The question it answers, as [`Routable::question`].
    pub question: Uuid,
    /// Whether it is asked about as a gold item; nothing where it never was one.
    pub gold: Option<bool>,
}

/// What an expert had and did not come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOver {
    /// Who had it.
    pub expert: ExpertId,
    /// What.
    pub trace: TraceId,
    /// Its place in their week.
    pub rank: i32,
    /// What it was for.
    pub purpose: Purpose,
}

impl OtherChains {
    /// Read for one chain from what was found of all: how many there are, for each the share of all chains that give its
    /// answer, itself included, and which do not give the agreed one.
    pub fn of(trace: TraceId, chains: u32, agreement: &BTreeMap<TraceId, f64>, dissenters: &[TraceId]) -> Option<Self> {
        let others = chains.checked_sub(1).filter(|others| *others > 0)?;
        let count = |share: f64| (share.clamp(0.0, 1.0) * f64::from(chains)).round() as u32;
        let same = count(*agreement.get(&trace)?).saturating_sub(1);
        let dissents = dissenters.contains(&trace);
        // Of those who dissent too, some may give this chain's own answer, which is seldom more frequent than the agreed one.
        let rivals = agreement.iter().filter(|(other, _)| dissenters.contains(other) != dissents);
        let rival = rivals.map(|(_, share)| count(*share)).max().unwrap_or(0);
        Some(Self { chains: others, same: same.min(others), rival: rival.min(others) })
    }
}

impl Tx {
    /// The newest `most` traces that have a score, no judgement and no later revision, in the order of their ids
    /// (error_trace_pkey, score_trace_idx, review_trace_idx, trace_revision_superseded_idx; what is known of each by
    /// error_trace_pkey, reasoning_step_pkey, score_trace_idx and consensus_pkey). Those that are held out too: unless someone
    /// judges them, no model can be measured.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn routable_traces(&mut self, most: i64) -> Result<Vec<Routable>> {
        let project = self.project_uuid();
        let newest =
            sqlx::query_file_scalar!("src/store/routable_open.sql", project, most).fetch_all(self.connection()).await?;
        self.known_before_review(&newest).await
    }

    /// The traces of the newest `most` judgements, in the order of their ids, with what was known of them before (review_pkey, then
    /// as [`routable_traces`](Self::routable_traces)).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reviewed_traces(&mut self, most: i64) -> Result<Vec<Routable>> {
        let project = self.project_uuid();
        let newest = sqlx::query_file_scalar!("src/store/routable_reviewed.sql", project, most)
            .fetch_all(self.connection())
            .await?;
        self.known_before_review(&newest).await
    }

    async fn known_before_review(&mut self, traces: &[Uuid]) -> Result<Vec<Routable>> {
        let project = self.project_uuid();
        let rows = sqlx::query_file!("src/store/routable.sql", project, traces).fetch_all(self.connection()).await?;
        rows.into_iter()
            .map(|row| {
                let trace = TraceId::from_uuid(row.id);
                let agreement: Option<BTreeMap<TraceId, f64>> =
                    row.agreement.map(serde_json::from_value::<BTreeMap<TraceId, f64>>).transpose()?;
                let dissenters: Vec<_> =
                    row.dissenters.unwrap_or_default().into_iter().map(TraceId::from_uuid).collect();
                let chains = row.chains.and_then(|chains| u32::try_from(chains).ok());
                Ok(Routable {
                    trace,
                    domain: row.domain,
                    language: row.language,
                    answered_by: ModelVersionId::from_uuid(row.model_version_id),
                    question: row.question,
                    query: row.query,
                    answer: row.answer,
                    reasoning: row.reasoning,
                    confidence: row.confidence,
                    mean_logprob: row.mean_logprob,
                    min_logprob: row.min_logprob,
                    support: row.support_term,
                    unverifiable: row.unverifiable_term,
                    consistency: row.consistency_term,
                    model: row.model_term,
                    feedback: row.feedback_term,
                    others: chains
                        .zip(agreement)
                        .and_then(|(chains, agreement)| OtherChains::of(trace, chains, &agreement, &dissenters)),
                })
            })
            .collect()
    }

    /// The traces that experts can be asked about to learn how often they are right, those of the newest first
    /// and at most `most`, in the order of their ids, with what was known of them before (gold_item_pkey, then as
    /// [`routable_traces`](Self::routable_traces)).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn gold_traces(&mut self, most: i64) -> Result<Vec<Routable>> {
        let project = self.project_uuid();
        let newest = sqlx::query_scalar!(
            "select trace_id from gold_item where project_id = $1 and retired_at is null order by trace_id desc limit $2",
            project,
            most
        )
        .fetch_all(self.connection())
        .await?;
        self.known_before_review(&newest).await
    }

    /// Who judged some traces, or was given them and may have seen them (assignment_trace_idx, review_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn seen_by(&mut self, traces: &[TraceId]) -> Result<Vec<(TraceId, ExpertId)>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        Ok(sqlx::query!(
            r#"
            select trace_id as "trace_id!", expert_id as "expert_id!" from assignment
            where project_id = $1 and trace_id = any($2) and (opened_at is not null or state <> 'returned')
            union
            select trace_id, expert_id from review where project_id = $1 and trace_id = any($2)
            "#,
            project,
            &traces,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (TraceId::from_uuid(row.trace_id), ExpertId::from_uuid(row.expert_id)))
        .collect())
    }

    /// What it takes to judge some traces, and what question each answers (error_trace_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn about_traces(&mut self, traces: &[TraceId]) -> Result<Vec<About>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        Ok(sqlx::query!(
            r#"
            select t.id, t.domain, t.language, coalesce(t.chain_group_id, t.id) as "question!",
                   exists (select from gold_item g where g.project_id = $1 and g.trace_id = t.id and g.retired_at is null)
                       as "gold!",
                   exists (select from gold_item g where g.project_id = $1 and g.trace_id = t.id) as "ever_gold!"
            from error_trace t where t.project_id = $1 and t.id = any($2)
            "#,
            project,
            &traces,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| About {
            trace: TraceId::from_uuid(row.id),
            domain: row.domain,
            language: row.language,
            question: row.question,
            gold: row.ever_gold.then_some(row.gold),
        })
        .collect())
    }

    /// Of the newest `most` judgements, how many traces of each domain they are of (review_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reviewed_traces_by_domain(&mut self, most: i64) -> Result<Vec<(String, i64)>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select t.domain, count(distinct r.trace_id) as "traces!"
            from (
                select trace_id from review
                where project_id = $1 and verdict not in ('cannot_judge', 'not_my_field') order by id desc limit $2
            ) r
            join error_trace t on t.project_id = $1 and t.id = r.trace_id
            group by t.domain order by t.domain
            "#,
            project,
            most
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.domain, row.traces))
        .collect())
    }

    /// What the last cycle before one that gave anything out left with experts who did not come to it, gold items apart,
    /// in the order in which they had it (assignment_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn left_over(&mut self, cycle: NaiveDate) -> Result<Vec<LeftOver>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "select expert_id, trace_id, rank, purpose from assignment
             where project_id = $1 and purpose <> 'gold'
               and cycle = (select max(cycle) from assignment where project_id = $1 and cycle < $2)
               and (state = 'held' and leased_until <= $3 or state = 'returned' and ended_at >= leased_until)
             order by rank, expert_id, trace_id",
            project,
            cycle,
            now,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(LeftOver {
                expert: ExpertId::from_uuid(row.expert_id),
                trace: TraceId::from_uuid(row.trace_id),
                rank: row.rank,
                purpose: row.purpose.parse()?,
            })
        })
        .collect()
    }

    /// What the cycles before one asked about traces, of whom, and what became of it, in the order of the traces' ids and of the
    /// experts' (assignment_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn asked_before(
        &mut self,
        cycle: NaiveDate,
        traces: &[TraceId],
    ) -> Result<Vec<(TraceId, ExpertId, AssignmentState)>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        sqlx::query!(
            "select distinct trace_id, expert_id, state from assignment
             where project_id = $1 and trace_id = any($2) and cycle < $3 order by trace_id, expert_id, state",
            project,
            &traces,
            cycle
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| Ok((TraceId::from_uuid(row.trace_id), ExpertId::from_uuid(row.expert_id), row.state.parse()?)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(n: u128) -> TraceId {
        TraceId::from_uuid(Uuid::from_u128(n))
    }

    fn others(shares: [f64; 4], dissenters: &[u128], of: u128) -> Option<OtherChains> {
        let agreement = (1..).map(trace).zip(shares).collect();
        OtherChains::of(trace(of), 4, &agreement, &dissenters.iter().copied().map(trace).collect::<Vec<_>>())
    }

    #[test]
    fn a_chain_is_set_against_the_answer_that_most_others_give() {
        let three_against_one = [0.75, 0.75, 0.75, 0.25];
        assert_eq!(others(three_against_one, &[4], 4), Some(OtherChains { chains: 3, same: 0, rival: 3 }));
        assert_eq!(others(three_against_one, &[4], 1), Some(OtherChains { chains: 3, same: 2, rival: 1 }));
        let two_against_two = [0.5; 4];
        assert_eq!(others(two_against_two, &[3, 4], 3), Some(OtherChains { chains: 3, same: 1, rival: 2 }));
        let each_otherwise = [0.25; 4];
        assert_eq!(others(each_otherwise, &[2, 3, 4], 2), Some(OtherChains { chains: 3, same: 0, rival: 1 }));
        let all_alike = [1.0; 4];
        assert_eq!(others(all_alike, &[], 2), Some(OtherChains { chains: 3, same: 3, rival: 0 }));
        let one_without_an_answer = [0.75, 0.75, 0.75, 0.0];
        assert_eq!(others(one_without_an_answer, &[4], 4), Some(OtherChains { chains: 3, same: 0, rival: 3 }));
    }

    #[test]
    fn a_chain_alone_has_no_others() {
        assert_eq!(OtherChains::of(trace(1), 1, &BTreeMap::from([(trace(1), 1.0)]), &[]), None);
    }
}
