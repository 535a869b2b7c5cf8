//! The store: every statement that reads or writes a record, one file a noun.
//!
//! A tenant's records are reached through a [`Tx`] alone, which is opened for one project: row-level policies compare
//! with that project, so that a forgotten `where` shows nothing instead of another tenant's rows.

mod assignment;
mod batch;
mod chain_group;
mod citation;
mod citation_check;
mod connect;
mod consensus;
mod counts;
mod dependents;
mod entered;
mod error;
mod evaluation;
mod example;
mod expert;
mod fact;
mod fact_search;
mod fact_state;
mod grounding_intake;
mod guard;
mod job;
mod job_event;
mod key;
mod ledger;
mod lineage;
mod model;
mod ordinal;
pub mod page;
#[cfg(test)]
mod plans;
mod project;
mod promotion;
mod quarantine;
mod review;
mod review_intake;
mod score;
mod snapshot;
mod source;
mod step;
mod trace;
mod trace_intake;
mod trace_key;
mod tx;
mod verification;

pub use assignment::{AssignmentFilter, Routable};
pub use batch::{Batch, BatchFilter};
pub use chain_group::ChainGroupFilter;
pub use citation::CitationFilter;
pub use connect::{Connect, StartError, Store, migrate, server_version};
pub use counts::{ClaimCounts, RecordCounts, StageWork};
pub use dependents::{Dependent, Dependents};
pub use entered::Entered;
pub use error::{Result, StoreError};
pub use example::ExampleFilter;
pub use expert::ExpertFilter;
pub use fact::{FactEntry, FactFilter};
pub use fact_search::FoundFact;
pub use fact_state::StateChanged;
pub use grounding_intake::Sender;
pub use key::{Authenticated, KeyRecord, NewKey};
pub use model::ModelFilter;
pub use ordinal::OrdinalRequest;
pub(crate) use page::{Branch, Paging};
pub use page::{Page, PageRequest};
pub use project::Project;
pub use quarantine::{NewQuarantined, QuarantineFilter, Quarantined};
pub use review::ReviewFilter;
pub use score::ScoreFilter;
pub use snapshot::{DifferentRow, Freeze};
pub use source::SourceFilter;
pub use step::StepFilter;
pub use trace::{MOST_CHAINS, TraceFilter};
pub use tx::Tx;
pub use verification::ClaimFilter;
