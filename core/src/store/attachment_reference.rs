//! What refers to attached pictures.

use std::{borrow::Cow, collections::HashMap};

use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, entered::stored_hash, lineage::any_id};
use crate::{
    domain::{
        Rejection,
        attachment::{AttachedFile, AttachmentRef, Reference, Refers},
    },
    hash::Digest,
    ids::{AnyId, AttachmentId, FactId, Id, ReviewId, StepId, TraceId, uuids},
};

/// A new record that refers to pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referrer {
    Trace(TraceId),
    /// A step, with its trace and its place in it.
    Step(StepId, TraceId, i32),
    Fact(FactId),
    Review(ReviewId),
}

impl Referrer {
    fn id(self) -> AnyId {
        match self {
            Self::Trace(id) => id.into(),
            Self::Step(id, ..) => id.into(),
            Self::Fact(id) => id.into(),
            Self::Review(id) => id.into(),
        }
    }
}

#[derive(FromRow)]
struct ReferenceRow {
    blob: Vec<u8>,
    record_kind: String,
    record_id: Uuid,
    place: i32,
}

impl TryFrom<ReferenceRow> for Reference {
    type Error = StoreError;
    fn try_from(row: ReferenceRow) -> Result<Self> {
        let record = any_id(&row.record_kind, row.record_id)?;
        Ok(Self { to: stored_hash(&row.blob)?, record, place: row.place })
    }
}

