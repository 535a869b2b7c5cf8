//! Ids within stored JSON that the database itself wrote: plain UUIDs, as SQL has them.

/// One id.
pub(crate) mod id {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use uuid::Uuid;

    use crate::ids::Id;

    pub(crate) fn serialize<S: Serializer>(id: &impl Id, to: S) -> Result<S::Ok, S::Error> {
        id.uuid().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, I: Id>(from: D) -> Result<I, D::Error> {
        Ok(I::from_uuid(Uuid::deserialize(from)?))
    }
}

/// A list of ids.
pub(crate) mod ids {
    use serde::{Deserialize, Deserializer, Serializer};
    use uuid::Uuid;

    use crate::ids::Id;

    pub(crate) fn serialize<S: Serializer>(ids: &[impl Id], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().map(|id| id.uuid()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, I: Id>(from: D) -> Result<Vec<I>, D::Error> {
        Ok(Vec::<Uuid>::deserialize(from)?.into_iter().map(I::from_uuid).collect())
    }
}
