//! Flaws: what is wrong with an answer, as a score has it.

use sqlx::FromRow;
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::flaw::{Evidence, Flaw},
    ids::{CitationId, ClaimId, Id, ReviewId, ScoreId, TraceId, uuids},
};

#[derive(FromRow)]
struct FlawRow {
    score_id: Uuid,
    ordinal: i32,
    trace_id: Uuid,
    kind: String,
    claim_id: Option<Uuid>,
    citation_id: Option<Uuid>,
    finding: Option<i32>,
    review_id: Option<Uuid>,
    step: Option<i32>,
    reason: String,
}

impl TryFrom<FlawRow> for Flaw {
    type Error = StoreError;
    fn try_from(row: FlawRow) -> Result<Self> {
        let evidence = match (row.claim_id, row.citation_id, row.finding, row.review_id) {
            (Some(claim), None, None, None) => Evidence::Claim(ClaimId::from_uuid(claim)),
            (None, Some(citation), None, None) => Evidence::Citation(CitationId::from_uuid(citation)),
            (None, None, Some(finding), None) => Evidence::Finding(finding),
            (None, None, None, Some(review)) => Evidence::Review(ReviewId::from_uuid(review)),
            _ => return Err(StoreError::Corrupt("a flaw has not exactly one evidence".to_owned())),
        };
        Ok(Self {
            score: ScoreId::from_uuid(row.score_id),
            ordinal: row.ordinal,
            trace: TraceId::from_uuid(row.trace_id),
            kind: row.kind.parse()?,
            evidence,
            step: row.step,
            reason: row.reason,
        })
    }
}

impl Tx {
    /// Stores flaws, in one statement.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_flaws(&mut self, flaws: &[Flaw]) -> Result<()> {
        let project = self.project_uuid();
        let claim = |of: &Flaw| if let Evidence::Claim(id) = of.evidence { Some(id.uuid()) } else { None };
        let citation = |of: &Flaw| if let Evidence::Citation(id) = of.evidence { Some(id.uuid()) } else { None };
        let finding = |of: &Flaw| if let Evidence::Finding(at) = of.evidence { Some(at) } else { None };
        let review = |of: &Flaw| if let Evidence::Review(id) = of.evidence { Some(id.uuid()) } else { None };
        sqlx::query!(
            r#"
            insert into flaw (project_id, score_id, ordinal, trace_id, kind, claim_id, citation_id, finding, review_id, step, reason)
            select $1, * from unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::int[],
                                     $9::uuid[], $10::int[], $11::text[])
            "#,
            project,
            &flaws.iter().map(|flaw| flaw.score.uuid()).collect::<Vec<_>>(),
            &flaws.iter().map(|flaw| flaw.ordinal).collect::<Vec<_>>(),
            &flaws.iter().map(|flaw| flaw.trace.uuid()).collect::<Vec<_>>(),
            &flaws.iter().map(|flaw| flaw.kind.word().to_owned()).collect::<Vec<_>>(),
            &flaws.iter().map(claim).collect::<Vec<_>>() as &[Option<Uuid>],
            &flaws.iter().map(citation).collect::<Vec<_>>() as &[Option<Uuid>],
            &flaws.iter().map(finding).collect::<Vec<_>>() as &[Option<i32>],
            &flaws.iter().map(review).collect::<Vec<_>>() as &[Option<Uuid>],
            &flaws.iter().map(|flaw| flaw.step).collect::<Vec<_>>() as &[Option<i32>],
            &flaws.iter().map(|flaw| flaw.reason.clone()).collect::<Vec<_>>(),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The flaws that stand with scores, in their order (flaw_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn flaws_of_scores(&mut self, scores: &[ScoreId]) -> Result<Vec<Flaw>> {
        let (project, scores) = (self.project_uuid(), uuids(scores));
        sqlx::query_as!(
            FlawRow,
            "select score_id, ordinal, trace_id, kind, claim_id, citation_id, finding, review_id, step, reason
             from flaw where project_id = $1 and score_id = any($2) order by score_id, ordinal",
            project,
            &scores
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Flaw::try_from)
        .collect()
    }
}
