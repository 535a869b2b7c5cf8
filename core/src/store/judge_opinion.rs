//! What judges said.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::judgement::JudgeOpinion,
    hash::{self, Digest},
    ids::{Id, JudgeOpinionId, uuids},
};

#[derive(FromRow)]
struct OpinionRow {
    id: Uuid,
    model: String,
    prompt_hash: Vec<u8>,
    prompt: String,
    answer: String,
    input_tokens: Option<i32>,
    output_tokens: Option<i32>,
    at: DateTime<Utc>,
}

impl TryFrom<OpinionRow> for JudgeOpinion {
    type Error = StoreError;
    fn try_from(row: OpinionRow) -> Result<Self> {
        Ok(Self {
            id: JudgeOpinionId::from_uuid(row.id),
            model: row.model,
            prompt_hash: hash::from_bytes(&row.prompt_hash).map_err(|error| StoreError::Corrupt(error.to_string()))?,
            prompt: row.prompt,
            answer: row.answer,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            at: row.at,
        })
    }
}

impl Tx {
    /// Stores what a judge said. Where the same was asked of the same model before, what it said then stays.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_judge_opinions(&mut self, opinions: &[JudgeOpinion]) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into judge_opinion (project_id, id, model, prompt_hash, prompt, answer, input_tokens, output_tokens, at)
            select $1, * from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::int[], $8::int[],
                                     $9::timestamptz[]) as t (id, model, prompt_hash)
            order by t.model, t.prompt_hash
            on conflict on constraint judge_opinion_prompt_key do nothing
            "#,
            project,
            &opinions.iter().map(|opinion| opinion.id.uuid()).collect::<Vec<_>>(),
            &opinions.iter().map(|opinion| opinion.model.clone()).collect::<Vec<_>>(),
            &opinions.iter().map(|opinion| opinion.prompt_hash.as_bytes().to_vec()).collect::<Vec<_>>(),
            &opinions.iter().map(|opinion| opinion.prompt.clone()).collect::<Vec<_>>(),
            &opinions.iter().map(|opinion| opinion.answer.clone()).collect::<Vec<_>>(),
            &opinions.iter().map(|opinion| opinion.input_tokens).collect::<Vec<_>>() as &[Option<i32>],
            &opinions.iter().map(|opinion| opinion.output_tokens).collect::<Vec<_>>() as &[Option<i32>],
            &opinions.iter().map(|opinion| opinion.at).collect::<Vec<_>>(),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What a model said to prompts, of those that it was asked (judge_opinion_prompt_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn judge_opinions_of_prompts(&mut self, model: &str, prompts: &[Digest]) -> Result<Vec<JudgeOpinion>> {
        let project = self.project_uuid();
        let prompts: Vec<_> = prompts.iter().map(|prompt| prompt.as_bytes().to_vec()).collect();
        sqlx::query_as!(
            OpinionRow,
            "select id, model, prompt_hash, prompt, answer, input_tokens, output_tokens, at
             from judge_opinion where project_id = $1 and model = $2 and prompt_hash = any($3)",
            project,
            model,
            &prompts,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(JudgeOpinion::try_from)
        .collect()
    }

    /// What judges said, by id (judge_opinion_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn judge_opinions_by_id(&mut self, ids: &[JudgeOpinionId]) -> Result<Vec<JudgeOpinion>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            OpinionRow,
            "select id, model, prompt_hash, prompt, answer, input_tokens, output_tokens, at
             from judge_opinion where project_id = $1 and id = any($2)",
            project,
            &ids,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(JudgeOpinion::try_from)
        .collect()
    }
}
