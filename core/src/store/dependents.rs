//! What rests on a thing, directly or through others: a walk along the lineage edges.

use std::collections::HashSet;

use super::{Result, Tx, lineage::any_id};
use crate::ids::AnyId;

/// Something that rests on what was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependent {
    /// What.
    pub id: AnyId,
    /// Over how many edges at the least; 1 is directly.
    pub distance: u32,
}

/// What rests on a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependents {
    /// The nearest first; at the same distance by kind and id.
    pub found: Vec<Dependent>,
    /// Whether there is more than was asked for.
    pub more: bool,
}

impl Tx {
    /// Everything that rests on a thing, directly or through others, the nearest first, each once; at most `most`
    /// and 10,000 (lineage_edge_to_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn dependents_of(&mut self, of: AnyId, most: usize) -> Result<Dependents> {
        let most = most.min(10_000);
        let mut known = HashSet::from([of]);
        let mut found: Vec<Dependent> = Vec::new();
        let mut edge = vec![of];
        // Snapshots rest on their parents, so that there is no longest way; each step finds something new or is the last.
        for distance in 1.. {
            let next = self.rest_on(&edge, &known, most + 1 - found.len()).await?;
            if next.is_empty() {
                break;
            }
            found.extend(next.iter().map(|id| Dependent { id: *id, distance }));
            if found.len() > most {
                found.truncate(most);
                return Ok(Dependents { found, more: true });
            }
            known.extend(&next);
            edge = next;
        }
        Ok(Dependents { found, more: false })
    }

    /// What rests directly on any of `on` and is not `known`, by kind and id.
    async fn rest_on(&mut self, on: &[AnyId], known: &HashSet<AnyId>, most: usize) -> Result<Vec<AnyId>> {
        let split = |ids: &mut dyn Iterator<Item = &AnyId>| -> (Vec<String>, Vec<uuid::Uuid>) {
            ids.map(|id| (id.kind.prefix().to_owned(), id.uuid)).unzip()
        };
        let (kinds, ids) = split(&mut on.iter());
        let (known_kinds, known_ids) = split(&mut known.iter());
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            select distinct e.from_kind, e.from_id
            from unnest($2::text[], $3::uuid[]) as o (kind, id)
            join lineage_edge e on e.project_id = $1 and e.to_kind = o.kind and e.to_id = o.id
            where (e.from_kind, e.from_id) not in (select * from unnest($4::text[], $5::uuid[]))
            order by e.from_kind, e.from_id limit $6
            "#,
            project,
            &kinds,
            &ids,
            &known_kinds,
            &known_ids,
            i64::try_from(most).unwrap_or(i64::MAX),
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| any_id(&row.from_kind, row.from_id))
        .collect()
    }
}
