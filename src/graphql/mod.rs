//! The GraphQL door: what is recorded, and what can be asked for. Everything that changes something calls a use
//! case; resolvers hold no rules.

mod chain_group;
mod citation;
mod consensus;
mod curation;
mod evaluation;
mod example;
mod expert;
mod fault;
mod feedback;
mod gather;
mod grounding;
mod intake;
mod limits;
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
mod score;
mod session;
mod snapshot;
mod step;
mod trace;
mod training;
mod verification;
mod words;

use std::{
    any::TypeId,
    sync::{Arc, LazyLock},
};

use async_graphql::{
    EmptySubscription, MergedObject, Request, Response, SDLExportOptions, Schema, parser::types::OperationType,
};

use limits::Limits;

pub use mutations::Mutation;
pub use session::Session;

/// What is recorded. Lists are pages in Relay's form, newest first where nothing else is said.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    node::NodeQuery,
    project::ProjectQuery,
    trace::TraceQuery,
    step::StepQuery,
    chain_group::ChainGroupQuery,
    model::ModelQuery,
    grounding::GroundingQuery,
    citation::CitationQuery,
    verification::VerificationQuery,
    consensus::ConsensusQuery,
    score::ScoreQuery,
    review::ReviewQuery,
    feedback::FeedbackQuery,
    expert::ExpertQuery,
    example::ExampleQuery,
    snapshot::SnapshotQuery,
    training::TrainingQuery,
    evaluation::EvaluationQuery,
    lineage::LineageQuery,
    intake::IntakeQuery,
    queue::QueueQuery,
);

/// The engine, which answers whatever it is given.
type Engine = Schema<Query, Mutation, EmptySubscription>;

/// How many errors a document that is not run is told at most: the first ones are what helps, and a document can be
/// wrong in as many places as it has words.
const ERRORS: usize = 5;

/// The schema with its limits. Requests reach the engine through it alone.
#[derive(Clone)]
pub struct Api {
    engine: Engine,
    limits: Arc<Limits>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// A request whose document was read and is within the limits.
#[derive(Debug)]
pub struct Admitted {
    request: Request,
    /// Whether the operation that would run changes something, or its name leaves that open.
    pub changes: bool,
}

impl Api {
    /// Reads a request's document and holds it against the limits.
    ///
    /// # Errors
    /// What to answer to a document that cannot be read or asks for too much.
    pub fn admit(&self, mut request: Request) -> Result<Admitted, Box<Response>> {
        let document = self
            .limits
            .read(&request.query, &request.variables)
            .map_err(|error| Box::new(Response::from_errors(vec![error])))?;
        let changes = document
            .operations
            .iter()
            .filter(|(known, _)| match (known, &request.operation_name) {
                (Some(known), Some(wanted)) => known.as_str() == wanted,
                _ => true,
            })
            .any(|(_, operation)| operation.node.ty != OperationType::Query);
        request.set_parsed_query(document);
        Ok(Admitted { request, changes })
    }

    /// Runs a request.
    pub async fn run(&self, admitted: Admitted) -> Response {
        let session =
            admitted.request.data.get(&TypeId::of::<Session>()).and_then(|data| data.downcast_ref::<Session>());
        let gatherer = session.map(|session| Arc::clone(&session.loader));
        let running = self.engine.execute(admitted.request);
        let mut answer = match gatherer {
            Some(gatherer) => gatherer.drive(running).await,
            // Without a caller nothing is read but the schema.
            None => running.await,
        };
        if answer.errors.iter().all(|error| error.path.is_empty()) {
            answer.errors.truncate(ERRORS);
        }
        answer
    }

    /// Admits a request and runs it.
    pub async fn execute(&self, request: impl Into<Request>) -> Response {
        match self.admit(request.into()) {
            Ok(admitted) => self.run(admitted).await,
            Err(refused) => *refused,
        }
    }
}

/// The schema of this program, built once.
pub fn api() -> Api {
    static API: LazyLock<Api> = LazyLock::new(|| {
        let engine = Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish();
        let limits = Arc::new(Limits::of(&engine.sdl()));
        Api { engine, limits }
    });
    API.clone()
}

/// The schema in its own language.
pub fn sdl() -> String {
    api().engine.sdl_with_options(SDLExportOptions::new().include_specified_by())
}
