//! What was read in attached pictures.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::attachment::{Found, PictureText},
    ids::{AttachmentId, Id, uuids},
};

/// How many pictures are looked at in one go for [`Tx::unread_attachments`].
const PAGE: i64 = 1000;

struct TextRow {
    attachment_id: Uuid,
    outcome: String,
    text: Option<String>,
    cut: bool,
    program: Option<String>,
    languages: Vec<String>,
    problem: Option<String>,
    at: DateTime<Utc>,
}

impl TryFrom<TextRow> for PictureText {
    type Error = StoreError;
    fn try_from(row: TextRow) -> Result<Self> {
        Ok(Self {
            attachment: AttachmentId::from_uuid(row.attachment_id),
            found: Found {
                outcome: row.outcome.parse()?,
                text: row.text,
                cut: row.cut,
                program: row.program,
                languages: row.languages,
                problem: row.problem,
            },
            at: row.at,
        })
    }
}

impl Tx {
    /// Adds a reading of a picture.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_attachment_text(&mut self, of: AttachmentId, found: &Found) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into attachment_text (project_id, attachment_id, reading, outcome, text, cut, program, languages,
                                          problem, at)
             values ($1, $2, (select coalesce(max(reading), 0) + 1 from attachment_text
                              where project_id = $1 and attachment_id = $2), $3, $4, $5, $6, $7, $8, $9)",
            project,
            of.uuid(),
            found.outcome.word(),
            found.text.as_deref(),
            found.cut,
            found.program.as_deref(),
            &found.languages,
            found.problem.as_deref(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The newest reading of each of these pictures (attachment_text_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn texts_of_attachments(&mut self, of: &[AttachmentId]) -> Result<Vec<PictureText>> {
        let of = uuids(of);
        let project = self.project_uuid();
        sqlx::query_as!(
            TextRow,
            "select distinct on (attachment_id)
                    attachment_id, outcome, text, cut, program, languages, problem, at
             from attachment_text where project_id = $1 and attachment_id = any($2)
             order by attachment_id, reading desc",
            project,
            &of
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(PictureText::try_from)
        .collect()
    }

    /// Of the next thousand pictures after one, the oldest first, those that were never read or whose newest reading
    /// ended without one (no program, timed out, failed); and the last that was looked at, `None` at the end
    /// (attachment_pkey, attachment_text_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn unread_attachments(
        &mut self,
        after: Option<AttachmentId>,
    ) -> Result<(Vec<AttachmentId>, Option<AttachmentId>)> {
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"select a.id, coalesce((
                   select t.outcome not in ('read', 'no_text') from attachment_text t
                   where t.project_id = $1 and t.attachment_id = a.id order by t.reading desc limit 1
               ), true) as "unread!"
               from attachment a
               where a.project_id = $1 and ($2::uuid is null or a.id > $2) order by a.id limit $3"#,
            project,
            after.map(Id::uuid),
            PAGE,
        )
        .fetch_all(self.connection())
        .await?;
        let last = rows.last().map(|row| AttachmentId::from_uuid(row.id));
        let unread = rows.iter().filter(|row| row.unread).map(|row| AttachmentId::from_uuid(row.id)).collect();
        Ok((unread, last))
    }
}
