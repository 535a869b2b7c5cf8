//! What can be changed. An expected refusal is data: a status, a message, the field at fault. What the caller may not
//! do at all, and faults of the service, are errors.

mod administer;
mod compare;
mod curate;
mod desk;
mod judging;
mod learn;
mod people;
mod quarantine;
mod record;
mod tend;

use async_graphql::{Enum, MergedObject, Result};
use atr_at_hand::Leaf;

use super::fault::{argument, fault};
use crate::app::AppError;

/// What can be changed. Each mutation answers what became of it; what was asked wrongly is answered in `status`,
/// `message` and `field`, what the key may not do in `errors`.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    record::RecordMutation,
    compare::CompareMutation,
    curate::CurateMutation,
    desk::DeskMutation,
    judging::JudgingMutation,
    learn::LearnMutation,
    administer::AdministerMutation,
    people::PeopleMutation,
    tend::TendMutation,
    quarantine::QuarantineMutation,
);

/// What became of a mutation.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
pub enum MutationStatus {
    /// It was done.
    Done,
    /// Something that was named is not there, or belongs to someone else; nothing was changed.
    NotFound,
    /// An argument is wrong; nothing was changed.
    Invalid,
    /// It was well asked, but the state of things forbids it; nothing was changed.
    Conflict,
    /// Too much of the project's work is not done yet; nothing was taken in. `retryAfterSeconds` says when to ask again.
    BacklogFull,
}

/// What became of a mutation, before it is put in its payload.
struct Answer<T> {
    status: MutationStatus,
    message: Option<String>,
    field: Option<String>,
    retry_after_seconds: Option<u32>,
    value: Option<T>,
}

/// Tells refusals from faults.
fn answer<T>(result: Result<T, AppError>) -> Result<Answer<T>> {
    let error = match result {
        Ok(value) => {
            let (message, field, retry_after_seconds) = (None, None, None);
            return Ok(Answer {
                status: MutationStatus::Done,
                message,
                field,
                retry_after_seconds,
                value: Some(value),
            });
        }
        Err(error) => error,
    };
    let (status, field) = match &error {
        AppError::NotFound { .. } => (MutationStatus::NotFound, None),
        AppError::Invalid { field, .. } => (MutationStatus::Invalid, Some(argument(field))),
        AppError::Conflict(_) => (MutationStatus::Conflict, None),
        AppError::BacklogFull { .. } => (MutationStatus::BacklogFull, None),
        AppError::Forbidden { .. }
        | AppError::OutOfScope { .. }
        | AppError::TooOften { .. }
        | AppError::NotSignedIn(_)
        | AppError::Hashing(_)
        | AppError::Judging(_)
        | AppError::Store(_)
        | AppError::Blob(_)
        | AppError::Provider(_) => return Err(fault(&error)),
    };
    let retry_after_seconds = error.retry_after_seconds();
    Ok(Answer { status, message: Some(error.to_string()), field, retry_after_seconds, value: None })
}

/// An id given to a mutation; what is no id is a refusal.
fn id<I: atr_core::ids::Id>(field: &str, text: &str) -> Result<I, AppError> {
    text.parse().map_err(|error: atr_core::ids::IdError| AppError::invalid(field, error.to_string()))
}

macro_rules! payload {
    ($(#[$doc:meta])* $payload:ident { $(#[$field_doc:meta])* $field:ident: $type:ty }) => {
        $(#[$doc])*
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $payload {
            /// What became of it.
            status: super::MutationStatus,
            /// Why it was refused and what to do about it; null where it was done.
            message: Option<String>,
            /// The argument at fault; null where none is.
            field: Option<String>,
            /// In how many seconds to ask again, where waiting is what helps; null otherwise.
            retry_after_seconds: Option<u32>,
            $(#[$field_doc])*
            $field: Option<$type>,
        }

        impl $payload {
            fn of<T>(
                result: Result<T, crate::app::AppError>,
                make: impl FnOnce(T) -> $type,
            ) -> async_graphql::Result<Self> {
                let super::Answer { status, message, field, retry_after_seconds, value } = super::answer(result)?;
                Ok(Self { status, message, field, retry_after_seconds, $field: value.map(make) })
            }
        }
    };
}
use payload;