impl Tx {
    /// The items with their attachments named by content; what names one that this project has not got is refused. Where
    /// nothing is to be looked up, nothing is asked.
    pub(super) async fn settled<'a, T: Refers>(
        &mut self,
        items: &'a [Result<T, Rejection>],
    ) -> Result<Cow<'a, [Result<T, Rejection>]>> {
        let named: Vec<_> = items.iter().flatten().flat_map(Refers::named).collect();
        if named.is_empty() {
            return Ok(Cow::Borrowed(items));
        }
        let there = self.attachments_referred_to(&named).await?;
        let settle = |item: &Result<T, Rejection>| {
            let mut item = item.clone()?;
            item.settle(&there)?;
            Ok(item)
        };
        Ok(Cow::Owned(items.iter().map(settle).collect()))
    }

    /// Stores what new records refer to, each in its order, in one statement; content that one names twice, once. Where
    /// nothing is referred to, nothing is asked.
    pub(super) async fn insert_references(&mut self, of: impl Iterator<Item = (Referrer, Vec<Digest>)>) -> Result<()> {
        let (mut records, mut kinds, mut places, mut blobs) = (vec![], vec![], vec![], vec![]);
        let (mut traces, mut ordinals, mut facts, mut reviews) = (vec![], vec![], vec![], vec![]);
        for (referrer, named) in of {
            for (place, digest) in named.iter().enumerate() {
                if named[..place].contains(digest) {
                    continue;
                }
                let AnyId { kind, uuid } = referrer.id();
                let (mut trace, mut ordinal, mut fact, mut review) = (None, None, None, None);
                match referrer {
                    Referrer::Trace(id) => trace = Some(id.uuid()),
                    Referrer::Step(_, of, at) => (trace, ordinal) = (Some(of.uuid()), Some(at)),
                    Referrer::Fact(id) => fact = Some(id.uuid()),
                    Referrer::Review(id) => review = Some(id.uuid()),
                }
                records.push(uuid);
                kinds.push(kind.prefix());
                places.push(i32::try_from(place).map_err(|error| StoreError::Corrupt(error.to_string()))?);
                blobs.push(digest.as_bytes().to_vec());
                traces.push(trace);
                ordinals.push(ordinal);
                facts.push(fact);
                reviews.push(review);
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        let project = self.project_uuid();
        sqlx::query!(
            "insert into attachment_reference (project_id, record_id, record_kind, place, blob, trace_id, step_ordinal,
                                               fact_id, review_id)
             select $1, * from unnest($2::uuid[], $3::text[], $4::integer[], $5::bytea[], $6::uuid[], $7::integer[],
                                      $8::uuid[], $9::uuid[])",
            project,
            &records,
            &kinds as &[&str],
            &places,
            &blobs,
            &traces as &[Option<Uuid>],
            &ordinals as &[Option<i32>],
            &facts as &[Option<Uuid>],
            &reviews as &[Option<Uuid>],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The attachments that are named; what is not there is left out (attachment_pkey, attachment_blob_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn attachments_referred_to(
        &mut self,
        refs: &[AttachmentRef],
    ) -> Result<HashMap<AttachmentRef, AttachedFile>> {
        let (mut ids, mut contents): (Vec<AttachmentId>, Vec<Digest>) = (vec![], vec![]);
        for named in refs {
            match named {
                AttachmentRef::Id(id) => ids.push(*id),
                AttachmentRef::Content(digest) => contents.push(*digest),
            }
        }
        let mut there = HashMap::new();
        if !ids.is_empty() {
            let found = self.attachments_by_id(&ids).await?;
            there.extend(found.into_iter().map(|file| (AttachmentRef::Id(file.id), file)));
        }
        if !contents.is_empty() {
            let found = self.attachments_by_content(&contents).await?;
            there.extend(found.into_iter().map(|file| (AttachmentRef::Content(file.file.blob), file)));
        }
        Ok(there)
    }

    /// The attachments that records refer to, in the order of the records' ids and of each record's list
    /// (attachment_reference_pkey, attachment_blob_key). A record has no more of them than one may have when it comes in.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn attachments_of<I: Id>(&mut self, records: &[I]) -> Result<Vec<(I, AttachedFile)>> {
        let records = uuids(records);
        let project = self.project_uuid();
        let named = sqlx::query!(
            "select record_id, blob from attachment_reference
             where project_id = $1 and record_id = any($2) order by record_id, place",
            project,
            &records
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| Ok((I::from_uuid(row.record_id), stored_hash(&row.blob)?)))
        .collect::<Result<Vec<_>>>()?;
        let contents: Vec<_> = named.iter().map(|(_, digest)| *digest).collect();
        let there: HashMap<_, _> =
            self.attachments_by_content(&contents).await?.into_iter().map(|file| (file.file.blob, file)).collect();
        Ok(named.into_iter().filter_map(|(record, digest)| Some((record, there.get(&digest)?.clone()))).collect())
    }

    /// A page of what refers to each of these pictures, the newest record first (attachment_reference_blob_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn references_to(
        &mut self,
        pictures: &[Digest],
        page: PageRequest,
    ) -> Result<HashMap<Digest, Page<Reference>>> {
        let mut query = references_query(self.project_uuid(), pictures, page);
        let rows: Vec<ReferenceRow> = query.build_query_as().fetch_all(self.connection()).await?;
        let found = rows.into_iter().map(Reference::try_from).collect::<Result<Vec<_>>>()?;
        Ok(page.pages(pictures, found.into_iter().map(|reference| (reference.to, reference))))
    }
}

/// The statement of [`Tx::references_to`].
pub(super) fn references_query(project: Uuid, pictures: &[Digest], page: PageRequest) -> QueryBuilder<Postgres> {
    let pictures: Vec<_> = pictures.iter().map(|digest| digest.as_bytes().to_vec()).collect();
    let mut query = QueryBuilder::new("select r.* from (select distinct p as blob from unnest(");
    query
        .push_bind(pictures)
        .push(
            "::bytea[]) p) as asked cross join lateral (
                 select blob, record_kind, record_id, place from attachment_reference
                 where blob = asked.blob and project_id = ",
        )
        .push_bind(project);
    page.push(&mut query, "record_id");
    query.push(") r");
    page.push_order_of_all(&mut query, "r.record_id");
    query
}
