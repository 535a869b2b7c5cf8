//! The GraphQL door: what is recorded, and what can be asked for. Everything that changes something calls a use
//! case; resolvers hold no rules.

mod citation;
mod curation;
mod evaluation;
mod example;
mod expert;
mod fault;
mod grounding;
mod intake;
mod judgement;
mod lineage;
mod loading;
mod model;
mod mutations;
mod node;
mod paging;
mod project;
mod queue;
mod review;
mod scalars;
mod session;
mod snapshot;
mod trace;
mod training;
mod words;

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, Schema};

pub use mutations::Mutation;
pub use session::Session;

/// What is recorded. Lists are pages in Relay's form, newest first where nothing else is said.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    node::NodeQuery,
    project::ProjectQuery,
    trace::TraceQuery,
    model::ModelQuery,
    grounding::GroundingQuery,
    citation::CitationQuery,
    judgement::JudgementQuery,
    review::ReviewQuery,
    expert::ExpertQuery,
    example::ExampleQuery,
    snapshot::SnapshotQuery,
    training::TrainingQuery,
    evaluation::EvaluationQuery,
    lineage::LineageQuery,
    intake::IntakeQuery,
    queue::QueueQuery,
);

/// The schema with its limits.
pub type Api = Schema<Query, Mutation, EmptySubscription>;

/// How deep fields may nest. The standard introspection query nests to 14.
const DEPTH: usize = 16;
/// The most that a query may cost: fields, times the sizes of the pages they are in.
const COMPLEXITY: usize = 20_000;

/// Builds the schema.
pub fn api() -> Api {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .finish()
}

/// The schema in its own language.
pub fn sdl() -> String {
    api().sdl_with_options(SDLExportOptions::new().include_specified_by())
}
